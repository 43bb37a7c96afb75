// Which key means which command. Keys can be changed and single-key shortcuts can be switched off; both are kept in
// the browser. They act only while the focus is inside the card. No DOM here.

export const COMMANDS = {
  accept: { keys: ["a", "Enter"], words: "accept what is shown" },
  reject: { keys: ["x"], words: "reject the suggestion, or delete the selected region" },
  skip: { keys: [" "], words: "skip" },
  undo: { keys: ["z", "Backspace"], words: "undo the last decision" },
  hide: { keys: ["h"], words: "hide or show the suggestion" },
  edit: { keys: ["e"], words: "edit" },
  flag: { keys: ["f"], words: "flag for the lead" },
  comment: { keys: ["c"], words: "comment" },
  similar: { keys: ["s"], words: "similar items" },
  guideline: { keys: ["g"], words: "guideline" },
  history: { keys: ["y"], words: "my last decisions" },
  chat: { keys: ["/"], words: "go to the chat" },
  waiting: { keys: ["F6"], words: "go to the change that waits for a yes, from the chat too; Tab then goes to its button; again: back" },
  help: { keys: ["?"], words: "show the keys" },
};

/** Keys that mean something of their own in the card and cannot be bound. */
const FIXED = /^(?:[0-9]|Escape|Tab|Arrow\w+|Shift|Control|Alt|Meta|w)$/;
const NAMES = { " ": "Space", ArrowLeft: "←", ArrowRight: "→", Escape: "Esc", Backspace: "⌫", Enter: "↵" };

/** How a key is written on a button. */
export function keyName(key) {
  return NAMES[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}

/** The digit of a key press, also on keyboards where digits need Shift; null for anything else. */
export function digitOf(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  if (/^[0-9]$/.test(event.key)) return Number(event.key);
  const found = !event.shiftKey && /^Digit([0-9])$/.exec(event.code ?? "");
  return found ? Number(found[1]) : null;
}

export class Keymap {
  constructor(storage, given = {}) {
    this.storage = storage;
    this.bindings = {};
    for (const [command, { keys }] of Object.entries(COMMANDS)) this.bindings[command] = given[command] ?? keys;
    this.isOn = true;
    this.#load();
  }

  /**
   * The command of a key press, or null. With `typing`, plain letters are text (they filter the labels), and letters
   * mean commands only together with Alt, which works at all times.
   */
  commandOf(event, typing = false) {
    if (!this.isOn || event.ctrlKey || event.metaKey) return null;
    const key = event.altKey ? letterOf(event) : event.key;
    if (key === null || (typing && !event.altKey && /^\p{L}$/u.test(key))) return null;
    const wanted = key.length === 1 ? key.toLowerCase() : key;
    const found = Object.entries(this.bindings).find(([, keys]) => keys.includes(wanted) || keys.includes(key));
    return found ? found[0] : null;
  }

  /** The key to print on the button of a command; `taken` are keys that mean a label on this card. */
  shown(command, typing = false, taken = []) {
    const keys = this.bindings[command];
    if (!this.isOn) return "";
    const free = keys.find((key) => !(typing && /^\p{L}$/u.test(key)) && !taken.includes(key));
    return free ? keyName(free) : keys.length > 0 ? `Alt ${keyName(keys[0])}` : "";
  }

  /** Bind one key to a command in place of its own keys; gives a sentence where that is not possible, else "". */
  rebind(command, key) {
    const wanted = key.length === 1 ? key.toLowerCase() : key;
    if (FIXED.test(wanted)) return `${keyName(wanted)} has a meaning of its own in the card.`;
    const owner = Object.entries(this.bindings).find(([name, keys]) => name !== command && keys.includes(wanted));
    if (owner) return `${keyName(wanted)} already means “${COMMANDS[owner[0]].words}”.`;
    this.bindings[command] = [wanted];
    this.#save();
    return "";
  }

  reset() {
    for (const [command, { keys }] of Object.entries(COMMANDS)) this.bindings[command] = keys;
    this.isOn = true;
    this.#save();
  }

  switchTo(isOn) {
    this.isOn = isOn;
    this.#save();
  }

  #save() {
    try {
      this.storage.setItem("aa.keys", JSON.stringify({ bindings: this.bindings, isOn: this.isOn }));
    } catch {
      // Without storage the keys hold until the page is left.
    }
  }

  #load() {
    try {
      const kept = JSON.parse(this.storage.getItem("aa.keys") ?? "null");
      if (!kept) return;
      this.isOn = kept.isOn !== false;
      for (const command of Object.keys(COMMANDS)) {
        const keys = kept.bindings?.[command];
        if (Array.isArray(keys) && keys.every((key) => typeof key === "string")) this.bindings[command] = keys;
      }
    } catch {
      // What cannot be read is as good as absent.
    }
  }
}

// With Alt, some systems put another character into `key`; the physical key says which letter was meant.
function letterOf(event) {
  const found = /^Key([A-Z])$/.exec(event.code ?? "");
  return found ? found[1].toLowerCase() : event.key.length === 1 ? event.key.toLowerCase() : null;
}
