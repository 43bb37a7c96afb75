// What opens beside the card: the guideline, similar items, my last decisions, the keys.

import { button, cap, el, fill } from "../base/dom.js";
import { colourOf } from "../base/labels.js";
import { COMMANDS, keyName } from "../base/keys.js";
import { markdown } from "../base/markdown.js";
import { kindOf } from "../kinds/registry.js";
import { shownAs } from "../views/registry.js";

const FIXED_KEYS = [
  ["1…9", "choose or toggle a label: correcting costs one key, as accepting does"],
  ["Tab", "next span (Shift+Tab: the one before)"],
  ["W", "spans: start a new one at a word · relations: start at the span in focus"],
  ["← →", "move the right edge by a word (Shift: the left edge); move through labels"],
  ["Ctrl+Z", "spans: one step back inside the item"],
  ["Ctrl+↵", "save a written answer"],
  ["Alt+letter", "a letter command while letters filter the labels"],
  ["Esc", "back to the card"],
];

export class Drawers {
  reviewer; project; frame; server; keymap;

  constructor({ frame, reviewer, server, keymap, project }) {
    Object.assign(this, { frame, reviewer, server, keymap, project });
    this.open = "";
    /** True while the next key press is being bound to a command. */
    this.isListening = false;
  }

  guideline() {
    const card = this.reviewer.card;
    const field = card?.field;
    if (this.#toggles("guideline")) return;
    const suggested = card && !this.reviewer.hidden ? [card.suggestion?.value?.label, ...(card.suggestion?.value?.labels ?? [])] : [];
    const labels = (field?.labels ?? []).filter((label) => label.description);
    const rows = labels.map((label) => labelRow(label, suggested.includes(label.id)));
    const general = this.project.guideline ? [el("h4", { text: "For the whole project" }), markdown(this.project.guideline)] : [];
    const own = field?.guideline ? [markdown(field.guideline)] : [];
    const nothing = el("p", { class: "aa-muted", text: "No guideline has been written yet." });
    this.#show("guideline", field ? `Guideline: ${field.name}` : "Guideline", own, rows, general, own.length + rows.length + general.length === 0 ? nothing : null);
    this.frame.drawer.querySelector(".is-here")?.scrollIntoView({ block: "nearest" });
  }

  async similar() {
    const card = this.reviewer.card;
    if (!card || this.#toggles("similar")) return;
    this.#show("similar", "Similar items", el("p", { class: "aa-muted", text: "Looking…" }));
    const row = (item) => this.#itemRow(item.id, item.key, item.excerpt, "", () => this.reviewer.open(item.id, card.field.id));
    await this.#fillWith(async () => {
      const { items } = await this.server.post("/card/similar", { item: card.item.id, field: card.field.id });
      return items.length > 0 ? items.map(row) : "There is nothing like it.";
    });
  }

  /** Items that an answer was about. */
  async found(ids) {
    this.#show("found", "Items of the answer", el("p", { class: "aa-muted", text: "Looking…" }));
    this.frame.focus();
    const row = (item) => this.#itemRow(item.id, item.key, item.excerpt, "", () => this.reviewer.open(item.id, this.reviewer.card?.field.id ?? ""));
    await this.#fillWith(async () => (await this.server.post("/page/items", { items: ids })).items.map(row));
  }

