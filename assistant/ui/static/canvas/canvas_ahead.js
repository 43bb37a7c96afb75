// Gets the pictures of the next cards ready while one looks at this one: the display copies are loaded, and the very next
// picture is encoded for segmentation by clicks. No DOM here besides the loading of images.

import { kindOf } from "../kinds/registry.js";
import { prefetch } from "./canvas_pixels.js";

const AHEAD = 3;
const asked = new Set();
/** A server without segmentation is asked once. */
let canSegment = true;

/** `cards` begins with the card on the screen. */
export function prepareNext(cards, server) {
  const next = cards.slice(1, 1 + AHEAD).filter((card) => card.item.media);
  for (const card of next) prefetch(card.item.id);
  const [first] = next;
  if (!first || !canSegment || asked.has(first.exposure) || !kindOf(first.field).fromSegment) return;
  asked.add(first.exposure);
  server.post("/card/segment/encode", { exposure: first.exposure }).catch((problem) => {
    if (problem.status === 404) canSegment = false;
  });
}
