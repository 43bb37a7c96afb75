"""A real session behind the real page, driven in a browser with keys and words."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from assistant.agent.turn.conversation import Conversation
from assistant.session import Session
from tests.ui.pages import Watched, open_page, serving

CHAT = "#aa-chat-box textarea"
_SAID = """() => {
  const rows = [...document.querySelectorAll("#aa-chat .message-row")];
  const at = rows.findLastIndex((row) => row.classList.contains("user-row"));
  return rows.slice(at + 1).map((row) => row.innerText).join("\\n");
}"""


@contextmanager
def first_page(session: Session, browser: Any) -> Iterator[Watched]:
    """The page with the built-in planner, once a card is on it."""
    with serving(session, Conversation) as address:  # type: ignore[arg-type]
        watched = open_page(browser, address)
        watched.page.set_default_timeout(30_000)
        watched.wait_card()
        watched.page.wait_for_selector(CHAT)
        try:
            yield watched
        finally:
            watched.page.context.close()


def say(watched: Watched, words: str, awaited: str, seconds: float = 60.0) -> str:
    """Write into the chat and wait until the answer holds `awaited`; the answer."""
    page = watched.page
    turns = page.locator("#aa-chat .user-row").count()
    page.fill(CHAT, words)
    page.press(CHAT, "Enter")
    pressed, answer = time.monotonic(), ""
    until = pressed + seconds
    while time.monotonic() < until:
        # While the last part of an answer is on its way the chat takes nothing, and what was written stays in the box.
        if time.monotonic() > pressed + 1 and page.locator("#aa-chat .user-row").count() == turns:
            page.press(CHAT, "Enter")
            pressed = time.monotonic()
        if page.locator("#aa-chat .user-row").count() > turns:
            answer = str(page.evaluate(_SAID))
            if awaited in answer:
                page.keyboard.press("Escape")
                return answer
        page.wait_for_timeout(50)
    raise AssertionError(f"{words!r} was not answered with {awaited!r} but with {answer!r}")


def wait_job(session: Session, watched: Watched) -> None:
    """Wait until nothing runs and the page has fetched what came of it."""
    for job in session.jobs.recent():
        assert session.jobs.wait(job.job_id, 60).state == "done"
    watched.page.wait_for_function("window.reviewCard.state().kind === 'suggested'")
    # A card that came by itself takes no key for a moment.
    watched.page.wait_for_timeout(800)


def press_on_next(watched: Watched, key: str) -> None:
    """Press a key that decides, and wait for the next card and for the acknowledgement."""
    before = watched.state()["exposure"]
    watched.press(key)
    watched.page.wait_for_function(f"window.reviewCard.state().exposure !== {before}")
    watched.wait_saved()
