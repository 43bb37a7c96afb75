// Correcting a transcript: segments of a recording with their text. Suggested ones are dashed until somebody decides; what
// is drawn is what is saved.

import { el, fill, plural } from "../base/dom.js";
import { chip, chipRows } from "../base/chips.js";
import { colourOf, keyOf, labelAt, labelOf } from "../base/labels.js";
import { keptRegions, mergedRegions } from "../editing/edit_drafts.js";
import { History } from "../editing/edit_history.js";
import { startingRegions } from "../editing/edit_texts.js";
import { OpenQuestion } from "../editing/edit_undecided.js";
import { clock } from "./scale.js";
import { SegmentGrip } from "./segment_grip.js";
import { SegmentList } from "./segment_list.js";
import { keyInSegments } from "./segment_keys.js";
import { heardAt, inOrder, isChanged, keptSegment, plainSegment, withTimes } from "./segment_forms.js";
import { rangesOf } from "./segment_ranges.js";

export class SegmentEditor {
  segments; gone; selected; brush; touched; isLeaving; shown;

  constructor(host) {
    this.host = host;
    this.view = host.view;
    this.field = host.card.field;
    this.history = new History();
    this.question = new OpenQuestion(host, (count) => plural(count, this.field.one), {
      take: () => this.#decideAll((segment) => ({ ...segment, proposed: false })),
      drop: () => this.#decideAll(() => null),
      look: () => this.look(),
    });
    this.used = new Set();
    this.labels = el("div", { class: "aa-label-rows" });
    this.list = new SegmentList(this);
    this.element = el("div", { class: "aa-segments" }, this.labels, this.list.element);
    this.grip = new SegmentGrip(this);
    Object.assign(this.view, {
      tool: this.grip,
      ranges: () => rangesOf(this),
      part: () => this.part,
      onTime: (time) => this.list.light(time),
      onPick: (time) => this.pick(time),
    });
    this.reset();
  }

