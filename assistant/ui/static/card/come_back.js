// Getting in again from a page that waits: the server was started anew, or the sign-in ran out. What was on the screen,
// drafts and decisions on their way stay where they are. Nothing is sent before the server has said that it serves the
// same project for the same person.

import { button, el, fill } from "../base/dom.js";
import { decisionsAre } from "./aside.js";

const LOOK_EVERY = 3000;

export class ComeBack {
  server; project; onBack; outbox;

  /** `onBack()` is called once the person is in again. */
  constructor({ server, outbox, project, onBack }) {
    Object.assign(this, { server, outbox, project, onBack });
    this.element = el("div", { class: "aa-come-back", role: "dialog", "aria-label": "Sign in again", hidden: true });
    // What is typed here is no command of the card.
    this.element.addEventListener("keydown", (event) => event.stopPropagation());
    document.body.append(this.element);
    this.isOut = false;
    addEventListener("focus", () => this.isOut && this.look());
  }

  /** The server asked who we are. */
  async leave() {
    if (this.isOut) return;
    this.isOut = true;
    await this.#show();
    this.timer = setInterval(() => document.hidden || this.look(), LOOK_EVERY);
    this.look();
  }

  /** See whether the browser is let in by now, by this page or by another one. */
  async look() {
    const found = await this.server.get("/card/project").catch(() => null);
    if (!found || !this.isOut) return;
    if (found.project_id !== this.project.project_id) return void this.#elsewhere(found);
    // Somebody else signed in here, or the same person with another role: their page is another one. What waits stays
    // with whom it belongs to.
    if (found.person !== this.project.person || found.role !== this.project.role) return void location.reload();
    this.isOut = false;
    clearInterval(this.timer);
    this.element.hidden = true;
    this.onBack();
  }

  #waiting() {
    const { size } = this.outbox;
    return size > 0 ? `${decisionsAre(size)} kept in this browser until then.` : "What you have on the screen stays.";
  }

  async #show() {
    const hasForm = await fetch("/login", { redirect: "manual", credentials: "same-origin" }).then((answer) => answer.ok, () => this.project.has_users);
    fill(this.element, hasForm ? this.#passwordForm() : this.#addressForm());
    this.element.hidden = false;
  }

  #passwordForm() {
    const name = el("input", { name: "name", autocomplete: "username", required: true, "aria-label": "Name" });
    const password = el("input", { name: "password", type: "password", autocomplete: "current-password", required: true, "aria-label": "Password", placeholder: "Password" });
    name.value = this.project.person;
    return this.#form("You are signed out.", [name, password], async () => {
      const answer = await fetch("/login", { method: "POST", credentials: "same-origin", body: new URLSearchParams({ name: name.value, password: password.value }) });
      password.value = "";
      return answer.ok ? "" : wordsOf(await answer.text());
    });
  }

  #addressForm() {
    const place = el("input", { autocomplete: "off", spellcheck: "false", required: true, "aria-label": "Printed address", placeholder: "http://127.0.0.1:…/?token=…" });
    const words = "The program was started again. Open the address that it printed last in this browser, or paste it here.";
    return this.#form(words, [place], async () => {
      const token = /[?&]token=([^&\s]+)/.exec(place.value)?.[1] ?? place.value.trim();
      const answer = await fetch(`/?token=${token}`, { credentials: "same-origin", headers: { Accept: "application/json" } });
      return answer.ok ? "" : "That is not the address that was printed last.";
    });
  }

  #form(words, inputs, send) {
    const told = el("p", { class: "aa-come-back-told", role: "alert" });
    const submit = async (event) => {
      event.preventDefault();
      told.textContent = await send().catch(() => "The server cannot be reached.");
      if (!told.textContent) await this.look();
    };
    return el("form", { on: { submit } }, el("p", {}, el("strong", { text: words }), ` ${this.#waiting()}`), el("div", { class: "aa-row" }, inputs, el("button", { class: "aa-action is-main", type: "submit" }, "Sign in")), told);
  }

  // It goes on looking: the right project may be served here again.
  #elsewhere(found) {
    const words = `Another project is served at this address now (${found.project}).`;
    const kept = this.outbox.size > 0 ? ` ${decisionsAre(this.outbox.size)} kept in this browser for ${this.project.project} and sent when it is served here again.` : "";
    fill(this.element, el("p", {}, el("strong", { text: words }), kept), button({ class: "aa-action", on: { click: () => location.reload() } }, `Go to ${found.project}`));
    this.element.hidden = false;
  }
}

function wordsOf(page) {
  const told = new DOMParser().parseFromString(page, "text/html").querySelector("[role=alert]");
  return told?.textContent || "Signing in did not work; try again.";
}
