// The Data tab: files in, files out, the schema, and which columns the card shows.

import { el, fill } from "../base/dom.js";
import { complaint, download, outcome, workButton } from "./outcome.js";
import { ProjectsPart } from "./panel_projects.js";
import { toolForm } from "./tool_form.js";
import { shownAs } from "../views/registry.js";

const OWN = ["path", "target", "overwrite"];
const MOST_BYTES = 512 * 1024 * 1024;

export class FilesPanel {
  server; project; onAction; columns; onColumns;

  /** `onAction(id)`: a change waits for a person. */
  constructor({ server, project, columns, onColumns, onAction }) {
    Object.assign(this, { server, project, columns, onColumns, onAction });
    this.tools = null;
    this.parts = ["import", "export", "schema", "columns", "projects"].map((name) => el("section", { class: "aa-box", data: { part: name } }));
    this.projects = new ProjectsPart({ server, element: this.parts[4] });
    this.element = el("div", { class: "aa-panel is-grid" }, this.parts);
  }

  async open() {
    this.#drawColumns();
    void this.projects.open();
    if (this.tools) return;
    try {
      this.tools = (await this.server.get("/page/tools")).tools;
      this.#drawImport();
      await this.#drawExport();
      await this.#drawSchema();
    } catch (problem) {
      fill(this.parts[0], complaint(problem));
    }
  }

