// Labels: colours that can be read, ranking and filtering. No DOM here.

const COLOUR = /^#[0-9a-fA-F]{6}$/;
export const MOST_DIGITS = 9;
export const RESERVED = ["none_of_these", "cannot_tell"];

/** The label's colour, or a neutral one where it is not a plain #rrggbb. */
export function colourOf(label) {
  return label && COLOUR.test(label.color) ? label.color : "#57534e";
}

/** Black or white, whichever has the higher contrast on the colour (WCAG 2 relative luminance). */
export function inkOn(colour) {
  const channel = (at) => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  const luminance = 0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5);
  return (luminance + 0.05) / 0.05 >= 1.05 / (luminance + 0.05) ? "#000000" : "#ffffff";
}

export function labelOf(field, id) {
  return field.labels.find((label) => label.id === id) ?? null;
}

export function nameOf(field, id) {
  return labelOf(field, id)?.name ?? `${id} (no longer in the schema)`;
}

/** Whether digits stay with their labels: there are at most nine, "none of these" and "cannot tell" not counted. */
export function digitsStay(field) {
  return field.labels.filter((label) => !RESERVED.includes(label.id)).length <= MOST_DIGITS;
}

/** The label that a digit means where digits stay: by the label's own key, else by its place. */
export function labelAt(field, digit) {
  const own = field.labels.find((label) => label.key === String(digit));
  if (own) return own;
  const placed = field.labels[digit - 1];
  return placed && !/^[0-9]$/.test(placed.key ?? "") ? placed : null;
}

/** What to print on the chip of a label where digits stay. */
export function keyOf(field, label) {
  if (label.key) return label.key;
  const at = field.labels.indexOf(label) + 1;
  return labelAt(field, at) === label ? String(at) : "";
}

/** The nine most likely labels, best first: the suggestion, its alternatives, then the order of the schema. */
export function ranked(field, suggestion) {
  const first = [suggestion?.value?.label, ...(suggestion?.value?.labels ?? [])];
  const others = (suggestion?.alternatives ?? []).map((one) => one.label);
  const ids = [...new Set([...first, ...others, ...field.labels.map((label) => label.id)])];
  return ids.map((id) => labelOf(field, id)).filter(Boolean).slice(0, MOST_DIGITS);
}

/** Labels whose name, group or id holds every typed word; names that start with it come first. */
export function matching(field, typed) {
  const words = fold(typed).split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const hit = (label) => words.every((word) => fold(`${label.name} ${label.group ?? ""} ${label.id}`).includes(word));
  const rank = (label) => {
    const name = fold(label.name);
    if (name.startsWith(words[0])) return 0;
    return name.split(/[^\p{L}\p{N}]+/u).some((part) => part.startsWith(words[0])) ? 1 : 2;
  };
  return field.labels
    .filter(hit)
    .map((label, at) => ({ label, at }))
    .sort((one, other) => rank(one.label) - rank(other.label) || one.at - other.at)
    .map(({ label }) => label);
}

/** Labels by group, in the order of the schema; labels without a group come under "". */
export function grouped(labels) {
  const groups = new Map();
  for (const label of labels) {
    const name = label.group ?? "";
    groups.set(name, [...(groups.get(name) ?? []), label]);
  }
  return groups;
}

// Case and accents do not matter when one types.
function fold(text) {
  return text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
}
