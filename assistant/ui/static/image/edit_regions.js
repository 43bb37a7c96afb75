// Regions of a picture: boxes, polygons, masks, key points. One object at a time can be reviewed, zoomed to and with
// the others faint; before the item is saved one is asked whether an object is missing. What is drawn is what is saved.

import { el, fill } from "../base/dom.js";
import { boxOfRegion, isIn, movedRegion, sizeOf } from "../canvas/canvas_geometry.js";
import { LabelRow } from "./edit_region_labels.js";
import { RegionList } from "./edit_region_list.js";
import { putBackRegions, unsavedRegions } from "./edit_region_drafts.js";
import { counted, fault, freshId, isChanged, startingRegions, stored } from "./edit_region_forms.js";
import { paintRegions } from "./edit_region_paint.js";
import { keyInRegions } from "./edit_region_keys.js";
import { RegionReview } from "./edit_region_review.js";
import { RegionSteps } from "./edit_region_steps.js";
import { toolButtons } from "./edit_region_tools.js";
import { startSegmenter } from "./edit_segment.js";
import { nameOf } from "../base/labels.js";

export class RegionEditor {
  segmenter; ticking; segment; locked; veiled; isAllVeiled;

  constructor(host) {
    this.host = host;
    this.view = host.view;
    this.field = host.card.field;
    this.size = this.view.size;
    this.kind = host.kind;
    this.word = this.field.one;
    this.isCoarse = window.matchMedia("(pointer: coarse)").matches;
    this.steps = new RegionSteps(this);
    this.shape = new this.kind.Tool(this);
    this.review = new RegionReview(this);
    this.labels = new LabelRow(this);
    this.list = new RegionList(this);
    this.element = el("div", { class: "aa-regions" }, this.labels.element, this.list.element);
    startSegmenter(this);
    this.view.tool = this;
    this.view.painter = (...parts) => paintRegions(this, ...parts);
    this.reset();
    this.review.greet();
  }

  /** Start again from the person's own answer, else from the suggestion where it is not hidden. */
  reset() {
    Object.assign(this, startingRegions(this.field, this.host.card, this.host.hidden));
    Object.assign(this, { locked: new Set(), veiled: new Set(), selected: null, draft: null, shown: null, brush: null, hovered: null, mode: "select", touched: false, isAllVeiled: false });
    this.shape.leave?.();
    this.review.reset();
    if (this.all.length === 0) this.setMode("draw");
    else this.draw();
  }

  /** What is not saved here, to be kept; null where nothing is. */
  draftState() {
    return unsavedRegions(this);
  }

  putBack(state) {
    putBackRegions(this, state);
  }

  /** The next card is shown. */
  close() {
    this.segmenter?.close();
    clearInterval(this.ticking);
  }

  // What the host asks.

  get typing() {
    return this.labels.isTyping || this.list.isTyping;
  }

  value() {
    return { [this.field.key]: this.all.map(stored) };
  }

  regions() {
    const verdicts = {};
    const decided = this.all.filter((region) => !region.proposed);
    for (const region of decided) verdicts[region.id] = !region.origin ? "choose" : isChanged(region) ? "edit" : "accept";
    for (const id of this.gone.keys()) verdicts[id] = "reject";
    return verdicts;
  }

  draw() {
    this.labels.draw();
    this.list.draw();
    this.drawTools();
    this.view.redraw();
  }

  digit(number) {
    return this.labels.digit(number);
  }

  key(event) {
    return keyInRegions(this, event);
  }

  command(name) {
    if (name === "accept") return this.review.accept() ?? true;
    if (name === "undo" && this.canStepBack) return this.stepBack() ?? true;
    if (name === "redo" && this.steps.canGoOn) return this.stepAgain() ?? true;
    if (name === "reject" && this.draft) return this.dropDraft() ?? true;
    if (name === "reject" && this.selected) return this.remove(this.selected) ?? true;
    if (name === "edit") return this.labels.focus() || this.review.step(1, true) || (this.setMode("draw") ?? true);
    return false;
  }

  // What the stage asks of its tool.

  get tool() {
    return this.mode === "segment" ? this.segment : this.shape;
  }

