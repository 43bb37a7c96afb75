// The picture of an item on a stage that zooms and pans. Editors put a tool and a painter on it; without them it is for
// looking only. Brightness and contrast change what is seen, never what is stored.

import { button, el, fill } from "../base/dom.js";
import { Pixels } from "./canvas_pixels.js";
import { Pointer } from "./canvas_pointer.js";
import { Transform } from "./canvas_transform.js";

const STEP = 1.25;
const PAN = 60;
const LIGHT_STEP = 0.1;
/** What a person set for looking stays for the next pictures until the page is left. */
const look = { brightness: 1, contrast: 1, opacity: 1, isOpen: false };

export class ImageView {
  tool; onZoom; painter;

  /** `item`: the card's item with `media` {width, height}. */
  constructor(item) {
    this.item = item;
    this.size = [item.media.height, item.media.width];
    this.transform = new Transform(item.media.width, item.media.height);
    Object.assign(this, { tool: null, painter: null, onZoom: null, isDirty: false, isClosed: false });
    this.#build();
    this.pointer = new Pointer(this.above, { transform: this.transform, tool: () => this.tool, onMoved: () => this.moved() });
    this.pixels = new Pixels(item, { onChange: () => this.redraw(), onState: (...state) => this.#sayState(...state) });
    this.observer = new ResizeObserver(() => this.#resized());
    this.observer.observe(this.stage);
    this.#applyLook();
  }

  get opacity() {
    return look.opacity;
  }

  /** The next card is shown: stop loading and watching. */
  close() {
    this.isClosed = true;
    this.observer.disconnect();
    this.pixels.close();
  }

  /** Something to be seen has changed; drawn with the next frame. */
  redraw() {
    if (this.isDirty || this.isClosed) return;
    this.isDirty = true;
    requestAnimationFrame(() => this.#draw());
  }

  /** The picture was moved or zoomed. */
  moved() {
    this.zoomWords.textContent = `${Math.round(this.transform.scale * 100)} %`;
    this.pixels.rest(this.transform, this.#density());
    this.redraw();
    this.onZoom?.();
  }

  fit() {
    this.transform.fit();
    this.moved();
  }

  zoom(factor) {
    this.transform.zoomAt(this.transform.viewWidth / 2, this.transform.viewHeight / 2, factor);
    this.moved();
  }

  /** Zoom to a box, so that it fills about 60 % of the view. */
  show(box, share = 0.6) {
    this.transform.fitBox(box, share);
    this.moved();
  }

  /** Bring a box into sight without zooming, where it is not. */
  reveal(box) {
    if (this.transform.shows(box)) return;
    const [x, y] = this.transform.toScreen((box[0] + box[2]) / 2, (box[1] + box[3]) / 2);
    this.transform.pan(this.transform.viewWidth / 2 - x, this.transform.viewHeight / 2 - y);
    this.moved();
  }

  /** Keys that only change what is seen: "done" where one was meant. */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
    const acts = {
      "+": () => this.zoom(STEP),
      "=": () => this.zoom(STEP),
      "-": () => this.zoom(1 / STEP),
      0: () => this.fit(),
      ",": () => this.#shine("brightness", -LIGHT_STEP),
      ".": () => this.#shine("brightness", LIGHT_STEP),
      "<": () => this.#shine("contrast", -LIGHT_STEP),
      ">": () => this.#shine("contrast", LIGHT_STEP),
      ArrowLeft: () => this.#pan(PAN, 0),
      ArrowRight: () => this.#pan(-PAN, 0),
      ArrowUp: () => this.#pan(0, PAN),
      ArrowDown: () => this.#pan(0, -PAN),
    };
    if (!Object.hasOwn(acts, event.key)) return undefined;
    acts[event.key]();
    return "done";
  }

  /** How strongly regions are drawn over the picture, 0 to 1. */
  setOpacity(value) {
    look.opacity = Math.min(1, Math.max(0, value));
    this.#applyLook();
    this.redraw();
  }

  // Drawing.

  #draw() {
    this.isDirty = false;
    if (this.isClosed) return;
    const density = this.#density();
    for (const canvas of [this.below, this.above]) fitCanvas(canvas, this.transform, density);
    const below = this.below.getContext("2d");
    below.setTransform(density, 0, 0, density, 0, 0);
    below.clearRect(0, 0, this.transform.viewWidth, this.transform.viewHeight);
    this.pixels.draw(below, this.transform);
    const above = this.above.getContext("2d");
    above.setTransform(density, 0, 0, density, 0, 0);
    above.clearRect(0, 0, this.transform.viewWidth, this.transform.viewHeight);
    this.painter?.(above, this.transform, density);
  }

  #density() {
    return Math.min(3, window.devicePixelRatio || 1);
  }

  #resized() {
    const { clientWidth, clientHeight } = this.stage;
    if (clientWidth < 2 || clientHeight < 2) return;
    this.transform.resize(clientWidth, clientHeight);
    this.moved();
  }

  #pan(byX, byY) {
    this.transform.pan(byX, byY);
    this.moved();
  }

