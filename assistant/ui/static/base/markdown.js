// Guidelines are written in Markdown. This reads the little that guidelines need (headings, lists, emphasis, code) and
// builds elements; links stay text, and there is no HTML in it at all.

import { append, el } from "./dom.js";

// Underscores inside words are names (order_id), not emphasis.
const INLINE = /\*\*(.+?)\*\*|\*(.+?)\*|(?<!\w)_(.+?)_(?!\w)|`(.+?)`/g;

/** An element that shows `source`. */
export function markdown(source) {
  const root = el("div", { class: "aa-markdown", dir: "auto" });
  let list = null;
  let paragraph = null;
  for (const line of source.replace(/\r\n?/g, "\n").split("\n")) {
    const heading = /^#{1,6}\s+(.*)$/.exec(line);
    const bullet = /^\s*(?:[-*+]|\d+[.)])\s+(.*)$/.exec(line);
    if (bullet) {
      list ??= root.appendChild(el(/^\s*\d/.test(line) ? "ol" : "ul"));
      list.append(el("li", {}, inline(bullet[1])));
      paragraph = null;
      continue;
    }
    list = null;
    if (heading || line.trim() === "") {
      paragraph = null;
      if (heading) root.append(el("h4", {}, inline(heading[1])));
    } else if (paragraph) append(paragraph, [" ", inline(line)]);
    else paragraph = root.appendChild(el("p", {}, inline(line)));
  }
  return root;
}

function inline(text) {
  const parts = [];
  let at = 0;
  for (const found of text.matchAll(INLINE)) {
    parts.push(text.slice(at, found.index));
    const [, strong, slanted, under, code] = found;
    if (strong !== undefined) parts.push(el("strong", { text: strong }));
    else if (code !== undefined) parts.push(el("code", { text: code }));
    else parts.push(el("em", { text: slanted ?? under }));
    at = found.index + found[0].length;
  }
  parts.push(text.slice(at));
  return parts;
}
