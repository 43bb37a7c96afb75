"""Drafts in the browser's storage, without a DOM: whose they are, when they go, and what happens without room."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.ui.modules import module_page, run

pytestmark = pytest.mark.browser

PARTS = """
const { SteadyStorage } = await import("/base/steady_storage.js");
const map = new Map();
let room = Infinity;
const real = { getItem: (k) => map.get(k) ?? null, removeItem: (k) => map.delete(k), key: (n) => [...map.keys()][n],
  get length() { return map.size; },
  setItem: (k, v) => {
    const used = [...map].filter(([one]) => one !== k).reduce((sum, [, text]) => sum + text.length, 0);
    if (used + v.length > room) throw new Error("QuotaExceededError");
    map.set(k, v);
  } };
const storage = new SteadyStorage(() => real);
let at = 0;
const said = [];
const make = (project, person) =>
  new m.Drafts({ storage, project, person, now: () => ++at, onFull: (words) => said.push(words) });
const card = (id, text = "a text", field = "f", kind = "text") =>
  ({ item: { id, key: `K${id}`, text, media: null }, field: { id: field, kind } });
const put = (drafts, one, text, part = "") => {
  drafts.note(one, () => (text ? { text } : null), part);
  drafts.flush();
};
"""


@pytest.fixture(scope="module")
def modules(chromium: Any) -> Iterator[Any]:
    page = module_page(chromium)
    yield page
    page.context.close()


def test_a_draft_is_of_one_project_person_item_and_question(modules: Any) -> None:
    body = """const mine = make("p/1", "ann");
    put(mine, card(1), "begun");
    const others = [make("p", "1/ann"), make("p/1", "bob"), make("p/2", "ann")];
    return [mine.find(card(1)), ...others.map((one) => one.find(card(1))), mine.find(card(2)),
      mine.find(card(1, "a text", "g")), mine.find(card(1, "another text under this number")),
      mine.find(card(1, "a text", "f", "choice")), mine.list().map((one) => one.itemKey)];"""
    assert run(modules, "card/drafts.js", PARTS + body) == [{"text": "begun"}, *[None] * 7, ["K1"]]


def test_a_draft_goes_with_the_answer_made_of_it_but_not_with_an_older_one(modules: Any) -> None:
    body = """const mine = make("p", "ann");
    put(mine, card(1), "first");
    const stamp = mine.seal(card(1));
    put(mine, card(1), "second");
    mine.acknowledged(1, "f", stamp);
    const still = mine.find(card(1));
    mine.acknowledged(1, "f", mine.seal(card(1)));
    put(mine, card(2), "note", "comment");
    return [still, mine.find(card(1)), mine.find(card(2)), mine.find(card(2), "comment"), mine.list().length];"""
    assert run(modules, "card/drafts.js", PARTS + body) == [{"text": "second"}, None, None, {"text": "note"}, 0]


def test_nothing_unfinished_leaves_nothing_behind(modules: Any) -> None:
    body = """const mine = make("p", "ann");
    put(mine, card(1), "begun");
    put(mine, card(1), "");
    return [map.size, mine.find(card(1))];"""
    assert run(modules, "card/drafts.js", PARTS + body) == [0, None]


def test_without_room_the_oldest_give_way_and_that_is_said(modules: Any) -> None:
    body = """const mine = make("p", "ann");
    for (const id of [1, 2, 3]) put(mine, card(id), "x".repeat(300));
    room = [...map.values()].reduce((sum, text) => sum + text.length, 0);
    put(mine, card(4), "y".repeat(300));
    const left = mine.list().map((one) => one.item);
    room = 10;
    put(mine, card(5), "z".repeat(300));
    return [left, said, mine.find(card(5)).text.length];"""
    left, said, length = run(modules, "card/drafts.js", PARTS + body)
    assert left == [4, 3, 2]
    assert said[0] == "The browser was full: the oldest unfinished drawing had to go"
    assert said[1].startswith("The browser has no room to keep this over a reload")
    assert length == 300


def test_a_draft_made_beside_another_suggestion_keeps_what_was_drawn_only(modules: Any) -> None:
    body = """const base = [{id: "a", origin: {id: "a"}, proposed: true}, {id: "b", origin: {id: "b"}, proposed: true}];
    const kept = {made: [{region: {id: "a"}, isOwn: false}, {region: {id: "n1"}, isOwn: true}], gone: ["b"],
      proposal: 1};
    const same = m.mergedRegions(base, kept, 1), other = m.mergedRegions(base, kept, 2);
    const say = ({all, gone}) => [all.map((one) => [one.id, Boolean(one.origin), one.proposed]), [...gone.keys()]];
    return [say(same), say(other)];"""
    same, other = run(modules, "editing/edit_drafts.js", body)
    assert same == [[["a", True, False], ["n1", False, False]], ["b"]]
    assert other == [[["a", True, True], ["b", True, True], ["n2", False, False], ["n1", False, False]], []]
