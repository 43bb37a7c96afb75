// Marking spans. Proposed spans are dashed until somebody decides; what is drawn is what is saved.

import { button, cap, el, fill, plural } from "../base/dom.js";
import { keptRegions, mergedRegions } from "../editing/edit_drafts.js";
import { History } from "../editing/edit_history.js";
import { startingRegions } from "../editing/edit_texts.js";
import { OpenQuestion } from "../editing/edit_undecided.js";
import { digitOf } from "../base/keys.js";
import { chip, chipRows } from "../base/chips.js";
import { colourOf, digitsStay, keyOf, labelAt, labelOf, matching, nameOf } from "../base/labels.js";
import { nextEnd, nextStart, previousEnd, previousStart } from "../base/offsets.js";

export class SpanEditor {
  constructor(host) {
    this.host = host;
    this.field = host.card.field;
    this.offsets = host.offsets;
    this.tokens = null;
    this.history = new History();
    this.question = new OpenQuestion(host, (count) => plural(count, "span"), {
      take: () => this.#decideAll((span) => ({ ...span, proposed: false })),
      drop: () => this.#decideAll(() => null),
      look: () => this.#look(),
    });
    this.rows = el("div", { class: "aa-label-rows" });
    this.list = el("ol", { class: "aa-region-list" });
    this.filter = digitsStay(this.field) ? null : this.#makeFilter();
    this.element = el("div", { class: "aa-spans" }, this.filter, this.rows, this.list);
    host.view.onRange = (range) => this.#marked(range);
    host.view.onPick = (id) => this.#select(id);
    this.reset();
  }

  reset() {
    const { all, gone } = startingRegions("spans", this.host.card, this.host.hidden);
    Object.assign(this, { spans: all, gone });
    Object.assign(this, { selected: null, draft: null, brush: null, touched: false });
    this.draw();
  }

  get typing() {
    return this.filter !== null && document.activeElement === this.filter;
  }

  /** A blind text without entities is answered with no spans, so Enter always has something to save. */
  value() {
    const plain = this.spans.map(({ id, start, end, label }) => ({ id, start, end, label }));
    return { spans: plain.sort((a, b) => a.start - b.start || a.end - b.end || (a.label < b.label ? -1 : 1)) };
  }

