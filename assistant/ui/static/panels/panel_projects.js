// The Data tab's corner for projects: which there are beside this one, going over to one, making a new one.

import { button, el, fill } from "../base/dom.js";
import { complaint, workButton } from "./outcome.js";

const PATIENCE_MS = 60000;
const KINDS = [
  ["", "Texts, one label each"],
  ["choice", "Images, one label each"],
  ["multi_choice", "Images, several labels each"],
  ["boxes", "Images, boxes around objects"],
  ["polygons", "Images, outlines of objects"],
  ["masks", "Images, masks of objects"],
  ["keypoints", "Images, key points"],
];

export class ProjectsPart {
  server; element;

  constructor({ server, element }) {
    Object.assign(this, { server, element });
  }

  async open() {
    try {
      const { projects, folder, can_open: canOpen } = await this.server.get("/page/projects");
      this.#draw(projects, folder, canOpen);
    } catch (problem) {
      // Whoever may not make projects needs no corner for it.
      if (problem.status === 403 || problem.status === 404) this.element.hidden = true;
      else fill(this.element, el("h3", { text: "Projects" }), complaint(problem));
    }
  }

  #draw(projects, folder, canOpen) {
    const rows = projects.map((one) => el("li", { class: "aa-row" }, el("span", { dir: "auto", text: one.name }), this.#door(one, canOpen)));
    const name = el("input", { class: "aa-input", "aria-label": "Name of the new project", placeholder: "Name" });
    const labels = el("textarea", { class: "aa-area", rows: "3", "aria-label": "Labels of the new project", placeholder: "Labels, separated by commas – or a whole schema as YAML" });
    const kinds = KINDS.map(([value, words]) => el("option", { value, text: words }));
    const kind = el("select", { class: "aa-input", "aria-label": "What the items of the new project are" }, kinds);
    this.said = el("div", { class: "aa-said" });
    const make = workButton("is-main", "New project…", () => this.#make(name.value, labels.value, kind.value, canOpen));
    fill(this.element, el("h3", { text: "Projects" }), el("p", { class: "aa-muted", text: `In ${folder}` }), el("ul", {}, rows), name, kind, labels, el("div", { class: "aa-row" }, make), this.said);
  }

  #door(one, canOpen) {
    if (one.is_open) return el("span", { class: "aa-muted", text: "open now" });
    if (!canOpen) return null;
    return button({ class: "aa-small", on: { click: () => this.#goOver(one.name) } }, "Open");
  }

  async #make(name, words, images, canOpen) {
    const isYaml = /^\s*(name|fields|item|guideline)\s*:/m.test(words);
    try {
      const made = await this.server.post("/page/projects/new", isYaml ? { name, yaml: words } : { name, labels: words, images });
      if (canOpen) await this.#goOver(made.name);
      else await this.open();
    } catch (problem) {
      fill(this.said, complaint(problem));
    }
  }

  /** The server of this project ends and the next one's answers under the same address. */
  async #goOver(name) {
    try {
      const { entrance } = await this.server.post("/page/projects/open", { name });
      fill(this.said, el("p", { class: "aa-muted", text: `Opening ${name}…` }));
      await this.#waitForNext();
      window.location.assign(entrance);
    } catch (problem) {
      fill(this.said, complaint(problem));
    }
  }

  /** Until somebody answers who does not know this page's cookie, or does and is another project. */
  async #waitForNext() {
    const until = Date.now() + PATIENCE_MS;
    await pause(800);
    while (Date.now() < until) {
      const answer = await fetch("/card/project", { credentials: "same-origin" }).catch(() => null);
      if (answer && (answer.status === 401 || answer.status === 403)) return;
      await pause(400);
    }
  }
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
