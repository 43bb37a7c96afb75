"""Cards that change by themselves under whoever looks at them: nothing half done goes, and no key decides what came."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import pytest

from tests.ui.modules import module_page, run
from tests.ui.pages import Watched, open_page, serving
from tests.ui.projects import EVERY_KIND, INTENT, Opened, decisions

pytestmark = pytest.mark.browser

Opener = Callable[..., tuple[Opened, Watched]]
ITEMS = [{"text": f"Message {number}"} for number in range(1, 9)]
NOTES = EVERY_KIND.replace("name: All kinds\nitem: pair", "name: Notes")
CHAT = "#aa-chat-box textarea"


def changed(watched: Watched, **told: Any) -> None:
    """What the page does when a run ended, a change was carried out, or the chat moved something."""
    watched.page.evaluate("(told) => window.reviewCard.refresh(told)", told)


def test_a_key_pressed_in_the_moment_of_a_change_decides_nothing_and_says_so(opened: Opener) -> None:
    project, watched = opened(INTENT, ITEMS)
    before = watched.state()["exposure"]
    changed(watched)
    assert watched.state()["exposure"] != before
    watched.page.keyboard.press("2")
    assert watched.status().startswith("The card changed just now, so that decided nothing")
    watched.page.wait_for_timeout(900)
    assert decisions(project) == []
    watched.page.keyboard.press("2")
    watched.wait_card("M002")
    watched.wait_saved()
    assert decisions(project) == [("M001", "choose", {"label": "return"})]


def test_a_text_that_was_begun_stays_on_its_card(opened: Opener) -> None:
    _, watched = opened(NOTES, ITEMS)
    watched.page.get_by_role("tab", name="Note").click()
    watched.page.locator(".aa-card textarea").fill("half a sent")
    before = watched.state()
    changed(watched)
    assert (watched.state()["exposure"], watched.state()["itemKey"]) == (before["exposure"], before["itemKey"])
    assert watched.page.locator(".aa-card textarea").input_value() == "half a sent"


def test_a_question_about_one_card_is_never_answered_on_another(opened: Opener) -> None:
    project, watched = opened(INTENT, ITEMS)
    watched.press("f")
    watched.page.keyboard.type("odd")
    changed(watched, decided=watched.state()["exposure"])
    watched.wait_card("M002")
    for key in ("Enter", "Enter"):
        watched.page.keyboard.press(key)
        watched.page.wait_for_timeout(800)
    assert decisions(project) == []


def test_an_open_question_of_the_card_keeps_it(opened: Opener) -> None:
    project, watched = opened(INTENT, ITEMS)
    watched.press("f")
    watched.page.keyboard.type("odd")
    changed(watched)
    watched.page.keyboard.press("Enter")
    watched.wait_saved()
    assert [(key, verdict) for key, verdict, _ in decisions(project)] == [("M001", "flag")]


def test_opening_an_item_in_words_leaves_the_focus_in_the_chat(opened: Opener) -> None:
    project, watched = opened(INTENT, ITEMS)
    watched.page.click(CHAT)
    changed(watched, item=4, field="intent")
    watched.wait_card("M004")
    watched.page.keyboard.type("2 more")
    assert watched.page.locator(CHAT).input_value() == "2 more"
    assert decisions(project) == []


def test_the_words_under_the_card_are_about_the_last_key(opened: Opener) -> None:
    _, watched = opened(INTENT, ITEMS)
    watched.press("2")
    assert watched.status() == "chose Return, 7 left"
    watched.press("Escape")
    assert watched.status() == ""


def test_a_server_that_is_gone_is_said_without_a_key_and_its_return_too(
    made: Callable[..., Opened], chromium: Any
) -> None:
    project = made(INTENT, ITEMS)
    with ExitStack() as stack:
        with serving(project) as address:
            watched = open_page(chromium, address)
            stack.callback(watched.page.context.close)
            watched.wait_card("M001")
        mark = watched.page.locator(".aa-saved")
        watched.page.locator(".aa-saved.is-bad", has_text="not connected").wait_for()
        with serving(project, port=int(address.rsplit(":", 1)[1])):
            watched.page.locator(".aa-saved.is-good").wait_for()
            assert mark.inner_text() == "saved"


def test_all_questions_say_as_much_as_the_header(opened: Opener) -> None:
    _, watched = opened(NOTES, ITEMS)
    left = watched.page.locator(".aa-count[data-field='']").inner_text()
    assert watched.page.locator(".aa-counts").inner_text() == f"0 decided, {left} left"


def test_the_page_writes_a_moment_as_the_program_does(chromium: Any) -> None:
    page = module_page(chromium)
    assert run(page, "base/dates.js", "return m.sayMoment('2026-03-05T14:03:00');") == "5 March 2026, 14:03"
    page.context.close()
