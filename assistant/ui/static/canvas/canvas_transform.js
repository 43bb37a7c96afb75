// Where pixels of the full-size image stand on the screen. One place converts between the two; everything else thinks
// in pixels of the full-size image, origin top left. No DOM here.

/** Room left around the image, in CSS pixels, so that handles on its border can be taken hold of. */
const MARGIN = 12;
/** An image pixel is never drawn larger than this many CSS pixels. */
const LARGEST = 40;
/** A small image is not blown up beyond this to fill the view. */
const LARGEST_FIT = 6;
/** A small object is not blown up beyond this: what is around it tells what it is. */
const CLOSEST = 4;

export class Transform {
  viewWidth; viewHeight; width; height;

  /** `width`, `height`: size of the full-size image. */
  constructor(width, height) {
    Object.assign(this, { width, height, viewWidth: 1, viewHeight: 1, scale: 1, x: 0, y: 0, isFitted: true });
  }

  /** The view has another size, in CSS pixels: what was in the middle stays there; a fitted image stays fitted. */
  resize(viewWidth, viewHeight) {
    if (viewWidth < 1 || viewHeight < 1) return;
    const middle = this.toImage(this.viewWidth / 2, this.viewHeight / 2);
    Object.assign(this, { viewWidth, viewHeight });
    if (this.isFitted) return void this.fit();
    this.#put(this.scale, middle, viewWidth / 2, viewHeight / 2);
  }

  get fitScale() {
    const room = (view) => Math.max(1, view - 2 * MARGIN);
    return Math.min(room(this.viewWidth) / this.width, room(this.viewHeight) / this.height, LARGEST_FIT);
  }

  /** The whole image, centred. */
  fit() {
    this.scale = this.fitScale;
    this.isFitted = true;
    this.#clamp();
  }

  toScreen(x, y) {
    return [x * this.scale + this.x, y * this.scale + this.y];
  }

  toImage(screenX, screenY) {
    return [(screenX - this.x) / this.scale, (screenY - this.y) / this.scale];
  }

  /** Zoom by `factor`; the image point below this place of the screen stays below it. */
  zoomAt(screenX, screenY, factor) {
    this.#put(this.scale * factor, this.toImage(screenX, screenY), screenX, screenY);
  }

  /** Move the image by so many CSS pixels. */
  pan(byX, byY) {
    this.x += byX;
    this.y += byY;
    this.#clamp();
  }

  /** Two fingers moved: what was below their middle follows it, and the image grows as their distance does. */
  pinch(from, to) {
    const point = this.toImage(from.x, from.y);
    this.#put(this.scale * (to.distance / Math.max(1, from.distance)), point, to.x, to.y);
  }

  /** Zoom so that the box [x0, y0, x1, y1] fills this share of the view, and centre it. */
  fitBox(box, share = 0.6) {
    const width = Math.max(1, box[2] - box[0]);
    const height = Math.max(1, box[3] - box[1]);
    const scale = Math.min((share * this.viewWidth) / width, (share * this.viewHeight) / height);
    this.#put(Math.min(scale, CLOSEST), [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], this.viewWidth / 2, this.viewHeight / 2);
  }

  /** Whether the box is in sight as a whole. */
  shows(box) {
    const [left, top] = this.toScreen(box[0], box[1]);
    const [right, bottom] = this.toScreen(box[2], box[3]);
    return left >= 0 && top >= 0 && right <= this.viewWidth && bottom <= this.viewHeight;
  }

  /** The part of the image that can be seen: [x0, y0, x1, y1]. */
  visible() {
    const [x0, y0] = this.toImage(0, 0);
    const [x1, y1] = this.toImage(this.viewWidth, this.viewHeight);
    return [Math.max(0, x0), Math.max(0, y0), Math.min(this.width, x1), Math.min(this.height, y1)];
  }

  /** The nearest point that lies in the image. */
  inside(x, y) {
    return [Math.min(this.width, Math.max(0, x)), Math.min(this.height, Math.max(0, y))];
  }

  /** @param {number} scale @param {number[]} point @param {number} screenX @param {number} screenY */
  #put(scale, [x, y], screenX, screenY) {
    const least = this.fitScale;
    this.scale = Math.min(Math.max(scale, least), Math.max(LARGEST, least));
    this.isFitted = this.scale <= least * 1.0001;
    this.x = screenX - x * this.scale;
    this.y = screenY - y * this.scale;
    this.#clamp();
  }

  // An image smaller than the view is centred; a larger one never leaves a gap wider than the margin.
  #clamp() {
    this.x = clamped(this.x, this.width * this.scale, this.viewWidth);
    this.y = clamped(this.y, this.height * this.scale, this.viewHeight);
  }
}

function clamped(at, length, view) {
  if (length <= view - 2 * MARGIN + 0.001) return (view - length) / 2;
  return Math.min(MARGIN, Math.max(view - MARGIN - length, at));
}
