// Keys of the editor of regions. What the tool in hand understands comes first, then the regions, then the picture.

const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

/** What the help lists for regions of pictures. */
export const REGION_KEYS = [
  ["A", "accept this region and go to the next; after the last: is one missing?"],
  ["↵", "takes the suggested region that is looked at; else asks about those that nobody decided about, then whether an object is missing"],
  ["Tab", "review the next region, zoomed to (Shift+Tab: the one before)"],
  ["1…9", "relabel the region in focus, label what was drawn, or take a label in hand"],
  ["X Del ⌫", "delete the region in focus"],
  ["B", "draw a new region, or take the brush"],
  ["W", "put a new region in the middle of the view, without a pointer"],
  ["M", "segment by clicks: click the object; right click or − for the background"],
  ["← → ↑ ↓", "move the region in focus by 1 pixel (Shift: 10); with none, the picture"],
  ["Alt+arrows", "resize the box in focus"],
  ["R", "boxes with an angle: turn (Shift: back) · masks: brush or eraser · clicks: drag a box (Alt+drag)"],
  ["[ ]", "thinner, thicker brush; otherwise fainter, stronger regions"],
  ["P O K", "polygons: part, hole · key points: next, hidden, not there"],
  ["U Z", "one step back inside this picture (Ctrl+Z); Shift+U, Shift+Z or Ctrl+Y: again"],
  ["L V", "lock, hide the region in focus; V with none: all"],
];

/** What the help lists for looking at pictures. */
export const LOOKING_KEYS = [
  ["+ − 0", "zoom in, zoom out, the whole picture (also the wheel, or two fingers)"],
  [", . < >", "darker, lighter, less contrast, more contrast"],
];

export function keyInRegions(editor, event) {
  if (editor.list.isTyping) return keyInList(editor, event);
  if (editor.list.hasFocus && (event.key === "Tab" || event.key === " ")) return "typed";
  if (editor.labels.isTyping) return editor.labels.key(event);
  if (event.ctrlKey || event.metaKey) return undefined;
  const answered = editor.review.open.key(event);
  if (answered) return answered;
  if (editor.review.isAsking) return keyWhileAsking(editor, event);
  return labelKey(editor, event) ?? toolKey(editor, event) ?? regionKey(editor, event) ?? viewKey(editor, event);
}

function keyInList(editor, event) {
  if (event.key !== "Escape" && event.key !== "Enter") return "typed";
  /** @type {HTMLElement} */ (document.activeElement).blur();
  editor.host.focus();
  return "done";
}

function keyWhileAsking(editor, event) {
  if (event.key === "n" || event.key === "Enter") {
    // A key that is held down must not answer a question that it has just raised.
    if (!event.repeat) editor.review.commit();
    return "done";
  }
  if (event.key === "b") return editor.review.drawMissing() ?? "done";
  if (event.key === "Escape") {
    editor.review.closeQuestion();
    editor.say("");
    return "done";
  }
  if (event.key === "Tab" || event.key === "m") {
    editor.review.closeQuestion();
    return keyInRegions(editor, event);
  }
  return viewKey(editor, event);
}

// A key that the schema gave to a label means the label.
function labelKey(editor, event) {
  const label = event.altKey ? null : editor.labels.byHotkey(event.key);
  return label ? (editor.labels.give(label) ?? "done") : undefined;
}

// The Enter of a tool ends what is being drawn; without anything in hand it is the card's.
function toolKey(editor, event) {
  if (event.altKey && !/^Arrow/.test(event.key)) return undefined;
  if (event.key === "Enter" && event.repeat) return "done";
  if (event.key === "Enter" && !editor.tool.isBusy) return undefined;
  return editor.tool.key(event);
}

function regionKey(editor, event) {
  if (event.key === "Tab") return editor.isMidway() || editor.review.step(event.shiftKey ? -1 : 1) ? "done" : undefined;
  if (event.key === "Enter") return enter(editor);
  if (event.key === "Escape") return letGo(editor);
  if (/^Arrow/.test(event.key) && !event.altKey) return arrow(editor, event);
  if (["Delete", "Backspace"].includes(event.key) && editor.selected) return editor.remove(editor.selected) ?? "done";
  if (event.altKey) return undefined;
  return letter(editor, event);
}

function letter(editor, event) {
  const acts = {
    b: () => editor.startDrawing(),
    m: () => (editor.segment ? editor.startClicking() : editor.say("Key points are placed by hand: B")),
    u: () => (event.shiftKey ? editor.stepAgain() : editor.stepBack()),
    l: () => (editor.selected ? editor.list.toggle("locked", editor.selected) : editor.say("Choose a region first: Tab")),
    v: () => (editor.selected ? editor.list.toggle("veiled", editor.selected) : editor.list.toggleAll()),
    n: () => editor.review.ask(),
    "[": () => editor.view.setOpacity(editor.view.opacity - 0.15),
    "]": () => editor.view.setOpacity(editor.view.opacity + 0.15),
  };
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (!Object.hasOwn(acts, key)) return undefined;
  acts[key]();
  return "done";
}

function enter(editor) {
  if (editor.selected) editor.settle([editor.selected]);
  editor.review.ask();
  return "done";
}

function arrow(editor, event) {
  const step = event.shiftKey ? 10 : 1;
  const [byX, byY] = ARROWS[event.key];
  return editor.nudge(byX * step, byY * step) ? "done" : undefined;
}

// From the inside out: the last step of what is drawn, the mode, the focus, the zoom; then the card's own Escape.
function letGo(editor) {
  if (editor.draft) return editor.steps.escape() ?? "done";
  if (editor.mode !== "select") return editor.setMode("select") ?? "done";
  if (!editor.selected && !editor.brush) return undefined;
  editor.letGo();
  return "done";
}

function viewKey(editor, event) {
  return editor.view.key(event);
}
