// Putting answers in order, or choosing the better of two. The answers stand side by side under their letters; the rest
// of the item stays where items are shown.

import { button, cap, el, fill } from "../base/dom.js";
import { History } from "../editing/edit_history.js";
import { ownAnswer } from "./own_answer.js";
import { isWhole, missing, moved, placed, placeOf, putBefore, sayOrder, tied } from "./ranking_order.js";

const MOST_DIGITS = 9;

export class RankingEditor {
  constructor(host) {
    this.host = host;
    this.field = host.card.field;
    this.parts = host.card.offered;
    this.names = this.parts.map((part) => part.role);
    this.isTwo = this.names.length === 2;
    this.history = new History();
    this.lit = -1;
    this.answers = el("div", { class: "aa-answers" });
    this.order = el("div", { class: "aa-order" });
    const name = `${this.field.name}: ${this.names.length} answers`;
    this.element = el("div", { class: "aa-ranking", role: "group", "aria-label": name }, this.answers, this.order);
    this.#showRestOnly();
    this.reset();
  }

  /** Start again from what stands, else from the suggestion where it is not hidden. */
  reset() {
    const start = ownAnswer(this.host.card) ?? (this.host.hidden ? null : (this.host.card.suggestion?.value ?? null));
    this.groups = start?.[this.field.key] ?? [];
    this.equal = false;
    this.touched = false;
    this.draw();
  }

  value() {
    return isWhole(this.groups, this.names) ? { [this.field.key]: this.groups } : null;
  }

  regions() {
    return {};
  }

  draw() {
    const held = /** @type {HTMLElement | null | undefined} */ (document.activeElement?.closest(".aa-answer"))?.dataset.name;
    fill(this.answers, this.parts.map((part, at) => this.#answer(part, at)));
    fill(this.order, this.#orderWords(), this.#tieButton());
    if (held && this.answers.isConnected) this.answers.querySelector(`[data-name="${held}"] button`)?.focus();
  }

  digit(number) {
    const name = number <= MOST_DIGITS ? this.names[number - 1] : undefined;
    if (!name) return false;
    this.#take(name);
    return true;
  }

  /** Keys that decide at once, so that text typed by mistake does not. */
  decides(event) {
    return this.isTwo && this.#isTie(event);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
    if (this.#isTie(event)) return this.#tie();
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") return this.#light(event.key === "ArrowRight" ? 1 : -1);
    if (event.key === "ArrowUp" || event.key === "ArrowDown") return this.#shift(event.key === "ArrowDown" ? 1 : -1);
    return event.key === "Enter" && !this.value() ? this.#sayMissing() : undefined;
  }

  /** What is not saved here, to be kept; null where nothing is. */
  draftState() {
    return this.touched ? { groups: this.groups } : null;
  }

  putBack({ groups }) {
    if (groups.flat().some((name) => !this.names.includes(name))) throw new Error("another item");
    this.history.keep(this.#state());
    this.#restore({ groups, equal: false, touched: true });
  }

  command(name) {
    if (name === "undo") return this.#restore(this.history.back(this.#state()), "One step back");
    if (name === "redo") return this.#restore(this.history.again(this.#state()), "Redone");
    if (name !== "edit") return false;
    this.#light(1);
    return true;
  }

  // The answers stand in the editor, so that the item shows what is left of it.
  #showRestOnly() {
    const starts = this.parts.map((part) => part.start);
    for (const block of this.host.view.blocks ?? []) block.node.parentElement.hidden = starts.includes(block.start);
  }

  #state() {
    return { groups: this.groups, equal: this.equal, touched: this.touched };
  }

  // False where there is no such step: then the key means the last decision.
  #restore(state, words = "") {
    if (!state) return false;
    Object.assign(this, state);
    this.draw();
    if (words) this.host.say(`${words}: ${this.#said()}`);
    this.host.changed();
    return true;
  }

  #isTie(event) {
    return Boolean(this.field.ties) && (event.key === "=" || event.key.toLowerCase() === "t");
  }

  #take(name) {
    if (this.isTwo) return void this.host.commit({ [this.field.key]: [[name], this.names.filter((one) => one !== name)] });
    this.#change(placed(this.groups, this.names, name, this.equal));
    return undefined;
  }