  regions() {
    const verdicts = {};
    for (const span of this.spans) {
      if (span.proposed && this.#isOwn) continue;
      if (!span.origin) verdicts[span.id] = "choose";
      else verdicts[span.id] = isMoved(span) ? "edit" : "accept";
    }
    for (const id of this.gone.keys()) verdicts[id] = "reject";
    return verdicts;
  }

  draw() {
    this.host.view.draw(this.spans.map((span) => this.#drawn(span)), this.draft);
    this.#drawLabels();
    const ordered = this.value().spans.map((plain) => this.spans.find((span) => span.id === plain.id));
    fill(this.list, ordered.map((span) => this.#listed(span)));
  }

  digit(number) {
    const label = this.shown ? this.shown[number - 1] : labelAt(this.field, number);
    if (!label) return false;
    this.#label(label);
    return true;
  }

  key(event) {
    if (this.typing) return this.#keyInFilter(event);
    if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
    const answered = this.question.key(event);
    if (answered) return answered;
    if (event.key === "Tab") return this.#cycle(event.shiftKey ? -1 : 1);
    if (event.key === "w") return this.#startDraft();
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") return this.#arrow(event);
    if (event.key === "Escape" && (this.draft || this.selected || this.brush)) return this.#letGo();
    if (event.key === "Delete" && this.selected) return this.#remove(this.selected);
    return undefined;
  }

  command(name) {
    if (name === "accept") return this.#asksFirst();
    if (name === "undo" && this.draft) return this.#letGo() === "done";
    if (name === "undo") return this.#restore(this.history.back(this.#state()), "One step back");
    if (name === "redo") return this.#restore(this.history.again(this.#state()), "Redone");
    if (name === "reject" && this.selected) return this.#remove(this.selected) === "done";
    if (name === "edit" && this.filter) return this.filter.focus() ?? true;
    if (name === "edit") return this.#cycle(1) === "done" || this.#startDraft() === "done";
    return false;
  }

  #drawn(span) {
    const label = labelOf(this.field, span.label);
    const { id, start, end, proposed } = span;
    return { id, start, end, proposed, name: nameOf(this.field, span.label), colour: colourOf(label), selected: id === this.selected };
  }

  #drawLabels() {
    const found = this.filter?.value.trim() ? matching(this.field, this.filter.value) : null;
    this.shown = this.filter ? (found ?? this.field.labels) : null;
    const make = (label, at) => chip(label, { digit: this.#digitOf(label, at), lit: this.brush === label.id }, (one) => this.#label(one));
    const rows = found ? el("div", { class: "aa-chips" }, found.map(make)) : chipRows(this.field.labels, (label) => make(label, this.field.labels.indexOf(label)));
    fill(this.rows, rows);
  }

  #digitOf(label, at) {
    if (!this.filter) return keyOf(this.field, label).toUpperCase();
    return at < 9 ? String(at + 1) : "";
  }

  #listed(span) {
    const label = labelOf(this.field, span.label);
    const quote = this.offsets.slice(span.start, span.end);
    const classes = `aa-region ${span.proposed ? "is-proposed" : ""} ${span.id === this.selected ? "is-selected" : ""}`;
    return el(
      "li",
      { class: classes, style: { "--label": colourOf(label) }, on: { click: () => this.#select(span.id) } },
      el("span", { class: "aa-dot" }),
      el("span", { class: "aa-region-label", text: nameOf(this.field, span.label) }),
      el("span", { class: "aa-region-text", dir: "auto", text: quote.length > 80 ? `${quote.slice(0, 80)}…` : quote }),
      span.proposed ? el("span", { class: "aa-chip-note", text: "model suggests" }) : null,
      button({ class: "aa-small", "aria-label": `Delete ${quote}`, on: { click: () => this.#remove(span.id) } }, "Delete", span.id === this.selected ? cap("X") : null),
    );
  }

  // A range with a label in hand becomes a span at once; otherwise it waits for its label.
  #marked(range) {
    this.selected = null;
    this.draft = range;
    this.question.close();
    this.host.changed();
    if (this.brush) return this.#label(labelOf(this.field, this.brush));
    this.draw();
    this.host.say(`“${this.offsets.slice(range.start, range.end)}” marked: choose its label`);
    return undefined;
  }

  #label(label) {
    const place = this.draft ?? this.spans.find((span) => span.id === this.selected);
    if (!place) {
      this.brush = this.brush === label.id ? null : label.id;
      this.draw();
      this.host.say(this.brush ? `${label.name}: drag over text to mark it` : "");
      return;
    }
    if (this.filter?.value) this.filter.value = "";
    this.host.focus();
    if (this.draft) this.#add(this.draft, label);
    else this.#change(this.selected, { label: label.id });
  }

  #add({ start, end }, label) {
    const span = { id: this.#freshId(), start, end, label: label.id, origin: null, proposed: false };
    if (this.#refuses(span)) return;
    this.#remember();
    this.spans = [...this.spans, span];
    Object.assign(this, { draft: null, selected: span.id });
    this.#changed(`${label.name} added`);
  }

  #change(id, change) {
    const before = this.spans.find((span) => span.id === id);
    const after = { ...before, ...change, proposed: false };
    if (this.#refuses(after)) return "done";
    this.#remember();
    this.spans = this.spans.map((span) => (span.id === id ? after : span));
    this.#changed(`${nameOf(this.field, after.label)}: ${this.offsets.slice(after.start, after.end)}`);
    return "done";
  }

  #remove(id) {
    const span = this.spans.find((one) => one.id === id);
    this.#remember();
    if (span.origin) this.gone = new Map(this.gone).set(id, span.origin);
    const ids = this.value().spans.map((one) => one.id);
    this.question.close();
    this.spans = this.spans.filter((one) => one.id !== id);
    this.selected = ids[ids.indexOf(id) + 1] ?? null;
    this.#changed(`${nameOf(this.field, span.label)} deleted, ${plural(this.spans.length, "span")} left`);
    return "done";
  }

  #refuses(span) {
    const others = this.spans.filter((one) => one.id !== span.id);
    if (others.some((one) => one.start === span.start && one.end === span.end && one.label === span.label)) {
      return this.host.say("This text already has this label") ?? true;
    }
    if (!this.field.overlap && others.some((one) => one.start < span.end && one.end > span.start)) {
      return this.host.say("Spans of this field must not overlap") ?? true;
    }
    return false;
  }

  #select(id) {
    Object.assign(this, { selected: id, draft: null });
    const span = this.spans.find((one) => one.id === id);
    if (span) this.brush = null;
    this.draw();
    if (span) this.host.say(`${nameOf(this.field, span.label)}: ${this.offsets.slice(span.start, span.end)}`);
  }

  // After the last span the focus moves on as it would anywhere, so that the keyboard is never caught in the text.
  #cycle(step) {
    const ids = this.value().spans.map((span) => span.id);
    const at = this.selected === null ? (step > 0 ? -1 : ids.length) : ids.indexOf(this.selected);
    const next = ids[at + step] ?? null;
    this.#select(next);
    if (next === null) return undefined;
    this.host.view.reveal(this.spans.find((span) => span.id === next).start);
    return "done";
  }

  #startDraft() {
    const after = this.draft?.end ?? this.spans.find((span) => span.id === this.selected)?.end ?? 0;
    const tokens = this.#tokens();
    this.draft = tokens.find((token) => token.start >= after) ?? tokens[0] ?? null;
    this.selected = null;
    this.draw();
    this.host.say(this.draft ? "New span: arrows move it, Shift+arrows stretch it, a digit labels it" : "There is no text to mark");
    return "done";
  }

  #arrow(event) {
    const isForward = event.key === "ArrowRight";
    if (this.draft) return event.shiftKey ? this.#stretchDraft(isForward) : this.#moveDraft(isForward);
    const span = this.spans.find((one) => one.id === this.selected);
    if (!span) return undefined;
    const tokens = this.#tokens();
    const edges = { ...span };
    if (event.shiftKey) edges.start = isForward ? nextStart(tokens, span.start) : previousStart(tokens, span.start);
    else edges.end = isForward ? nextEnd(tokens, span.end, this.offsets.length) : previousEnd(tokens, span.end);
    if (edges.start >= edges.end) return "done";
    return this.#change(span.id, { start: edges.start, end: edges.end });
  }

  #moveDraft(isForward) {
    const tokens = this.#tokens();
    const ahead = tokens.find((token) => token.start >= this.draft.end);
    const behind = [...tokens].reverse().find((token) => token.end <= this.draft.start);
    this.draft = (isForward ? ahead : behind) ?? this.draft;
    return this.#drawDraft();
  }

