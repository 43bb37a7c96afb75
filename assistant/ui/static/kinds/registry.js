// Which kinds of answers the page knows, by their names in schemas.

import { CHOICE, MULTI_CHOICE } from "./chosen.js";
import { BOXES, KEYPOINTS, MASKS, POLYGONS } from "./drawn.js";
import { RELATIONS, SPANS } from "./marked.js";
import { RATING, TEXT } from "./plain.js";
import { RANKING } from "./ranked.js";
import { SEGMENTS } from "./timed.js";

/** @type {Record<string, import("./kind.js").Kind>} */
const KINDS = {
  choice: CHOICE,
  multi_choice: MULTI_CHOICE,
  spans: SPANS,
  relations: RELATIONS,
  rating: RATING,
  text: TEXT,
  boxes: BOXES,
  polygons: POLYGONS,
  masks: MASKS,
  keypoints: KEYPOINTS,
  segments: SEGMENTS,
  ranking: RANKING,
};

/**
 * The kind of a field.
 * @returns {import("./kind.js").Kind}
 */
export function kindOf(field) {
  return KINDS[field.kind];
}
