// Telling typed text from commands. Keys of a card are pressed one at a time; text comes in bursts of letters. No DOM here.

// Two different letters closer together than this are typed, not pressed.
const BURST = 130;
// A text goes on until nothing was typed for this long.
const PAUSE = 500;
// On a page that nobody has touched yet, one key counts when nothing follows it for this long.
export const ALONE = 250;

/** Whether a key press could be part of a text; digits alone are not: they are pressed in quick succession. */
export function isLetter(event) {
  return /^[\p{L} ]$/u.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey;
}

export class TypedText {
  last; textUntil;

  constructor() {
    this.#end();
  }

  /**
   * Take note of a key press; gives whether it belongs to a text. `at` is its time in milliseconds, `isCommand` whether
   * the key means something here: two commands in quick succession may be meant, a third or a stray letter is text.
   * Esc, or a key with Ctrl, ends what was typed: what comes then is meant.
   */
  feed(event, at, isCommand) {
    if (event.repeat) return false;
    if (event.key === "Escape" || ((event.ctrlKey || event.metaKey) && !event.altKey)) this.#end();
    const letter = isLetter(event);
    const { last } = this;
    const isBurst = letter && last.key !== event.key && at - last.at < BURST;
    const run = isBurst ? last.run + 1 : 0;
    if (isBurst && (run > 1 || !isCommand || !last.isCommand)) this.textUntil = at + PAUSE;
    const isText = event.key.length === 1 && at < this.textUntil;
    if (isText) this.textUntil = at + PAUSE;
    if (letter) this.last = { at, key: event.key, isCommand, run };
    return isText;
  }

  #end() {
    this.last = { at: -Infinity, key: "", isCommand: true, run: 0 };
    this.textUntil = -Infinity;
  }
}