  #stretchDraft(isForward) {
    const end = isForward ? nextEnd(this.#tokens(), this.draft.end, this.offsets.length) : previousEnd(this.#tokens(), this.draft.end);
    if (end > this.draft.start) this.draft = { start: this.draft.start, end };
    return this.#drawDraft();
  }

  #drawDraft() {
    this.draw();
    this.host.view.reveal(this.draft.start);
    return "done";
  }

  #letGo() {
    Object.assign(this, { draft: null, selected: null, brush: null });
    this.draw();
    return "done";
  }

  #keyInFilter(event) {
    const digit = digitOf(event);
    if (digit !== null && this.digit(digit)) return "done";
    if (event.key === "Enter" && this.filter.value && this.shown.length > 0) return this.#label(this.shown[0]) ?? "done";
    if (event.key !== "Escape") return "typed";
    this.filter.value = "";
    this.#drawLabels();
    this.host.focus();
    return "done";
  }

  #makeFilter() {
    const placeholder = `Filter ${this.field.labels.length} labels (E)`;
    const draw = () => this.#drawLabels();
    return el("input", { class: "aa-filter", type: "text", autocomplete: "off", placeholder, "aria-label": "Filter labels", on: { input: draw } });
  }

  /** What is not saved here, to be kept; null where nothing is. */
  draftState() {
    if (!this.touched && !this.draft) return null;
    return { ...keptRegions(this.spans, this.gone.keys(), this.#proposal, plainSpan), draft: this.draft };
  }

  putBack({ draft, ...kept }) {
    this.#remember();
    const { all, gone } = mergedRegions(this.spans, kept, this.#proposal);
    Object.assign(this, { spans: all, gone, draft, touched: true });
    this.draw();
  }

  // Somebody worked on it, now or before taking it back: it is no longer the suggestion as it came.
  get #isOwn() {
    return this.touched || Boolean(this.host.card.former);
  }

  get #proposal() {
    return this.host.card.suggestion?.proposal ?? null;
  }

  // An untouched card is taken as suggested, all of it in sight; among spans of one's own each is decided about.
  #asksFirst() {
    const open = this.spans.filter((span) => span.proposed);
    if (!this.#isOwn || open.length === 0) return false;
    if (!open.some((span) => span.id === this.selected)) return this.question.ask(open.length) ?? true;
    this.#remember();
    this.spans = this.spans.map((span) => (span.id === this.selected ? { ...span, proposed: false } : span));
    if (open.length === 1) return false;
    this.#changed(`${plural(open.length - 1, "suggested span")} left`);
    return this.#look() ?? true;
  }

  #look() {
    const next = this.spans.find((span) => span.proposed);
    this.#select(next.id);
    this.host.view.reveal(next.start);
  }

  #decideAll(decide) {
    this.#remember();
    const out = this.spans.filter((span) => span.proposed && !decide(span));
    this.gone = new Map([...this.gone, ...out.map((span) => [span.id, span.origin])]);
    this.spans = this.spans.map((span) => (span.proposed ? decide(span) : span)).filter(Boolean);
    this.#changed("");
    this.host.accept();
  }

  #state() {
    return { spans: this.spans, gone: this.gone, selected: this.selected, touched: this.touched };
  }

  #remember() {
    this.history.keep(this.#state());
  }

  // False where there is no such step: then the key means the last decision.
  #restore(state, words) {
    if (!state) return false;
    const { touched } = state;
    Object.assign(this, state, { draft: null });
    this.question.close();
    this.#changed(words);
    this.touched = touched;
    this.host.changed();
    return true;
  }

  #changed(words) {
    this.touched = true;
    this.draw();
    this.host.say(words);
    this.host.changed();
  }

  #tokens() {
    return (this.tokens ??= this.offsets.tokens());
  }

  #freshId() {
    const taken = new Set([...this.spans.map((span) => span.id), ...this.gone.keys()]);
    let number = 1;
    while (taken.has(`n${number}`)) number += 1;
    return `n${number}`;
  }
}

function plainSpan({ id, start, end, label }) {
  return { id, start, end, label };
}

function isMoved(span) {
  const { origin } = span;
  return origin.start !== span.start || origin.end !== span.end || origin.label !== span.label;
}
