// Asks the server to segment what clicks, a box or scribbles point at. The newest question wins; encoding begins when
// a picture is opened and is waited for with seconds. No DOM here.

const POLL = 700;

export class Segmenter {
  now; onState; turn; server; exposure;

  /** `onState()` when `state` ("asking", "encoding", "ready", "absent", "failed"), `seconds` or `words` change. */
  constructor({ server, exposure, onState, now = () => performance.now() }) {
    Object.assign(this, { server, exposure, onState, now, state: "asking", backend: "", problem: "", turn: 0, isClosed: false });
    this.begun = now();
  }

  get seconds() {
    return Math.round((this.now() - this.begun) / 1000);
  }

  /** Whether nothing more is to be waited for. */
  get isSettled() {
    return !["asking", "encoding"].includes(this.state);
  }

  /** Where things stand, for people. */
  get words() {
    if (!this.isSettled) return `encoding… ${this.seconds} s`;
    if (this.state === "absent") return "Segmentation by clicks is not available on this server.";
    if (this.state === "failed") return this.problem;
    return this.backend ? `segmenting with ${this.backend}` : "";
  }

  /** Have the picture encoded; asks again until that is done. */
  async begin() {
    while (!this.isClosed) {
      const state = await this.#encode();
      if (this.isClosed) return;
      this.state = state;
      this.onState();
      if (state !== "encoding") return;
      await new Promise((resolve) => setTimeout(resolve, POLL));
    }
  }

  close() {
    this.isClosed = true;
  }

  /**
   * Answer of the server to these prompts, or null when a newer question was asked meanwhile. Throws with a sentence
   * otherwise.
   */
  async preview(prompts) {
    const turn = ++this.turn;
    try {
      const answer = await this.server.post("/card/segment/preview", { exposure: this.exposure, backend: "", ...prompts });
      return turn === this.turn && !this.isClosed ? answer : null;
    } catch (problem) {
      if (turn !== this.turn || this.isClosed || problem.kind === "Superseded") return null;
      if (problem.status === 404) {
        this.state = "absent";
        this.onState();
        throw new Error(this.words);
      }
      throw problem;
    }
  }

  /** What is on its way no longer counts. */
  forget() {
    this.turn += 1;
  }

  async #encode() {
    try {
      const { state, backend } = await this.server.post("/card/segment/encode", { exposure: this.exposure });
      this.backend = backend ?? "";
      return state === "encoding" ? "encoding" : "ready";
    } catch (problem) {
      this.problem = problem.message;
      return problem.status === 404 ? "absent" : "failed";
    }
  }
}
