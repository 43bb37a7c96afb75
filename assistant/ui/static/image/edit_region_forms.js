// Regions as the editor holds them, and as they are stored. A held region has the stored one's geometry, or intervals
// in place of run lengths, and knows where it came from. No DOM here.

import { decode, encode } from "../canvas/canvas_rle.js";
import { boxOfRegion, rounded } from "../canvas/canvas_geometry.js";

/** A flag that is off and an empty text say nothing and are not stored. */
const NOTHING = [false, "", null, undefined];
const kept = new WeakMap();

/** "1 box", "2 boxes". */
export function counted(count, field) {
  return `${count} ${field.one}${count === 1 ? "" : field.one.endsWith("x") ? "es" : "s"}`;
}

/** Held regions of a stored value; `proposed` until a person decides about them. Null without a value. */
export function held(field, value, proposed) {
  if (!value) return null;
  return (value[field.key] ?? []).map((region) => ({ ...shapeOf(region), id: region.id, label: region.label, attributes: { ...region.attributes }, prompts: region.prompts, origin: region, proposed }));
}

/** What a card starts from: {all, gone}. An answer taken back is as it was, what nobody had looked at still suggested. */
export function startingRegions(field, { former, standing, suggestion }, isHidden) {
  const suggested = held(field, suggestion?.value, true) ?? [];
  if (!former) return { all: held(field, standing, false) ?? (isHidden ? [] : suggested), gone: new Map() };
  const origins = new Map(suggested.map((region) => [region.id, region.origin]));
  const own = held(field, former.value, false).map((region) => ({ ...region, origin: former.regions[region.id] === "choose" ? null : (origins.get(region.id) ?? region.origin) }));
  const ids = new Set(own.map((region) => region.id));
  const rest = suggested.filter((region) => !ids.has(region.id));
  const gone = rest.filter((region) => former.regions[region.id] === "reject").map((region) => [region.id, region.origin]);
  return { all: [...own, ...rest.filter((region) => former.regions[region.id] === "not_looked_at")], gone: new Map(gone) };
}

/** A region, or what has no label yet, as plain values to be kept. */
export function plainRegion(region) {
  return { ...stored({ ...region, origin: null }), ...(region.intervals ? { counts: countsOf(region) } : {}) };
}

/** The region that was kept as plain values. */
export function fromPlain(region) {
  return { ...shapeOf(region), id: region.id, label: region.label, attributes: { ...region.attributes }, prompts: region.prompts, origin: null, proposed: false };
}

export function shapeOf(region) {
  if (region.box) return { box: region.box, angle: region.angle ?? 0 };
  if (region.parts) return { parts: region.parts };
  if (region.points) return { points: region.points };
  const intervals = decode(region.counts);
  kept.set(intervals, region.counts);
  return { size: region.size, intervals };
}

/** The region as it is stored. */
export function stored(region) {
  const { id, label, prompts } = region;
  /** @type {Record<string, any>} */
  const made = { id, label, ...geometryOf(region) };
  const attributes = Object.entries(region.attributes ?? {}).filter(([, value]) => !NOTHING.includes(value));
  if (attributes.length > 0) made.attributes = Object.fromEntries(attributes);
  if (prompts) made.prompts = prompts;
  return made;
}

function geometryOf(region) {
  const { origin } = region;
  if (region.box) {
    const box = origin?.box === region.box ? region.box : region.box.map(rounded);
    return region.angle ? { box, angle: rounded(region.angle) } : { box };
  }
  if (region.parts) return { parts: origin?.parts === region.parts ? region.parts : region.parts.map((rings) => rings.map((ring) => ring.map((point) => point.map(rounded)))) };
  if (region.points) return { points: origin?.points === region.points ? region.points : region.points.map(([x, y, seen]) => [rounded(x), rounded(y), seen]) };
  return { size: region.size, counts: countsOf(region) };
}

/** Compressed run lengths of a mask. */
export function countsOf({ intervals, size }) {
  if (!kept.has(intervals)) kept.set(intervals, encode(intervals, size[0] * size[1]));
  return kept.get(intervals);
}

/** Whether a person changed anything about a region that came from elsewhere. */
export function isChanged(region) {
  return said(stored(region)) !== said(region.origin);
}

/**
 * What a stored region says, without the names of the region and what it was made from: equal for equal answers.
 * @param {Record<string, any>} region
 */
export function said({ label, box, angle, parts, size, counts, points, attributes }) {
  return JSON.stringify([label, box ?? null, angle || 0, parts ?? null, size ?? null, counts ?? null, points ?? null, Object.entries(attributes ?? {}).sort()]);
}

/** A sentence where a region cannot be saved as it is, else "". */
export function fault(field, region) {
  const thing = field.one;
  if (region.box && (region.box[2] - region.box[0] < 1 || region.box[3] - region.box[1] < 1)) return `This ${thing} is thinner than a pixel`;
  if (region.parts && isFlat(region)) return `This ${thing} has no area`;
  if (region.intervals && region.intervals.length === 0) return `This ${thing} is empty`;
  if (region.points && !region.points.some((point) => point[2] > 0)) return "No point of this object is placed";
  return "";
}

function isFlat(region) {
  const box = boxOfRegion(region);
  return box === null || box[2] - box[0] < 0.1 || box[3] - box[1] < 0.1;
}

/** An id that no region has or had. */
export function freshId(taken) {
  let number = 1;
  while (taken.has(`n${number}`)) number += 1;
  return `n${number}`;
}

/** Pairs of indices that the skeleton of a field joins. */
export function skeletonOf(field) {
  const names = field.points ?? [];
  return (field.skeleton ?? []).map(([from, to]) => [names.indexOf(from), names.indexOf(to)]).filter(([from, to]) => from >= 0 && to >= 0);
}

/** The region with another label; what is noted about the old label only is left behind. */
export function relabelled(field, region, label) {
  const names = attributesFor(field, label).map((one) => one.id);
  const kept = Object.entries(region.attributes ?? {}).filter(([name]) => names.includes(name));
  return { ...region, label, attributes: Object.fromEntries(kept) };
}

/** Attributes that a region of this label can have. */
export function attributesFor(field, label) {
  return (field.attributes ?? []).filter((one) => !(one.labels?.length > 0) || one.labels.includes(label));
}
