// Segments as ranges of the waveform, with the one that is being dragged as it would be.

import { lanesOf } from "./paint.js";
import { heardAt, inOrder } from "./segment_forms.js";

/** What the waveform shows: {all, lanes}, see paint.js. */
export function rangesOf(editor) {
  const { segments, shown, view } = editor;
  const isNew = shown && !segments.some((one) => one.id === shown.id);
  const drawn = segments.map((one) => (one.id === shown?.id ? shown : one));
  const all = isNew ? [...drawn, shown] : drawn;
  const { lanes, count } = lanesOf(inOrder(all));
  const heard = view.player.isPlaying ? heardAt(segments, view.player.at) : null;
  const plain = getComputedStyle(view.element).getPropertyValue("--aa-accent").trim();
  const range = (one) => ({
    ...one,
    lane: lanes.get(one.id),
    colour: editor.colourOf(one) ?? plain,
    words: one.text,
    selected: one.id === editor.selected || one === shown,
    lit: one.id === heard?.id,
  });
  return { all: all.map(range), lanes: count };
}
