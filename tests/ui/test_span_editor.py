"""Marking text in a browser: what is selected on the screen is what is stored, counted in code points."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.ui.pages import Watched
from tests.ui.projects import EVERY_KIND, SPANS, Opened, decisions, suggest

pytestmark = pytest.mark.browser

Opener = Callable[..., tuple[Opened, Watched]]
# A flag and a family are several code points each; every emoji is two UTF-16 units or more.
EMOJI = "👍🏽 Der Kopfhörer 🎧🎧 aus 👨‍👩‍👧 München 🇩🇪 ist gut"
HEBREW = "קניתי אוזניות 🎧 בתל אביב אתמול"
CHINESE = "我在北京买了耳机🎧很好"


def place(text: str, words: str) -> dict[str, int]:
    """Where ``words`` stand, in code points, as Python counts."""
    start = text.index(words)
    return {"start": start, "end": start + len(words)}


def drag(watched: Watched, words: str) -> None:
    """Select ``words`` in the text with a real selection, as a mouse drag leaves it, and let go of the button."""
    watched.page.evaluate(
        """(words) => {
            const run = document.querySelector('.aa-run');
            const at = run.textContent.indexOf(words);
            const walker = document.createTreeWalker(run, NodeFilter.SHOW_TEXT);
            const range = document.createRange();
            let seen = 0;
            for (let node = walker.nextNode(); node; node = walker.nextNode()) {
                const end = seen + node.length;
                if (at >= seen && at < end) range.setStart(node, at - seen);
                if (at + words.length > seen && at + words.length <= end) range.setEnd(node, at + words.length - seen);
                seen = end;
            }
            const selection = getSelection();
            selection.removeAllRanges();
            selection.addRange(range);
            document.querySelector('.aa-text').dispatchEvent(new MouseEvent('mouseup', {bubbles: true}));
        }""",
        words,
    )
    watched.page.locator(".aa-piece.is-draft").first.wait_for()


def stored_spans(project: Opened) -> list[dict[str, Any]]:
    spans = decisions(project)[-1][2]["spans"]
    return [{key: span[key] for key in ("start", "end", "label")} for span in spans]


@pytest.mark.parametrize(
    ("text", "first", "second"),
    [(EMOJI, "Kopfhörer 🎧🎧", "München 🇩🇪"), (HEBREW, "אוזניות 🎧", "תל אביב"), (CHINESE, "耳机🎧", "北京")],
)
def test_selected_text_is_stored_in_code_points(opened: Opener, text: str, first: str, second: str) -> None:
    project, watched = opened(SPANS, [{"text": text}])
    drag(watched, first)
    watched.press("1")
    drag(watched, second)
    watched.press("2", "Enter")
    watched.wait_saved()
    wanted = [{**place(text, first), "label": "product"}, {**place(text, second), "label": "place"}]
    assert stored_spans(project) == sorted(wanted, key=lambda span: span["start"])
    assert watched.errors == []


def test_dragging_with_the_mouse_marks_what_was_dragged_over(opened: Opener) -> None:
    text = "🎧 Kopfhörer"
    project, watched = opened(SPANS, [{"text": text}])
    box = watched.page.evaluate(
        """() => {
            const range = document.createRange();
            const node = document.querySelector('.aa-run').firstChild.firstChild;
            range.setStart(node, 3);
            range.setEnd(node, 12);
            const found = range.getBoundingClientRect();
            return {left: found.left, right: found.right, y: found.top + found.height / 2};
        }"""
    )
    mouse = watched.page.mouse
    mouse.move(box["left"] + 1, box["y"])
    mouse.down()
    mouse.move(box["right"] - 1, box["y"], steps=5)
    mouse.up()
    watched.press("1", "Enter")
    watched.wait_saved()
    assert stored_spans(project) == [{"start": 2, "end": 11, "label": "product"}]


def test_spans_can_be_marked_moved_and_labelled_with_keys_only(opened: Opener) -> None:
    text = "😀 red lamp from Köln"
    project, watched = opened(SPANS, [{"text": text}])
    watched.press("w", "ArrowRight", "Shift+ArrowRight", "1")
    assert watched.page.locator(".aa-region").inner_text().startswith("Product")
    watched.press("w", "ArrowRight", "2", "Shift+ArrowLeft", "Shift+ArrowRight", "Enter")
    watched.wait_saved()
    assert stored_spans(project) == [
        {**place(text, "red lamp"), "label": "product"},
        {**place(text, "Köln"), "label": "place"},
    ]


def overlapping(project: Opened) -> None:
    text = "the lamp shop in Berlin Mitte"
    spans = [
        {"id": "s1", **place(text, "lamp shop"), "label": "place"},
        {"id": "s2", **place(text, "lamp"), "label": "product"},
        {"id": "s3", **place(text, "Berlin Mitte"), "label": "place"},
    ]
    suggest(project, "entities", {1: {"spans": spans}})


def test_all_proposed_spans_are_accepted_with_one_key(opened: Opener) -> None:
    project, watched = opened(SPANS, [{"text": "the lamp shop in Berlin Mitte"}], overlapping)
    assert watched.page.locator(".aa-region.is-proposed").count() == 3
    watched.press("a")
    watched.wait_saved()
    assert [verdict for _, verdict, _ in decisions(project)] == ["accept"]
    assert len(stored_spans(project)) == 3


def test_overlapping_spans_are_relabelled_shortened_and_deleted_with_keys(opened: Opener) -> None:
    project, watched = opened(SPANS, [{"text": "the lamp shop in Berlin Mitte"}], overlapping)
    watched.press("Tab", "x")
    watched.press("Tab", "ArrowLeft")
    watched.press("Enter", "a")
    watched.wait_saved()
    text = "the lamp shop in Berlin Mitte"
    assert stored_spans(project) == [
        {**place(text, "lamp shop"), "label": "place"},
        {**place(text, "Berlin"), "label": "place"},
    ]
    regions = project.store.database.rows("SELECT verdict, regions FROM reviews")[0]
    assert regions == ("edit", '{"s1":"accept","s2":"reject","s3":"edit"}')


def test_a_click_picks_the_innermost_span_and_a_second_click_the_one_around_it(opened: Opener) -> None:
    _, watched = opened(SPANS, [{"text": "the lamp shop in Berlin Mitte"}], overlapping)
    inner = watched.page.locator(".aa-piece", has_text="lamp").first
    inner.click(position={"x": 5, "y": 15})
    selected = watched.page.locator(".aa-region.is-selected .aa-region-text")
    assert selected.inner_text() == "lamp"
    inner.click(position={"x": 5, "y": 15})
    assert selected.inner_text() == "lamp shop"


def test_one_step_back_inside_an_item_restores_a_deleted_span(opened: Opener) -> None:
    project, watched = opened(SPANS, [{"text": "the lamp shop in Berlin Mitte"}], overlapping)
    watched.press("Tab", "x", "Control+z", "Enter")
    watched.wait_saved()
    assert len(stored_spans(project)) == 3
    assert [verdict for _, verdict, _ in decisions(project)] == ["accept"]


def test_an_item_without_marks_is_saved_only_when_that_is_said_twice(opened: Opener) -> None:
    project, watched = opened(SPANS, [{"text": "nothing here"}])
    watched.press("Enter")
    assert "press again" in watched.status()
    assert decisions(project) == []
    watched.press("Enter")
    watched.wait_saved()
    assert stored_spans(project) == []


def test_relations_join_two_spans_with_keys_only(opened: Opener) -> None:
    text = "a lamp from Berlin"
    spans = {
        "spans": [
            {"id": "s1", **place(text, "lamp"), "label": "product"},
            {"id": "s2", **place(text, "Berlin"), "label": "place"},
        ]
    }
    project, watched = opened(SPANS, [{"text": text}], lambda made: suggest(made, "entities", {1: spans}))
    watched.press("a")
    watched.page.wait_for_function("window.reviewCard.state().field === 'links'")
    watched.press("Tab", "w", "Tab", "1", "Enter")
    watched.wait_saved()
    relation = decisions(project)[-1][2]["relations"][0]
    assert (relation["from"], relation["to"], relation["label"]) == ("s1", "s2", "sold_in")


def test_a_relation_that_may_not_join_these_spans_is_refused_in_words(opened: Opener) -> None:
    text = "a lamp from Berlin"
    spans = {
        "spans": [
            {"id": "s1", **place(text, "lamp"), "label": "product"},
            {"id": "s2", **place(text, "Berlin"), "label": "place"},
        ]
    }
    _, watched = opened(SPANS, [{"text": text}], lambda made: suggest(made, "entities", {1: spans}))
    watched.press("a")
    watched.page.wait_for_function("window.reviewCard.state().field === 'links'")
    watched.press("Tab", "Tab", "w", "Tab", "1")
    assert "may not join" in watched.status()
    assert watched.page.locator(".aa-region").count() == 0


PAIR = [{"text": "A cat.\nA dog.", "kind": "pair", "parts": [
    {"role": "one", "start": 0, "end": 6}, {"role": "two", "start": 7, "end": 13}]}]  # fmt: skip


def test_several_labels_a_rating_and_a_text_are_each_answered_in_few_keys(opened: Opener) -> None:
    project, watched = opened(EVERY_KIND, PAIR, lambda made: suggest(made, "topics", {1: {"labels": ["billing"]}}))
    assert watched.page.locator(".aa-text.is-pair .aa-block").count() == 2
    watched.press("3", "Enter")
    watched.page.wait_for_function("window.reviewCard.state().field === 'score'")
    watched.press("4")
    watched.page.wait_for_function("window.reviewCard.state().field === 'note'")
    watched.page.keyboard.type("both are animals, a 1 x z")
    watched.press("Control+Enter")
    watched.page.wait_for_function("window.reviewCard.state().finished")
    watched.wait_saved()
    assert [value for _, _, value in decisions(project)] == [
        {"labels": ["billing", "account"]},
        {"rating": 4},
        {"text": "both are animals, a 1 x z"},
    ]
