// Reviewing one object at a time, and the question that ends an item: is an object missing?

import { button, cap, el } from "../base/dom.js";
import { counted } from "./edit_region_forms.js";
import { OpenQuestion } from "../editing/edit_undecided.js";

export class RegionReview {
  editor;

  constructor(editor) {
    Object.assign(this, { editor, isOn: false, isAsking: false });
    this.open = new OpenQuestion(editor.host, (count) => counted(count, editor.field), {
      take: () => this.#decideAll((ids) => editor.settle(ids)),
      drop: () => this.#decideAll((ids) => this.#drop(ids)),
      look: () => this.#look(),
    });
  }

  reset() {
    Object.assign(this, { isOn: false, isAsking: false });
    this.open.isOpen = false;
  }

  /** Say what there is when a card opens. */
  greet() {
    const { all } = this.editor;
    const open = all.filter((region) => region.proposed).length;
    if (open > 0) this.editor.say(`${open} suggested. A looks at them one by one, Enter asks about all, B draws`);
    else if (all.length > 0) this.editor.say(`${counted(all.length, this.editor.field)} of yours. Tab steps through them, Enter saves`);
  }

  /** Review the next region, zoomed to; after the last false. `wraps` starts over. */
  step(by, wraps = false) {
    const ids = this.editor.all.filter((region) => !this.editor.veiled.has(region.id)).map((region) => region.id);
    const at = this.editor.selected === null ? (by > 0 ? -1 : ids.length) : ids.indexOf(this.editor.selected);
    const next = ids[at + by] ?? (wraps ? (ids[0] ?? null) : null);
    if (this.editor.mode !== "select") this.editor.setMode("select");
    this.isOn = next !== null;
    this.editor.select(next, { zooms: true });
    if (next === null) this.editor.view.fit();
    return next !== null;
  }

  /** Accept the region in focus and go to the next; after the last ask whether one is missing. */
  accept() {
    this.editor.list.finishTyping();
    if (this.open.isOpen) return void this.open.key({ key: "a" });
    if (this.isAsking) return this.editor.say("N or Enter: nothing is missing · B: draw what is");
    if (this.editor.tool.isBusy) return void this.editor.tool.key({ key: "Enter" });
    if (this.editor.draft) return this.editor.say(`Choose the label of the new ${this.editor.word} first, or X drops it`);
    if (this.editor.selected) this.editor.settle([this.editor.selected]);
    const after = this.editor.all.findIndex((region) => region.id === this.editor.selected);
    return this.goOn(after + 1);
  }

  /** Go to the next region that nobody decided about, from this place of the list on; after the last, ask. */
  goOn(from) {
    const open = (region) => region.proposed && !this.editor.veiled.has(region.id);
    const next = this.editor.all.slice(from).find(open) ?? this.editor.all.find(open);
    if (!next) return this.ask();
    if (this.editor.mode !== "select") this.editor.setMode("select");
    this.isOn = true;
    return this.editor.select(next.id, { zooms: true });
  }

  get #undecided() {
    return this.editor.all.filter((region) => region.proposed).map((region) => region.id);
  }

  #decideAll(act) {
    act(this.#undecided);
    this.ask();
  }

  #drop(ids) {
    const { editor } = this;
    editor.keepStep();
    const out = editor.all.filter((region) => ids.includes(region.id));
    editor.gone = new Map([...editor.gone, ...out.map((region) => [region.id, region.origin])]);
    editor.all = editor.all.filter((region) => !ids.includes(region.id));
    editor.changed(`${counted(out.length, editor.field)} dropped`);
  }

  // A region that was hidden is shown: it cannot be decided about otherwise.
  #look() {
    const [first] = this.#undecided;
    this.editor.veiled.delete(first);
    this.editor.isAllVeiled = false;
    this.goOn(0);
  }

  /** Ask about suggested regions that are open, then whether an object is missing; that answer saves the item. */
  ask() {
    this.editor.list.finishTyping();
    if (this.editor.isMidway()) return undefined;
    if (this.editor.draft) return this.editor.say(`Choose the label of the new ${this.editor.word} first, or X drops it`);
    if (this.editor.mode !== "select") this.editor.setMode("select");
    const open = this.#undecided.length;
    Object.assign(this, { isAsking: open === 0, isOn: false });
    this.editor.selected = null;
    this.editor.view.fit();
    this.editor.draw();
    if (open > 0) return this.open.ask(open);
    const many = this.editor.all.length;
    const count = many === 0 ? `No ${this.editor.word} is marked.` : `${counted(many, this.editor.field)}.`;
    const question = many === 0 ? "Is there really none?" : "Is any object missing?";
    const yes = button({ class: "aa-chip", on: { click: () => this.commit() } }, cap("N"), many === 0 ? "there is none" : "no, that is all");
    const draw = button({ class: "aa-chip", on: { click: () => this.drawMissing() } }, cap("B"), "draw it");
    this.editor.host.ask(el("span", { class: "aa-ask-words", text: `${count} ${question}` }), yes, draw);
    return this.editor.say(`${count} ${question} N or Enter: ${many === 0 ? "none" : "no, that is all"} · B: draw it · Esc: go back`);
  }

  commit() {
    this.closeQuestion();
    this.editor.host.commit(this.editor.value());
  }

  drawMissing() {
    this.closeQuestion();
    this.editor.startDrawing();
  }

  closeQuestion() {
    this.open.close();
    if (!this.isAsking) return;
    this.isAsking = false;
    this.editor.host.ask();
  }
}
