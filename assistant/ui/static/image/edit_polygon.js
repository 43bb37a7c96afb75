// Drawing polygons point by point or in one sweep; moving, inserting and deleting their corners; further parts and
// holes.

import { isIn, movedRegion, rounded, sideNear, vertexNear, withRing } from "../canvas/canvas_geometry.js";

/** A sweep leaves a corner every so many CSS pixels. */
const SWEEP = 9;

export class PolygonTool {
  constructor(editor) {
    this.editor = editor;
    this.#forget();
  }

  get hint() {
    if (!this.editor.isDrawing) return "";
    const what = { part: "another part", hole: "a hole" }[this.goal] ?? "the outline";
    return `Click the corners of ${what}, or sweep around it; Enter closes, U takes the last corner back`;
  }

  get isBusy() {
    return this.ring.length > 0;
  }

  /** Begin a further ring of the selected polygon: "part" or "hole". */
  begin(goal) {
    if (!this.editor.editable()) return this.editor.say(`Choose a polygon first: ${goal === "hole" ? "a hole is cut into one" : "a part is added to one"}`);
    this.editor.setMode("draw");
    this.goal = goal;
    return this.editor.say(this.hint);
  }

  /** The outline that is being drawn and what it becomes, or null. */
  get drawn() {
    return this.isBusy ? { ring: this.ring, goal: this.goal } : null;
  }

  set drawn({ ring, goal }) {
    Object.assign(this, { ring, goal });
  }

  down(at) {
    const region = this.editor.editable();
    this.grip = null;
    this.isSweeping = false;
    if (this.editor.isDrawing || !region) return;
    const vertex = vertexNear(region.parts, [at.x, at.y], at.near);
    const side = vertex ? null : sideNear(region.parts, [at.x, at.y], at.near * 0.7);
    if (vertex) this.grip = { kind: "vertex", region, ...vertex };
    else if (side) this.grip = { kind: "side", region: { ...region, parts: inserted(region.parts, side) }, ...side };
    else if (isIn(region, [at.x, at.y])) this.grip = { kind: "move", region };
    else this.grip = { kind: "pan" };
  }

