// A form for a tool, made from the tool's own declaration, so that what the page offers is what the tool takes.

import { el } from "../base/dom.js";

/**
 * `schema`: the JSON Schema of the arguments; `leaveOut`: names that the page fills in itself; `fields`: the project's
 * questions, offered wherever an argument is called "field"; arguments after the first `shown` are folded away. `read()` gives the arguments that were filled in.
 */
export function toolForm(schema, { leaveOut = [], fields = [], first = {}, shown = Infinity } = {}) {
  const inputs = Object.entries(schema.properties ?? {})
    .filter(([name]) => !leaveOut.includes(name))
    .map(([name, declared]) => ({ name, declared, ...control(name, resolve(declared, schema), fields, first[name]) }));
  const rows = inputs.map(row);
  const rest = rows.slice(shown);
  const more = rest.length > 0 ? el("details", { class: "aa-fold" }, el("summary", { text: "More" }), el("div", { class: "aa-form" }, rest)) : null;
  const element = el("div", { class: "aa-form" }, rows.slice(0, shown), more);
  return { element, inputs, read: () => Object.fromEntries(inputs.map(({ name, read }) => [name, read()]).filter(([, value]) => value !== undefined)) };
}

function row({ name, declared, node }) {
  const words = el("span", { class: "aa-form-name", text: name.replaceAll("_", " ") });
  const help = el("span", { class: "aa-form-help", text: declared.description ?? "" });
  const isBox = node.type === "checkbox";
  return el("label", { class: "aa-form-row" }, isBox ? el("span", { class: "aa-row" }, node, words) : [words, node], help);
}

function resolve(declared, schema) {
  if (declared.$ref) return { ...schema.$defs?.[declared.$ref.split("/").at(-1)], ...declared };
  const some = (declared.anyOf ?? []).find((one) => one.type !== "null");
  return some ? { ...resolve(some, schema), default: declared.default } : declared;
}

function control(name, declared, fields, first) {
  if (name === "field" && fields.length > 0) return choice(fields.map((field) => field.id), first ?? fields[0].id, declared.default === "");
  if (declared.enum) return choice(declared.enum, first ?? declared.default ?? declared.enum[0], false);
  if (declared.type === "boolean") return checkbox(first ?? declared.default);
  if (declared.type === "integer" || declared.type === "number") return number(declared, first);
  if (declared.type === "array") return list(declared, first);
  return plain(first ?? declared.default ?? "");
}

function choice(options, chosen, mayBeEmpty) {
  const node = el("select", { class: "aa-input" }, mayBeEmpty ? el("option", { value: "", text: "—" }) : null, options.map((one) => el("option", { value: one, text: String(one) })));
  node.value = chosen;
  return { node, read: () => (node.value === "" ? undefined : node.value) };
}

function checkbox(isOn) {
  const node = el("input", { type: "checkbox" });
  node.checked = Boolean(isOn);
  return { node, read: () => node.checked };
}

function number(declared, first) {
  const node = el("input", { class: "aa-input", type: "number", step: declared.type === "integer" ? "1" : "any", min: declared.minimum ?? null, max: declared.maximum ?? null });
  node.value = first ?? declared.default ?? "";
  return { node, read: () => (node.value === "" ? undefined : Number(node.value)) };
}

function list(declared, first) {
  const node = el("input", { class: "aa-input", type: "text", placeholder: "separated by commas" });
  node.value = (first ?? []).join(", ");
  const isNumeric = ["integer", "number"].includes(declared.items?.type);
  const parts = () => node.value.split(",").map((part) => part.trim()).filter(Boolean);
  return { node, read: () => (node.value.trim() === "" ? undefined : parts().map((part) => (isNumeric ? Number(part) : part))) };
}

function plain(first) {
  const node = el("input", { class: "aa-input", type: "text", dir: "auto" });
  node.value = first;
  return { node, read: () => (node.value.trim() === "" ? undefined : node.value) };
}
