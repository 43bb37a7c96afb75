"""Masks, polygons and key points in the card, drawn by hand or segmented by clicks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tests.ui.pictures.picture_page import PictureServer, Stage, preview_shown, saved, segmented, until
from tools.geometry.masks import decode, encode
from tools.geometry.polygons import rasterise

pytestmark = pytest.mark.browser

Opener = Callable[..., tuple[PictureServer, Stage]]
PIXEL = 1.2
"""What a mouse can be off, in pixels of the picture: the picture is shown at about two thirds."""


def test_a_click_segments_and_a_second_one_corrects(pictures: Opener) -> None:
    server, stage = pictures("masks", radius=60, encoding=1)
    stage.watched.press("m")
    stage.click(225, 110)
    preview_shown(stage)
    stage.click(265, 110, button="right")
    preview_shown(stage)
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
    preview_shown(stage)
    stage.watched.press("Enter", "1", "Enter", "n")
    assert len(saved(server, stage)["value"]["masks"][0]["prompts"]["clicks"]) == 1


@pytest.mark.parametrize("kind", ["boxes", "polygons"])
def test_a_segmented_object_becomes_a_box_or_a_polygon(pictures: Opener, kind: str) -> None:
    server, stage = pictures(kind, radius=60)
    stage.watched.press("m")
    stage.click(225, 110)
    preview_shown(stage)
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
    until(stage, lambda: len(server.previews()) == 2)
    sent = server.previews()[-1]
    assert len(sent["scribbles"]["object"]) == len(sent["scribbles"]["background"]) == 1
    assert sent["scribbles"]["background"][0][-1] == pytest.approx([60, 200], abs=2 * PIXEL)


def test_without_segmentation_the_mode_says_so(pictures: Opener) -> None:
    _, stage = pictures("masks")
    stage.watched.press("m")
    stage.watched.page.wait_for_function("/not available/.test(document.querySelector('.aa-status').textContent)")


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


def test_what_is_half_drawn_is_not_lost_to_another_key(pictures: Opener) -> None:
    server, stage = pictures("polygons", photos=("chelsea.png",), radius=40)
    for point in [(100, 50), (300, 40), (330, 200)]:
        stage.click(*point)
    stage.watched.press("Tab", "m", "b")
    assert "U takes back a step" in stage.watched.status()
    stage.watched.press("Enter", "1", "Enter", "n")
    assert len(saved(server, stage)["value"]["polygons"]) == 1


def test_a_label_given_while_drawing_belongs_to_what_is_drawn(pictures: Opener) -> None:
    server, stage = pictures("polygons", photos=("chelsea.png",), radius=40)
    for label, left in (("1", 20), ("2", 200)):
        stage.click(left, 50)
        stage.click(left + 100, 40)
        stage.watched.press(label)
        stage.click(left + 60, 200)
        stage.watched.press("Enter")
    stage.watched.press("Enter", "n")
    assert [one["label"] for one in saved(server, stage)["value"]["polygons"]] == ["person", "rocket"]


def test_enter_right_after_a_click_keeps_the_answer_to_that_click(pictures: Opener) -> None:
    server, stage = pictures("masks", radius=50)
    stage.watched.press("m")
    stage.click(225, 110)
    preview_shown(stage)
    stage.click(400, 400)
    stage.watched.press("Enter", "1")
    stage.watched.page.locator(".aa-region[data-region]").wait_for()
    stage.watched.press("Enter", "n")
    assert len(saved(server, stage)["value"]["masks"][0]["prompts"]["clicks"]) == 2


def test_a_box_around_the_object_is_a_prompt_too(pictures: Opener) -> None:
    server, stage = pictures("masks", radius=60)
    stage.watched.press("m", "r")
    stage.drag((100, 50), (300, 200))
    until(stage, lambda: len(server.previews()) == 1)
    stage.watched.press("r")
    stage.click(225, 110)
    preview_shown(stage)
    sent = server.previews()[-1]
    assert sent["box"] == pytest.approx([100, 50, 300, 200], abs=PIXEL)
    assert sent["scribbles"] is None
    stage.watched.press("Enter", "1", "Enter", "n")
    assert saved(server, stage)["value"]["masks"][0]["prompts"]["box"] == sent["box"]
