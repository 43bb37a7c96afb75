// Cards that change without the doing of whoever looks at them: what was pressed in that moment was meant for the card
// before, so it decides nothing. No DOM here.

// Nobody takes in another item and decides about it sooner.
export const MOMENT = 700;
const CHANGED = "The card changed just now, so that decided nothing: look at it, then press again";
const MOVING = "Another item is being opened: decide when it is there";

export class Swaps {
  constructor(now = () => performance.now()) {
    this.now = now;
    this.at = -Infinity;
    this.moving = 0;
  }

  /** Another card took the place of the one that somebody looks at. */
  note() {
    this.at = this.now();
  }

  /** Whether a key that comes now was pressed for the card before. Text that is being typed goes on being none. */
  swallows(event) {
    const isMeant = event.key.length > 1 && event.key !== "Enter" && event.key !== "Backspace";
    if (isMeant || this.now() - this.at >= MOMENT) return false;
    this.note();
    return true;
  }

  /** While `work` runs, which the person asked for, the card is about to be another one. */
  async during(work) {
    this.moving += 1;
    try {
      return await work();
    } finally {
      this.moving -= 1;
    }
  }

  /** Why nothing is decided just now; empty where nothing stands against it. */
  why() {
    if (this.moving > 0) return MOVING;
    return this.now() - this.at < MOMENT ? CHANGED : "";
  }
}
