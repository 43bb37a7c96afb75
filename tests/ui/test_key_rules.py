"""When a key decides and when not: text typed in passing, open panels, labels that are digits or hide a command."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from assistant.cards import label_keys
from tests.ui.pages import Watched, open_page, serving
from tests.ui.projects import INTENT, Opened, decisions, suggest
from tools.decide.schema_diff import differences
from tools.hotkeys import hidden_commands
from tools.schema import read_schema

Opener = Callable[..., tuple[Opened, Watched]]
DIGITS = "name: N\nfields:\n  - {id: y, kind: choice, labels: ['0', '1', '2']}\n"
NUMBERED = "name: N\nfields:\n  - {id: y, kind: choice, labels: [" + ", ".join(f"A{n}" for n in range(1, 16)) + "]}\n"
HIDING = """
name: N
fields:
  - id: topic
    name: Topic
    kind: choice
    labels:
      - {id: billing, name: Billing, hotkey: x}
      - {id: delivery, name: Delivery, hotkey: z}
      - {id: other, name: Other}
"""
ITEMS = [{"text": f"Message {number}"} for number in range(1, 7)]


def suggested(project: Opened) -> None:
    suggest(project, "intent", {one: {"label": "refund"} for one in range(1, 7)})


def test_labels_that_are_digits_are_chosen_by_that_digit() -> None:
    assert label_keys(read_schema(DIGITS).fields[0]) == {"0": "0", "1": "1", "2": "2"}
    assert set(label_keys(read_schema(HIDING).fields[0]).values()) == {"x", "z", "1"}


def test_a_key_of_a_label_that_hides_a_command_is_said() -> None:
    assert hidden_commands(read_schema(HIDING)) == [
        "Topic, Billing: The key x no longer means Reject on its cards; Alt+X does.",
        "Topic, Delivery: The key z no longer means Undo on its cards; Backspace does.",
    ]
    before, after = read_schema(HIDING.replace(", hotkey: z", "")), read_schema(HIDING)
    (said,) = differences(before, after)
    assert said == (
        "Label Delivery of Topic gets the key z. The key z no longer means Undo on its cards; Backspace does."
    )


@pytest.mark.browser
def test_the_digit_of_a_label_that_is_a_digit_commits_it(opened: Opener) -> None:
    project, watched = opened(DIGITS, ITEMS)
    for number, key in enumerate("120", start=1):
        watched.wait_card(f"M{number:03}")
        watched.press(key)
    watched.wait_saved()
    assert [value["label"] for _, _, value in decisions(project)] == ["1", "2", "0"]


@pytest.mark.browser
def test_a_numbered_label_that_is_typed_out_is_one_decision(opened: Opener) -> None:
    project, watched = opened(NUMBERED, ITEMS)
    watched.press("A", "1", "2", "Enter")
    watched.wait_card("M002")
    watched.wait_saved()
    assert decisions(project) == [("M001", "choose", {"label": "a12"})]


@pytest.mark.browser
def test_the_bar_prints_the_keys_that_labels_left(opened: Opener) -> None:
    project, watched = opened(HIDING, ITEMS)
    shown = watched.page.locator("[data-command=undo] kbd, [data-command=reject] kbd").all_inner_texts()
    assert shown == ["Alt X", "⌫"]
    watched.press("z")
    watched.wait_card("M002")
    watched.press("Backspace")
    watched.wait_card("M001")
    assert decisions(project) == []


@pytest.mark.browser
def test_on_an_untouched_page_typed_text_decides_nothing_and_one_key_alone_counts(
    made: Callable[..., Opened], chromium: Any
) -> None:
    project = made(INTENT, ITEMS)
    suggested(project)
    with ExitStack() as stack:
        watched = open_page(chromium, stack.enter_context(serving(project)))
        stack.callback(watched.page.context.close)
        watched.wait_card("M001")
        watched.page.keyboard.type("a quick no", delay=60)
        watched.page.wait_for_timeout(600)
        assert watched.state()["itemKey"] == "M001"
        assert decisions(project) == []
        watched.press("a")
        watched.wait_card("M002")
        watched.press("a")
        watched.wait_card("M003")


@pytest.mark.browser
def test_a_sentence_typed_on_the_card_decides_at_most_with_its_first_letter(opened: Opener) -> None:
    _, watched = opened(INTENT, ITEMS, suggested)
    watched.page.keyboard.type("no wait a 2", delay=60)
    watched.page.wait_for_timeout(300)
    assert watched.state()["itemKey"] == "M001"
    assert "typed text" in watched.status()
    watched.page.wait_for_timeout(600)
    watched.press("a")
    watched.wait_card("M002")


@pytest.mark.browser
def test_keys_do_not_act_behind_an_open_panel_and_esc_closes_it_first(opened: Opener) -> None:
    _, watched = opened(INTENT, ITEMS, suggested)
    watched.press("g")
    drawer = watched.page.locator(".aa-drawer")
    drawer.wait_for()
    watched.press("a")
    watched.page.wait_for_timeout(200)
    watched.press("3")
    assert watched.state()["itemKey"] == "M001"
    watched.press("Escape")
    assert not drawer.is_visible()
    watched.page.wait_for_timeout(600)
    watched.press("a")
    watched.wait_card("M002")
