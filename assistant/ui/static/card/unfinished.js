// What the card does with unfinished work: keeps it while it is made, brings it back with its card, and takes it away
// only when somebody says so, which can be taken back, or when the answer made of it has arrived.

import { button, cap } from "../base/dom.js";
import { kindOf } from "../kinds/registry.js";

export class Unfinished {
  drafts; frame; editor; session; name;

  /** `session`: the storage of this tab, which a reload leaves as it is. `editor()`: the editor in hand. */
  constructor({ drafts, frame, session, scope, editor }) {
    Object.assign(this, { drafts, frame, session, editor, name: `aa.hand.${scope}`, discarded: null });
  }

  /** A card is shown with its editor: what was begun on it goes on. `list`: the field or "" that is being asked. */
  opened(card, editor, list) {
    this.discarded = null;
    this.#remember(card, list);
    const state = this.drafts.find(card);
    if (state && this.#putBack(card, editor, state)) return this.#sayBack(card);
    if (!card.former) return this.frame.keep("");
    return this.frame.keep("Your answer is open again as it was and not saved: change it, or ", cap("↵"), " saves it.");
  }

  /** Something changed in the editor. */
  changed(card, editor) {
    if (!editor?.draftState) return;
    this.drafts.note(card, () => editor.draftState());
    if (this.discarded && editor.draftState()) this.frame.keep("");
  }

  /** Where this tab was with these questions, if something unfinished lies there: {item, field}. */
  inHand(list) {
    const place = this.#hands()[list];
    return place && this.drafts.has(place) ? place : null;
  }

  /** What waits elsewhere, offered once when the page opens. */
  offer(card, onOpen) {
    const [first, ...rest] = this.drafts.list().filter((one) => one.item !== card?.item.id || one.field !== card?.field.id);
    if (!first || (card && this.drafts.has({ item: card.item.id, field: card.field.id }))) return;
    const more = rest.length > 0 ? ` and ${rest.length} more` : "";
    const open = button({ class: "aa-small", on: { click: () => onOpen(first.item, first.field) } }, "Open it");
    this.frame.keep(`Unfinished work of yours waits on ${first.itemKey}${more}. `, open);
  }

  #putBack(card, editor, state) {
    try {
      editor.putBack(state);
      return true;
    } catch {
      // Kept by another version of the page: better nothing than half of it.
      this.drafts.drop(card);
      editor.reset();
      return false;
    }
  }

  #sayBack(card) {
    const { work, are } = kindOf(card.field);
    const words = `Your unfinished ${work} ${are ? "are" : "is"} back, not saved yet. `;
    this.frame.keep(words, button({ class: "aa-small", on: { click: () => this.#discard(card, work) } }, "Discard"));
  }

  #discard(card, work) {
    const editor = this.editor();
    const state = editor.draftState() ?? this.drafts.find(card);
    editor.reset();
    editor.host.changed();
    this.drafts.drop(card);
    this.discarded = state;
    const undo = () => {
      this.discarded = null;
      editor.putBack(state);
      editor.host.changed();
      this.#sayBack(card);
    };
    this.frame.keep(`Your unfinished ${work} ${kindOf(card.field).are ? "were" : "was"} discarded. `, button({ class: "aa-small", on: { click: undo } }, "Undo"));
  }

  #hands() {
    try {
      return JSON.parse(this.session.getItem(this.name) ?? "{}") ?? {};
    } catch {
      return {};
    }
  }

  #remember(card, list) {
    this.session.setItem(this.name, JSON.stringify({ ...this.#hands(), [list]: { item: card.item.id, field: card.field.id } }));
  }
}