  #tool(name) {
    return this.tools.find((tool) => tool.name === name);
  }

  #drawImport() {
    const [part] = this.parts;
    const tool = this.#tool("import_data");
    part.hidden = !tool;
    if (!tool) return;
    const form = toolForm(tool.arguments, { leaveOut: OWN });
    const take = (files) => this.#take(files.map((file) => ({ file, name: file.webkitRelativePath || file.name })));
    const input = el("input", { type: "file", class: "aa-file", multiple: "", on: { change: () => take([...input.files]) } });
    const folder = el("input", { type: "file", class: "aa-file", webkitdirectory: "", hidden: "", on: { change: () => take([...folder.files]) } });
    const { files: words, inFolders } = shownAs(this.project);
    const drop = el("label", { class: "aa-drop", tabindex: "0" }, el("strong", { text: inFolders ? "Drop files or a folder here" : "Drop a file here" }), el("span", { class: "aa-muted", text: `or choose: ${words}` }), input);
    const whole = inFolders ? el("div", { class: "aa-row" }, workButton("", "Choose a folder…", () => folder.click()), folder) : null;
    drop.addEventListener("dragover", (event) => event.preventDefault() || drop.classList.add("is-over"));
    drop.addEventListener("dragleave", () => drop.classList.remove("is-over"));
    drop.addEventListener("drop", (event) => {
      event.preventDefault();
      drop.classList.remove("is-over");
      void droppedFiles(event.dataTransfer).then((files) => this.#take(files));
    });
    this.importForm = form;
    this.importSaid = el("div", { class: "aa-said" });
    fill(part, el("h3", { text: "Import" }), drop, whole, el("details", { class: "aa-fold" }, el("summary", { text: "How to read the file" }), form.element), this.importSaid);
  }

  /** Upload and read without storing anything; what would come in waits for a person's yes. */
  async #take(files) {
    if (files.length === 0) return;
    if (files.some(({ file }) => file.size > MOST_BYTES)) return void fill(this.importSaid, complaint({ message: "Files up to 512 MB can be dropped here; use the command line for larger ones." }));
    const title = files.length === 1 ? files[0].name : `${files.length} files`;
    const said = el("p", { class: "aa-muted", text: `Reading ${title}…` });
    fill(this.importSaid, said);
    try {
      let number = "";
      for (const [at, { file, name: given }] of files.entries()) {
        // Loose files get a folder of their own, whose name is shown as that of the source.
        const name = files.length > 1 && !given.includes("/") ? `dropped files/${given}` : given;
        if (at > 0) said.textContent = `Reading ${title}: ${at} of ${files.length} are here…`;
        const { upload } = await this.server.send(`/page/files/upload?name=${encodeURIComponent(name)}&upload=${number}`, file);
        number = upload;
      }
      await this.#look(title, number);
    } catch (problem) {
      fill(this.importSaid, complaint(problem));
    }
  }

  /** Read the upload as the form says; an earlier look at it is dismissed. */
  async #look(name, upload) {
    const title = el("h4", { dir: "auto", text: `${name}: what would come in` });
    const again = workButton("", "Look again", () => this.#look(name, upload));
    try {
      if (this.looked) await this.server.post("/page/actions/dismiss", { action: this.looked }).catch(() => undefined);
      const record = await this.server.post("/page/files/import", { upload, options: this.importForm.read() });
      this.looked = record.action_id;
      fill(this.importSaid, title, outcome(record), el("p", { class: "aa-muted", text: "Nothing is stored before somebody says yes above." }), again);
      this.onAction(record.action_id);
    } catch (problem) {
      fill(this.importSaid, title, complaint(problem), again);
    }
  }

  async #drawExport() {
    const part = this.parts[1];
    const tool = this.#tool("export_data");
    part.hidden = !tool;
    if (!tool) return;
    const form = toolForm(tool.arguments, { leaveOut: OWN, shown: 1 });
    const said = el("div", { class: "aa-said" });
    this.exports = el("div", { class: "aa-exports" });
    const ask = async () => {
      try {
        const record = await this.server.post("/page/files/export", { options: form.read() });
        fill(said, outcome(record));
        if (record.action_id !== null) this.onAction(record.action_id);
        await this.refreshExports();
      } catch (problem) {
        fill(said, complaint(problem));
      }
    };
    fill(part, el("h3", { text: "Export" }), form.element, el("div", { class: "aa-row" }, workButton("is-main", "Export…", ask)), said, this.exports);
    await this.refreshExports();
  }

  /** Exports that can be downloaded. */
  async refreshExports() {
    if (!this.exports) return;
    const { exports: found } = await this.server.get("/page/files/exports");
    const rows = found.map((one) => el("li", {}, download(one.name), el("span", { class: "aa-muted", text: ` ${size(one.bytes)}` })));
    fill(this.exports, rows.length > 0 ? [el("h4", { text: "Download" }), el("ul", {}, rows)] : null);
  }

  async #drawSchema() {
    const part = this.parts[2];
    const { yaml } = await this.server.get("/page/schema");
    const area = el("textarea", { class: "aa-area is-code", rows: "18", spellcheck: "false", "aria-label": "Schema as YAML" });
    area.value = yaml;
    const said = el("div", { class: "aa-said" });
    const mayChange = Boolean(this.#tool("change_schema"));
    area.readOnly = !mayChange;
    const send = (path) => async () => {
      try {
        const record = await this.server.post(path, { yaml: area.value });
        fill(said, outcome(record));
        if (record.action_id) this.onAction(record.action_id);
      } catch (problem) {
        fill(said, complaint(problem));
        selectLine(area, problem.message);
      }
    };
    // Who may only read it is offered nothing that they may not do.
    const change = mayChange ? [workButton("", "Check", send("/page/schema/check")), workButton("is-main", "Change…", send("/page/schema/change"))] : [];
    fill(part, el("h3", { text: mayChange ? "Schema" : "Questions and labels" }), area, el("div", { class: "aa-row" }, change), said);
  }

  #drawColumns() {
    const names = [...this.columns.known].sort();
    const rows = names.map((name) => {
      const box = el("input", { type: "checkbox", on: { change: () => this.#switch(name, box.checked) } });
      box.checked = !this.columns.hidden.has(name);
      return el("label", { class: "aa-row" }, box, el("span", { dir: "auto", text: name }));
    });
    const nothing = el("p", { class: "aa-muted", text: "The items have no columns beside their text." });
    fill(this.parts[3], el("h3", { text: "Columns on the card" }), rows.length > 0 ? rows : nothing);
  }

  #switch(name, isShown) {
    this.columns.switchTo(name, isShown);
    this.onColumns();
  }
}

/** Files of a drop with their paths; folders are walked. */
async function droppedFiles(transfer) {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (entries.every((entry) => entry.isFile)) return [...transfer.files].map((file) => ({ file, name: file.name }));
  const found = [];
  for (const entry of entries) await walk(entry, found);
  return found;
}

async function walk(entry, found) {
  if (entry.name.startsWith(".")) return;
  if (entry.isFile) {
    const file = await new Promise((done, failed) => entry.file(done, failed));
    found.push({ file, name: entry.fullPath.replace(/^\//, "") });
    return;
  }
  const reader = entry.createReader();
  // A reader gives a folder in pieces and an empty one at its end.
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (some.length === 0) return;
    for (const one of some) await walk(one, found);
  }
}

function size(bytes) {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${Math.round(bytes / 1024)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}

// An error names its line; put the cursor there.
function selectLine(area, message) {
  const found = /line (\d+)/.exec(message);
  if (!found) return;
  const lines = area.value.split("\n");
  const start = lines.slice(0, Number(found[1]) - 1).reduce((sum, line) => sum + line.length + 1, 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[Number(found[1]) - 1] ?? "").length);
}
