// The panel for changes that wait for a person: exactly what will happen, and two buttons. Nothing here acts by itself.

import { button, el, fill } from "../base/dom.js";
import { complaint, outcome, table } from "./outcome.js";

// A press that was meant for something else, just before the panel came up, must not confirm it.
const ARMED_AFTER = 400;
// A button counts as gone to when it gets the focus this soon after a Tab or a press of the pointer.
const MOVED_WITHIN = 1000;

/** When the person last moved the focus themselves: by Tab, or by pressing somewhere. */
export class Moves {
  constructor(root) {
    this.at = -Infinity;
    root.addEventListener("keydown", (event) => event.isTrusted && event.key === "Tab" && this.note(event), true);
    root.addEventListener("pointerdown", (event) => event.isTrusted && this.note(event), true);
  }

  note(event) {
    this.at = event.timeStamp;
  }

  /** Whether a focus that came now is the person's own. */
  isOwn(event) {
    return event.timeStamp - this.at < MOVED_WITHIN;
  }
}

/**
 * A button whose keys work only where the person moved to it after it was drawn. With a focus that the program gave it,
 * or that it had before, it ignores Enter and Space for good.
 */
export function deliberate(node, moves, press) {
  const drawnAt = performance.now();
  let isOwn = false;
  node.addEventListener("focus", (event) => (isOwn = moves.isOwn(event) && moves.at > drawnAt));
  node.addEventListener("blur", () => (isOwn = false));
  node.addEventListener("keydown", (event) => {
    if (["Enter", " "].includes(event.key) && (!isOwn || event.repeat)) event.preventDefault();
  });
  node.addEventListener("keyup", (event) => event.key === " " && !isOwn && event.preventDefault());
  // A click without a pointer is a key's, or a program's.
  node.addEventListener("click", (event) => (event.detail > 0 || isOwn) && press());
  return node;
}

export class ConfirmPanel {
  server; onDone;

  /** `onDone(outcome)` after a change was carried out; `onJob(id)` when it runs in the background. */
  constructor({ server, onDone }) {
    Object.assign(this, { server, onDone });
    this.actions = [];
    this.said = null;
    this.chosen = null;
    this.moves = new Moves(document);
    this.element = el("section", { class: "aa-confirm", hidden: true, tabindex: "-1", "aria-label": "Waiting for your decision" });
    this.tabs = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("aa.actions");
    this.tabs?.addEventListener("message", () => this.refresh().catch(() => undefined));
    document.addEventListener("visibilitychange", () => document.hidden || this.refresh().catch(() => undefined));
  }

  /** Fetch what waits; `shown` is the action that was asked for just now. It never takes the focus. */
  async refresh(shown = null) {
    const { actions, withdrawn = [] } = await this.server.get("/page/actions");
    const ids = actions.map((action) => action.action_id).join();
    if (ids === this.actions.map((action) => action.action_id).join() && shown === null) return;
    const gone = withdrawn.filter((one) => this.actions.some((known) => known.action_id === one.action_id));
    if (gone.length > 0) this.said = this.#result(el("p", { class: "aa-note-line", dir: "auto", text: gone.map((one) => `Withdrawn, because ${one.why}: ${one.sentence}`).join(" ") }));
    this.actions = actions;
    if (shown !== null) this.chosen = shown;
    this.#draw();
  }

  // The newest that was asked for here; what others asked for, or somebody at the terminal, waits in one line.
  #draw() {
    const chosen = this.actions.find((one) => one.action_id === this.chosen);
    const action = chosen ?? this.actions.findLast((one) => one.is_here);
    const others = this.actions.filter((one) => one !== action);
    this.element.hidden = this.actions.length === 0 && this.said === null;
    this.element.classList.toggle("is-said", !action);
    fill(this.element, this.said, action ? this.#one(action) : null, others.length > 0 ? this.#others(others) : null);
  }

  #others(others) {
    const next = others.findLast((one) => one.is_here) ?? others.at(-1);
    const words = others.length === 1 ? `Another change waits, asked for by ${next.by}.` : `${others.length} other changes wait.`;
    const show = button({ class: "aa-small", on: { click: () => ((this.chosen = next.action_id), this.#draw()) } }, "Show");
    return el("div", { class: "aa-row aa-confirm-others" }, el("span", { class: "aa-muted", dir: "auto", text: words }), show);
  }

  #one(action) {
    const carry = button({ class: "aa-action is-main", disabled: true }, action.verb);
    deliberate(carry, this.moves, () => this.#answer(action, "confirm"));
    setTimeout(() => (carry.disabled = !action.may_confirm), ARMED_AFTER);
    const drop = deliberate(button({ class: "aa-action" }, "Dismiss"), this.moves, () => this.#answer(action, "dismiss"));
    return [
      el("div", { class: "aa-confirm-head" }, el("span", { class: "aa-kind", text: "please confirm" }), el("span", { class: "aa-muted", dir: "auto", text: action.asked ? `“${action.asked}” – ${action.by}` : `asked by ${action.by}` })),
      el("p", { class: "aa-confirm-words", dir: "auto", text: action.sentence }),
      el("div", { class: "aa-confirm-tables" }, action.preview.map(table)),
      action.may_confirm ? null : el("p", { class: "aa-note-line", text: `This needs the role ${action.role}.` }),
      el("div", { class: "aa-row" }, carry, drop),
    ];
  }

  async #answer(action, verb) {
    try {
      const record = await this.server.post(`/page/actions/${verb}`, { action: action.action_id });
      this.said = verb === "confirm" ? this.#result(outcome(record)) : null;
      this.onDone(verb, record);
    } catch (problem) {
      this.said = this.#result(complaint(problem));
    }
    const hadFocus = this.element.contains(document.activeElement);
    this.actions = (await this.server.get("/page/actions").catch(() => ({ actions: [] }))).actions;
    this.#draw();
    // The button is gone; the focus stays where it was, on something that no key presses.
    if (hadFocus) this.element.focus({ preventScroll: true });
    this.tabs?.postMessage(action.action_id);
  }

  #result(element) {
    const close = button({ class: "aa-small", on: { click: () => this.#closeResult() } }, "Close");
    return el("div", { class: "aa-confirm-result" }, element, close);
  }

  #closeResult() {
    this.said = null;
    this.#draw();
  }
}

/** Keeps the panel in the slot that can be seen. */
export function followVisible(panel) {
  const move = () => {
    const slots = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(".aa-confirm-slot")]);
    const seen = slots.find((slot) => slot.getClientRects().length > 0 && slot.offsetParent !== null) ?? slots[0];
    if (seen && panel.element.parentElement !== seen) seen.append(panel.element);
  };
  new MutationObserver(move).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["style", "class", "hidden"] });
  move();
}
