// The Runs tab: what runs now, with its progress, and what ran before, with its undo.

import { sayMoment } from "../base/dates.js";
import { button, el, fill } from "../base/dom.js";
import { complaint, outcome } from "./outcome.js";

const EVERY = 2000;
const VERBS = { running: ["pause", "cancel"], queued: ["pause", "cancel"], paused: ["resume", "cancel"] };

export class RunsPanel {
  server; onAction;

  /** `onAction(id)`: undoing needs a person's yes. */
  constructor({ server, onAction }) {
    Object.assign(this, { server, onAction });
    this.jobs = el("section", { class: "aa-box" });
    this.runs = el("section", { class: "aa-box" });
    this.said = el("div", { class: "aa-said" });
    this.element = el("div", { class: "aa-panel" }, this.said, this.jobs, this.runs);
    setInterval(() => this.#tick(), EVERY);
  }

  async open() {
    try {
      const found = await this.server.get("/page/runs");
      this.#draw(found);
    } catch (problem) {
      fill(this.said, complaint(problem));
    }
  }

  #tick() {
    if (this.element.offsetParent !== null && !document.hidden) this.open();
  }

  #draw({ jobs, runs }) {
    const nothing = (words) => el("p", { class: "aa-muted", text: words });
    fill(this.jobs, el("h3", { text: "Jobs" }), jobs.length > 0 ? jobs.map((job) => this.#job(job)) : nothing("Nothing runs."));
    fill(this.runs, el("h3", { text: "Recent runs" }), runs.length > 0 ? this.#runTable(runs) : nothing("Nothing has been run yet."));
  }

  #job(job) {
    const share = job.total > 0 ? Math.round((100 * job.done) / job.total) : 0;
    const bar = el("div", { class: "aa-progress", role: "progressbar", "aria-valuenow": String(share) }, el("div", { class: "aa-progress-fill", style: { width: `${share}%` } }));
    const verbs = (VERBS[job.state] ?? []).map((verb) => button({ class: "aa-small", on: { click: () => this.#steer(verb, job.job_id) } }, verb[0].toUpperCase() + verb.slice(1)));
    return el(
      "div",
      { class: "aa-job" },
      el("div", { class: "aa-row" }, el("strong", { text: job.tool }), el("span", { class: `aa-kind is-${job.state}`, text: job.state }), el("span", { class: "aa-muted", dir: "auto", text: job.words }), verbs),
      bar,
      job.note && !job.words.includes(job.note) ? el("p", { class: "aa-muted", dir: "auto", text: job.note }) : null,
    );
  }

  #runTable(runs) {
    const heads = ["Run", "Tool", "Field", "Back-end", "By", "When", "Proposals", ""].map((name) => el("th", { scope: "col", text: name }));
    const row = (run) =>
      el(
        "tr",
        {},
        [`${run.id}`, run.tool, run.field, run.backend, run.by, sayMoment(run.at), made(run)].map((words) => el("td", { dir: "auto", text: words })),
        el("td", {}, run.undone ? el("span", { class: "aa-muted", text: "undone" }) : run.can_undo ? button({ class: "aa-small", on: { click: () => this.#undo(run.id) } }, "Undo") : null),
      );
    return el("div", { class: "aa-table-box" }, el("table", { class: "aa-table" }, el("thead", {}, el("tr", {}, heads)), el("tbody", {}, runs.map(row))));
  }

  async #steer(verb, job) {
    await this.#say(() => this.server.post(`/page/runs/${verb}`, { job }));
  }

  async #undo(run) {
    await this.#say(async () => {
      const record = await this.server.post("/page/runs/undo", { run });
      if (record.action_id !== null) this.onAction(record.action_id);
      return record;
    });
  }

  async #say(work) {
    try {
      const record = await work();
      fill(this.said, record.text ? outcome(record) : null);
      await this.open();
    } catch (problem) {
      fill(this.said, complaint(problem));
    }
  }
}

function made(run) {
  if (run.queued > 0) return `${run.queued} queued`;
  const bad = run.unusable > 0 ? `, ${run.unusable} unusable` : "";
  return `${run.usable}${bad} (${run.undecided} undecided)`;
}
