// The list of regions beside the picture: what each is, whether a person has looked at it, its attributes, and what can
// be done with it.

import { button, el, fill } from "../base/dom.js";
import { boxOfRegion } from "../canvas/canvas_geometry.js";
import { attributesFor, isChanged } from "./edit_region_forms.js";
import { colourOf, labelOf, nameOf } from "../base/labels.js";

export class RegionList {
  constructor(editor) {
    this.editor = editor;
    this.unread = null;
    this.items = el("ol", { class: "aa-region-list is-picture" });
    this.element = el("div", { class: "aa-region-side" }, this.items);
  }

  /** Whether the focus is on something in the list: Tab and Space are for that, then. */
  get hasFocus() {
    return this.items.contains(document.activeElement);
  }

  get isTyping() {
    const { tagName, type } = /** @type {HTMLInputElement} */ (document.activeElement);
    return this.hasFocus && ["INPUT", "SELECT"].includes(tagName) && type !== "checkbox";
  }

  /** Take over what is being typed: buttons leave the focus where it is, so the input says nothing by itself. */
  finishTyping() {
    this.unread?.();
    this.unread = null;
  }

  draw() {
    const { editor } = this;
    const focused = this.hasFocus ? /** @type {HTMLElement} */ (document.activeElement).dataset.attribute : undefined;
    const rows = editor.all.map((region) => this.#row(region));
    if (editor.draft) rows.push(el("li", { class: "aa-region is-selected" }, el("span", { class: "aa-region-label", text: `New ${editor.word}` }), el("span", { class: "aa-chip-note", text: "choose its label" })));
    if (rows.length === 0) rows.push(el("li", { class: "aa-empty", text: `No ${editor.word} yet.` }));
    fill(this.items, rows);
    if (focused) [...this.items.querySelectorAll("[data-attribute]")].find((one) => one.dataset.attribute === focused)?.focus({ preventScroll: true });
    this.#reveal(this.items.querySelector(".is-selected"));
  }

  // Scrolls the list alone: on a narrow screen the page must not jump from the picture to the list.
  #reveal(row) {
    if (!row) return;
    const [box, frame] = [row.getBoundingClientRect(), this.element.getBoundingClientRect()];
    if (box.top < frame.top) this.element.scrollTop -= frame.top - box.top;
    else if (box.bottom > frame.bottom) this.element.scrollTop += box.bottom - frame.bottom;
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
    const { id, name, kind } = attribute;
    const value = region.attributes?.[id];
    const common = { data: { attribute: id }, disabled: this.editor.locked.has(region.id) };
    // The list is drawn anew only after the focus has moved on, so that it can be put back where it went.
    const set = (made) => setTimeout(() => this.#set(region.id, id, made, name), 0);
    if (kind === "flag") return this.#flag(common, value === true, set);
    if (kind === "choice") return this.#choice(common, attribute.options ?? [], value, set);
    const isNumber = kind === "number";
    const typed = () => (isNumber && input.value !== "" ? Number(input.value) : input.value);
    const written = () => (this.unread = () => this.#set(region.id, id, typed(), name));
    const read = () => {
      this.unread = null;
      set(typed());
    };
    const input = el("input", { ...common, class: "aa-input", type: isNumber ? "number" : "text", step: "any", maxlength: "1000", dir: "auto", on: { input: written, change: read } });
    input.value = value === undefined || value === null ? "" : String(value);
    return input;
  }

  #flag(common, isOn, set) {
    // A click with the mouse leaves the keys with the card; the keyboard stays where it is.
    const clicked = (event) => event.detail > 0 && this.editor.host.focus();
    const box = el("input", { ...common, type: "checkbox", on: { change: () => set(box.checked), click: clicked } });
    box.checked = isOn;
    return box;
  }

  #choice(common, options, value, set) {
    const choose = () => {
      this.editor.host.focus();
      set(choice.value);
    };
    const choice = el("select", { ...common, class: "aa-input", on: { change: choose } }, ["", ...options].map((one) => el("option", { value: one, text: one || "–" })));
    choice.value = value ?? "";
    return choice;
  }

  #set(regionId, name, value, words) {
    const region = this.editor.regionOf(regionId);
    if (region) this.editor.change({ ...region, attributes: { ...region.attributes, [name]: value } }, `${words || name} set`);
  }

  #clicked(event, region) {
    if (event.target.closest("button, input, select, label") || this.editor.isMidway()) return;
    this.editor.review.isOn = false;
    if (this.editor.mode !== "select") this.editor.setMode("select");
    this.editor.select(region.id);
    const box = boxOfRegion(region);
    if (box) this.editor.view.reveal(box);
  }
}
