// Steps inside one picture: what is drawn, half drawn, clicked or decided about a region, to be taken back and done
// again one by one. No DOM here.

import { History } from "../editing/edit_history.js";
import { resumeDrawing } from "./edit_region_drafts.js";

export class RegionSteps {
  history; editor;

  constructor(editor) {
    Object.assign(this, { editor, history: new History(), joint: null, broughtBack: 0 });
  }

  get canGoBack() {
    return this.history.past.length > 0;
  }

  get canGoOn() {
    return this.history.future.length > 0;
  }

  /** What came back unfinished is one step, which Esc does not take back. */
  markBroughtBack() {
    this.broughtBack = this.history.past.length;
  }

  get isAsBroughtBack() {
    return this.broughtBack > 0 && this.history.past.length === this.broughtBack;
  }

  /** Keep what is there before a change. `step`: equal steps in quick succession are taken back as one. */
  keep(step = "") {
    if (this.joint) this.joint.isUsed = true;
    else this.history.keep(this.#state(), step);
  }

  /** What `act` changes is one step, however many changes it makes. */
  asOne(act) {
    if (this.joint) return act();
    const before = this.#state();
    this.joint = { isUsed: false };
    const result = act();
    const { isUsed } = this.joint;
    this.joint = null;
    if (isUsed) this.history.keep(before);
    return result;
  }

  back() {
    return this.#restore(this.history.back(this.#state()), "One step back");
  }

  /** What Esc takes back: the last step, but never all that came back unfinished. */
  escape() {
    const { editor } = this;
    return this.isAsBroughtBack ? editor.say(`This ${editor.word} came back unfinished: go on with it, or U takes it away`) : this.back();
  }

  again() {
    return this.#restore(this.history.again(this.#state()), "Redone");
  }

  /** Ids of regions that a step back could bring again. */
  ids() {
    return this.history.past.flatMap((state) => state.all.map((region) => region.id));
  }

  #state() {
    const { all, gone, selected, draft, touched, shape, segment } = this.editor;
    return { all, gone, selected, draft, touched, drawn: shape.drawn ?? null, clicks: segment?.drawn ?? null };
  }

  #restore(state, words) {
    const { editor } = this;
    if (!state) return editor.say("There is no further step");
    const { drawn, clicks, ...rest } = state;
    Object.assign(editor, rest, { shown: null });
    resumeDrawing(editor, drawn, clicks);
    return editor.stepped(words);
  }
}
