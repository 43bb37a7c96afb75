// Passages of a text, and what joins them.

import { plural } from "../base/dom.js";
import { RelationEditor } from "../text/edit_relations.js";
import { SpanEditor } from "../text/edit_spans.js";
import { NOTHING } from "./kind.js";

/** @type {import("./kind.js").Kind} */
export const SPANS = {
  Editor: SpanEditor,
  comparable: withoutIds,
  say: (spans) => (spans.length > 0 ? plural(spans.length, "span") : NOTHING),
  work: "marking",
  isMarked: true,
};

/** @type {import("./kind.js").Kind} */
export const RELATIONS = {
  Editor: RelationEditor,
  comparable: withoutIds,
  say: (relations) => (relations.length > 0 ? plural(relations.length, "relation") : NOTHING),
  work: "relations",
  isMarked: true,
  are: true,
};

function withoutIds(regions) {
  const bare = ({ start, end, label, from, to }) => JSON.stringify([start ?? "", end ?? "", from ?? "", to ?? "", label]);
  return JSON.stringify(regions.map(bare).sort());
}
