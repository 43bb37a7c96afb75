// Draws regions over the picture. What a model proposed and nobody touched is dashed and pale; what a person decided is
// solid. A white line below each coloured one keeps both visible on dark and on bright pictures.

import { cornersOf, handleAt, HANDLES, boxOfRegion } from "./canvas_geometry.js";
import { maskPicture } from "./canvas_mask_paint.js";
import { inkOn } from "../base/labels.js";

const DASH = [7, 5];
const HALO = "rgb(255 255 255 / 85%)";
const TAG_FONT = "600 12px system-ui, sans-serif";
/** With more regions than this, names are written only on the one in focus. */
const MOST_TAGS = 15;

export class Painter {
  context; opacity; transform; density;

  /** Draws on `context` in CSS pixels. `opacity` 0…1 is how strong fills and lines are. */
  constructor(context, transform, density, opacity) {
    Object.assign(this, { context, transform, density, opacity });
  }

  /** `look`: {colour, proposed, selected, hovered, faint, name, skeleton, draft}. */
  region(region, look) {
    const { context } = this;
    context.save();
    context.globalAlpha = (look.faint ? 0.22 : 1) * this.opacity;
    if (region.intervals) this.#mask(region, look);
    else if (region.points) this.#points(region, look);
    else this.#outline(this.#pathOf(region), look);
    context.restore();
  }

  /** Names of regions, on top of everything else. */
  tags(pairs) {
    const shown = pairs.length > MOST_TAGS ? pairs.filter(([, look]) => look.selected || look.hovered) : pairs;
    // The one in focus comes last, so that it is on top; it gets its place first.
    const named = shown.filter(([, look]) => !look.faint && look.name).map(([region, look]) => [boxOfRegion(region), look]);
    const placed = [];
    for (const [box, look] of [...named].reverse()) if (box) placed.push(this.#placeTag(box, look, placed));
    for (const tag of placed.reverse()) this.#tag(tag);
  }

  boxHandles(region, isRotated, isCoarse) {
    const radius = isCoarse ? 8 : 5;
    for (const name of Object.keys(HANDLES)) this.dot(handleAt(region, name), radius, true);
    if (!isRotated) return;
    const [top, knob] = [handleAt(region, "n"), this.knobOf(region)];
    this.line([top, knob], {});
    this.dot(knob, radius + 1, false);
  }

  /** Where the handle that turns a box stands: above its top side, in image pixels. */
  knobOf(region) {
    return knobOf(region, this.transform.scale);
  }

  /** A handle: a white disc or square with a dark rim. */
  dot(point, radius, isSquare, fill = "#ffffff") {
    const { context } = this;
    const [x, y] = this.transform.toScreen(point[0], point[1]);
    context.beginPath();
    if (isSquare) context.rect(x - radius, y - radius, 2 * radius, 2 * radius);
    else context.arc(x, y, radius, 0, 2 * Math.PI);
    context.fillStyle = fill;
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = "#1b2027";
    context.stroke();
  }

  /** A line through points. `look`: {colour, dashed, closed, width}. */
  line(points, { colour = "#1d4ed8", dashed = false, closed = false, width = 2 }) {
    if (points.length < 2) return;
    const path = new Path2D();
    this.#trace(path, points, closed);
    this.#stroke(path, colour, dashed, width);
  }

  circle(point, radius, { colour = "#1b2027", fill = null }) {
    const { context } = this;
    const [x, y] = this.transform.toScreen(point[0], point[1]);
    const path = new Path2D();
    path.arc(x, y, radius, 0, 2 * Math.PI);
    if (fill) {
      context.fillStyle = fill;
      context.fill(path);
    }
    this.#stroke(path, colour, false, 1.5);
  }

  /** A word beside a point. */
  word(point, words, isStrong) {
    const { context } = this;
    const [x, y] = this.transform.toScreen(point[0], point[1]);
    context.font = isStrong ? TAG_FONT : TAG_FONT.replace("600", "500");
    context.textBaseline = "middle";
    context.lineWidth = 3;
    context.strokeStyle = "rgb(0 0 0 / 75%)";
    context.strokeText(words, x + 10, y);
    context.fillStyle = "#ffffff";
    context.fillText(words, x + 10, y);
  }

  /** A click of a person: a green plus or a red minus, told apart by shape, too. */
  click([x, y, isPositive]) {
    const colour = isPositive ? "#15803d" : "#b91c1c";
    this.circle([x, y], 7, { colour: "#ffffff", fill: colour });
    const [sx, sy] = this.transform.toScreen(x, y);
    const path = new Path2D();
    path.rect(sx - 4, sy - 0.9, 8, 1.8);
    if (isPositive) path.rect(sx - 0.9, sy - 4, 1.8, 8);
    this.context.fillStyle = "#ffffff";
    this.context.fill(path);
  }

  #pathOf(region) {
    const path = new Path2D();
    const rings = region.box ? [cornersOf(region)] : region.parts.flat();
    for (const ring of rings) this.#trace(path, ring, true);
    return path;
  }

