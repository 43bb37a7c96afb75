// Which kinds of content the page can show, by the names that the server gives them.

import { IMAGE } from "./pictures.js";
import { AUDIO } from "./recordings.js";
import { TEXT } from "./texts.js";

/** @type {Record<string, import("./view.js").Content>} */
const CONTENTS = {
  text: TEXT,
  image: IMAGE,
  audio: AUDIO,
};

/**
 * How this item, or all items of this project, are shown.
 * @returns {import("./view.js").Content}
 */
export function shownAs({ content }) {
  return CONTENTS[content];
}
