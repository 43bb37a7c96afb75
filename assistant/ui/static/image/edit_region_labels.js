// The labels above the list of regions: digits and chips, and a filter where there are more labels than digits.

import { el, fill } from "../base/dom.js";
import { chip, chipRows } from "../base/chips.js";
import { relabelled } from "./edit_region_forms.js";
import { digitOf } from "../base/keys.js";
import { digitsStay, keyOf, labelAt, matching } from "../base/labels.js";

export class LabelRow {
  constructor(editor) {
    this.editor = editor;
    this.field = editor.field;
    this.filter = digitsStay(this.field) ? null : this.#makeFilter();
    this.rows = el("div", { class: "aa-label-rows" });
    this.element = el("div", { class: `aa-region-labels ${this.filter ? "is-long" : ""}` }, this.filter, this.rows);
  }

  get isTyping() {
    return this.filter !== null && document.activeElement === this.filter;
  }

  draw() {
    const found = this.filter?.value.trim() ? matching(this.field, this.filter.value) : null;
    this.shown = this.filter ? (found ?? this.field.labels) : null;
    const current = this.editor.regionOf(this.editor.selected)?.label ?? this.editor.brush;
    const make = (label) => chip(label, { digit: this.#digitOf(label), lit: current === label.id }, (one) => this.give(one));
    fill(this.rows, found ? el("div", { class: "aa-chips" }, found.map(make)) : chipRows(this.field.labels, make));
  }

  digit(number) {
    const label = this.shown ? this.shown[number - 1] : labelAt(this.field, number);
    if (!label) return false;
    this.give(label);
    return true;
  }

  /** Go to the filter; false where there is none. */
  focus() {
    this.filter?.focus();
    return this.filter !== null;
  }

  key(event) {
    const digit = digitOf(event);
    if (digit !== null && this.digit(digit)) return "done";
    if (event.key === "Enter" && this.filter.value && this.shown.length > 0) return this.give(this.shown[0]) ?? "done";
    if (event.key !== "Escape") return "typed";
    this.#clear();
    return "done";
  }

  /** The label whose own hotkey was pressed, or null. */
  byHotkey(key) {
    if (this.filter) return null;
    return this.field.labels.find((one) => one.key && !/^[0-9]$/.test(one.key) && one.key === key) ?? null;
  }

  /** Label what was drawn, or the region in focus; with neither, take the label in hand. */
  give(label) {
    const { editor } = this;
    if (this.filter) this.#clear();
    editor.review.closeQuestion();
    if (editor.draft) return void editor.add(editor.draft, label.id);
    // What is half drawn is meant, not the region that was drawn before it.
    const region = editor.tool.isBusy ? null : editor.regionOf(editor.selected);
    if (!region) return this.#takeBrush(label);
    if (editor.locked.has(region.id)) return editor.say(`This ${editor.word} is locked: L unlocks it`);
    const at = editor.all.indexOf(region);
    const wasReviewing = editor.review.isOn;
    editor.change(relabelled(this.field, region, label.id), "is its label");
    // Correcting costs what accepting costs: while reviewing, the label answers and leads on.
    return wasReviewing ? editor.review.goOn(at + 1) : undefined;
  }

  #takeBrush(label) {
    const { editor } = this;
    editor.brush = editor.brush === label.id && !editor.tool.isBusy ? null : label.id;
    if (editor.brush && !editor.kind.keepsSelecting && editor.mode === "select") editor.setMode("draw");
    editor.draw();
    editor.say(editor.brush ? `${label.name} in hand: what you draw gets it` : "No label in hand");
  }

  #clear() {
    this.filter.value = "";
    this.draw();
    this.editor.host.focus();
  }

  #digitOf(label) {
    if (!this.filter) return keyOf(this.field, label).toUpperCase();
    const at = this.shown.indexOf(label);
    return at >= 0 && at < 9 ? String(at + 1) : "";
  }

  #makeFilter() {
    const placeholder = `Filter ${this.field.labels.length} labels (E)`;
    return el("input", { class: "aa-filter", type: "text", autocomplete: "off", placeholder, "aria-label": "Filter labels", on: { input: () => this.draw() } });
  }
}
