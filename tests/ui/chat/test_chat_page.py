"""The chat beside the card: what is said reaches the conversation with the card in hand, and the card follows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.ui.pages import Watched
from tests.ui.projects import INTENT, Opened, decisions, suggest

pytestmark = pytest.mark.browser

Opener = Callable[..., tuple[Opened, Watched]]
ITEMS = [{"text": f"Message {number}", "meta": {"channel": "email", "order": number}} for number in range(1, 7)]


def suggested(project: Opened) -> None:
    suggest(project, "intent", {one: {"label": "refund"} for one in range(1, len(ITEMS) + 1)})


@pytest.fixture
def chat(opened: Opener) -> tuple[Opened, Watched]:
    return opened(INTENT, ITEMS, suggested)


def say(watched: Watched, words: str, awaited: str) -> None:
    """Say something and wait for words of the answer."""
    box = watched.page.locator("#aa-chat-box textarea")
    box.fill(words)
    box.press("Enter")
    watched.page.locator("#aa-chat .bot", has_text=awaited).last.wait_for()


def tab(watched: Watched, name: str) -> None:
    watched.page.locator("#aa-tabs button[role=tab]", has_text=name).first.click()


def test_a_decision_in_words_is_about_the_card_in_hand_and_brings_the_next(chat: tuple[Opened, Watched]) -> None:
    project, watched = chat
    watched.press("a")
    watched.wait_card("M002")
    say(watched, "accept", "Accepted.")
    watched.wait_card("M003")
    assert [key for key, _, _ in decisions(project)] == ["M001", "M002"]
    watched.page.wait_for_function("window.reviewCard.state().left === 4")
    assert watched.errors == []


def test_an_undo_in_words_brings_the_item_back(chat: tuple[Opened, Watched]) -> None:
    project, watched = chat
    watched.press("a")
    watched.wait_card("M002")
    say(watched, "undo", "Undone")
    watched.wait_card("M001")
    assert decisions(project) == []


def test_a_tool_is_a_step_with_its_duration_and_its_result_is_shown(chat: tuple[Opened, Watched]) -> None:
    _, watched = chat
    say(watched, "how good?", "25.0 % of the items")
    page = watched.page
    page.locator("#aa-chat table", has_text="M001 <b>bold</b>").wait_for()
    assert page.locator("#aa-chat img[src^='data:image/svg+xml']").count() == 1
    assert "0.3s" in page.locator("#aa-chat").inner_text()


def test_the_items_of_an_answer_can_be_opened_beside_the_card(chat: tuple[Opened, Watched]) -> None:
    _, watched = chat
    say(watched, "how good?", "25.0 % of the items")
    line = watched.page.locator(".aa-found")
    line.get_by_role("button", name="Show").click()
    rows = watched.page.locator(".aa-item-row")
    rows.nth(2).wait_for()
    assert rows.count() == 3
    rows.nth(2).click()
    watched.wait_card("M003")
    say(watched, "say nothing of items", "nothing of items")
    line.wait_for(state="hidden")


@pytest.mark.parametrize(("words", "answer"), [("break", "went wrong inside"), ("trouble", "There is no such field.")])
def test_a_turn_that_breaks_off_ends_in_a_sentence(chat: tuple[Opened, Watched], words: str, answer: str) -> None:
    _, watched = chat
    say(watched, words, answer)
    text = watched.page.locator("#aa-chat").inner_text()
    assert "secret" not in text
    assert "Traceback" not in text
    say(watched, "say still here", "still here")


def test_a_quick_reply_is_said_when_it_is_pressed(chat: tuple[Opened, Watched]) -> None:
    _, watched = chat
    say(watched, "what now?", "What would you like?")
    watched.page.get_by_role("button", name="how good?").click()
    watched.page.locator("#aa-chat .bot", has_text="25.0 % of the items").last.wait_for()


def test_what_was_said_is_there_again_after_a_reload(chat: tuple[Opened, Watched]) -> None:
    _, watched = chat
    say(watched, "say something to remember", "something to remember")
    watched.page.reload()
    watched.page.locator("#aa-chat .bot", has_text="something to remember").wait_for()


def test_a_change_is_carried_out_only_when_the_button_is_pressed(chat: tuple[Opened, Watched]) -> None:
    project, watched = chat
    say(watched, "change the schema", "waits for your yes")
    panel = watched.page.locator(".aa-confirm")
    panel.get_by_text("Put the new schema in force.").wait_for()
    assert "intent" in panel.locator("table").inner_text()
    assert project.store.schema_version == 1
    watched.page.wait_for_timeout(600)
    panel.get_by_role("button", name="Change the schema").click()
    panel.get_by_text("Schema version 2 is in force.").wait_for()
    watched.page.locator(".aa-chip", has_text="Money back").wait_for()


def test_a_sentence_said_while_an_answer_runs_is_shown_and_answered(chat: tuple[Opened, Watched]) -> None:
    _, watched = chat
    box = watched.page.locator("#aa-chat-box textarea")
    for words in ("slowly", "say the second", "say the third"):
        box.fill(words)
        box.press("Enter")
    assert box.input_value() == ""
    watched.page.locator("#aa-chat .user", has_text="say the third").wait_for()
    box.type("half a sen")
    watched.page.locator("#aa-chat .bot", has_text="the third").wait_for()
    assert box.input_value() == "half a sen"
    told = watched.page.locator("#aa-chat").inner_text()
    assert told.index("slowly done") < told.index("the second") < told.index("the third")
    assert watched.errors == []


def test_a_sentence_that_is_too_long_stays_in_the_box(chat: tuple[Opened, Watched]) -> None:
    _, watched = chat
    box = watched.page.locator("#aa-chat-box textarea")
    box.fill("x" * 8_001)
    box.press("Enter")
    watched.page.get_by_text("Not sent: A sentence has at most 8,000 letters, this one has 8,001.").wait_for()
    assert box.input_value() == "x" * 8_001


def test_stop_ends_the_answer_in_hand(chat: tuple[Opened, Watched]) -> None:
    _, watched = chat
    box = watched.page.locator("#aa-chat-box textarea")
    box.fill("slowly")
    box.press("Enter")
    watched.page.get_by_role("button", name="Stop", exact=True).click()
    watched.page.locator("#aa-chat .bot", has_text="Stopped. No step was finished").wait_for()
    say(watched, "say still here", "still here")
    assert "slowly done" not in watched.page.locator("#aa-chat").inner_text()


def test_a_key_held_down_does_not_confirm(chat: tuple[Opened, Watched]) -> None:
    project, watched = chat
    box = watched.page.locator("#aa-chat-box textarea")
    box.fill("change the schema")
    watched.page.keyboard.down("Enter")
    watched.page.locator(".aa-confirm button.is-main").wait_for()
    watched.page.wait_for_timeout(700)
    watched.page.keyboard.down("Enter")
    watched.page.keyboard.down("Enter")
    watched.page.keyboard.up("Enter")
    watched.page.wait_for_timeout(300)
    assert project.store.schema_version == 1
    assert len(project.executor.pending()) == 1


def test_a_dismissed_change_leaves_the_panel_and_changes_nothing(chat: tuple[Opened, Watched]) -> None:
    project, watched = chat
    say(watched, "change the schema", "waits for your yes")
    watched.page.locator(".aa-confirm").get_by_role("button", name="Dismiss").click()
    watched.page.locator(".aa-confirm").wait_for(state="hidden")
    assert project.store.schema_version == 1
    assert project.executor.pending() == []


def test_the_quality_tab_shows_a_measure_with_interval_and_receipt(chat: tuple[Opened, Watched]) -> None:
    _, watched = chat
    tab(watched, "Quality")
    watched.page.get_by_role("button", name="Show", exact=True).click()
    result = watched.page.locator(".aa-result")
    result.wait_for()
    result.locator("img").wait_for()
    result.locator("summary").first.click()
    words = result.inner_text()
    assert "25.0 %" in words
    assert "10.0 % – 40.0 %" in words


def test_a_dropped_file_is_shown_before_it_is_imported(chat: tuple[Opened, Watched]) -> None:
    project, watched = chat
    tab(watched, "Data")
    chosen: Any = {"name": "more <b>.csv", "mimeType": "text/csv", "buffer": b"a\nb\nc\n"}
    watched.page.locator(".aa-file").set_input_files(chosen)
    watched.page.get_by_text("3 rows can be read.").wait_for()
    panel = watched.page.locator(".aa-confirm")
    panel.get_by_text("Import 3 items").wait_for()
    assert len(project.executor.pending()) == 1
    watched.page.get_by_role("button", name="Look again").click()
    watched.page.wait_for_timeout(500)
    assert len(project.executor.pending()) == 1
    panel.get_by_role("button", name="Import").click()
    panel.get_by_text("Imported.").wait_for()


def test_an_export_can_be_downloaded_after_a_yes(chat: tuple[Opened, Watched]) -> None:
    _, watched = chat
    tab(watched, "Data")
    watched.page.get_by_role("button", name="Export…").click()
    watched.page.locator(".aa-confirm").get_by_role("button", name="Export").click()
    link = watched.page.locator(".aa-exports a")
    link.wait_for()
    with watched.page.expect_download() as download:
        link.click()
    assert download.value.suggested_filename.endswith(".csv")


def test_a_mistake_in_the_schema_is_named_with_its_line(chat: tuple[Opened, Watched]) -> None:
    _, watched = chat
    tab(watched, "Data")
    area = watched.page.get_by_label("Schema as YAML")
    area.fill("name: x\nfields:\n  - id: a\n    kind: nonsense\n")
    watched.page.get_by_role("button", name="Check").click()
    watched.page.locator("[data-part=schema] .aa-note-line").wait_for()
    assert "line 4" in watched.page.locator("[data-part=schema] .aa-note-line").inner_text()
    assert area.evaluate("node => node.value.slice(node.selectionStart, node.selectionEnd)") == "    kind: nonsense"


def test_a_column_that_was_switched_off_is_not_on_the_card(chat: tuple[Opened, Watched]) -> None:
    _, watched = chat
    assert "channel" in watched.page.locator(".aa-meta").inner_text()
    tab(watched, "Data")
    watched.page.get_by_role("checkbox", name="channel").click()
    tab(watched, "Review")
    words = watched.page.locator(".aa-meta").inner_text()
    assert "channel" not in words
    assert "order" in words
    watched.page.reload()
    watched.wait_card("M001")
    assert "channel" not in watched.page.locator(".aa-meta").inner_text()


def test_the_runs_tab_lists_a_job_and_undoes_a_run(chat: tuple[Opened, Watched]) -> None:
    project, watched = chat
    tab(watched, "Runs")
    watched.page.get_by_role("button", name="Undo", exact=True).first.click()
    watched.page.locator("td", has_text="undone").wait_for()
    undone = project.store.database.rows("SELECT target FROM undone")
    assert undone == [("run",)]


def test_on_a_narrow_screen_nothing_is_wider_than_the_screen(chat: tuple[Opened, Watched]) -> None:
    _, watched = chat
    watched.page.set_viewport_size({"width": 400, "height": 800})
    watched.page.wait_for_timeout(300)
    assert watched.page.evaluate("document.documentElement.scrollWidth") <= 400
    chip = watched.page.locator(".aa-chip", has_text="Delivery")
    chip.click()
    watched.wait_card("M002")


def test_the_theme_is_kept(chat: tuple[Opened, Watched]) -> None:
    _, watched = chat
    before = watched.page.evaluate("document.body.classList.contains('dark')")
    watched.page.get_by_role("button", name="Light or dark").click()
    watched.page.reload()
    watched.wait_card()
    assert watched.page.evaluate("document.body.classList.contains('dark')") is not before
