// Masks of full-size images without bitmaps. A mask is a flat list of half-open intervals [start, end, start, end, …]
// over the pixels in column order (pixel x * height + y), sorted and apart. This is COCO's run-length order, so that a
// stroke on a 50-megapixel image costs as much as its outline, and no pixel is lost to a smaller copy. No DOM here.

/**
 * Runs of COCO's compressed string: lengths, zeros first. Each number is written in groups of five bits, lowest first,
 * with a sign; from the fourth run on, the difference to the run two places before is written (pycocotools, maskApi.c).
 */
export function runsOf(text) {
  const runs = [];
  let at = 0;
  while (at < text.length) {
    let [value, shift, more] = [0, 1, true];
    while (more) {
      const code = text.charCodeAt(at) - 48;
      if (!(code >= 0 && code < 64)) throw new Error("These run lengths are not in COCO's compressed form.");
      value += (code & 31) * shift;
      shift *= 32;
      more = (code & 32) !== 0;
      at += 1;
      if (!more && code & 16) value -= shift;
    }
    if (runs.length > 2) value += runs[runs.length - 2];
    runs.push(value);
  }
  return runs;
}

/** COCO's compressed string of these runs. */
export function textOf(runs) {
  let text = "";
  runs.forEach((run, at) => {
    let value = at > 2 ? run - runs[at - 2] : run;
    let more = true;
    while (more) {
      // The remainder is taken so that it is never negative: with this the rest is an exact arithmetic shift.
      const low = ((value % 32) + 32) % 32;
      value = (value - low) / 32;
      more = low & 16 ? value !== -1 : value !== 0;
      text += String.fromCharCode((more ? low | 32 : low) + 48);
    }
  });
  return text;
}

/** Intervals of a compressed string. */
export function decode(text) {
  const found = [];
  let at = 0;
  runsOf(text).forEach((run, turn) => {
    if (run < 0) throw new Error("A run length is negative.");
    if (turn % 2 === 1 && run > 0) pushInterval(found, at, at + run);
    at += run;
  });
  return found;
}

/** Compressed string of intervals in an image of this many pixels. */
export function encode(intervals, total) {
  const runs = [];
  let at = 0;
  for (let turn = 0; turn < intervals.length; turn += 2) {
    runs.push(intervals[turn] - at, intervals[turn + 1] - intervals[turn]);
    at = intervals[turn + 1];
  }
  if (at < total || runs.length === 0) runs.push(total - at);
  return textOf(runs);
}

/** Number of pixels. */
export function area(intervals) {
  let sum = 0;
  for (let at = 0; at < intervals.length; at += 2) sum += intervals[at + 1] - intervals[at];
  return sum;
}

/** What is in one or the other. */
export function union(one, other) {
  const found = [];
  let [a, b] = [0, 0];
  while (a < one.length || b < other.length) {
    const takesOne = b >= other.length || (a < one.length && one[a] <= other[b]);
    if (takesOne) {
      pushInterval(found, one[a], one[a + 1]);
      a += 2;
    } else {
      pushInterval(found, other[b], other[b + 1]);
      b += 2;
    }
  }
  return found;
}

/** What is in the first and not in the second. */
export function without(one, other) {
  const found = [];
  let b = 0;
  for (let a = 0; a < one.length; a += 2) {
    let start = one[a];
    const end = one[a + 1];
    while (b < other.length && other[b + 1] <= start) b += 2;
    for (let cut = b; cut < other.length && other[cut] < end; cut += 2) {
      if (other[cut] > start) pushInterval(found, start, other[cut]);
      start = Math.max(start, other[cut + 1]);
    }
    if (start < end) pushInterval(found, start, end);
  }
  return found;
}

/** Whether pixel (x, y) is in the mask of an image of this height. */
export function holds(intervals, height, x, y) {
  const wanted = Math.floor(x) * height + Math.floor(y);
  if (y < 0 || y >= height || x < 0) return false;
  let [low, high] = [0, intervals.length / 2];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (intervals[2 * middle + 1] <= wanted) low = middle + 1;
    else high = middle;
  }
  return low < intervals.length / 2 && intervals[2 * low] <= wanted;
}

/** Call `visit(x, y0, y1)` for every vertical run, in column order. */
export function eachColumn(intervals, height, visit) {
  for (let at = 0; at < intervals.length; at += 2) {
    let start = intervals[at];
    while (start < intervals[at + 1]) {
      const x = Math.floor(start / height);
      const end = Math.min(intervals[at + 1], (x + 1) * height);
      visit(x, start - x * height, end - x * height);
      start = end;
    }
  }
}

