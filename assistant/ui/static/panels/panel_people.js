// The People tab: one's own password and sign-ins, and for admins everybody who may sign in.

import { sayMoment } from "../base/dates.js";
import { el, fill, plural } from "../base/dom.js";
import { complaint, workButton } from "./outcome.js";

const ROLES = ["reviewer", "engineer", "lead", "admin"];

export class PeoplePanel {
  server; project;

  constructor({ server, project }) {
    Object.assign(this, { server, project });
    this.parts = [el("div", { class: "aa-box" }), el("div", { class: "aa-box" })];
    this.said = el("div", { class: "aa-said", role: "status" });
    this.element = el("div", { class: "aa-panel" }, this.parts, this.said);
  }

  async open() {
    await this.#try(async () => {
      const { has_password: hasPassword, manages, sign_ins: signIns } = await this.server.get("/page/account");
      this.parts[0].hidden = !hasPassword;
      if (hasPassword) this.#drawOwn(signIns);
      this.parts[1].hidden = !manages;
      if (manages) this.#drawPeople((await this.server.get("/page/people")).people);
    });
  }

  #drawOwn(signIns) {
    const rows = signIns.map((one) => el("li", { class: "aa-row" }, el("span", { dir: "auto", text: describe(one) }), one.is_here ? el("span", { class: "aa-muted", text: "this one" }) : this.#end(one.id)));
    const others = signIns.length > 1 ? workButton("", "Sign out everywhere else", () => this.#endOthers()) : null;
    const current = secret("Your password of now", "current-password");
    const next = secret("Your new password", "new-password");
    const change = workButton("", "Change the password", () => this.#changeOwn(current, next));
    fill(
      this.parts[0],
      el("h3", { dir: "auto", text: this.project.person }),
      el("p", { class: "aa-muted", text: `You are ${this.project.role} here, and signed in ${plural(signIns.length, "time")}:` }),
      el("ul", {}, rows),
      el("div", { class: "aa-row" }, others),
      el("h4", { text: "Your password" }),
      el("p", { class: "aa-muted", text: "At least 8 characters; a short sentence is best." }),
      el("div", { class: "aa-row" }, current, next, change),
    );
  }

  #end(id) {
    return workButton("", "End", () => this.#try(async () => (await this.server.post("/page/account/sign-out", { id }), await this.open())));
  }

  #endOthers() {
    return this.#try(async () => {
      const { ended } = await this.server.post("/page/account/sign-out");
      await this.open();
      this.#say(`Ended ${plural(ended, "sign-in")}.`);
    });
  }

  #changeOwn(current, next) {
    return this.#try(async () => {
      const { text } = await this.server.post("/page/account/password", { current: current.value, new: next.value });
      await this.open();
      this.#say(text);
    });
  }

  #drawPeople(people) {
    const heads = ["Name", "Role", "Signed in", ""].map((name) => el("th", { scope: "col", text: name }));
    const table = el("table", { class: "aa-table" }, el("thead", {}, el("tr", {}, heads)), el("tbody", {}, people.map((one) => this.#row(one))));
    const name = el("input", { class: "aa-input", "aria-label": "Name of the new person", placeholder: "Name", autocomplete: "off" });
    const role = roles("reviewer", "Role of the new person");
    const password = secret("Password of the new person", "new-password");
    const add = workButton("is-main", "Add", () => this.#add({ name: name.value, role: role.value, password: password.value }));
    const nobody = el("p", { class: "aa-muted", text: "Nobody yet: you are the one local lead. As soon as somebody is added, everybody signs in with name and password." });
    fill(this.parts[1], el("h3", { text: "People" }), people.length > 0 ? el("div", { class: "aa-table-box" }, table) : nobody, el("div", { class: "aa-row" }, name, role, password, add));
  }

  #row(one) {
    const cells = [el("td", { dir: "auto", text: one.name })];
    if (one.same_as) return el("tr", {}, cells, el("td", { colspan: "3", text: `the same name as ${one.same_as}: cannot sign in` }));
    if (one.state === "removed") return el("tr", {}, cells, el("td", { colspan: "3", class: "aa-muted", text: "removed; decisions stay, and adding the name again means the same person" }));
    const role = roles(one.role, `Role of ${one.name}`);
    // What was refused is not what holds: the choice goes back to it.
    role.addEventListener("change", () => this.#act("role", { name: one.name, role: role.value }).finally(() => role.isConnected && (role.value = one.role)));
    const isIn = one.state === "active";
    return el("tr", {}, cells, el("td", {}, role), el("td", { text: isIn ? String(one.sign_ins) : "disabled" }), el("td", {}, el("div", { class: "aa-row" }, this.#acts(one, isIn))));
  }

  #acts(one, isIn) {
    const name = one.name;
    const password = secret(`New password of ${name}`, "new-password");
    return [
      isIn && one.sign_ins > 0 ? workButton("", "Sign out", () => this.#act("sign-out", { name })) : null,
      isIn ? workButton("", "Disable", () => this.#act("disable", { name })) : workButton("", "Enable", () => this.#act("enable", { name })),
      this.#twice("Remove", `Really remove ${name}?`, () => this.#act("remove", { name })),
      name === this.project.person ? null : [password, workButton("", "Set password", () => this.#act("password", { name, password: password.value }))],
    ];
  }

  /** A button whose first press only asks. */
  #twice(text, question, work) {
    const node = workButton("", text, async () => {
      if (node.textContent === question) await work();
      else node.textContent = question;
    });
    return node;
  }

  #act(what, body) {
    return this.#try(async () => {
      const { people } = await this.server.post(`/page/people/${what}`, body);
      this.#drawPeople(people);
      this.#say("Done.");
    });
  }

  #add(body) {
    return this.#try(async () => {
      const { said, people } = await this.server.post("/page/people/add", body);
      if (!this.project.has_users) return void window.location.assign("/login");
      this.#drawPeople(people);
      this.#say(said || `${body.name} can sign in now.`);
    });
  }

  #say(text) {
    fill(this.said, el("p", { class: "aa-muted", dir: "auto", text }));
  }

  /** Do it; what is said against it stands beside what was used. */
  async #try(work) {
    const used = document.activeElement?.closest?.(".aa-panel .aa-row, .aa-panel td");
    fill(this.said);
    this.element.append(this.said);
    try {
      await work();
    } catch (problem) {
      fill(this.said, complaint(problem));
      if (used && this.element.contains(used)) placeBeside(used, this.said);
    }
  }
}

/** A cell of a table takes it at its end, a row of fields right below. */
function placeBeside(used, said) {
  if (used.closest("td")) used.closest("td").append(said);
  else used.after(said);
}

function roles(chosen, label) {
  const options = ROLES.map((one) => el("option", { value: one, text: one, selected: one === chosen }));
  return el("select", { class: "aa-input", "aria-label": label }, options);
}

function secret(label, kind) {
  return el("input", { class: "aa-input", type: "password", "aria-label": label, placeholder: label, autocomplete: kind });
}

function describe(one) {
  const since = sayMoment(one.began);
  return one.where ? `${since}, ${one.where}` : since;
}
