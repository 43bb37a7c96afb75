// Which of several answers is better.

import { RankingEditor } from "../card/edit_ranking.js";
import { sayOrder } from "../card/ranking_order.js";

/** @type {import("./kind.js").Kind} */
export const RANKING = {
  Editor: RankingEditor,
  comparable: (groups) => JSON.stringify(groups.map((names) => [...names].sort())),
  say: sayOrder,
  work: "ranking",
  keys: [
    ["1 … 9", "two answers: this one is better; more: this one comes next"],
    ["T or =", "equally good, where the question takes ties"],
    ["← →", "go from answer to answer"],
    ["↑ ↓", "move the answer up or down in the order"],
    ["Enter", "save the order that is shown"],
  ],
};
