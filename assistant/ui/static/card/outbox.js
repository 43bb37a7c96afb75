// Decisions that the server has not acknowledged yet. Each lies in the browser's local storage under a name of its own,
// made of the project's id, the person, the item and the decision's key: a reload, another tab or signing in again finds
// them, another project or person never does, and two tabs cannot overwrite each other's. The key makes sending one
// twice harmless. They are sent one at a time and in order. What the server refuses for good, or what cannot be read, is
// set aside with a word, and the rest goes on. No DOM here.

/** A key that nobody else makes. `crypto.randomUUID` exists on secure origins only; this one works on plain http too. */
export function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;
// A server that fails inside, again and again over the same decision, would hold up all others for ever.
const MOST_DEFECTS = 3;
// How often to wait for another tab that is sending the same decision, before sending it all the same.
const MOST_TURNS = 4;
const ELSEWHERE = Symbol("another tab sent it");

export class Outbox {
  limit; project; person; onChange; storage; onSaved; pause; send; locks; onRefused;

  /**
   * `send(entry)` posts one entry and throws a ServerProblem. `onSaved(entry, answer)`, `onRefused(entry, problem)` and
   * `onChange()` tell the page; `answer` is null where another tab sent it. With `limit` unacknowledged entries the
   * outbox is full. `storage` is a SteadyStorage; `locks` are the browser's, where it has them.
   */
  constructor({ storage, project, person, send, limit = 5, onSaved, onRefused, onChange, pause = sleep, locks = null }) {
    Object.assign(this, { storage, project, person, send, limit, onSaved, onRefused, onChange, pause, locks });
    this.waiting = `aa.outbox.${project}.${safe(person)}.`;
    this.refused = `aa.aside.${project}.${safe(person)}.`;
    this.trouble = null;
    this.running = null;
    this.wake = null;
    this.isKept = true;
    this.aside = this.#read(this.refused, () => undefined);
    this.entries = this.#read(this.waiting, (name, raw) => this.#unreadable(name, raw));
  }

  get size() {
    return this.entries.length;
  }

  get isFull() {
    return this.entries.length >= this.limit;
  }

  /** Exposures that are decided here but not yet there; they must not be served again. */
  exposures() {
    return this.entries.map((entry) => entry.exposure);
  }

  add(given) {
    const entry = { ...given, project: this.project, person: this.person, at: Date.now() };
    this.entries.push(entry);
    this.isKept = this.#keep(this.waiting, entry);
    this.onChange();
    this.flush();
  }

  /** Send everything in order. Resolves when the outbox is empty or cannot go on; a second call joins the first. */
  flush() {
    this.running ??= this.#run().finally(() => (this.running = null));
    return this.running;
  }

  /** Try again now instead of after the pause. */
  retry() {
    if (this.wake) this.wake();
    else this.flush();
  }

  /** Resolves with true when all is acknowledged, with false when that takes longer than `patience` milliseconds. */
  async settled(patience = 3000) {
    const until = Date.now() + patience;
    this.retry();
    while (this.size > 0 && Date.now() < until) await sleep(10);
    return this.size === 0;
  }

  /** Send once more what was set aside. */
  sendAgain(key) {
    const entry = this.aside.find((one) => one.key === key);
    if (!entry?.exposure) return;
    const { problem, kind, ...rest } = entry;
    this.forget(key);
    this.add(rest);
  }

  /** Drop what was set aside; only a person does that. */
  forget(key) {
    for (const entry of this.aside.filter((one) => one.key === key)) this.storage.removeItem(nameOf(this.refused, entry));
    this.aside = this.aside.filter((one) => one.key !== key);
    this.onChange();
  }

  /** Another tab of this browser changed the storage: `name` is null where all of it was cleared. */
  changedElsewhere(name, raw) {
    if (name === null) for (const entry of this.entries) this.#keep(this.waiting, entry);
    else if (name.startsWith(this.refused)) this.aside = this.#read(this.refused, () => undefined);
    else if (name.startsWith(this.waiting) && raw === null) this.#doneElsewhere(name);
    else if (name.startsWith(this.waiting)) this.#addedElsewhere(raw);
    else return;
    this.onChange();
  }

