// Where the page starts: puts the parts together and offers `window.reviewCard` to the chat.

import { button } from "./base/dom.js";
import { Aside, decisionsAre } from "./card/aside.js";
import { ChatBox } from "./panels/chat_box.js";
import { Clock } from "./card/clock.js";
import { ConfirmPanel, followVisible } from "./panels/confirm.js";
import { ComeBack } from "./card/come_back.js";
import { Controls } from "./card/controls.js";
import { Counts } from "./base/counts.js";
import { Deck } from "./card/deck.js";
import { Drafts } from "./card/drafts.js";
import { Drawers } from "./card/drawers.js";
import { FoundItems } from "./card/found.js";
import { Frame } from "./card/frame.js";
import { JobWatch } from "./panels/job_watch.js";
import { Keymap } from "./base/keys.js";
import { Outbox } from "./card/outbox.js";
import { FilesPanel } from "./panels/panel_files.js";
import { PeoplePanel } from "./panels/panel_people.js";
import { QualityPanel } from "./panels/panel_quality.js";
import { RunsPanel } from "./panels/panel_runs.js";
import { Reach } from "./panels/reach.js";
import { Reviewer } from "./card/reviewer.js";
import { server } from "./base/server.js";
import { SteadyStorage } from "./base/steady_storage.js";
import { Columns, Places, restoreTheme, switchTheme, TopBar } from "./panels/shell.js";
import { Unfinished } from "./card/unfinished.js";
import { shownAs } from "./views/registry.js";

const RENEW_EVERY = 40000;
const COUNTS_EVERY = 20;
const COUNT_AGAIN_EVERY = 30_000;
const kept = new SteadyStorage(() => localStorage);

