// The list of regions beside the picture: what each is, whether a person has looked at it, its attributes, and what can
// be done with it.

import { button, el, fill } from "./dom.js";
import { boxOfRegion } from "./canvas_geometry.js";
import { attributesFor, isChanged } from "./edit_region_forms.js";
import { colourOf, labelOf, nameOf } from "./labels.js";

export class RegionList {
  constructor(editor) {
    this.editor = editor;
    this.items = el("ol", { class: "aa-region-list is-picture" });
    this.element = el("div", { class: "aa-region-side" }, this.items);
  }

  get isTyping() {
    return this.items.contains(document.activeElement) && ["INPUT", "SELECT"].includes(document.activeElement.tagName) && document.activeElement.type !== "checkbox";
  }

  draw() {
    const { editor } = this;
    const rows = editor.all.map((region) => this.#row(region));
    if (editor.draft) rows.push(el("li", { class: "aa-region is-selected" }, el("span", { class: "aa-region-label", text: `New ${editor.word}` }), el("span", { class: "aa-chip-note", text: "choose its label" })));
    if (rows.length === 0) rows.push(el("li", { class: "aa-empty", text: `No ${editor.word} yet.` }));
    fill(this.items, rows);
    this.items.querySelector(".is-selected")?.scrollIntoView({ block: "nearest" });
  }

  /** Lock or hide a region, or the other way round. `what`: "locked" or "veiled". Neither is part of the answer. */
  toggle(what, id) {
    const { editor } = this;
    const isOn = !editor[what].delete(id);
    if (isOn) editor[what].add(id);
    const words = { locked: ["unlocked", "locked: it cannot be changed or clicked"], veiled: ["shown", "hidden while you work; it is still saved"] }[what][Number(isOn)];
    editor.draw();
    editor.say(`${nameOf(editor.field, editor.regionOf(id).label)} ${words}`);
  }

  /** Take all regions off the picture for a look below them, or put them back. */
  toggleAll() {
    const { editor } = this;
    editor.isAllVeiled = !editor.isAllVeiled;
    editor.view.redraw();
    editor.say(editor.isAllVeiled ? "All regions hidden: V shows them" : "All regions shown");
  }

  #row(region) {
    const { editor } = this;
    const isSelected = region.id === editor.selected;
    const label = labelOf(editor.field, region.label);
    const classes = ["aa-region", region.proposed && "is-proposed", isSelected && "is-selected", editor.veiled.has(region.id) && "is-veiled"];
    return el(
      "li",
      { class: classes.filter(Boolean).join(" "), data: { region: region.id }, style: { "--label": colourOf(label) }, "aria-current": isSelected ? "true" : null, on: { click: (event) => this.#clicked(event, region) } },
      el("span", { class: "aa-dot" }),
      el("span", { class: "aa-region-label", dir: "auto", text: nameOf(editor.field, region.label) }),
      this.#note(region),
      el("span", { class: "aa-region-acts" }, this.#acts(region)),
      isSelected ? this.#attributes(region) : null,
    );
  }

  #note(region) {
    if (region.proposed) return el("span", { class: "aa-chip-note", text: "suggested" });
    const words = !region.origin ? "drawn" : isChanged(region) ? "changed" : "accepted";
    const box = boxOfRegion(region);
    const size = box ? `${Math.round(box[2] - box[0])} × ${Math.round(box[3] - box[1])}` : "empty";
    return el("span", { class: "aa-region-size", title: words, text: size });
  }

  #acts(region) {
    const { editor } = this;
    const name = nameOf(editor.field, region.label);
    const [isVeiled, isLocked] = [editor.veiled.has(region.id), editor.locked.has(region.id)];
    const act = (mark, label, isOn, key, run) => button({ class: `aa-mark is-${mark} ${isOn ? "is-on" : ""}`, "aria-label": label, "aria-pressed": isOn === null ? null : String(isOn), title: `${label} (${key})`, on: { click: run } });
    return [
      act("eye", `${isVeiled ? "Show" : "Hide"} ${name}`, isVeiled, "V", () => this.toggle("veiled", region.id)),
      act("lock", `${isLocked ? "Unlock" : "Lock"} ${name}`, isLocked, "L", () => this.toggle("locked", region.id)),
      act("delete", `Delete ${name}`, null, "X", () => editor.remove(region.id)),
    ];
  }

  #attributes(region) {
    const wanted = attributesFor(this.editor.field, region.label);
    if (wanted.length === 0) return null;
    return el("div", { class: "aa-attributes" }, wanted.map((attribute) => el("label", { class: "aa-attribute" }, el("span", { dir: "auto", text: attribute.name || attribute.id }), this.#input(region, attribute))));
  }

  #input(region, attribute) {
    const value = region.attributes?.[attribute.id];
    const isLocked = this.editor.locked.has(region.id);
    const set = (made) => this.editor.change({ ...region, attributes: { ...region.attributes, [attribute.id]: made } }, `${attribute.name || attribute.id} set`);
    if (attribute.kind === "flag") {
      const box = el("input", { type: "checkbox", disabled: isLocked, on: { change: () => set(box.checked) } });
      box.checked = value === true;
      return box;
    }
    if (attribute.kind === "choice") {
      const options = ["", ...(attribute.options ?? [])].map((one) => el("option", { value: one, text: one || "–" }));
      const choice = el("select", { class: "aa-input", disabled: isLocked, on: { change: () => set(choice.value) } }, options);
      choice.value = value ?? "";
      return choice;
    }
    const isNumber = attribute.kind === "number";
    const input = el("input", { class: "aa-input", type: isNumber ? "number" : "text", step: "any", dir: "auto", disabled: isLocked, on: { change: () => set(isNumber && input.value !== "" ? Number(input.value) : input.value) } });
    input.value = value === undefined || value === null ? "" : String(value);
    return input;
  }

  #clicked(event, region) {
    if (event.target.closest("button, input, select, label")) return;
    this.editor.review.isOn = false;
    if (this.editor.mode !== "select") this.editor.setMode("select");
    this.editor.select(region.id);
    const box = boxOfRegion(region);
    if (box) this.editor.view.reveal(box);
  }
}
