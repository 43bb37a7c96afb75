// Answers: are two the same, what is the verdict, and how are they said in words. No DOM here.

import { NOTHING } from "../kinds/kind.js";
import { kindOf } from "../kinds/registry.js";

/** Whether two answers to a field say the same; ids of regions and the order of regions do not count. */
export function sameValue(field, one, other) {
  return comparable(field, one) === comparable(field, other);
}

function comparable(field, value) {
  return value ? kindOf(field).comparable(value[field.key]) : "";
}

/**
 * accept: the suggestion as it was. edit: a suggestion with regions or text, changed. choose: an answer of one's own,
 * by picking it or because nothing was suggested.
 */
export function verdictOf({ field, suggestion }, value) {
  if (!suggestion?.value) return "choose";
  return sameValue(field, suggestion.value, value) ? "accept" : field.verdict;
}

/** An answer in a few words, for the status line and lists. */
export function sayValue(field, value) {
  return value ? kindOf(field).say(value[field.key], field) : "nothing";
}

/** What a decision did, in the past tense. */
export function sayVerdict(verdict, field, value) {
  const did = { accept: "accepted", choose: "chose", edit: "saved" }[verdict];
  if (did) return sayValue(field, value) === NOTHING ? `${did}: ${NOTHING}` : `${did} ${sayValue(field, value)}`;
  return { reject: "rejected", skip: "skipped", flag: "flagged", comment: "comment added" }[verdict] ?? verdict;
}
