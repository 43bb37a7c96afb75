"""LabelMe files: shapes, groups, flags, images inside the file, and what is not read."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.exchange.image_roundtrip import schema_of
from tools.exchange.batch import ImportBatch
from tools.exchange.options import ImportOptions
from tools.exchange.pictures.mask_picture import encode_picture
from tools.exchange.reading import read_file
from tools.exchange.writing import losses
from tools.geometry.masks import decode
from tools.schema import LabelSchema

SCHEMA = schema_of("boxes", "polygons", "masks", "pose", "scene")


def _shape(kind: str, points: Any, label: str = "car", **more: Any) -> dict[str, Any]:
    return {"label": label, "shape_type": kind, "points": points, "group_id": None, "flags": {}, **more}


def _record(*shapes: dict[str, Any], **more: Any) -> dict[str, Any]:
    size = {"imageHeight": 10, "imageWidth": 20}
    return {
        "version": "5.5.0",
        "flags": {},
        "shapes": list(shapes),
        "imagePath": "a.png",
        "imageData": None,
        **size,
        **more,
    }


def _import(
    folder: Path, record: Any, schema: LabelSchema = SCHEMA, has_image: bool = True, **options: Any
) -> ImportBatch:
    if has_image:
        Image.new("RGB", (20, 10)).save(folder / "a.png")
    path = folder / "a.json"
    path.write_text(record if isinstance(record, str) else json.dumps(record), encoding="utf-8")
    return read_file(path, schema, ImportOptions(format="labelme", annotator="anna", **options))


def _regions(batch: ImportBatch) -> list[dict[str, Any]]:
    values = [json.loads(one["value"]) for one in batch.labels.to_pylist()]
    return [region for value in values for region in next(iter(value.values()))]


def _reasons(batch: ImportBatch) -> list[str]:
    return [one["reason"] for one in batch.dropped.to_pylist()]


def test_a_rectangle_has_two_corners_in_any_order(tmp_path: Path) -> None:
    batch = _import(tmp_path, _record(_shape("rectangle", [[9, 8], [2.5, 1]])))
    assert [one["box"] for one in _regions(batch)] == [[2.5, 1, 9, 8]]


def test_a_circle_is_its_centre_and_a_point_on_it(tmp_path: Path) -> None:
    batch = _import(tmp_path, _record(_shape("circle", [[10, 5], [10, 8]])))
    points = np.array(_regions(batch)[0]["parts"][0][0])
    assert np.hypot(points[:, 0] - 10, points[:, 1] - 5) == pytest.approx(3, abs=0.01)
    assert "a quarter of a pixel" in batch.notes[0]


def test_a_mask_lies_with_its_first_pixel_at_its_first_point(tmp_path: Path) -> None:
    picture = encode_picture(np.array([[1, 0, 1], [0, 1, 0]], bool))
    batch = _import(tmp_path, _record(_shape("mask", [[4, 3], [6, 4]], mask=picture)))
    found = decode(_regions(batch)[0]["counts"], (10, 20))
    assert sorted(map(tuple, zip(*found.nonzero(), strict=True))) == [(3, 4), (3, 6), (4, 5)]


def test_a_mask_over_the_edge_is_cut_there(tmp_path: Path) -> None:
    picture = encode_picture(np.ones((4, 4), bool))
    batch = _import(tmp_path, _record(_shape("mask", [[-2, 8], [1, 11]], mask=picture)))
    assert decode(_regions(batch)[0]["counts"], (10, 20)).sum() == 4


def test_polygons_of_one_group_are_the_parts_of_one_object(tmp_path: Path) -> None:
    shapes = [_shape("polygon", [[x, 0], [x + 3, 0], [x, 4]], group_id=5) for x in (0, 8)]
    assert [len(one["parts"]) for one in _regions(_import(tmp_path, _record(*shapes)))] == [2]


def test_points_of_a_group_are_the_points_of_the_object_in_it(tmp_path: Path) -> None:
    shapes = [
        _shape("rectangle", [[1, 1], [9, 9]], "person", group_id=1),
        _shape("point", [[4, 4]], "left eye", group_id=1, flags={"occluded": True}),
        _shape("point", [[2, 2]], "nose", group_id=1),
    ]
    batch = _import(tmp_path, _record(*shapes), schema_of("pose"))
    assert _regions(batch) == [{"id": "r1", "label": "person", "points": [[2, 2, 2], [4, 4, 1], [0, 0, 0]]}]


def test_flags_that_are_on_are_labels_of_the_image(tmp_path: Path) -> None:
    batch = _import(tmp_path, _record(flags={"street": True, "In & out": False}))
    assert [json.loads(one) for one in batch.labels["value"].to_pylist()] == [{"label": "street"}]
    assert _import(tmp_path, _record(flags={"street": False})).labels.num_rows == 0


def test_a_file_that_is_to_be_ignored_is_a_skip(tmp_path: Path) -> None:
    batch = _import(tmp_path, _record(flags={"__ignore__": True}), schema_of("scene"))
    assert batch.labels["verdict"].to_pylist() == ["skip"]


def test_descriptions_and_flags_of_a_shape_are_attributes(tmp_path: Path) -> None:
    shape = _shape("rectangle", [[1, 1], [9, 9]], description="rusty", flags={"occluded": True, "crowd": False})
    assert _regions(_import(tmp_path, _record(shape)))[0]["attributes"] == {"description": "rusty", "occluded": True}


def test_an_image_inside_the_file_is_used_only_where_there_is_none_beside(tmp_path: Path) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (20, 10), "red").save(stream, "PNG")
    record = _record(imageData=base64.b64encode(stream.getvalue()).decode())
    alone = _import(tmp_path, record, has_image=False)
    assert "taken from inside them" in alone.notes[0]
    beside = _import(tmp_path, record)
    digests = [json.loads(one.items["media"][0].as_py())["digest"] for one in (alone, beside)]
    assert digests[0] != digests[1]
    assert beside.notes == ()


@pytest.mark.parametrize("inside", ["", "%%%", base64.b64encode(b"GIF89a, not really").decode()])
def test_a_broken_image_inside_the_file_is_one_reason(tmp_path: Path, inside: str) -> None:
    batch = _import(tmp_path, _record(imageData=inside), has_image=False)
    assert (batch.items.num_rows, batch.rejects.num_rows) == (0, 1)


def test_a_path_that_leads_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    Image.new("RGB", (20, 10)).save(tmp_path / "secret.png")
    batch = _import(tmp_path / "in", _record(imagePath="../secret.png"), has_image=False)
    assert batch.rejects["reason"].to_pylist() == ["its image was not found beside the file"]


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (_shape("line", [[1, 1], [2, 2]]), "lines are not read"),
        (_shape("linestrip", [[1, 1], [2, 2]]), "lines are not read"),
        (_shape("blob", [[1, 1]]), "shapes of type 'blob' are not read"),
        (_shape("rectangle", [[1, 1]]), "its points are no points"),
        (_shape("polygon", [[1, "a"], [2, 2], [3, 3]]), "its points are no points"),
        (_shape("polygon", None), "its points are no points"),
        (_shape("mask", [[1, 1], [2, 2]]), "its mask is no PNG picture in base64"),
        (_shape("mask", [[1, 1], [2, 2]], mask=encode_picture(np.ones((99, 9), bool))), "its mask is larger"),
        (_shape("rectangle", [[1, 1], [1, 9]]), "the region has no area"),
        (_shape("rectangle", [[1, 1], [5, 9]], "bus"), "'bus' is not a label of 'objects'"),
    ],
)
def test_a_shape_that_cannot_be_read_is_listed_with_its_reason(tmp_path: Path, shape: Any, reason: str) -> None:
    batch = _import(tmp_path, _record(shape))
    assert batch.labels.num_rows == 0
    assert len(_reasons(batch)) == 1
    assert reason in _reasons(batch)[0]


def test_every_file_of_a_folder_is_accounted_for(tmp_path: Path) -> None:
    Image.new("RGB", (20, 10)).save(tmp_path / "a.png")
    for name, text in (("a", json.dumps(_record())), ("b", "{"), ("c", '{"shapes": 1}'), ("d", "[1]")):
        (tmp_path / f"{name}.json").write_text(text, encoding="utf-8")
    batch = read_file(tmp_path, SCHEMA, ImportOptions(annotator="anna"))
    assert (batch.format, batch.read, batch.items.num_rows, batch.rejects.num_rows) == ("labelme", 4, 1, 3)


def test_what_the_format_loses_is_said_before() -> None:
    said = " ".join(losses("labelme", schema_of("boxes", "polygons", "pose", "scene", "note")))
    for part in ("note", "Turned boxes", "holes are written as masks", "several points", "not flags"):
        assert part in said
