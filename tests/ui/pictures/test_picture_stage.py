"""The stage of a picture: zoom, fingers, loading, sharp crops, and words that are never markup."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.ui.pictures.picture_page import PictureServer, Stage, open_pictures, saved, until
from tests.ui.pictures.pictures import PERSON, photo, schema

pytestmark = pytest.mark.browser

Opener = Callable[..., tuple[PictureServer, Stage]]
PIXEL = 1.2
"""What a mouse can be off, in pixels of the picture: the picture is shown at about two thirds."""


def boxes(server: PictureServer, stage: Stage) -> list[Any]:
    return [one["box"] for one in saved(server, stage)["value"]["boxes"]]


def test_places_are_the_same_when_zoomed_and_moved(pictures: Opener) -> None:
    server, stage = pictures("boxes", photos=("coffee.png",))
    page = stage.watched.page
    page.mouse.move(*stage.at(300, 200))
    before = stage.at(300, 200)
    for _ in range(4):
        page.mouse.wheel(0, -240)
    page.wait_for_function("parseInt(document.querySelector('.aa-zoom-words').textContent) > 200")
    scale = page.locator(".aa-zoom-words").inner_text()
    zoom = int(scale.split()[0]) / 100
    page.mouse.move(*before)
    page.mouse.down(button="middle")
    page.mouse.move(before[0] + 40, before[1] + 20, steps=3)
    page.mouse.up(button="middle")
    page.mouse.move(before[0] + 40, before[1] + 20)
    page.mouse.down()
    page.mouse.move(before[0] + 40 + 60 * zoom, before[1] + 20 + 30 * zoom, steps=3)
    page.mouse.up()
    stage.watched.press("1", "0", "Enter", "n")
    assert boxes(server, stage)[0] == pytest.approx([300, 200, 360, 230], abs=1)


def test_two_fingers_zoom_and_one_draws(pictures: Opener) -> None:
    server, stage = pictures("boxes", has_touch=True)
    page = stage.watched.page
    touch = page.context.new_cdp_session(page)

    def fingers(kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    fingers("touchStart", stage.at(100, 100))
    fingers("touchMove", stage.at(150, 160))
    fingers("touchMove", stage.at(200, 200))
    fingers("touchEnd")
    stage.watched.press("1")
    x, y = stage.at(256, 256)
    fingers("touchStart", (x - 40, y))
    fingers("touchStart", (x - 40, y), (x + 40, y))
    fingers("touchMove", (x - 120, y), (x + 120, y))
    fingers("touchEnd")
    zoom = int(page.locator(".aa-zoom-words").inner_text().split()[0])
    assert zoom > 150
    assert page.locator(".aa-region").count() == 1
    stage.watched.press("Enter", "n")
    assert boxes(server, stage)[0] == pytest.approx([100, 100, 200, 200], abs=PIXEL)


def test_a_picture_that_cannot_be_loaded_says_so_and_is_tried_again(pictures: Opener, chromium: Any) -> None:
    server = PictureServer(schema("boxes"), {"coffee.png": photo("coffee.png")})
    page = chromium.new_context(viewport={"width": 800, "height": 800}).new_page()
    page.route("**/*", server.answer)
    page.route("**/media/**", lambda route: route.abort())
    page.goto("http://127.0.0.1:9/")
    state = page.locator(".aa-stage-state")
    state.get_by_text("could not be loaded").wait_for()
    page.unroute("**/media/**")
    state.get_by_role("button", name="Try again").click()
    page.wait_for_function("document.querySelector('.aa-stage-state').hidden")
    page.context.close()


def test_pictures_of_the_next_cards_are_there_before_they_are_shown(pictures: Opener) -> None:
    server, stage = pictures("masks", photos=("astronaut.png", "coffee.png", "chelsea.png"), radius=40)
    until(stage, lambda: {"/media/2/display", "/media/3/display"} <= {path for path, _ in server.asked})
    until(stage, lambda: ("/card/segment/encode", {"exposure": 20}) in server.asked)
    stage.watched.press("Enter", "Enter")
    stage.watched.wait_card("coffee.png")
    assert stage.watched.page.locator(".aa-stage-state").is_hidden()
    assert [path for path, _ in server.asked].count("/media/2/display") == 1


def test_a_large_picture_is_sharp_where_one_looks_closely(pictures: Opener, chromium: Any) -> None:
    large = photo("coffee.png").resize((4800, 3200))
    server = PictureServer(schema("boxes"), {"large.png": large})
    watched = open_pictures(chromium, server)
    stage = Stage(watched, 4800, 3200)
    watched.page.mouse.move(*stage.at(1200, 800))
    with watched.page.expect_request("**/media/1/tile?**"):
        for _ in range(6):
            watched.page.mouse.wheel(0, -300)
    until(stage, lambda: any(path.endswith("tile") for path, _ in server.asked))
    tile = next(query for path, query in reversed(server.asked) if path.endswith("tile"))
    assert tile["x"] <= 1200 <= tile["x"] + tile["w"]
    assert tile["y"] <= 800 <= tile["y"] + tile["h"]
    watched.page.context.close()


def test_a_hostile_name_of_label_or_attribute_is_text(pictures: Opener) -> None:
    more = "attributes: [{id: cut, name: '<img src=x onerror=alert(1)>'}]"
    _, stage = pictures("boxes", PERSON, more=more, radius=40)
    stage.watched.press("Tab")
    assert stage.watched.page.locator(".aa-attributes img").count() == 0
    assert "<img" in stage.watched.page.locator(".aa-attributes").inner_text()
    assert stage.watched.errors == []


def test_the_help_lists_the_keys_of_pictures(pictures: Opener) -> None:
    _, stage = pictures("boxes", PERSON)
    stage.watched.press("?")
    words = stage.watched.page.locator(".aa-drawer").inner_text()
    assert "segment by clicks" in words
    assert "the whole picture" in words


def test_a_choice_is_looked_at_with_the_same_keys(pictures: Opener) -> None:
    server, stage = pictures("choice", photos=("coffee.png",))
    zoom = stage.watched.page.locator(".aa-zoom-words")
    before = zoom.inner_text()
    stage.watched.press("+", "+")
    assert int(zoom.inner_text().split()[0]) > 1.4 * int(before.split()[0])
    stage.watched.press("0")
    assert zoom.inner_text() == before
    stage.watched.press(".", "2")
    assert saved(server, stage)["value"] == {"label": "rocket"}
