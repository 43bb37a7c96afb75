// From key presses to commands. Keys act only while the focus is in the card.

import { button, cap, el, takesText } from "../base/dom.js";
import { digitOf } from "../base/keys.js";
import { ALONE, TypedText } from "../editing/typed_text.js";

const PANELS = ["guideline", "similar", "history", "help", "chat"];
const DECISIONS = ["accept", "reject", "skip", "undo"];
// Keys that do something on the card; the words in its foot are about the last of them.
const ANSWERED = /^(?:.|Enter|Backspace|Escape|Delete|Arrow\w+)$/u;

export class Controls {
  toldEnd = null;
  reviewer; drawers; goToChat; clock; frame; keymap; reasons;

  constructor({ frame, reviewer, keymap, drawers, clock, reasons, goToChat }) {
    Object.assign(this, { frame, reviewer, keymap, drawers, clock, reasons, goToChat });
    this.asking = null;
    this.typed = new TypedText();
    // Keys decide once somebody has put the focus on the card: by a click, by Tab, by Esc, or by one key all alone.
    this.isTouched = false;
    this.lone = null;
    frame.element.addEventListener("keydown", (event) => this.#pressed(event));
    frame.element.addEventListener("pointerdown", () => (this.isTouched = true), true);
    frame.element.addEventListener("click", (event) => clock.pressed(event), true);
  }

  // Past the first step of what is made on this card an undo would leave it, and past the last one a redo would: that
  // is said first, and one more undo is meant.
  #isAtEnd(command) {
    const { editor } = this.reviewer;
    const steps = editor?.history ?? editor?.steps?.history;
    const wasTold = this.toldEnd === steps;
    this.toldEnd = null;
    if (command === "redo" && steps?.past.length > 0) return this.reviewer.say("There is nothing to redo on this card") ?? true;
    if (command !== "undo" || !steps?.future.length || wasTold) return false;
    this.toldEnd = steps;
    return this.reviewer.say("Everything on this card is taken back. Once more undoes your last decision") ?? true;
  }

  /** Carry out a command, from a key or a button. */
  run(command) {
    const { reviewer } = this;
    if (reviewer.editor?.command(command) === true) return void (this.toldEnd = null);
    if (this.#isAtEnd(command)) return;
    const actions = {
      accept: () => reviewer.accept(),
      reject: () => this.#askReason(),
      skip: () => reviewer.skip(),
      undo: () => reviewer.undo(),
      redo: () => reviewer.redo(),
      hide: () => reviewer.hide(),
      flag: () => this.#askWords("flag", "Why should the lead look at this?"),
      comment: () => this.#askWords("comment", "Your comment"),
      similar: () => this.drawers.similar(),
      guideline: () => this.drawers.guideline(),
      history: () => this.drawers.history(),
      help: () => this.drawers.help(),
      chat: () => this.goToChat(),
      close: () => this.#close(),
    };
    actions[command]?.();
  }

  #pressed(event) {
    if (event.isComposing || event.defaultPrevented) return;
    this.clock.pressed(event);
    if (this.drawers.isListening) return;
    // What was asked about a card is over when another one has come.
    if (this.asking && this.asking.card !== this.reviewer.card) this.asking = null;
    if (this.reviewer.swaps.swallows(event)) return this.#stop(event) || this.frame.say(this.reviewer.swaps.why());
    const { saidCount } = this.frame;
    this.#handle(event);
    // Words about what was done before say nothing about this key.
    if (saidCount === this.frame.saidCount && ANSWERED.test(event.key) && !this.reviewer.sure && !this.asking) this.frame.say("");
  }

  #handle(event) {
    if (this.asking) return this.#pressedWhileAsking(event);
    if (!this.isTouched && !this.#touch(event)) return;
    this.#act(event);
  }

