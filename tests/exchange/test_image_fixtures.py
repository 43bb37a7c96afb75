"""Other tools' own files of annotated images: everything in them is taken over or listed, and survives the way back."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.exchange.roundtrip import exported
from tools.exchange.batch import ImportBatch
from tools.exchange.export import ExportItem
from tools.exchange.options import ExportOptions, ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.suggest import suggest_schema
from tools.exchange.writing import losses, write_export
from tools.records import Item, Media
from tools.schema import LabelSchema
from tools.values import comparable

pytestmark = pytest.mark.data
ANNA = ImportOptions(annotator="anna")
NAMES = ["label1", "label2", "person", "bus", "car", "bottle", "rectangle", "circle", "polygon", "point", "octagon"]
NAMES += ["cat", "dog", "bicycle", "tom", "mary", "parasites", "white", "Airplane", "rectangle_label"]
NAMES += ["polygon_label", "keypoint_label1", "keypoint_label2"]
ATTRIBUTES = [
    "a1", "occluded", {"id": "a2", "kind": "choice", "options": ["v1", "v2", "v3"]}, {"id": "a3", "kind": "text"},
    {"id": "a4", "kind": "number"},
]  # fmt: skip
SCHEMA = LabelSchema.model_validate(
    {
        "name": "All",
        "item": "image",
        "fields": [
            {"id": "boxes", "kind": "boxes", "labels": NAMES, "attributes": ATTRIBUTES},
            {"id": "polygons", "kind": "polygons", "labels": NAMES},
            {"id": "masks", "kind": "masks", "labels": NAMES},
            {"id": "points", "kind": "keypoints", "labels": NAMES},
            {"id": "tags", "kind": "multi_choice", "labels": NAMES},
        ],
    }
)
# (file or folder, format, images read, answers, regions, what was not taken over)
READ: list[tuple[str, str, int, int, int, list[str]]] = [
    ("cvat/for_images_task", "cvat", 2, 2, 4, ["'' is not a label", "lines that are not closed"]),
    ("labelme/bbox_detection/data_annotated", "labelme", 3, 3, 9, []),
    ("labelme/classification/data_annotated", "labelme", 2, 2, 0, []),
    ("labelme/primitives", "labelme", 1, 4, 6, ["lines are not read", "lines are not read"]),
    ("datumaro/datumaro_dataset/legacy", "datumaro", 4, 3, 0, ["attributes of a whole image are not read"] * 3),
]
# Label Studio's own files come without their images; the tasks say how large these are.
TASKS: list[tuple[str, int, int, int]] = [
    ("test_export_coco/data.json", 1, 3, 4),
    ("test_export_yolo/data.json", 2, 3, 6),
    ("test_export_yolo/data_polygons.json", 1, 1, 1),
    ("test_export_json_min/data.json", 1, 1, 1),
    ("test_export_csv/csv_test.json", 2, 2, 3),
]


def _regions(batch: ImportBatch) -> int:
    values = [json.loads(one["value"]) for one in batch.labels.to_pylist()]
    return sum(len(found) for value in values for key, found in value.items() if key not in ("label", "labels"))


@pytest.mark.parametrize(("name", "format", "images", "answers", "regions", "lost"), READ)
def test_sample_files_are_accounted_for_shape_by_shape(
    shared_data: Path, name: str, format: str, images: int, answers: int, regions: int, lost: list[str]
) -> None:
    batch = read_file(shared_data / "fixtures" / name, SCHEMA, ANNA)
    assert (batch.format, batch.read, batch.items.num_rows) == (format, images, images)
    assert (batch.labels.num_rows, _regions(batch)) == (answers, regions)
    reasons = sorted(one["reason"] for one in batch.dropped.to_pylist())
    assert all(said in reason for said, reason in zip(sorted(lost), reasons, strict=True))


@pytest.mark.parametrize(("name", "images", "answers", "regions"), TASKS)
def test_tasks_of_label_studio_are_read_with_images_of_their_size(
    shared_data: Path, tmp_path: Path, name: str, images: int, answers: int, regions: int
) -> None:
    path = _with_images(shared_data / "fixtures/label_studio" / name, tmp_path)
    batch = read_file(path, SCHEMA, ANNA)
    assert (batch.read, batch.items.num_rows) == (images, images)
    assert (batch.labels.num_rows, _regions(batch)) == (answers, regions)
    assert batch.dropped.num_rows == 0


def test_without_their_images_tasks_are_rejects_with_that_reason(shared_data: Path) -> None:
    batch = read_file(shared_data / "fixtures/label_studio/test_export_coco/data.json", SCHEMA, ANNA)
    assert batch.rejects["reason"].to_pylist() == ["its image was not found beside the file"]


def test_a_schema_is_suggested_for_image_tasks(shared_data: Path) -> None:
    schema = suggest_schema(shared_data / "fixtures/label_studio/test_export_coco/data.json")
    assert schema.item == "image"
    assert {spec.kind for spec in schema.fields} == {"boxes", "polygons", "keypoints"}


def _with_images(source: Path, folder: Path) -> Path:
    path = folder / "tasks.json"
    shutil.copy(source, path)
    for task in json.loads(source.read_text(encoding="utf-8")):
        results = [one for said in task["annotations"] for one in said["result"]]
        size = next((one["original_width"], one["original_height"]) for one in results if "original_width" in one)
        name = task["data"]["image"].rpartition("/")[2]
        Image.new("RGB", size).save(folder / (name if "." in name else f"{name}.png"))
    return path


def _items(batch: ImportBatch, schema: LabelSchema) -> list[ExportItem]:
    """The items as a project would hand them to an export, their images where they were found."""
    media = dict(zip(batch.items["row"].to_pylist(), batch.items["media"].to_pylist(), strict=True))
    found = []
    for one in exported(batch, schema):
        cell = json.loads(media[one.item.item_id])
        place = cell.pop("source")
        item: Item = replace(one.item, media=Media(**(cell | {"place": place})))
        found.append(ExportItem(item, one.fields))
    return found


def _said(batch: ImportBatch) -> dict[tuple[str, str], str]:
    keys = dict(zip(batch.items["row"].to_pylist(), batch.items["text"].to_pylist(), strict=True))
    return {(keys[one["row"]], one["field"]): comparable(json.loads(one["value"])) for one in batch.labels.to_pylist()}


def _through(format: str, batch: ImportBatch, schema: LabelSchema, target: Path, most: int = 1000) -> ImportBatch:
    items = _items(batch, schema)[:most]
    report = write_export(format, items, schema, target, ExportOptions(keep_undecided=True))
    assert (report.written, report.losses) == (len(items), ())
    return read_file(target, schema, ImportOptions(format=format, annotator="anna"))


@pytest.mark.parametrize("name", [name for name, *_ in READ])
@pytest.mark.parametrize("format", ["cvat", "labelme", "datumaro", "label_studio"])
def test_sample_files_come_back_from_every_format(shared_data: Path, tmp_path: Path, name: str, format: str) -> None:
    batch = read_file(shared_data / "fixtures" / name, SCHEMA, ANNA)
    target = tmp_path / ("out.json" if format == "label_studio" else "out")
    back = _through(format, batch, SCHEMA, target)
    assert _said(back) == _said(batch)
    assert (back.rejects.num_rows, back.dropped.num_rows) == (0, 0)


@pytest.mark.parametrize("format", ["cvat", "labelme", "datumaro", "label_studio", "coco"])
def test_what_an_export_wrote_is_recognised_without_a_name(shared_data: Path, tmp_path: Path, format: str) -> None:
    batch = read_file(shared_data / "fixtures/labelme/bbox_detection/data_annotated", SCHEMA, ANNA)
    target = tmp_path / ("out.json" if format == "label_studio" else "out")
    _through(format, batch, SCHEMA, target)
    assert read_file(target, SCHEMA, ANNA).format == format


@pytest.mark.slow
@pytest.mark.parametrize("format", ["cvat", "labelme", "datumaro", "label_studio"])
@pytest.mark.parametrize("kind", ["boxes", "masks", "polygons"])
def test_coco_comes_back_through_every_format(shared_data: Path, tmp_path: Path, format: str, kind: str) -> None:
    """50 photographs, 400 objects: COCO → format → COCO is the same. Outlines of a fifth of them, for time."""
    path = shared_data / "images/coco/instances.json"
    schema = _as_kind(suggest_schema(path), kind)
    first = read_file(path, schema, ANNA)
    assert first.items.num_rows == 50
    target = tmp_path / ("out.json" if format == "label_studio" else "out")
    there = _through(format, first, schema, target, 10 if kind == "polygons" else 50)
    back = _through("coco", there, schema, tmp_path / "coco")
    kept = set(there.items["text"].to_pylist())
    assert _said(back) == {place: value for place, value in _said(first).items() if place[0] in kept}
    assert len(_said(back)) >= 10
    if kind == "polygons":
        assert any("holes" in said for said in losses(format, schema))


def _as_kind(schema: LabelSchema, kind: str) -> LabelSchema:
    plain: dict[str, Any] = schema.model_dump(by_alias=True, mode="json")
    plain["fields"] = [{**one, "id": "objects", "kind": kind} for one in plain["fields"]]
    return LabelSchema.model_validate(plain)