/** Bounding box [x0, y0, x1, y1], or null for an empty mask. */
export function boxOf(intervals, height) {
  if (intervals.length === 0) return null;
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  eachColumn(intervals, height, (x, y0, y1) => {
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y0);
    box[2] = Math.max(box[2], x + 1);
    box[3] = Math.max(box[3], y1);
  });
  return box;
}

/** The mask moved by whole pixels; what leaves the image is lost. */
export function moved(intervals, [height, width], byX, byY) {
  const found = [];
  eachColumn(intervals, height, (x, y0, y1) => {
    const to = x + byX;
    const [top, bottom] = [Math.max(0, y0 + byY), Math.min(height, y1 + byY)];
    if (to >= 0 && to < width && top < bottom) pushInterval(found, to * height + top, to * height + bottom);
  });
  return found;
}

/**
 * Pixels whose centre lies within `radius` of the line through these points: what a round brush paints on the way.
 * `size` is [height, width].
 */
export function strokeIntervals(points, radius, [height, width]) {
  let found = [];
  const pairs = points.length > 1 ? points.slice(1).map((point, at) => [points[at], point]) : [[points[0], points[0]]];
  for (const [from, to] of pairs) found = union(found, capsule(from, to, radius, height, width));
  return found;
}

// One brush segment: for each column the run of rows within `radius` of the segment. The set is convex, so that a
// column holds one run; its ends come from the two discs and, between them, from the straight sides.
function capsule(from, to, radius, height, width) {
  const found = [];
  const first = Math.max(0, Math.ceil(Math.min(from[0], to[0]) - radius - 0.5));
  const last = Math.min(width - 1, Math.floor(Math.max(from[0], to[0]) + radius - 0.5));
  for (let x = first; x <= last; x += 1) {
    const span = columnOfCapsule(x + 0.5, from, to, radius);
    if (!span) continue;
    const top = Math.max(0, Math.ceil(span[0] - 0.5));
    const bottom = Math.min(height - 1, Math.floor(span[1] - 0.5));
    if (top <= bottom) pushInterval(found, x * height + top, x * height + bottom + 1);
  }
  return found;
}

function columnOfCapsule(x, from, to, radius) {
  const span = [Infinity, -Infinity];
  const meet = (low, high) => {
    span[0] = Math.min(span[0], low);
    span[1] = Math.max(span[1], high);
  };
  for (const [cx, cy] of [from, to]) {
    const rest = radius * radius - (x - cx) ** 2;
    if (rest >= 0) meet(cy - Math.sqrt(rest), cy + Math.sqrt(rest));
  }
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]];
  const length = Math.hypot(dx, dy);
  if (length > 0 && dx !== 0) {
    // The sides run parallel to the segment, `radius` away from it on either hand.
    for (const side of [-1, 1]) {
      const sx = from[0] + (side * radius * -dy) / length;
      const along = (x - sx) / dx;
      const y = from[1] + (side * radius * dx) / length + along * dy;
      if (along >= 0 && along <= 1) meet(y, y);
    }
  }
  return span[0] <= span[1] ? span : null;
}

/** Pixels whose centre lies in the polygon with holes `parts` ([[outer, hole, …], …], even-odd within a part). */
export function polygonIntervals(parts, [height, width]) {
  let found = [];
  for (const rings of parts) found = union(found, partIntervals(rings, height, width));
  return found;
}

function partIntervals(rings, height, width) {
  const xs = rings[0].map(([x]) => x);
  const found = [];
  for (let x = Math.max(0, Math.floor(Math.min(...xs))); x < Math.min(width, Math.ceil(Math.max(...xs))); x += 1) {
    const cuts = rings.flatMap((ring) => crossings(ring, x + 0.5)).sort((a, b) => a - b);
    for (let at = 0; at + 1 < cuts.length; at += 2) {
      const top = Math.max(0, Math.ceil(cuts[at] - 0.5));
      const bottom = Math.min(height, Math.ceil(cuts[at + 1] - 0.5));
      if (top < bottom) pushInterval(found, x * height + top, x * height + bottom);
    }
  }
  return found;
}

function crossings(ring, x) {
  const found = [];
  ring.forEach(([x1, y1], at) => {
    const [x0, y0] = ring[(at + ring.length - 1) % ring.length];
    if (x0 <= x !== x1 <= x) found.push(y0 + ((x - x0) / (x1 - x0)) * (y1 - y0));
  });
  return found;
}

// Intervals come in order; neighbours and overlaps become one.
function pushInterval(found, start, end) {
  const last = found.length - 1;
  if (last > 0 && start <= found[last]) found[last] = Math.max(found[last], end);
  else found.push(start, end);
}
