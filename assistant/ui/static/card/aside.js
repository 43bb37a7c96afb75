// Decisions that the server refused, or that could not be read: said in the banner, marked in the bar on top, listed in
// a drawer. Each stays until somebody redoes it, sends it again or forgets it.

import { button, el, plural } from "../base/dom.js";

export class Aside {
  top; outbox; frame; onOpen;

  /** `onOpen(entry)` shows the item of a decision again. */
  constructor({ frame, top, outbox, onOpen }) {
    Object.assign(this, { frame, top, outbox, onOpen });
    top.onAside = () => this.list();
    this.refresh();
  }

  refresh() {
    this.top.showAside(this.outbox.aside.length);
    const isListed = !this.frame.drawer.hidden && this.frame.drawer.querySelector(".aa-aside");
    if (isListed) this.list();
  }

  /** One was refused just now: say which, why, and what can be done. */
  say(entry, problem) {
    const words = `${entry.itemKey || "One decision"}: ${problem.message} Your decision (${entry.words}) was not saved.`;
    const isLost = problem.kind === "LeaseTaken";
    const reopen = button({ class: "aa-small", on: { click: () => this.#open(entry) } }, "Open it again");
    const all = this.outbox.aside.length > 1 ? button({ class: "aa-small", on: { click: () => this.list() } }, `All ${this.outbox.aside.length} that were not saved`) : null;
    // Whose item it is by now has nothing to redo here; everything else stays in the list until it is dealt with.
    const dismiss = () => {
      this.frame.warn("");
      if (isLost) this.outbox.forget(entry.key);
    };
    this.frame.warn(words, isLost ? null : reopen, all, button({ class: "aa-small", on: { click: dismiss } }, "Dismiss"));
    return words;
  }

  list() {
    const { aside } = this.outbox;
    const none = el("p", { class: "aa-muted", text: "Nothing is set aside." });
    this.frame.openDrawer("Not saved", el("div", { class: "aa-aside" }, aside.length > 0 ? aside.map((entry) => this.#row(entry)) : none));
  }

  #row(entry) {
    const act = (words, then) => button({ class: "aa-small", on: { click: then } }, words);
    return el(
      "div",
      { class: "aa-aside-row" },
      el("p", { dir: "auto" }, el("strong", { text: entry.itemKey || "unreadable" }), ` ${entry.words}`),
      el("p", { class: "aa-muted", text: entry.problem }),
      el(
        "div",
        { class: "aa-row" },
        entry.item > 0 ? act("Open it again", () => this.#open(entry)) : null,
        entry.exposure ? act("Send it again", () => this.outbox.sendAgain(entry.key)) : null,
        act("Forget it", () => this.outbox.forget(entry.key)),
      ),
    );
  }

  async #open(entry) {
    this.frame.closeDrawer();
    if (!(await this.onOpen(entry))) return;
    this.outbox.forget(entry.key);
    this.frame.warn("");
  }
}

/** "2 decisions are", for sentences about those that wait. */
export function decisionsAre(count) {
  return `${plural(count, "decision")} ${count === 1 ? "is" : "are"}`;
}
