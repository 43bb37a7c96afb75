"""Ours against Label Studio's own converter, which runs in an environment of its own (``make test-oracles``)."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.exchange.image_roundtrip import placed, schema_of
from tools.exchange.export import ExportDecision, ExportField, ExportItem, ExportProposal
from tools.exchange.options import ExportOptions
from tools.exchange.pictures.brush import decode_brush, encode_brush
from tools.exchange.pictures.outlines import about_corner
from tools.exchange.writing import write_export
from tools.geometry.boxes import corners_of
from tools.geometry.masks import encode
from tools.records import Item

VARIABLE = "ASSISTANT_LABEL_STUDIO_PYTHON"
PYTHON = os.environ.get(VARIABLE, "")
SCRIPT = Path(__file__).with_name("label_studio_oracle.py")
pytestmark = pytest.mark.skipif(
    not PYTHON, reason=f"{VARIABLE} names no Python with label-studio-sdk: `make test-oracles` makes one and runs this"
)


def _ask(**questions: Any) -> dict[str, Any]:
    # -I: the script's own folder must not shadow a package of that environment.
    asked = subprocess.run(
        [PYTHON, "-I", str(SCRIPT)], input=json.dumps(questions), capture_output=True, text=True, check=False
    )
    assert asked.returncode == 0, asked.stderr[-2000:]
    found: dict[str, Any] = json.loads(asked.stdout.splitlines()[-1])
    return found


def _masks() -> list[Any]:
    rng = np.random.default_rng(1)
    noise = [rng.random((h, w)) < share for h, w in ((7, 5), (40, 61), (1, 300)) for share in (0.02, 0.5, 0.97)]
    whole = np.ones((150, 200), bool)
    return [*noise, whole, ~whole, np.tri(33, 70, dtype=bool)]


def test_brush_strokes_of_ours_are_read_by_label_studio() -> None:
    strokes = [{"rle": encode_brush(mask), "size": mask.shape} for mask in _masks()]
    assert _ask(decode=strokes)["decode"] == [mask.astype(int).ravel().tolist() for mask in _masks()]


def test_brush_strokes_of_label_studio_are_read_by_us() -> None:
    found = _ask(encode=[{"pixels": mask.astype(int).ravel().tolist()} for mask in _masks()])["encode"]
    for mask, strokes in zip(_masks(), found, strict=True):
        assert (decode_brush(strokes, mask.shape) == mask).all()


def test_turned_rectangles_have_the_same_corners() -> None:
    boxes = [([10.0, 20.0, 50.0, 30.0], angle) for angle in (0.0, 30.0, -45.5, 90.0, 179.0, -120.25)]
    asked = []
    for box, angle in boxes:
        x, y, width, height, turned = about_corner(box, angle)
        value = {"x": x / 3, "y": y / 2, "width": width / 3, "height": height / 2, "rotation": turned}
        asked.append({**value, "original_width": 300, "original_height": 200})
    for (box, angle), found in zip(boxes, _ask(corners=asked)["corners"], strict=True):
        assert np.array(found) == pytest.approx(np.array(corners_of(box, angle)), abs=1e-6)


def _exported(folder: Path, fields: dict[str, Any], *kinds: str) -> dict[str, Any]:
    """Tasks and config of an export, each value once by a person and once by a model."""
    schema = schema_of(*kinds)
    answers = {}
    for name, value in fields.items():
        proposal = ExportProposal(1, 1, value, 0.5, "uncalibrated", "builtin:x")
        answers[name] = ExportField(name, "agreed", value, [ExportDecision("bo", "choose", value)], proposal)
    items, image_file = placed([ExportItem(Item(1, "a.png", "a.png", "image"), answers)], folder)
    write_export("label_studio", items, schema, folder / "out.json", ExportOptions(), image_file)
    return {
        "config": (folder / "out.label_config.xml").read_text(encoding="utf-8"),
        "tasks": json.loads((folder / "out.json").read_text(encoding="utf-8")),
    }


RING = [[1, 1], [9.5, 1], [9, 9]]
REGION = {"id": "r1", "label": "car"}
MASK = np.tri(30, 40, dtype=bool)


def test_label_studios_own_checks_accept_what_is_written(tmp_path: Path) -> None:
    noted = {"occluded": True, "colour": "red", "speed": 2.5, "description": "old"}
    fields = {
        "objects": {"boxes": [{**REGION, "box": [1, 1, 5, 5], "angle": 30.0, "attributes": noted}]},
        "outlines": {"polygons": [{**REGION, "parts": [[RING, [[6, 2], [8, 2], [8, 4]]]]}]},
        "areas": {"masks": [{**REGION, "size": [30, 40], "counts": encode(MASK)}]},
        "spots": {"keypoints": [{**REGION, "points": [[1, 2, 1]]}]},
        "pose": {"keypoints": [{"id": "r1", "label": "person", "points": [[1, 2, 2], [0, 0, 0], [3, 4, 1]]}]},
        "scene": {"label": "street"},
        "weather": {"labels": ["wet", "dark"]},
        "note": {"text": "a <b> & c"},
        "stars": {"rating": 3},
    }
    kinds = ("boxes", "polygons", "masks", "points", "pose", "scene", "weather", "note", "stars")
    assert _ask(problems=_exported(tmp_path, fields, *kinds))["problems"] == []


def test_label_studios_checks_find_a_label_that_is_not_in_the_config(tmp_path: Path) -> None:
    given = _exported(tmp_path, {"objects": {"boxes": [{**REGION, "box": [1, 1, 5, 5]}]}}, "boxes")
    result = given["tasks"][0]["annotations"][0]["result"][0]
    result["value"]["rectanglelabels"] = ["bus"]
    assert len(_ask(problems=given)["problems"]) == 1


def test_its_coco_has_our_boxes_and_polygons(tmp_path: Path) -> None:
    fields = {
        "objects": {"boxes": [{**REGION, "box": [1.25, 1, 5, 7.5]}]},
        "outlines": {"polygons": [{**REGION, "parts": [[RING]]}]},
    }
    found = _ask(coco=_exported(tmp_path, fields, "boxes", "polygons"))["coco"]["annotations"]
    assert found[0]["bbox"] == pytest.approx([1.25, 1, 3.75, 6.5])
    assert found[1]["segmentation"][0] == pytest.approx([number for point in RING for number in point])
