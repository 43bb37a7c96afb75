// Draws an item's text with regions over it. Overlapping regions get one underline each, on lanes of their own; the
// text itself is never changed and is written as text nodes only. Positions outside this module are code points.

import { el, fill } from "../base/dom.js";

export class TextView {
  item; offsets; onRange; onPick;

  /**
   * An editor may set `onRange(range)`, called after a drag over text, and `onPick(id)`, after a click on a region
   * (null beside all regions). Without them text can be selected and copied as anywhere.
   */
  constructor(item, offsets) {
    Object.assign(this, { item, offsets, onRange: null, onPick: null });
    this.blocks = blocksOf(item, offsets);
    this.element = this.#build();
    this.element.addEventListener("mouseup", (event) => this.#released(event.target));
    this.draw([]);
  }

  /**
   * `regions`: {id, start, end, name, colour, proposed, selected}. `draft`: {start, end} of a region without a label.
   */
  draw(regions, draft = null) {
    this.regions = regions;
    const lanes = lanesOf(regions);
    const most = Math.max(0, ...lanes.values()) + (regions.length > 0 ? 1 : 0);
    this.element.style.setProperty("--lanes", String(most));
    for (const block of this.blocks) this.#drawBlock(block, regions, lanes, draft);
  }

  /** Bring a position into view. */
  reveal(point) {
    const block = this.blocks.find((one) => one.start <= point && point < one.end) ?? this.blocks[0];
    const pieces = [...(block?.node.children ?? [])];
    const piece = pieces.find((one) => Number(one.dataset.end) > point);
    piece?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #build() {
    const isPair = this.item.kind === "pair" && this.blocks.length > 1;
    const isTalk = this.item.kind === "conversation" && this.blocks.length > 0;
    const roles = [...new Set(this.blocks.map((block) => block.role))];
    const root = el("div", { class: `aa-text ${isPair ? "is-pair" : isTalk ? "is-talk" : ""}` });
    for (const block of this.blocks) {
      block.node = el("div", { class: "aa-run", dir: "auto", data: { base: String(block.start) } });
      const side = isTalk && roles.indexOf(block.role) % 2 === 1 ? "is-other" : "";
      const head = block.role ? el("div", { class: "aa-role", dir: "auto", text: block.role }) : null;
      root.append(el("div", { class: `aa-block ${side}` }, head, block.node));
    }
    return root;
  }

  #drawBlock(block, regions, lanes, draft) {
    const inside = regions.filter((one) => one.start < block.end && one.end > block.start);
    const cuts = new Set([block.start, block.end]);
    for (const one of draft ? [...inside, draft] : inside) {
      for (const point of [one.start, one.end]) if (point > block.start && point < block.end) cuts.add(point);
    }
    const points = [...cuts].sort((a, b) => a - b);
    const pieces = points.slice(0, -1).map((start, at) => {
      const end = points[at + 1];
      const over = inside.filter((one) => one.start <= start && one.end >= end);
      return this.#piece(start, end, over, lanes, draft);
    });
    fill(block.node, pieces.length > 0 ? pieces : "");
  }

  #piece(start, end, over, lanes, draft) {
    const text = this.offsets.slice(start, end);
    const isDraft = draft && draft.start <= start && draft.end >= end;
    if (over.length === 0 && !isDraft) return el("span", { data: { end }, text });
    const classes = ["aa-piece"];
    if (isDraft) classes.push("is-draft");
    if (over.some((one) => one.selected)) classes.push("is-selected");
    const piece = el("span", { class: classes.join(" "), data: { end, ids: over.map((one) => one.id).join(" ") }, text });
    if (over.length > 0) paint(piece, over, lanes);
    // The name is drawn by the style sheet from an attribute, above the line: it takes no part in selecting and
    // counting text, and the text does not move when a label comes or goes.
    const starting = over.filter((one) => one.start === start);
    if (starting.length > 0) {
      piece.dataset.tag = starting.map((one) => one.name).join(" · ");
      piece.style.setProperty("--tag", starting[0].colour);
    }
    return piece;
  }

  #released(target) {
    if (!this.onRange && !this.onPick) return;
    const selection = window.getSelection();
    const range = selection && !selection.isCollapsed ? this.#rangeOf(selection) : null;
    if (range && this.onRange) {
      selection.removeAllRanges();
      this.onRange(range);
      return;
    }
    this.#clicked(target);
  }

  // The innermost region first; clicking again goes on to the one around it.
  #clicked(node) {
    const ids = (node.closest?.("[data-ids]")?.dataset.ids ?? "").split(" ").filter(Boolean);
    const over = this.regions.filter((one) => ids.includes(one.id)).sort((a, b) => a.end - a.start - (b.end - b.start));
    const at = over.findIndex((one) => one.selected);
    this.onPick?.(over.length === 0 ? null : over[(at + 1) % over.length].id);
  }

  #rangeOf(selection) {
    const found = selection.getRangeAt(0);
    const start = this.#pointAt(found.startContainer, found.startOffset);
    const block = start ? start.block : this.#pointAt(found.endContainer, found.endOffset)?.block;
    if (!block) return null;
    const end = this.#pointAt(found.endContainer, found.endOffset);
    const base = this.offsets.toUnit(block.start);
    const length = this.offsets.toUnit(block.end) - base;
    const from = start ? start.unit : 0;
    const to = end && end.block === block ? end.unit : length;
    return this.offsets.fromSelection(base + from, base + to);
  }

  // UTF-16 units from the start of the block to a place in the DOM: the length of the text between them.
  #pointAt(node, offset) {
    const block = this.blocks.find((one) => one.node.contains(node));
    if (!block) return null;
    const range = document.createRange();
    range.setStart(block.node, 0);
    range.setEnd(node, offset);
    return { block, unit: range.toString().length };
  }
}

function blocksOf(item, offsets) {
  const parts = item.parts ?? [];
  if (parts.length === 0) return [{ role: "", start: 0, end: offsets.length }];
  return parts.map((part) => ({ role: part.role, start: part.start, end: part.end }));
}

// Greedy interval colouring: each region takes the lowest lane that is free over its whole length.
function lanesOf(regions) {
  const ends = [];
  const lanes = new Map();
  for (const one of [...regions].sort((a, b) => a.start - b.start || b.end - a.end)) {
    let lane = ends.findIndex((end) => end <= one.start);
    if (lane < 0) lane = ends.length;
    ends[lane] = one.end;
    lanes.set(one.id, lane);
  }
  return lanes;
}

function paint(piece, over, lanes) {
  const images = [];
  const sizes = [];
  const places = [];
  for (const one of over) {
    const line = one.proposed
      ? `repeating-linear-gradient(90deg, ${one.colour} 0 5px, transparent 5px 9px)`
      : `linear-gradient(${one.colour}, ${one.colour})`;
    images.push(line);
    sizes.push(`100% ${one.selected ? 4 : 2}px`);
    places.push(`0 calc(100% - ${(lanes.get(one.id) ?? 0) * 5}px)`);
  }
  for (const one of over) {
    const strength = one.selected ? 30 : one.proposed ? 8 : 16;
    const tint = `color-mix(in srgb, ${one.colour} ${strength}%, transparent)`;
    images.push(`linear-gradient(${tint}, ${tint})`);
    sizes.push("100% 100%");
    places.push("0 0");
  }
  piece.style.setProperty("background-image", images.join(", "));
  piece.style.setProperty("background-size", sizes.join(", "));
  piece.style.setProperty("background-position", places.join(", "));
}