  #trace(path, points, isClosed) {
    points.forEach(([x, y], at) => path[at === 0 ? "moveTo" : "lineTo"](...this.transform.toScreen(x, y)));
    if (isClosed) path.closePath();
  }

  #outline(path, look) {
    const { context } = this;
    context.save();
    context.globalAlpha *= fillOf(look);
    context.fillStyle = look.colour;
    context.fill(path, "evenodd");
    context.restore();
    this.#stroke(path, look.colour, look.proposed || look.draft, look.selected ? 3 : 2);
  }

  #stroke(path, colour, isDashed, width) {
    const { context } = this;
    context.lineJoin = "round";
    context.setLineDash([]);
    context.lineWidth = width + 2;
    context.strokeStyle = HALO;
    context.stroke(path);
    if (isDashed) context.setLineDash(DASH);
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.stroke(path);
    context.setLineDash([]);
  }

  #mask(region, look) {
    const picture = maskPicture(region, this.transform, this.density, { colour: look.colour, fill: Math.min(0.5, fillOf(look) * 2), dashed: look.proposed || look.draft, width: look.selected ? 2 : 1.4 });
    if (picture) this.context.drawImage(picture.canvas, picture.x, picture.y, picture.width, picture.height);
  }

  #points(region, look) {
    const { points } = region;
    const width = look.selected ? 3 : 2;
    for (const [from, to] of look.skeleton ?? []) {
      const [one, other] = [points[from], points[to]];
      if (one?.[2] > 0 && other?.[2] > 0) this.line([one, other], { colour: look.colour, dashed: look.proposed || look.draft, width });
    }
    points.forEach((point, at) => {
      if (point[2] === 0) return;
      const isActive = look.selected && look.active === at;
      // A hidden point is a ring, a visible one a disc; a proposed one is pale.
      const fill = point[2] === 1 ? "#ffffff" : look.colour;
      this.context.save();
      if (look.proposed) this.context.globalAlpha *= 0.75;
      this.circle(point, isActive ? 8 : look.selected ? 6 : 5, { colour: isActive ? "#1b2027" : look.colour, fill });
      this.context.restore();
    });
  }

  // Above the region, clear of its handles; at the top of the view below its upper side. A name that would cover
  // another one moves to its right or, at the edge, below it.
  #placeTag(box, look, placed) {
    const { context, transform } = this;
    const [left, top] = transform.toScreen(box[0], box[1]);
    context.font = TAG_FONT;
    const name = look.name.length > 28 ? `${look.name.slice(0, 27)}…` : look.name;
    const width = context.measureText(name).width + 12;
    const room = look.selected ? 27 : 21;
    const most = Math.max(2, transform.viewWidth - width - 2);
    const tag = { name, look, width, x: Math.min(Math.max(2, left), most), y: top >= room + 2 ? top - room : Math.max(2, look.selected ? top + 9 : top - room) };
    tag.y = Math.min(tag.y, Math.max(2, transform.viewHeight - 20));
    for (const other of placed) {
      const isClash = tag.x < other.x + other.width && other.x < tag.x + width && Math.abs(tag.y - other.y) < 19;
      if (isClash && other.x + other.width + 3 <= most) tag.x = other.x + other.width + 3;
      else if (isClash) tag.y = other.y + 20;
    }
    return tag;
  }

  #tag({ name, look, width, x, y }) {
    const { context } = this;
    context.font = TAG_FONT;
    context.save();
    context.globalAlpha = Math.max(0.35, this.opacity);
    context.beginPath();
    context.roundRect(x, y, width, 18, 4);
    context.fillStyle = look.proposed ? "#ffffff" : look.colour;
    context.fill();
    context.lineWidth = 1.5;
    context.setLineDash(look.proposed ? [4, 3] : []);
    context.strokeStyle = look.proposed ? look.colour : "#ffffff";
    context.stroke();
    context.fillStyle = look.proposed ? "#1b2027" : inkOn(look.colour);
    context.textBaseline = "middle";
    context.fillText(name, x + 6, y + 9.5);
    context.restore();
  }
}

/** Where the handle that turns a box stands, 26 CSS pixels above its top side. */
export function knobOf({ box, angle = 0 }, scale) {
  const away = 26 / scale;
  const middle = [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2];
  const radians = (angle * Math.PI) / 180;
  const reach = (box[3] - box[1]) / 2 + away;
  return [middle[0] + Math.sin(radians) * reach, middle[1] - Math.cos(radians) * reach];
}

// The selected region is filled least: one wants to see what is below it.
function fillOf(look) {
  if (look.selected) return 0.1;
  return look.proposed || look.draft ? 0.12 : 0.3;
}