  // On a page that nobody touched, text that was meant for elsewhere must not decide: a key waits until it was alone.
  #touch(event) {
    if (event.key === "Escape" && this.frame.drawer.hidden && !takesText(document.activeElement)) {
      // It only says that keys are meant for the card from now on: a drawing that begins by itself goes on.
      this.isTouched = true;
      event.preventDefault();
      return false;
    }
    if (event.key === "Tab" || event.key === "Escape" || takesText(document.activeElement)) this.isTouched = true;
    if (this.isTouched || (event.key.length > 1 && event.key !== "Enter" && event.key !== "Backspace")) return true;
    if (event.ctrlKey || event.metaKey) return true;
    event.preventDefault();
    const isAlone = this.lone === null;
    clearTimeout(this.lone);
    this.lone = setTimeout(() => {
      this.lone = null;
      if (!isAlone) return;
      this.isTouched = true;
      this.#act(event);
    }, ALONE);
    if (!isAlone) this.frame.say("Click on the card, or press Esc: then single keys decide");
    return false;
  }

  #act(event) {
    if (this.#isForButton(event) || this.#isOff(event)) return;
    if (this.#isForPanel(event)) return;
    const isCommand = this.#wouldDecide(event) || this.keymap.commandOf(event) !== null;
    const isText = this.typed.feed(event, event.timeStamp, isCommand) && !this.reviewer.typing && !takesText(document.activeElement);
    if (isText && this.#wouldDecide(event)) {
      event.preventDefault();
      return void this.frame.say("That looked like typed text, so it decided nothing; Undo takes back what came before");
    }
    const handled = this.reviewer.editor?.key(event);
    if (handled === "done") return event.preventDefault();
    if (handled === "typed") return;
    if (handled === "commit") return this.#stop(event) || this.reviewer.accept();
    if (takesText(document.activeElement)) return;
    this.#pressedInCard(event);
  }

  // An open panel is in front: Esc closes it and nothing else, its own key too, and what lies behind it stays as it is.
  #isForPanel(event) {
    const { drawer } = this.frame;
    if (drawer.hidden) return false;
    if (event.key === "Escape") {
      event.preventDefault();
      this.frame.closeDrawer();
      return true;
    }
    const command = this.keymap.commandOf(event);
    if (PANELS.includes(command)) return false;
    if (event.key.length > 1 && event.key !== "Enter" && event.key !== "Backspace") return event.key !== "Tab" && /^Arrow/.test(event.key);
    if (takesText(document.activeElement) || event.ctrlKey || event.metaKey) return false;
    event.preventDefault();
    this.frame.say("A panel is open: Esc closes it, then keys decide again");
    return true;
  }

  #wouldDecide(event) {
    const isLabel = (this.reviewer.card?.field.labels ?? []).some((label) => label.key === event.key);
    return isLabel || this.reviewer.editor?.decides?.(event) || DECISIONS.includes(this.keymap.commandOf(event)) || digitOf(event) !== null;
  }

  #pressedInCard(event) {
    const step = stepOf(event, this.keymap.isOn && !this.reviewer.typing);
    if (step) return this.#stop(event) || this.run(step);
    const digit = this.keymap.isOn ? digitOf(event) : null;
    if (digit !== null) return this.#digit(event, digit);
    if (event.key === "Escape") return this.#close();
    const command = this.keymap.commandOf(event, this.reviewer.typing);
    if (!command) return this.#look(event);
    event.preventDefault();
    // A key that is held down must not decide item after item.
    if (event.repeat && DECISIONS.includes(command)) return undefined;
    return this.run(command);
  }

  #digit(event, digit) {
    if (event.repeat || !this.reviewer.editor) return;
    if (this.reviewer.editor.digit(digit)) event.preventDefault();
    else if (!this.#look(event)) this.frame.say(`${digit} means nothing here`);
  }

  // What nobody else wants may zoom or light the picture.
  #look(event) {
    const isMeant = this.reviewer.view?.key?.(event) === "done";
    if (isMeant) event.preventDefault();
    return isMeant;
  }

  // Enter and Space on a button press that button; everything else is for the card.
  #isForButton(event) {
    const onButton = document.activeElement?.closest?.("button, a, summary") && this.frame.element.contains(document.activeElement);
    return onButton && (event.key === "Enter" || event.key === " ");
  }

  // With single keys switched off, characters mean nothing outside a text box; Tab, arrows and Enter stay.
  #isOff(event) {
    return !this.keymap.isOn && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !takesText(document.activeElement);
  }

  #stop(event) {
    event.preventDefault();
    return event.repeat;
  }

  #close() {
    this.asking = null;
    this.frame.ask();
    this.frame.closeDrawer();
    this.frame.say("");
    this.frame.focus();
  }

  #askReason() {
    if (!this.reviewer.card) return;
    if (!this.reviewer.card.suggestion) return void this.frame.say("There is no suggestion to reject: choose an answer, skip or flag");
    const reasons = this.reasons.slice(0, 9);
    const pick = (reason) => this.#answer(() => this.reviewer.decide("reject", null, reason));
    this.asking = { kind: "reason", card: this.reviewer.card, reasons, pick };
    this.frame.ask(
      el("span", { class: "aa-ask-words", text: "Why?" }),
      reasons.map((reason, at) => button({ class: "aa-chip", on: { click: () => pick(reason) } }, cap(String(at + 1)), el("span", { text: reason }))),
      button({ class: "aa-chip", on: { click: () => pick("") } }, cap(this.keymap.shown("reject")), "no reason"),
    );
    this.frame.say("Rejecting: choose a reason, or the same key again for none; Esc goes back");
  }

  #askWords(verdict, words) {
    if (!this.reviewer.card) return;
    const input = el("input", { class: "aa-note", type: "text", maxlength: "2000", dir: "auto", placeholder: words, "aria-label": words });
    const save = () => this.#answer(() => this.reviewer.decide(verdict, null, input.value.trim()));
    this.asking = { kind: "words", card: this.reviewer.card, input, save, mayBeEmpty: verdict === "flag" };
    this.frame.ask(el("span", { class: "aa-ask-words", text: verdict === "flag" ? "Flag" : "Comment" }), input, button({ class: "aa-action", on: { click: save } }, "Save ", cap("↵")));
    const { drafts } = this.reviewer.unfinished;
    const { card } = this.reviewer;
    input.value = drafts.find(card, verdict)?.text ?? "";
    input.addEventListener("input", () => drafts.note(card, () => (input.value.trim() ? { text: input.value } : null), verdict));
    input.focus();
  }

  #answer(then) {
    this.asking = null;
    this.frame.ask();
    this.frame.focus();
    then();
  }

  #pressedWhileAsking(event) {
    if (event.key === "Escape") return this.#stop(event) || this.#close();
    return this.asking.kind === "reason" ? this.#pressedForReason(event) : this.#pressedForWords(event);
  }

  #pressedForReason(event) {
    const { reasons, pick } = this.asking;
    const digit = digitOf(event);
    const command = this.keymap.commandOf(event);
    if (event.repeat) return undefined;
    if (digit !== null && reasons[digit - 1] !== undefined) return this.#stop(event) || pick(reasons[digit - 1]);
    if (command === "reject" || event.key === "Enter") return this.#stop(event) || pick("");
    return undefined;
  }

  #pressedForWords(event) {
    const { input, save, mayBeEmpty } = this.asking;
    if (event.key !== "Enter" || event.repeat) return undefined;
    event.preventDefault();
    if (input.value.trim() || mayBeEmpty) return save();
    return this.frame.say("Write a few words, or Esc");
  }
}

// A step back or again with Ctrl, and Shift+Z: the editor's own first, else the last decision.
function stepOf(event, hasLetters) {
  const key = event.key.toLowerCase();
  const isControl = (event.ctrlKey || event.metaKey) && !event.altKey;
  if (isControl && key === "z") return event.shiftKey ? "redo" : "undo";
  if (isControl && key === "y") return "redo";
  return hasLetters && !event.ctrlKey && !event.metaKey && !event.altKey && event.shiftKey && key === "z" ? "redo" : null;
}
