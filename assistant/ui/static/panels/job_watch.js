// Follows jobs while there are any: says on the bar how far they are, and tells the page when the last one ended.

const EVERY = 1000;

export class JobWatch {
  server; onProgress; onTick; onEnd;

  /**
   * `onProgress(words)` gets "" when nothing runs; `onEnd()` is called once after jobs were seen running, and `onTick()`
   * whenever there is something new to tell.
   */
  constructor({ server, onProgress, onEnd, onTick = () => undefined }) {
    Object.assign(this, { server, onProgress, onEnd, onTick });
    this.told = "";
    this.timer = null;
    this.seen = 0;
    this.hasWorked = false;
  }

  /** Look now, and go on looking until nothing runs. */
  async look() {
    clearTimeout(this.timer);
    const turn = (this.seen += 1);
    const found = await this.server.get("/page/runs/live").catch(() => null);
    if (turn !== this.seen) return;
    const jobs = found?.jobs ?? [];
    const told = jobs.length > 0 ? words(jobs[0]) : "";
    this.onProgress(told);
    if (told !== this.told) this.onTick();
    this.told = told;
    // Paused jobs wait for a person: nothing is looked for until somebody resumes them.
    if (jobs.length > 0) this.timer = setTimeout(() => this.look(), EVERY);
    else if (this.hasWorked && found) this.onEnd();
    this.hasWorked = jobs.length > 0 || (this.hasWorked && !found);
  }
}

function words(job) {
  return `${job.tool}: ${job.words}`;
}
