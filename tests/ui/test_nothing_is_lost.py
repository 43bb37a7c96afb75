"""Several people, bad connections, reloads: a decision is stored once, or its maker is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.ui.pages import Watched, open_page, serving
from tests.ui.projects import INTENT, LEAD, Opened, decisions, suggest

pytestmark = pytest.mark.browser

Opener = Callable[..., tuple[Opened, Watched]]
PASSWORD = "a long password"


def suggested(project: Opened) -> None:
    ids = range(1, project.store.items.count() + 1)
    suggest(project, "intent", {one: {"label": "refund"} for one in ids})


def messages(count: int) -> list[dict[str, Any]]:
    return [{"text": f"Message {number}"} for number in range(1, count + 1)]


def cut_off(watched: Watched, path: str = "**/card/decide") -> None:
    watched.page.route(path, lambda route: route.abort())


def test_a_decision_that_could_not_be_sent_survives_a_reload_and_is_stored_once(opened: Opener) -> None:
    project, watched = opened(INTENT, messages(6), suggested)
    cut_off(watched)
    watched.press("a")
    watched.wait_card("M002")
    watched.press("3")
    watched.wait_card("M003")
    watched.page.locator(".aa-saved.is-bad").wait_for()
    assert decisions(project) == []
    watched.page.unroute("**/card/decide")
    watched.page.reload()
    watched.wait_card()
    watched.wait_saved()
    assert decisions(project) == [("M001", "accept", {"label": "refund"}), ("M002", "choose", {"label": "delivery"})]
    assert watched.state()["itemKey"] == "M003"
    assert watched.state()["left"] == 4


def test_an_answer_that_got_lost_does_not_store_the_decision_twice(opened: Opener) -> None:
    project, watched = opened(INTENT, messages(4), suggested)
    sent: list[int] = []

    def lose_first_answer(route: Any) -> None:
        sent.append(1)
        if len(sent) == 1:
            route.fetch()
            route.abort()
        else:
            route.continue_()

    watched.page.route("**/card/decide", lose_first_answer)
    watched.press("a")
    watched.wait_saved()
    assert len(sent) == 2
    assert [key for key, _, _ in decisions(project)] == ["M001"]


def test_after_five_unacknowledged_decisions_the_page_stops_and_says_so(opened: Opener) -> None:
    project, watched = opened(INTENT, messages(12), suggested)
    cut_off(watched)
    for number in range(1, 6):
        watched.wait_card(f"M{number:03}")
        watched.press("a")
    watched.wait_card("M006")
    watched.press("a", "1", " ")
    assert watched.state()["itemKey"] == "M006"
    assert watched.state()["unsent"] == 5
    banner = watched.page.locator(".aa-banner")
    assert "5 decisions are not saved" in banner.inner_text()
    with watched.page.expect_request("**/card/decide"):
        banner.get_by_role("button", name="Retry now").click()
    watched.page.unroute("**/card/decide")
    watched.wait_saved()
    assert len(decisions(project)) == 5
    watched.press("a")
    watched.wait_card("M007")
    assert not banner.is_visible()


def test_a_refused_decision_is_named_and_can_be_opened_again(opened: Opener) -> None:
    project, watched = opened(INTENT, messages(3), suggested)
    run = project.store.database.rows("SELECT max(run_id) FROM runs")[0][0]
    project.store.reviews.undo([("run", run)], LEAD)
    watched.press("a")
    watched.page.locator(".aa-banner").wait_for()
    words = watched.page.locator(".aa-banner").inner_text()
    assert "M001" in words
    assert "withdrawn" in words
    assert "not saved" in words
    assert decisions(project) == []
    watched.page.get_by_role("button", name="Open it again").click()
    watched.wait_card("M001")
    assert watched.page.locator(".is-suggested").count() == 0


@pytest.fixture
def two_people(made: Callable[..., Opened], chromium: Any) -> Iterator[tuple[Opened, Watched, Watched]]:
    """One project, served; ann and bob signed in, each in a browser of their own."""
    with ExitStack() as stack:
        project = made(INTENT, messages(12))
        suggested(project)
        for name in ("ann", "bob"):
            project.store.users.add(name, "reviewer", PASSWORD, LEAD)
        address = stack.enter_context(serving(project))
        pages = []
        for name in ("ann", "bob"):
            watched = open_page(chromium, address, token="")
            stack.callback(watched.page.context.close)
            watched.page.get_by_label("Name").fill(name)
            watched.page.get_by_label("Password").fill(PASSWORD)
            watched.page.get_by_role("button", name="Sign in").click()
            watched.wait_card()
            pages.append(watched)
        yield project, pages[0], pages[1]


def test_two_people_are_given_different_items(two_people: tuple[Opened, Watched, Watched]) -> None:
    _, ann, bob = two_people
    assert ann.state()["itemKey"] != bob.state()["itemKey"]


def test_an_item_in_other_hands_is_not_opened_and_that_is_said(
    two_people: tuple[Opened, Watched, Watched],
) -> None:
    _, ann, bob = two_people
    mine = bob.state()["itemKey"]
    bob.page.evaluate("(item) => window.reviewCard.open(item, 'intent')", ann.state()["item"])
    bob.page.locator(".aa-banner").wait_for()
    assert "another person has this item" in bob.page.locator(".aa-banner").inner_text()
    assert bob.state()["itemKey"] == mine


def test_of_two_people_on_one_item_one_wins_and_the_other_is_told(two_people: tuple[Opened, Watched, Watched]) -> None:
    project, ann, bob = two_people
    key, item = ann.state()["itemKey"], ann.state()["item"]
    project.desk._leases._held.clear()  # ann went for a coffee and her hold ran out
    bob.page.evaluate("(item) => window.reviewCard.open(item, 'intent')", item)
    bob.wait_card(key)
    bob.press("3")
    bob.wait_saved()
    ann.press("a")
    ann.page.locator(".aa-banner").wait_for()
    words = ann.page.locator(".aa-banner").inner_text()
    assert key in words
    assert "another person" in words
    assert "not saved" in words
    assert decisions(project) == [(key, "choose", {"label": "delivery"})]
    assert ann.state()["itemKey"] != key


def test_the_outbox_of_one_person_is_not_sent_as_another(two_people: tuple[Opened, Watched, Watched]) -> None:
    project, ann, _ = two_people
    cut_off(ann)
    ann.press("a")
    ann.page.locator(".aa-saved.is-bad").wait_for()
    ann.page.context.clear_cookies()
    ann.page.goto(ann.address)
    ann.page.get_by_label("Name").fill("bob")
    ann.page.get_by_label("Password").fill(PASSWORD)
    ann.page.unroute("**/card/decide")
    ann.page.get_by_role("button", name="Sign in").click()
    ann.page.wait_for_function("window.reviewCard && window.reviewCard.state().ready")
    ann.page.wait_for_timeout(800)
    assert ann.state()["unsent"] == 0
    assert decisions(project) == []
