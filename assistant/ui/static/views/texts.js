// Items that are read.

import { TextView } from "../text/text_view.js";

/** @type {import("./view.js").Content} */
export const TEXT = {
  make: (item, offsets) => new TextView(item, offsets),
  look: "",
  keys: [],
  files: "CSV, JSONL, JSON, TSV, XLSX, CoNLL…",
};
