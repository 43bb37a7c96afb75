// Pictures of masks for the part of the image that is seen, at the resolution of the screen. The mask itself stays at
// full size; only what is drawn is sampled.

/** Newest picture of each mask: panning and zooming make new ones, redrawing for other reasons does not. */
const drawn = new WeakMap();

/**
 * {canvas, x, y, width, height} in CSS pixels, or null where nothing of the mask is in sight. `style`: {colour
 * "#rrggbb", fill 0…1, dashed, width in CSS pixels}.
 */
export function maskPicture({ intervals, size }, transform, density, style) {
  const { scale, x, y, viewWidth, viewHeight } = transform;
  const key = JSON.stringify([scale, x, y, viewWidth, viewHeight, density, style]);
  const before = drawn.get(intervals);
  if (before?.key === key) return before.picture;
  const picture = draw(intervals, size, transform, density, style);
  drawn.set(intervals, { key, picture });
  return picture;
}

function draw(intervals, [height], transform, density, style) {
  const edge = Math.max(1, Math.round(style.width * density));
  const frame = frameOf(intervals, height, transform, density, edge + 1);
  if (!frame) return null;
  const inside = sample(intervals, height, transform, density, frame);
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: frame.width, height: frame.height });
  const context = canvas.getContext("2d");
  const image = context.createImageData(frame.width, frame.height);
  colour(image.data, inside, frame, edge, { ...style, dash: 6 * density });
  context.putImageData(image, 0, 0);
  return { canvas, x: frame.left / density, y: frame.top / density, width: frame.width / density, height: frame.height / density };
}

// The screen pixels that the mask may touch, a little beyond the view, so that its cut is not taken for its edge.
function frameOf(intervals, height, transform, density, room) {
  if (intervals.length === 0) return null;
  const firstColumn = Math.floor(intervals[0] / height);
  const lastColumn = Math.floor((intervals[intervals.length - 1] - 1) / height);
  const toDevice = (column) => (column * transform.scale + transform.x) * density;
  const left = Math.max(-room, Math.floor(toDevice(firstColumn)) - room);
  const right = Math.min(Math.ceil(transform.viewWidth * density) + room, Math.ceil(toDevice(lastColumn + 1)) + room);
  const top = Math.max(-room, Math.floor(transform.y * density) - room);
  const bottom = Math.min(Math.ceil(transform.viewHeight * density) + room, Math.ceil((height * transform.scale + transform.y) * density) + room);
  return left < right && top < bottom ? { left, top, width: right - left, height: bottom - top } : null;
}

function sample(intervals, height, transform, density, frame) {
  const inside = new Uint8Array(frame.width * frame.height);
  const step = transform.scale * density;
  const originX = transform.x * density - frame.left;
  const originY = transform.y * density - frame.top;
  for (let column = 0; column < frame.width; column += 1) {
    const x = Math.floor((column + 0.5 - originX) / step);
    if (x < 0) continue;
    const end = (x + 1) * height;
    for (let at = firstAfter(intervals, x * height); at < intervals.length && intervals[at] < end; at += 2) {
      const y0 = Math.max(intervals[at], x * height) - x * height;
      const y1 = Math.min(intervals[at + 1], end) - x * height;
      const from = Math.max(0, Math.round(y0 * step + originY));
      const to = Math.min(frame.height, Math.round(y1 * step + originY));
      for (let row = from; row < to; row += 1) inside[row * frame.width + column] = 1;
    }
  }
  return inside;
}

// Index of the first interval that ends after this place.
function firstAfter(intervals, place) {
  let [low, high] = [0, intervals.length / 2];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (intervals[2 * middle + 1] <= place) low = middle + 1;
    else high = middle;
  }
  return 2 * low;
}

function colour(pixels, inside, { width, height, left, top }, edge, style) {
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(style.colour.slice(at, at + 2), 16));
  const put = (at, r, g, b, alpha) => pixels.set([r, g, b, Math.round(alpha * 255)], 4 * at);
  for (let row = edge; row < height - edge; row += 1) {
    for (let column = edge; column < width - edge; column += 1) {
      const at = row * width + column;
      const isIn = inside[at] === 1;
      const isBorder = inside[at - edge] !== inside[at] || inside[at + edge] !== inside[at] || inside[at - edge * width] !== inside[at] || inside[at + edge * width] !== inside[at];
      if (!isBorder) {
        if (isIn) put(at, red, green, blue, style.fill);
        continue;
      }
      const isGap = style.dashed && (column + left + row + top + 1e6) % (2 * style.dash) < style.dash;
      if (isIn && !isGap) put(at, red, green, blue, 1);
      else put(at, 255, 255, 255, isIn ? 0.9 : 0.55);
    }
  }
}
