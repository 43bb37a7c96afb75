// What was done inside one item, step by step, to be taken back and done again. States are never changed in place, so
// that a step costs a reference. No DOM here.

export class History {
  constructor() {
    this.past = [];
    this.future = [];
  }

  /** Keep the state before a change. */
  keep(state) {
    this.past.push(state);
    this.future = [];
  }

  /** The state before `now`, or null; `now` can be had again. */
  back(now) {
    if (this.past.length === 0) return null;
    this.future.push(now);
    return this.past.pop();
  }

  /** The state that was taken back last, or null. */
  again(now) {
    if (this.future.length === 0) return null;
    this.past.push(now);
    return this.future.pop();
  }
}
