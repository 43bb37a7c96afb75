// Geometry of regions: boxes with an angle, polygons with holes, key points; hits, handles and moves. Points are [x, y]
// in pixels of the full-size image, y downwards; angles are degrees clockwise about the centre of the box. No DOM here.

import { boxOf as boxOfMask, holds, moved as movedMask } from "./canvas_rle.js";

/** Handles of a box by name: the share of its width and height at which they stand. */
export const HANDLES = {
  nw: [0, 0],
  n: [0.5, 0],
  ne: [1, 0],
  e: [1, 0.5],
  se: [1, 1],
  s: [0.5, 1],
  sw: [0, 1],
  w: [0, 0.5],
};

/**
 * The point turned by `angle` about `centre`.
 * @param {number[]} point @param {number[]} centre @param {number} angle
 */
export function turned([x, y], [cx, cy], angle) {
  const radians = (angle * Math.PI) / 180;
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  return [cx + (x - cx) * cos - (y - cy) * sin, cy + (x - cx) * sin + (y - cy) * cos];
}

export function centreOf(box) {
  return [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
}

/** The four corners of a box, clockwise from its top left. */
export function cornersOf({ box, angle = 0 }) {
  const [x0, y0, x1, y1] = box;
  const corners = [[x0, y0], [x1, y0], [x1, y1], [x0, y1]];
  return angle ? corners.map((corner) => turned(corner, centreOf(box), angle)) : corners;
}

/** Where the handle of a box stands. */
export function handleAt({ box, angle = 0 }, name) {
  const [atX, atY] = HANDLES[name];
  const point = [box[0] + atX * (box[2] - box[0]), box[1] + atY * (box[3] - box[1])];
  return angle ? turned(point, centreOf(box), angle) : point;
}

/** The box after its handle was dragged to `point`: the opposite side stays where it is; sides may change places. */
export function resized({ box, angle = 0 }, name, point) {
  const [px, py] = turned(point, centreOf(box), -angle);
  const [atX, atY] = HANDLES[name];
  const sides = [...box];
  if (atX !== 0.5) sides[atX === 0 ? 0 : 2] = px;
  if (atY !== 0.5) sides[atY === 0 ? 1 : 3] = py;
  return { box: recentred(boxBetween([sides[0], sides[1]], [sides[2], sides[3]]), box, angle), angle };
}

// Turning about the new centre must leave the box where turning about the old one had put it.
function recentred(box, before, angle) {
  if (!angle) return box;
  const local = centreOf(box);
  const world = turned(local, centreOf(before), angle);
  return shiftedBox(box, world[0] - local[0], world[1] - local[1]);
}

export function boxBetween([ax, ay], [bx, by]) {
  return [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)];
}

export function shiftedBox(box, byX, byY) {
  return [box[0] + byX, box[1] + byY, box[2] + byX, box[3] + byY];
}

/** The angle in [-180, 180). */
export function normalAngle(angle) {
  const turn = (((angle + 180) % 360) + 360) % 360;
  return turn - 180;
}

