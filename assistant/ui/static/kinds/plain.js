// Ratings and free text.

import { RatingEditor, TextEditor } from "../card/edit_plain.js";

const SHOWN = 40;

/** @type {import("./kind.js").Kind} */
export const RATING = {
  Editor: RatingEditor,
  comparable: (rating) => JSON.stringify(rating),
  say: (rating, field) => `${rating} of ${field.max}`,
  work: "answer",
};

/** @type {import("./kind.js").Kind} */
export const TEXT = {
  Editor: TextEditor,
  comparable: (text) => JSON.stringify(text),
  say: (text) => (text.length > SHOWN ? `“${text.slice(0, SHOWN)}…”` : `“${text}”`),
  work: "text",
};