  get takesRight() {
    return Boolean(this.tool.takesRight);
  }

  down(at) {
    this.panned = null;
    this.review.closeQuestion();
    this.host.focus();
    this.tool.down(at);
  }

  drag(at, from) {
    this.tool.drag(at, from);
  }

  up(at, isTap) {
    this.tool.up(at, isTap);
  }

  cancel() {
    this.tool.cancel();
  }

  hover(at) {
    this.tool.hover?.(at);
    this.view.stage.style.setProperty("cursor", at ? this.tool.cursor(at) : "");
    const over = at && this.mode === "select" ? (this.hit(at)?.id ?? null) : null;
    if (over === this.hovered) return;
    this.hovered = over;
    this.view.redraw();
  }

  // What the tools ask.

  get isDrawing() {
    return this.mode === "draw";
  }

  say(words) {
    this.host.say(words);
  }

  regionOf(id) {
    return this.all.find((region) => region.id === id) ?? null;
  }

  /** The selected region, where it may be changed. */
  editable() {
    const region = this.regionOf(this.selected);
    return region && !this.locked.has(region.id) && !this.veiled.has(region.id) ? region : null;
  }

  /** The innermost region at a place; where that is selected already, the one around it. */
  hit(at) {
    const isThere = (region) => !this.veiled.has(region.id) && !this.locked.has(region.id) && isIn(region, [at.x, at.y], at.near);
    const over = this.isAllVeiled ? [] : this.all.filter(isThere).sort((one, other) => sizeOf(one) - sizeOf(other));
    const index = over.findIndex((region) => region.id === this.selected);
    return over.length === 0 ? null : over[(index + 1) % over.length];
  }

  pick(at) {
    if (this.isMidway()) return;
    this.review.isOn = false;
    this.select(this.hit(at)?.id ?? null);
  }

  panBy(at, from) {
    const last = this.panned ?? from;
    this.panned = at;
    this.view.transform.pan(at.screenX - last.screenX, at.screenY - last.screenY);
    this.view.moved();
  }

  showDraft(shape) {
    this.shown = { ...shape, id: "" };
    this.view.redraw();
  }

  showChange(region) {
    this.shown = region;
    this.view.redraw();
  }

  dropShown() {
    this.shown = null;
    this.view.redraw();
  }

  /** Keep the change that a drag showed. */
  takeChange(words) {
    const { shown } = this;
    this.shown = null;
    if (shown) this.change(shown, words);
  }

  /** Keep what a drag drew. */
  takeDraft() {
    const { shown } = this;
    this.shown = null;
    if (shown && !fault(this.field, shown)) this.offer(shown);
    else this.view.redraw();
  }

  /** Something new was drawn: it gets the label in hand, or waits for one. */
  offer(shape) {
    const label = this.brush ?? (this.field.labels.length === 1 ? this.field.labels[0].id : null);
    const made = { attributes: {}, ...shape, origin: null, proposed: false };
    if (label) return this.add(made, label);
    const isAnother = this.draft && !this.kind.isPainted;
    this.keepStep();
    Object.assign(this, { draft: made, selected: null, touched: true });
    this.draw();
    this.host.changed();
    this.say(`New ${this.word}${isAnother ? " in place of the one before, which U brings back" : ""}: choose its label`);
    return "done";
  }

