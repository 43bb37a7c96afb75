// The card's frame: built once, filled for every item. It shows; it decides nothing.

import { button, cap, el, fill } from "../base/dom.js";
import { sayValue } from "./answers.js";
import { kindOf } from "../kinds/registry.js";
import { shownAs } from "../views/registry.js";
import { colourOf, labelOf, nameOf } from "../base/labels.js";

const ACTIONS = [
  ["accept", "Accept", "is-main"],
  ["reject", "Reject", ""],
  ["skip", "Skip", ""],
  ["undo", "Undo", ""],
  ["edit", "Edit", "is-quiet"],
  ["hide", "Hide model", "is-quiet"],
  ["flag", "Flag", "is-quiet"],
  ["comment", "Comment", "is-quiet"],
  ["similar", "Similar", "is-quiet"],
  ["guideline", "Guideline", "is-quiet"],
  ["history", "History", "is-quiet"],
  ["help", "Keys", "is-quiet"],
];

export class Frame {
  onField; keymap; onCommand;

  /** `onCommand(name)` for buttons, `onField(id)` for the field switcher. */
  constructor({ keymap, onCommand, onField }) {
    Object.assign(this, { keymap, onCommand, onField });
    this.fields = el("div", { class: "aa-fields", role: "tablist", "aria-label": "Question" });
    this.place = el("div", { class: "aa-place" });
    this.banner = el("div", { class: "aa-banner", role: "alert", hidden: true });
    this.why = el("div", { class: "aa-why" });
    this.meta = el("dl", { class: "aa-meta" });
    this.body = el("div", { class: "aa-body" });
    this.question = el("div", { class: "aa-question", dir: "auto" });
    this.suggestion = el("div", { class: "aa-suggestion" });
    this.editor = el("div", { class: "aa-editor" });
    this.kept = el("div", { class: "aa-kept", role: "status", hidden: true });
    this.bar = el("div", { class: "aa-ask" });
    this.status = el("div", { class: "aa-status", role: "status", "aria-live": "polite" });
    this.actions = el("div", { class: "aa-actions", role: "toolbar", "aria-label": "Decide" });
    this.drawer = el("aside", { class: "aa-drawer", hidden: true });
    this.empty = el("div", { class: "aa-nothing", hidden: true });
    this.inside = el("div", { class: "aa-inside" }, this.meta, this.body, this.question, this.suggestion, this.editor);
    this.element = el(
      "section",
      { class: "aa-card", role: "group", "aria-label": "Review card", tabindex: "0" },
      el("div", { class: "aa-head" }, this.fields, this.place),
      this.banner,
      el("div", { class: "aa-scroll" }, this.inside, this.empty),
      this.kept,
      this.bar,
      el("div", { class: "aa-foot" }, this.actions, el("div", { class: "aa-line" }, this.status, this.why)),
      this.drawer,
    );
    this.saidCount = 0;
    this.buttons = new Map();
    this.#drawActions();
  }

  focus() {
    this.element.focus({ preventScroll: true });
  }

  /** Whether a question of the card waits for an answer. */
  get isAsking() {
    return this.bar.classList.contains("is-open");
  }

  say(words) {
    this.saidCount += 1;
    this.status.textContent = words;
  }

  /** A sentence over the card that stays until it is taken away; "" takes it away. */
  warn(words, ...buttons) {
    this.banner.hidden = !words;
    // The same words again, as at every failed try, must not take the button away from under a finger.
    if (words && words === this.warned) return;
    this.warned = words;
    fill(this.banner, el("span", { text: words }), buttons);
  }

  drawFields(fields, current, counts = {}) {
    const all = fields.length > 1 ? [{ id: "", name: "All questions" }, ...fields] : fields;
    const isCurrent = (field) => field.id === current || (fields.length === 1 && current === "");
    fill(
      this.fields,
      all.map((field) =>
        button(
          { class: `aa-field ${isCurrent(field) ? "is-current" : ""}`, role: "tab", "aria-selected": String(isCurrent(field)), on: { click: () => this.onField(field.id) } },
          el("span", { dir: "auto", text: field.name }),
          el("span", { class: "aa-count", data: { field: field.id }, hidden: true }),
        ),
      ),
    );
    this.countFields(counts);
  }

