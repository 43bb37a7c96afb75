// The one place where JavaScript's UTF-16 offsets meet the code points that everything else counts in. All other
// modules keep code points and come here when they touch the DOM. A lone surrogate counts as one, as in Python.

const ASTRAL = /[\uD800-\uDBFF][\uDC00-\uDFFF]/;

/** Both ways of counting in one text. */
export class Offsets {
  constructor(text) {
    this.text = text;
    // Most texts have no astral character: both counts are the same and no table is needed.
    this.starts = ASTRAL.test(text) ? unitStarts(text) : null;
    this.length = this.starts ? this.starts.length - 1 : text.length;
  }

  /** UTF-16 offset at which code point `point` starts; out of range is clamped. */
  toUnit(point) {
    const inside = Math.max(0, Math.min(point, this.length));
    return this.starts ? this.starts[inside] : inside;
  }

  /** Code point at UTF-16 offset `unit`. Inside a surrogate pair the answer is the pair's start, or its end for "end". */
  toPoint(unit, side = "start") {
    const inside = Math.max(0, Math.min(unit, this.text.length));
    if (!this.starts) return inside;
    let low = 0;
    let high = this.starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle] <= inside) low = middle;
      else high = middle - 1;
    }
    return side === "end" && this.starts[low] < inside ? low + 1 : low;
  }

  /** The text between two code points. */
  slice(start, end) {
    return this.text.slice(this.toUnit(start), this.toUnit(end));
  }

  /** A UTF-16 range as code points, widened over half surrogate pairs and without white space at its ends; null if empty. */
  fromSelection(startUnit, endUnit) {
    let start = this.toPoint(Math.min(startUnit, endUnit), "start");
    let end = this.toPoint(Math.max(startUnit, endUnit), "end");
    while (start < end && /^\s$/u.test(this.slice(start, start + 1))) start += 1;
    while (end > start && /^\s$/u.test(this.slice(end - 1, end))) end -= 1;
    return start < end ? { start, end } : null;
  }

  /** Words and signs as code point ranges, in order; Chinese and Thai are cut into words where the browser can. */
  tokens() {
    return cut(this.text).map(([from, to]) => ({ start: this.toPoint(from), end: this.toPoint(to, "end") }));
  }
}

function unitStarts(text) {
  const starts = [];
  let unit = 0;
  for (const character of text) {
    starts.push(unit);
    unit += character.length;
  }
  starts.push(unit);
  return Int32Array.from(starts);
}

function cut(text) {
  if (typeof Intl !== "undefined" && Intl.Segmenter) {
    const pieces = new Intl.Segmenter(undefined, { granularity: "word" }).segment(text);
    return [...pieces]
      .filter((piece) => /\S/u.test(piece.segment))
      .map((piece) => [piece.index, piece.index + piece.segment.length]);
  }
  return [...text.matchAll(/[\p{L}\p{N}\p{M}_]+|[^\s\p{L}\p{N}\p{M}_]/gu)].map((found) => [
    found.index,
    found.index + found[0].length,
  ]);
}

/** The end of the token after `point`, or of the text. */
export function nextEnd(tokens, point, length) {
  const token = tokens.find((one) => one.end > point);
  return token ? token.end : length;
}

/** The end of the last token that ends before `point`, or 0. */
export function previousEnd(tokens, point) {
  for (let at = tokens.length - 1; at >= 0; at -= 1) if (tokens[at].end < point) return tokens[at].end;
  return 0;
}

/** The start of the next token after `point`, or `point` where there is none. */
export function nextStart(tokens, point) {
  const token = tokens.find((one) => one.start > point);
  return token ? token.start : point;
}

/** The start of the last token that starts before `point`, or 0. */
export function previousStart(tokens, point) {
  for (let at = tokens.length - 1; at >= 0; at -= 1) if (tokens[at].start < point) return tokens[at].start;
  return 0;
}
