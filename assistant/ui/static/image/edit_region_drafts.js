// What is not saved of a picture's regions, as plain values, and the way back into the editor. No DOM here.

import { keptRegions, mergedRegions } from "../editing/edit_drafts.js";
import { fromPlain, plainRegion } from "./edit_region_forms.js";

/** What an editor has that is not saved, half drawn outlines and clicks included; null where there is nothing. */
export function unsavedRegions(editor) {
  const [drawn, clicks] = [editor.shape.drawn ?? null, editor.segment?.drawn ?? null];
  if (!editor.touched && !editor.draft && !drawn && !clicks) return null;
  const kept = keptRegions(editor.all, editor.gone.keys(), proposalOf(editor), plainRegion);
  const draft = editor.draft && plainRegion({ ...editor.draft, id: "", label: "" });
  return { ...kept, draft, drawn, clicks, selected: editor.selected };
}

/** Bring back what was kept; one step back is what the card started from. */
export function putBackRegions(editor, { made, draft, drawn, clicks, selected, ...rest }) {
  editor.keepStep();
  const kept = { ...rest, made: made.map((one) => ({ ...one, region: fromPlain(one.region) })) };
  Object.assign(editor, mergedRegions(editor.all, kept, proposalOf(editor)), { touched: true });
  editor.draft = draft && fromPlain(draft);
  editor.selected = editor.regionOf(selected) ? selected : null;
  resumeDrawing(editor, drawn, clicks);
  editor.steps.markBroughtBack();
  editor.draw();
}

/** What is half drawn, or clicked, is in hand again; nulls mean that nothing is. */
export function resumeDrawing(editor, drawn, clicks) {
  editor.review.closeQuestion();
  if (drawn || clicks) editor.mode = drawn ? "draw" : "segment";
  editor.shape.leave?.();
  if (drawn) editor.shape.drawn = drawn;
  if (editor.segment) editor.segment.drawn = clicks;
}

function proposalOf(editor) {
  return editor.host.card.suggestion?.proposal ?? null;
}
