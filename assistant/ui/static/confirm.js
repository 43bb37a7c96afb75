// The panel for changes that wait for a person: exactly what will happen, and two buttons. Nothing here acts by itself.

import { button, cap, el, fill } from "./dom.js";
import { complaint, outcome, table } from "./outcome.js";

// A key that was pressed for something else, just before the panel came up, must not confirm it.
const ARMED_AFTER = 400;

export class ConfirmPanel {
  /** `onDone(outcome)` after a change was carried out; `onJob(id)` when it runs in the background. */
  constructor({ server, onDone }) {
    Object.assign(this, { server, onDone });
    this.actions = [];
    this.said = null;
    this.element = el("section", { class: "aa-confirm", hidden: true, "aria-label": "Waiting for your decision" });
  }

  /** Fetch what waits; `focusOn` is the action that was asked for just now. */
  async refresh(focusOn = null) {
    const { actions } = await this.server.get("/page/actions");
    const ids = actions.map((action) => action.action_id).join();
    if (ids === this.actions.map((action) => action.action_id).join() && focusOn === null) return;
    this.actions = actions;
    this.#draw(focusOn);
  }

  #draw(focusOn) {
    this.asked = focusOn;
    this.element.hidden = this.actions.length === 0 && this.said === null;
    const action = this.actions.find((one) => one.action_id === focusOn) ?? this.actions.at(-1);
    this.element.classList.toggle("is-said", !action);
    fill(this.element, this.said, action ? this.#one(action) : null);
  }

  #arm(carry, action) {
    carry.disabled = !action.may_confirm;
    if (action.action_id === this.asked) this.#offerFocus();
    this.asked = null;
  }

  #one(action) {
    const carry = button({ class: "aa-action is-main", disabled: true, on: { click: () => this.#answer(action, "confirm") } }, action.verb, " ", cap("↵"));
    carry.addEventListener("keydown", (event) => event.key === "Enter" && event.repeat && event.preventDefault());
    setTimeout(() => this.#arm(carry, action), ARMED_AFTER);
    const drop = button({ class: "aa-action", on: { click: () => this.#answer(action, "dismiss") } }, "Dismiss");
    this.carry = carry;
    const others = this.actions.length - 1;
    return [
      el("div", { class: "aa-confirm-head" }, el("span", { class: "aa-kind", text: "needs your yes" }), others > 0 ? el("span", { class: "aa-muted", text: `${others} more after this` }) : null),
      el("p", { class: "aa-confirm-words", dir: "auto", text: action.sentence }),
      el("div", { class: "aa-confirm-tables" }, action.preview.map(table)),
      action.may_confirm ? null : el("p", { class: "aa-note-line", text: `This needs the role ${action.role}.` }),
      el("div", { class: "aa-row" }, carry, drop, el("span", { class: "aa-muted", text: `asked by ${action.by}` })),
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
    const { actions } = await this.server.get("/page/actions").catch(() => ({ actions: [] }));
    this.actions = actions;
    this.#draw(null);
  }

  #result(element) {
    const close = button({ class: "aa-small", on: { click: () => this.#closeResult() } }, "Close");
    return el("div", { class: "aa-confirm-result" }, element, close);
  }

  #closeResult() {
    this.said = null;
    this.#draw(null);
  }

  // The focus goes to the button unless somebody is in the middle of writing.
  #offerFocus() {
    const active = document.activeElement;
    const isWriting = ["TEXTAREA", "INPUT"].includes(active?.tagName) && active.value !== "";
    if (!isWriting) this.carry?.focus({ preventScroll: true });
  }
}

/** Keeps the panel in the slot that can be seen. */
export function followVisible(panel) {
  const move = () => {
    const slots = [...document.querySelectorAll(".aa-confirm-slot")];
    const seen = slots.find((slot) => slot.getClientRects().length > 0 && slot.offsetParent !== null) ?? slots[0];
    if (seen && panel.element.parentElement !== seen) seen.append(panel.element);
  };
  new MutationObserver(move).observe(document.body, { childList: true, subtree: true, attributes: true, attributeFilter: ["style", "class", "hidden"] });
  move();
}
