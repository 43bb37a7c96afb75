// What is said in the chat: it leaves the box at once, is kept until the server has it, and is answered in its turn,
// also while an answer is running. Nothing that was said is lost without a word.

import { button, el, fill } from "../base/dom.js";

const BOX = "#aa-chat-box textarea";
const RETRY_AFTER = 2000;
const LOG = "#aa-chat .bubble-wrap";
// The messages are drawn by another program, some time after they came.
const DRAWN_AFTER = [50, 250, 700];

export class ChatBox {
  server; inHand; onSignal; storage; name;

  /** `inHand()` gives the exposure in hand and whether it has changes; `onSignal(said)` gets what the card must know. */
  constructor({ server, storage, name, inHand, onSignal }) {
    Object.assign(this, { server, storage, name, inHand, onSignal });
    this.element = el("div", { class: "aa-chat-now", role: "status", hidden: true });
    this.outgoing = [];
    this.state = { version: -1, running: false, waiting: 0, signal_count: 0 };
    this.trouble = "";
    this.isFollowed = false;
    document.addEventListener("keydown", (event) => this.#pressed(event), true);
    document.addEventListener("click", (event) => this.#clicked(event), true);
    this.tabs = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(`aa.chat.${name}`);
    this.tabs?.addEventListener("message", () => this.follow());
  }

  /** Show what is there, and send what an earlier page had not sent. */
  async start() {
    this.outgoing = this.#kept();
    this.state = await this.server.get("/page/chat/state");
    this.refresh();
    if (this.outgoing.length > 0) this.#send();
    if (this.#isBusy()) this.follow();
  }

  /** Say something as if it had been written into the box. */
  say(text) {
    if (!text.trim()) return;
    this.outgoing.push({ number: crypto.randomUUID(), text, inHand: this.inHand() });
    this.#keep();
    if (this.outgoing.length === 1) this.#send();
    this.#draw();
    this.isFollowed = true;
    this.#showEnd();
  }

  // Wherever the person had scrolled to: what they say, and what comes of it, is to be seen.
  #showEnd() {
    if (!this.isFollowed) return;
    for (const wait of DRAWN_AFTER) setTimeout(() => document.querySelector(LOG)?.scrollTo({ top: Number.MAX_SAFE_INTEGER }), wait);
    if (this.outgoing.length === 0 && !this.#isBusy()) this.isFollowed = false;
  }

  /** Look at the chat until nothing runs and nothing waits. */
  async follow() {
    if (this.following) return;
    this.following = true;
    try {
      do {
        const { version, signal_count: count } = this.state;
        this.#take(await this.server.get(`/page/chat/state?seen=${version}&signals=${count}`));
      } while (this.#isBusy());
    } catch (problem) {
      if (problem.isPassing) setTimeout(() => this.follow(), RETRY_AFTER);
    } finally {
      this.following = false;
    }
  }

  /** Fetch the messages anew. */
  refresh() {
    /** @type {HTMLElement | null} */ (document.querySelector("#aa-refresh"))?.click();
  }

  #isBusy() {
    return this.state.running || this.state.waiting > 0;
  }

  #take(state) {
    const isNew = state.version !== this.state.version;
    this.state = state;
    if (isNew) this.refresh();
    if (isNew) this.#showEnd();
    for (const said of state.signals ?? []) this.onSignal(said);
    this.#draw();
  }

  async #send() {
    while (this.outgoing.length > 0) {
      const [first] = this.outgoing;
      const [exposure, isChanged] = (await first.inHand) ?? [null, 0];
      try {
        await this.server.post("/page/chat/say", { text: first.text, number: first.number, exposure, is_changed: isChanged === 1 });
        this.trouble = "";
      } catch (problem) {
        this.trouble = `Not sent: ${problem.message}`;
        this.#draw();
        if (problem.isPassing) {
          await new Promise((resolve) => setTimeout(resolve, RETRY_AFTER));
          continue;
        }
        this.#putBack(first.text);
      }
      this.outgoing.shift();
      this.#keep();
      this.tabs?.postMessage("said");
      this.follow();
    }
  }

  // Refused, so it is the person's again: where they wrote on, in front of that.
  #putBack(text) {
    /** @type {HTMLTextAreaElement | null} */
    const box = document.querySelector(BOX);
    if (box) write(box, box.value ? `${text}\n${box.value}` : text);
  }

  #pressed(event) {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || !event.target.matches?.(BOX)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!event.repeat) this.#leave(event.target);
  }

  #clicked(event) {
    const box = document.querySelector(BOX);
    if (!event.target.closest?.("#aa-send") || !box) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    this.#leave(box);
  }

  #leave(box) {
    const text = box.value;
    if (!text.trim()) return;
    write(box, "");
    this.trouble = "";
    this.say(text);
  }

  #draw() {
    const waiting = this.state.waiting + Math.max(0, this.outgoing.length - 1);
    const stop = button({ class: "aa-small", on: { click: () => this.#stop() } }, "Stop");
    const words = waiting > 0 ? `Answering; ${waiting === 1 ? "1 sentence waits" : `${waiting} sentences wait`}.` : "Answering…";
    const shown = [this.trouble ? el("span", { class: "aa-note-line", text: this.trouble }) : null, this.#isBusy() ? el("span", { class: "aa-muted", text: words }) : null, this.#isBusy() ? stop : null];
    this.element.hidden = shown.every((one) => one === null);
    // The button that somebody is about to press must not be made anew under the pointer.
    const look = `${this.trouble}|${this.#isBusy()}|${waiting}`;
    if (look !== this.look) fill(this.element, ...shown);
    this.look = look;
  }

  async #stop() {
    const state = await this.server.post("/page/chat/stop", {}).catch(() => null);
    if (state) this.follow();
  }

  #kept() {
    try {
      const found = JSON.parse(this.storage.getItem(`aa.said.${this.name}`) ?? "[]");
      return found.map(({ number, text }) => ({ number, text, inHand: Promise.resolve([null, 0]) }));
    } catch {
      return [];
    }
  }

  #keep() {
    try {
      this.storage.setItem(`aa.said.${this.name}`, JSON.stringify(this.outgoing.map(({ number, text }) => ({ number, text }))));
    } catch {
      // Without storage it holds until the page is left.
    }
  }
}

// The page's framework keeps what stands in the box and has to hear of it.
function write(box, text) {
  Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, text);
  box.dispatchEvent(new Event("input", { bubbles: true }));
}