  /** Say on the tabs what is left; they stay where they are, with the focus that is on them. */
  countFields(counts) {
    for (const mark of this.fields.querySelectorAll(".aa-count")) {
      const known = counts[mark.dataset.field];
      mark.hidden = !known;
      mark.textContent = known ? leftWords(known) : "";
    }
  }

  /** Show a card; the editor and what shows the item, its text or its picture, come from the reviewer. */
  show(card, text, editor, columns, isHidden) {
    this.empty.hidden = true;
    this.inside.hidden = false;
    this.element.classList.remove("is-empty");
    this.#lookLike(shownAs(card.item).look);
    this.inside.classList.toggle("has-regions", Boolean(kindOf(card.field).isDrawn));
    fill(this.place, this.#placeWords(card));
    fill(this.meta, metaRows(card.item.meta, columns));
    fill(this.body, text);
    this.question.textContent = card.field.question || card.field.name;
    this.why.textContent = card.why ? `Why this item: ${card.why}` : "";
    this.drawSuggestion(card, isHidden);
    fill(this.editor, editor);
    this.element.querySelector(".aa-scroll").scrollTop = 0;
  }

  drawSuggestion(card, isHidden) {
    fill(this.suggestion, suggestionWords(card, isHidden));
    this.suggestion.classList.toggle("is-blind", !card.suggestion);
  }

  /** Nothing to decide: say so and offer what comes next. */
  showEmpty(title, words, ...buttons) {
    this.inside.hidden = true;
    this.empty.hidden = false;
    this.#lookLike("");
    this.element.classList.add("is-empty");
    fill(this.place);
    this.why.textContent = "";
    fill(this.empty, el("h3", { text: title }), el("p", { text: words }), el("div", { class: "aa-row" }, buttons));
  }

  /** Print the keys on the buttons, and dim what makes no sense now. */
  refreshActions({ typing, hidden, card, canAccept }) {
    const taken = (card?.field.labels ?? []).map((label) => label.key).filter(Boolean);
    for (const [command, node] of this.buttons) {
      const key = this.keymap.shown(command, typing, taken);
      node.cap.textContent = key;
      node.cap.hidden = key === "";
    }
    const hide = this.buttons.get("hide");
    hide.words.textContent = hidden || !card?.suggestion ? "Show model" : "Hide model";
    this.buttons.get("accept").words.textContent = card && !card.suggestion?.value ? "Save" : "Accept";
    this.buttons.get("accept").node.disabled = !canAccept;
    for (const command of ["skip", "edit", "hide", "flag", "comment", "similar"]) this.buttons.get(command).node.disabled = !card;
    this.buttons.get("reject").node.disabled = !card?.suggestion;
  }

  /** A calm line about work that is not saved, with what can be done about it; "" takes it away. */
  keep(words, ...parts) {
    this.kept.hidden = !words;
    fill(this.kept, words ? [words, ...parts] : []);
  }

  /** Ask for one more key or a few words, in a row above the buttons. */
  ask(...children) {
    fill(this.bar, ...children);
    this.bar.classList.toggle("is-open", children.length > 0);
  }

  openDrawer(title, ...children) {
    const close = button({ class: "aa-small", on: { click: () => this.onCommand("close") } }, "Close ", cap("Esc"));
    fill(this.drawer, el("header", { class: "aa-drawer-head" }, el("h3", { text: title }), close), el("div", { class: "aa-drawer-body" }, ...children));
    this.drawer.hidden = false;
  }

  closeDrawer() {
    const wasOpen = !this.drawer.hidden;
    this.drawer.hidden = true;
    return wasOpen;
  }

  // How the parts of the card stand goes with what it shows.
  #lookLike(look) {
    if (this.look) this.element.classList.remove(this.look);
    if (look) this.element.classList.add(look);
    this.look = look;
  }

