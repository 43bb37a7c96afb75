// Making segments at the playhead, parting and joining them, and moving their edges there: what keys and buttons do.

import { nameOf } from "../base/labels.js";
import { clock } from "./scale.js";
import { divided, isTaken, joined, roomAround } from "./segment_forms.js";
import { placeAt, timeAt } from "./segment_words.js";

/** How long a new segment is where nothing ends it before. */
const NEW = 3000;

/** A new segment from the playhead on, without a pointer. */
export function addHere(editor) {
  const { at, length } = editor.view.player;
  const { overlap, one } = editor.field;
  if (!overlap && isTaken(editor.segments, at)) return editor.say(`There is a ${one} here already: Ctrl+K splits it`);
  const room = roomAround(editor.segments, at, length, overlap);
  if (room.to <= at) return editor.say("There is no room here: go to a pause first");
  return editor.add(at, Math.min(at + NEW, room.to));
}

/** Part the segment in hand at the cursor in its text, else at the playhead. */
export function split(editor) {
  const { current } = editor;
  if (!current) return sayChoose(editor);
  const typed = editor.list.cursorIn(current.id);
  const { at } = editor.view.player;
  const isHeard = typed === null && at > current.start && at < current.end;
  const place = typed ?? (isHeard ? placeAt(current, at) : placeAt(current, (current.start + current.end) / 2));
  const time = isHeard ? at : timeAt(current, place);
  const halves = divided(current, place, time, editor.freshId());
  if (!halves) return editor.say("This is too short to be split");
  editor.remember();
  editor.selected = halves[1].id;
  editor.put(editor.segments.flatMap((one) => (one === current ? halves : [one])), `Split at ${clock(time)}`);
  if (typed !== null) editor.list.type(halves[1].id);
  return undefined;
}

/** Make one of the segment in hand and the next. */
export function join(editor) {
  const { current, segments } = editor;
  if (!current) return sayChoose(editor);
  const second = segments[segments.indexOf(current) + 1];
  if (!second) return editor.say("There is no next one to join with");
  const isTyping = editor.list.cursorIn(current.id) !== null;
  editor.remember();
  if (second.origin) editor.gone = new Map(editor.gone).set(second.id, second.origin);
  const one = joined(current, second);
  const other = (current.label ?? "") === (second.label ?? "") ? "" : `; all of it is ${nameOf(editor.field, one.label)} now`;
  editor.put(segments.flatMap((segment) => (segment === current ? [one] : segment === second ? [] : [segment])), `Joined${other}`);
  if (isTyping) editor.list.type(one.id, current.text.length);
  return undefined;
}

const EDGES = {
  start: { did: "Starts", held: "where the one before ends", fault: "It would start after its end" },
  end: { did: "Ends", held: "where the next one begins", fault: "It would end before its start" },
};

/** Let the segment in hand start, or end, at the playhead. `edge`: "start" or "end". */
export function setEdge(editor, edge) {
  const { current } = editor;
  if (!current) return sayChoose(editor);
  const { at, length } = editor.view.player;
  const others = editor.segments.filter((one) => one !== current);
  const room = roomAround(others, current.start, length, editor.field.overlap);
  const time = Math.min(room.to, Math.max(room.from, at));
  const after = { ...current, [edge]: time };
  const { did, held, fault } = EDGES[edge];
  if (after.start >= after.end) return editor.say(fault);
  return editor.change(after, `${did} at ${clock(time)}${time === at ? "" : `, ${held}`}`);
}

function sayChoose(editor) {
  return editor.say(`Choose a ${editor.field.one} first: ↑ ↓`);
}
