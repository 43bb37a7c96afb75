// Shows what a tool has to say: sentences, numbers with their receipts, tables and charts.

import { button, el } from "../base/dom.js";

const MOST_ROWS = 200;

/** Elements for an outcome of the server: {text, facts, tables, figures}. */
export function outcome(record) {
  return el(
    "div",
    { class: "aa-outcome" },
    record.text ? el("p", { class: "aa-outcome-text", dir: "auto", text: record.text }) : null,
    (record.figures ?? []).map(figure),
    (record.tables ?? []).filter((one) => one.rows.length > 0).map(table),
    record.exported ? el("p", {}, "Download ", download(record.exported)) : null,
    record.facts?.length > 0 ? receipts(record) : null,
  );
}

/** A link to something in the project's folder of exports; a folder comes packed. */
export function download(name) {
  return el("a", { href: `/page/files/exports/${encodeURIComponent(name)}`, download: name, text: name });
}

// Every number with its interval, its denominator and its query; folded where tables tell the same.
function receipts(record) {
  const isFolded = (record.tables ?? []).some((one) => one.rows.length > 0);
  return el("details", { class: "aa-receipt", open: !isFolded }, el("summary", { text: "The numbers and where they come from" }), factTable(record.facts));
}

function factTable(facts) {
  const rows = facts.map((fact) =>
    el(
      "tr",
      {},
      el("td", { dir: "auto", text: fact.name.replaceAll("_", " ") }),
      el("td", { class: "is-number", text: fact.shown }),
      el("td", { class: "is-number", text: fact.interval }),
      el("td", { class: "is-number", text: fact.n === null ? "" : String(fact.n) }),
      el("td", { dir: "auto", text: fact.note || fact.method }),
      el("td", {}, fact.sql ? receipt(fact.sql) : null),
    ),
  );
  const look = (name) => (["Value", "Interval", "n"].includes(name) ? "is-number" : null);
  const heads = ["Measure", "Value", "Interval", "n", "Method", "Receipt"].map((name) => el("th", { scope: "col", class: look(name), text: name }));
  return el("div", { class: "aa-table-box" }, el("table", { class: "aa-table" }, el("thead", {}, el("tr", {}, heads)), el("tbody", {}, rows)));
}

// The query that a number comes from.
function receipt(sql) {
  return el("details", { class: "aa-receipt" }, el("summary", { text: "query" }), el("pre", { text: sql }));
}

/** One table: {title, columns, rows}; long ones are cut and say so. */
export function table({ title, columns, rows }) {
  const shown = rows.slice(0, MOST_ROWS);
  const isNumeric = (at) => shown.length > 0 && shown.every((row) => typeof row[at] === "number" || row[at] === null);
  const head = columns.map((name, at) => el("th", { scope: "col", dir: "auto", class: isNumeric(at) ? "is-number" : null, text: name }));
  const cell = (value, at) => el("td", { class: isNumeric(at) ? "is-number" : null, dir: "auto", text: words(value) });
  const body = shown.map((row) => el("tr", {}, row.map(cell)));
  return el(
    "figure",
    { class: "aa-figure" },
    title ? el("figcaption", { dir: "auto", text: title }) : null,
    el("div", { class: "aa-table-box" }, el("table", { class: "aa-table" }, el("thead", {}, el("tr", {}, head)), el("tbody", {}, body))),
    rows.length > shown.length ? el("p", { class: "aa-muted", text: `The first ${shown.length} of ${rows.length} rows.` }) : null,
  );
}

// The server draws charts as images, so that the chat and this tab show the same one.
function figure({ title, image }) {
  return el("figure", { class: "aa-figure" }, el("img", { src: image, alt: title }));
}

function words(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : String(Math.round(value * 1000) / 1000);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A line that says what went wrong. */
export function complaint(problem) {
  return el("p", { class: "aa-note-line", role: "alert", text: problem.message });
}

/** A button that cannot be pressed twice while its work runs. */
export function workButton(look, text, work) {
  const node = button({ class: `aa-action ${look}` }, text);
  node.addEventListener("click", async () => {
    node.disabled = true;
    try {
      await work();
    } finally {
      node.disabled = false;
    }
  });
  return node;
}
