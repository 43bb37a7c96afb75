// From times to places on the waveform and back. Times are whole milliseconds, places are CSS pixels. No DOM here.

/** A second is never wider than this. */
const CLOSEST = 600;
/** Of a long recording so much is shown at first. */
const FIRST_VIEW = 30_000;

export class Scale {
  length; width; from; span;

  /** `length`: of the recording, in milliseconds. */
  constructor(length) {
    Object.assign(this, { length: Math.max(1, length), width: 1, from: 0, span: Math.min(Math.max(1, length), FIRST_VIEW) });
  }

  /** Where the view ends. */
  get to() {
    return this.from + this.span;
  }

  get isWhole() {
    return this.span >= this.length;
  }

  resize(width) {
    this.width = Math.max(1, width);
    this.#settle(this.from, this.span);
  }

  x(time) {
    return ((time - this.from) / this.span) * this.width;
  }

  /** The time at a place, within the recording. */
  time(x) {
    return Math.round(Math.min(this.length, Math.max(0, this.from + (x / this.width) * this.span)));
  }

  /** How long so many pixels are. */
  lasting(pixels) {
    return (pixels / this.width) * this.span;
  }

  fit() {
    this.#settle(0, this.length);
  }

  /** Zoom so that the time at this place stays where it is. */
  zoomAt(x, factor) {
    const share = x / this.width;
    const at = this.from + share * this.span;
    const span = this.#allowed(this.span / factor);
    this.#settle(at - share * span, span);
  }

  pan(pixels) {
    this.#settle(this.from + this.lasting(pixels), this.span);
  }

  /** Bring a range into sight, as it is or, where it is longer than the view, its start. */
  reveal(start, end = start) {
    if (start >= this.from && end <= this.to) return;
    const margin = this.span * 0.1;
    const isLong = end - start > this.span - 2 * margin;
    const from = start < this.from || isLong ? start - margin : end + margin - this.span;
    this.#settle(from, this.span);
  }

  /** Turn the page when what plays leaves the view. */
  follow(time) {
    if (time >= this.from && time <= this.to) return;
    this.#settle(time - this.span * 0.05, this.span);
  }

  #allowed(span) {
    const least = Math.min(this.length, (this.width / CLOSEST) * 1000);
    return Math.min(this.length, Math.max(least, span));
  }

  #settle(from, span) {
    this.span = this.#allowed(span);
    this.from = Math.min(this.length - this.span, Math.max(0, from));
  }
}

/** 75_250 as "1:15.25"; hours only where there are any. */
export function clock(time, decimals = 2) {
  const unit = 10 ** (3 - decimals);
  const rounded = Math.floor(Math.max(0, time) / unit) * unit;
  const [hours, minutes] = [Math.floor(rounded / 3_600_000), Math.floor(rounded / 60_000) % 60];
  const seconds = ((rounded % 60_000) / 1000).toFixed(decimals).padStart(decimals > 0 ? 3 + decimals : 2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${seconds}` : `${minutes}:${seconds}`;
}

/** The step of a ruler, in milliseconds, whose marks stand at least so many pixels apart. */
export function rulerStep(scale, apart = 70) {
  const least = scale.lasting(apart);
  const steps = [100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000];
  return steps.find((step) => step >= least) ?? 3_600_000;
}
