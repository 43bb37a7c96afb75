// What the reviewer does: the card in hand, its keys and its decisions. Shows through the frame, fetches through the
// deck, saves through the outbox.

import { button, cap } from "../base/dom.js";
import { sayVerdict, verdictOf } from "./answers.js";
import { ownAnswer } from "./own_answer.js";
import { kindOf } from "../kinds/registry.js";
import { Offsets } from "../base/offsets.js";
import { prepareNext } from "../canvas/canvas_ahead.js";
import { freshKey } from "./outbox.js";
import { Swaps } from "./swaps.js";
import { shownAs } from "../views/registry.js";

export class Reviewer {
  kind; deck; frame; fieldOf; columns; unfinished; clock; server; outbox; counts; aside;

  constructor({ frame, deck, outbox, server, clock, columns, fieldOf, counts }) {
    Object.assign(this, { frame, deck, outbox, server, clock, columns, fieldOf, counts });
    this.card = null;
    this.editor = null;
    this.hidden = false;
    this.sure = "";
    this.swaps = new Swaps();
  }

  get typing() {
    return Boolean(this.editor?.typing);
  }

  /** Whether something was begun on the card that is no decision yet, or a question of the card is open. */
  get isHalfDone() {
    return Boolean(this.card && (this.frame.isAsking || this.editor?.draftState?.()));
  }

  /**
   * Show the deck's first card, or say why there is none. `startedAt` is the time of the key that led here, `isOwn` says
   * that the person asked for another card; one that comes by itself takes no key that was meant for the one before.
   */
  show(startedAt = null, isOwn = startedAt !== null) {
    const card = this.deck.current();
    if (card && this.card === card) return;
    if (card && this.card && !isOwn) this.swaps.note();
    this.#leaveCard();
    this.card = card;
    this.hidden = false;
    this.sure = "";
    this.frame.ask();
    if (!card) return void this.#showNothing();
    this.offsets = new Offsets(card.item.text);
    this.view = shownAs(card.item).make(card.item, this.offsets);
    this.spanField = this.fieldOf(card.field.over);
    this.kind = kindOf(card.field);
    this.editor = new this.kind.Editor(this);
    this.frame.show(card, this.shown, this.editor.element, this.columns(), false);
    this.unfinished.opened(card, this.editor, this.deck.field);
    this.pictureReady();
    this.changed();
    this.#takeFocus();
    this.clock.shown(card.exposure, startedAt);
  }

  /** What the item is shown in: its picture or its text. */
  get shown() {
    return this.view.element;
  }

