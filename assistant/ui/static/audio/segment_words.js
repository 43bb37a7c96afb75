// Words with times, and where they stand in a text that people correct. No DOM here.

/**
 * The words of a suggestion that still stand in the text, in order: {word, from, to} with places in UTF-16 units. A word
 * that somebody wrote has no time and no score. `words`: {start, end, text, score}.
 */
export function placedWords(text, words) {
  if (!words || words.length === 0) return [];
  const tokens = [...text.matchAll(/\S+/gu)].map((found) => ({ from: found.index, to: found.index + found[0].length, bare: bare(found[0]) }));
  const pairs = commonOf(tokens.map((token) => token.bare), words.map((word) => bare(word.text)));
  return pairs.map(([token, word]) => ({ word: words[word], from: tokens[token].from, to: tokens[token].to }));
}

/** The time at a place in the text of a segment: by its words where they are known, else in proportion. */
export function timeAt(segment, place) {
  const { start, end, text } = segment;
  const placed = placedWords(text, segment.words);
  const inside = placed.find((one) => one.from < place && place < one.to);
  if (inside) return within(segment, between(inside.word.start, inside.word.end, (place - inside.from) / (inside.to - inside.from)));
  const before = placed.filter((one) => one.to <= place).at(-1);
  const after = placed.find((one) => one.from >= place);
  if (before && after) return within(segment, betweenWords(before, after, place));
  const [time, from] = before ? [before.word.end, before.to] : [start, 0];
  const [until, to] = after ? [after.word.start, after.from] : [end, text.length];
  return within(segment, between(time, until, to > from ? (place - from) / (to - from) : 1));
}

/** The place in the text that is being said at a time, at the edge of a word. */
export function placeAt(segment, time) {
  const { start, end, text } = segment;
  const next = placedWords(text, segment.words).find((one) => (one.word.start + one.word.end) / 2 >= time);
  if (next) return next.from;
  const guess = Math.round(text.length * ((time - start) / (end - start)));
  const edges = [0, text.length, ...[...text.matchAll(/\s+/gu)].map((found) => found.index + found[0].length)];
  return edges.reduce((best, edge) => (Math.abs(edge - guess) < Math.abs(best - guess) ? edge : best));
}

/** Words from `time` on, and those before it. */
export function dividedWords(words, time) {
  const isBefore = (word) => (word.start + word.end) / 2 < time;
  return [(words ?? []).filter(isBefore), (words ?? []).filter((word) => !isBefore(word))];
}

// Next to each other in the text they are parted in the middle of the pause; with written words between them, in proportion.
function betweenWords(before, after, place) {
  const share = after.from - before.to > 1 ? (place - before.to) / (after.from - before.to) : 0.5;
  return between(before.word.end, after.word.start, share);
}

function between(from, to, share) {
  return from + (to - from) * share;
}

function within({ start, end }, time) {
  return Math.min(end - 1, Math.max(start + 1, Math.round(time)));
}

function bare(text) {
  return text.normalize("NFKC").toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
}

// The longest common run of two lists, as pairs of places: what a person left standing.
function commonOf(one, other) {
  const lengths = Array.from({ length: one.length + 1 }, () => new Uint16Array(other.length + 1));
  for (let i = one.length - 1; i >= 0; i -= 1) {
    for (let j = other.length - 1; j >= 0; j -= 1) {
      lengths[i][j] = isSame(one[i], other[j]) ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const pairs = [];
  for (let i = 0, j = 0; i < one.length && j < other.length; ) {
    if (isSame(one[i], other[j])) pairs.push([i++, j++]);
    else if (lengths[i + 1][j] >= lengths[i][j + 1]) i += 1;
    else j += 1;
  }
  return pairs;
}

function isSame(one, other) {
  return one !== "" && one === other;
}
