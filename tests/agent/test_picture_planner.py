"""What people say of a project of pictures, sentence by sentence; and that projects of texts are not touched by it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.agent.planner.pictures import as_items, said_splits
from assistant.agent.planner.planner import plan
from assistant.agent.words.world import PlannerWorld
from tests.agent.doubles import NOW, catalog, world
from tests.agent.test_planner import mismatch
from tools.modalities.images import IMAGE
from tools.schema import read_schema

CASES: list[dict[str, Any]] = yaml.safe_load(
    Path(__file__).with_name("picture_utterances.yaml").read_text(encoding="utf-8")
)
SCHEMA = read_schema(
    """
name: Street
item: image
fields:
  - {id: objects, name: Objects, kind: boxes, labels: [Person, Car, Dog]}
  - {id: outline, name: Outline, kind: masks, labels: [{id: main, name: Main thing}]}
  - {id: scene, name: Scene, kind: choice, labels: [Day, Night]}
"""
)
ITEMS = ("cat01.jpg", "street/cat.jpg", "002.png")


def pictures(in_hand: str = "") -> PlannerWorld:
    return PlannerWorld(
        SCHEMA,
        NOW,
        "ana",
        people=("ana", "ben"),
        items={item: item for item in ITEMS},
        tools=catalog(),
        export_place="exports/out",
        item_in_hand=in_hand,
        field_in_hand="objects" if in_hand else "",
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["say"][:60])
def test_an_everyday_request_about_pictures_becomes_the_right_calls(case: dict[str, Any]) -> None:
    here = pictures(case.get("in_hand", ""))
    found = plan(case["say"], here)
    assert mismatch(case, found) == ""
    for call in found.calls:
        here.tools[call.tool].read_arguments(dict(call.arguments))


def test_texts_are_not_segmented_and_it_is_said_why() -> None:
    found = plan("segment the messages", world())
    assert found.kind == "talk" and "Only pictures can be segmented" in found.text


def test_no_detector_is_offered_for_texts() -> None:
    assert plan("detect faces in all messages", world()).intent != "detect"


def test_a_picture_in_a_name_stays_what_it_is() -> None:
    assert as_items("show photos labelled photo", IMAGE, frozenset({"photo"})) == "show items labelled photo"
    assert as_items("open images, an image folder and photo.jpg", IMAGE, frozenset()) == (
        "open images, an image folder and photo.jpg"
    )


@pytest.mark.parametrize(
    ("said", "option"),
    [
        ("split 80/10/10", "splits=train=0.8,val=0.1,test=0.1"),
        ("split 0.7/0.3", "splits=train=0.7,val=0.3"),
        ("80 % train and 20 % test", "splits=train=0.8,test=0.2"),
        ("split it 50/20", None),
        ("everything", ""),
    ],
)
def test_splits_are_read_as_people_say_them(said: str, option: str | None) -> None:
    assert said_splits(said) == option


def test_masks_of_confirmed_boxes_come_with_a_word_about_which_are_used() -> None:
    assert "Agreed boxes" in plan("draw masks for the confirmed boxes", pictures()).notes[0]


def test_decided_pictures_without_an_object_come_with_a_word_about_the_others() -> None:
    assert any("undecided" in note for note in plan("pictures without any dogs", pictures()).notes)


def test_formats_for_pictures_are_offered_first() -> None:
    assert [choice.text for choice in plan("export", pictures()).choices][:2] == ["export as coco", "export as yolo"]
    assert all("coco" not in choice.text for choice in plan("export", world()).choices)


def test_what_is_offered_as_help_is_understood() -> None:
    for text in ("help", "paint the fence green", "make me a sandwich"):
        for choice in plan(text, pictures("002.png")).choices:
            assert plan(choice.text, pictures("002.png")).kind == "calls", choice.text


def test_the_steps_of_drawing_follow_each_other() -> None:
    found = plan("tighten the boxes, segment the boxes and export as coco", pictures())
    assert [one.tool for one in found.calls] == ["segment", "segment", "export_data"]


def test_a_second_label_that_a_search_cannot_take_is_said() -> None:
    found = plan("which photos show a person and a dog", pictures())
    assert (found.kind, found.calls) == ("talk", ())
    assert "“dog”" in found.text
