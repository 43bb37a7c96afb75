// The panel for changes that wait for a person: exactly what will happen, and two buttons. Nothing here acts by itself.

import { button, cap, el, fill, plural, takesText } from "../base/dom.js";
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
  server; onDone; keymap; say;

  /** `onDone(outcome)` after a change was carried out; `onJob(id)` when it runs in the background. */
  constructor({ server, onDone, keymap = null, say = () => undefined }) {
    Object.assign(this, { server, onDone, keymap, say });
    this.actions = [];
    this.said = null;
    this.chosen = null;
    this.moves = new Moves(document);
    this.element = el("section", { class: "aa-confirm", hidden: true, tabindex: "-1", "aria-label": "Waiting for your decision" });
    this.tabs = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("aa.actions");
    this.tabs?.addEventListener("message", () => this.refresh().catch(() => undefined));
    document.addEventListener("keydown", (event) => this.#isCalled(event) && this.#comeAndGo(event), true);
    document.addEventListener("visibilitychange", () => document.hidden || this.refresh().catch(() => undefined));
  }

  #isCalled(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.repeat) return false;
    // A letter that somebody bound to it is a letter where they write.
    return Boolean(this.keymap?.bindings.waiting?.includes(event.key)) && (event.key.length > 1 || !takesText(document.activeElement));
  }

  // The key brings the focus in front of the buttons and never onto one, so that it takes a step of one's own to confirm;
  // pressed again, it brings it back to where it was.
  #comeAndGo(event) {
    event.preventDefault();
    event.stopImmediatePropagation();
    const active = /** @type {HTMLElement} */ (document.activeElement);
    if (this.element.contains(active)) return void (this.cameFrom?.isConnected ? this.cameFrom : document.body).focus();
    if (this.element.hidden || this.element.getClientRects().length === 0) return void this.say("Nothing waits for your yes");
    this.cameFrom = active;
    (this.element.querySelector(".aa-confirm-words") ?? this.element).focus();
  }

  /** Somebody went on to something else: what was done is known by now. */
  goOn() {
    if (this.said === null) return;
    this.said = null;
    this.#draw();
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
    if (shown !== null && gone.length === 0) this.said = null;
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
      el("div", { class: "aa-confirm-head" }, el("span", { class: "aa-kind", text: "please confirm" }), el("span", { class: "aa-muted" }, cap("F6"), " comes here"), el("span", { class: "aa-muted", dir: "auto", text: action.asked ? `“${action.asked}” – ${action.by}` : `asked by ${action.by}` })),
      el("p", { class: "aa-confirm-words", dir: "auto", tabindex: "-1", text: action.sentence }),
      this.#tables(action),
      action.may_confirm ? null : el("p", { class: "aa-note-line", text: `This needs the role ${action.role}.` }),
      el("div", { class: "aa-row" }, carry, drop),
    ];
  }

  // What lies below the edge is said, so that nobody confirms rows that they did not know of.
  #tables(action) {
    const tables = el("div", { class: "aa-confirm-tables", tabindex: "0", role: "region", "aria-label": "What the change is about" }, action.preview.map(table));
    const below = el("p", { class: "aa-confirm-below", "aria-live": "polite", hidden: true });
    const look = () => sayBelow(tables, below);
    tables.addEventListener("scroll", look, { passive: true });
    this.watching?.disconnect();
    this.watching = new ResizeObserver(look);
    this.watching.observe(tables);
    return [tables, below];
  }

  async #answer(action, verb) {
    try {
      const record = await this.server.post(`/page/actions/${verb}`, { action: action.action_id });
      this.said = verb === "confirm" ? this.#result(outcome(record), "done") : null;
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

  #result(element, mark = "") {
    const close = button({ class: "aa-small", on: { click: () => this.#closeResult() } }, "Close");
    return el("div", { class: "aa-confirm-result" }, mark ? el("span", { class: "aa-kind is-done", text: mark }) : null, element, close);
  }

  #closeResult() {
    this.said = null;
    this.#draw();
  }
}

/** How many rows of the tables are out of sight below, and which tables begin there. */
function sayBelow(tables, below) {
  const edge = tables.getBoundingClientRect().bottom;
  const isBelow = (node) => node.getBoundingClientRect().bottom > edge + 2;
  const rows = [...tables.querySelectorAll("tbody tr")].filter(isBelow).length;
  const titles = [...tables.querySelectorAll("figcaption")].filter(isBelow).map((one) => one.textContent);
  below.hidden = rows === 0;
  below.textContent = rows === 0 ? "" : `${plural(rows, "more row")} below${titles.length > 0 ? `: ${titles.join("; ")}` : ""} ↓`;
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
