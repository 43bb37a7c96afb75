"""Answers put in order in a browser: keys, a drag, steps back, drafts, names for screen readers, narrow pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import pytest

from tests.ui.modules import module_page, run
from tests.ui.pages import Watched
from tests.ui.projects import Opened, decisions, suggest
from tools.exchange.tables.compose import join_parts

pytestmark = pytest.mark.browser

Opener = Callable[..., tuple[Opened, Watched]]
SCHEMA = """
name: Preferences
item: comparison
fields:
  - {id: better, name: Better answer, kind: ranking, ties: true, question: 'Which answer is better?'}
"""
STRICT = SCHEMA.replace("ties: true, ", "")
ANSWERS = ("An apple is a fruit.", "A potato is a fruit.", "A pear, of course.", "There are none.")


def comparison(count: int) -> dict[str, Any]:
    text, parts = join_parts([("prompt", "Name a fruit."), *zip("ABCD", ANSWERS[:count], strict=False)])
    return {"kind": "comparison", "text": text, "parts": [asdict(part) for part in parts]}


def items(*counts: int) -> list[dict[str, Any]]:
    return [comparison(count) for count in counts]


def shown_order(watched: Watched) -> str:
    return str(watched.page.locator(".aa-order-words").inner_text())


def chosen(*groups: str) -> dict[str, Any]:
    return {"ranking": [list(group) for group in groups]}


def test_one_key_says_which_of_two_is_better_and_a_tie(opened: Opener) -> None:
    project, watched = opened(SCHEMA, items(2, 2, 2, 2))
    for key, following in (("2", "M002"), ("1", "M003"), ("t", "M004")):
        watched.press(key)
        watched.wait_card(following)
    watched.wait_saved()
    assert decisions(project) == [
        ("M001", "choose", chosen("b", "a")),
        ("M002", "choose", chosen("a", "b")),
        ("M003", "choose", chosen("ab")),
    ]
    assert watched.status() == "chose A = B, 1 left"
    assert watched.errors == []


def test_without_ties_their_keys_mean_nothing(opened: Opener) -> None:
    project, watched = opened(STRICT, items(2, 2))
    watched.press("t", "=")
    assert watched.page.get_by_role("button", name="Equally good").count() == 0
    watched.press("1")
    watched.wait_card("M002")
    watched.wait_saved()
    assert decisions(project) == [("M001", "choose", chosen("a", "b"))]


def test_the_answers_stand_beside_the_prompt_and_are_not_shown_twice(opened: Opener) -> None:
    _, watched = opened(SCHEMA, items(2))
    assert watched.page.locator(".aa-body").inner_text() == "prompt\nName a fruit."
    assert watched.page.locator(".aa-answer-text").all_inner_texts() == list(ANSWERS[:2])
    boxes = [one.bounding_box() for one in watched.page.locator(".aa-answer").all()]
    assert boxes[0]["y"] == boxes[1]["y"] and boxes[0]["x"] < boxes[1]["x"]


def test_correcting_a_suggestion_costs_one_key_as_accepting_it_does(opened: Opener) -> None:
    def prepare(project: Opened) -> None:
        suggest(project, "better", {1: chosen("a", "b"), 2: chosen("a", "b")})

    project, watched = opened(SCHEMA, items(2, 2, 2), prepare)
    assert watched.page.locator(".aa-answer.is-suggested .aa-answer-place").first.inner_text() == "better"
    watched.press("a")
    watched.wait_card("M002")
    watched.press("2")
    watched.wait_card("M003")
    watched.wait_saved()
    assert decisions(project) == [("M001", "accept", chosen("a", "b")), ("M002", "choose", chosen("b", "a"))]


def test_keys_put_several_answers_in_order_and_what_is_shown_is_saved(opened: Opener) -> None:
    project, watched = opened(SCHEMA, items(4, 2))
    watched.press("3", "=", "1")
    assert shown_order(watched) == "A = C, then B, D"
    watched.press("Enter")
    assert watched.status() == "Not in order yet: B, D"
    watched.press("4")
    assert shown_order(watched) == "A = C > D > B, Enter saves"
    assert watched.page.locator(".aa-answer-place").all_inner_texts() == ["1 =", "4", "1 =", "3"]
    watched.press("Enter")
    watched.wait_card("M002")
    watched.wait_saved()
    assert decisions(project) == [("M001", "choose", chosen("ac", "d", "b"))]
    watched.press("z")
    watched.wait_card("M001")
    assert shown_order(watched) == "A = C > D > B, Enter saves"


def test_steps_are_taken_back_and_done_again_and_arrows_move_an_answer(opened: Opener) -> None:
    project, watched = opened(SCHEMA, items(3, 2))
    watched.press("2", "1")
    assert shown_order(watched) == "B > A > C, Enter saves"
    watched.press("z")
    assert shown_order(watched) == "B, then A, C"
    watched.press("Shift+Z")
    assert shown_order(watched) == "B > A > C, Enter saves"
    watched.press("ArrowLeft", "ArrowUp")  # the last one, C
    assert shown_order(watched) == "B > C > A, Enter saves"
    watched.press("t")
    assert shown_order(watched) == "B = C > A, Enter saves"
    watched.press("ArrowUp")
    assert shown_order(watched) == "C > B > A, Enter saves"
    watched.press("Enter")
    watched.wait_card("M002")
    watched.wait_saved()
    assert decisions(project) == [("M001", "choose", chosen("c", "b", "a"))]


def test_an_answer_is_dragged_before_another(opened: Opener) -> None:
    project, watched = opened(SCHEMA, items(3, 2))
    watched.press("1", "2")
    handles, boxes = watched.page.locator(".aa-answer-handle"), watched.page.locator(".aa-answer")
    handles.nth(2).drag_to(boxes.nth(0))
    assert shown_order(watched) == "C > A > B, Enter saves"
    watched.press("Enter")
    watched.wait_card("M002")
    watched.wait_saved()
    assert decisions(project) == [("M001", "choose", chosen("c", "a", "b"))]


def test_a_draft_survives_a_reload_and_skipping_loses_nothing_that_was_saved(opened: Opener) -> None:
    project, watched = opened(SCHEMA, items(4, 2))
    watched.press("4", "2")
    watched.page.reload()
    watched.wait_card("M001")
    assert shown_order(watched) == "D > B, then A, C"
    assert watched.page.locator(".aa-kept").inner_text().startswith("Your unfinished ranking is back, not saved yet.")
    watched.press("Escape", "1", "Enter")
    watched.wait_card("M002")
    watched.wait_saved()
    assert decisions(project) == [("M001", "choose", chosen("d", "b", "a", "c"))]


def test_text_that_was_typed_by_mistake_is_one_tie_at_most(opened: Opener) -> None:
    project, watched = opened(SCHEMA, items(2, 2, 2))
    watched.page.keyboard.type("that", delay=20)
    watched.wait_card("M002")
    watched.wait_saved()
    assert watched.status().startswith("That looked like typed text, so it decided nothing")
    assert decisions(project) == [("M001", "choose", chosen("ab"))]


def test_screen_readers_hear_letters_places_and_keys(opened: Opener) -> None:
    _, watched = opened(SCHEMA, items(3))
    page = watched.page
    assert page.get_by_role("group", name="Better answer: 3 answers").count() == 1
    assert page.get_by_role("region", name="Answer A of 3").count() == 1
    page.get_by_role("button", name="Answer C comes next, key 3").click()
    assert watched.status() == "C, then A, B"
    assert page.get_by_role("region", name="Answer C of 3, place 1").count() == 1
    assert page.get_by_role("button", name="Equally good, key T").get_attribute("aria-pressed") == "false"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_narrow_page_answers_stand_below_each_other(opened: Opener, scheme: str, tmp_path: Any) -> None:
    _, watched = opened(SCHEMA, items(3))
    watched.page.emulate_media(color_scheme=scheme)
    watched.page.set_viewport_size({"width": 390, "height": 844})
    boxes = [one.bounding_box() for one in watched.page.locator(".aa-answer").all()]
    assert boxes[0]["x"] == boxes[1]["x"] and boxes[1]["y"] >= boxes[0]["y"] + boxes[0]["height"]
    assert all(box["x"] >= 0 and box["x"] + box["width"] <= 390 for box in boxes)


MODULE = "card/ranking_order.js"


def test_orders_in_the_making(chromium: Any) -> None:
    page = module_page(chromium)
    found = run(
        page,
        MODULE,
        """
        const names = ["a", "b", "c"];
        return {
          first: m.placed([], names, "b"), last: m.placed([["b"]], names, "a"), back: m.placed([["b"]], names, "b"),
          equal: m.placed([["b"]], names, "a", true), again: m.placed([["b"], ["a"], ["c"]], names, "c"),
          up: m.moved([["b"], ["a", "c"]], "c", -1), down: m.moved([["b"], ["a", "c"]], "a", 1),
          stays: m.moved([["b"], ["a"], ["c"]], "b", -1), before: m.putBefore([["b"], ["a"], ["c"]], "c", "b"),
          tie: m.tied([["b"], ["a"], ["c"]], "a"), untie: m.tied([["a", "b"], ["c"]], "b"),
          places: names.map((name) => m.placeOf([["b"], ["a", "c"]], name)), whole: m.isWhole([["b"], ["a"]], names),
          missing: m.missing([["b"]], names), said: m.sayOrder([["b"], ["a", "c"]]),
        };
        """,
    )
    assert found == {
        "first": [["b"]],
        "last": [["b"], ["a"], ["c"]],
        "back": [],
        "equal": [["a", "b"]],
        "again": [["c"]],
        "up": [["b"], ["c"], ["a"]],
        "down": [["b"], ["c"], ["a"]],
        "stays": [["b"], ["a"], ["c"]],
        "before": [["c"], ["b"], ["a"]],
        "tie": [["a", "b"], ["c"]],
        "untie": [["a"], ["b"], ["c"]],
        "places": ["2 =", "1", "2 ="],
        "whole": False,
        "missing": ["a", "c"],
        "said": "B > A = C",
    }