  /** Start again from the person's own answer, else from the suggestion where it is not hidden. */
  reset() {
    const { all, gone } = startingRegions(this.field.key, this.host.card, this.host.hidden);
    Object.assign(this, { segments: inOrder(withTimes(all, this.#suggested)), gone, selected: null, brush: null, touched: false, isLeaving: false });
    this.draw();
  }

  // What the host asks.

  /** Whether somebody types in one of the texts. */
  get isWriting() {
    return this.list.isWriting;
  }

  value() {
    return { [this.field.key]: this.segments.map(plainSegment) };
  }

  regions() {
    const verdicts = {};
    for (const segment of this.segments.filter((one) => !one.proposed)) {
      verdicts[segment.id] = !segment.origin ? "choose" : isChanged(segment) ? "edit" : "accept";
    }
    for (const id of this.gone.keys()) verdicts[id] = "reject";
    return verdicts;
  }

  draw() {
    this.#drawLabels();
    this.list.draw();
    this.view.redraw();
  }

  digit(number) {
    const label = labelAt(this.field, number);
    if (!label) return false;
    this.label(label);
    return true;
  }

  key(event) {
    return keyInSegments(this, event);
  }

  command(name) {
    if (name === "accept") return this.accept();
    if (name === "undo") return this.restore(this.history.back(this.#state()), "One step back");
    if (name === "redo") return this.restore(this.history.again(this.#state()), "Redone");
    if (name === "reject" && this.current) return this.remove(this.selected) === "done";
    if (name === "edit") return this.edit();
    return false;
  }

  /** What is not saved here, to be kept; null where nothing is. */
  draftState() {
    if (!this.touched) return null;
    return { ...keptRegions(this.segments, this.gone.keys(), this.#proposal, keptSegment), selected: this.selected };
  }

  putBack({ selected, ...kept }) {
    this.remember();
    const { all, gone } = mergedRegions(this.segments, kept, this.#proposal);
    const whole = all.map((one) => (one.words || !one.origin?.words ? one : { ...one, words: one.origin.words }));
    Object.assign(this, { segments: inOrder(whole), gone, selected, touched: true });
    this.draw();
  }

  close() {
    this.view.tool = null;
  }

  // What is in hand.

  get current() {
    return this.segments.find((segment) => segment.id === this.selected) ?? null;
  }

  /** What play plays: the segment in hand, else the recording. */
  get part() {
    return this.current;
  }

  get open() {
    return this.segments.filter((segment) => segment.proposed);
  }

  say(words) {
    this.host.say(words);
  }

  select(id, { plays = false, types = false, reveals = true } = {}) {
    this.selected = id;
    const { current } = this;
    this.draw();
    if (!current) return;
    if (reveals) this.view.reveal(current.start, current.end);
    this.list.reveal(id);
    if (types) this.list.type(id);
    if (plays) this.view.player.play(current.start, current.end);
    this.say(`${this.segments.indexOf(current) + 1} of ${this.segments.length}, ${clock(current.start)} to ${clock(current.end)}${current.proposed ? ", suggested" : ""}`);
  }

  /** The segment at a place of the waveform that was clicked; in a pause none. */
  pick(time) {
    this.question.close();
    this.host.focus();
    this.select(heardAt(this.segments, time)?.id ?? null, { reveals: false });
  }

  /** The next one, or the one before; false at the end. */
  step(by, options) {
    const at = this.segments.findIndex((segment) => segment.id === this.selected);
    const next = this.segments[at < 0 ? (by > 0 ? 0 : this.segments.length - 1) : at + by];
    if (!next) return false;
    this.select(next.id, options);
    return true;
  }

  /** Play or stop the segment in hand; with none, take the first that is not decided in hand and play it. */
  listen() {
    if (this.view.player.isPlaying || this.current || this.segments.length === 0) return this.view.toggle();
    return this.select((this.open[0] ?? this.segments[0]).id, { plays: true });
  }

  edit() {
    const segment = this.current ?? this.open[0] ?? this.segments[0];
    if (!segment) this.say("Drag over the waveform, or W, to make a segment");
    else this.select(segment.id, { types: true });
    return true;
  }

  letGo() {
    this.view.player.pause();
    this.isLeaving = true;
    this.select(null);
  }

  // Deciding.

  /** The segment in hand is kept and the next one played; with none in hand, those left open are asked about. */
  accept() {
    if (this.question.isOpen) return this.question.key({ key: "a" }) === "done";
    if (this.current && this.open.length > 0) return this.keepAndGoOn(this.isWriting);
    return this.asksFirst();
  }

  /** Whether something is left that nobody decided about; then it is asked. */
  asksFirst() {
    const { open } = this;
    if (open.length === 0) return false;
    this.host.focus();
    this.question.ask(open.length);
    return true;
  }

  /** A person looked at the segment in hand: it is no proposal any more. The next one is played. */
  keepAndGoOn(types) {
    this.settle();
    const isOn = this.step(1, { plays: true, types });
    if (isOn) return true;
    this.view.player.pause();
    this.host.focus();
    const { open } = this;
    this.select(null);
    this.say(open.length > 0 ? `That was the last; ${open.length} not decided yet: Enter` : "That was the last: Enter saves");
    return true;
  }

  settle() {
    const { current } = this;
    if (!current?.proposed) return;
    this.remember();
    this.put(this.segments.map((one) => (one === current ? { ...one, proposed: false } : one)), "");
  }

  look() {
    const [first] = this.open;
    if (first) this.select(first.id, { plays: true, types: true });
  }

  #decideAll(decide) {
    this.remember();
    const out = this.open.filter((segment) => !decide(segment));
    this.gone = new Map([...this.gone, ...out.map((segment) => [segment.id, segment.origin])]);
    this.put(this.segments.map((segment) => (segment.proposed ? decide(segment) : segment)).filter(Boolean), "");
    this.host.accept();
  }

  // Changing.

  /** What was typed into the text of a segment; letters in quick succession are taken back as one. */
  write(id, text) {
    const before = this.segments.find((segment) => segment.id === id);
    if (!before || before.text === text) return;
    this.remember(`text ${id}`);
    this.put(this.segments.map((one) => (one === before ? { ...one, text, proposed: false } : one)), null);
  }

  /** Put a segment with other times or another label in place of itself. `step`: equal steps at once are undone as one. */
  change(after, words, step = "") {
    this.remember(step && `${step} ${after.id}`);
    this.put(this.segments.map((one) => (one.id === after.id ? { ...after, proposed: false } : one)), words);
  }

  /** A new segment, its text to be typed at once. */
  add(start, end) {
    const label = this.brush ?? this.segments.findLast((one) => one.start < start)?.label ?? this.field.labels[0]?.id;
    const made = { id: this.freshId(), start, end, text: "", ...(label ? { label } : {}), origin: null, proposed: false };
    this.remember();
    this.selected = made.id;
    this.put([...this.segments, made], `New ${this.field.one}, ${clock(start)} to ${clock(end)}: type what is said`);
    this.list.reveal(made.id);
    this.list.type(made.id);
  }

  remove(id) {
    const segment = this.segments.find((one) => one.id === id);
    const at = this.segments.indexOf(segment);
    this.question.close();
    this.remember();
    if (segment.origin) this.gone = new Map(this.gone).set(id, segment.origin);
    const left = this.segments.filter((one) => one !== segment);
    this.selected = left[Math.min(at, left.length - 1)]?.id ?? null;
    if (this.isWriting) this.host.focus();
    this.put(left, `Deleted, ${plural(left.length, this.field.one)} left`);
    return "done";
  }

  label(label) {
    this.brush = label.id;
    if (this.current) return this.change({ ...this.current, label: label.id }, label.name);
    this.draw();
    return this.say(`New segments: ${label.name}`);
  }

  freshId() {
    for (const segment of [...this.segments, ...this.gone.values()]) this.used.add(segment.id);
    let number = 1;
    while (this.used.has(`n${number}`)) number += 1;
    this.used.add(`n${number}`);
    return `n${number}`;
  }

  // False where there is no such step: then the key means the last decision.
  restore(state, words) {
    if (!state) return false;
    const { touched } = state;
    this.question.close();
    Object.assign(this, state);
    this.put(this.segments, words);
    this.touched = touched;
    this.host.changed();
    return true;
  }

  /** Show a change that is not made yet, as while an edge is dragged; null ends it. */
  show(segment) {
    this.shown = segment;
    this.view.redraw();
  }

  // Drawing.

  /** The colour of its label; null without one: then it has the page's own. */
  colourOf(segment) {
    return segment.label ? colourOf(labelOf(this.field, segment.label)) : null;
  }

  #drawLabels() {
    if (this.field.labels.length === 0) return;
    const lit = this.current ? this.current.label : this.brush;
    const make = (label) => chip(label, { digit: keyOf(this.field, label), lit: lit === label.id }, (one) => this.label(one));
    fill(this.labels, chipRows(this.field.labels, make));
  }

  get #proposal() {
    return this.host.card.suggestion?.proposal ?? null;
  }

  get #suggested() {
    return this.host.card.suggestion?.value?.[this.field.key] ?? [];
  }

  #state() {
    return { segments: this.segments, gone: this.gone, selected: this.selected, touched: this.touched };
  }

  /** Keep what is, before it is changed. */
  remember(step = "") {
    this.history.keep(this.#state(), step);
  }

  /** These are the segments now. `words` are said; null where what is said already stays. */
  put(segments, words) {
    this.segments = inOrder(segments);
    this.touched = true;
    this.isLeaving = false;
    this.draw();
    if (words !== null) this.say(words);
    this.host.changed();
  }
}