  drag(at, from) {
    const { editor, grip } = this;
    if (editor.isDrawing) return this.#sweep(at, from);
    if (!grip || grip.kind === "pan") return editor.panBy(at, from);
    if (grip.kind === "move") return editor.showChange(movedRegion(grip.region, rounded(at.x - from.x), rounded(at.y - from.y), editor.size));
    return editor.showChange({ ...grip.region, parts: withVertex(grip.region.parts, grip, this.#point(at)) });
  }

  up(at, isTap) {
    const { editor, grip } = this;
    this.grip = null;
    if (editor.isDrawing) return isTap ? this.#corner(at) : this.#closeSweep(at);
    if (isTap) return this.#tapped(at, grip);
    if (grip && grip.kind !== "pan") return editor.takeChange(grip.kind === "move" ? "moved" : "corner moved");
    return undefined;
  }

  cancel() {
    this.grip = null;
    this.editor.dropShown();
  }

  hover(at) {
    this.over = at && this.editor.isDrawing ? [at.x, at.y] : null;
    if (this.isBusy) this.editor.view.redraw();
  }

  cursor(at) {
    if (this.editor.isDrawing) return "crosshair";
    const region = this.editor.editable();
    if (region && vertexNear(region.parts, [at.x, at.y], at.near)) return "move";
    if (region && sideNear(region.parts, [at.x, at.y], at.near * 0.7)) return "copy";
    return this.editor.hit(at) ? "pointer" : "grab";
  }

  key(event) {
    if (this.isBusy && event.key === "Enter") return this.#close();
    if (this.isBusy && event.key === "Escape") return this.editor.steps.escape() ?? "done";
    if (this.isBusy && ["Backspace", "u"].includes(event.key)) return this.editor.stepBack() ?? "done";
    if (event.key === "w") return this.#putInMiddle();
    if (event.key === "p") return this.begin("part") ?? "done";
    if (event.key === "o") return this.begin("hole") ?? "done";
    if (this.active && (event.key === "Delete" || event.key === "Backspace")) return this.#removeVertex();
    if (this.active && /^Arrow/.test(event.key) && !event.altKey) return this.#nudge(event);
    if (this.active && event.key === "Escape") return this.#letGo();
    return undefined;
  }

  /** Another region is in focus, or another mode begins. */
  leave() {
    this.#forget();
  }

  buttons() {
    return [
      { key: "P", words: "Part", title: "Add another part to the selected polygon", act: () => this.begin("part") },
      { key: "O", words: "Hole", title: "Cut a hole into the selected polygon", act: () => this.begin("hole") },
    ];
  }

  paint(painter, region) {
    const coarse = this.editor.isCoarse;
    // While one draws, corners of the region in focus cannot be dragged and do not look as if they could.
    if (region && !this.editor.isDrawing) {
      region.parts.forEach((rings, part) =>
        rings.forEach((ring, at) => ring.forEach((point, corner) => painter.dot(point, coarse ? 7 : 4, false, this.#isActive(part, at, corner) ? "#1d4ed8" : "#ffffff"))),
      );
    }
    if (!this.isBusy) return;
    painter.line(this.over ? [...this.ring, this.over] : this.ring, { dashed: true });
    this.ring.forEach((point, at) => painter.dot(point, at === 0 && this.ring.length > 2 ? 7 : 4, false));
  }

  #isActive(part, ring, at) {
    return this.active && this.active.part === part && this.active.ring === ring && this.active.at === at;
  }

  #tapped(at, grip) {
    const { editor } = this;
    if (grip?.kind === "vertex" && at.alt) {
      this.active = grip;
      return this.#removeVertex();
    }
    if (grip?.kind === "vertex") {
      this.active = { part: grip.part, ring: grip.ring, at: grip.at };
      editor.view.redraw();
      return editor.say("Corner chosen: arrows move it, Delete takes it away");
    }
    if (grip?.kind === "side") return editor.change(grip.region, "corner added");
    this.active = null;
    return editor.pick(at);
  }

  #corner(at) {
    const isClosing = this.ring.length > 2 && Math.hypot(this.ring[0][0] - at.x, this.ring[0][1] - at.y) <= at.near;
    if (isClosing) return this.#close();
    this.editor.keepStep();
    this.ring = [...this.ring, this.#point(at)];
    this.editor.noted();
    return this.editor.say(`${this.ring.length} ${this.ring.length === 1 ? "corner" : "corners"}`);
  }

  #sweep(at, from) {
    // A sweep is one step, however many corners it leaves.
    if (!this.isSweeping) this.editor.keepStep();
    this.isSweeping = true;
    if (this.ring.length === 0) this.ring = [this.#point(from)];
    const last = this.ring[this.ring.length - 1];
    const away = Math.hypot(last[0] - at.x, last[1] - at.y) * this.editor.view.transform.scale;
    if (away >= SWEEP) this.ring = [...this.ring, this.#point(at)];
    this.over = null;
    this.editor.view.redraw();
  }

  // A sweep that comes back to its start is closed; one that stops on the way goes on with clicks.
  #closeSweep(at) {
    const [first] = this.ring;
    this.editor.noted();
    if (this.ring.length > 5 && Math.hypot(first[0] - at.x, first[1] - at.y) <= 2.5 * at.near) this.#close();
  }

  #close() {
    const { editor, ring, goal } = this;
    if (ring.length < 3) return editor.say("A polygon needs three corners") ?? "done";
    const region = editor.editable();
    if (goal === "hole" && region && holderOf(region, ring) < 0) return editor.say("A hole must begin inside the polygon") ?? "done";
    return editor.steps.asOne(() => {
      editor.keepStep();
      this.#forget();
      return goal && region ? this.#addRing(region, ring, goal) : editor.offer({ parts: [[ring]] });
    });
  }

  #addRing(region, ring, goal) {
    const { editor } = this;
    editor.setMode("select");
    if (goal === "part") return editor.change({ ...region, parts: [...region.parts, [ring]] }, "part added");
    const part = holderOf(region, ring);
    const parts = region.parts.map((rings, at) => (at === part ? [...rings, ring] : rings));
    return editor.change({ ...region, parts }, "hole cut");
  }

  #removeVertex() {
    const region = this.editor.editable();
    const { part, ring, at } = this.active;
    this.active = null;
    const points = region.parts[part][ring].filter((_, place) => place !== at);
    const parts = withRing(region.parts, part, ring, points.length >= 3 ? points : null);
    if (parts.length === 0) return this.editor.say("Three corners are the least: X deletes the polygon") ?? "done";
    return this.editor.change({ ...region, parts }, points.length >= 3 ? "corner deleted" : ring > 0 ? "hole closed" : "part deleted");
  }

  #nudge(event) {
    const region = this.editor.editable();
    const step = event.shiftKey ? 10 : 1;
    const [dx, dy] = { ArrowRight: [step, 0], ArrowLeft: [-step, 0], ArrowDown: [0, step], ArrowUp: [0, -step] }[event.key];
    const { part, ring, at } = this.active;
    const [x, y] = region.parts[part][ring][at];
    const to = this.editor.view.transform.inside(x + dx, y + dy);
    return this.editor.change({ ...region, parts: withVertex(region.parts, this.active, to) }, "corner moved");
  }

  #putInMiddle() {
    const [x0, y0, x1, y1] = this.editor.view.transform.visible();
    const [a, b, c, d] = [x0 + (x1 - x0) / 3, y0 + (y1 - y0) / 3, x1 - (x1 - x0) / 3, y1 - (y1 - y0) / 3].map(Math.round);
    return this.editor.offer({ parts: [[[[a, b], [c, b], [c, d], [a, d]]]] });
  }

  #point(at) {
    return this.editor.view.transform.inside(at.x, at.y).map(rounded);
  }

  #letGo() {
    this.active = null;
    this.editor.view.redraw();
    return "done";
  }

  #forget() {
    Object.assign(this, { ring: [], goal: "", over: null, active: null, grip: null, isSweeping: false });
  }
}

function holderOf(region, ring) {
  return region.parts.findIndex((rings) => isIn({ parts: [[rings[0]]] }, ring[0]));
}

function inserted(parts, { part, ring, at, point }) {
  const points = [...parts[part][ring]];
  points.splice(at, 0, point.map(rounded));
  return withRing(parts, part, ring, points);
}

function withVertex(parts, { part, ring, at }, point) {
  return withRing(parts, part, ring, parts[part][ring].map((one, place) => (place === at ? point : one)));
}
