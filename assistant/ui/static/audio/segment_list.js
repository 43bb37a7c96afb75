// The segments below the waveform, one row each. Rows stay while the text in them is written: only what changed is drawn.

import { cap, el } from "../base/dom.js";
import { heardAt } from "./segment_forms.js";
import { SegmentRow } from "./segment_row.js";

export class SegmentList {
  constructor(editor) {
    this.editor = editor;
    this.rows = new Map();
    this.heard = null;
    this.items = el("ol", { class: "aa-segment-list" });
    this.empty = el("p", { class: "aa-muted" }, "Nothing is marked yet: drag over the waveform, or press ", cap("W"), " where something begins.");
    this.element = el("div", {}, this.items, this.empty);
  }

  /** Whether somebody types in one of the texts. */
  get isWriting() {
    return this.#typedRow() !== null;
  }

  /** Whether the focus is on a choice, of a row or of the speed: keys are for that. */
  get isChoosing() {
    return document.activeElement?.tagName === "SELECT";
  }

  draw() {
    const { segments, selected } = this.editor;
    const ids = new Set(segments.map((segment) => segment.id));
    const hadFocus = this.#typedRow();
    for (const [id, row] of this.rows) if (!ids.has(id)) this.#drop(id, row);
    segments.forEach((segment, at) => {
      const row = this.rows.get(segment.id) ?? this.#make(segment.id);
      row.draw(segment, { number: at + 1, isSelected: segment.id === selected });
      if (this.items.children[at] !== row.element) this.items.insertBefore(row.element, this.items.children[at] ?? null);
    });
    this.empty.hidden = segments.length > 0;
    // Put somewhere else in the list, a text loses the focus.
    if (hadFocus && ids.has(hadFocus.id)) hadFocus.focusAgain();
  }

  /** Bring the row of a segment into sight. */
  reveal(id) {
    this.rows.get(id)?.element.scrollIntoView({ block: "nearest" });
  }

  /** Put the cursor into the text of a segment. */
  type(id, place = 0) {
    this.rows.get(id)?.type(place);
  }

  /** Where the cursor stands in the text of a segment; null where nobody types there. */
  cursorIn(id) {
    const row = this.#typedRow();
    return row?.id === id ? row.area.selectionStart : null;
  }

  /** Light what is heard at a time: its row, and in it the word. */
  light(time) {
    const { segments, view } = this.editor;
    const heard = view.player.isPlaying ? heardAt(segments, time) : null;
    if (this.heard && this.heard !== heard?.id) this.rows.get(this.heard)?.light(null);
    this.heard = heard?.id ?? null;
    if (heard) this.rows.get(heard.id)?.light(time);
  }

  #typedRow() {
    return [...this.rows.values()].find((row) => row.area === document.activeElement) ?? null;
  }

  #make(id) {
    const row = new SegmentRow(this.editor, id);
    this.rows.set(id, row);
    return row;
  }

  // What was typed in goes: the keys are for the card, not for nothing.
  #drop(id, row) {
    const hadFocus = row.element.contains(document.activeElement);
    row.element.remove();
    this.rows.delete(id);
    if (hadFocus) this.editor.host.focus();
  }
}
