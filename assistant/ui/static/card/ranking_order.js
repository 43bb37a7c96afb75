// An order of answers in the making: groups of names, the best first. Orders are never changed in place. No DOM here.

/** The names that have no place yet, in the order of the item. */
export function missing(groups, names) {
  const placed = groups.flat();
  return names.filter((name) => !placed.includes(name));
}

/** Whether every answer has its place. */
export function isWhole(groups, names) {
  return names.length > 1 && missing(groups, names).length === 0;
}

/**
 * One more answer at the end: beside the last one where they are `equal`. A whole order starts again with this one, and
 * one that has its place already gives it back. The last answer that is left goes last by itself.
 */
export function placed(groups, names, name, equal = false) {
  if (isWhole(groups, names)) return lastOne([[name]], names);
  if (groups.flat().includes(name)) return without(groups, name);
  const isBeside = equal && groups.length > 0;
  const next = isBeside ? [...groups.slice(0, -1), sorted([...groups.at(-1), name])] : [...groups, [name]];
  return isBeside ? next : lastOne(next, names);
}

/** The answer one step up (-1) or down (1): out of its group, or past the next one. */
export function moved(groups, name, step) {
  const at = groups.findIndex((group) => group.includes(name));
  if (at < 0) return groups;
  const isAlone = groups[at].length === 1;
  const rest = without(groups, name);
  const to = isAlone ? at + step : step < 0 ? at : at + 1;
  if (to < 0 || to > rest.length) return groups;
  return [...rest.slice(0, to), [name], ...rest.slice(to)];
}

/** The answer in the place before another one. */
export function putBefore(groups, name, other) {
  if (name === other || !groups.flat().includes(other)) return groups;
  const rest = without(groups, name);
  const at = rest.findIndex((group) => group.includes(other));
  return [...rest.slice(0, at), [name], ...rest.slice(at)];
}

/** Whether an answer is as good as the one before it, turned round: it joins that group, or leaves its own. */
export function tied(groups, name) {
  const at = groups.findIndex((group) => group.includes(name));
  if (at < 0) return groups;
  if (groups[at].length > 1) {
    const rest = without(groups, name);
    return [...rest.slice(0, at + 1), [name], ...rest.slice(at + 1)];
  }
  if (at === 0) return groups;
  return [...groups.slice(0, at - 1), sorted([...groups[at - 1], name]), ...groups.slice(at + 1)];
}

/** "B > A = C". */
export function sayOrder(groups) {
  return groups.map((names) => names.join(" = ").toUpperCase()).join(" > ");
}

/** "1", or "2 =" for one of several in the second place; "" without a place. */
export function placeOf(groups, name) {
  const at = groups.findIndex((group) => group.includes(name));
  if (at < 0) return "";
  const before = groups.slice(0, at).flat().length;
  return groups[at].length > 1 ? `${before + 1} =` : `${before + 1}`;
}

function without(groups, name) {
  return groups.map((group) => group.filter((one) => one !== name)).filter((group) => group.length > 0);
}

function lastOne(groups, names) {
  const left = missing(groups, names);
  return left.length === 1 ? [...groups, left] : groups;
}

function sorted(group) {
  return [...group].sort();
}
