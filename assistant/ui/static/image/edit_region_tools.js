// The buttons below the picture: every key of the editor has one.

import { button, cap } from "../base/dom.js";

/** Buttons for what can be done now. */
export function toolButtons(editor) {
  const { segment, segmenter, tool } = editor;
  const isClicking = editor.mode === "segment";
  const usual = [
    { key: "B", words: editor.kind.isPainted ? "Brush" : "Draw", title: `Draw a new ${editor.word}`, pressed: editor.isDrawing, act: () => editor.startDrawing() },
    segment && { key: "M", words: "Click", title: segmenter.words || "Segment by clicks", pressed: isClicking, act: () => editor.startClicking() },
    ...tool.buttons(),
    { key: "U", words: "Back", title: "One step back inside this item (Ctrl+Z)", act: () => editor.stepBack(), disabled: !editor.canStepBack },
    editor.steps.canGoOn && { key: "⇧U", words: "Again", title: "Do the step again (Ctrl+Shift+Z)", act: () => editor.stepAgain() },
  ];
  return usual.filter(Boolean).map(toolButton);
}

function toolButton({ key, words, title, act, pressed, disabled }) {
  const look = `aa-small ${pressed ? "is-on" : ""}`;
  const state = pressed === undefined ? null : String(Boolean(pressed));
  return button({ class: look, title, "aria-pressed": state, disabled: Boolean(disabled), on: { click: () => act() } }, words, " ", cap(key));
}
