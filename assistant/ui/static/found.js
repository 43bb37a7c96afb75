// What the last answer of the chat was about: a line above the chat that opens its items beside the card, or offers the
// file it wrote.

import { button, el, fill } from "./dom.js";
import { download } from "./outcome.js";

export class FoundItems {
  /** `onOpen(ids)` lists the items so that one of them can be opened. */
  constructor({ onOpen }) {
    this.onOpen = onOpen;
    this.element = el("div", { class: "aa-found", hidden: true });
  }

  /** Offer these items and this file of the exports folder; nothing at all takes the line away. */
  offer(ids, exported = "") {
    this.element.hidden = ids.length === 0 && !exported;
    if (this.element.hidden) return;
    const drop = button({ class: "aa-small is-plain", "aria-label": "Hide this line", on: { click: () => this.offer([]) } }, "×");
    fill(this.element, ids.length > 0 ? this.#items(ids) : null, exported ? el("span", {}, "Download ", download(exported)) : null, drop);
  }

  #items(ids) {
    const words = ids.length === 1 ? "1 item in this answer" : `${ids.length} items in this answer`;
    return [el("span", { text: words }), button({ class: "aa-small", on: { click: () => this.onOpen(ids) } }, "Show")];
  }
}
