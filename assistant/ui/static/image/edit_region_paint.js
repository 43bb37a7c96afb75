// What the editor of regions draws over the picture.

import { Painter } from "../canvas/canvas_paint.js";
import { skeletonOf } from "./edit_region_forms.js";
import { colourOf, labelOf, nameOf } from "../base/labels.js";

/** Colour of what has no label yet. */
const DRAFT = "#2563eb";

export function paintRegions(editor, context, transform, density) {
  if (editor.isAllVeiled) return;
  const painter = new Painter(context, transform, density, editor.view.opacity);
  const skeleton = skeletonOf(editor.field);
  const shown = editor.all.filter((region) => !editor.veiled.has(region.id)).map((region) => (editor.shown?.id === region.id ? { ...editor.shown, proposed: false } : region));
  const pairs = shown.map((region) => [region, lookOf(editor, region, skeleton)]);
  pairs.sort(([, one], [, other]) => Number(one.selected) - Number(other.selected));
  for (const [region, look] of pairs) painter.region(region, look);
  const drafts = [editor.draft, editor.shown?.id === "" ? editor.shown : null].filter(Boolean);
  const isRepainted = editor.draft && drafts.length > 1 && editor.draft.intervals;
  for (const region of isRepainted ? drafts.slice(1) : drafts) painter.region(region, { colour: colourOfNew(editor), draft: true, selected: true, active: null, skeleton });
  painter.tags(pairs);
  const selected = editor.shown?.id ? editor.shown : editor.editable();
  editor.tool.paint(painter, editor.mode === "segment" ? null : selected);
}

function lookOf(editor, region, skeleton) {
  const selected = region.id === editor.selected;
  return {
    colour: colourOf(labelOf(editor.field, region.label)),
    proposed: region.proposed,
    selected,
    hovered: region.id === editor.hovered,
    // While one object is reviewed the others step back; while clicks are given all do.
    faint: !selected && (editor.review.isOn || editor.mode === "segment"),
    name: nameOf(editor.field, region.label),
    active: selected ? (editor.shape.active ?? null) : null,
    skeleton,
  };
}

function colourOfNew(editor) {
  return editor.brush ? colourOf(labelOf(editor.field, editor.brush)) : DRAFT;
}