/** Smallest upright box around points. */
export function boxAround(points) {
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** Upright box [x0, y0, x1, y1] of a region of any kind, or null for an empty one. */
export function boxOfRegion(region) {
  if (region.box) return boxAround(cornersOf(region));
  if (region.parts) return region.parts.length > 0 ? boxAround(region.parts.flatMap((rings) => rings[0])) : null;
  if (region.points) {
    const seen = region.points.filter((point) => point[2] > 0);
    return seen.length > 0 ? boxAround(seen) : null;
  }
  return region.intervals ? boxOfMask(region.intervals, region.size[0]) : null;
}

/** Whether a point lies in the ring (even-odd rule). */
export function inRing([x, y], ring) {
  let isInside = false;
  ring.forEach(([x1, y1], at) => {
    const [x0, y0] = ring[(at + ring.length - 1) % ring.length];
    if (y0 > y !== y1 > y && x < x0 + ((y - y0) / (y1 - y0)) * (x1 - x0)) isInside = !isInside;
  });
  return isInside;
}

/** Whether a point lies in the region; `near` is how far, in image pixels, a key point may be away. */
export function isIn(region, point, near = 0) {
  if (region.box) return inRing(point, cornersOf(region));
  if (region.parts) return region.parts.some((rings) => rings.filter((ring) => inRing(point, ring)).length % 2 === 1);
  if (region.points) return nearestPoint(region.points, point, near) >= 0;
  return holds(region.intervals, region.size[0], point[0], point[1]);
}

/** Index of the nearest present key point within `near`, or -1. */
export function nearestPoint(points, [x, y], near) {
  let [best, distance] = [-1, near];
  points.forEach(([px, py, seen], at) => {
    const away = Math.hypot(px - x, py - y);
    if (seen > 0 && away <= distance) [best, distance] = [at, away];
  });
  return best;
}

/** Area in square pixels, to tell which of several regions under a point lies innermost. */
export function sizeOf(region) {
  const box = boxOfRegion(region);
  return box ? (box[2] - box[0]) * (box[3] - box[1]) : 0;
}

/** The nearest vertex of a polygon within `near`: {part, ring, at}, or null. */
export function vertexNear(parts, [x, y], near) {
  let [found, distance] = [null, near];
  eachRing(parts, (points, part, ring) =>
    points.forEach(([px, py], at) => {
      const away = Math.hypot(px - x, py - y);
      if (away <= distance) [found, distance] = [{ part, ring, at }, away];
    }),
  );
  return found;
}

/** The nearest side of a polygon within `near`: {part, ring, at, point}; a vertex put in at `at` lies on it. */
export function sideNear(parts, point, near) {
  let [found, distance] = [null, near];
  eachRing(parts, (points, part, ring) =>
    points.forEach((end, at) => {
      const foot = footOn(points[(at + points.length - 1) % points.length], end, point);
      const away = Math.hypot(foot[0] - point[0], foot[1] - point[1]);
      if (away <= distance) [found, distance] = [{ part, ring, at, point: foot }, away];
    }),
  );
  return found;
}

function eachRing(parts, visit) {
  parts.forEach((rings, part) => rings.forEach((points, ring) => visit(points, part, ring)));
}

function footOn([ax, ay], [bx, by], [x, y]) {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const share = length === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length));
  return [ax + share * dx, ay + share * dy];
}

/** `parts` with the ring at this place replaced; null takes the ring away, and with an outer ring its whole part. */
export function withRing(parts, part, ring, points) {
  const rings = [...parts[part]];
  if (points) rings[ring] = points;
  else rings.splice(ring, 1);
  const isGone = !points && ring === 0;
  return parts.flatMap((one, at) => (at !== part ? [one] : isGone ? [] : [rings]));
}

/** The region moved by so many pixels, as far as it stays in an image of `size` [height, width]. */
export function movedRegion(region, byX, byY, size) {
  // A turned box may reach over an edge; its centre stays in the picture.
  const box = region.angle ? [...centreOf(region.box), ...centreOf(region.box)] : boxOfRegion(region);
  if (!box) return region;
  const dx = Math.min(size[1] - box[2], Math.max(-box[0], byX));
  const dy = Math.min(size[0] - box[3], Math.max(-box[1], byY));
  if (region.box) return { ...region, box: shiftedBox(region.box, dx, dy) };
  if (region.parts) return { ...region, parts: region.parts.map((rings) => rings.map((ring) => ring.map(([x, y]) => [x + dx, y + dy]))) };
  if (region.points) return { ...region, points: region.points.map(([x, y, seen]) => (seen > 0 ? [x + dx, y + dy, seen] : [x, y, seen])) };
  return { ...region, intervals: movedMask(region.intervals, region.size, Math.round(dx), Math.round(dy)) };
}

/** The box with each side kept in the image; a turned box may reach beyond it. */
export function clippedBox(box, [height, width]) {
  const within = (value, most) => Math.min(most, Math.max(0, value));
  return [within(box[0], width), within(box[1], height), within(box[2], width), within(box[3], height)];
}

/** One decimal is finer than a pointer; more digits would only look precise. */
export function rounded(value) {
  return Math.round(value * 10) / 10;
}
