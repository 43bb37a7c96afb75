"""COCO to each format and back to COCO, on real photographs: nothing is lost that the format can hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.pictures import exported, there_and_back, values_of
from tools.exchange.batch import ImportBatch
from tools.exchange.options import ImportOptions
from tools.exchange.reading import read_file
from tools.geometry.regions import box_of_region
from tools.schema import LabelSchema

pytestmark = pytest.mark.data
FORMATS = ("yolo", "voc")
# Open Images has boxes only, as its export says before it writes.
CASES = [("openimages", "boxes"), *((format, kind) for format in FORMATS for kind in ("boxes", "masks"))]


def _schema(path: Path, kind: str) -> LabelSchema:
    names = [one["name"] for one in json.loads(path.read_text())["categories"]]
    field = {"id": kind, "kind": kind, "labels": names}
    return LabelSchema.model_validate({"name": "x", "item": "image", "fields": [field]})


def _told(batch: ImportBatch, kind: str) -> list[Any]:
    """What every image says: labels and boxes, of masks also the pixels."""
    found = []
    for (key, _), value in sorted(values_of(batch).items()):
        for region in value[kind]:
            box = [round(float(edge), 1) for edge in box_of_region(region)]
            pixels = region.get("counts")
            found.append((Path(key).stem, region["label"], box, pixels))
    return sorted(found, key=str)


@pytest.mark.parametrize(("format", "kind"), CASES)
def test_coco_comes_back_through_each_format(shared_data: Path, tmp_path: Path, format: str, kind: str) -> None:
    path = shared_data / "images/coco/instances.json"
    schema = _schema(path, kind)
    batch = read_file(path, schema, ImportOptions(annotator="anna"))
    between = there_and_back(format, exported(batch), schema, tmp_path / "between")
    again = there_and_back("coco", exported(between), schema, tmp_path / "coco")
    assert (between.items.num_rows, again.items.num_rows, again.dropped.num_rows) == (50, 50, 0)
    assert _told(again, kind) == _told(batch, kind)
