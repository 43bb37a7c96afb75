// Gets the next cards ready while one looks at this one: what they show is loaded, and the very next picture is encoded for
// segmentation by clicks. No DOM here besides the loading of images.

import { kindOf } from "../kinds/registry.js";
import { shownAs } from "../views/registry.js";

const AHEAD = 3;
const asked = new Set();
/** A server without segmentation is asked once. */
let canSegment = true;

/** `cards` begins with the card on the screen. */
export function prepareNext(cards, server) {
  const next = cards.slice(1, 1 + AHEAD).filter((card) => shownAs(card.item).prefetch);
  for (const card of next) shownAs(card.item).prefetch(card.item.id);
  const [first] = next;
  if (!first || !canSegment || asked.has(first.exposure) || !kindOf(first.field).fromSegment) return;
  asked.add(first.exposure);
  server.post("/card/segment/encode", { exposure: first.exposure }).catch((problem) => {
    if (problem.status === 404) canSegment = false;
  });
}
