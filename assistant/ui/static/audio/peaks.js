// How loud a recording is over its time: fetched once, and for the next recording ahead of it. No DOM here.

import { server } from "../base/server.js";

const KEPT = 6;
const MOST_GAIN = 6;
const found = new Map();

/** {length, step, peaks}: milliseconds, and one number of 0..255 for each step. */
export function peaksOf(id) {
  const known = found.get(id);
  if (known) return known;
  const asked = server.get(`/media/${id}/peaks`);
  found.set(id, asked);
  // What did not come is asked for anew the next time.
  asked.catch(() => found.delete(id));
  if (found.size > KEPT) found.delete(found.keys().next().value);
  return asked;
}

export function prefetchPeaks(id) {
  peaksOf(id).catch(() => undefined);
}

/** How much a waveform is raised so that a quiet recording can be seen; silence stays flat. */
export function gainOf({ peaks }) {
  let most = 0;
  for (const peak of peaks) if (peak > most) most = peak;
  return Math.min(MOST_GAIN, 255 / Math.max(1, most));
}

/** The loudest of the steps between two times, 0..1. */
export function loudest({ step, peaks }, start, end) {
  let most = 0;
  const last = Math.min(peaks.length - 1, Math.max(Math.floor(start / step), Math.ceil(end / step) - 1));
  for (let at = Math.max(0, Math.floor(start / step)); at <= last; at += 1) if (peaks[at] > most) most = peaks[at];
  return most / 255;
}
