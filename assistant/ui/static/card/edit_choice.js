// Choosing one label or several. With at most nine labels digits stay where they are. With more, digits belong to the
// ranked labels on top, and typing filters all of them.

import { el, fill } from "../base/dom.js";
import { ownAnswer } from "./own_answer.js";
import { chip, chipRows } from "../base/chips.js";
import { History } from "../editing/edit_history.js";
import { digitOf } from "../base/keys.js";
import { digitsStay, keyOf, labelAt, matching, MOST_DIGITS, ranked, RESERVED } from "../base/labels.js";

export class ChoiceEditor {
  constructor(host) {
    this.host = host;
    this.field = host.card.field;
    this.isMulti = this.field.key === "labels";
    this.isLong = !digitsStay(this.field);
    this.lit = -1;
    this.history = new History();
    this.ranking = this.isLong ? ranked(this.field, host.card.suggestion) : this.field.labels;
    this.filter = this.isLong ? this.#makeFilter() : null;
    this.rows = el("div", { class: "aa-label-rows" });
    this.element = el("div", { class: `aa-choice ${this.isLong ? "is-long" : ""}` }, this.filter, this.rows);
    this.reset();
  }

  /** Start again from what stands, else from the suggestion where it is not hidden. */
  reset() {
    const { suggestion } = this.host.card;
    const start = ownAnswer(this.host.card) ?? (this.host.hidden ? null : (suggestion?.value ?? null));
    this.chosen = new Set(start ? (this.isMulti ? start.labels : [start.label]) : []);
    this.given = start !== null;
    this.touched = false;
    this.draw();
  }

  /** Whether plain letters are text here. */
  get typing() {
    return this.isLong;
  }

  value() {
    if (!this.given) return null;
    if (!this.isMulti) return { label: [...this.chosen][0] };
    return { labels: this.field.labels.map((label) => label.id).filter((id) => this.chosen.has(id)) };
  }

  regions() {
    return {};
  }

