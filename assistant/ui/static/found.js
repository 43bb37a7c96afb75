// The items that the last answer of the chat was about: a line above the chat that opens them beside the card.

import { button, el, fill } from "./dom.js";

export class FoundItems {
  /** `onOpen(ids)` lists the items so that one of them can be opened. */
  constructor({ onOpen }) {
    this.onOpen = onOpen;
    this.element = el("div", { class: "aa-found", hidden: true });
  }

  /** Offer these items; none takes the line away. */
  offer(ids) {
    this.element.hidden = ids.length === 0;
    if (ids.length === 0) return;
    const words = ids.length === 1 ? "1 item in this answer" : `${ids.length} items in this answer`;
    const show = button({ class: "aa-small", on: { click: () => this.onOpen(ids) } }, "Show");
    const drop = button({ class: "aa-small is-plain", "aria-label": "Hide this line", on: { click: () => this.offer([]) } }, "×");
    fill(this.element, el("span", { text: words }), show, drop);
  }
}
