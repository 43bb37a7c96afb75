// Joining regions: pick the span a relation starts at, then the span it ends at, then its label.

import { button, cap, el, fill, plural } from "../base/dom.js";
import { chip } from "../base/chips.js";
import { keptRegions, mergedRegions } from "../editing/edit_drafts.js";
import { History } from "../editing/edit_history.js";
import { startingRegions } from "../editing/edit_texts.js";
import { OpenQuestion } from "../editing/edit_undecided.js";
import { colourOf, keyOf, labelAt, labelOf, nameOf } from "../base/labels.js";

const NEUTRAL = "#57534e";

export class RelationEditor {
  from;

  constructor(host) {
    this.host = host;
    this.field = host.card.field;
    this.spans = [...(host.card.spans ?? [])].sort((a, b) => a.start - b.start || a.end - b.end);
    this.history = new History();
    this.question = new OpenQuestion(host, (count) => plural(count, "relation"), {
      take: () => this.#decideAll((one) => ({ ...one, proposed: false })),
      drop: () => this.#decideAll(() => null),
      look: () => this.#choose(this.relations.find((one) => one.proposed).id),
    });
    this.ends = el("div", { class: "aa-ends", "aria-live": "off" });
    this.labels = el("div", { class: "aa-chips" });
    this.list = el("ol", { class: "aa-region-list" });
    this.element = el("div", { class: "aa-relations" }, this.ends, this.labels, this.list);
    host.view.onPick = (id) => this.#pick(id);
    this.reset();
  }

  reset() {
    const { all, gone } = startingRegions("relations", this.host.card, this.host.hidden);
    Object.assign(this, { relations: all, gone });
    Object.assign(this, { from: null, at: null, selected: null, touched: false });
    this.draw();
  }

  value() {
    return { relations: this.relations.map(({ id, label, from, to }) => ({ id, label, from, to })) };
  }

