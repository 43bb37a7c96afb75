"""Nothing but the person moves the focus, and no key confirms what the person did not move to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from assistant.session import Session
from tests.e2e.driving import CHAT, first_page, say
from tests.ui.pages import Watched
from tools.records import Actor, Draft, RunIdentity

pytestmark = pytest.mark.browser
HOST = Actor("lead", "lead", "cli", "demo")
FOCUSED = "document.activeElement.closest('#aa-chat-box') !== null"


@pytest.fixture
def session(demo: Path) -> Iterator[Session]:
    with closing(Session.open(demo)) as opened:
        opened.store.settings.put("blind_share", 0, HOST)
        ids = [
            one for one in map(int, opened.store.items.all_ids()) if not opened.store.reviews.deciders(one, "intent")
        ][:12]
        store = opened.store
        run_id = store.runs.start(RunIdentity("prelabel", 1, "scripted:x", "1", {}), {}, "intent", 1, HOST)
        drafts = [Draft(one, "intent", {"label": "delivery"}, 0.9) for one in ids]
        store.runs.add_drafts(run_id, drafts, store.schema, 1, dict(zip(ids, store.items.texts(ids), strict=True)))
        opened.executor.on_change()
        yield opened


@pytest.fixture
def page(session: Session, chromium: Any) -> Iterator[Watched]:
    with first_page(session, chromium) as watched:
        yield watched


def decisions(session: Session) -> int:
    sql = "SELECT count(*) FROM reviews WHERE reviewer = 'lead'"
    return int(session.store.database.rows(sql)[0][0])


def ask(page: Watched) -> None:
    """The walk: ask for all delivery suggestions; the card comes up while the focus stays in the chat."""
    page.page.click(CHAT)
    page.page.keyboard.type("accept all delivery suggestions")
    page.page.keyboard.press("Enter")
    page.page.locator(".aa-confirm button.is-main:enabled").wait_for()
    page.page.wait_for_timeout(600)


def test_typing_on_in_the_chat_accepts_nothing_and_dismisses(session: Session, page: Watched) -> None:
    ask(page)
    assert page.page.evaluate(FOCUSED)
    page.page.keyboard.type("no wait")
    page.page.keyboard.press("Enter")
    page.page.locator("#aa-chat .bot", has_text="Dismissed").wait_for()
    page.page.keyboard.press("Enter")
    page.page.wait_for_timeout(500)
    assert page.page.evaluate(FOCUSED)
    assert decisions(session) == 0
    assert session.executor.pending() == []


def test_a_focus_given_by_the_program_ignores_keys_for_good(session: Session, page: Watched) -> None:
    ask(page)
    page.page.evaluate("document.querySelector('.aa-confirm button.is-main').focus()")
    for key in ("Enter", " ", "Enter"):
        page.page.keyboard.press(key)
        page.page.wait_for_timeout(300)
    assert (decisions(session), len(session.executor.pending())) == (0, 1)


def test_a_button_that_the_person_moved_to_is_pressed_by_enter(session: Session, page: Watched) -> None:
    ask(page)
    for _ in range(40):
        page.page.keyboard.press("Shift+Tab")
        if page.page.evaluate("document.activeElement.matches('.aa-confirm button.is-main')"):
            break
    page.page.keyboard.press("Enter")
    page.page.get_by_text("Accepted 12 proposals").wait_for()
    # What is left of the focus is on nothing that a key presses.
    page.page.keyboard.press("Enter")
    page.page.keyboard.press(" ")
    page.page.wait_for_timeout(500)
    assert decisions(session) == 12


def test_one_key_goes_from_the_chat_to_what_waits_and_confirms_nothing_by_itself(
    session: Session, page: Watched
) -> None:
    ask(page)
    page.page.keyboard.press("F6")
    assert page.page.evaluate("document.activeElement.matches('.aa-confirm-words')")
    for key in ("Enter", " ", "F6"):
        page.page.keyboard.press(key)
    page.page.wait_for_timeout(300)
    assert page.page.evaluate(FOCUSED)
    assert (decisions(session), len(session.executor.pending())) == (0, 1)
    page.page.keyboard.press("F6")
    steps = 0
    while not page.page.evaluate("document.activeElement.matches('.aa-confirm button.is-main')"):
        page.page.keyboard.press("Tab")
        steps += 1
        assert steps <= 2
    page.page.keyboard.press("Enter")
    page.page.get_by_text("Accepted 12 proposals").wait_for()
    assert decisions(session) == 12


def test_what_was_carried_out_says_done_and_goes_with_the_next_sentence(session: Session, page: Watched) -> None:
    ask(page)
    page.page.locator(".aa-confirm button.is-main").click()
    page.page.locator(".aa-confirm .is-done", has_text="done").wait_for()
    say(page, "how far are we", "decided")
    page.page.locator(".aa-confirm").wait_for(state="hidden")


def test_the_riskiest_come_first_and_what_is_below_is_counted(session: Session, page: Watched) -> None:
    ask(page)
    titles = page.page.locator(".aa-confirm figcaption").all_inner_texts()
    assert titles[:2] == ["The 6 riskiest", "10 examples drawn at random, to be looked at"]
    below = page.page.locator(".aa-confirm-below")
    assert " more rows below" in below.inner_text()
    page.page.locator(".aa-confirm-tables").evaluate("(node) => node.scrollTo(0, node.scrollHeight)")
    below.wait_for(state="hidden")


def test_a_card_keeps_the_sentence_that_asked_and_goes_in_every_tab(session: Session, page: Watched) -> None:
    ask(page)
    other = page.page.context.new_page()
    other.goto(page.address)
    card = other.locator(".aa-confirm")
    card.get_by_text("“accept all delivery suggestions” – lead").wait_for()
    card.get_by_role("button", name="Dismiss").click()
    page.page.locator(".aa-confirm").wait_for(state="hidden")
    assert session.executor.pending() == []


def test_what_was_asked_for_at_the_terminal_does_not_come_to_the_front(session: Session, page: Watched) -> None:
    terminal = Actor("lead", "lead", "cli", "cli:lead")
    session.executor.call("export_data", {"format": "csv", "target": str(session.path / "x.csv")}, terminal)
    page.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    panel = page.page.locator(".aa-confirm")
    panel.get_by_text("Another change waits, asked for by lead in the terminal.").wait_for()
    assert panel.locator(".is-main").count() == 0
    panel.get_by_role("button", name="Show").click()
    panel.get_by_role("button", name="Export").wait_for()


def test_a_yes_in_words_takes_the_card_away(session: Session, page: Watched) -> None:
    ask(page)
    say(page, "yes, do it", "Accepted 12 proposals")
    page.page.locator(".aa-confirm button.is-main").wait_for(state="hidden")
