// The Quality tab: named measures with their receipts, as tables and charts.

import { button, el, fill } from "../base/dom.js";
import { complaint, outcome, workButton } from "./outcome.js";
import { toolForm } from "./tool_form.js";

const READING = ["measure", "project_status"];

export class QualityPanel {
  server; project;

  constructor({ server, project }) {
    Object.assign(this, { server, project });
    this.side = el("div", { class: "aa-side" });
    this.results = el("div", { class: "aa-results" }, el("p", { class: "aa-muted", text: "Choose a measure. Each number comes with its denominator, its interval and the query behind it." }));
    this.element = el("div", { class: "aa-panel is-split" }, this.side, this.results);
  }

  /** Fetch the tools when the tab is first seen. */
  async open() {
    if (this.tools) return;
    try {
      const { tools } = await this.server.get("/page/tools");
      this.tools = tools;
      this.#draw();
    } catch (problem) {
      fill(this.side, complaint(problem));
    }
  }

  #draw() {
    const measure = this.tools.find((tool) => tool.name === "measure");
    const status = this.tools.find((tool) => tool.name === "project_status");
    const checks = this.tools.filter((tool) => tool.effect === "propose" && tool.name === "check_quality");
    fill(
      this.side,
      measure ? this.#measure(measure) : el("p", { class: "aa-muted", text: "Measures are not part of this installation yet." }),
      status ? workButton("", "How does the project stand?", () => this.#call(status.name, {})) : null,
      checks.map((tool) => this.#generic(tool, "Look for mistakes")),
    );
    if (status) this.#call(status.name, {});
  }

  #measure(tool) {
    const form = toolForm(tool.arguments, { fields: this.project.fields, shown: 2 });
    const run = () => this.#call(tool.name, form.read());
    return [el("h3", { text: "Measures" }), form.element, workButton("is-main", "Show", run)];
  }

  #generic(tool, title) {
    const form = toolForm(tool.arguments, { fields: this.project.fields });
    return el("details", { class: "aa-fold" }, el("summary", { text: title }), el("p", { class: "aa-muted", text: tool.summary }), form.element, workButton("", "Run", () => this.#call(tool.name, form.read())));
  }

  async #call(name, given) {
    try {
      const record = await this.server.post("/page/tools/call", { name, arguments: given });
      this.#add(outcome(record), READING.includes(name));
    } catch (problem) {
      this.#add(complaint(problem), true);
    }
  }

  #add(element, isFirst) {
    const card = el("div", { class: "aa-result" }, button({ class: "aa-small aa-result-close", "aria-label": "Remove", on: { click: () => card.remove() } }, "×"), element);
    if (isFirst && this.results.querySelector(":scope > .aa-muted")) this.results.replaceChildren();
    this.results.prepend(card);
    card.scrollIntoView({ block: "nearest" });
  }
}
