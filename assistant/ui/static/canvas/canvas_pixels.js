// The pixels of an item's image: a display copy of the whole, and sharp crops of what is looked at closely. Says in
// words when something is still on its way or cannot be shown.

import { showPatiently } from "../base/patient_image.js";

/** Longest side of the display copy, in pixels. */
const DISPLAY_SIDE = 2048;
/** A crop is asked for when a pixel of the copy would be drawn larger than this many pixels of the screen. */
const TOO_COARSE = 1.25;
const AFTER_REST = 160;
const MOST_CROPS = 4;
const MOST_KEPT = 8;
/** Display copies that were asked for, newest last, so that the next card's picture is there when its turn comes. */
const kept = new Map();

/** Address of the display copy. */
export function displayAddress(itemId) {
  return `/media/${itemId}/display?side=${DISPLAY_SIDE}`;
}

/** Ask for the display copy ahead of time. Gives the image, loaded or not. */
export function prefetch(itemId) {
  const found = kept.get(itemId);
  if (found && !found.hasFailed) return found;
  /** @type {HTMLImageElement & { hasFailed?: boolean }} */
  const image = new Image();
  image.decoding = "async";
  kept.delete(itemId);
  kept.set(itemId, image);
  showPatiently(image, displayAddress(itemId), () => kept.get(itemId) === image);
  image.addEventListener("error", () => (image.hasFailed = true));
  while (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value);
  return image;
}

/**
 * The crop [x, y, w, h] of whole pixels, with room around the part that is seen, and the longest side in which it is
 * wanted; null where the display copy is sharp enough. `shown` is the width of the display copy, `density` the number
 * of screen pixels of one CSS pixel.
 */
export function cropWanted(transform, shown, density) {
  const { width, height, scale } = transform;
  if (shown >= width || (scale * density * width) / shown < TOO_COARSE) return null;
  const [x0, y0, x1, y1] = transform.visible();
  const [roomX, roomY] = [0.2 * (x1 - x0), 0.2 * (y1 - y0)];
  const x = Math.max(0, Math.floor(x0 - roomX));
  const y = Math.max(0, Math.floor(y0 - roomY));
  const w = Math.min(width, Math.ceil(x1 + roomX)) - x;
  const h = Math.min(height, Math.ceil(y1 + roomY)) - y;
  const side = Math.min(DISPLAY_SIDE, Math.ceil(Math.max(w, h) * Math.min(1, scale * density)));
  return { x, y, w, h, side };
}

export class Pixels {
  item; onState; onChange;

  /** `onChange()` when there is something new to draw; `onState(words, isError)` with "" when all is there. */
  constructor(item, { onChange, onState }) {
    Object.assign(this, { item, onChange, onState, crops: [], timer: null, isClosed: false });
    this.load();
  }

  get isReady() {
    return this.image.complete && this.image.naturalWidth > 0;
  }

  /** Fetch the display copy; again after a failure. */
  load() {
    this.image = prefetch(this.item.id);
    if (this.isReady) return void this.#loaded();
    this.onState("The picture is on its way…", false);
    this.image.addEventListener("load", () => this.#loaded(), { once: true });
    this.image.addEventListener("error", () => this.#failed(), { once: true });
  }

  close() {
    this.isClosed = true;
    clearTimeout(this.timer);
  }

  /** Draw what is there; `context` draws in CSS pixels. */
  draw(context, transform) {
    const { scale, x, y, width, height } = transform;
    context.imageSmoothingEnabled = scale < 8;
    context.imageSmoothingQuality = "high";
    if (!this.isReady) return;
    context.drawImage(this.image, x, y, width * scale, height * scale);
    for (const crop of this.crops) {
      const [left, top] = transform.toScreen(crop.x, crop.y);
      if (crop.scale > this.image.naturalWidth / width) context.drawImage(crop.image, left, top, crop.w * scale, crop.h * scale);
    }
  }

  /** What is looked at has changed: fetch a sharp crop once it has come to rest. */
  rest(transform, density) {
    clearTimeout(this.timer);
    if (!this.isReady) return;
    this.timer = setTimeout(() => this.#sharpen(cropWanted(transform, this.image.naturalWidth, density)), AFTER_REST);
  }

  #sharpen(wanted) {
    if (!wanted || this.isClosed || this.crops.some((crop) => covers(crop, wanted))) return;
    const image = new Image();
    const { x, y, w, h, side } = wanted;
    showPatiently(image, `/media/${this.item.id}/tile?x=${x}&y=${y}&w=${w}&h=${h}&side=${side}`, () => !this.isClosed);
    image.onload = () => this.#sharp({ ...wanted, image, scale: image.naturalWidth / w });
    image.onerror = () => this.isClosed || this.onState("The sharp view could not be loaded: this is the smaller copy.", false, true);
  }

  #sharp(crop) {
    if (this.isClosed) return;
    // Coarse crops lie below fine ones.
    this.crops = [...this.crops.slice(1 - MOST_CROPS), crop].sort((one, other) => one.scale - other.scale);
    this.onChange();
  }

  #loaded() {
    if (this.isClosed) return;
    this.onState("", false);
    this.onChange();
  }

  #failed() {
    if (!this.isClosed) this.onState("This picture could not be loaded.", true);
  }
}

function covers(crop, wanted) {
  const isAround = crop.x <= wanted.x && crop.y <= wanted.y && crop.x + crop.w >= wanted.x + wanted.w && crop.y + crop.h >= wanted.y + wanted.h;
  return isAround && crop.scale >= (0.9 * wanted.side) / Math.max(wanted.w, wanted.h);
}
