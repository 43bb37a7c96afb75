// What the last answer of the chat was about: a line above the chat that opens its items beside the card, shows the
// first of them where they are pictures, or offers the file it wrote.

import { button, el, fill } from "../base/dom.js";
import { download } from "../panels/outcome.js";
import { showPatiently } from "../base/patient_image.js";

const MOST_SHOWN = 12;

export class FoundItems {
  isPicture; onOpen; onPick;

  /** `onOpen(ids)` lists the items so that one of them can be opened; `onPick(id)` opens one of the pictures shown. */
  constructor({ onOpen, onPick = null, isPicture = false }) {
    Object.assign(this, { onOpen, onPick, isPicture });
    this.element = el("div", { class: "aa-found", hidden: true });
  }

  /** Offer these items and this file of the exports folder; nothing at all takes the line away. */
  offer(ids, exported = "") {
    this.element.hidden = ids.length === 0 && !exported;
    if (this.element.hidden) return;
    const drop = button({ class: "aa-small is-plain", "aria-label": "Hide this line", on: { click: () => this.offer([]) } }, "×");
    const file = exported ? el("span", {}, "Download ", download(exported)) : null;
    fill(this.element, ids.length > 0 ? this.#items(ids) : null, file, drop, this.isPicture ? this.#pictures(ids) : null);
  }

  #items(ids) {
    const noun = this.isPicture ? "picture" : "item";
    const words = ids.length === 1 ? `1 ${noun} in this answer` : `${ids.length} ${noun}s in this answer`;
    return [el("span", { text: words }), button({ class: "aa-small", on: { click: () => this.onOpen(ids) } }, "Show")];
  }

  /** The first pictures, small; a click opens one in the card. */
  #pictures(ids) {
    if (ids.length === 0) return null;
    const one = (id) => button({ class: "aa-found-picture", "aria-label": `Open picture #${id}`, title: `#${id}`, on: { click: () => this.onPick?.(id) } }, picture(id));
    return el("div", { class: "aa-found-pictures", role: "group", "aria-label": "Pictures of this answer" }, ids.slice(0, MOST_SHOWN).map(one));
  }
}

function picture(id) {
  const image = el("img", { alt: "", loading: "lazy" });
  showPatiently(image, `/media/${Number(id)}/thumb`);
  // A file that is gone must not leave a broken mark; its number stays.
  image.addEventListener("error", () => image.replaceWith(el("span", { text: `#${id}` })));
  return image;
}
