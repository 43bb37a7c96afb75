// Decisions that the server has not acknowledged yet. They live in the browser's session storage, so that a reload
// loses none; each carries an idempotency key, so that sending one twice is harmless. They are sent one at a time and
// in order. No DOM here.

/** A key that nobody else makes. `crypto.randomUUID` exists on secure origins only; this one works on plain http too. */
export function freshKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 8000;

export class Outbox {
  /**
   * `send(entry)` posts one entry and throws a ServerProblem. `onSaved(entry, answer)`, `onRefused(entry, problem)` and
   * `onChange()` tell the page. With `limit` unacknowledged entries the outbox is full.
   */
  constructor({ storage, name, send, limit = 5, onSaved, onRefused, onChange, pause = sleep }) {
    Object.assign(this, { storage, name, send, limit, onSaved, onRefused, onChange, pause });
    this.entries = this.#load();
    this.trouble = null;
    this.running = null;
    this.wake = null;
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

  add(entry) {
    this.entries.push(entry);
    this.#changed();
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

  async #run() {
    let wait = FIRST_WAIT;
    while (this.entries.length > 0) {
      const entry = this.entries[0];
      try {
        const answer = await this.send(entry);
        this.#done(entry);
        this.onSaved(entry, answer);
        wait = FIRST_WAIT;
      } catch (problem) {
        if (problem.isSignedOut) return this.#stuck(problem);
        if (!problem.isPassing) {
          this.#done(entry);
          this.onRefused(entry, problem);
          continue;
        }
        this.#stuck(problem);
        await Promise.race([this.pause(wait), new Promise((resolve) => (this.wake = resolve))]);
        this.wake = null;
        wait = Math.min(wait * 2, LONGEST_WAIT);
      }
    }
    return undefined;
  }

  #done(entry) {
    this.entries = this.entries.filter((other) => other.key !== entry.key);
    this.trouble = null;
    this.#changed();
  }

  #stuck(problem) {
    this.trouble = problem;
    this.#changed();
  }

  #changed() {
    try {
      if (this.entries.length > 0) this.storage.setItem(this.name, JSON.stringify(this.entries));
      else this.storage.removeItem(this.name);
    } catch {
      // A full or forbidden storage costs the safety over a reload, not the decision itself.
    }
    this.onChange();
  }

  #load() {
    try {
      const found = JSON.parse(this.storage.getItem(this.name) ?? "[]");
      return Array.isArray(found) ? found.filter((entry) => entry && entry.key && entry.exposure) : [];
    } catch {
      return [];
    }
  }
}

function sleep(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