  #placeWords(card) {
    const kinds = { blind: "without a suggestion", revealed: "suggestion revealed" };
    return [
      el("span", { class: "aa-key", dir: "auto", title: `item ${card.item.id}`, text: card.item.key }),
      kinds[card.kind] ? el("span", { class: "aa-kind", text: kinds[card.kind] }) : null,
      card.standing ? el("span", { class: "aa-kind is-again", text: "decided before" }) : null,
    ];
  }

  #drawActions() {
    for (const [command, words, look] of ACTIONS) {
      const parts = { words: el("span", { text: words }), cap: cap("") };
      parts.node = button({ class: `aa-action ${look}`, data: { command }, on: { click: () => this.onCommand(command) } }, parts.words, parts.cap);
      this.buttons.set(command, parts);
    }
    const nodes = (isQuiet) => ACTIONS.filter(([, , look]) => (look === "is-quiet") === isQuiet).map(([command]) => this.buttons.get(command).node);
    fill(this.actions, el("div", { class: "aa-action-row" }, nodes(false)), el("div", { class: "aa-action-row" }, nodes(true)));
  }
}

function leftWords(count) {
  return count.left === 0 ? "done" : String(count.left);
}

function metaRows(meta, columns) {
  const names = Object.keys(meta ?? {}).filter((name) => !columns || columns.includes(name));
  return names.map((name) => {
    const value = meta[name];
    const words = typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
    return el("div", {}, el("dt", { text: name }), el("dd", { dir: "auto", text: words }));
  });
}

function suggestionWords(card, isHidden) {
  const { suggestion, field, standing, former } = card;
  if (former) return el("span", { class: "aa-muted", text: `You had decided: ${sayValue(field, former.value)}` });
  if (standing) return el("span", { class: "aa-muted", text: `You decided: ${sayValue(field, standing)}` });
  if (!suggestion) return el("span", { class: "aa-muted", text: "No suggestion is shown for this item." });
  if (isHidden) return el("span", { class: "aa-muted", text: "The suggestion is hidden." });
  const lines = [el("span", { class: "aa-muted", text: "Model suggests " }), ...valueWords(field, suggestion.value)];
  const score = suggestion.score_source === "calibrated" && typeof suggestion.score === "number" ? suggestion.score : null;
  if (score !== null) lines.push(el("span", { class: "aa-score", text: `right in about ${Math.round(score * 100)} of 100 such cases` }));
  const others = alternatives(card, score !== null);
  return [
    el("div", { class: "aa-suggestion-line" }, lines),
    others ? el("div", { class: "aa-muted" }, "also considered ", others) : null,
    suggestion.reason ? el("div", { class: "aa-reason", dir: "auto", text: suggestion.reason }) : null,
  ];
}

function valueWords(field, value) {
  const ids = value?.label !== undefined ? [value.label] : (value?.labels ?? []);
  if (ids.length === 0) return [el("strong", { dir: "auto", text: sayValue(field, value) })];
  return ids.map((id) =>
    el("span", { class: "aa-tag", style: { "--label": colourOf(labelOf(field, id)) } }, el("span", { class: "aa-dot" }), el("strong", { dir: "auto", text: nameOf(field, id) })),
  );
}

function alternatives(card, isCalibrated) {
  const shown = (card.suggestion.alternatives ?? []).slice(0, 3);
  if (shown.length === 0) return null;
  const words = shown.map(({ label, score }) => {
    const share = isCalibrated && typeof score === "number" ? ` (${Math.round(score * 100)} of 100)` : "";
    return `${nameOf(card.field, label)}${share}`;
  });
  return el("span", { dir: "auto", text: words.join(", ") });
}
