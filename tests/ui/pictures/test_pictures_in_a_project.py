"""Photographs of a real project in the page: what is decided with keys and mouse is what the store holds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from assistant.executor import Executor
from tests.ui.pages import Watched
from tests.ui.pictures.picture_page import Stage, preview_shown
from tests.ui.pictures.pictures import PERSON, PHOTOS, ROCKET, photo, schema
from tests.ui.projects import Opened, decisions, suggest
from tools.geometry.masks import decode
from tools.segment.tool import segment

pytestmark = pytest.mark.browser

Opener = Callable[..., tuple[Opened, Watched]]
ITEMS = [{"image": PHOTOS / name, "key": name} for name in ("astronaut.png", "coffee.png", "chelsea.png")]
CHOICE = """
name: Scenes
item: image
fields:
  - {id: scene, name: Scene, kind: choice, labels: [Person, Cup, Cat]}
"""


def proposed(project: Opened) -> None:
    suggest(project, "objects", {1: {"boxes": [PERSON, ROCKET]}})


def with_segmenter(project: Opened) -> None:
    """The real tool in place of the scripted ones."""
    project.executor = Executor(project.store, (segment,))


def ready(watched: Watched, width: int, height: int) -> Stage:
    watched.page.wait_for_function("document.querySelector('.aa-stage-state')?.hidden")
    return Stage(watched, width, height)


def test_photographs_are_accepted_relabelled_and_resized_with_keys_and_mouse(opened: Opener) -> None:
    project, watched = opened(schema("boxes"), ITEMS, proposed)
    stage = ready(watched, 512, 512)
    watched.press("a", "a", "3", "Escape")
    stage.click(400, 200)
    stage.drag((470, 330), (480, 345))
    watched.press("Enter", "n")
    watched.wait_saved()
    key, verdict, value = decisions(project)[-1]
    assert (key, verdict) == ("astronaut.png", "edit")
    first, second = value["boxes"]
    assert (first["label"], first["box"]) == ("person", PERSON["box"])
    assert second["label"] == "flag"
    assert second["box"] == pytest.approx([355, 60, 480, 345], abs=2)
    rows = project.store.database.rows("SELECT regions FROM reviews")
    assert json.loads(rows[0][0]) == {"a": "accept", "b": "edit"}


def test_a_decision_about_a_photograph_is_undone_and_can_be_changed(opened: Opener) -> None:
    project, watched = opened(schema("boxes"), ITEMS, proposed)
    ready(watched, 512, 512)
    watched.press("Enter", "a", "n")
    watched.wait_card("coffee.png")
    watched.wait_saved()
    watched.press("z")
    watched.wait_card("astronaut.png")
    assert watched.page.locator(".aa-region").count() == 2
    assert decisions(project) == []
    watched.press("Tab", "x", "Enter", "n")
    watched.wait_saved()
    assert [one["id"] for one in decisions(project)[-1][2]["boxes"]] == ["b"]


def test_a_click_segments_a_photograph_and_the_clicks_are_kept(opened: Opener) -> None:
    project, watched = opened(schema("masks"), ITEMS[1:2], with_segmenter)
    stage = ready(watched, 600, 400)
    watched.press("m")
    stage.click(300, 130)
    preview_shown(stage)
    stage.click(560, 350, button="right")
    preview_shown(stage)
    watched.press("Enter", "2", "Enter", "n")
    watched.wait_saved()
    region = decisions(project)[-1][2]["masks"][0]
    mask = decode(region["counts"], (400, 600))
    assert mask[130, 300]
    assert not mask[350, 560]
    assert [click[2] for click in region["prompts"]["clicks"]] == [1, 0]
    assert region["prompts"]["backend"] == "builtin:grabcut"
    assert watched.errors == []


def test_polygons_masks_and_key_points_pass_the_checks_of_the_store(opened: Opener) -> None:
    for kind in ("polygons", "masks", "keypoints"):
        project, watched = opened(schema(kind), ITEMS[:1])
        ready(watched, 512, 512)
        watched.press("w", "2", "ArrowRight", "Enter", "n")
        watched.wait_saved()
        assert [verdict for _, verdict, _ in decisions(project)] == ["choose"], kind
        assert len(decisions(project)[0][2][kind]) == 1


def test_a_picture_that_the_camera_turned_is_upright_and_so_are_its_places(opened: Opener, tmp_path: Path) -> None:
    place = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # the stored picture is to be turned a quarter clockwise
    photo("coffee.png").save(place, exif=exif)
    project, watched = opened(schema("boxes"), [{"image": place}])
    stage = ready(watched, 400, 600)
    watched.press("1")
    stage.drag((300, 450), (390, 590))
    watched.press("Enter", "n")
    watched.wait_saved()
    assert decisions(project)[0][2]["boxes"][0]["box"] == pytest.approx([300, 450, 390, 590], abs=1.5)


def test_a_choice_about_a_picture_shows_it_and_takes_one_key(opened: Opener) -> None:
    project, watched = opened(CHOICE, ITEMS)
    stage = ready(watched, 512, 512)
    watched.page.mouse.move(*stage.at(200, 200))
    watched.page.mouse.wheel(0, -400)
    watched.press("1")
    watched.wait_card("coffee.png")
    watched.press("2", "3")
    watched.wait_saved()
    watched.page.wait_for_function("window.reviewCard.state().finished")
    assert [value for _, _, value in decisions(project)] == [{"label": "person"}, {"label": "cup"}, {"label": "cat"}]
    assert watched.errors == []


def test_a_drawing_that_could_not_be_sent_survives_a_reload(opened: Opener) -> None:
    project, watched = opened(schema("boxes"), ITEMS)
    stage = ready(watched, 512, 512)
    watched.page.route("**/card/decide", lambda route: route.abort())
    watched.press("1")
    stage.drag((100, 100), (200, 200))
    watched.press("Enter", "n")
    watched.wait_card("coffee.png")
    watched.page.locator(".aa-saved.is-bad").wait_for()
    watched.page.unroute("**/card/decide")
    watched.page.reload()
    watched.wait_card()
    watched.wait_saved()
    assert decisions(project)[0][2]["boxes"][0]["box"] == pytest.approx([100, 100, 200, 200], abs=1.5)