  add(shape, label) {
    const region = { ...shape, id: freshId(this.#taken()), label };
    this.keepStep();
    this.all = [...this.all, region];
    Object.assign(this, { draft: null, selected: region.id });
    this.review.isOn = false;
    this.changed(`${nameOf(this.field, label)} added`);
    return "done";
  }

  /** Put a changed region in place of the one with its id. `step`: equal steps in quick succession are undone as one. */
  change(region, words, step = "") {
    const problem = fault(this.field, region);
    if (problem) {
      this.say(problem);
      return this.view.redraw() ?? "done";
    }
    this.keepStep(step && `${step} ${region.id}`);
    const { prompts, ...rest } = region;
    const after = { ...rest, ...(prompts ? { prompts } : {}), proposed: false };
    this.all = this.all.map((one) => (one.id === region.id ? after : one));
    this.changed(`${nameOf(this.field, region.label)} ${words}`);
    return "done";
  }

  changed(words) {
    this.touched = true;
    this.stepped(words);
  }

  /** Something was changed, taken back, or done again. */
  stepped(words) {
    this.draw();
    this.say(words);
    this.host.changed();
  }

  /** A tool has something half drawn, or less of it. */
  noted() {
    this.drawTools();
    this.view.redraw();
    this.host.changed();
  }

  drawTools() {
    fill(this.view.tools, toolButtons(this));
    this.view.hint.textContent = this.tool.hint;
  }

  get canStepBack() {
    return this.steps.canGoBack;
  }

  // Modes.

  setMode(mode) {
    this.review.closeQuestion();
    if (this.tool.isBusy) this.keepStep();
    this.tool.leave?.();
    this.shown = null;
    this.mode = mode;
    if (mode === "segment") this.segment.enter();
    else this.say(this.shape.hint);
    this.draw();
  }

  /** The key for drawing: begin, or, while painting, begin another region; again ends it. */
  startDrawing() {
    if (this.isMidway()) return undefined;
    if (this.isDrawing && !(this.kind.isPainted && this.selected)) return this.setMode("select");
    this.selected = null;
    this.review.isOn = false;
    this.setMode("draw");
    return undefined;
  }

  startClicking() {
    if (this.mode === "segment" || !this.isMidway()) this.setMode(this.mode === "segment" ? "select" : "segment");
  }

  /** Whether something is half drawn, which another mode would lose; says what to do about it. */
  isMidway() {
    if (this.tool.isBusy) this.say("Enter keeps what you began, U takes back a step of it");
    else if (this.draft) this.say(`Choose the label of the new ${this.word} first, or X drops it`);
    return Boolean(this.tool.isBusy || this.draft);
  }

  // Choosing.

  select(id, { zooms = false } = {}) {
    if (id !== this.selected) this.shape.leave?.();
    Object.assign(this, { selected: id, draft: null });
    const region = this.regionOf(id);
    if (region) this.brush = null;
    const box = region && boxOfRegion(region);
    if (zooms && box) this.view.show(box);
    this.draw();
    if (region) this.say(`${this.all.indexOf(region) + 1} of ${this.all.length}: ${nameOf(this.field, region.label)}${region.proposed ? ", suggested" : ""}`);
  }

  /** Nothing is in focus any more, and the whole picture is seen. */
  letGo() {
    this.brush = null;
    this.review.isOn = false;
    this.select(null);
    this.view.fit();
  }

  // Changing.

  remove(id) {
    const region = this.regionOf(id);
    if (this.locked.has(id)) return this.say(`This ${this.word} is locked: L unlocks it`);
    const at = this.all.indexOf(region);
    const wasReviewing = this.review.isOn;
    this.keepStep();
    if (region.origin) this.gone = new Map(this.gone).set(id, region.origin);
    this.all = this.all.filter((one) => one.id !== id);
    this.selected = null;
    this.shape.leave?.();
    this.changed(`${nameOf(this.field, region.label)} deleted, ${counted(this.all.length, this.field)} left`);
    return wasReviewing ? this.review.goOn(at) : undefined;
  }

  nudge(byX, byY) {
    const region = this.editable();
    if (!region) return false;
    this.change(movedRegion(region, byX, byY, this.size), "moved", "nudge");
    this.view.reveal(boxOfRegion(this.regionOf(region.id)));
    return true;
  }

  dropDraft() {
    this.keepStep();
    this.draft = null;
    this.stepped(`New ${this.word} dropped: U brings it back`);
  }

  stepBack() {
    return this.steps.back();
  }

  stepAgain() {
    return this.steps.again();
  }

  /** A person looked at these and keeps them: they are proposals no longer. */
  settle(ids) {
    if (!this.all.some((region) => region.proposed && ids.includes(region.id))) return;
    this.keepStep();
    this.touched = true;
    this.all = this.all.map((region) => (ids.includes(region.id) ? { ...region, proposed: false } : region));
    this.host.changed();
  }

  keepStep(step = "") {
    this.steps.keep(step);
  }

  #taken() {
    return new Set([...this.all.map((region) => region.id), ...this.gone.keys(), ...this.steps.ids()]);
  }
}
