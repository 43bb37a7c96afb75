// Regions of a picture: one editor, and for each kind the tool that draws it.

import { boxOfRegion } from "../canvas/canvas_geometry.js";
import { BoxTool } from "../image/edit_box.js";
import { MaskTool } from "../image/edit_mask.js";
import { PointsTool } from "../image/edit_points.js";
import { PolygonTool } from "../image/edit_polygon.js";
import { counted, said } from "../image/edit_region_forms.js";
import { REGION_KEYS } from "../image/edit_region_keys.js";
import { RegionEditor } from "../image/edit_regions.js";
import { NOTHING } from "./kind.js";

const DRAWN = {
  Editor: RegionEditor,
  comparable: (regions) => JSON.stringify(regions.map(said).sort()),
  say: (regions, field) => (regions.length > 0 ? counted(regions.length, field) : NOTHING),
  work: "drawing",
  keys: REGION_KEYS,
  isDrawn: true,
};

/** @type {import("./kind.js").Kind} */
export const BOXES = {
  ...DRAWN,
  Tool: BoxTool,
  keepsSelecting: true,
  fromSegment: (found, mask) => ({ box: found.box ?? boxOfRegion(mask), angle: 0 }),
};

/** @type {import("./kind.js").Kind} */
export const POLYGONS = { ...DRAWN, Tool: PolygonTool, fromSegment: (found) => ({ parts: found.parts }) };

/** @type {import("./kind.js").Kind} */
export const MASKS = { ...DRAWN, Tool: MaskTool, isPainted: true, fromSegment: (_, mask) => mask };

/** @type {import("./kind.js").Kind} */
export const KEYPOINTS = { ...DRAWN, Tool: PointsTool, fromSegment: null };
