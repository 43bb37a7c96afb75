// The recording of an item: its waveform, a player, zoom. An editor puts ranges and a tool on it; without one it is for
// listening only.

import { button, cap, el, fill } from "../base/dom.js";
import { paintPlayhead, paintRanges, paintRuler, paintWave } from "./paint.js";
import { gainOf, peaksOf } from "./peaks.js";
import { Player } from "./player.js";
import { Pointer } from "./pointer.js";
import { clock, Scale } from "./scale.js";

const ZOOM = 1.5;
const JUMP = 2000;

/** What the help lists for listening. */
export const LISTENING_KEYS = [
  ["P", "play, stop (Ctrl+Space: also while you type)"],
  ["Ctrl+←→", "two seconds back, on"],
  ["< >", "slower, quicker (with Ctrl: also while you type)"],
  ["+ − 0", "zoom in, zoom out, the whole recording (also the wheel, or two fingers)"],
];

export class AudioView {
  item; tool; ranges; part; onTime; onPick; sound; gain; faults; isDirty; isClosed;

  /**
   * `item`: the card's item with `media` {length} in milliseconds. An editor may set `tool` (see pointer.js), `ranges()`
   * (see paint.js: {all, lanes}), `part()` (what play plays: {start, end} or null), `onTime(time)`, and `onPick(time)`.
   */
  constructor(item) {
    Object.assign(this, { item, tool: null, ranges: null, part: null, onTime: null, onPick: null, sound: null, gain: 1, faults: {}, isDirty: false, isClosed: false });
    this.scale = new Scale(item.media.length);
    this.player = new Player(item, { onMove: (time) => this.#moved(time), onState: (words) => this.#say("player", words) });
    this.#build();
    this.pointer = new Pointer(this.canvas, { scale: this.scale, tool: () => this.tool, onTap: (time) => this.#tapped(time), onMoved: () => this.redraw() });
    this.observer = new ResizeObserver(() => this.#resized());
    this.observer.observe(this.stage);
    this.#load();
  }

  /** The next card is shown. */
  close() {
    this.isClosed = true;
    this.observer.disconnect();
    this.player.close();
  }

  /** Something to be seen has changed; drawn with the next frame. */
  redraw() {
    if (this.isDirty || this.isClosed) return;
    this.isDirty = true;
    requestAnimationFrame(() => this.#draw());
  }

  /** Play or stop the part in hand, else the recording. */
  toggle() {
    this.player.toggle(this.part?.() ?? null);
  }

  jump(by) {
    this.player.seek(this.player.at + by);
    this.scale.reveal(this.player.at);
    this.redraw();
  }

  changeRate(by) {
    const rate = this.player.step(by);
    this.rateWords.value = String(rate);
    this.told.textContent = `speed ${rate}`;
  }

  zoom(factor) {
    const at = this.player.at;
    const isSeen = at >= this.scale.from && at <= this.scale.to;
    this.scale.zoomAt(isSeen ? this.scale.x(at) : this.scale.width / 2, factor);
    this.redraw();
  }

  fit() {
    this.scale.fit();
    this.redraw();
  }

  reveal(start, end) {
    this.scale.reveal(start, end);
    this.redraw();
  }

  /** Keys for listening that also act while somebody types: "done" where one was meant. */
  keyWhileTyping(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey) return undefined;
    const acts = {
      " ": () => this.toggle(),
      ArrowLeft: () => this.jump(-JUMP),
      ArrowRight: () => this.jump(JUMP),
      "<": () => this.changeRate(-1),
      ">": () => this.changeRate(1),
    };
    return act(acts, event.key);
  }

  /** Keys that nobody else wanted: "done" where one was meant. */
  key(event) {
    if (event.ctrlKey || event.metaKey) return this.keyWhileTyping(event);
    if (event.altKey) return undefined;
    const acts = {
      p: () => this.toggle(),
      "+": () => this.zoom(ZOOM),
      "=": () => this.zoom(ZOOM),
      "-": () => this.zoom(1 / ZOOM),
      0: () => this.fit(),
      "<": () => this.changeRate(-1),
      ">": () => this.changeRate(1),
    };
    return act(acts, event.key);
  }

  // Drawing.

  #draw() {
    this.isDirty = false;
    if (this.isClosed) return;
    const density = Math.min(3, window.devicePixelRatio || 1);
    const [width, height] = [this.stage.clientWidth, this.stage.clientHeight];
    fit(this.canvas, Math.round(width * density), Math.round(height * density));
    const context = this.canvas.getContext("2d");
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, width, height);
    const ink = this.#ink();
    const shown = this.ranges?.() ?? { all: [], lanes: 1 };
    paintRuler(context, this.scale, ink);
    paintWave(context, this.scale, height, this.sound, this.gain, ink);
    paintRanges(context, this.scale, height, shown.all, shown.lanes, ink);
    paintPlayhead(context, this.scale, height, this.player.at, ink);
  }

  // The colours of the page, light or dark.
  #ink() {
    const style = getComputedStyle(this.stage);
    const of = (name) => style.getPropertyValue(`--aa-${name}`).trim();
    return { wave: of("wave"), line: of("line-strong"), muted: of("muted"), accent: of("accent"), panel: of("panel"), ink: of("ink"), font: style.fontFamily };
  }

  #resized() {
    if (this.stage.clientWidth < 2) return;
    this.scale.resize(this.stage.clientWidth);
    this.redraw();
  }

  #moved(time) {
    if (!this.canvas) return;
    if (this.player.isPlaying) this.scale.follow(time);
    this.place.textContent = clock(time);
    if (document.activeElement !== this.seeker || this.player.isPlaying) this.seeker.value = String(time);
    this.seeker.setAttribute("aria-valuetext", `${clock(time)} of ${clock(this.item.media.length)}`);
    this.playButton.classList.toggle("is-playing", this.player.isPlaying);
    this.playButton.setAttribute("aria-label", this.player.isPlaying ? "Stop" : "Play");
    this.onTime?.(time);
    this.redraw();
  }

