"""Work that is not saved: it survives whatever takes the card away, and goes back and on again step by step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.ui.pages import Watched
from tests.ui.pictures.picture_page import PictureServer, Stage, saved
from tests.ui.pictures.pictures import PERSON, PHOTOS, schema
from tests.ui.projects import EVERY_KIND, SPANS, Opened, decisions, suggest
from tests.ui.test_span_editor import PAIR, drag
from tools.geometry.masks import decode

pytestmark = pytest.mark.browser

Opener = Callable[..., tuple[PictureServer, Stage]]
Project = Callable[..., tuple[Opened, Watched]]
PICTURES = [{"image": PHOTOS / name, "key": name} for name in ("astronaut.png", "coffee.png")]
NOTES = EVERY_KIND.replace("name: All kinds\nitem: pair", "name: Notes")


def reloaded(watched: Watched, key: str | None = None) -> None:
    watched.page.reload()
    watched.wait_card(key)


def ready(watched: Watched) -> Stage:
    watched.page.wait_for_function("document.querySelector('.aa-stage-state')?.hidden")
    return Stage(watched, 512, 512)


def kept(watched: Watched) -> int:
    """How many drafts lie in the browser."""
    count = "Object.keys(localStorage).filter((name) => name.startsWith('aa.draft')).length"
    return int(watched.page.evaluate(count))


def line(watched: Watched) -> str:
    return str(watched.page.locator(".aa-kept").inner_text())


def test_a_drawing_survives_a_reload_is_discarded_and_had_again_and_leaves_with_its_answer(opened: Project) -> None:
    project, watched = opened(schema("boxes"), PICTURES)
    stage = ready(watched)
    watched.press("1")
    stage.drag((100, 100), (200, 200))
    stage.drag((300, 100), (400, 200))
    reloaded(watched, "astronaut.png")
    rows = watched.page.locator(".aa-region[data-region]")
    assert rows.count() == 2
    assert "Your unfinished drawing is back" in line(watched)
    watched.page.get_by_role("button", name="Discard").click()
    assert rows.count() == 0
    watched.page.locator(".aa-kept").get_by_role("button", name="Undo").click()
    assert rows.count() == 2
    watched.press("Enter", "n")
    watched.wait_card("coffee.png")
    watched.wait_saved()
    drawn = [one["box"] for one in decisions(project)[0][2]["boxes"]]
    assert np.array(drawn) == pytest.approx(np.array([[100, 100, 200, 200], [300, 100, 400, 200]]), abs=1.5)
    assert kept(watched) == 0
    assert watched.errors == []


def test_an_outline_that_is_not_closed_survives_a_reload_and_its_corners_are_steps(pictures: Opener) -> None:
    server, stage = pictures("polygons", photos=("chelsea.png",))
    press, watched = stage.watched.press, stage.watched
    for point in [(100, 50), (300, 40), (330, 200), (120, 220)]:
        stage.click(*point)
    press("Escape", "z", "Control+y", "Control+Shift+z", "Escape")
    reloaded(watched)
    watched.page.wait_for_function("document.querySelector('.aa-stage-state')?.hidden")
    assert "unfinished drawing is back" in line(watched)
    stage.click(90, 130)
    press("Enter", "1", "Enter", "n")
    [region] = saved(server, stage)["value"]["polygons"]
    corners = [[100, 50], [300, 40], [330, 200], [90, 130]]
    assert np.array(region["parts"][0][0]) == pytest.approx(np.array(corners), abs=1.5)


def test_each_stroke_of_a_mask_without_a_label_is_a_step(pictures: Opener) -> None:
    server, stage = pictures("masks")
    stage.drag((200, 200), (300, 200))
    stage.drag((200, 300), (300, 300))
    stage.watched.press("Control+z", "Control+z", "Control+y", "1", "Enter", "n")
    first = decode(saved(server, stage)["value"]["masks"][0]["counts"], (512, 512))
    assert (bool(first[200, 250]), bool(first[300, 250])) == (True, False)


def test_escape_takes_back_one_step_and_never_all_that_came_back(pictures: Opener) -> None:
    server, stage = pictures("masks")
    stage.drag((200, 200), (300, 200))
    reloaded(stage.watched)
    stage.watched.page.wait_for_function("document.querySelector('.aa-stage-state')?.hidden")
    stage.watched.press("Escape", "Escape")
    assert "came back unfinished" in stage.watched.status()
    stage.drag((200, 300), (300, 300))
    stage.watched.press("Escape", "1", "Enter", "n")
    first = decode(saved(server, stage)["value"]["masks"][0]["counts"], (512, 512))
    assert (bool(first[200, 250]), bool(first[300, 250])) == (True, False)


def test_one_undo_too_many_stays_on_the_card_and_says_what_the_next_one_does(opened: Project) -> None:
    project, watched = opened(SPANS, [{"text": "the lamp from Berlin"}, {"text": "a chair from Köln"}])
    drag(watched, "lamp")
    watched.press("1", "Enter")
    watched.wait_saved()
    watched.page.get_by_role("tab", name="Entities").click()
    watched.wait_card("M002")
    drag(watched, "chair")
    watched.press("1", "z", "z")
    assert "Once more undoes your last decision" in watched.status()
    assert [key for key, _, _ in decisions(project)] == ["M001"]
    watched.press("Shift+Z", "Shift+Z")
    assert "nothing to redo on this card" in watched.status()
    assert watched.page.locator(".aa-region").count() == 1
    watched.press("z", "z", "z")
    watched.wait_card("M001")


def test_marks_survive_another_question_and_a_key_that_takes_back_is_for_them_first(opened: Project) -> None:
    project, watched = opened(SPANS, [{"text": "the lamp from Berlin"}, {"text": "a chair from Köln"}])
    drag(watched, "lamp")
    watched.press("1", "Enter")
    watched.wait_saved()
    watched.page.get_by_role("tab", name="Entities").click()
    watched.wait_card("M002")
    drag(watched, "chair")
    watched.press("1")
    drag(watched, "Köln")
    watched.press("2", "z")
    assert watched.page.locator(".aa-region").count() == 1
    watched.press("Shift+Z")
    watched.page.get_by_role("tab", name="Links").click()
    watched.page.wait_for_function("window.reviewCard.state().field !== 'entities'")
    watched.page.get_by_role("tab", name="Entities").click()
    watched.page.wait_for_function("window.reviewCard.state().field === 'entities'")
    watched.wait_card("M002")
    assert watched.page.locator(".aa-region").count() == 2
    assert "Your unfinished marking is back" in line(watched)
    assert [key for key, _, _ in decisions(project)] == ["M001"]
    watched.press("Enter")
    watched.wait_saved()
    assert [span["label"] for span in decisions(project)[-1][2]["spans"]] == ["product", "place"]


def test_a_text_and_a_comment_that_were_begun_are_there_after_a_reload(opened: Project) -> None:
    _, watched = opened(EVERY_KIND, PAIR)
    watched.press("1", "c")
    watched.page.keyboard.type("odd pair")
    reloaded(watched)
    assert "Your unfinished choice is back" in line(watched)
    assert watched.page.locator(".aa-chip.is-chosen").count() == 1
    watched.press("c")
    assert watched.page.locator(".aa-note").input_value() == "odd pair"
    watched.press("Escape", "z")
    assert watched.page.locator(".aa-chip.is-chosen").count() == 0


def test_undo_brings_a_drawing_back_as_it_was_and_redo_puts_the_decision_back(opened: Project) -> None:
    project, watched = opened(
        schema("boxes"), PICTURES, lambda made: suggest(made, "objects", {1: {"boxes": [PERSON]}})
    )
    stage = ready(watched)
    watched.press("2", "b")
    stage.drag((355, 60), (470, 330))
    watched.press("Enter", "a", "n")
    watched.wait_card("coffee.png")
    watched.wait_saved()
    before = decisions(project)
    verdicts = project.store.reviews.get(1).regions
    watched.press("Escape", "z")
    watched.wait_card("astronaut.png")
    assert decisions(project) == []
    assert "open again as it was and not saved" in line(watched)
    assert watched.page.locator(".aa-region[data-region]").count() == 2
    watched.press("Control+y")
    watched.wait_card("coffee.png")
    assert decisions(project) == before
    watched.press("z")
    watched.wait_card("astronaut.png")
    watched.press("Enter", "n")
    watched.wait_card("coffee.png")
    watched.wait_saved()
    assert decisions(project) == before
    assert project.store.reviews.get(2).regions == verdicts == {"a": "accept", "n1": "choose"}


def test_an_undone_text_is_open_again_and_so_is_it_after_a_reload(opened: Project) -> None:
    project, watched = opened(NOTES, [{"text": "one"}])
    watched.page.get_by_role("tab", name="Note").click()
    watched.page.wait_for_function("window.reviewCard.state().field === 'note'")
    watched.page.locator("textarea.aa-area").fill("because")
    watched.press("Control+Enter")
    watched.wait_saved()
    watched.press("Escape", "z")
    watched.page.wait_for_function("window.reviewCard.state().field === 'note'")
    reloaded(watched)
    assert watched.page.locator("textarea.aa-area").input_value() == "because"
    assert decisions(project) == []


def test_spans_of_ones_own_do_not_take_suggested_ones_with_them(opened: Project) -> None:
    lamp: dict[str, Any] = {"id": "s1", "start": 4, "end": 8, "label": "place"}
    project, watched = opened(
        SPANS, [{"text": "the lamp from Berlin"}], lambda made: suggest(made, "entities", {1: {"spans": [lamp]}})
    )
    drag(watched, "Berlin")
    watched.press("2", "Escape", "Enter")
    assert watched.status().startswith("1 suggested span is not decided yet.")
    assert decisions(project) == []
    watched.press("x")
    watched.wait_saved()
    rows = project.store.database.rows("SELECT verdict, regions FROM reviews")
    assert rows == [("edit", '{"n1":"choose","s1":"reject"}')]