  #shine(what, by) {
    look[what] = Math.min(3, Math.max(0.2, Math.round((look[what] + by) * 100) / 100));
    this.#applyLook();
    this.said.textContent = `${what} ${Math.round(look[what] * 100)} %`;
  }

  #applyLook() {
    this.below.style.setProperty("filter", `brightness(${look.brightness}) contrast(${look.contrast})`);
    for (const [what, input] of Object.entries(this.sliders)) input.value = String(look[what]);
  }

  // Building.

  #build() {
    const words = this.item.text ? `Picture ${this.item.text}` : "Picture";
    this.below = el("canvas", { class: "aa-pixels" });
    this.above = el("canvas", { class: "aa-overlay" });
    this.state = el("div", { class: "aa-stage-state", hidden: true });
    this.note = el("div", { class: "aa-stage-note", "aria-live": "polite" });
    this.waits = el("div", { class: "aa-encoding", role: "status" });
    this.stage = el("div", { class: "aa-stage", role: "img", "aria-label": words }, this.below, this.above, this.state, this.note, this.waits);
    this.said = el("span", { class: "aa-hidden", role: "status", "aria-live": "polite" });
    this.tools = el("div", { class: "aa-stage-tools", role: "toolbar", "aria-label": "Tools for the picture" });
    this.hint = el("div", { class: "aa-stage-hint" });
    this.sliders = {};
    this.lights = el("div", { class: "aa-lights", hidden: !look.isOpen }, ["brightness", "contrast", "opacity"].map((what) => this.#slider(what)));
    this.lights.append(button({ class: "aa-small", on: { click: () => this.#plain() } }, "As it is"));
    this.bar = el("div", { class: "aa-stage-bar" }, this.tools, this.hint, this.lights, this.said);
    this.element = el("div", { class: "aa-picture" }, this.stage, this.bar, this.#zoomButtons());
  }

  #zoomButtons() {
    this.zoomWords = el("span", { class: "aa-zoom-words" });
    const small = (words, label, act) => button({ class: "aa-small", "aria-label": label, title: label, on: { click: act } }, words);
    const open = button({ class: "aa-small", "aria-expanded": String(look.isOpen), title: "Brightness, contrast, overlay", on: { click: () => this.#openLights(open) } }, "Light");
    return el(
      "div",
      { class: "aa-stage-zoom" },
      this.zoomWords,
      small("−", "Zoom out (−)", () => this.zoom(1 / STEP)),
      small("+", "Zoom in (+)", () => this.zoom(STEP)),
      small("Fit", "The whole picture (0)", () => this.fit()),
      open,
    );
  }

  #openLights(open) {
    look.isOpen = !look.isOpen;
    this.lights.hidden = !look.isOpen;
    open.setAttribute("aria-expanded", String(look.isOpen));
  }

  #slider(what) {
    const most = what === "opacity" ? "1" : "3";
    const least = what === "opacity" ? "0" : "0.2";
    const input = el("input", { type: "range", min: least, max: most, step: "0.05", "aria-label": what });
    input.addEventListener("input", () => this.#slid(what, Number(input.value)));
    this.sliders[what] = input;
    return el("label", { class: "aa-light" }, what === "opacity" ? "regions" : what, input);
  }

  #slid(what, value) {
    look[what] = value;
    this.#applyLook();
    this.redraw();
  }

  #plain() {
    Object.assign(look, { brightness: 1, contrast: 1, opacity: 1 });
    this.#applyLook();
    this.redraw();
  }

  #sayState(words, isError, isNote = false) {
    if (isNote) return void (this.note.textContent = words);
    this.state.hidden = !words;
    this.state.classList.toggle("is-error", isError);
    const again = isError ? button({ class: "aa-small", on: { click: () => this.pixels.load() } }, "Try again") : null;
    fill(this.state, el("span", { text: words }), again);
    return undefined;
  }
}

function fitCanvas(canvas, { viewWidth, viewHeight }, density) {
  const [width, height] = [Math.round(viewWidth * density), Math.round(viewHeight * density)];
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}