class Page {
  constructor(project) {
    this.project = project;
    this.painted = new Map();
    this.fieldKey = `aa.field.${project.project_id}.${project.person}`;
    this.columns = new Columns(kept, project.project_id, project.columns ?? []);
    this.clock = new Clock((exposure) => this.#paint(exposure));
    this.keymap = new Keymap(kept, project.keymap ?? {});
    this.outbox = new Outbox({
      storage: kept,
      project: project.project_id,
      person: project.person,
      locks: navigator.locks ?? null,
      send: (entry) => this.#send(entry),
      onSaved: (entry, answer) => this.reviewer.saved(entry) ?? this.#saved(answer),
      onRefused: (entry, problem) => this.reviewer.refused(entry, problem),
      onChange: () => this.#outboxChanged(),
    });
    this.counts = new Counts({ progress: project.progress, onChange: () => this.top && this.#showCounts() });
    this.deck = new Deck({ server, counts: this.counts, unsent: () => this.outbox.exposures(), settled: () => this.outbox.settled(), onChange: () => this.#deckChanged() });
    this.frame = new Frame({ keymap: this.keymap, onCommand: (name) => this.controls.run(name), onField: (id) => this.chooseField(id) });
    this.top = new TopBar({ onRetry: () => this.outbox.retry(), onTheme: () => switchTheme(kept), onSignOut: () => this.#leave() });
    this.reviewer = new Reviewer({
      frame: this.frame,
      deck: this.deck,
      outbox: this.outbox,
      server,
      clock: this.clock,
      columns: () => this.columns.shown(),
      fieldOf: (id) => project.fields.find((field) => field.id === id) ?? null,
      counts: this.counts,
    });
    this.aside = this.reviewer.aside = new Aside({ frame: this.frame, top: this.top, outbox: this.outbox, onOpen: (entry) => this.reviewer.openAgain(entry) });
    this.reviewer.unfinished = this.#makeUnfinished(project);
    this.drawers = new Drawers({ frame: this.frame, reviewer: this.reviewer, server, keymap: this.keymap, project });
    this.controls = new Controls({ ...this.#controlParts(), reasons: project.reasons ?? [], goToChat });
    this.confirm = new ConfirmPanel({ server, keymap: this.keymap, say: (words) => this.frame.say(words), onDone: (verb) => this.#changeDone(verb) });
    this.jobs = new JobWatch({ server, onProgress: (words) => this.top.showJob(words), onEnd: () => this.#jobEnded(), onTick: () => this.chat.refresh() });
    this.chat = new ChatBox({ server, storage: sessionStorage, name: `${project.project_id}.${project.person}`, inHand: () => this.inHand(), onSignal: (said) => hear(this, said) });
    this.comeBack = new ComeBack({ server, outbox: this.outbox, project, onBack: () => this.#back() });
    server.onSignedOut = () => this.comeBack.leave();
    this.reach = new Reach({ server, onChange: (isReached) => this.#reached(isReached) });
    this.#makePanels();
  }

  /** Send what an earlier page left behind, then fetch cards. */
  async start() {
    this.top.showProject(this.project);
    this.#outboxChanged();
    const last = kept.getItem(this.fieldKey) ?? "";
    this.deck.field = this.project.fields.some((field) => field.id === last) ? last : "";
    this.#drawFields();
    if (this.outbox.size > 0) await this.outbox.settled(2000);
    await this.#fill();
    this.reviewer.unfinished.offer(this.reviewer.card, (item, field) => this.reviewer.open(item, field));
    this.frame.focus();
    setInterval(() => this.#renew(), RENEW_EVERY);
    // What others decide counts as well.
    setInterval(() => document.hidden || this.#refreshProgress(), COUNT_AGAIN_EVERY);
    addEventListener("online", () => this.outbox.retry());
    addEventListener("storage", (event) => this.outbox.changedElsewhere(event.key, event.newValue));
    addEventListener("pagehide", (event) => !event.persisted && this.#goAway());
    this.confirm.refresh().catch(() => undefined);
    this.chat.start().catch(() => undefined);
    this.jobs.look();
    this.reach.start();
  }

  /** The exposure in hand once decisions on their way have arrived, and 1 where the card has changes not saved. */
  async inHand() {
    await this.outbox.settled(2000);
    return [this.state().exposure, this.reviewer.editor?.draftState?.() ? 1 : 0];
  }

  async chooseField(id) {
    kept.setItem(this.fieldKey, id);
    this.reviewer.unfinished.drafts.flush();
    this.reviewer.card = undefined;
    this.frame.say("");
    const filled = this.deck.switchTo(id);
    this.reviewer.show();
    this.#drawFields();
    await filled.catch((problem) => this.frame.say(problem.message));
    await this.reviewer.resume();
    this.reviewer.show();
    this.frame.focus();
  }

  /** After the chat decided or moved something: drop what is no longer in hand and fetch again. */
  async refresh({ decided = null, item = null, field = null, fields = JSON.stringify(this.project.fields) } = {}) {
    if (item !== null) {
      await this.reviewer.open(item, field, false);
      return this.#refreshProgress();
    }
    if (decided === null && this.reviewer.isHalfDone) return this.#keepHalfDone(fields);
    if (decided === null) await this.deck.switchTo(this.deck.field);
    else this.reviewer.decidedElsewhere(decided);
    await this.#fill();
    return this.#refreshProgress();
  }

  // What somebody has begun stays in front of them, and the others are fetched again. Where the questions are other ones
  // by now, the same item is opened anew, and what was begun goes on there.
  async #keepHalfDone(fields) {
    await this.#refreshProgress();
    const { card } = this.reviewer;
    if (card && fields !== JSON.stringify(this.project.fields)) await this.reviewer.open(card.item.id, card.field.id, false);
    await this.deck.refetchRest();
  }

  #makeUnfinished({ project_id: id, person }) {
    const drafts = new Drafts({ storage: kept, project: id, person, onFull: (words) => this.frame.say(words) });
    // The last thing that every browser tells a page, also where it is about to be killed.
    addEventListener("pagehide", () => drafts.flush());
    document.addEventListener("visibilitychange", () => document.hidden && drafts.flush());
    const session = new SteadyStorage(() => sessionStorage);
    return new Unfinished({ drafts, frame: this.frame, session, scope: `${id}.${person}`, editor: () => this.reviewer.editor });
  }

  state() {
    const { card } = this.reviewer;
    return {
      ready: true,
      exposure: card?.exposure ?? null,
      kind: card?.kind ?? null,
      item: card?.item.id ?? null,
      itemKey: card?.item.key ?? null,
      field: card?.field.id ?? null,
      inHand: this.deck.cards.length,
      unsent: this.outbox.size,
      full: this.outbox.isFull,
      ...this.counts.now(),
      finished: this.deck.finished,
    };
  }

  #controlParts() {
    const { frame, reviewer, keymap, drawers, clock } = this;
    return { frame, reviewer, keymap, drawers, clock };
  }

  #makePanels() {
    const onAction = (id) => this.confirm.refresh(id);
    this.quality = new QualityPanel({ server, project: this.project });
    this.files = new FilesPanel({ server, project: this.project, columns: this.columns, onColumns: () => this.reviewer.redraw(), onAction });
    this.runs = new RunsPanel({ server, onAction });
    this.people = new PeoplePanel({ server, project: this.project });
    const places = new Places();
    places.put("aa-top", this.top.element);
    places.put("aa-review", this.frame.element);
    const onPick = (id) => this.reviewer.open(id, this.reviewer.card?.field.id ?? "");
    this.found = new FoundItems({ onOpen: (ids) => this.drawers.found(ids), onPick, isPicture: Boolean(shownAs(this.project).thumbnail) });
    places.put("aa-found", this.found.element);
    places.put("aa-chat-now", this.chat.element);
    const panels = { "aa-quality": this.quality, "aa-files": this.files, "aa-runs": this.runs, "aa-people": this.people };
    for (const [id, panel] of Object.entries(panels)) {
      places.put(id, panel.element);
      whenSeen(panel.element, () => panel.open());
    }
    followVisible(this.confirm);
  }

  #deckChanged() {
    this.columns.meet(this.deck.cards);
    this.#showCounts();
    this.reviewer.show();
    this.reviewer.pictureReady();
  }

  #outboxChanged() {
    const { size, trouble, isFull } = this.outbox;
    this.top.showSaved({ size, trouble, isReached: this.reach?.isReached ?? true });
    this.aside?.refresh();
    if (!trouble) return void (this.warned && this.#calm());
    this.warned = true;
    const stop = (isFull ? " No further decisions are taken until they are." : "") + (this.outbox.isKept ? "" : " This browser keeps nothing: leave the tab open.");
    if (trouble.isSignedOut) this.frame.warn(`You are signed out: ${decisionsAre(size)} kept in this browser until you sign in again.`);
    else this.frame.warn(`${decisionsAre(size)} not saved yet: ${trouble.message}${stop}`, button({ class: "aa-small", on: { click: () => this.outbox.retry() } }, "Retry now"));
  }

  // In again, in the same project as the same person: what waited is sent, what was in hand is taken in hand again.
  async #back() {
    this.#calm();
    await this.outbox.settled();
    await this.#renew();
    await this.#fill();
    await this.#refreshProgress();
    this.jobs.look();
  }

  // Gone, it is said at once; back, what waited goes on at once.
  async #reached(isReached) {
    this.#outboxChanged();
    if (!isReached) return;
    this.outbox.retry();
    if (!this.reviewer.card) await this.#fill();
  }

  #calm() {
    this.warned = false;
    this.frame.warn("");
  }

  #saved(answer) {
    this.savedCount = (this.savedCount ?? 0) + 1;
    if (this.outbox.size > 0) return;
    if (answer === null) return void this.#refreshProgress();
    this.counts.take(answer);
    if (this.savedCount % COUNTS_EVERY === 0) this.#refreshProgress();
  }

  async #refreshProgress() {
    const fresh = await server.get("/card/project").catch(() => null);
    // The same object: whoever shows fields and guideline sees the new ones.
    if (fresh) Object.assign(this.project, fresh);
    // What is still on its way the server has not counted.
    if (fresh && this.outbox.size === 0) this.counts.replace(fresh.progress);
    this.#drawFields();
  }

  // The bar says how far the whole project is, whichever question is open; its tab says how far that one is.
  #showCounts() {
    this.top.showCounts(this.counts.whole);
    this.frame.countFields({ "": this.counts.whole, ...this.counts.fields });
  }

  #drawFields() {
    this.frame.drawFields(this.project.fields, this.deck.field, { "": this.counts.whole, ...this.counts.fields });
  }

  async #fill() {
    try {
      await this.deck.fill();
    } catch (problem) {
      this.frame.showEmpty("No item in hand", problem.message);
    }
    await this.reviewer.resume();
    this.reviewer.show();
  }

  #paint(exposure) {
    const sent = server.post("/card/painted", { exposure, ticket: this.deck.ticketOf(exposure) });
    this.painted.set(exposure, sent);
    sent.catch((problem) => {
      this.painted.delete(exposure);
      // Fetched ahead, it went to somebody who had nothing else to do: better now than after the work on it.
      if (problem.kind !== "LeaseTaken") return;
      const gone = this.deck.cards.filter((card) => card.exposure === exposure);
      this.deck.drop([exposure]);
      this.reviewer.lost(gone);
    });
  }

  // What was shown is recorded before what was decided about it.
  async #send(entry) {
    const paint = this.painted.get(entry.exposure);
    if (paint) await paint.catch(() => undefined);
    const { project, item, exposure, ticket, key, verdict, value, reason, regions, seconds } = entry;
    if (!this.painted.has(exposure)) await server.post("/card/painted", { exposure, ticket });
    this.painted.set(exposure, Promise.resolve());
    return server.post("/card/decide", { project, item, exposure, ticket, key, verdict, value, reason, regions, seconds });
  }

  async #renew() {
    if (document.hidden) return;
    const lost = await this.deck.renew().catch(() => []);
    if (lost.length > 0) this.reviewer.lost(lost);
    this.confirm.refresh().catch(() => undefined);
  }

  // Cards fetched before the job ended know nothing of its suggestions. The one that somebody works on stays.
  async #jobEnded() {
    const isWorking = this.frame.element.contains(document.activeElement);
    if (isWorking || this.reviewer.isHalfDone) await this.deck.refetchRest();
    else await this.deck.switchTo(this.deck.field);
    await this.#fill();
    await this.#refreshProgress();
  }

  async #changeDone(verb) {
    if (verb !== "confirm") return;
    const fields = JSON.stringify(this.project.fields);
    await this.#refreshProgress();
    await this.files.refreshExports().catch(() => undefined);
    await this.refresh({ fields });
  }

  // Cards in hand are given back at once, so that another window, or this one after a reload, is given them.
  #goAway() {
    const held = this.deck.exposures();
    if (held.length > 0) server.farewell("/card/release", { exposures: held });
  }

  async #leave() {
    await this.outbox.settled();
    await server.post("/logout").catch(() => undefined);
    location.assign("/login");
  }
}

