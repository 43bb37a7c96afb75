// Answers: are two the same, what is the verdict, and how are they said in words. No DOM here.

import { nameOf } from "../base/labels.js";
import { plural } from "../base/dom.js";
import { counted, IMAGE_KINDS, said } from "../image/edit_region_forms.js";

/** The person's own answer that a card starts from: one they took back and can change, else the one that stands. */
export function ownAnswer(card) {
  return card.former?.value ?? card.standing ?? null;
}

/** Whether two answers say the same; ids of regions and the order of regions do not count. */
export function sameValue(one, other) {
  return comparable(one) === comparable(other);
}

function comparable(value) {
  if (!value) return "";
  for (const key of ["spans", "relations"]) {
    if (value[key]) return JSON.stringify(value[key].map(withoutId).sort());
  }
  for (const kind of IMAGE_KINDS) if (value[kind]) return JSON.stringify(value[kind].map(said).sort());
  if (value.labels) return JSON.stringify([...value.labels].sort());
  return JSON.stringify(Object.entries(value).sort());
}

function withoutId(region) {
  const { start, end, label, from, to } = region;
  return JSON.stringify([start ?? "", end ?? "", from ?? "", to ?? "", label]);
}

/**
 * accept: the suggestion as it was. edit: a suggestion with regions or text, changed. choose: an answer of one's own,
 * by picking it or because nothing was suggested.
 */
export function verdictOf(card, value) {
  if (!card.suggestion?.value) return "choose";
  if (sameValue(card.suggestion.value, value)) return "accept";
  return ["spans", "relations", "text", ...IMAGE_KINDS].includes(card.field.kind) ? "edit" : "choose";
}

const NOTHING = "nothing to mark";

/** An answer in a few words, for the status line and lists. */
export function sayValue(field, value) {
  if (!value) return "nothing";
  if (value.label !== undefined) return nameOf(field, value.label);
  if (value.labels) return value.labels.map((id) => nameOf(field, id)).join(", ") || "no label";
  if (value.rating !== undefined) return `${value.rating} of ${field.max}`;
  if (value.spans) return value.spans.length > 0 ? plural(value.spans.length, "span") : NOTHING;
  if (value.relations) return value.relations.length > 0 ? plural(value.relations.length, "relation") : NOTHING;
  const kind = IMAGE_KINDS.find((one) => value[one]);
  if (kind) return value[kind].length > 0 ? counted(value[kind].length, field) : NOTHING;
  const text = String(value.text ?? "");
  return text.length > 40 ? `“${text.slice(0, 40)}…”` : `“${text}”`;
}

/** What a decision did, in the past tense. */
export function sayVerdict(verdict, field, value) {
  const did = { accept: "accepted", choose: "chose", edit: "saved" }[verdict];
  if (did) return sayValue(field, value) === NOTHING ? `${did}: ${NOTHING}` : `${did} ${sayValue(field, value)}`;
  return { reject: "rejected", skip: "skipped", flag: "flagged", comment: "comment added" }[verdict] ?? verdict;
}
