// Suggested regions of which nobody said anything: asked about before an answer with other regions is saved, so that
// none becomes a person's in passing.

import { button, cap, el } from "../base/dom.js";

export class OpenQuestion {
  say; host; acts;

  /** `say(count)`: "2 boxes". `take`, `drop` and `look` do with them what the person chose. */
  constructor(host, say, { take, drop, look }) {
    Object.assign(this, { host, say, acts: { take, drop, look }, isOpen: false });
  }

  ask(count) {
    const words = `${this.say(count).replace(" ", " suggested ")} ${count === 1 ? "is" : "are"} not decided yet.`;
    const [all, it] = count === 1 ? ["as suggested", "it"] : [`all ${count} as suggested`, "them"];
    this.isOpen = true;
    this.host.ask(
      el("span", { class: "aa-ask-words", text: words }),
      this.#choice("↵", count === 1 ? "look at it" : "look at each", "look"),
      this.#choice("A", `accept ${all}`, "take"),
      this.#choice("X", `drop ${it}`, "drop"),
    );
    return this.host.say(`${words} Enter: look at ${it} · A: accept ${all} · X: drop ${it} · Esc: go back`);
  }

  /** "done" where the key answers. */
  key(event) {
    if (!this.isOpen) return undefined;
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = { a: "take", x: "drop", Enter: "look", Tab: "look", Escape: "leave" }[name];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return undefined;
    // A key that is held down must not answer a question that it has just raised.
    if (!event.repeat) this.#answer(act);
    return "done";
  }

  close() {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.host.ask();
  }

  #answer(act) {
    this.close();
    if (act === "leave") this.host.say("");
    else this.acts[act]();
  }

  #choice(key, words, act) {
    return button({ class: "aa-chip", on: { click: () => this.#answer(act) } }, cap(key), words);
  }
}
