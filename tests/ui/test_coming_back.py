"""Restarts, other projects at the same address, two tabs: a decision arrives once, where it belongs, or is said."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.ui.pages import Watched, open_page, serving
from tests.ui.projects import INTENT, LEAD, Opened, decisions, reopen_project, suggest

pytestmark = pytest.mark.browser
PASSWORD = "a long password"
MESSAGES = [{"text": f"Message {number}"} for number in range(1, 9)]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as held:
        yield held


def ready(made: Callable[..., Opened], **about: Any) -> Opened:
    project = made(INTENT, MESSAGES, **about)
    suggest(project, "intent", {one: {"label": "refund"} for one in range(1, 9)})
    return project


def port_of(address: str) -> int:
    return int(address.rsplit(":", 1)[1])


def opened_page(stack: ExitStack, chromium: Any, address: str, **about: Any) -> Watched:
    watched = open_page(chromium, address, **about)
    stack.callback(watched.page.context.close)
    return watched


def decide_while_cut_off(watched: Watched, *keys: str) -> None:
    watched.page.route("**/card/decide", lambda route: route.abort())
    for key in keys:
        before = watched.state()["exposure"]
        watched.press(key)
        watched.page.wait_for_function(f"window.reviewCard.state().exposure !== {before}")
    watched.page.locator(".aa-saved.is-bad").wait_for()


def reconnect(watched: Watched) -> None:
    watched.page.unroute("**/card/decide")


def test_after_a_restart_the_waiting_page_sends_what_waited_and_goes_on(
    made: Callable[..., Opened], chromium: Any, stack: ExitStack
) -> None:
    project = ready(made)
    with serving(project) as address:
        watched = opened_page(stack, chromium, address)
        watched.wait_card("M001")
        watched.press("Escape")
        decide_while_cut_off(watched, "a", "3")
    with serving(project, port=port_of(address), token="a-fresh-token"):
        reconnect(watched)
        watched.wait_saved()
        assert decisions(project) == [
            ("M001", "accept", {"label": "refund"}),
            ("M002", "choose", {"label": "delivery"}),
        ]
        watched.press("a")
        watched.wait_card("M004")
        watched.wait_saved()
        assert not watched.page.locator(".aa-come-back").is_visible()


def test_another_project_at_the_same_address_gets_nothing_and_the_page_says_so(
    made: Callable[..., Opened], chromium: Any, stack: ExitStack
) -> None:
    one, other = ready(made, name="Same"), ready(made, name="Same")
    with serving(one) as address:
        watched = opened_page(stack, chromium, address)
        watched.wait_card("M001")
        watched.press("Escape")
        decide_while_cut_off(watched, "a", "3")
    with serving(other, port=port_of(address)):
        reconnect(watched)
        dialog = watched.page.locator(".aa-come-back")
        dialog.get_by_text("printed last").wait_for()
        dialog.get_by_label("Printed address").fill(f"{address}/?token=a-token-for-tests")
        dialog.get_by_role("button", name="Sign in").click()
        dialog.get_by_text("Another project is served at this address now").wait_for()
        assert "2 decisions are kept in this browser" in dialog.inner_text()
        dialog.get_by_role("button", name="Go to Same").click()
        watched.wait_card("M001")
        assert watched.state()["unsent"] == 0
        assert decisions(other) == []
    with serving(one, port=port_of(address)):
        again = open_page_in(watched, address)
        again.wait_saved()
        assert [key for key, _, _ in decisions(one)] == ["M001", "M002"]


def open_page_in(watched: Watched, address: str) -> Watched:
    """The page anew in the same browser."""
    watched.page.goto(f"{address}/?token=a-token-for-tests")
    watched.wait_card()
    return watched


def test_what_a_restored_project_does_not_know_is_kept_for_its_maker_to_do_again(
    made: Callable[..., Opened], chromium: Any, stack: ExitStack, tmp_path: Path
) -> None:
    project = ready(made)
    project.store.users.add("ann", "reviewer", PASSWORD, LEAD)
    project.store.backup(tmp_path / "backup")
    with serving(project) as address:
        watched = opened_page(stack, chromium, address, token="")
        sign_in(watched)
        watched.wait_card("M001")
        watched.press("Escape")
        decide_while_cut_off(watched, "3")
    project.close()
    shutil.rmtree(project.path)
    shutil.copytree(tmp_path / "backup", project.path)
    restored = reopen_project(project.path)
    stack.callback(restored.close)
    # The number of ann's card goes to another item before she is back.
    from tools.records import Actor

    restored.desk.open_card(Actor("ann", "reviewer", "key", "s"), 5, "intent")
    with serving(restored, port=port_of(address)):
        reconnect(watched)
        dialog = watched.page.locator(".aa-come-back")
        assert dialog.get_by_label("Name").input_value() == "ann"
        dialog.get_by_label("Password").fill("a wrong password")
        dialog.get_by_role("button", name="Sign in").click()
        dialog.get_by_text("Wrong name or password").wait_for()
        dialog.get_by_label("Password").fill(PASSWORD)
        dialog.get_by_role("button", name="Sign in").click()
        banner = watched.page.locator(".aa-banner")
        banner.get_by_text("was not saved").wait_for()
        assert "M001: This card is not known here" in banner.inner_text()
        assert "chose Delivery" in banner.inner_text()
        assert decisions(restored) == []
        assert watched.page.locator(".aa-aside-mark").inner_text() == "1 not saved: look"
        banner.get_by_role("button", name="Open it again").click()
        watched.wait_card("M001")
        watched.press("3")
        watched.wait_saved()
        assert decisions(restored) == [("M001", "choose", {"label": "delivery"})]
        assert not watched.page.locator(".aa-aside-mark").is_visible()


def sign_in(watched: Watched) -> None:
    watched.page.get_by_label("Name").fill("ann")
    watched.page.get_by_label("Password").fill(PASSWORD)
    watched.page.get_by_role("button", name="Sign in").click()


def test_two_tabs_have_different_items_share_what_waits_and_lose_nothing(
    made: Callable[..., Opened], chromium: Any, stack: ExitStack
) -> None:
    project = ready(made)
    address = stack.enter_context(serving(project))
    first = opened_page(stack, chromium, address)
    first.wait_card("M001")
    second = Watched(first.page.context.new_page(), address)
    second.page.goto(address)
    second.wait_card()
    second.page.route("**/card/decide", lambda route: route.abort())
    assert second.state()["itemKey"] not in {f"M{number:03}" for number in range(1, 6)}
    first.page.bring_to_front()
    first.press("Escape")
    decide_while_cut_off(first, "a")
    second.page.wait_for_function("window.reviewCard.state().unsent === 1")
    reconnect(second)
    first.page.close()
    second.page.bring_to_front()
    second.wait_saved()
    assert decisions(project) == [("M001", "accept", {"label": "refund"})]
