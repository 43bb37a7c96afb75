// Placing key points: those of an object in the order of the field, or single labelled points.

import { movedRegion, nearestPoint, rounded } from "../canvas/canvas_geometry.js";

const [ABSENT, HIDDEN, VISIBLE] = [0, 1, 2];
const SEEN_WORDS = ["not there", "hidden", "visible"];

export class PointsTool {
  constructor(editor) {
    this.editor = editor;
    this.names = (editor.field.points ?? []).map((name) => name.replaceAll("_", " "));
    Object.assign(this, { active: null, grip: null, placed: null });
  }

  get isBusy() {
    return this.placed !== null;
  }

  get hint() {
    if (!this.editor.isDrawing) return "";
    if (this.names.length === 0) return "Click where the point is; W puts it in the middle";
    const turn = this.placed?.length ?? 0;
    return `Click “${this.names[turn] ?? this.names[0]}” (${turn + 1} of ${this.names.length}); Shift-click if it is hidden, K if it is not in the picture`;
  }

  down(at) {
    const region = this.editor.editable();
    this.grip = null;
    if (this.editor.isDrawing || !region) return;
    const index = nearestPoint(region.points, [at.x, at.y], at.near);
    if (index >= 0) this.grip = { region, index };
  }

  drag(at, from) {
    const { editor, grip } = this;
    if (!grip) return editor.panBy(at, from);
    if (at.alt || this.names.length === 0) return editor.showChange(movedRegion(grip.region, rounded(at.x - from.x), rounded(at.y - from.y), editor.size));
    return editor.showChange({ ...grip.region, points: this.#with(grip.region, grip.index, this.#point(at)) });
  }

  up(at, isTap) {
    const { editor, grip } = this;
    this.grip = null;
    if (editor.isDrawing) return this.#place(at);
    if (!isTap) return grip ? editor.takeChange("moved") : undefined;
    if (!grip) return editor.pick(at);
    this.active = grip.index;
    editor.view.redraw();
    return editor.say(this.#sayActive(grip.region));
  }

  cancel() {
    this.grip = null;
    this.editor.dropShown();
  }

  cursor(at) {
    if (this.editor.isDrawing) return "crosshair";
    const region = this.editor.editable();
    if (region && nearestPoint(region.points, [at.x, at.y], at.near) >= 0) return "move";
    return this.editor.hit(at) ? "pointer" : "grab";
  }

  key(event) {
    if (event.key === "w") return this.#putInMiddle();
    if (this.isBusy) return this.#keyWhilePlacing(event);
    const region = this.editor.editable();
    if (!region || this.names.length === 0) return undefined;
    if (event.key === "p") return this.#step(region);
    if (this.active === null) return undefined;
    if (event.key === "o") return this.#see(region, region.points[this.active][2] === HIDDEN ? VISIBLE : HIDDEN);
    if (event.key === "k") return this.#see(region, region.points[this.active][2] === ABSENT ? VISIBLE : ABSENT);
    if (/^Arrow/.test(event.key) && !event.altKey && region.points[this.active][2] > 0) return this.#nudge(region, event);
    return undefined;
  }

  /** The points of an object that is being placed, or null. */
  get drawn() {
    return this.placed;
  }

  set drawn(points) {
    this.placed = points;
    this.#show();
  }

  leave() {
    Object.assign(this, { active: null, grip: null, placed: null });
  }

  buttons() {
    if (this.names.length === 0) return [];
    if (this.isBusy) return [{ key: "K", words: "Not there", title: "This point is not in the picture", act: () => this.#skip() }];
    const region = this.editor.editable();
    if (!region) return [];
    return [
      { key: "P", words: "Next point", title: "Choose the next point of the object", act: () => this.#step(region) },
      { key: "O", words: "Hidden", title: "The chosen point is hidden, or visible again", act: () => this.key({ key: "o" }) },
      { key: "K", words: "Not there", title: "The chosen point is not in the picture, or is again", act: () => this.key({ key: "k" }) },
    ];
  }

  // Points are drawn with their regions; what they are called stands beside those of the object in focus.
  paint(painter, region) {
    const points = region?.points ?? this.placed ?? [];
    points.forEach((point, at) => {
      if (point[2] > 0 && this.names[at] && (points.length <= 8 || at === this.active)) painter.word(point, this.names[at], at === this.active);
    });
  }

  #keyWhilePlacing(event) {
    if (event.key === "Enter") return this.#finish();
    if (event.key === "k") return this.#skip();
    if (["u", "Backspace", "Escape"].includes(event.key)) return (event.key === "Escape" ? this.editor.steps.escape() : this.editor.stepBack()) ?? "done";
    return undefined;
  }

  #place(at, seen = at.shift ? HIDDEN : VISIBLE) {
    const [x, y] = this.#point(at);
    if (this.names.length === 0) return this.editor.offer({ points: [[x, y, seen]] });
    return this.#put([x, y, seen]);
  }

  #skip() {
    this.#put([0, 0, ABSENT]);
    return "done";
  }

  // The last point and the object that it completes are one step.
  #put(point) {
    return this.editor.steps.asOne(() => {
      this.editor.keepStep();
      this.placed = [...(this.placed ?? []), point];
      return this.#next();
    });
  }

  #next() {
    if (this.placed.length >= this.names.length) return this.#finish();
    this.#show();
    this.editor.noted();
    return this.editor.say(this.hint);
  }

  // Points that were not reached are not there.
  #finish() {
    const rest = this.names.slice(this.placed.length).map(() => [0, 0, ABSENT]);
    const points = [...this.placed, ...rest];
    this.editor.steps.asOne(() => {
      this.editor.keepStep();
      this.placed = null;
      this.editor.dropShown();
      if (points.some((point) => point[2] > 0)) this.editor.offer({ points });
    });
    return "done";
  }

