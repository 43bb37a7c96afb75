// The bar on top: project, progress, what is saved, who one is.

import { button, el, fill } from "../base/dom.js";

export class TopBar {
  onAside;

  constructor({ onRetry, onTheme, onSignOut }) {
    this.name = el("strong", { class: "aa-project", dir: "auto" });
    this.fillBar = el("div", { class: "aa-progress-fill" });
    this.progress = el("div", { class: "aa-progress", role: "progressbar", "aria-label": "Progress" }, this.fillBar);
    this.counts = el("span", { class: "aa-counts" });
    this.job = el("span", { class: "aa-job-now", role: "status", hidden: true });
    this.saved = el("span", { class: "aa-saved", role: "status" });
    this.person = el("span", { class: "aa-person", dir: "auto" });
    this.aside = button({ class: "aa-small aa-aside-mark", hidden: true, on: { click: () => this.onAside?.() } });
    this.retry = button({ class: "aa-small", hidden: true, on: { click: onRetry } }, "Retry now");
    const theme = button({ class: "aa-small is-plain", title: "Light or dark", "aria-label": "Light or dark", on: { click: onTheme } }, "◐");
    this.leave = button({ class: "aa-small is-plain", hidden: true, on: { click: onSignOut } }, "Sign out");
    this.element = el(
      "div",
      { class: "aa-top" },
      this.name,
      el("div", { class: "aa-progress-box" }, this.progress, this.counts),
      el("div", { class: "aa-top-end" }, this.job, this.saved, this.aside, this.retry, this.person, theme, this.leave),
    );
  }

  showProject({ project, person, role, has_users: hasUsers }) {
    this.name.textContent = project;
    document.title = `${project} – annotation assistant`;
    this.person.textContent = `${person} · ${role}`;
    this.leave.hidden = !hasUsers;
  }

  showCounts({ left, done }) {
    const known = left !== null && done !== null;
    const total = known ? left + done : 0;
    const share = total > 0 ? Math.round((100 * done) / total) : 0;
    this.fillBar.style.setProperty("width", `${share}%`);
    this.progress.setAttribute("aria-valuenow", String(share));
    this.counts.textContent = known ? `${done} decided, ${left} left` : "";
  }

  /** What works in the background, in a few words; empty when nothing does. */
  showJob(words) {
    this.job.textContent = words;
    this.job.hidden = !words;
  }

  /** How many decisions were refused and wait for their maker. */
  showAside(count) {
    this.aside.hidden = count === 0;
    this.aside.textContent = `${count} not saved: look`;
  }

  /** The mark that says whether everything is on the server; `isReached` false: nothing can be known of that. */
  showSaved({ size, trouble, isReached = true }) {
    if (!isReached && size === 0) {
      this.saved.className = "aa-saved is-bad";
      this.saved.textContent = "not connected";
      this.retry.hidden = true;
      return;
    }
    const look = trouble ? "is-bad" : size > 0 ? "is-busy" : "is-good";
    this.saved.className = `aa-saved ${look}`;
    this.retry.hidden = !trouble;
    if (trouble) this.saved.textContent = `not saved: ${size}`;
    else this.saved.textContent = size > 0 ? `saving ${size}…` : "saved";
  }
}

/** Light or dark, kept in the browser; the page starts with what the system prefers. */
export function switchTheme(storage) {
  const isDark = document.body.classList.toggle("dark");
  try {
    storage.setItem("aa.theme", isDark ? "dark" : "light");
  } catch {
    // Not kept, but switched.
  }
}

export function restoreTheme(storage) {
  const kept = storage.getItem("aa.theme");
  if (kept) document.body.classList.toggle("dark", kept === "dark");
}

/** Columns of items that the card shows: those somebody left on; before anybody chose, the project's own choice. */
export class Columns {
  constructor(storage, project, usual) {
    this.storage = storage;
    this.usual = usual;
    this.name = `aa.columns.${project}`;
    this.known = new Set();
    const kept = this.#load();
    this.isChosen = kept !== null;
    this.hidden = new Set(kept ?? []);
  }

  /** Remember which columns there are. */
  meet(cards) {
    const names = cards.flatMap((card) => Object.keys(card.item.meta ?? {})).filter((name) => !this.known.has(name));
    for (const name of names) {
      this.known.add(name);
      if (!this.isChosen && this.usual.length > 0 && !this.usual.includes(name)) this.hidden.add(name);
    }
  }

  shown() {
    return [...this.known].filter((name) => !this.hidden.has(name));
  }

  switchTo(name, isShown) {
    if (isShown) this.hidden.delete(name);
    else this.hidden.add(name);
    try {
      this.storage.setItem(this.name, JSON.stringify([...this.hidden]));
    } catch {
      // Holds until the page is left.
    }
  }

  #load() {
    try {
      const found = JSON.parse(this.storage.getItem(this.name) ?? "null");
      return Array.isArray(found) ? found : null;
    } catch {
      return null;
    }
  }
}

/** Keep our element inside a container that the page's framework may build, rebuild or hide at any time. */
export class Places {
  constructor() {
    this.wanted = new Map();
    this.observer = new MutationObserver(() => this.settle());
    this.observer.observe(document.body, { childList: true, subtree: true });
  }

  put(id, element) {
    this.wanted.set(id, element);
    this.settle();
  }

  settle() {
    for (const [id, element] of this.wanted) {
      const container = document.getElementById(id);
      if (container && element.parentElement !== container) fill(container, element);
    }
  }
}
