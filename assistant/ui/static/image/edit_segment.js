// Segmenting by clicks: one click on an object, more clicks where the answer is wrong. A drag is a scribble on the
// object or, with the right button, on the background; with Alt, or after R, it is a box around the object. What is
// shown is a preview until Enter keeps it.

import { boxBetween, boxOfRegion, cornersOf, rounded } from "../canvas/canvas_geometry.js";
import { decode } from "../canvas/canvas_rle.js";
import { Segmenter } from "../canvas/canvas_segmenter.js";
import { countsOf } from "./edit_region_forms.js";

const LOOK = { colour: "#7c3aed", draft: true };

export class SegmentTool {
  segmenter; editor;

  constructor(editor, segmenter) {
    Object.assign(this, { editor, segmenter, takesRight: true });
    this.#forget();
  }

  get isBusy() {
    return this.steps.length > 0;
  }

  get hint() {
    if (this.segmenter.state === "absent" || this.segmenter.state === "failed") return this.segmenter.words;
    if (this.isNegative) return "Click or scribble on the background; − means the object again; Enter keeps";
    if (this.isBoxing) return "Drag a box around the object, or click; Enter keeps";
    return "Click or scribble on the object; right click or − on the background; Enter keeps";
  }

  /** The mode begins; a selected region is refined, otherwise a new one is made. */
  enter() {
    this.#forget();
    this.base = this.editor.editable();
    this.editor.say(this.hint);
  }

  leave() {
    this.segmenter.forget();
    this.#forget();
  }

  /** The clicks and lines given so far, or null. */
  get drawn() {
    return this.isBusy ? { steps: this.steps, base: this.base?.id ?? null } : null;
  }

  set drawn(clicks) {
    const { answer, isNegative, isBoxing } = this;
    this.segmenter.forget();
    this.#forget();
    Object.assign(this, { isNegative, isBoxing });
    this.base = clicks ? this.editor.regionOf(clicks.base) : this.editor.mode === "segment" ? this.editor.editable() : null;
    if (!clicks) return;
    // Until the answer to these clicks is here, the last one is seen.
    Object.assign(this, { steps: clicks.steps, answer });
    this.#ask();
  }

