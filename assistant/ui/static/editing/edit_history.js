// What was done inside one item, step by step, to be taken back and done again. States are never changed in place, so
// that a step costs a reference. No DOM here.

/** Equal steps that follow each other within this many milliseconds are taken back as one. */
const ONE_STEP = 700;

export class History {
  now; past;

  constructor(now = () => performance.now()) {
    Object.assign(this, { now, past: [], future: [], last: null });
  }

  /** Keep the state before a change. `step` names what may be joined with the step before, as nudges with an arrow. */
  keep(state, step = "") {
    const at = this.now();
    const isSame = step !== "" && this.last?.step === step && at - this.last.at < ONE_STEP;
    this.last = { step, at };
    if (!isSame) this.past.push(state);
    this.future = [];
  }

  /** The state before `now`, or null; `now` can be had again. */
  back(now) {
    if (this.past.length === 0) return null;
    this.last = null;
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