  #tie() {
    if (this.isTwo) return this.host.commit({ [this.field.key]: [this.names] }) ?? "done";
    const lit = this.names[this.lit];
    if (lit && this.groups.flat().includes(lit)) return this.#change(tied(this.groups, lit));
    if (this.groups.length === 0 || this.value()) return this.host.say("Choose an answer first: a tie is with the one before") ?? "done";
    this.equal = !this.equal;
    this.draw();
    const before = this.groups.at(-1).join(" and ").toUpperCase();
    return this.host.say(this.equal ? `The next answer is as good as ${before}` : `The next answer comes after ${before}`) ?? "done";
  }

  #change(groups, step = "") {
    if (JSON.stringify(groups) === JSON.stringify(this.groups)) return "done";
    this.history.keep(this.#state(), step);
    Object.assign(this, { groups, equal: false, touched: true });
    this.draw();
    this.host.say(this.#said());
    this.host.changed();
    return "done";
  }

  #light(step) {
    const count = this.names.length;
    if (count === 0) return "done";
    this.lit = this.lit < 0 ? (step > 0 ? 0 : count - 1) : (this.lit + step + count) % count;
    this.draw();
    const place = this.#placeSaid(this.names[this.lit]);
    this.host.say(`Answer ${this.#letter(this.lit)}, ${place || "no place yet"}`);
    this.answers.children[this.lit]?.scrollIntoView({ block: "nearest" });
    return "done";
  }

  #shift(step) {
    const name = this.names[this.lit];
    if (this.isTwo || !name) return undefined;
    if (!this.groups.flat().includes(name)) return this.#change(placed(this.groups, this.names, name, this.equal));
    return this.#change(moved(this.groups, name, step), `${name} ${step}`);
  }

  #sayMissing() {
    if (this.names.length < 2) return this.host.say("There are no two answers to compare here: skip the item") ?? "done";
    const left = missing(this.groups, this.names);
    if (this.isTwo) return this.host.say("Say which is better: 1 or 2") ?? "done";
    return this.host.say(`Not in order yet: ${left.join(", ").toUpperCase()}`) ?? "done";
  }

  #said() {
    const words = sayOrder(this.groups);
    const left = missing(this.groups, this.names);
    if (left.length === 0) return `${words}, Enter saves`;
    return `${words ? `${words}, then ` : "Nothing in order yet: "}${left.join(", ").toUpperCase()}`;
  }

  #letter(at) {
    return this.names[at].toUpperCase();
  }

  #placeSaid(name) {
    const place = placeOf(this.groups, name);
    return place ? `place ${place.replace(" =", ", equally good")}` : "";
  }

  #answer(part, at) {
    const { groups } = this;
    const name = part.role;
    const place = placeOf(groups, name);
    const isProposed = !this.touched && !ownAnswer(this.host.card) && groups.length > 0;
    const classes = ["aa-answer", place ? "is-placed" : "", isProposed ? "is-suggested" : "", this.lit === at ? "is-lit" : ""];
    const said = this.#placeSaid(name);
    const does = this.isTwo ? "is better" : said || "comes next";
    const says = `Answer ${this.#letter(at)} ${does}${at < MOST_DIGITS ? `, key ${at + 1}` : ""}${isProposed ? `, model suggests ${said}` : ""}`;
    const head = button(
      { class: "aa-answer-head", "aria-label": says, on: { click: () => this.#take(name) } },
      at < MOST_DIGITS ? cap(String(at + 1)) : null,
      el("strong", { text: this.#letter(at) }),
      placeWords(place, this.isTwo) ? el("span", { class: "aa-answer-place", text: placeWords(place, this.isTwo) }) : null,
    );
    const text = el("div", { class: "aa-answer-text", dir: "auto", text: this.host.offsets.slice(part.start, part.end) });
    const label = `Answer ${this.#letter(at)} of ${this.names.length}${said ? `, ${said}` : ""}`;
    const top = el("div", { class: "aa-answer-top" }, head, this.isTwo ? null : this.#handle(name));
    return this.#target(el("section", { class: classes.filter(Boolean).join(" "), "aria-label": label, data: { name } }, top, text), name);
  }

  // Something of its own to drag by: a button gives its press to the card, and the text can still be selected and copied.
  #handle(name) {
    const start = (event) => event.dataTransfer.setData("text/plain", name);
    return el("span", { class: "aa-answer-handle", draggable: "true", title: "Drag before another answer", "aria-hidden": "true", text: "⠿", on: { dragstart: start } });
  }

  #target(node, name) {
    if (this.isTwo) return node;
    node.addEventListener("dragover", (event) => event.preventDefault());
    node.addEventListener("drop", (event) => {
      event.preventDefault();
      const from = event.dataTransfer.getData("text/plain");
      if (this.names.includes(from)) this.#dropped(from, name);
    });
    return node;
  }

  #dropped(from, to) {
    const start = this.groups.flat().includes(to) ? this.groups : placed(this.groups, this.names, to);
    this.#change(putBefore(start, from, to));
  }

  #orderWords() {
    if (this.names.length < 2) return el("span", { class: "aa-muted", text: "This item has no two answers to compare." });
    if (this.isTwo) return el("span", { class: "aa-muted", text: "1 or 2 says which is better" });
    const words = this.groups.length > 0 ? this.#said() : "Press the best first, then the next one";
    return el("span", { class: "aa-order-words", text: words });
  }

  #tieButton() {
    if (!this.field.ties || this.names.length < 2) return null;
    const pressed = this.isTwo ? null : String(this.equal);
    return button({ class: "aa-chip", "aria-pressed": pressed, "aria-label": "Equally good, key T", on: { click: () => this.#tie() } }, cap("T"), el("span", { text: "Equally good" }));
  }
}

function placeWords(place, isTwo) {
  if (isTwo && place === "1 =") return "equally good";
  return isTwo ? (place === "1" ? "better" : "") : place;
}