  async history() {
    if (this.#toggles("history")) return;
    this.#show("history", "My last decisions", el("p", { class: "aa-muted", text: "Looking…" }));
    const row = (past) => this.#itemRow(past.item, past.key, past.excerpt ?? "", past.words, () => this.reviewer.open(past.item, past.field));
    await this.#fillWith(async () => {
      const { decisions } = await this.server.get("/card/history");
      return decisions.length > 0 ? decisions.map(row) : "You have not decided anything yet.";
    });
  }

  help() {
    if (this.#toggles("help")) return;
    this.#drawHelp("");
  }

  #drawHelp(words) {
    const rows = Object.entries(COMMANDS).map(([command, { words: meaning }]) => this.#commandRow(command, meaning));
    const fixed = this.#fixedKeys().map(([key, meaning]) => el("tr", {}, el("td", {}, cap(key)), el("td", { text: meaning }), el("td")));
    const box = el("input", { type: "checkbox", id: "aa-keys-on", on: { change: () => this.#switchKeys(box.checked) } });
    box.checked = this.keymap.isOn;
    const reset = button({ class: "aa-small", on: { click: () => this.#reset() } }, "Back to the usual keys");
    this.#show(
      "help",
      "Keys",
      el("p", { class: "aa-muted", text: "Keys act while the card has the focus (Esc). Every key has a button below the card." }),
      el("label", { class: "aa-row", for: "aa-keys-on" }, box, "single keys decide"),
      words ? el("p", { class: "aa-note-line", role: "alert", text: words }) : null,
      el("table", { class: "aa-keys" }, el("tbody", {}, this.#hasOwnKeys ? [fixed, rows] : [rows, fixed])),
      reset,
    );
  }

  #fixedKeys() {
    const { card } = this.reviewer;
    return card ? [...(kindOf(card.field).keys ?? FIXED_KEYS), ...shownAs(card.item).keys] : FIXED_KEYS;
  }

  get #hasOwnKeys() {
    const { card } = this.reviewer;
    return Boolean(card && shownAs(card.item).keys.length > 0);
  }

  #commandRow(command, meaning) {
    const keys = this.keymap.bindings[command].map((key) => cap(keyName(key)));
    const change = button({ class: "aa-small", "aria-label": `Change the key for: ${meaning}`, on: { click: () => this.#listen(command) } }, "change");
    return el("tr", {}, el("td", {}, keys), el("td", { text: meaning }), el("td", {}, change));
  }

  #listen(command) {
    this.isListening = true;
    this.#drawHelp(`Press the new key for “${COMMANDS[command].words}”, or Esc.`);
    this.frame.focus();
    const pressed = (event) => {
      if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
      event.preventDefault();
      event.stopPropagation();
      this.frame.element.removeEventListener("keydown", pressed, true);
      this.isListening = false;
      const refusal = event.key === "Escape" ? "" : this.keymap.rebind(command, event.key);
      this.#drawHelp(refusal);
      this.reviewer.changed();
    };
    this.frame.element.addEventListener("keydown", pressed, true);
  }

  #switchKeys(isOn) {
    this.keymap.switchTo(isOn);
    this.reviewer.changed();
    this.frame.say(isOn ? "single keys decide" : "single keys are off: use the buttons");
  }

  #reset() {
    this.keymap.reset();
    this.reviewer.changed();
    this.#drawHelp("");
  }

  #itemRow(id, key, excerpt, words, open) {
    const { thumbnail } = shownAs(this.project);
    const press = () => {
      this.frame.closeDrawer();
      open();
    };
    return button(
      { class: `aa-item-row ${thumbnail ? "has-thumb" : ""}`, on: { click: press } },
      thumbnail ? thumbnail(id) : null,
      el("span", { class: "aa-key", dir: "auto", text: key }),
      excerpt === key ? null : el("span", { class: "aa-item-text", dir: "auto", text: excerpt }),
      words ? el("span", { class: "aa-item-words", dir: "auto", text: words }) : null,
    );
  }

  #toggles(name) {
    const isOpen = !this.frame.drawer.hidden && this.open === name;
    if (isOpen) this.frame.closeDrawer();
    return isOpen;
  }

  #show(name, title, ...children) {
    this.open = name;
    this.frame.openDrawer(title, ...children);
  }

  async #fillWith(load) {
    const body = this.frame.drawer.querySelector(".aa-drawer-body");
    try {
      const found = await load();
      fill(body, typeof found === "string" ? el("p", { class: "aa-muted", text: found }) : found);
    } catch (problem) {
      fill(body, el("p", { class: "aa-note-line", text: problem.message }));
    }
  }
}

function labelRow(label, isHere) {
  return el(
    "div",
    { class: `aa-label-note ${isHere ? "is-here" : ""}`, style: { "--label": colourOf(label) } },
    el("div", { class: "aa-row" }, el("span", { class: "aa-dot" }), el("strong", { dir: "auto", text: label.name })),
    el("p", { dir: "auto", text: label.description }),
  );
}
