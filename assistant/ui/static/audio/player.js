// Plays a recording, or a part of it. Times are whole milliseconds.

/** So close to its end a part is over. */
const NEARLY = 40;
const RATES = [0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5, 1.75, 2];
/** How quickly a person listens stays for the next recordings until the page is left. */
const kept = { rate: 1 };

export class Player {
  sound; length; onMove; onState; until; frame; isClosed;

  /** `onMove(time)` hears where it is, `onState(words)` why it cannot play, "" when it can again. */
  constructor(item, { onMove, onState }) {
    Object.assign(this, { onMove, onState, length: item.media.length, until: null, frame: 0, isClosed: false });
    this.sound = new Audio();
    this.sound.preload = "metadata";
    this.sound.src = `/media/${item.id}/sound`;
    this.sound.preservesPitch = true;
    this.sound.playbackRate = this.sound.defaultPlaybackRate = kept.rate;
    // Where frames are not drawn, as in a tab that is not seen, these still come.
    for (const name of ["timeupdate", "play", "pause", "seeked", "ended"]) this.sound.addEventListener(name, () => this.#moved());
    this.sound.addEventListener("error", () => this.isClosed || onState("This recording cannot be played here."));
    this.sound.addEventListener("loadedmetadata", () => onState(""));
  }

  /** Where the playhead is. */
  get at() {
    return Math.min(this.length, Math.round(this.sound.currentTime * 1000));
  }

  get isPlaying() {
    return !this.sound.paused && !this.sound.ended;
  }

  get rates() {
    return RATES;
  }

  get rate() {
    return this.sound.playbackRate;
  }

  seek(time) {
    this.until = null;
    this.sound.currentTime = Math.min(this.length, Math.max(0, time)) / 1000;
    this.onMove(this.at);
  }

  /** Play from one time to another; without an end to the end of the recording. */
  play(start, end = null) {
    this.seek(start);
    this.until = end;
    this.#start();
  }

  /** Stop, or go on: inside a part to its end, else from its start; without a part from where it is. */
  toggle(part = null) {
    if (this.isPlaying) return void this.pause();
    if (!part) return void (this.at >= this.length - NEARLY ? this.play(0) : this.#goOn(null));
    if (this.at >= part.start && this.at < part.end - NEARLY) this.#goOn(part.end);
    else this.play(part.start, part.end);
  }

  pause() {
    this.sound.pause();
  }

  /** The next slower (-1) or quicker (1) speed; gives it. */
  step(by) {
    const at = RATES.findIndex((rate) => rate >= kept.rate);
    return this.setRate(RATES[Math.min(RATES.length - 1, Math.max(0, at + by))]);
  }

  setRate(rate) {
    kept.rate = rate;
    this.sound.playbackRate = this.sound.defaultPlaybackRate = rate;
    return rate;
  }

  /** Try again to load what could not be loaded. */
  again() {
    this.sound.load();
  }

  /** The next card is shown: be quiet, and stop loading. */
  close() {
    this.isClosed = true;
    cancelAnimationFrame(this.frame);
    this.sound.pause();
    this.sound.removeAttribute("src");
    this.sound.load();
  }

  #goOn(end) {
    this.until = end;
    this.#start();
  }

  #start() {
    // Paused again before it began, or refused until the page was touched: neither is an error of the recording.
    this.sound.play().catch((problem) => {
      if (problem.name === "NotAllowedError") this.onState("The browser plays nothing before a click or a key on this page.");
    });
  }

  #moved() {
    if (this.isClosed) return;
    if (this.until !== null && this.sound.currentTime * 1000 >= this.until) {
      const end = this.until;
      this.until = null;
      this.sound.pause();
      this.sound.currentTime = end / 1000;
    }
    this.onMove(this.at);
    cancelAnimationFrame(this.frame);
    if (this.isPlaying) this.frame = requestAnimationFrame(() => this.#moved());
  }
}