  draw() {
    const found = this.filter?.value.trim() ? matching(this.field, this.filter.value) : null;
    this.shown = found ?? (this.isLong ? this.ranking : this.field.labels);
    if (this.lit >= this.shown.length) this.lit = this.shown.length - 1;
    if (found) return void fill(this.rows, found.length > 0 ? this.#row(found) : this.#nothing());
    if (!this.isLong) return void fill(this.rows, chipRows(this.shown, (label) => this.#chip(label)));
    const rest = this.field.labels.filter((label) => !this.ranking.includes(label));
    const others = chipRows(rest, (label) => this.#chip(label));
    const isModelled = this.host.card.suggestion && !this.host.hidden;
    const head = el("div", { class: "aa-chip-head", text: isModelled ? "Most likely" : "First nine" });
    fill(this.rows, head, this.#row(this.ranking), el("div", { class: "aa-all-labels" }, others));
  }

  digit(number) {
    const label = this.isLong ? this.shown[number - 1] : labelAt(this.field, number);
    if (!label || (this.isLong && number > MOST_DIGITS)) return false;
    this.#take(label);
    return true;
  }

  key(event) {
    if (this.filter && document.activeElement === this.filter) return this.#keyInFilter(event);
    if (/^Arrow/.test(event.key)) return this.#move(event.key);
    if (event.key === "Enter" && this.lit >= 0) return this.#take(this.shown[this.lit]) ?? "done";
    const isLetter = this.isLong && /^\p{L}$/u.test(event.key) && !event.altKey && !event.ctrlKey && !event.metaKey;
    // Focus moves before the browser inserts the letter, so that it lands in the filter, input methods included.
    if (isLetter) this.filter.focus();
    return isLetter ? "typed" : this.#keyByHotkey(event);
  }

  /** What is not saved here, to be kept; null where nothing is. */
  draftState() {
    return this.touched ? { chosen: [...this.chosen] } : null;
  }

  putBack({ chosen }) {
    this.history.keep(this.#state());
    this.#restore({ chosen: new Set(chosen), given: true, touched: true });
  }

  command(name) {
    if (name === "undo") return this.#restore(this.history.back(this.#state()), "One step back");
    if (name === "redo") return this.#restore(this.history.again(this.#state()), "Redone");
    if (name !== "edit") return false;
    if (this.filter) this.filter.focus();
    else this.#move("ArrowRight");
    return true;
  }

  #state() {
    return { chosen: this.chosen, given: this.given, touched: this.touched };
  }

  // False where there is no such step: then the key means the last decision.
  #restore(state, words = "") {
    if (!state) return false;
    Object.assign(this, state);
    this.draw();
    if (words) this.host.say(words);
    this.host.changed();
    return true;
  }

  #keyInFilter(event) {
    const digit = digitOf(event);
    // A digit goes on with what was typed where a label is written so: A, 1, 2 is “A12” and not the first of the list.
    const goesOn = digit !== null && this.filter.value && matching(this.field, `${this.filter.value}${digit}`).length > 0;
    if (goesOn) return "typed";
    if (digit !== null && this.digit(digit)) return "done";
    if (event.key === "ArrowDown" || event.key === "ArrowUp") return this.#move(event.key);
    if (event.key === "Enter" && this.lit >= 0) return this.#take(this.shown[this.lit]) ?? "done";
    if (event.key === "Escape" && this.filter.value) return this.#clearFilter();
    const isText = /^\p{L}$/u.test(event.key) && !event.altKey && !event.ctrlKey && !event.metaKey;
    if (isText || this.filter.value || event.key === "Shift") return "typed";
    // An empty filter gives every other key back to the card.
    this.host.focus();
    return undefined;
  }

  #keyByHotkey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || this.isLong) return undefined;
    const label = this.field.labels.find((one) => one.key && !/^[0-9]$/.test(one.key) && one.key === event.key);
    if (!label) return undefined;
    this.#take(label);
    return "done";
  }

  #take(label) {
    if (!this.isMulti) return void this.host.commit({ label: label.id });
    this.history.keep(this.#state());
    if (this.chosen.has(label.id)) this.chosen = new Set([...this.chosen].filter((id) => id !== label.id));
    else if (RESERVED.includes(label.id)) this.chosen = new Set([label.id]);
    else this.chosen = new Set([...this.chosen, label.id].filter((id) => !RESERVED.includes(id)));
    this.given = true;
    this.touched = true;
    this.lit = -1;
    if (this.filter?.value) this.#clearFilter();
    this.draw();
    const names = this.value().labels.length;
    this.host.say(`${label.name} ${this.chosen.has(label.id) ? "on" : "off"}, ${names} chosen`);
    this.host.changed();
    return undefined;
  }

  #move(key) {
    if (this.shown.length === 0) return "done";
    const step = key === "ArrowRight" || key === "ArrowDown" ? 1 : -1;
    this.lit = (this.lit + step + this.shown.length + (this.lit < 0 && step < 0 ? 1 : 0)) % this.shown.length;
    this.draw();
    this.rows.querySelector(".is-lit")?.scrollIntoView({ block: "nearest" });
    return "done";
  }

  #row(labels) {
    return el("div", { class: "aa-chips" }, labels.map((label, at) => this.#chip(label, at)));
  }

  #chip(label, at = -1) {
    const digit = this.isLong ? (at >= 0 && at < MOST_DIGITS ? String(at + 1) : "") : keyOf(this.field, label).toUpperCase();
    // Until somebody touches them, labels proposed by a model are dashed, not chosen.
    const own = ownAnswer(this.host.card);
    const isProposed = !this.touched && !own && !this.host.hidden;
    const isOpen = isProposed && suggests(this.host.card.suggestion, label.id);
    const state = {
      digit,
      chosen: this.isMulti || own ? this.chosen.has(label.id) && !isOpen : undefined,
      suggested: isOpen || (!this.isMulti && !this.host.hidden && suggests(this.host.card.suggestion, label.id)),
      lit: this.shown[this.lit] === label,
    };
    return chip(label, state, (one) => this.#take(one));
  }

  #nothing() {
    return el("div", { class: "aa-empty", text: "No label holds these words." });
  }

  #makeFilter() {
    const input = el("input", {
      class: "aa-filter",
      type: "text",
      autocomplete: "off",
      spellcheck: "false",
      placeholder: `Type to filter ${this.field.labels.length} labels`,
      "aria-label": "Filter labels",
      on: { input: () => this.#filtered() },
    });
    return input;
  }

  #filtered() {
    this.lit = this.filter.value.trim() ? 0 : -1;
    this.draw();
  }

  #clearFilter() {
    this.filter.value = "";
    this.lit = -1;
    this.draw();
    this.host.focus();
    return "done";
  }
}

function suggests(suggestion, id) {
  const value = suggestion?.value;
  return Boolean(value && (value.label === id || value.labels?.includes(id)));
}
