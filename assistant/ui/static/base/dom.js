// Builds elements out of plain values. Strings become text nodes; nothing is ever parsed as HTML, so that the text of
// an item, a label name or a column can hold anything without becoming part of the page.

/** Make an element. `props`: class, text, title, on (listeners), data (data-*), and any other attribute by its name. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "class") node.className = value;
    else if (name === "text") node.textContent = value;
    else if (name === "on") for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name === "style") for (const [key, set] of Object.entries(value)) node.style.setProperty(key, set);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  append(node, children);
  return node;
}

/** Append nodes and strings; empty values are left out, arrays are flattened. */
export function append(node, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    node.append(child);
  }
  return node;
}

/** Replace everything inside `node`. */
export function fill(node, ...children) {
  node.replaceChildren();
  return append(node, children);
}

/** A button that leaves the focus where it is when it is clicked with a mouse, so that the card keeps its keys. */
export function button(props, ...children) {
  const node = el("button", { type: "button", ...props }, ...children);
  node.addEventListener("mousedown", (event) => event.preventDefault());
  return node;
}

/** A key cap. */
export function cap(key) {
  return el("kbd", { class: "aa-cap", text: key });
}

/** Whether typing at this element means text, not a command. */
export function takesText(node) {
  if (!(node instanceof HTMLElement)) return false;
  if (node.isContentEditable || node.tagName === "TEXTAREA" || node.tagName === "SELECT") return true;
  return node instanceof HTMLInputElement && !["checkbox", "radio", "button", "range", "file"].includes(node.type);
}

/** "1 span", "2 spans". */
export function plural(count, word) {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
