"""Texts that try to become part of the page stay texts, wherever they come from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.ui.pages import Watched
from tests.ui.projects import LEAD, Opened, suggest

pytestmark = pytest.mark.browser

MARK = "document.body.setAttribute('data-owned','1')"
PAYLOADS = (
    f"<img src=x onerror=\"{MARK}\">",
    f"<script>{MARK}</script>",
    f"${{{MARK}}}",
    f"{{{{constructor.constructor(\"{MARK}\")()}}}}",
    f"[click](javascript:{MARK})",
    f"<svg/onload={MARK}>",
    f"`${{{MARK}}}` </textarea><iframe srcdoc=\"<script>parent.{MARK}</script>\">",
    f"![x](x\" onerror=\"{MARK})",
)  # fmt: skip
EVERYTHING = " ".join(PAYLOADS)

SCHEMA = f"""
name: Hostile
guideline: {EVERYTHING!r}
fields:
  - id: intent
    name: {PAYLOADS[0]!r}
    kind: choice
    question: {PAYLOADS[1]!r}
    guideline: {EVERYTHING!r}
    labels:
      - {{id: one, name: {PAYLOADS[0]!r}, description: {EVERYTHING!r}, group: {PAYLOADS[5]!r}}}
      - {{id: two, name: {PAYLOADS[2]!r}}}
""".replace("\\'", "''")


def hostile(project: Opened) -> None:
    suggest(
        project, "intent", {1: {"label": "one"}, 2: {"label": "two"}}, reason=EVERYTHING, alternatives=(("two", 0.1),)
    )


def is_owned(watched: Watched) -> bool:
    return bool(watched.page.evaluate("document.body.hasAttribute('data-owned')"))


@pytest.fixture
def page_of_payloads(opened: Callable[..., tuple[Opened, Watched]]) -> tuple[Opened, Watched]:
    item = {"key": PAYLOADS[0], "text": EVERYTHING, "meta": {PAYLOADS[0]: EVERYTHING, "b": PAYLOADS[2]}}
    schema = SCHEMA
    name = f"{PAYLOADS[0]}</title></script>{PAYLOADS[1]}"
    return opened(schema, [item, {**item, "key": PAYLOADS[2]}], hostile, name=name)


def test_no_text_of_an_item_or_a_schema_becomes_part_of_the_page(page_of_payloads: tuple[Opened, Watched]) -> None:
    _, watched = page_of_payloads
    page = watched.page
    assert page.locator(".aa-run").inner_text() == EVERYTHING
    for key in ("g", "Escape", "?", "Escape"):
        watched.press(key)
    watched.press("c")
    page.keyboard.type(EVERYTHING)
    watched.press("Enter", "a")
    page.wait_for_function("window.reviewCard.state().item === 2")
    watched.wait_saved()
    watched.press("y")
    page.locator(".aa-item-row").first.wait_for()
    page.wait_for_timeout(300)
    assert not is_owned(watched)
    assert page.locator("img[src=x], iframe, .aa-card script").count() == 0
    assert watched.errors == []
    assert watched.hosts == {watched.address.removeprefix("http://")}


@pytest.mark.parametrize("payload", PAYLOADS)
def test_what_is_said_in_the_chat_is_shown_as_it_was_said(
    page_of_payloads: tuple[Opened, Watched], payload: str
) -> None:
    _, watched = page_of_payloads
    box = watched.page.locator("#aa-chat-box textarea")
    box.fill(f"say {payload}")
    box.press("Enter")
    watched.page.wait_for_function("document.querySelectorAll('#aa-chat .bot').length >= 2")
    watched.page.wait_for_timeout(300)
    answer = watched.page.locator("#aa-chat .bot").last.inner_text()
    assert " ".join(answer.split()) == " ".join(payload.split())
    assert not is_owned(watched)
    assert watched.page.locator("#aa-chat a, #aa-chat img[src=x], #aa-chat iframe").count() == 0


def test_a_hostile_quick_reply_and_a_hostile_preview_stay_text(page_of_payloads: tuple[Opened, Watched]) -> None:
    project, watched = page_of_payloads
    yaml = "name: x\nfields:\n  - {id: a, kind: text, name: '<img src=x onerror=alert(1)>'}\n"
    outcome = project.executor.call("change_schema", {"schema_yaml": yaml}, LEAD)
    assert outcome.action_id is not None
    box = watched.page.locator("#aa-chat-box textarea")
    box.fill("what now?")
    box.press("Enter")
    option = watched.page.get_by_role("button", name="say <b>no</b>")
    option.wait_for()
    watched.page.locator(".aa-confirm").wait_for()
    assert not is_owned(watched)
    assert watched.errors == []


def test_a_script_in_the_name_of_a_column_is_a_name_on_the_data_tab(page_of_payloads: tuple[Opened, Watched]) -> None:
    _, watched = page_of_payloads
    watched.page.locator("#aa-tabs button[role=tab]", has_text="Data").first.click()
    watched.page.get_by_role("checkbox", name=PAYLOADS[0]).wait_for()
    watched.page.wait_for_timeout(300)
    assert not is_owned(watched)
    errors: list[Any] = watched.errors
    assert errors == []
