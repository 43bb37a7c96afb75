// Ratings and free text.

import { ownAnswer } from "./own_answer.js";
import { button, cap, el, fill } from "../base/dom.js";

export class RatingEditor {
  constructor(host) {
    this.host = host;
    this.field = host.card.field;
    this.touched = false;
    this.element = el("div", { class: "aa-rating", role: "group", "aria-label": this.field.name });
    this.reset();
  }

  reset() {
    const suggested = this.host.hidden ? null : (this.host.card.suggestion?.value?.rating ?? null);
    this.start = ownAnswer(this.host.card)?.rating ?? suggested;
    this.draw();
  }

  value() {
    return this.start === null ? null : { rating: this.start };
  }

  regions() {
    return {};
  }

  draw() {
    const suggested = this.host.hidden ? null : (this.host.card.suggestion?.value?.rating ?? null);
    const steps = [];
    for (let step = this.field.min; step <= this.field.max; step += 1) {
      const isStanding = ownAnswer(this.host.card)?.rating === step;
      const classes = `aa-step ${step === suggested ? "is-suggested" : ""} ${isStanding ? "is-chosen" : ""}`;
      const press = { click: () => this.host.commit({ rating: step }) };
      steps.push(button({ class: classes, "aria-label": `${step}`, on: press }, this.#digitFor(step) ? cap(String(step)) : `${step}`));
    }
    fill(this.element, steps);
  }

  digit(number) {
    const step = number === 0 && this.field.min > 0 ? 10 : number;
    if (step < this.field.min || step > this.field.max) return false;
    this.host.commit({ rating: step });
    return true;
  }

  key() {
    return undefined;
  }

  command() {
    return false;
  }

  #digitFor(step) {
    return step >= 0 && step <= 9;
  }
}

export class TextEditor {
  constructor(host) {
    this.host = host;
    this.area = el("textarea", {
      class: "aa-area",
      dir: "auto",
      rows: "4",
      maxlength: "20000",
      "aria-label": host.card.field.name,
      placeholder: "Write the answer, then Ctrl+Enter",
      on: { input: () => this.#written() },
    });
    this.element = el("div", { class: "aa-free" }, this.area, el("div", { class: "aa-hint" }, "Ctrl+Enter saves · Esc leaves the text"));
    this.reset();
  }

  reset() {
    const { suggestion } = this.host.card;
    const suggested = this.host.hidden ? null : (suggestion?.value?.text ?? null);
    this.start = ownAnswer(this.host.card)?.text ?? suggested;
    this.area.value = this.start ?? "";
    this.touched = false;
    this.draw();
  }

  /** Without a suggestion there is nothing to accept: one starts to write at once. */
  get wantsFocus() {
    return this.start === null;
  }

  value() {
    const written = this.area.value;
    return written === "" && this.start === null ? null : { text: written };
  }

  regions() {
    return {};
  }

  draw() {
    const isOpen = !this.touched && !ownAnswer(this.host.card) && this.start !== null;
    this.element.classList.toggle("is-suggested", isOpen);
  }

  /** What is not saved here, to be kept; null where nothing is. */
  draftState() {
    return this.touched && this.area.value !== (this.start ?? "") ? { text: this.area.value } : null;
  }

  putBack({ text }) {
    this.area.value = text;
    this.#written();
  }

  #written() {
    this.touched = true;
    this.draw();
    this.host.changed();
  }

  digit() {
    return false;
  }

  key(event) {
    const isInside = document.activeElement === this.area;
    if (isInside && event.key === "Enter" && (event.ctrlKey || event.metaKey)) return "commit";
    if (isInside && event.key === "Escape") {
      this.host.focus();
      return "done";
    }
    return isInside ? "typed" : undefined;
  }

  command(name) {
    if (name !== "edit") return false;
    this.area.focus();
    return true;
  }
}
