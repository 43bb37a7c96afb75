// One segment in the list: its times, its label, its text to be corrected in place, and what can be done with it. The text
// lies over a copy of itself on which words are shaded that the recogniser was unsure of, and the word that is heard is lit.

import { button, cap, el, fill } from "../base/dom.js";
import { clock } from "./scale.js";
import { join, setEdge, split } from "./segment_cuts.js";
import { placedWords } from "./segment_words.js";

/** Words below this score are shaded. */
const UNSURE = 0.6;

export class SegmentRow {
  editor; id; segment; shown; spans; lit;

  constructor(editor, id) {
    Object.assign(this, { editor, id, segment: null, shown: "", spans: [], lit: null });
    this.#build();
  }

  draw(segment, { number, isSelected }) {
    const now = `${number} ${isSelected}`;
    if (segment === this.segment && now === this.shown) return;
    const { editor } = this;
    this.element.className = ["aa-segment", segment.proposed && "is-proposed", isSelected && "is-selected"].filter(Boolean).join(" ");
    this.element.style.setProperty("--label", editor.colourOf(segment) ?? "var(--aa-accent)");
    this.element.setAttribute("aria-current", String(isSelected));
    this.times.textContent = `${clock(segment.start)} – ${clock(segment.end)}`;
    this.times.setAttribute("aria-label", `Play ${editor.field.one} ${number}, ${clock(segment.start)} to ${clock(segment.end)}`);
    this.area.setAttribute("aria-label", `Text of ${editor.field.one} ${number}`);
    this.note.hidden = !segment.proposed;
    if (this.choice) this.choice.value = segment.label ?? "";
    this.choice?.setAttribute("aria-label", `Label of ${editor.field.one} ${number}`);
    this.acts.hidden = !isSelected;
    if (segment.text !== this.segment?.text || segment.words !== this.segment?.words) this.#drawText(segment);
    Object.assign(this, { segment, shown: now });
  }

  type(place) {
    this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(place, place);
  }

  focusAgain() {
    if (document.activeElement === this.area) return;
    const { selectionStart, selectionEnd } = this.area;
    this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(selectionStart, selectionEnd);
  }

  /** Light the word that is heard; null where nothing of this is. */
  light(time) {
    this.element.classList.toggle("is-heard", time !== null);
    const span = time === null ? null : (this.spans.find(({ word }) => word.start <= time && time < word.end)?.span ?? null);
    if (span === this.lit) return;
    this.lit?.classList.remove("is-lit");
    span?.classList.add("is-lit");
    this.lit = span;
  }

  #drawText({ text, words }) {
    if (this.area.value !== text) this.#takeText(text);
    this.lit = null;
    this.spans = [];
    const parts = [];
    let from = 0;
    for (const placed of placedWords(text, words)) {
      const isUnsure = typeof placed.word.score === "number" && placed.word.score < UNSURE;
      const span = el("span", { class: isUnsure ? "is-unsure" : "", text: text.slice(placed.from, placed.to) });
      parts.push(text.slice(from, placed.from), span);
      this.spans.push({ word: placed.word, span });
      from = placed.to;
    }
    // A last empty line has its height only with something in it.
    fill(this.copy, ...parts, `${text.slice(from)}\u200b`);
  }

  // The cursor stays where the text changed, as after a step back.
  #takeText(text) {
    const before = this.area.value;
    let same = 0;
    while (same < before.length && same < text.length && before.at(-1 - same) === text.at(-1 - same)) same += 1;
    this.area.value = text;
    if (document.activeElement === this.area) this.area.setSelectionRange(text.length - same, text.length - same);
  }

  #build() {
    const { editor, id } = this;
    const select = (options) => editor.select(id, { reveals: false, ...options });
    this.times = button({ class: "aa-segment-times", title: "Play it (Tab)", on: { click: () => select({ plays: true }) } });
    this.note = el("span", { class: "aa-segment-note", text: "✦ suggested" });
    this.copy = el("div", { class: "aa-segment-copy", dir: "auto", "aria-hidden": "true" });
    this.area = el("textarea", { class: "aa-segment-text", dir: "auto", rows: "1", maxlength: "20000", spellcheck: "true", placeholder: "What is said" });
    this.area.addEventListener("input", () => editor.write(id, this.area.value));
    this.area.addEventListener("focus", () => this.#entered());
    this.choice = editor.field.labels.length > 0 ? this.#labelChoice() : null;
    this.acts = el("div", { class: "aa-segment-acts" }, this.#actButtons());
    this.element = el(
      "li",
      { class: "aa-segment", data: { region: id }, on: { click: (event) => event.target.closest("button, select, textarea") || select({}) } },
      el("div", { class: "aa-segment-head" }, this.times, this.choice, this.note),
      el("div", { class: "aa-segment-body" }, this.copy, this.area),
      this.acts,
    );
  }

  // By a click as well: the segment that is written in is the one in hand.
  #entered() {
    this.editor.question.close();
    this.editor.isLeaving = false;
    if (this.editor.selected !== this.id) this.editor.select(this.id);
    else this.editor.host.changed();
  }

  #labelChoice() {
    const { editor, id } = this;
    const options = editor.field.labels.map((label) => el("option", { value: label.id, text: label.name }));
    const none = el("option", { value: "", text: "–", disabled: true, hidden: true });
    const chosen = () => {
      const segment = editor.segments.find((one) => one.id === id);
      editor.selected = id;
      editor.label(editor.field.labels.find((label) => label.id === choice.value), segment);
    };
    const choice = el("select", { class: "aa-input aa-segment-label", on: { change: chosen } }, none, options);
    return choice;
  }

  #actButtons() {
    const { editor, id } = this;
    const act = (words, key, run, name = words) => button({ class: "aa-small", "aria-label": name, title: `${name} (${key})`, on: { click: run } }, words, " ", cap(key));
    return [
      act("Start here", "Ctrl+,", () => setEdge(editor, "start"), "Start at the playhead"),
      act("End here", "Ctrl+.", () => setEdge(editor, "end"), "End at the playhead"),
      act("Split", "Ctrl+K", () => split(editor), "Split at the cursor, or at the playhead"),
      act("Join", "Ctrl+J", () => join(editor), "Join with the next"),
      act("Delete", "X", () => editor.remove(id)),
    ];
  }
}