  regions() {
    const verdicts = {};
    for (const one of this.relations) {
      if (one.proposed && this.#isOwn) continue;
      verdicts[one.id] = !one.origin ? "choose" : one.origin.label === one.label ? "accept" : "edit";
    }
    for (const id of this.gone.keys()) verdicts[id] = "reject";
    return verdicts;
  }

  draw() {
    const active = this.relations.find((one) => one.id === this.selected);
    const lit = active ? [active.from, active.to] : [this.from, this.at];
    this.host.view.draw(this.spans.map((span) => this.#drawn(span, lit)));
    fill(this.ends, this.#endWords());
    fill(this.labels, this.field.labels.map((label) => this.#chip(label)));
    fill(this.list, this.relations.map((one) => this.#listed(one)));
  }

  digit(number) {
    const label = labelAt(this.field, number);
    if (!label) return false;
    this.#label(label);
    return true;
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
    const answered = this.question.key(event);
    if (answered) return answered;
    if (event.key === "Tab") return this.#cycle(event.shiftKey ? -1 : 1);
    if (event.key === "w") return this.#startHere();
    if (event.key === "ArrowDown" || event.key === "ArrowUp") return this.#walk(event.key === "ArrowDown" ? 1 : -1);
    if (event.key === "Delete" && this.selected) return this.#remove(this.selected);
    if (event.key !== "Escape" || !(this.from || this.at || this.selected)) return undefined;
    Object.assign(this, { from: null, at: null, selected: null });
    this.draw();
    return "done";
  }

  command(name) {
    if (name === "accept") return this.#asksFirst();
    if (name === "undo") return this.#restore(this.history.back(this.#state()), "One step back");
    if (name === "redo") return this.#restore(this.history.again(this.#state()), "Redone");
    if (name === "reject" && this.selected) return this.#remove(this.selected) === "done";
    return name === "edit" && this.#cycle(1) === "done";
  }

  #drawn(span, lit) {
    const name = this.#spanName(span.label);
    return { ...span, name, colour: this.#spanColour(span.label), proposed: false, selected: lit.includes(span.id) };
  }

  // The card brings the regions of another field; that field tells their names and colours where it is known.
  #spanName(id) {
    return this.host.spanField ? nameOf(this.host.spanField, id) : id;
  }

  #spanColour(id) {
    return this.host.spanField ? colourOf(labelOf(this.host.spanField, id)) : NEUTRAL;
  }

  #quote(id) {
    const span = this.spans.find((one) => one.id === id);
    return span ? this.host.offsets.slice(span.start, span.end) : `${id} (gone)`;
  }

  #endWords() {
    if (this.spans.length < 2) return el("span", { class: "aa-hint", text: "A relation needs two spans on the item." });
    const end = (id, empty) => el("span", { class: `aa-end ${id ? "is-set" : ""}`, dir: "auto", text: id ? this.#quote(id) : empty });
    return [end(this.from, "from: pick a span (Tab, then W)"), el("span", { class: "aa-arrow", text: "→" }), end(this.from ? this.at : null, "to: pick the other span")];
  }

  #chip(label) {
    const fits = this.from && this.at ? this.#mayJoin(label) : true;
    return chip(label, { digit: keyOf(this.field, label).toUpperCase(), dimmed: !fits }, (one) => this.#label(one));
  }

  #mayJoin(label, from = this.from, to = this.at) {
    const kind = (id) => this.spans.find((span) => span.id === id)?.label;
    const fits = (allowed, id) => !allowed || allowed.length === 0 || allowed.includes(kind(id));
    return fits(label.from, from) && fits(label.to, to);
  }

  #listed(one) {
    const label = labelOf(this.field, one.label);
    const classes = `aa-region ${one.proposed ? "is-proposed" : ""} ${one.id === this.selected ? "is-selected" : ""}`;
    const name = nameOf(this.field, one.label);
    return el(
      "li",
      { class: classes, style: { "--label": colourOf(label) }, on: { click: () => this.#choose(one.id) } },
      el("span", { class: "aa-dot" }),
      el("span", { class: "aa-region-text", dir: "auto", text: this.#quote(one.from) }),
      el("span", { class: "aa-region-label", text: `— ${name} →` }),
      el("span", { class: "aa-region-text", dir: "auto", text: this.#quote(one.to) }),
      one.proposed ? el("span", { class: "aa-chip-note", text: "model suggests" }) : null,
      button({ class: "aa-small", "aria-label": `Delete ${name}`, on: { click: () => this.#remove(one.id) } }, "Delete", one.id === this.selected ? cap("X") : null),
    );
  }

  #pick(id) {
    this.selected = null;
    if (id === null) Object.assign(this, { from: null, at: null });
    else if (!this.from) Object.assign(this, { from: id, at: null });
    else if (id !== this.from) this.at = id;
    else Object.assign(this, { from: null, at: null });
    this.draw();
    if (this.from) this.host.say(this.at ? "Choose the relation's label" : `From “${this.#quote(this.from)}”: pick the other span`);
  }

  #cycle(step) {
    const ids = this.spans.map((span) => span.id).filter((id) => id !== this.from);
    const at = this.at === null ? (step > 0 ? -1 : ids.length) : ids.indexOf(this.at);
    this.selected = null;
    this.at = ids[at + step] ?? null;
    this.draw();
    if (this.at === null) return undefined;
    this.host.view.reveal(this.spans.find((span) => span.id === this.at).start);
    this.host.say(`${this.#spanName(this.spans.find((span) => span.id === this.at).label)}: ${this.#quote(this.at)}`);
    return "done";
  }

  #startHere() {
    if (!this.at) return this.host.say("Tab to a span first, then W starts a relation there") ?? "done";
    Object.assign(this, { from: this.at, at: null });
    this.draw();
    this.host.say(`From “${this.#quote(this.from)}”: Tab to the other span, then a digit`);
    return "done";
  }

  #walk(step) {
    if (this.relations.length === 0) return "done";
    const at = this.relations.findIndex((one) => one.id === this.selected);
    const next = Math.max(0, Math.min(this.relations.length - 1, at + step));
    this.#choose(this.relations[next].id);
    return "done";
  }

  #choose(id) {
    Object.assign(this, { selected: id, from: null, at: null });
    this.draw();
  }

  #label(label) {
    if (this.selected) return this.#relabel(label);
    if (!this.from || !this.at) return this.host.say("Pick two spans first: from, then to");
    if (!this.#mayJoin(label)) return this.host.say(`${label.name} may not join these two spans`);
    const same = (one) => one.from === this.from && one.to === this.at && one.label === label.id;
    if (this.relations.some(same)) return this.host.say("These two spans already have this relation");
    const made = { id: this.#freshId(), label: label.id, from: this.from, to: this.at, origin: null, proposed: false };
    this.#remember();
    this.relations = [...this.relations, made];
    Object.assign(this, { from: null, at: null });
    return this.#changed(`${label.name} added`);
  }

  #relabel(label) {
    const one = this.relations.find((relation) => relation.id === this.selected);
    if (!this.#mayJoin(label, one.from, one.to)) return this.host.say(`${label.name} may not join these two spans`);
    const change = { ...one, label: label.id, proposed: false };
    this.#remember();
    this.relations = this.relations.map((relation) => (relation.id === one.id ? change : relation));
    return this.#changed(`${label.name} set`);
  }

  #remove(id) {
    const one = this.relations.find((relation) => relation.id === id);
    this.#remember();
    if (one.origin) this.gone = new Map(this.gone).set(id, one.origin);
    this.relations = this.relations.filter((relation) => relation.id !== id);
    this.selected = null;
    this.#changed(`${nameOf(this.field, one.label)} deleted, ${plural(this.relations.length, "relation")} left`);
    return "done";
  }

  /** What is not saved here, to be kept; null where nothing is. */
  draftState() {
    if (!this.touched && !this.from) return null;
    return { ...keptRegions(this.relations, this.gone.keys(), this.#proposal, plainRelation), from: this.from, at: this.at };
  }

  putBack({ from, at, ...kept }) {
    this.#remember();
    const { all, gone } = mergedRegions(this.relations, kept, this.#proposal);
    const known = (id) => (this.spans.some((span) => span.id === id) ? id : null);
    Object.assign(this, { relations: all, gone, from: known(from), at: known(at), touched: true });
    this.draw();
  }

  // Somebody worked on it, now or before taking it back: it is no longer the suggestion as it came.
  get #isOwn() {
    return this.touched || Boolean(this.host.card.former);
  }

  get #proposal() {
    return this.host.card.suggestion?.proposal ?? null;
  }

  // An untouched card is taken as suggested, all of it in sight; among relations of one's own each is decided about.
  #asksFirst() {
    const open = this.relations.filter((one) => one.proposed);
    if (!this.#isOwn || open.length === 0) return false;
    if (!open.some((one) => one.id === this.selected)) return this.question.ask(open.length) ?? true;
    this.#remember();
    this.relations = this.relations.map((one) => (one.id === this.selected ? { ...one, proposed: false } : one));
    if (open.length === 1) return false;
    this.#changed(`${plural(open.length - 1, "suggested relation")} left`);
    return this.#choose(this.relations.find((one) => one.proposed).id) ?? true;
  }

  #decideAll(decide) {
    this.#remember();
    const out = this.relations.filter((one) => one.proposed && !decide(one));
    this.gone = new Map([...this.gone, ...out.map((one) => [one.id, one.origin])]);
    this.relations = this.relations.map((one) => (one.proposed ? decide(one) : one)).filter(Boolean);
    this.#changed("");
    this.host.accept();
  }

  #state() {
    return { relations: this.relations, gone: this.gone, selected: this.selected, touched: this.touched };
  }

  #remember() {
    this.question.close();
    this.history.keep(this.#state());
  }

  // False where there is no such step: then the key means the last decision.
  #restore(state, words) {
    if (!state) return false;
    const { touched } = state;
    Object.assign(this, state, { from: null, at: null });
    this.question.close();
    this.#changed(words);
    this.touched = touched;
    this.host.changed();
    return true;
  }

  #changed(words) {
    this.touched = true;
    this.draw();
    this.host.say(words);
    this.host.changed();
  }

  #freshId() {
    const taken = new Set([...this.relations.map((one) => one.id), ...this.gone.keys()]);
    let number = 1;
    while (taken.has(`n${number}`)) number += 1;
    return `n${number}`;
  }
}

function plainRelation({ id, label, from, to }) {
  return { id, label, from, to };
}