  // What goes on for a card, as loading its picture, ends with it.
  #leaveCard() {
    this.unfinished.drafts.flush();
    this.editor?.close?.();
    this.view?.close?.();
    this.view = null;
  }

  // The focus stays where somebody put it, in the chat for instance; otherwise the card has it.
  #takeFocus() {
    const active = document.activeElement;
    if (active && active !== document.body && !this.frame.element.contains(active)) return;
    if (this.editor.wantsFocus) this.editor.command("edit");
    else this.frame.focus();
  }

  // What the editors call.

  say(words) {
    this.frame.say(words);
  }

  focus() {
    this.frame.focus();
  }

  /** Show a question above the buttons; without arguments take it away. */
  ask(...children) {
    this.frame.ask(...children);
  }

  /** The picture in hand needs nothing more from the server: get the next ones ready. */
  pictureReady() {
    if (!this.editor?.segmenter || this.editor.segmenter.isSettled) prepareNext(this.deck.cards, this.server);
  }

  changed() {
    const canAccept = Boolean(this.card && this.editor?.value());
    this.frame.refreshActions({ typing: this.typing, hidden: this.hidden, card: this.card, canAccept });
    if (this.card) this.unfinished.changed(this.card, this.editor);
  }

  /** One key answers and decides. */
  commit(value) {
    this.decide(verdictOf(this.card, value), value);
  }

  // Decisions.

  accept() {
    const value = this.editor?.value();
    if (!this.card) return;
    if (!value) return void this.say("Nothing is suggested here: choose an answer");
    if (this.#isEmptyByAccident(value)) return;
    this.decide(verdictOf(this.card, value), value);
  }

  /** Go on without an answer; with something drawn meanwhile only at the second press. */
  skip() {
    if (this.#hasDrawing() && !this.#isSure("skip", "What you drew is kept and not saved: press again to skip")) return;
    this.decide("skip");
  }

  /** Write the decision down, show the next card at once, and save in the background. */
  decide(verdict, value = null, reason = "") {
    const { card, editor } = this;
    if (!card || this.#isBlocked()) return;
    const startedAt = this.clock.keyAt();
    const regions = value ? editor.regions() : {};
    const words = sayVerdict(verdict, card.field, value);
    const part = ["flag", "comment"].includes(verdict) ? verdict : "";
    const draft = value || part ? this.unfinished.drafts.seal(card, part) : "";
    this.outbox.add({
      exposure: card.exposure,
      ticket: card.ticket,
      key: freshKey(),
      verdict,
      value,
      reason,
      regions,
      seconds: this.clock.secondsOn(card.exposure),
      item: card.item.id,
      itemKey: card.item.key,
      field: card.field.id,
      words,
      draft,
    });
    if (part) return void this.say(words);
    this.deck.advance();
    if (value !== null && !card.standing) this.counts.step(card.field.id, 1);
    this.show(startedAt);
    this.say(`${words}, ${this.counts.of(card.field.id).left ?? "?"} left`);
    this.deck.fill().then(() => this.show()).catch((problem) => this.say(problem.message));
  }

  undo(review = null) {
    return this.swaps.during(() => this.#undo(review));
  }

  async #undo(review) {
    if (!(await this.outbox.settled())) return void this.say("Undo needs the server, and it does not answer yet");
    try {
      const answer = await this.server.post("/card/undo", review === null ? {} : { review });
      const { undone, card } = answer;
      if (card) this.deck.putFirst(card);
      this.counts.take(answer);
      this.show(null, true);
      this.say(undone?.sentence ?? `undone: ${undone?.words ?? "your last decision"}`);
    } catch (problem) {
      this.say(problem.message);
    }
  }

  /** Put back the decision that was taken back last. */
  redo() {
    return this.swaps.during(() => this.#redo());
  }

  async #redo() {
    if (!(await this.outbox.settled())) return void this.say("This needs the server, and it does not answer yet");
    try {
      const answer = await this.server.post("/card/redo");
      const { item, field, sentence } = answer;
      const isThere = (card) => card.item.id === item && card.field.id === field;
      this.deck.drop(this.deck.cards.filter(isThere).map((card) => card.exposure));
      this.counts.take(answer);
      this.show(null, true);
      this.say(sentence);
      await this.deck.fill();
      this.show();
    } catch (problem) {
      this.say(problem.message);
    }
  }

  /** What this tab had in hand and not finished is in hand again, where the server still lets it be. */
  async resume() {
    const place = this.unfinished.inHand(this.deck.field);
    if (!place || (this.card?.item.id === place.item && this.card.field.id === place.field)) return;
    const { card } = await this.server.post("/card/open", place).catch(() => ({ card: null }));
    if (card) this.deck.putFirst(card);
  }

  /** The server has this decision: what it was made of is no draft any more. */
  saved(entry) {
    const part = ["flag", "comment"].includes(entry.verdict) ? entry.verdict : "";
    this.unfinished.drafts.acknowledged(entry.item, entry.field, entry.draft, part);
  }

  /** Open an item; `isOwn`: by what the person did here, so that the card has the focus, and not by words in the chat. */
  open(item, field, isOwn = true) {
    return this.swaps.during(() => this.#open(item, field, isOwn));
  }

  async #open(item, field, isOwn) {
    try {
      const { card } = await this.server.post("/card/open", { item, field: field ?? this.card?.field.id ?? "" });
      this.deck.putFirst(card);
      this.show(null, isOwn);
      if (isOwn) this.frame.focus();
      this.say(`${card.item.key} opened`);
    } catch (problem) {
      this.say(problem.message);
      this.frame.warn(problem.message, this.#dismissal());
    }
  }

  /** Hide the suggestion, show it again, or, on a blind item, ask the server for it: that is recorded. */
  async hide() {
    if (!this.card) return;
    if (this.card.suggestion) {
      this.hidden = !this.hidden;
      if (!this.editor.touched) this.editor.reset();
      this.editor.draw();
      this.frame.drawSuggestion(this.card, this.hidden);
      this.changed();
      return void this.say(this.hidden ? "suggestion hidden" : "suggestion shown");
    }
    if (!this.#isSure("reveal", "This item is shown without a suggestion on purpose: press again to reveal it")) return;
    try {
      const { card } = await this.server.post("/card/reveal", { exposure: this.card.exposure, ticket: this.card.ticket });
      this.deck.advance();
      this.deck.putFirst(card);
      this.show(null, true);
      this.say(card.suggestion ? "suggestion revealed; this is recorded" : "there is no suggestion for this item");
    } catch (problem) {
      this.say(problem.message);
    }
  }

  /** The server refused a decision that was already on its way: say whose the item is now, or bring it back. */
  refused(entry, problem) {
    this.say(this.aside.say(entry, problem));
    if (entry.value !== null) this.counts.step(entry.field, -1);
  }

  /** Show the item of a decision that was not saved; gives whether it is there. */
  async openAgain(entry) {
    await this.open(entry.item, entry.field);
    if (this.card?.item.id !== entry.item) return false;
    if (this.card.item.key === entry.itemKey) this.say(`${entry.itemKey} opened; your answer was: ${entry.words}`);
    else this.frame.warn(`${entry.itemKey} is no longer in this project; your answer was: ${entry.words}`, this.#dismissal());
    return this.card.item.key === entry.itemKey;
  }

  /** The chat decided this card: it leaves the hand as if a key had done it. */
  decidedElsewhere(exposure) {
    if (!this.deck.exposures().includes(exposure)) return;
    this.deck.drop([exposure]);
    this.show();
  }

  /** Leases that ran out: cards others may have now. */
  lost(cards) {
    const mine = cards.find((card) => card === this.card);
    if (!mine) return;
    this.show();
    const words = `${mine.item.key} is no longer in hand here: your hold on it ran out, somebody else who had nothing left took it over, or you have it open in another window. Here is the next item.`;
    this.say(words);
    // A decision that was not saved is the more important news.
    if (this.outbox.aside.length === 0) this.frame.warn(words, this.#dismissal());
  }

  redraw() {
    if (this.card) this.frame.show(this.card, this.shown, this.editor.element, this.columns(), this.hidden);
    this.changed();
  }

  #isBlocked() {
    const why = this.swaps.why();
    if (why) return this.say(why) ?? true;
    if (!this.outbox.isFull) return false;
    this.say(`${this.outbox.size} decisions are not saved yet: wait for the server`);
    return true;
  }

  // No marks on an item without a suggestion may be an answer or a slip: the second press means it.
  #isEmptyByAccident(value) {
    if (!this.kind.isMarked || value[this.card.field.key].length > 0 || this.editor.touched || this.card.suggestion?.value || ownAnswer(this.card)) return false;
    return !this.#isSure("empty", `Nothing is marked: press again to save “no ${this.card.field.many}”`);
  }

  // Regions that a person added or changed and has not saved.
  #hasDrawing() {
    const value = this.editor?.touched ? this.editor.value() : null;
    return Boolean(value && Object.values(value).some((regions) => Array.isArray(regions) && typeof regions[0] === "object" && !Array.isArray(regions[0])));
  }

  #isSure(what, words) {
    const again = this.sure === what;
    this.sure = again ? "" : what;
    if (!again) this.say(words);
    return again;
  }

  #showNothing() {
    this.editor = null;
    this.frame.keep("");
    // What had the focus went with its card: keys are for what is left.
    const active = document.activeElement;
    if (active === document.body || this.frame.element.contains(active)) this.frame.focus();
    this.changed();
    const { deck, frame } = this;
    if (deck.filling) return void frame.showEmpty("One moment", "The next item is on its way.");
    const undo = button({ class: "aa-action", on: { click: () => this.undo() } }, "Undo the last decision ", cap("Z"));
    if (!deck.finished) return void frame.showEmpty("No item in hand", deck.message || "Nothing can be shown right now.", undo);
    const words = deck.message || `Every item of this queue is decided${this.counts.now().done === null ? "" : ` (${this.counts.now().done})`}.`;
    frame.showEmpty("This queue is finished", words, undo);
  }

  #dismissal() {
    return button({ class: "aa-small", on: { click: () => this.frame.warn("") } }, "Dismiss");
  }
}