  #tapped(time) {
    this.player.seek(time);
    this.onPick?.(time);
  }

  // Loading.

  #load() {
    peaksOf(this.item.id).then(
      (sound) => {
        Object.assign(this, { sound, gain: gainOf(sound) });
        this.redraw();
      },
      (problem) => this.#say("waveform", problem.message),
    );
  }

  // What cannot be had, of the sound or of the waveform; "" when it can again.
  #say(part, words) {
    if (this.isClosed || !this.state) return;
    this.faults[part] = words;
    const said = [...new Set(Object.values(this.faults))].filter(Boolean);
    this.state.hidden = said.length === 0;
    fill(this.state, said.map((one) => el("span", { text: one })), said.length > 0 ? button({ class: "aa-small", on: { click: () => this.#again() } }, "Try again") : null);
  }

  #again() {
    for (const part of Object.keys(this.faults)) this.#say(part, "");
    if (this.player.sound.error) this.player.again();
    if (!this.sound) this.#load();
  }

  // Building.

  #build() {
    const name = this.item.text ? `Waveform of ${this.item.text}` : "Waveform";
    this.canvas = el("canvas", { class: "aa-wave-canvas", role: "img", "aria-label": name });
    this.state = el("div", { class: "aa-stage-state is-error", role: "status", hidden: true });
    this.stage = el("div", { class: "aa-wave" }, this.canvas, this.state);
    this.told = el("span", { class: "aa-hidden", role: "status", "aria-live": "polite" });
    this.element = el("div", { class: "aa-recording" }, this.stage, this.#seekBar(), this.#bar());
  }

  #seekBar() {
    this.seeker = el("input", { class: "aa-seek", type: "range", min: "0", max: String(this.item.media.length), step: "10", value: "0", "aria-label": "Place in the recording" });
    this.seeker.addEventListener("input", () => {
      this.player.seek(Number(this.seeker.value));
      this.reveal(this.player.at);
    });
    return this.seeker;
  }

  #bar() {
    const small = (label, run, ...words) => button({ class: "aa-small", "aria-label": label, title: label, on: { click: run } }, ...words);
    this.playButton = button({ class: "aa-play", "aria-label": "Play", title: "Play, stop (P; Ctrl+Space while you type)", on: { click: () => this.toggle() } }, cap("P"));
    this.place = el("span", { class: "aa-clock", text: clock(0) });
    return el(
      "div",
      { class: "aa-wave-bar", role: "toolbar", "aria-label": "Listen" },
      this.playButton,
      small("Two seconds back (Ctrl+←)", () => this.jump(-JUMP), "−2 s"),
      small("Two seconds on (Ctrl+→)", () => this.jump(JUMP), "+2 s"),
      el("span", { class: "aa-times" }, this.place, el("span", { class: "aa-muted", text: ` / ${clock(this.item.media.length)}` })),
      this.#rates(),
      el("span", { class: "aa-wave-zoom" }, small("Zoom out (−)", () => this.zoom(1 / ZOOM), "−"), small("Zoom in (+)", () => this.zoom(ZOOM), "+"), small("The whole recording (0)", () => this.fit(), "Whole")),
      this.told,
    );
  }

  #rates() {
    const options = this.player.rates.map((rate) => el("option", { value: String(rate), text: `${rate} ×` }));
    this.rateWords = el("select", { class: "aa-input aa-rate", "aria-label": "Speed", title: "Speed (< slower, > quicker)" }, options);
    this.rateWords.value = String(this.player.rate);
    this.rateWords.addEventListener("change", () => {
      this.player.setRate(Number(this.rateWords.value));
      // The keys are for the card again.
      /** @type {HTMLElement | null} */ (this.element.closest("[tabindex]"))?.focus();
    });
    return this.rateWords;
  }
}

function act(acts, key) {
  if (!Object.hasOwn(acts, key)) return undefined;
  acts[key]();
  return "done";
}

function fit(canvas, width, height) {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
}
