// Segments as values: in order, changed, split and joined, and kept from lying over each other. They are never changed in
// place. No DOM here.

import { dividedWords } from "./segment_words.js";

/** A drag that made less than this, in milliseconds, made nothing. */
export const SHORTEST = 30;

export function inOrder(segments) {
  return [...segments].sort((one, other) => one.start - other.start || one.end - other.end || (one.id < other.id ? -1 : 1));
}

/** What belongs to the answer. */
export function plainSegment({ id, start, end, text, label }) {
  return label ? { id, start, end, text, label } : { id, start, end, text };
}

/** What is kept of a segment over a reload; words of the suggestion come back with the suggestion. */
export function keptSegment(segment) {
  const isOwn = segment.words && segment.words !== segment.origin?.words;
  return isOwn ? { ...plainSegment(segment), words: segment.words } : plainSegment(segment);
}

/** An answer that was saved knows no times of words: they are had from the suggestion it was made of, without its doubts. */
export function withTimes(segments, suggested) {
  const words = new Map(suggested.map((one) => [one.id, one.words]));
  const known = (id) => words.get(id)?.map(({ start, end, text }) => ({ start, end, text }));
  return segments.map((one) => (one.words || !words.get(one.id) ? one : { ...one, words: known(one.id) }));
}

export function isChanged({ origin, ...segment }) {
  return ["start", "end", "text", "label"].some((key) => (origin[key] ?? "") !== (segment[key] ?? ""));
}

/** Two segments for one, parted at a time and at a place of its text; null where there is no room. */
export function divided(segment, place, time, id) {
  const { start, end, text } = segment;
  if (time <= start || time >= end) return null;
  const [before, after] = dividedWords(segment.words, time);
  const withWords = (words) => (segment.words ? { words } : {});
  const first = { ...segment, end: time, text: text.slice(0, place).trimEnd(), proposed: false, ...withWords(before) };
  const second = { ...segment, id, start: time, text: text.slice(place).trimStart(), origin: null, proposed: false, ...withWords(after) };
  return [first, second];
}

/** One segment for two that follow each other; it is the first one still. */
export function joined(first, second) {
  const words = first.words || second.words ? { words: [...(first.words ?? []), ...(second.words ?? [])] } : {};
  // Who speaks is known of one of them: the other is taken for the same.
  const label = first.label ?? second.label;
  return { ...first, ...(label ? { label } : {}), end: Math.max(first.end, second.end), text: withGap(first.text, second.text), proposed: false, ...words };
}

// Scripts that are written without spaces are joined without one.
function withGap(one, other) {
  const isSpaced = one !== "" && other !== "" && !/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]$/u.test(one);
  return isSpaced ? `${one} ${other}` : one + other;
}

/**
 * How far a segment may reach without lying over others: {from, to}. `others` are the rest; with `overlap` it is the whole
 * recording. `at` is a time that belongs to it.
 */
export function roomAround(others, at, length, overlap) {
  if (overlap) return { from: 0, to: length };
  const before = others.filter((one) => one.end <= at).map((one) => one.end);
  const after = others.filter((one) => one.start >= at).map((one) => one.start);
  return { from: Math.max(0, ...before), to: Math.min(length, ...after) };
}

/** Whether a time lies inside one of them. */
export function isTaken(segments, time) {
  return segments.some((one) => one.start <= time && time < one.end);
}

/** The one that is heard at a time: the latest that began, null in a pause. */
export function heardAt(segments, time) {
  return segments.findLast((one) => one.start <= time && time < one.end) ?? null;
}
