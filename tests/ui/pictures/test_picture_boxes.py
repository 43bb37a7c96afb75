"""Boxes in the card, on photographs: what is drawn, changed and accepted is what is sent, in full-size pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.ui.pictures.picture_page import PictureServer, Stage, saved
from tests.ui.pictures.pictures import PERSON, ROCKET

pytestmark = pytest.mark.browser

Opener = Callable[..., tuple[PictureServer, Stage]]
PIXEL = 1.2
"""What a mouse can be off, in pixels of the picture: the picture is shown at about two thirds."""


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


def test_all_are_taken_as_suggested_by_a_key_of_its_own(pictures: Opener) -> None:
    server, stage = pictures("boxes", PERSON, ROCKET)
    stage.watched.press("Enter")
    assert stage.watched.status().startswith("2 suggested boxes are not decided yet.")
    stage.watched.press("a")
    assert "2 boxes. Is any object missing?" in stage.watched.status()
    stage.watched.press("Enter")
    assert saved(server, stage)["verdict"] == "accept"
    assert server.decided[-1]["regions"] == {"a": "accept", "b": "accept"}


def test_a_suggested_box_is_not_taken_in_passing_beside_one_that_was_drawn(pictures: Opener) -> None:
    server, stage = pictures("boxes", PERSON)
    stage.watched.press("1", "b")
    stage.drag((150, 60), (300, 300))
    stage.watched.press("Enter", "Enter")
    assert server.decided == []
    assert stage.watched.status().startswith("1 of 2: Person, suggested")
    stage.watched.press("x", "Enter", "n")
    sent = saved(server, stage)
    assert [one["id"] for one in sent["value"]["boxes"]] == ["n1"]
    assert sent["regions"] == {"n1": "choose", "a": "reject"}


def test_what_nobody_decided_about_is_dropped_in_one_key_and_comes_back_with_one(pictures: Opener) -> None:
    server, stage = pictures("boxes", PERSON, ROCKET)
    stage.watched.press("a", "ArrowRight", "Escape", "Enter", "x")
    assert stage.watched.page.locator(".aa-region").count() == 1
    stage.watched.press("z")
    assert stage.watched.page.locator(".aa-region.is-proposed").count() == 1
    stage.watched.press("Enter", "x", "n")
    assert saved(server, stage)["regions"] == {"a": "edit", "b": "reject"}


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
    stage.watched.press("Enter", "a", "n")
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
    stage.watched.press("Enter", "a", "b")
    stage.drag((355, 60), (470, 330))
    assert "choose its label" in stage.watched.status()
    stage.watched.press("2", "Enter", "n")
    sent = saved(server, stage)
    assert sent["value"]["boxes"][1]["label"] == "rocket"
    assert sent["value"]["boxes"][1]["box"] == pytest.approx(ROCKET["box"], abs=PIXEL)
    assert sent["regions"] == {"a": "accept", "n1": "choose"}


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
    press("Enter", "a", "n")
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
    pose = "{id: pose, name: Pose, kind: choice, options: [left, right], labels: [person]}"
    more = "attributes: [{id: cut, name: Cut off}, " + pose + "]"
    server, stage = pictures("boxes", PERSON, ROCKET, more=more)
    page = stage.watched.page
    stage.watched.press("Tab")
    page.get_by_label("Cut off").check()
    page.get_by_label("Pose").select_option("right")
    stage.watched.press("Escape", "Enter", "a", "n")
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


def test_what_is_still_being_typed_about_a_region_is_saved(pictures: Opener) -> None:
    server, stage = pictures("boxes", PERSON, more="attributes: [{id: note, name: Note, kind: text}]")
    page = stage.watched.page
    stage.watched.press("Tab")
    page.get_by_label("Note").fill("in a helmet")
    page.get_by_role("button", name="Accept").click()
    page.get_by_role("button", name="no, that is all").click()
    assert saved(server, stage)["value"]["boxes"][0]["attributes"] == {"note": "in a helmet"}


def test_what_was_drawn_is_not_dropped_by_one_press_of_skip(pictures: Opener) -> None:
    server, stage = pictures("boxes", PERSON)
    stage.watched.press("Tab", "ArrowRight", " ")
    assert "kept and not saved: press again" in stage.watched.status()
    assert server.decided == []
    stage.watched.press(" ")
    assert saved(server, stage)["verdict"] == "skip"


def test_an_untouched_picture_is_skipped_at_once(pictures: Opener) -> None:
    server, stage = pictures("boxes", PERSON)
    stage.watched.press(" ")
    assert saved(server, stage)["verdict"] == "skip"
