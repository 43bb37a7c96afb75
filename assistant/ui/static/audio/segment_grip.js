// What a drag over the waveform does with segments: an edge is moved, free time becomes a segment. With Shift a segment is
// drawn over others, where the field lets them lie over each other.

import { clock } from "./scale.js";
import { isTaken, roomAround, SHORTEST } from "./segment_forms.js";

export class SegmentGrip {
  constructor(editor) {
    this.editor = editor;
  }

  /** What is under the pointer: an edge, or free time; null where a drag would only move the recording. */
  grip(time, near, isAlone) {
    const { segments, field } = this.editor;
    const edge = isAlone ? null : this.#edge(time, near);
    if (edge) return { ...edge, cursor: "ew-resize" };
    const isFree = !isTaken(segments, time) || (isAlone && field.overlap);
    return isFree ? { edge: "new", cursor: "crosshair" } : null;
  }

  drag({ edge, id }, from, to) {
    const { editor } = this;
    if (edge === "new") return editor.show(this.#drawn(from, to));
    const segment = editor.segments.find((one) => one.id === id);
    const others = editor.segments.filter((one) => one !== segment);
    const room = roomAround(others, segment.start, editor.view.player.length, editor.field.overlap);
    const [least, most] = edge === "start" ? [room.from, segment.end - SHORTEST] : [segment.start + SHORTEST, room.to];
    const time = Math.round(Math.min(Math.max(least, most), Math.max(least, to)));
    editor.selected = id;
    editor.say(`${edge === "start" ? "Starts" : "Ends"} at ${clock(time)}`);
    return editor.show({ ...segment, [edge]: time });
  }

  drop({ edge }) {
    const { editor } = this;
    const { shown } = editor;
    editor.show(null);
    if (!shown || shown.end - shown.start < SHORTEST) return;
    editor.host.focus();
    if (edge === "new") editor.add(shown.start, shown.end);
    else editor.change(shown, `${clock(shown.start)} to ${clock(shown.end)}`);
  }

  cancel() {
    this.editor.show(null);
  }

  // The nearest edge; of two that meet, that of the segment in hand, else that of the one the pointer is in.
  #edge(time, near) {
    const { segments, selected } = this.editor;
    const edges = segments.flatMap(({ id, start, end }) => [
      { edge: "start", id, away: Math.abs(time - start), isIn: time >= start },
      { edge: "end", id, away: Math.abs(time - end), isIn: time < end },
    ]);
    const close = edges.filter(({ away }) => away <= near);
    const rank = (one) => (one.id === selected ? 0 : 2) + (one.isIn ? 0 : 1);
    close.sort((one, other) => rank(one) - rank(other) || one.away - other.away);
    return close[0] ? { edge: close[0].edge, id: close[0].id } : null;
  }

  #drawn(from, to) {
    const { segments, field, view } = this.editor;
    const room = roomAround(segments, from, view.player.length, field.overlap);
    const [start, end] = [Math.min(from, to), Math.max(from, to)].map((time) => Math.min(room.to, Math.max(room.from, time)));
    return { id: "", start, end, text: "", label: this.editor.brush, proposed: false };
  }
}
