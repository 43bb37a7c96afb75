// The browser's storage as something that never throws. Where it is forbidden, full or gone, values are kept in memory:
// that costs the safety over a reload, never the work in hand. No DOM here.

export class SteadyStorage {
  /** `find` gives the browser's storage, and may throw as browsers do where it is forbidden. */
  constructor(find) {
    this.memory = new Map();
    this.gone = new Set();
    try {
      this.real = find();
    } catch {
      this.real = null;
    }
  }

  getItem(name) {
    if (this.memory.has(name)) return this.memory.get(name);
    if (this.gone.has(name)) return null;
    return this.#try(() => this.real.getItem(name), null);
  }

  /** Gives whether the value will survive a reload. */
  setItem(name, value) {
    const text = String(value);
    const isKept = this.#try(() => this.real.setItem(name, text) ?? true, false);
    this.gone.delete(name);
    if (isKept) this.memory.delete(name);
    else this.memory.set(name, text);
    return isKept;
  }

  removeItem(name) {
    this.memory.delete(name);
    const isGone = this.#try(() => this.real.removeItem(name) ?? true, false);
    if (!isGone) this.gone.add(name);
  }

  /** All names that start with `prefix`, in no order. */
  names(prefix) {
    const found = new Set([...this.memory.keys()].filter((name) => name.startsWith(prefix)));
    const all = this.#try(() => Array.from({ length: this.real.length }, (_, at) => this.real.key(at)), []);
    for (const name of all) if (name?.startsWith(prefix) && !this.gone.has(name)) found.add(name);
    return [...found];
  }

  #try(act, otherwise) {
    if (!this.real) return otherwise;
    try {
      return act();
    } catch {
      return otherwise;
    }
  }
}