  down(at) {
    this.line = [this.#point(at)];
  }

  drag(at) {
    this.isLineBox = this.isBoxing !== at.alt && !at.isRight;
    if (this.isLineBox) {
      this.line = [this.line[0], this.#point(at)];
      return void this.editor.view.redraw();
    }
    const last = this.line[this.line.length - 1];
    if (Math.hypot(last[0] - at.x, last[1] - at.y) * this.editor.view.transform.scale < 4) return undefined;
    this.line = [...this.line, this.#point(at)];
    this.isLineNegative = this.#isNegative(at);
    return this.editor.view.redraw();
  }

  up(at, isTap) {
    const step = this.#stepOf(at, isTap);
    this.line = null;
    if (isTap && !this.#isInside(at)) return;
    this.editor.keepStep();
    this.steps = [...this.steps, step];
    this.editor.noted();
    this.#ask();
  }

  cancel() {
    this.line = null;
    this.editor.view.redraw();
  }

  cursor() {
    return "crosshair";
  }

  key(event) {
    if (event.key === "Enter") return this.#keep();
    if (event.key === "-" || event.key === "+" || event.key === "=") return this.#turnOver(event.key === "-" ? !this.isNegative : false);
    if (event.key === "r") return this.#turnToBox();
    if (this.isBusy && event.key === "Escape") return this.editor.steps.escape() ?? "done";
    if (this.isBusy && ["u", "Backspace"].includes(event.key)) return this.editor.stepBack() ?? "done";
    if (event.key !== "Escape") return undefined;
    this.editor.setMode("select");
    return "done";
  }

  buttons() {
    return [
      { key: "−", words: this.isNegative ? "Background" : "Object", title: "Clicks mean the object, or the background", pressed: this.isNegative, act: () => this.#turnOver(!this.isNegative) },
      { key: "R", words: "Box", title: "A drag is a box around the object, not a scribble", pressed: this.isBoxing, act: () => this.#turnToBox() },
      { key: "↵", words: "Keep", title: "Keep what is shown", disabled: !this.answer || this.isAsking, act: () => this.#keep() },
    ];
  }

  paint(painter) {
    if (this.answer) painter.region(this.answer, LOOK);
    for (const step of this.steps) {
      if (step.click) painter.click(step.click);
      else if (step.box) painter.line(cornersOf(step), { colour: "#15803d", dashed: true, closed: true });
      else painter.line(step.scribble, { colour: step.isNegative ? "#b91c1c" : "#15803d", width: 4 });
    }
    if (this.line?.length > 1 && this.isLineBox) painter.line(cornersOf({ box: boxBetween(...this.line) }), { colour: "#15803d", dashed: true, closed: true });
    else if (this.line?.length > 1) painter.line(this.line, { colour: this.isLineNegative ? "#b91c1c" : "#15803d", width: 4 });
  }

  get #clicks() {
    return this.steps.filter((step) => step.click).map((step) => step.click);
  }

  // Clicks, scribbles and what is refined, as the server reads them.
  #prompts() {
    const lines = (isNegative) => this.steps.filter((step) => step.scribble && step.isNegative === isNegative).map((step) => step.scribble);
    const scribbles = { object: lines(false), background: lines(true) };
    const hasLines = scribbles.object.length + scribbles.background.length > 0;
    const { base } = this;
    const region = base?.intervals ? { size: base.size, counts: countsOf(base) } : null;
    const drawn = this.steps.filter((step) => step.box).pop()?.box ?? null;
    const box = drawn ?? (base && !base.intervals ? boxOfRegion(base) : null);
    return { clicks: this.#clicks, box, scribbles: hasLines ? scribbles : null, region };
  }

  async #ask() {
    const { editor, segmenter } = this;
    Object.assign(this, { isAsking: true, isWanted: false });
    editor.drawTools();
    editor.view.redraw();
    editor.say(segmenter.state === "ready" ? "segmenting…" : segmenter.words);
    const prompts = this.#prompts();
    try {
      const answer = await segmenter.preview(prompts);
      if (answer) this.#show(answer, prompts);
    } catch (problem) {
      this.isAsking = false;
      editor.drawTools();
      editor.say(problem.message);
    }
  }

  #show(answer, { clicks, box }) {
    this.isAsking = false;
    const intervals = decode(answer.counts);
    const prompts = { backend: answer.backend, clicks, ...(box ? { box } : {}) };
    this.answer = { intervals, size: answer.size, box: null, found: answer, prompts };
    if (this.isWanted) return void this.#keep();
    this.editor.drawTools();
    this.editor.view.redraw();
    const score = typeof answer.score === "number" ? `, its own score ${answer.score.toFixed(2)}` : "";
    this.editor.say(intervals.length > 0 ? `Preview by ${answer.backend}${score}: Enter keeps it` : "Nothing was found there: click again");
    return undefined;
  }

  #keep() {
    const { answer, base, editor } = this;
    // What is on the screen leaves the last click out: the answer to that is meant.
    if (this.isAsking) return this.#keepWhenReady();
    if (!answer || answer.intervals.length === 0) return editor.say("Click on the object first") ?? "done";
    const shape = { ...this.#shapeOf(answer), prompts: answer.prompts };
    return editor.steps.asOne(() => {
      editor.keepStep();
      this.#forget();
      editor.setMode("select");
      const region = base && editor.regionOf(base.id);
      return region ? editor.change({ ...region, ...shape }, "segmented") : editor.offer(shape);
    });
  }

  #keepWhenReady() {
    this.isWanted = true;
    this.editor.say("Kept as soon as the answer is here");
    return "done";
  }

  #shapeOf({ intervals, size, found }) {
    return this.editor.kind.fromSegment(found, { intervals, size });
  }

  #turnToBox() {
    this.isBoxing = !this.isBoxing;
    this.editor.drawTools();
    this.editor.say(this.hint);
    return "done";
  }

  #stepOf(at, isTap) {
    const isNegative = this.#isNegative(at);
    if (isTap) return { click: [...this.#point(at), isNegative ? 0 : 1] };
    if (this.isLineBox) return { box: boxBetween(...this.line) };
    return { scribble: this.line, isNegative };
  }

  #turnOver(isNegative) {
    this.isNegative = isNegative;
    this.editor.drawTools();
    this.editor.say(this.hint);
    return "done";
  }

  #isNegative(at) {
    return this.isNegative !== (at.shift || at.isRight);
  }

  #isInside(at) {
    const [height, width] = this.editor.size;
    return at.x >= 0 && at.y >= 0 && at.x < width && at.y < height;
  }

  #point(at) {
    return this.editor.view.transform.inside(at.x, at.y).map(rounded);
  }

  #forget() {
    Object.assign(this, { steps: [], line: null, answer: null, base: null, isNegative: false, isBoxing: false, isLineBox: false, isAsking: false, isWanted: false });
  }
}

/** Give an editor its segmenter and begin to encode the picture. Key points are placed by hand. */
export function startSegmenter(editor) {
  if (!editor.kind.fromSegment) return;
  const { server, card } = editor.host;
  editor.segmenter = new Segmenter({ server, exposure: card.exposure, onState: () => says(editor) });
  editor.segment = new SegmentTool(editor, editor.segmenter);
  editor.ticking = setInterval(() => says(editor), 1000);
  editor.segmenter.begin().catch(() => undefined);
}

function says(editor) {
  const { segmenter, tool, mode } = editor;
  const isDone = segmenter.isSettled;
  if (isDone) clearInterval(editor.ticking);
  if (segmenter.isClosed) return;
  editor.view.waits.textContent = isDone ? "" : segmenter.words;
  editor.drawTools();
  if (isDone && mode === "segment" && !tool.isBusy) editor.say(tool.hint);
  if (isDone) editor.host.pictureReady?.();
}
