// Drawing, moving, resizing and turning boxes.

import { boxBetween, centreOf, clippedBox, handleAt, HANDLES, isIn, movedRegion, normalAngle, resized, rounded } from "../canvas/canvas_geometry.js";
import { knobOf } from "../canvas/canvas_paint.js";

const TURN = 5;
/** Nearer than this to a multiple of 15°, a box that is turned by the pointer snaps to it. */
const SNAP = 2.5;

export class BoxTool {
  constructor(editor) {
    this.editor = editor;
    this.grip = null;
  }

  get hint() {
    return this.editor.isDrawing ? "Drag from corner to corner; W puts a box in the middle" : "";
  }

  down(at) {
    const region = this.editor.editable();
    this.grip = region ? this.#gripOn(region, at) : null;
    if (this.grip) this.grip.region = region;
  }

  drag(at, from) {
    const { editor, grip } = this;
    if (!grip) return editor.showDraft({ box: this.#between(from, at), angle: 0 });
    if (grip.kind === "move") return editor.showChange(movedRegion(grip.region, rounded(at.x - from.x), rounded(at.y - from.y), editor.size));
    if (grip.kind === "turn") return editor.showChange({ ...grip.region, angle: this.#angleTo(grip.region, at) });
    const next = resized(grip.region, grip.name, [at.x, at.y]);
    return editor.showChange({ ...grip.region, box: next.angle ? next.box : clippedBox(next.box, editor.size) });
  }

  up(at, isTap) {
    const { editor, grip } = this;
    this.grip = null;
    if (isTap) return editor.pick(at);
    if (grip) return editor.takeChange(grip.kind === "move" ? "moved" : grip.kind === "turn" ? "turned" : "resized");
    return editor.takeDraft();
  }

  cancel() {
    this.grip = null;
    this.editor.dropShown();
  }

  cursor(at) {
    const region = this.editor.editable();
    const grip = region && this.#gripOn(region, at);
    if (grip) return { move: "move", turn: "grab" }[grip.kind] ?? resizeCursor(grip.name, region.angle);
    return this.editor.isDrawing || !this.editor.hit(at) ? "crosshair" : "pointer";
  }

  key(event) {
    const region = this.editor.editable();
    if (event.key === "w") return this.#putInMiddle();
    if (!region) return undefined;
    if (event.altKey && /^Arrow/.test(event.key)) return this.#resizeBy(region, event);
    if (this.editor.field.rotated && event.key.toLowerCase() === "r" && !event.altKey) return this.#turnBy(region, event.shiftKey ? -TURN : TURN);
    return undefined;
  }

  leave() {
    this.grip = null;
  }

  buttons() {
    const region = this.editor.editable();
    if (!region || !this.editor.field.rotated) return [];
    return [
      { key: "R", words: "Turn ↻", title: "Turn by five degrees", act: () => this.#turnBy(region, TURN) },
      { key: "⇧R", words: "↺", title: "Turn back by five degrees", act: () => this.#turnBy(region, -TURN) },
    ];
  }

  paint(painter, region) {
    if (region) painter.boxHandles(region, Boolean(this.editor.field.rotated), this.editor.isCoarse);
  }

  #gripOn(region, at) {
    const isNear = (/** @type {number[]} */ [x, y], near = at.near) => Math.hypot(x - at.x, y - at.y) <= near;
    if (this.editor.field.rotated && isNear(knobOf(region, this.editor.view.transform.scale))) return { kind: "turn" };
    // Corners before sides: on a small box they lie on top of each other.
    const names = Object.keys(HANDLES).sort((one, other) => other.length - one.length);
    const name = names.find((one) => isNear(handleAt(region, one)));
    const isSmall = Math.min(region.box[2] - region.box[0], region.box[3] - region.box[1]) < 3 * at.near;
    if (name && !(isSmall && isIn(region, [at.x, at.y]) && !isNear(handleAt(region, name), at.near / 2))) return { kind: "resize", name };
    if (!this.editor.isDrawing && isIn(region, [at.x, at.y])) return { kind: "move" };
    return null;
  }

  #between(from, at) {
    return clippedBox(boxBetween([from.x, from.y], [at.x, at.y]).map(rounded), this.editor.size);
  }

  #angleTo(region, at) {
    const [x, y] = centreOf(region.box);
    const angle = normalAngle((Math.atan2(at.x - x, y - at.y) * 180) / Math.PI);
    const near = Math.round(angle / 15) * 15;
    return normalAngle(Math.abs(angle - near) < SNAP ? near : rounded(angle));
  }

  #turnBy(region, by) {
    return this.editor.change({ ...region, angle: normalAngle((region.angle ?? 0) + by) }, "turned");
  }

  #resizeBy(region, event) {
    const step = event.shiftKey ? 10 : 1;
    const [x0, y0, x1, y1] = region.box;
    const by = { ArrowRight: [step, 0], ArrowLeft: [-step, 0], ArrowDown: [0, step], ArrowUp: [0, -step] }[event.key];
    const wide = [x0, y0, Math.max(x0 + 1, x1 + by[0]), Math.max(y0 + 1, y1 + by[1])];
    return this.editor.change({ ...region, box: region.angle ? wide : clippedBox(wide, this.editor.size) }, "resized");
  }

  // A box that can be drawn without a pointer: a third of what is seen, then moved and resized with keys.
  #putInMiddle() {
    const [x0, y0, x1, y1] = this.editor.view.transform.visible();
    const [width, height] = [(x1 - x0) / 3, (y1 - y0) / 3];
    return this.editor.offer({ box: [x0 + width, y0 + height, x1 - width, y1 - height].map(Math.round), angle: 0 });
  }
}

function resizeCursor(name, angle = 0) {
  const turn = { n: 0, ne: 45, e: 90, se: 135, s: 180, sw: 225, w: 270, nw: 315 }[name] + angle;
  return ["ns-resize", "nesw-resize", "ew-resize", "nwse-resize"][Math.round((((turn % 180) + 180) % 180) / 45) % 4];
}
