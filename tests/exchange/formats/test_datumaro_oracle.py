"""What we write as CVAT's XML and as Datumaro's JSON, read by Datumaro itself (``make test-oracles``)."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.image_roundtrip import HEIGHT, REGIONS, WIDTH, placed, schema_of
from tools.exchange.export import ExportDecision, ExportField, ExportItem
from tools.exchange.options import ExportOptions
from tools.exchange.writing import write_export
from tools.geometry.masks import decode
from tools.records import Item

VARIABLE = "ASSISTANT_DATUMARO_PYTHON"
PYTHON = os.environ.get(VARIABLE, "")
SCRIPT = Path(__file__).with_name("datumaro_oracle.py")
pytestmark = pytest.mark.skipif(
    not PYTHON, reason=f"{VARIABLE} names no Python with datumaro: `make test-oracles` makes one and runs this"
)


def _read(folder: Path, format: str, fields: dict[str, Any], *kinds: str) -> list[list[Any]]:
    answers = {
        name: ExportField(name, "agreed", value, [ExportDecision("bo", "choose", value)])
        for name, value in fields.items()
    }
    items, image_file = placed([ExportItem(Item(1, "a.png", "a.png", "image"), answers)], folder)
    write_export(format, items, schema_of(*kinds), folder / "out", ExportOptions(), image_file)
    asked = subprocess.run(
        [PYTHON, "-I", str(SCRIPT), str(folder / "out"), format], capture_output=True, text=True, check=False
    )
    assert asked.returncode == 0, asked.stderr[-2000:]
    found: list[list[Any]] = json.loads(asked.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("format", ["cvat", "datumaro"])
def test_datumaro_reads_our_boxes_polygons_masks_points_and_labels(tmp_path: Path, format: str) -> None:
    outline = {"polygons": [{"id": "r1", "label": "car", "parts": [[[[1, 1], [9, 1], [9, 9]]]]}]}
    upright = {"boxes": [{"id": "r1", "label": "car", "box": [1, 1, 5, 7], "attributes": {"colour": "red"}}]}
    fields = {"objects": upright, "outlines": outline, "scene": {"label": "street"}}
    fields |= {name: REGIONS[name] for name in ("areas", "spots")}
    found = _read(tmp_path, format, fields, "boxes", "polygons", "masks", "points", "scene")
    by_kind = {one[1]: one for one in found}
    assert set(by_kind) == {"bbox", "polygon", "mask", "points", "label"}
    assert by_kind["bbox"][2:4] == ["car", [1, 1, 4, 6]]
    assert by_kind["bbox"][5]["colour"] == "red"
    assert by_kind["polygon"][3] == [1, 1, 8, 8]
    mask = decode(REGIONS["areas"]["masks"][0]["counts"], (HEIGHT, WIDTH))
    assert by_kind["mask"][4] == mask.sum()
    assert by_kind["label"][2] == "street"
