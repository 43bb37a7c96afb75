// How far the project is: one record for the bar, the questions' tabs and the words under the card. No DOM here.
//
// What is done and what is left the server says; between its answers a decision moves them by one.

const UNKNOWN = { done: null, left: null };

export class Counts {
  constructor({ progress = null, onChange }) {
    this.onChange = onChange;
    this.whole = { ...UNKNOWN };
    this.fields = {};
    this.counting = null;
    this.latest = "";
    this.replace(progress);
  }

  /** The server's whole record: over all, by field, and which fields are added up. */
  replace(progress) {
    if (!progress) return;
    this.whole = { done: progress.done, left: progress.left };
    this.counting = new Set(progress.counts);
    this.fields = { ...progress.by_field };
    this.onChange();
  }

  /** What an answer says of its field, or, without one, of everything. */
  take({ of_field: field = "", done = null, left = null }) {
    if (done === null) return;
    this.latest = field;
    this.#set(field, { done, left });
  }

  /** A value was given (1) or was not stored after all (-1): the next answer of the server says how it is. */
  step(field, by) {
    const known = field in this.fields ? field : "";
    const { done, left } = this.of(known);
    if (done === null) return;
    this.#set(known, { done: Math.max(0, done + by), left: Math.max(0, left - by) });
  }

  of(field) {
    return this.fields[field] ?? this.whole;
  }

  /** The numbers of the field that was asked about last. */
  now() {
    const { done, left } = this.of(this.latest);
    return { done, left };
  }

  #set(field, { done, left }) {
    const before = this.fields[field];
    this.fields[field] = { done, left };
    if (!this.counting) this.whole = { done, left };
    else if (before && this.counting.has(field)) {
      this.whole = { done: this.whole.done + done - before.done, left: this.whole.left + left - before.left };
    }
    this.onChange();
  }
}
