// Label chips, shared by the editors: colour and text, the digit on them, dashed while only a model says so.

import { button, cap, el } from "./dom.js";
import { colourOf, grouped, inkOn } from "./labels.js";

/**
 * One chip. `state`: {digit, chosen, suggested, lit, dimmed}. The colour is a bar and a tint; the name stays in the
 * page's own ink, so that it can be read whatever the colour is.
 */
export function chip(label, state, onClick) {
  const colour = colourOf(label);
  const classes = ["aa-chip"];
  for (const name of ["chosen", "suggested", "lit", "dimmed"]) if (state[name]) classes.push(`is-${name}`);
  const pressed = state.chosen === undefined ? null : String(Boolean(state.chosen));
  return button(
    {
      class: classes.join(" "),
      title: label.description || null,
      "aria-pressed": pressed,
      "aria-label": `${label.name}${state.digit ? `, key ${state.digit}` : ""}${state.suggested ? ", model suggests" : ""}`,
      data: { label: label.id },
      style: { "--label": colour, "--on-label": inkOn(colour) },
      on: { click: () => onClick(label) },
    },
    state.digit ? cap(state.digit) : el("span", { class: "aa-dot" }),
    el("span", { class: "aa-chip-name", dir: "auto", text: label.name }),
    state.suggested ? el("span", { class: "aa-chip-note", text: "model suggests" }) : null,
  );
}

/** Chips under the headings of their groups; without groups one plain row. */
export function chipRows(labels, makeChip) {
  const groups = grouped(labels);
  return [...groups].map(([name, members]) =>
    el(
      "div",
      { class: "aa-chip-group" },
      name && groups.size > 0 ? el("div", { class: "aa-chip-head", text: name }) : null,
      el("div", { class: "aa-chips", role: "group", "aria-label": name || null }, members.map(makeChip)),
    ),
  );
}
