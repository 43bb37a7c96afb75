// Whether the server can be reached: every answer and every failure says so, and a heartbeat asks where nothing else does.

// A server that is gone is noticed within this time, also where nobody presses anything.
const QUIET = 1900;
const EVERY = 500;

export class Reach {
  server; onChange;

  /** `onChange(isReached)` is called when the server is gone and when it is back. */
  constructor({ server, onChange }) {
    Object.assign(this, { server, onChange });
    this.isReached = true;
    this.lastAt = performance.now();
    server.onReach = (isReached) => this.heard(isReached);
  }

  start() {
    setInterval(() => this.beat(), EVERY);
    addEventListener("offline", () => this.heard(false));
  }

  /** Ask the server for a sign of life, unless there was one just now or nobody looks. */
  async beat() {
    if (document.hidden || this.isAsking || performance.now() - this.lastAt < QUIET) return;
    this.isAsking = true;
    await this.server.beat().catch(() => undefined);
    this.isAsking = false;
  }

  heard(isReached) {
    this.lastAt = performance.now();
    if (isReached === this.isReached) return;
    this.isReached = isReached;
    this.onChange(isReached);
  }
}