function goToChat() {
  /** @type {HTMLElement | null} */ (document.querySelector("#aa-chat-box textarea"))?.focus();
}

function whenSeen(element, then) {
  new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && then()).observe(element);
}

// Esc in the chat leads back to the card.
function listenInChat(page) {
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && /** @type {Element} */ (event.target).closest?.("#aa-chat-column")) page.frame.focus();
  });
}

/** What the chat calls; every function is safe to call before the page is ready. */
function offer(ready) {
  let page = null;
  ready.then((made) => (page = made));
  /** @type {any} */ (window).reviewCard = {
    exposure: () => page?.state().exposure ?? null,
    inHand: async () => (await ready).inHand(),
    refresh: async (options) => (await ready).refresh(options),
    open: async (item, field) => (await ready).reviewer.open(item, field),
    state: () => page?.state() ?? { ready: false, exposure: null, itemKey: null, unsent: 0 },
    timings: () => page?.clock.timings() ?? null,
    followChat: async () => (await ready).chat.follow(),
  };
}

// One message from the chat after each turn: {decided, item, field, action, changed}.
async function hear(page, said) {
  const heard = said ? JSON.parse(said) : {};
  page.confirm.goOn();
  await page.confirm.refresh(heard.action ?? null).catch(() => undefined);
  if (heard.decided || heard.item || heard.changed) await page.refresh(heard);
  page.found.offer(heard.items ?? [], heard.exported ?? "");
  page.jobs.look();
}

async function boot() {
  restoreTheme(kept);
  for (let wait = 250; ; wait = Math.min(wait * 2, 4000)) {
    try {
      const page = new Page(await server.get("/card/project"));
      listenInChat(page);
      await page.start();
      return page;
    } catch (problem) {
      if (!problem.isPassing) throw problem;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

offer(boot());
