// Parts of a recording: a transcript, who speaks, what is heard.

import { SegmentEditor } from "../audio/edit_segments.js";
import { SEGMENT_KEYS } from "../audio/segment_keys.js";
import { plural } from "../base/dom.js";
import { NOTHING } from "./kind.js";

/** @type {import("./kind.js").Kind} */
export const SEGMENTS = {
  Editor: SegmentEditor,
  comparable: (segments) => JSON.stringify(segments.map(({ start, end, text, label }) => [start, end, text, label ?? ""])),
  say: (segments, field) => (segments.length > 0 ? plural(segments.length, field.one) : NOTHING),
  work: "transcript",
  isMarked: true,
  keys: SEGMENT_KEYS,
};