  #show() {
    if (this.placed) this.editor.showDraft({ points: this.placed });
    else this.editor.dropShown();
    this.editor.drawTools();
  }

  #step(region) {
    this.active = ((this.active ?? -1) + 1) % region.points.length;
    this.editor.say(this.#sayActive(region));
    this.editor.view.redraw();
    return "done";
  }

  #see(region, seen) {
    const { active } = this;
    const before = region.points[active];
    // A point that comes back stands in the middle of the object until it is put where it belongs.
    const [x, y] = before[2] > 0 ? before : this.#middle(region);
    const point = seen === ABSENT ? [0, 0, ABSENT] : [x, y, seen];
    if (seen === ABSENT && region.points.filter((one) => one[2] > 0).length === 1 && before[2] > 0) return this.editor.say("One point must stay: X deletes the object") ?? "done";
    const points = region.points.map((one, at) => (at === active ? point : one));
    return this.editor.change({ ...region, points }, `${this.names[active]} is ${SEEN_WORDS[seen]}`);
  }

  #middle(region) {
    const seen = region.points.filter((point) => point[2] > 0);
    return [0, 1].map((axis) => rounded(seen.reduce((sum, point) => sum + point[axis], 0) / seen.length));
  }

  #nudge(region, event) {
    const step = event.shiftKey ? 10 : 1;
    const [dx, dy] = { ArrowRight: [step, 0], ArrowLeft: [-step, 0], ArrowDown: [0, step], ArrowUp: [0, -step] }[event.key];
    const [x, y] = region.points[this.active];
    return this.editor.change({ ...region, points: this.#with(region, this.active, this.editor.view.transform.inside(x + dx, y + dy)) }, "moved");
  }

  #sayActive(region) {
    const name = this.names[this.active];
    return name ? `${name}: ${SEEN_WORDS[region.points[this.active][2]]}` : "";
  }

  #putInMiddle() {
    const { transform } = this.editor.view;
    const [x, y] = transform.toImage(transform.viewWidth / 2, transform.viewHeight / 2);
    this.editor.setMode("draw");
    this.#place({ x, y }, VISIBLE);
    return "done";
  }

  #with(region, index, [x, y]) {
    return region.points.map((point, at) => (at === index ? [x, y, point[2] || VISIBLE] : point));
  }

  #point(at) {
    return this.editor.view.transform.inside(at.x, at.y).map(rounded);
  }
}
