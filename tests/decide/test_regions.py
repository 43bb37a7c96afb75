"""Values made of regions of images: what is taken, how it is written, and the sentence where it is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tools.errors import SchemaRefused, ValueRefused
from tools.geometry.masks import encode
from tools.schema import FieldSpec, LabelSchema, read_schema, schema_from_labels
from tools.values import agrees, check_value, comparable, describe_value, same_value, value_labels

SIZE = (60, 40)
ATTRIBUTES = [
    "truncated",
    {"id": "colour", "kind": "choice", "options": ["red", "blue"], "labels": ["car"]},
    {"id": "age", "kind": "number"},
]


def field(kind: str, **more: Any) -> FieldSpec:
    return FieldSpec.model_validate({"id": "f", "kind": kind, "labels": ["car", "dog"], **more})


def check(kind: str, region: dict[str, Any], **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = check_value(field(kind, **more), {kind: [{"label": "car", **region}]}, size=SIZE)
    return found


def mask(height: int, width: int, filled: bool = True) -> dict[str, Any]:
    return {"size": [height, width], "counts": encode(np.full((height, width), filled))}


def test_a_box_is_rounded_to_hundredths_and_gets_an_id() -> None:
    assert check("boxes", {"box": [1.23456, 2, 10, 20]}) == {
        "boxes": [{"id": "r1", "label": "car", "box": [1.23, 2.0, 10.0, 20.0]}]
    }


def test_a_box_that_lies_outside_by_rounding_is_put_on_the_edge() -> None:
    assert check("boxes", {"box": [-0.4, 0, 60.7, 40]})["boxes"][0]["box"] == [0.0, 0.0, 60.0, 40.0]


@pytest.mark.parametrize(
    ("kind", "region", "words"),
    [
        ("boxes", {"box": [5, 5, 90, 20]}, "outside the image"),
        ("boxes", {"box": [5, 5, 5, 20]}, "no area"),
        ("boxes", {"box": [5, 5, float("nan"), 20]}, "are numbers"),
        ("boxes", {"box": [5, 5, 20]}, "four numbers"),
        ("boxes", {"box": [5, 5, 20, 20], "angle": 30}, "may not be turned"),
        ("boxes", {"box": [5, 5, 20, 20], "colour": "red"}, "has no 'colour'"),
        ("boxes", {"label": "cat", "box": [5, 5, 20, 20]}, "not a label"),
        ("boxes", {"box": [5, 5, 20, 20], "attributes": {"weight": 3}}, "no attribute 'weight'"),
        ("boxes", {"box": [5, 5, 20, 20], "score": 1.5}, r"0\.\.1"),
        ("polygons", {"parts": []}, "list of parts"),
        ("polygons", {"parts": [[[[1, 1], [2, 2]]]]}, "three or more points"),
        ("polygons", {"parts": [[[[1, 1], [1, 2], [1, 3]]]]}, "no area"),
        ("masks", mask(40, 61), "61 x 40"),
        ("masks", mask(40, 60, filled=False), "is empty"),
        ("masks", {"size": [40, 60], "counts": "~~~"}, "cannot be read"),
        ("masks", {"size": [40, 60], "counts": [3]}, "does not fill"),
        ("keypoints", {"points": [[1, 1, 2], [2, 2, 2]]}, "has 1 points"),
        ("keypoints", {"points": [[1, 1, 3]]}, "0 absent"),
        ("keypoints", {"points": [[0, 0, 0]]}, "no point that is there"),
    ],
)
def test_what_does_not_fit_gets_one_sentence(kind: str, region: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueRefused, match=words):
        check(kind, region)


def test_a_turned_box_is_taken_where_the_field_allows_it_and_may_reach_over_an_edge() -> None:
    found = check("boxes", {"box": [-5, 5, 40, 20], "angle": 190}, rotated=True)
    assert found["boxes"][0] == {"id": "r1", "label": "car", "box": [-5.0, 5.0, 40.0, 20.0], "angle": -170.0}


def test_runs_are_written_as_compressed_text() -> None:
    found = check("masks", {"size": [40, 60], "counts": [0, 40, 2360]})
    assert isinstance(found["masks"][0]["counts"], str)


def test_attributes_come_in_the_order_of_the_schema_and_what_says_nothing_is_left_out() -> None:
    given = {"age": 0, "colour": "red", "truncated": False}
    found = check("boxes", {"box": [5, 5, 20, 20], "attributes": given}, attributes=ATTRIBUTES)
    assert found["boxes"][0]["attributes"] == {"colour": "red", "age": 0.0}


def test_an_attribute_of_other_labels_is_refused() -> None:
    with pytest.raises(ValueRefused, match="'dog' has no attribute 'colour'"):
        check("boxes", {"label": "dog", "box": [5, 5, 9, 9], "attributes": {"colour": "red"}}, attributes=ATTRIBUTES)


def test_two_regions_of_one_id_are_refused() -> None:
    twins = [{"id": "a", "label": "car", "box": [0, 0, 5, 5]}, {"id": "a", "label": "dog", "box": [0, 0, 5, 5]}]
    with pytest.raises(ValueRefused, match="have the id 'a'"):
        check_value(field("boxes"), {"boxes": twins}, size=SIZE)


def test_ids_order_scores_and_clicks_do_not_belong_to_the_answer() -> None:
    one = {
        "boxes": [{"id": "a", "label": "car", "box": [0, 0, 5, 5]}, {"id": "b", "label": "dog", "box": [1, 1, 9, 9]}]
    }
    other = {
        "boxes": [
            {"id": "x", "label": "dog", "box": [1, 1, 9, 9], "score": 0.5},
            {"id": "y", "label": "car", "box": [0, 0, 5, 5], "prompts": {"clicks": [[2, 2, 1]]}},
        ]
    }
    assert same_value(one, other)
    assert comparable(one) == comparable(other)


def test_two_people_agree_where_their_boxes_are_near_enough() -> None:
    one, other = ({"boxes": [{"label": "car", "box": [0, 0, 10, end]}]} for end in (10, 9))
    assert (agrees(one, other, 0.9), agrees(one, other, 0.95)) == (True, False)


def test_a_value_is_told_by_its_counts() -> None:
    drawn = [{"label": label, "box": [0, 0, 5, 5]} for label in ("dog", "car", "dog")]
    spec = field("boxes")
    assert describe_value(spec, {"boxes": drawn}) == "1 car, 2 dog"
    assert describe_value(spec, {"boxes": []}) == "no objects"
    assert value_labels({"boxes": drawn}) == ("dog", "car", "dog")


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("fields: [{id: a, kind: boxes, labels: [x]}]", "cannot be marked on items of the kind text"),
        ("item: image\nfields: [{id: a, kind: spans, labels: [x]}]", "cannot be marked on items of the kind image"),
        ("item: image\nfields: [{id: a, kind: masks, labels: [x], rotated: true}]", "belongs to boxes"),
        ("item: image\nfields: [{id: a, kind: boxes, labels: [x], points: [nose]}]", "'points' belongs to keypoints"),
        ("item: image\nfields: [{id: a, kind: keypoints, labels: [x], skeleton: [[a, b]]}]", "none of its points"),
        ("item: image\nfields: [{id: a, kind: boxes, labels: [x], attributes: [u, u]}]", "two attributes"),
        (
            "item: image\nfields: [{id: a, kind: choice, labels: [x, y], attributes: [u]}]",
            "'attributes' belongs to boxes, polygons, masks, keypoints",
        ),
    ],
)
def test_a_schema_of_images_that_does_not_hold_together_is_refused(lines: str, words: str) -> None:
    with pytest.raises(SchemaRefused, match=words):
        read_schema(f"name: Test\n{lines}")


@pytest.mark.parametrize("kind", ["choice", "boxes", "polygons", "masks", "keypoints"])
def test_label_names_make_a_schema_for_images(kind: str) -> None:
    made: LabelSchema = schema_from_labels(["Car", "Dog"], images=kind)
    assert (made.item, made.main_field().kind) == ("image", kind)
