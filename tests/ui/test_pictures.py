"""Boxes, polygons, masks and key points in the card, on photographs: what is drawn is what is sent, in full-size pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import numpy as np
import pytest

from tests.ui.picture_page import PictureServer, Stage, open_pictures, segmented
from tests.ui.pictures import PERSON, ROCKET, photo, schema
from tools.geometry.masks import decode, encode
from tools.geometry.polygons import rasterise

pytestmark = pytest.mark.browser

Opener = Callable[..., tuple[PictureServer, Stage]]
PIXEL = 1.2
"""What a mouse can be off, in pixels of the picture: the picture is shown at about two thirds."""


@pytest.fixture
def pictures(chromium: Any) -> Iterator[Opener]:
    """Opens the card on photographs with a scripted server."""
    with ExitStack() as stack:

        def make(kind: str, *suggested: Any, photos: Any = ("astronaut.png",), more: str = "", **about: Any) -> Any:
            known = {name: one for name, one in about.items() if name in ("radius", "encoding")}
            context = {name: one for name, one in about.items() if name not in known}
            opened = {name: photo(name) for name in photos}
            values = {1: {kind: list(suggested)}} if suggested else {}
            server = PictureServer(schema(kind, more), opened, values, **known)
            watched = open_pictures(chromium, server, **context)
            stack.callback(watched.page.context.close)
            return server, Stage(watched, *next(iter(opened.values())).size)

        yield make


def saved(server: PictureServer, stage: Stage) -> dict[str, Any]:
    """The decision that was sent last."""
    stage.watched.wait_saved()
    return server.decided[-1]


def boxes(server: PictureServer, stage: Stage) -> list[Any]:
    return [one["box"] for one in saved(server, stage)["value"]["boxes"]]


def test_each_region_is_accepted_with_one_key_and_the_question_ends_the_item(pictures: Opener) -> None:
    server, stage = pictures("boxes", PERSON, ROCKET, radius=40)
    press, status = stage.watched.press, stage.watched.status
    press("a")
    assert status().startswith("1 of 2: Person, suggested")
    press("a")
    assert status().startswith("2 of 2: Rocket, suggested")
    press("a")
    assert "Is any object missing?" in stage.watched.page.locator(".aa-ask").inner_text()
    assert server.decided == []
    press("n")
    sent = saved(server, stage)
    assert sent["verdict"] == "accept"
    assert sent["value"] == {"boxes": [PERSON, ROCKET]}
    assert sent["regions"] == {"a": "accept", "b": "accept"}
    assert stage.watched.errors == []


def test_enter_takes_everything_and_asks_once(pictures: Opener) -> None:
    server, stage = pictures("boxes", PERSON, ROCKET)
    stage.watched.press("Enter")
    assert "2 boxes, 2 as suggested. Is any object missing?" in stage.watched.status()
    stage.watched.press("Enter")
    assert saved(server, stage)["verdict"] == "accept"


def test_a_digit_relabels_and_leads_on_and_x_drops(pictures: Opener) -> None:
    server, stage = pictures("boxes", PERSON, ROCKET, {**ROCKET, "id": "c", "box": [0, 0, 110, 300]})
    stage.watched.press("a", "3", "x", "1", "n")
    sent = saved(server, stage)
    assert sent["verdict"] == "edit"
    assert [(one["id"], one["label"]) for one in sent["value"]["boxes"]] == [("a", "flag"), ("c", "person")]
    assert sent["regions"] == {"a": "edit", "b": "reject", "c": "edit"}


def test_a_box_is_moved_and_resized_with_the_mouse(pictures: Opener) -> None:
    server, stage = pictures("boxes", PERSON, ROCKET)
    stage.click(200, 100)
    stage.drag((330, 330), (350, 380))
    stage.drag((200, 200), (180, 220))
    stage.watched.press("Enter", "n")
    first, second = boxes(server, stage)
    assert first == pytest.approx([100, 40, 330, 400], abs=2 * PIXEL)
    assert second == ROCKET["box"]


def test_a_box_is_moved_and_resized_with_keys(pictures: Opener) -> None:
    server, stage = pictures("boxes", PERSON)
    stage.watched.press("Tab", "ArrowRight", "ArrowDown", "Shift+ArrowLeft", "Alt+ArrowRight", "Shift+Alt+ArrowUp")
    stage.watched.press("Enter", "n")
    assert boxes(server, stage) == [[111, 21, 322, 321]]
    assert server.decided[-1]["regions"] == {"a": "edit"}


def test_a_missing_object_is_drawn_and_labelled(pictures: Opener) -> None:
    server, stage = pictures("boxes", PERSON)
    stage.watched.press("Enter", "b")
    stage.drag((355, 60), (470, 330))
    assert "choose its label" in stage.watched.status()
    stage.watched.press("2", "Enter", "n")
    sent = saved(server, stage)
    assert sent["value"]["boxes"][1]["label"] == "rocket"
    assert sent["value"]["boxes"][1]["box"] == pytest.approx(ROCKET["box"], abs=PIXEL)
    assert sent["regions"] == {"a": "accept", "n1": "choose"}


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


def test_every_step_is_taken_back_and_done_again(pictures: Opener) -> None:
    server, stage = pictures("boxes", PERSON)
    press = stage.watched.press
    press("Tab", "x", "Escape", "1", "b")
    stage.drag((20, 350), (100, 450))
    stage.drag((150, 350), (250, 450))
    rows = stage.watched.page.locator(".aa-region")
    assert rows.count() == 2
    press("u")
    assert rows.count() == 1
    press("Control+z")
    assert rows.count() == 0
    press("u")
    assert rows.count() == 1
    press("Control+Shift+z", "Shift+U")
    assert rows.count() == 1
    press("u", "u", "Enter", "n")
    sent = saved(server, stage)
    assert sent["verdict"] == "accept"
    assert sent["value"] == {"boxes": [PERSON]}


def test_a_hidden_region_is_still_saved_and_a_locked_one_cannot_be_changed(pictures: Opener) -> None:
    server, stage = pictures("boxes", PERSON, ROCKET)
    press, status = stage.watched.press, stage.watched.status
    press("Tab", "l", "ArrowRight", "2")
    assert "locked" in status()
    press("x")
    assert "locked" in status()
    press("Tab", "v")
    assert stage.watched.page.locator(".aa-region.is-veiled").count() == 1
    press("Enter", "n")
    assert saved(server, stage)["value"] == {"boxes": [PERSON, ROCKET]}


def test_an_item_without_suggestion_starts_with_drawing_and_nothing_is_said_twice(pictures: Opener) -> None:
    server, stage = pictures("boxes", photos=("coffee.png", "chelsea.png"))
    assert stage.watched.page.get_by_role("button", name="Draw B").get_attribute("aria-pressed") == "true"
    stage.watched.press("Enter")
    assert "No box is marked. Is there really none?" in stage.watched.status()
    assert server.decided == []
    stage.watched.press("Enter")
    assert saved(server, stage)["value"] == {"boxes": []}


def test_a_turned_box_turns_with_handle_and_keys(pictures: Opener) -> None:
    server, stage = pictures("boxes", {**ROCKET, "angle": 10}, more="rotated: true")
    stage.watched.press("Tab", "r", "r", "Shift+R", "Enter", "n")
    assert saved(server, stage)["value"]["boxes"][0]["angle"] == 15


def test_attributes_are_set_in_the_list_and_leave_with_the_label(pictures: Opener) -> None:
    more = "attributes: [{id: cut, name: Cut off}, {id: pose, name: Pose, kind: choice, options: [left, right], labels: [person]}]"
    server, stage = pictures("boxes", PERSON, ROCKET, more=more)
    page = stage.watched.page
    stage.watched.press("Tab")
    page.get_by_label("Cut off").check()
    page.get_by_label("Pose").select_option("right")
    stage.watched.press("Escape", "Tab", "Enter", "n")
    first, second = saved(server, stage)["value"]["boxes"]
    assert first["attributes"] == {"cut": True, "pose": "right"}
    assert "attributes" not in second


def test_proposals_are_dashed_until_a_person_decided(pictures: Opener) -> None:
    _, stage = pictures("boxes", PERSON, ROCKET)
    proposed = stage.watched.page.locator(".aa-region.is-proposed")
    assert proposed.count() == 2
    assert "suggested" in proposed.first.inner_text()
    stage.watched.press("a", "a")
    assert proposed.count() == 1
    stage.watched.press("ArrowRight")
    assert proposed.count() == 0


def test_a_click_segments_and_a_second_one_corrects(pictures: Opener) -> None:
    server, stage = pictures("masks", radius=60, encoding=1)
    page = stage.watched.page
    stage.watched.press("m")
    stage.click(225, 110)
    page.wait_for_function("document.querySelector('.aa-status').textContent.startsWith('Preview')")
    stage.click(265, 110, button="right")
    page.wait_for_function("!document.querySelector('.aa-status').textContent.startsWith('segmenting')")
    stage.watched.press("Enter", "1", "Enter", "n")
    mask = saved(server, stage)["value"]["masks"][0]
    clicks = mask["prompts"]["clicks"]
    assert np.array(clicks) == pytest.approx(np.array([[225, 110, 1], [265, 110, 0]]), abs=PIXEL)
    assert mask["counts"] == segmented(clicks, (512, 512), 60)["counts"]
    assert mask["prompts"]["backend"] == "builtin:discs"


def test_the_last_click_is_taken_back_and_asked_again_without_it(pictures: Opener) -> None:
    server, stage = pictures("masks", radius=40)
    stage.watched.press("m")
    stage.click(225, 110)
    stage.click(400, 400)
    stage.watched.press("u")
    stage.watched.page.wait_for_function("document.querySelector('.aa-status').textContent.startsWith('Preview')")
    stage.watched.press("Enter", "1", "Enter", "n")
    assert len(saved(server, stage)["value"]["masks"][0]["prompts"]["clicks"]) == 1


@pytest.mark.parametrize("kind", ["boxes", "polygons"])
def test_a_segmented_object_becomes_a_box_or_a_polygon(pictures: Opener, kind: str) -> None:
    server, stage = pictures(kind, radius=60)
    stage.watched.press("m")
    stage.click(225, 110)
    stage.watched.page.wait_for_function("document.querySelector('.aa-status').textContent.startsWith('Preview')")
    stage.watched.press("Enter", "1", "Enter", "n")
    region = saved(server, stage)["value"][kind][0]
    if kind == "boxes":
        assert region["box"] == pytest.approx([165, 50, 285, 170], abs=3)
    else:
        assert rasterise(region["parts"], (512, 512)).sum() == pytest.approx(np.pi * 60**2, rel=0.03)


def test_a_scribble_on_the_background_is_sent_as_one(pictures: Opener) -> None:
    server, stage = pictures("masks", radius=60)
    stage.watched.press("m")
    stage.drag((200, 100), (250, 120))
    stage.drag((20, 20), (60, 200), button="right")
    stage.watched.page.wait_for_timeout(200)
    sent = [body for path, body in server.asked if path.endswith("preview")][-1]
    assert len(sent["scribbles"]["object"]) == len(sent["scribbles"]["background"]) == 1
    assert sent["scribbles"]["background"][0][-1] == pytest.approx([60, 200], abs=2 * PIXEL)


def test_without_segmentation_the_mode_says_so(pictures: Opener) -> None:
    _, stage = pictures("masks")
    stage.watched.page.wait_for_timeout(100)
    stage.watched.press("m")
    assert "not available" in stage.watched.status()


def test_a_mask_is_painted_and_a_hole_erased(pictures: Opener) -> None:
    server, stage = pictures("masks")
    press = stage.watched.press
    for _ in range(4):
        press("]")
    stage.drag((200, 200), (300, 200))
    press("1")
    stage.drag((200, 300), (300, 300))
    press("r", "[", "[", "[", "[", "[")
    stage.click(250, 200)
    press("Enter", "n")
    mask = decode(saved(server, stage)["value"]["masks"][0]["counts"], (512, 512))
    assert mask[200, 210]
    assert mask[300, 250]
    assert not mask[200, 250]
    assert mask[180, 250]


def test_a_stroke_is_one_step_back(pictures: Opener) -> None:
    server, stage = pictures("masks")
    stage.watched.press("1")
    stage.drag((200, 200), (300, 200))
    stage.drag((200, 300), (300, 300))
    stage.watched.press("u", "Enter", "n")
    mask = decode(saved(server, stage)["value"]["masks"][0]["counts"], (512, 512))
    assert mask[200, 250]
    assert not mask[300, 250]


def test_an_untouched_mask_with_parts_and_holes_is_sent_as_it_came(pictures: Opener) -> None:
    mask = np.zeros((512, 512), bool)
    mask[50:200, 60:300] = mask[300:400, 40:140] = True
    mask[100:140, 100:200] = False
    region = {"id": "a", "label": "person", "size": [512, 512], "counts": encode(mask)}
    server, stage = pictures("masks", region)
    stage.click(80, 80)
    assert stage.watched.status().startswith("1 of 1: Person")
    stage.watched.press("Enter", "n")
    assert saved(server, stage)["value"] == {"masks": [region]}
    assert server.decided[-1]["verdict"] == "accept"


def test_a_polygon_is_drawn_with_a_hole_and_a_second_part(pictures: Opener) -> None:
    server, stage = pictures("polygons", photos=("chelsea.png",))
    press = stage.watched.press
    for point in [(100, 50), (300, 40), (330, 200), (120, 220), (90, 130)]:
        stage.click(*point)
    press("u", "Enter", "1", "o")
    for point in [(180, 100), (240, 100), (210, 160)]:
        stage.click(*point)
    press("Enter", "p")
    for point in [(360, 40), (440, 40), (400, 120)]:
        stage.click(*point)
    stage.click(360, 40)
    press("Enter", "n")
    parts = saved(server, stage)["value"]["polygons"][0]["parts"]
    assert [[len(ring) for ring in rings] for rings in parts] == [[4, 3], [3]]
    assert np.array(parts[0][1]) == pytest.approx(np.array([[180, 100], [240, 100], [210, 160]]), abs=PIXEL)


def test_corners_are_moved_added_and_deleted(pictures: Opener) -> None:
    square = {"id": "a", "label": "person", "parts": [[[[100, 50], [300, 50], [300, 200], [100, 200]]]]}
    server, stage = pictures("polygons", square, photos=("chelsea.png",))
    press = stage.watched.press
    stage.click(200, 120)
    stage.drag((300, 50), (320, 70))
    stage.click(200, 200)
    stage.click(100, 200)
    press("ArrowLeft", "Shift+ArrowDown")
    stage.click(100, 50)
    press("Delete", "Enter", "n")
    ring = saved(server, stage)["value"]["polygons"][0]["parts"][0][0]
    assert np.array(ring) == pytest.approx(np.array([[320, 70], [300, 200], [200, 200], [99, 210]]), abs=PIXEL)


POINTS = "points: [left_eye, right_eye, nose, mouth]\n    skeleton: [[left_eye, nose], [right_eye, nose]]"


def test_key_points_are_placed_in_order_hidden_and_left_out(pictures: Opener) -> None:
    server, stage = pictures("keypoints", photos=("chelsea.png",), more=POINTS)
    page = stage.watched.page
    stage.watched.press("1")
    stage.click(172, 110)
    page.keyboard.down("Shift")
    stage.click(320, 120)
    page.keyboard.up("Shift")
    assert "“nose” (3 of 4)" in stage.watched.status()
    stage.click(270, 240)
    stage.watched.press("k", "p", "p", "o", "ArrowLeft", "Enter", "n")
    points = saved(server, stage)["value"]["keypoints"][0]["points"]
    assert [point[2] for point in points] == [2, 2, 2, 0]
    assert points[1][:2] == pytest.approx([319, 120], abs=PIXEL)
    assert points[3] == [0, 0, 0]


def test_a_single_point_is_a_region_of_its_own(pictures: Opener) -> None:
    server, stage = pictures("keypoints", photos=("chelsea.png",))
    stage.watched.press("2")
    stage.click(172, 110)
    stage.click(320, 120)
    stage.watched.press("Enter", "n")
    regions = saved(server, stage)["value"]["keypoints"]
    assert [(one["label"], len(one["points"])) for one in regions] == [("rocket", 1), ("rocket", 1)]


def test_everything_can_be_done_without_a_pointer(pictures: Opener) -> None:
    for kind in ("boxes", "polygons", "masks", "keypoints"):
        server, stage = pictures(kind)
        stage.watched.press("w", "1", "ArrowRight", "Enter", "n")
        assert len(saved(server, stage)["value"][kind]) == 1, kind


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
    stage.watched.page.wait_for_timeout(300)
    asked = [path for path, _ in server.asked]
    assert {"/media/2/display", "/media/3/display"} <= set(asked)
    encoded = [body["exposure"] for path, body in server.asked if path.endswith("encode")]
    assert encoded == [10, 20]
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
    watched.page.wait_for_timeout(300)
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
