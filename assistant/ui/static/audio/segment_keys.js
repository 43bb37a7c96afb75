// Keys of the transcript. While somebody types, letters are text, and what transcribers need has Ctrl or Tab.

import { labelAt } from "../base/labels.js";
import { addHere, join, setEdge, split } from "./segment_cuts.js";

/** What the help lists for transcripts. */
export const SEGMENT_KEYS = [
  ["Tab", "play, stop the segment in hand, also while you type; after Esc it moves on to the buttons"],
  ["↵", "in the text: keep it, go to the next and play it (Shift+↵: a new line); on the card as A, and with none in hand: save"],
  ["Ctrl+↵", "save; what is not decided is asked about first"],
  ["A", "keep the segment in hand, go to the next and play it"],
  ["E", "into the text of the segment in hand; Esc: back to the card"],
  ["↑ ↓", "the segment before, the next (with Ctrl: also while you type)"],
  ["Ctrl+K", "split at the cursor, else at the playhead"],
  ["Ctrl+J", "join with the next"],
  ["Ctrl+, .", "start, end at the playhead"],
  ["W", "a new segment from the playhead on; or drag over the waveform"],
  ["1…9", "label of the segment in hand (with Alt: also while you type)"],
  ["X Del", "delete the segment in hand"],
  ["Ctrl+Z", "one step back inside this recording (Ctrl+Shift+Z: again)"],
];

export function keyInSegments(editor, event) {
  if (editor.list.isChoosing) return keyInChoice(editor, event);
  const answered = editor.question.key(event);
  if (answered) return answered;
  const wasLeaving = editor.isLeaving;
  if (!["Shift", "Control", "Alt", "Meta"].includes(event.key)) editor.isLeaving = false;
  return controlKey(editor, event) ?? (editor.isWriting ? keyInText(editor, event) : keyOnCard(editor, event, wasLeaving));
}

function keyInChoice(editor, event) {
  if (event.key !== "Escape" && event.key !== "Enter") return "typed";
  editor.host.focus();
  return "done";
}

// With Ctrl keys mean the same in the text and on the card.
function controlKey(editor, event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return undefined;
  const acts = {
    k: () => split(editor),
    j: () => join(editor),
    ",": () => setEdge(editor, "start"),
    ".": () => setEdge(editor, "end"),
    ArrowUp: () => editor.step(-1, { types: editor.isWriting }),
    ArrowDown: () => editor.step(1, { types: editor.isWriting }),
  };
  if (event.key === "Enter") return event.repeat || save(editor);
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (Object.hasOwn(acts, key)) return acts[key]() ?? "done";
  return editor.view.keyWhileTyping(event);
}

// What was written in is looked at; whatever else is open is asked about before anything is saved.
function save(editor) {
  if (editor.isWriting) editor.settle();
  return editor.asksFirst() ? "done" : "commit";
}

function keyInText(editor, event) {
  const isStep = (event.ctrlKey || event.metaKey) && !event.altKey && ["z", "y"].includes(event.key.toLowerCase());
  if (isStep) return stepInText(editor, event);
  if (event.altKey && /^Digit[1-9]$/.test(event.code)) return labelInText(editor, Number(event.code.slice(5)));
  if (event.key === "Tab" && !event.shiftKey) return editor.listen() ?? "done";
  if (event.key === "Enter" && !event.shiftKey) return event.repeat ? "done" : (editor.keepAndGoOn(true) && "done");
  if (event.key !== "Escape") return "typed";
  editor.host.focus();
  editor.host.changed();
  return "done";
}

// While one writes, a step back is never the last decision.
function stepInText(editor, event) {
  const isAgain = event.shiftKey || event.key.toLowerCase() === "y";
  if (!editor.command(isAgain ? "redo" : "undo")) editor.say(isAgain ? "There is nothing to redo here" : "Everything on this card is taken back");
  return "done";
}

function labelInText(editor, digit) {
  const label = labelAt(editor.field, digit);
  if (label) editor.label(label);
  return "done";
}

function keyOnCard(editor, event, wasLeaving) {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  if (event.key === "Tab") return tab(editor, event, wasLeaving);
  // A key that the schema gave to a label means the label.
  const label = editor.field.labels.find((one) => one.key === event.key);
  if (label) return editor.label(label) ?? "done";
  if (event.key === "w") return addHere(editor) ?? "done";
  if (event.key === "ArrowUp" || event.key === "ArrowDown") return editor.step(event.key === "ArrowUp" ? -1 : 1) ? "done" : undefined;
  if (event.key === "Delete" && editor.current) return editor.remove(editor.selected);
  if (event.key !== "Escape" || !editor.current) return undefined;
  editor.letGo();
  return "done";
}

// Tab plays while the card itself has the focus; let go of with Esc, it moves on, so that the keyboard is never caught.
function tab(editor, event, wasLeaving) {
  const isOnCard = editor.host.frame.element === document.activeElement;
  if (event.shiftKey || wasLeaving || !isOnCard) return undefined;
  editor.listen();
  return "done";
}
