"""Datumaro's JSON: every kind of annotation, groups, subsets, and what is not read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.exchange.image_roundtrip import schema_of
from tools.errors import FormatRefused
from tools.exchange.batch import ImportBatch
from tools.exchange.formats.datumaro.write import categories_of
from tools.exchange.options import ExportOptions, ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.suggest import suggest_schema
from tools.exchange.writer import Names, Plan
from tools.exchange.writing import losses
from tools.geometry.masks import string_of
from tools.schema import LabelSchema

SCHEMA = schema_of("boxes", "polygons", "masks", "pose", "scene", "note")
CATEGORIES = {
    "label": {"labels": [{"name": name, "parent": "", "attributes": []} for name in ("car", "person", "street")]},
    "points": {"items": [{"label_id": 1, "labels": ["nose", "left eye", "tail"], "joints": [[1, 3]]}]},
}


def _item(*annotations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "a", "annotations": list(annotations), "image": {"path": "a.png", "size": [10, 20]}, **more}


def _import(folder: Path, *items: Any, schema: LabelSchema = SCHEMA, **options: Any) -> ImportBatch:
    for below in ("annotations", "images/train"):
        (folder / below).mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (20, 10)).save(folder / "images" / "train" / "a.png")
    record = {"infos": {}, "categories": CATEGORIES, "items": list(items)}
    (folder / "annotations" / "train.json").write_text(json.dumps(record), encoding="utf-8")
    return read_file(folder, schema, ImportOptions(annotator="anna", **options))


def _values(batch: ImportBatch) -> dict[str, Any]:
    return {one["field"]: json.loads(one["value"]) for one in batch.labels.to_pylist()}


def _reasons(batch: ImportBatch) -> list[str]:
    return [one["reason"] for one in batch.dropped.to_pylist()]


def test_every_kind_of_annotation_is_read(tmp_path: Path) -> None:
    counts = string_of([0, 5, 195])
    batch = _import(
        tmp_path,
        _item(
            {"type": "bbox", "label_id": 0, "bbox": [1, 2, 3, 4], "attributes": {"is_crowd": True, "rotation": 30}},
            {"type": "polygon", "label_id": 0, "points": [0, 0, 5, 0, 0, 5]},
            {"type": "mask", "label_id": 0, "rle": {"counts": counts, "size": [10, 20]}},
            {"type": "points", "label_id": 1, "points": [1, 1, 2, 2, 0, 0], "visibility": [2, 1, 0]},
            {"type": "label", "label_id": 2},
            {"type": "caption", "caption": "a car"},
        ),
    )
    turned = {"id": "r1", "label": "car", "box": [1, 2, 4, 6], "angle": 30, "attributes": {"crowd": True}}
    assert _values(batch) == {
        "objects": {"boxes": [turned]},
        "outlines": {"polygons": [{"id": "r2", "label": "car", "parts": [[[[0, 0], [5, 0], [0, 5]]]]}]},
        "areas": {"masks": [{"id": "r3", "label": "car", "size": [10, 20], "counts": counts}]},
        "pose": {"keypoints": [{"id": "r4", "label": "person", "points": [[1, 1, 2], [2, 2, 1], [0, 0, 0]]}]},
        "scene": {"label": "street"},
        "note": {"text": "a car"},
    }  # fmt: skip
    assert _reasons(batch) == []


def test_the_file_is_the_split_of_its_items(tmp_path: Path) -> None:
    assert [json.loads(one) for one in _import(tmp_path, _item()).items["meta"].to_pylist()] == [{"split": "train"}]


def test_images_of_one_name_in_two_splits_stay_two_items(tmp_path: Path) -> None:
    for split, colour in (("train", "red"), ("val", "blue")):
        (tmp_path / "images" / split).mkdir(parents=True)
        Image.new("RGB", (20, 10), colour).save(tmp_path / "images" / split / "a.png")
        record = {"infos": {}, "categories": CATEGORIES, "items": [_item({"type": "label", "label_id": 2})]}
        (tmp_path / "annotations").mkdir(exist_ok=True)
        (tmp_path / "annotations" / f"{split}.json").write_text(json.dumps(record), encoding="utf-8")
    batch = read_file(tmp_path, SCHEMA, ImportOptions(annotator="anna"))
    assert batch.items["key"].to_pylist() == ["a.png", "val/a.png"]
    assert len({json.loads(one)["digest"] for one in batch.items["media"].to_pylist()}) == 2


def test_annotations_of_one_group_are_one_object(tmp_path: Path) -> None:
    box = {"type": "bbox", "label_id": 1, "bbox": [1, 1, 8, 8], "group": 4}
    points = {"type": "points", "label_id": 1, "points": [2, 2, 3, 3, 4, 4], "group": 4}
    batch = _import(tmp_path, _item(box, points), schema=schema_of("pose"))
    assert [one["id"] for one in _values(batch)["pose"]["keypoints"]] == ["r1"]


def test_a_skeleton_is_an_object_whose_points_are_annotations(tmp_path: Path) -> None:
    names = CATEGORIES | {"label": {"labels": [{"name": one} for one in ("person", "left eye", "nose")]}}
    elements = [
        {"type": "points", "label_id": 1, "points": [4, 5], "visibility": [1]},
        {"type": "points", "label_id": 2, "points": [2, 3], "visibility": [2]},
    ]
    item = _item({"type": "skeleton", "label_id": 0, "elements": elements})
    (tmp_path / "annotations").mkdir()
    Image.new("RGB", (20, 10)).save(tmp_path / "a.png")
    record = {"infos": {}, "categories": names, "items": [item]}
    (tmp_path / "annotations" / "default.json").write_text(json.dumps(record), encoding="utf-8")
    batch = read_file(tmp_path, schema_of("pose"), ImportOptions(annotator="anna"))
    assert _values(batch)["pose"]["keypoints"][0]["points"] == [[2, 3, 2], [4, 5, 1], [0, 0, 0]]
    assert batch.items["meta"].to_pylist() == ["{}"]


def test_a_suggested_schema_has_the_labels_that_are_declared_and_joins_the_points(tmp_path: Path) -> None:
    points = {"type": "points", "label_id": 1, "points": [1, 1, 2, 2, 3, 3], "visibility": [2, 1, 2]}
    _import(tmp_path, _item(points, {"type": "bbox", "label_id": 0, "bbox": [1, 1, 3, 3]}))
    schema = suggest_schema(tmp_path)
    by_kind = {spec.kind: spec for spec in schema.fields}
    assert [label.name for label in by_kind["boxes"].labels] == ["car", "person", "street"]
    assert by_kind["keypoints"].points == ("nose", "left eye", "tail")
    assert by_kind["keypoints"].skeleton == (("nose", "tail"),)


@pytest.mark.parametrize(
    ("annotation", "reason"),
    [
        ({"type": "cuboid_3d"}, "annotations of type 'cuboid_3d' are not read"),
        ({"type": "bbox", "label_id": 9, "bbox": [1, 1, 2, 2]}, "there is no label number 9"),
        ({"type": "bbox", "label_id": 0, "bbox": [1, 1, "2", 2]}, "its coordinates are no numbers"),
        ({"type": "polygon", "label_id": 0, "points": [1, 2, 3]}, "its coordinates are no numbers"),
        ({"type": "polyline", "label_id": 0, "points": [1, 2, 3, 4]}, "lines that are not closed are not read"),
        ({"type": "mask", "label_id": 0, "rle": {"counts": "~", "size": [10, 20]}}, "no run is written with"),
        ({"type": "mask", "label_id": 0, "rle": {"counts": string_of([0, 5]), "size": [10, 20]}}, "add up"),
        ({"type": "mask", "label_id": 0}, "its mask has no run lengths"),
        ({"type": "points", "label_id": 1, "points": [1, 1], "visibility": []}, "has 3 points"),
        ({"type": "label", "label_id": 2, "attributes": {"score": 1}}, "attributes of a whole image are not read"),
        (7, "the annotation is no object"),
    ],
)
def test_an_annotation_that_cannot_be_read_is_listed_with_its_reason(
    tmp_path: Path, annotation: Any, reason: str
) -> None:
    batch = _import(tmp_path, _item(annotation))
    assert len(_reasons(batch)) == 1
    assert reason in _reasons(batch)[0]


def test_every_item_is_accounted_for(tmp_path: Path) -> None:
    batch = _import(tmp_path, _item(), {"id": "b", "image": {"path": "b.png"}}, 5, {"annotations": []})
    assert (batch.read, batch.items.num_rows, batch.rejects.num_rows) == (4, 1, 3)


def test_a_broken_file_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"categories": {}, "items": [', encoding="utf-8")
    with pytest.raises(FormatRefused, match=r"a\.json is not JSON"):
        read_file(path, SCHEMA, ImportOptions(format="datumaro", annotator="anna"))


def test_what_the_format_loses_is_said_before() -> None:
    said = " ".join(losses("datumaro", schema_of("boxes", "polygons", "stars"), ExportOptions(images="reference")))
    for part in ("stars", "attributes.rotation", "holes are written as masks", "image files stay where they are"):
        assert part in said


def test_points_are_joined_by_numbers_from_one_as_coco_counts_them() -> None:
    schema = schema_of("pose")
    plan = Plan(Path("unused"), schema, schema.fields, ExportOptions())
    (points,) = categories_of(plan, Names(schema.fields), {"person": 0})["points"]["items"]
    assert points == {"label_id": 0, "labels": ["nose", "left eye", "tail"], "joints": [[1, 3]]}
