// Mouse, pen and fingers on the stage. One finger or the left button belongs to the tool; two fingers, the middle and
// the right button move the picture; the wheel zooms below the pointer.

const SLACK = { mouse: 4, pen: 5, touch: 10 };
const REACH = { mouse: 9, pen: 12, touch: 22 };
const WHEEL = 0.0016;

export class Pointer {
  tool; transform; onMoved; element;

  /**
   * `tool()` gives what the left button does, or null: {down, drag, up, hover, cancel, takesRight}. Its functions get a
   * place: {x, y} in image pixels, {screenX, screenY}, `near`, how far a hit may be away in image pixels, and the keys.
   */
  constructor(element, { transform, tool, onMoved }) {
    Object.assign(this, { element, transform, tool, onMoved });
    this.fingers = new Map();
    this.held = null;
    this.pinched = null;
    const listen = (type, act, options) => element.addEventListener(type, act, options);
    listen("pointerdown", (event) => this.#down(event));
    listen("pointermove", (event) => this.#move(event));
    listen("pointerup", (event) => this.#up(event));
    listen("pointercancel", (event) => this.#cancel(event));
    listen("pointerleave", () => this.held || this.tool()?.hover?.(null));
    listen("contextmenu", (event) => event.preventDefault());
    // Chromium scrolls with the middle button unless told not to.
    listen("mousedown", (event) => event.button === 1 && event.preventDefault());
    listen("wheel", (event) => this.#wheel(event), { passive: false });
  }

  #down(event) {
    this.#capture(event);
    const at = this.#place(event);
    this.fingers.set(event.pointerId, at);
    if (this.fingers.size === 2) return this.#startPinch();
    if (this.fingers.size > 2) return undefined;
    const tool = this.tool();
    const isTools = tool && (event.button === 0 || (event.button === 2 && tool.takesRight));
    this.held = { from: at, last: at, tool: isTools ? tool : null, isDrag: false };
    if (isTools) tool.down(at);
    return undefined;
  }

  #move(event) {
    const at = this.#place(event);
    if (this.fingers.has(event.pointerId)) this.fingers.set(event.pointerId, at);
    if (this.pinched) return this.#pinch();
    if (!this.held) return void this.tool()?.hover?.(at);
    const { from, last, tool } = this.held;
    const away = Math.hypot(at.screenX - from.screenX, at.screenY - from.screenY);
    if (!this.held.isDrag && away < SLACK[at.type]) return undefined;
    this.held.isDrag = true;
    this.held.last = at;
    if (tool) return void tool.drag(at, from);
    this.transform.pan(at.screenX - last.screenX, at.screenY - last.screenY);
    this.onMoved();
    return undefined;
  }

  #up(event) {
    const isKnown = this.fingers.delete(event.pointerId);
    if (this.pinched) {
      if (this.fingers.size < 2) this.pinched = null;
      return;
    }
    const { held } = this;
    this.held = null;
    if (isKnown && held?.tool) held.tool.up(this.#place(event, held.from), !held.isDrag);
  }

  #cancel(event) {
    this.fingers.delete(event.pointerId);
    this.held?.tool?.cancel();
    Object.assign(this, { held: null, pinched: null });
  }

  // A second finger turns what the first began into moving the picture; nothing is left drawn.
  #startPinch() {
    this.held?.tool?.cancel();
    this.held = null;
    this.pinched = this.#span();
  }

  #pinch() {
    if (this.fingers.size < 2) return;
    const span = this.#span();
    this.transform.pinch(this.pinched, span);
    this.pinched = span;
    this.onMoved();
  }

  #span() {
    const [one, other] = [...this.fingers.values()];
    return {
      x: (one.screenX + other.screenX) / 2,
      y: (one.screenY + other.screenY) / 2,
      distance: Math.hypot(one.screenX - other.screenX, one.screenY - other.screenY),
    };
  }

  #wheel(event) {
    event.preventDefault();
    const at = this.#place(event);
    const lines = event.deltaMode === 1 ? 16 : 1;
    // A pinch on a touchpad arrives as a wheel with Ctrl and small steps.
    const factor = Math.exp(-event.deltaY * lines * WHEEL * (event.ctrlKey ? 5 : 1));
    this.transform.zoomAt(at.screenX, at.screenY, factor);
    this.onMoved();
  }

  #place(event, from = null) {
    const bounds = this.element.getBoundingClientRect();
    const screenX = event.clientX - bounds.left;
    const screenY = event.clientY - bounds.top;
    const [x, y] = this.transform.toImage(screenX, screenY);
    const type = SLACK[event.pointerType] ? event.pointerType : "mouse";
    const { shiftKey: shift, altKey: alt, ctrlKey: ctrl } = event;
    const isRight = from ? from.isRight : event.button === 2 || (event.buttons & 2) !== 0;
    return { x, y, screenX, screenY, near: REACH[type] / this.transform.scale, type, shift, alt, ctrl, isRight };
  }

  #capture(event) {
    try {
      this.element.setPointerCapture(event.pointerId);
    } catch {
      // A pointer that is already gone cannot be captured; its next event ends the drag.
    }
  }
}
