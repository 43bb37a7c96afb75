// Measures: how long a key press took to become the next card on the screen, and how long a card was looked at.

const KEPT = 500;

export class Clock {
  /** `onPainted(exposure)` is called when the card was on the screen. */
  constructor(onPainted) {
    this.onPainted = onPainted;
    this.pressedAt = null;
    this.paintedAt = new Map();
    this.workedFrom = null;
    this.works = [];
    this.swaps = [];
    this.paints = [];
  }

  /** Call at the start of every key press and click. */
  pressed(event) {
    this.workedFrom = performance.now();
    this.pressedAt = event.timeStamp || this.workedFrom;
  }

  keyAt() {
    return this.pressedAt;
  }

  /** Call when the DOM of a card is in place. `startedAt`: the time of the key press that asked for it, or null. */
  shown(exposure, startedAt) {
    if (startedAt !== null) {
      keep(this.works, performance.now() - this.workedFrom);
      keep(this.swaps, performance.now() - startedAt);
    }
    // After the next frame: the frame callback runs before painting, the message after it.
    afterPaint(() => {
      if (!this.paintedAt.has(exposure)) {
        this.paintedAt.set(exposure, performance.now());
        this.onPainted(exposure);
      }
      if (startedAt !== null) keep(this.paints, performance.now() - startedAt);
    });
  }

  /** Seconds since the card was painted, or null where it never was. */
  secondsOn(exposure) {
    const at = this.paintedAt.get(exposure);
    return at === undefined ? null : Math.round(performance.now() - at) / 1000;
  }

  /** `work`: our own part, key handler to DOM. `swap`: key press to the next card in the DOM; `painted`: key press to after the frame that shows it. */
  timings() {
    const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? null;
    return {
      work: [...this.works],
      swap: [...this.swaps],
      painted: [...this.paints],
      medianWork: median(this.works),
      medianSwap: median(this.swaps),
      medianPainted: median(this.paints),
    };
  }
}

function afterPaint(then) {
  requestAnimationFrame(() => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => then();
    channel.port2.postMessage(null);
  });
}

function keep(list, value) {
  list.push(value);
  if (list.length > KEPT) list.shift();
}
