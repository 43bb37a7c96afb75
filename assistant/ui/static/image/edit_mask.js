// Painting masks. The brush is round and works on the full-size run lengths: what is painted while zoomed in is exact to
// the pixel, whatever the size of the picture.

import { movedRegion } from "../canvas/canvas_geometry.js";
import { area, holds, strokeIntervals, union, without } from "../canvas/canvas_rle.js";

const STEPS = [1, 2, 3, 5, 8, 12, 18, 26, 38, 55, 80, 120, 180];
/** Radius in CSS pixels at which the brush starts; it keeps its size in image pixels while one zooms. */
const FIRST = 14;

export class MaskTool {
  constructor(editor) {
    this.editor = editor;
    Object.assign(this, { isErasing: false, step: null, over: null, stroke: null });
  }

  get hint() {
    return this.editor.isDrawing ? `${this.isErasing ? "Eraser" : "Brush"}: drag to ${this.isErasing ? "erase" : "paint"}, R or Shift the other way, [ ] size` : "";
  }

  /** Radius of the brush in image pixels. */
  get radius() {
    this.step ??= this.#nearestStep(FIRST / this.editor.view.transform.scale);
    return STEPS[this.step];
  }

  get takesRight() {
    return this.editor.isDrawing;
  }

  down(at) {
    const { editor } = this;
    this.grip = null;
    if (editor.isDrawing) return this.#startStroke(at);
    const region = editor.editable();
    if (region && holds(region.intervals, region.size[0], at.x, at.y)) this.grip = { region };
    return undefined;
  }

  drag(at, from) {
    if (this.stroke) return this.#paintTo(at);
    if (!this.grip) return this.editor.panBy(at, from);
    return this.editor.showChange(movedRegion(this.grip.region, Math.round(at.x - from.x), Math.round(at.y - from.y), this.editor.size));
  }

  up(at, isTap) {
    const { editor, grip } = this;
    this.grip = null;
    if (this.stroke) return this.#endStroke();
    if (isTap) return editor.pick(at);
    return grip ? editor.takeChange("moved") : undefined;
  }

  cancel() {
    Object.assign(this, { stroke: null, grip: null });
    this.editor.dropShown();
  }

  hover(at) {
    this.over = at;
    if (this.editor.isDrawing) this.editor.view.redraw();
  }

  cursor(at) {
    if (this.editor.isDrawing) return "none";
    return this.editor.hit(at) ? "pointer" : "grab";
  }

  key(event) {
    if (event.key === "w") return this.#putInMiddle();
    if (!this.editor.isDrawing) return undefined;
    if (event.key === "[" || event.key === "]") return this.#resize(event.key === "]" ? 1 : -1);
    if (event.key.toLowerCase() === "r") return this.#turnOver();
    return undefined;
  }

  leave() {
    Object.assign(this, { stroke: null, grip: null });
  }

  buttons() {
    if (!this.editor.isDrawing) return [];
    return [
      { key: "R", words: this.isErasing ? "Erasing" : "Painting", title: "Brush or eraser", pressed: this.isErasing, act: () => this.#turnOver() },
      { key: "[", words: "•", title: "Smaller brush", act: () => this.#resize(-1) },
      { key: "]", words: "●", title: "Larger brush", act: () => this.#resize(1) },
    ];
  }

  paint(painter) {
    if (!this.editor.isDrawing || !this.over) return;
    const isErasing = this.stroke ? this.stroke.isErasing : this.isErasing !== this.over.shift;
    painter.circle([this.over.x, this.over.y], Math.max(2, this.radius * this.editor.view.transform.scale), { colour: isErasing ? "#b91c1c" : "#1b2027" });
  }

  #startStroke(at) {
    const base = this.editor.editable() ?? this.editor.draft ?? null;
    const isErasing = this.isErasing !== (at.shift || at.isRight);
    this.stroke = { base, isErasing, last: [at.x, at.y], intervals: base?.intervals ?? [] };
    this.over = at;
    this.#dab([[at.x, at.y]]);
  }

  #paintTo(at) {
    this.over = at;
    this.#dab([this.stroke.last, [at.x, at.y]]);
    this.stroke.last = [at.x, at.y];
  }

  #dab(points) {
    const { stroke, editor } = this;
    const painted = strokeIntervals(points, this.radius, editor.size);
    stroke.intervals = stroke.isErasing ? without(stroke.intervals, painted) : union(stroke.intervals, painted);
    const shape = { intervals: stroke.intervals, size: editor.size };
    if (stroke.base?.id) editor.showChange({ ...stroke.base, ...shape });
    else editor.showDraft(shape);
  }

  #endStroke() {
    const { editor, stroke } = this;
    this.stroke = null;
    if (stroke.base?.id && stroke.intervals.length === 0) {
      editor.dropShown();
      return editor.say("Nothing would be left: X deletes the mask");
    }
    if (stroke.base?.id) return editor.takeChange(stroke.isErasing ? "erased" : "painted");
    if (area(stroke.intervals) === 0) return editor.dropShown();
    return editor.takeDraft();
  }

  #resize(by) {
    const wanted = this.radius;
    this.step = Math.min(STEPS.length - 1, Math.max(0, STEPS.indexOf(wanted) + by));
    this.editor.say(`Brush ${2 * this.radius} pixels wide`);
    this.editor.view.redraw();
    return "done";
  }

  #nearestStep(radius) {
    const away = STEPS.map((step) => Math.abs(Math.log(step / radius)));
    return away.indexOf(Math.min(...away));
  }

  #turnOver() {
    this.isErasing = !this.isErasing;
    this.editor.drawTools();
    this.editor.say(this.hint);
    this.editor.view.redraw();
    return "done";
  }

  #putInMiddle() {
    const { transform } = this.editor.view;
    const centre = transform.toImage(transform.viewWidth / 2, transform.viewHeight / 2);
    const radius = Math.min(transform.viewWidth, transform.viewHeight) / 6 / transform.scale;
    return this.editor.offer({ intervals: strokeIntervals([centre], radius, this.editor.size), size: this.editor.size });
  }
}
