// What was drawn, marked or written and is not saved: kept in the browser for (project, person, item, question) until
// the answer is acknowledged or the person discards it. No DOM here.

import { freshKey } from "./outbox.js";

const PREFIX = "aa.draft";
const WAIT = 250;

export class Drafts {
  pending; storage; now; onFull;

  /** `storage` is a SteadyStorage. `onFull(words)` hears when the browser has no room to keep all of it. */
  constructor({ storage, project, person, onFull = () => undefined, now = () => Date.now() }) {
    Object.assign(this, { storage, onFull, now, pending: new Map(), timer: null });
    this.scope = [PREFIX, project, person].map(encodeURIComponent).join("/");
  }

  /** Keep what `read()` gives a moment later; null means that nothing is unfinished any more. */
  note(card, read, part = "") {
    this.pending.set(this.#place(card.item.id, card.field.id, part), { card, read });
    this.timer ??= setTimeout(() => this.flush(), WAIT);
  }

  /** Keep at once what is waiting to be kept. */
  flush() {
    clearTimeout(this.timer);
    this.timer = null;
    const waiting = [...this.pending];
    this.pending.clear();
    for (const [place, { card, read }] of waiting) this.#keep(place, card, read());
  }

  /** The state kept for this very card, or null. */
  find(card, part = "") {
    const kept = this.#read(this.#place(card.item.id, card.field.id, part));
    return kept && kept.kind === card.field.kind && kept.print === printOf(card.item) ? kept.state : null;
  }

  /** Whether something is kept for this item and question. */
  has({ item, field }) {
    return this.#read(this.#place(item, field, "")) !== null;
  }

  /** Keep what is waiting, and give a mark of it: `acknowledged` drops it only if nothing came since. */
  seal(card, part = "") {
    this.flush();
    return this.#read(this.#place(card.item.id, card.field.id, part))?.stamp ?? "";
  }

  /** The server has the answer that was made of it. */
  acknowledged(item, field, stamp, part = "") {
    const place = this.#place(item, field, part);
    if (stamp && this.#read(place)?.stamp === stamp) this.#remove(place);
  }

  drop(card, part = "") {
    const place = this.#place(card.item.id, card.field.id, part);
    this.pending.delete(place);
    this.#remove(place);
  }

  /** What this person has unfinished in this project, newest first: {item, itemKey, field, at}. */
  list() {
    const mine = this.storage.names(`${this.scope}/`).filter((place) => place.split("/").length === 5);
    const found = mine.map((place) => this.#read(place)).filter(Boolean);
    return found.sort((one, other) => other.at - one.at);
  }

  #place(item, field, part) {
    const tail = part ? [item, field, part] : [item, field];
    return [this.scope, ...tail.map((one) => encodeURIComponent(String(one)))].join("/");
  }

  #keep(place, card, state) {
    if (state === null) return this.#remove(place);
    const { item, field } = card;
    const record = { at: this.now(), stamp: freshKey(), kind: field.kind, print: printOf(item), item: item.id, itemKey: item.key, field: field.id, state };
    return this.#write(place, JSON.stringify(record));
  }

  // The oldest give way, those of other projects in this browser included.
  #write(place, text) {
    const oldest = this.storage.names(`${PREFIX}/`).filter((one) => one !== place).sort((one, other) => (this.#read(one)?.at ?? 0) - (this.#read(other)?.at ?? 0));
    let lost = 0;
    for (;;) {
      if (this.storage.setItem(place, text)) {
        if (lost > 0) this.onFull(`The browser was full: ${lost === 1 ? "the oldest unfinished drawing" : `the ${lost} oldest unfinished drawings`} had to go`);
        return;
      }
      if (oldest.length === 0) return void this.onFull("The browser has no room to keep this over a reload: save it before you leave");
      this.#remove(oldest.shift());
      lost += 1;
    }
  }

  #read(place) {
    try {
      const kept = JSON.parse(this.storage.getItem(place) ?? "null");
      return kept && typeof kept === "object" && kept.state ? kept : null;
    } catch {
      return null;
    }
  }

  #remove(place) {
    this.storage.removeItem(place);
  }
}

// A restored copy of a project may give the number of an item to another one: what it shows must be the same.
function printOf({ key, text, media }) {
  let hash = 2166136261;
  const size = media ? [media.width, media.height, media.length].filter(Boolean).join("x") : "";
  for (const sign of `${key}\n${text}\n${size}`) hash = Math.imul(hash ^ sign.codePointAt(0), 16777619);
  return (hash >>> 0).toString(36);
}