  #doneElsewhere(name) {
    const entry = this.entries.find((one) => nameOf(this.waiting, one) === name);
    if (!entry) return;
    this.entries = this.entries.filter((one) => one !== entry);
    this.trouble = null;
    if (!this.aside.some((one) => one.key === entry.key)) this.onSaved(entry, null);
  }

  #addedElsewhere(raw) {
    const entry = readEntry(raw);
    if (!this.#isOurs(entry) || this.entries.some((one) => one.key === entry.key)) return;
    this.entries.push(entry);
    this.flush();
  }

  async #run() {
    let wait = FIRST_WAIT;
    const defects = new Map();
    while (this.entries.length > 0) {
      const entry = this.entries[0];
      const problem = await this.#sendOnce(entry);
      if (problem === null) {
        wait = FIRST_WAIT;
        continue;
      }
      if (problem.isSignedOut || problem.isElsewhere) return this.#stuck(problem);
      if (problem.kind === "Defect") defects.set(entry.key, (defects.get(entry.key) ?? 0) + 1);
      if (!problem.isPassing || defects.get(entry.key) >= MOST_DEFECTS) {
        this.#setAside(entry, problem);
        continue;
      }
      this.#stuck(problem);
      await Promise.race([this.pause(wait), new Promise((resolve) => (this.wake = resolve))]);
      this.wake = null;
      wait = Math.min(wait * 2, LONGEST_WAIT);
    }
    return undefined;
  }

  // Gives null where the entry is done, else what hindered it.
  async #sendOnce(entry) {
    let answer;
    try {
      answer = await this.#inTurn(entry, () => this.send(entry));
    } catch (problem) {
      return problem;
    }
    if (answer === ELSEWHERE) return null;
    this.#done(entry);
    this.onSaved(entry, answer);
    return null;
  }

  // Of two tabs that hold the same entry, one sends it. Where the browser has no locks both may: the key makes that harmless.
  async #inTurn(entry, act) {
    if (!this.locks) return act();
    for (let turn = 0; turn < MOST_TURNS; turn += 1) {
      const found = await this.locks.request(nameOf(this.waiting, entry), { ifAvailable: true }, (lock) => (lock ? act() : undefined));
      if (found !== undefined) return found;
      await this.pause(FIRST_WAIT);
      if (!this.entries.includes(entry)) return ELSEWHERE;
    }
    return act();
  }

  #done(entry) {
    this.entries = this.entries.filter((other) => other.key !== entry.key);
    this.trouble = null;
    this.storage.removeItem(nameOf(this.waiting, entry));
    this.onChange();
  }

  #setAside(entry, problem) {
    const kept = { ...entry, problem: problem.message ?? String(problem), kind: problem.kind ?? "Unknown" };
    this.#keep(this.refused, kept);
    this.aside = [...this.aside.filter((one) => one.key !== entry.key), kept];
    this.#done(entry);
    this.onRefused(entry, problem);
  }

  #stuck(problem) {
    this.trouble = problem;
    this.onChange();
  }

  #keep(prefix, entry) {
    try {
      return this.storage.setItem(nameOf(prefix, entry), JSON.stringify(entry));
    } catch {
      // Not a plain value. Sending it will fail in the same way, and then it is set aside with a word.
      return false;
    }
  }

  #read(prefix, onUnreadable) {
    const found = [];
    for (const name of this.storage.names(prefix)) {
      const raw = this.storage.getItem(name);
      const entry = readEntry(raw);
      if (this.#isOurs(entry)) found.push(entry);
      else if (raw !== null) onUnreadable(name, raw);
    }
    return found.sort((one, other) => one.at - other.at);
  }

  // An entry says itself whose it is: the name under which it lies is not trusted.
  #isOurs(entry) {
    return entry !== null && entry.project === this.project && entry.person === this.person;
  }

  #unreadable(name, raw) {
    const entry = {
      key: name.slice(this.waiting.length),
      item: 0,
      itemKey: "",
      words: raw.length > 200 ? `${raw.slice(0, 200)}…` : raw,
      problem: "What the browser kept of this decision cannot be read.",
      kind: "Unreadable",
      project: this.project,
      person: this.person,
      at: 0,
    };
    this.storage.removeItem(name);
    this.#keep(this.refused, entry);
    this.aside.push(entry);
  }
}

function nameOf(prefix, entry) {
  return `${prefix}${entry.item}.${entry.key}`;
}

function readEntry(raw) {
  try {
    const entry = JSON.parse(raw);
    return entry && typeof entry.key === "string" && typeof entry.at === "number" ? entry : null;
  } catch {
    return null;
  }
}

// A dot inside a name must not make it look like another one's.
function safe(person) {
  return String(person).replace(/[^\p{L}\p{N}_-]/gu, (sign) => `~${sign.codePointAt(0).toString(16)}~`);
}

function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
