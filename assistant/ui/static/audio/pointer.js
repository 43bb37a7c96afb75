// Pointers and the wheel on a waveform: a tap, a drag of an edge, a drag over free time, zoom by wheel or two fingers.
// What a drag means is the tool's to say.

/** A pointer that moved less is a tap. */
const STILL = 4;
/** So near an edge is grabbed, with a mouse or a finger. */
const NEAR = { mouse: 6, pen: 8, touch: 16 };

export class Pointer {
  element; scale; tool; onTap; onMoved; down; fingers;

  /**
   * `tool()`: {grip(time, near, isAlone), drag(grip, from, to), drop(grip), cancel(grip)} or null. `onTap(time)`;
   * `onMoved()` hears that the view was moved or zoomed.
   */
  constructor(element, { scale, tool, onTap, onMoved }) {
    Object.assign(this, { element, scale, tool, onTap, onMoved, down: null, fingers: new Map() });
    element.addEventListener("pointerdown", (event) => this.#pressed(event));
    element.addEventListener("pointermove", (event) => this.#moved(event));
    element.addEventListener("pointerup", (event) => this.#released(event));
    element.addEventListener("pointercancel", (event) => this.#lost(event));
    element.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  #place(event) {
    return event.clientX - this.element.getBoundingClientRect().left;
  }

  #pressed(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.element.setPointerCapture(event.pointerId);
    this.fingers.set(event.pointerId, this.#place(event));
    if (this.fingers.size > 1) return this.#cancel();
    const x = this.#place(event);
    const time = this.scale.time(x);
    const near = this.scale.lasting(NEAR[event.pointerType] ?? NEAR.mouse);
    this.down = { x, time, isDrag: false, grip: this.tool()?.grip(time, near, event.shiftKey) ?? null };
    return undefined;
  }

  #moved(event) {
    const x = this.#place(event);
    if (this.fingers.size === 2 && this.fingers.has(event.pointerId)) return this.#pinch(event.pointerId, x);
    if (!this.down) return this.#hover(event, x);
    if (!this.down.isDrag && Math.abs(x - this.down.x) < STILL) return undefined;
    this.down.isDrag = true;
    if (this.down.grip) this.tool()?.drag(this.down.grip, this.down.time, this.scale.time(x));
    else this.#pan(x);
    return undefined;
  }

  // Nothing to be made here: the recording moves under the pointer.
  #pan(x) {
    this.scale.pan((this.down.last ?? this.down.x) - x);
    this.down.last = x;
    this.onMoved();
  }

  #released(event) {
    this.fingers.delete(event.pointerId);
    const { down } = this;
    this.down = null;
    if (!down) return;
    if (!down.isDrag) return void (down.grip && this.tool()?.cancel(down.grip), this.onTap(down.time));
    if (down.grip) this.tool()?.drop(down.grip);
  }

  #lost(event) {
    this.fingers.delete(event.pointerId);
    this.#cancel();
  }

  #cancel() {
    if (this.down?.grip) this.tool()?.cancel(this.down.grip);
    this.down = null;
  }

  #hover(event, x) {
    const near = this.scale.lasting(NEAR[event.pointerType] ?? NEAR.mouse);
    const grip = this.tool()?.grip(this.scale.time(x), near, event.shiftKey);
    this.element.style.setProperty("cursor", grip?.cursor ?? "");
  }

  #pinch(id, x) {
    const [other] = [...this.fingers].filter(([finger]) => finger !== id).map(([, place]) => place);
    const before = Math.abs(this.fingers.get(id) - other);
    this.fingers.set(id, x);
    if (before < 1) return;
    this.scale.zoomAt((x + other) / 2, Math.max(0.2, Math.abs(x - other)) / before);
    this.onMoved();
  }

  #wheel(event) {
    event.preventDefault();
    const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    if (isSideways) this.scale.pan(event.deltaX || event.deltaY);
    else this.scale.zoomAt(this.#place(event), Math.exp(-event.deltaY * (event.ctrlKey ? 0.01 : 0.002)));
    this.onMoved();
  }
}
