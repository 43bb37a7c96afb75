// One label, or several.

import { nameOf } from "../base/labels.js";
import { ChoiceEditor } from "../card/edit_choice.js";

/** @type {import("./kind.js").Kind} */
export const CHOICE = {
  Editor: ChoiceEditor,
  comparable: (label) => JSON.stringify(label),
  say: (label, field) => nameOf(field, label),
  work: "answer",
};

/** @type {import("./kind.js").Kind} */
export const MULTI_CHOICE = {
  Editor: ChoiceEditor,
  comparable: (labels) => JSON.stringify([...labels].sort()),
  say: (labels, field) => labels.map((id) => nameOf(field, id)).join(", ") || "no label",
  work: "choice",
};
