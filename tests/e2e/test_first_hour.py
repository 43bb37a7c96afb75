"""The demo project as a new user meets it: suggestions by words, decisions by keys, an export that is confirmed."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from assistant.session import Session
from assistant.store.checks.verify import verify
from tests.e2e.driving import first_page, press_on_next, say, wait_job
from tests.ui.pages import Watched
from tools.records import Actor

pytestmark = pytest.mark.browser
# The picture in the README: ASSISTANT_SCREENSHOT=docs/page.png pytest tests/e2e/test_first_hour.py
SCREENSHOT = os.environ.get("ASSISTANT_SCREENSHOT", "")
HOST = Actor("demo", "lead", "cli", "demo")


@pytest.fixture
def session(demo: Path) -> Iterator[Session]:
    with closing(Session.open(demo)) as opened:
        # Every item with its suggestion, and a model that needs no loading.
        opened.store.settings.put("blind_share", 0, HOST)
        opened.store.settings.put("backend.embedder", "builtin:ngrams", HOST)
        yield opened


@pytest.fixture
def page(session: Session, chromium: Any) -> Iterator[Watched]:
    with first_page(session, chromium) as watched:
        yield watched


def reviews(session: Session) -> list[tuple[Any, ...]]:
    """(key, verdict, label, author, exposure, standing) of everything decided in the page, oldest first."""
    rows = session.store.database.rows(
        """SELECT i.key, r.verdict, r.value, r.reviewer, r.exposure,
            EXISTS (SELECT 1 FROM live_reviews l WHERE l.review_id = r.review_id)
        FROM reviews r JOIN items i USING (item_id) WHERE r.reviewer = 'lead' ORDER BY r.review_id"""
    )
    return [(key, verdict, json.loads(value)["label"], *rest) for key, verdict, value, *rest in rows]


def other_digit(page: Watched) -> tuple[str, str]:
    """(digit, label id) of an answer that is not the suggested one."""
    labels = page.page.evaluate("async () => (await (await fetch('/card/project')).json()).fields[0].labels")
    suggested = page.page.locator(".aa-review, #aa-review").first.inner_text()
    name = suggested.split("Model suggests", 1)[1].strip().split("\n", 1)[0]
    return next((one["key"], one["id"]) for one in labels if one["name"] != name and one["key"].isdigit())


def test_the_first_hour_of_a_new_user(session: Session, page: Watched) -> None:
    say(page, "suggest labels for 20 items", "20 items")
    wait_job(session, page)
    drafts = session.store.database.rows("SELECT i.key, p.value FROM proposals p JOIN items i USING (item_id)")
    proposed = {key: json.loads(value)["label"] for key, value in drafts}
    assert len(proposed) == 20

    accepted = page.state()["itemKey"]
    press_on_next(page, "a")
    digit, label = other_digit(page)
    corrected = page.state()["itemKey"]
    press_on_next(page, digit)
    undone = page.state()["itemKey"]
    press_on_next(page, "a")
    page.press("z")
    page.wait_card(undone)

    assert reviews(session) == [
        (accepted, "accept", proposed[accepted], "lead", "suggested", True),
        (corrected, "choose", label, "lead", "suggested", True),
        (undone, "accept", proposed[undone], "lead", "suggested", False),
    ]

    assert "172 of 300 items are decided" in say(page, "how far are we?", "172 of 300 items are decided")
    if SCREENSHOT:
        page.page.screenshot(path=SCREENSHOT)
    say(page, "export everything as csv", "waits for you")
    assert not list((session.path / "exports").glob("*.csv"))
    say(page, "yes, do it", "Exported")
    (written,) = (session.path / "exports").glob("*.csv")
    link = page.page.locator(".aa-found a", has_text=written.name)
    link.wait_for()
    with page.page.expect_download() as coming:
        link.click()
    assert coming.value.path().read_bytes() == written.read_bytes()
    with written.open(encoding="utf-8", newline="") as file:
        rows = {row["key"]: row for row in csv.DictReader(file)}
    assert len(reviews(session)) == 3
    assert rows[corrected]["intent"] == label
    assert rows[accepted]["intent"] == proposed[accepted]
    assert not rows.get(undone, {}).get("intent")

    assert [check.name for check in verify(session.store.database) if not check.holds] == []
    assert page.errors == []
    assert page.hosts == {page.address.removeprefix("http://")}
