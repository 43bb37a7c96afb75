"""Label Studio tasks about images: where the image is, what shapes say, what was said about single regions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import numpy as np
import pytest
from PIL import Image

from tests.exchange.image_roundtrip import placed, schema_of
from tools.errors import InputError
from tools.exchange.batch import ImportBatch
from tools.exchange.export import ExportDecision, ExportField, ExportItem, ExportProposal
from tools.exchange.formats.label_studio.images import path_of, shown_name
from tools.exchange.options import ExportOptions, ImportOptions
from tools.exchange.pictures.brush import encode_brush
from tools.exchange.reading import read_file
from tools.exchange.writing import losses, write_export
from tools.geometry.masks import decode
from tools.records import Item, to_json
from tools.schema import LabelSchema

SCHEMA = schema_of("boxes", "polygons", "masks", "points", "scene", "note", "stars")
SIZE = {"original_width": 20, "original_height": 10, "image_rotation": 0}


def _result(kind: str, name: str, region: str = "", **value: Any) -> dict[str, Any]:
    own = {"id": region} if region else {}
    return {"type": kind, "from_name": name, "to_name": "image", "value": value, **SIZE, **own}


def _import(
    folder: Path, *results: dict[str, Any], image: str = "a.png", schema: LabelSchema = SCHEMA, **task: Any
) -> ImportBatch:
    Image.new("RGB", (20, 10)).save(folder / "a.png")
    said = {"id": 5, "completed_by": {"email": "bo@example.com"}, "result": list(results)}
    whole = {"id": 1, "data": {"image": image}, "annotations": [said] if results else [], "predictions": [], **task}
    path = folder / "tasks.json"
    path.write_text(json.dumps([whole]), encoding="utf-8")
    return read_file(path, schema, ImportOptions(annotator="declared"))


def _values(batch: ImportBatch, table: str = "labels") -> dict[str, Any]:
    return {one["field"]: json.loads(one["value"]) for one in getattr(batch, table).to_pylist()}


def _reasons(batch: ImportBatch) -> list[str]:
    return [one["reason"] for one in batch.dropped.to_pylist()]


def test_every_shape_becomes_a_region(tmp_path: Path) -> None:
    mask = np.zeros((10, 20), bool)
    mask[2:5, 3:9] = True
    batch = _import(
        tmp_path,
        _result("rectanglelabels", "objects", "a", x=5, y=10, width=50, height=40, rotation=0, rectanglelabels=["car"]),
        _result("polygonlabels", "outlines", "b", points=[[0, 0], [50, 0], [0, 100]], polygonlabels=["car"]),
        _result("brushlabels", "areas", "c", format="rle", rle=encode_brush(mask), brushlabels=["car"]),
        _result("keypointlabels", "spots", "d", x=25, y=50, width=1, keypointlabels=["car"]),
        _result("choices", "scene", choices=["street"]),
        _result("textarea", "note", text=["fine"]),
        _result("rating", "stars", rating=4),
    )
    values = _values(batch)
    areas = values.pop("areas")["masks"][0]
    assert (decode(areas["counts"], (10, 20)) == mask).all()
    assert values == {
        "objects": {"boxes": [{"id": "a", "label": "car", "box": [1, 1, 11, 5]}]},
        "outlines": {"polygons": [{"id": "b", "label": "car", "parts": [[[[0, 0], [10, 0], [0, 10]]]]}]},
        "spots": {"keypoints": [{"id": "d", "label": "car", "points": [[5, 5, 2]]}]},
        "scene": {"label": "street"},
        "note": {"text": "fine"},
        "stars": {"rating": 4},
    }
    assert set(batch.labels["annotator"].to_pylist()) == {"bo@example.com"}


def test_a_rectangle_is_turned_about_its_corner_in_pixels(tmp_path: Path) -> None:
    turned = _result("rectanglelabels", "objects", "a", x=50, y=10, width=20, height=20, rotation=90,
                     rectanglelabels=["car"])  # fmt: skip
    # The corner (10, 1) stays: 4 wide and 2 high, a quarter clockwise, reaches from x 8 to 10 and y 1 to 5.
    assert _values(_import(tmp_path, turned)) == {
        "objects": {"boxes": [{"id": "a", "label": "car", "box": [7, 2, 11, 4], "angle": 90}]}
    }


def test_an_ellipse_is_a_polygon_and_that_is_said(tmp_path: Path) -> None:
    shape = _result("ellipselabels", "outlines", "e", x=50, y=50, radiusX=20, radiusY=20, ellipselabels=["car"])
    batch = _import(tmp_path, shape)
    points = np.array(_values(batch)["outlines"]["polygons"][0]["parts"][0][0])
    assert np.hypot((points[:, 0] - 10) / 4, (points[:, 1] - 5) / 2) == pytest.approx(1, abs=0.01)
    assert "a quarter of a pixel" in " ".join(batch.notes)


def test_shape_and_label_may_stand_in_two_results_of_one_id(tmp_path: Path) -> None:
    batch = _import(
        tmp_path,
        _result("rectangle", "rect", "a", x=0, y=0, width=50, height=50),
        _result("labels", "objects", "a", x=0, y=0, width=50, height=50, labels=["car"]),
    )
    assert _values(batch) == {"objects": {"boxes": [{"id": "a", "label": "car", "box": [0, 0, 10, 5]}]}}


def test_what_was_said_about_one_region_is_an_attribute_of_it(tmp_path: Path) -> None:
    batch = _import(
        tmp_path,
        _result("rectanglelabels", "objects", "a", x=0, y=0, width=50, height=50, rectanglelabels=["car"]),
        _result("choices", "colour", "a", choices=["red"]),
        _result("number", "speed", "a", number=3.5),
        _result("textarea", "description", "a", text=["rusty"]),
        _result("choices", "flags", "a", choices=["occluded", "crowd"]),
    )
    assert _values(batch)["objects"]["boxes"][0]["attributes"] == {
        "colour": "red", "crowd": True, "description": "rusty", "occluded": True, "speed": 3.5,
    }  # fmt: skip
    assert _reasons(batch) == []


def test_a_shape_with_two_labels_is_two_regions(tmp_path: Path) -> None:
    shape = _result("rectanglelabels", "objects", "a", x=0, y=0, width=50, height=50, rectanglelabels=["car", "汽车"])
    found = _values(_import(tmp_path, shape))["objects"]["boxes"]
    assert [(one["id"], one["label"]) for one in found] == [("a", "car"), ("a_2", "cjk")]


def test_predictions_are_proposals_with_their_scores(tmp_path: Path) -> None:
    shape = _result("rectanglelabels", "objects", "a", x=0, y=0, width=50, height=50, rectanglelabels=["car"])
    prediction = {"id": 9, "model_version": "m1", "score": 0.7, "result": [{**shape, "score": 0.25}]}
    batch = _import(tmp_path, predictions=[prediction])
    one = batch.proposals.to_pylist()[0]
    assert (one["backend"], one["score"]) == ("m1", 0.7)
    assert json.loads(one["value"])["boxes"][0]["score"] == 0.25


def test_a_result_without_a_size_counts_in_the_image_itself(tmp_path: Path) -> None:
    shape = _result("rectanglelabels", "objects", "a", x=0, y=0, width=50, height=50, rectanglelabels=["car"])
    del shape["original_width"], shape["original_height"]
    assert _values(_import(tmp_path, shape))["objects"]["boxes"][0]["box"] == [0, 0, 10, 5]


@pytest.mark.parametrize(
    "address",
    [
        "a.png",
        "/data/upload/3/0a1b2c3d-a.png",
        "/data/upload/3/0a1b2c3d-a.png?x=1",
        "/data/local-files/?d=some/where/a.png",
        "https://example.com/bucket/a.png?sig=abc",
        "s3://bucket/folder/a.png",
        "C:\\pictures\\a.png",
        "/home/somebody/a.png",
    ],
)
def test_the_image_is_found_beside_the_file_whatever_its_address(tmp_path: Path, address: str) -> None:
    batch = _import(tmp_path, image=address)
    assert batch.items.num_rows == 1


@pytest.mark.parametrize("address", ["https://example.com/b.png", "../secret.png", "data:image/png;base64,AAAA", ""])
def test_an_image_that_is_not_beside_the_file_is_a_reject(tmp_path: Path, address: str) -> None:
    below = tmp_path / "below"
    below.mkdir()
    Image.new("RGB", (20, 10)).save(tmp_path / "secret.png")
    batch = _import(below, image=address)
    assert (batch.items.num_rows, batch.rejects.num_rows) == (0, 1)


def test_addresses_are_shown_by_their_path_or_base_name() -> None:
    assert path_of("/data/local-files/?d=a%20b/c.png") == "a b/c.png"
    assert shown_name("street/001.jpg") == "street/001.jpg"
    assert shown_name("/home/x/001.jpg") == "001.jpg"
    assert shown_name("C:\\x\\001.jpg") == "001.jpg"


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (_result("rectanglelabels", "objects", x=0, y=0, width="1", height=5, rectanglelabels=["car"]), "no numbers"),
        (_result("rectanglelabels", "objects", "a", x=0, y=0, width=9, height=5), "the region has no label"),
        (_result("polygonlabels", "outlines", "a", points=[[1]], polygonlabels=["car"]), "no numbers"),
        (_result("brushlabels", "areas", "a", format="rle", rle=[1, 2], brushlabels=["car"]), "end too early"),
        (_result("brushlabels", "areas", "a", format="png", rle=[1], brushlabels=["car"]), "not packed"),
        (_result("brushlabels", "areas", "a", format="rle", rle=encode_brush(np.eye(3, dtype=bool)),
                 brushlabels=["car"]), "another size"),
        (_result("taxonomy", "x", taxonomy=[["a"]]), "results of type 'taxonomy' are not read"),
        ({"type": "relation", "from_id": "a", "to_id": "b"}, "results of type 'relation' are not read"),
        ({**_result("rectanglelabels", "objects", "a", x=0, y=0, width=9, height=5, rectanglelabels=["car"]),
          "image_rotation": 90}, "drawn while the image was turned"),
    ],
)  # fmt: skip
def test_a_result_that_cannot_be_read_is_listed_with_its_reason(
    tmp_path: Path, result: dict[str, Any], reason: str
) -> None:
    batch = _import(tmp_path, result)
    assert batch.labels.num_rows == 0
    assert len(_reasons(batch)) == 1
    assert reason in _reasons(batch)[0]


def test_a_size_that_is_not_the_images_drops_the_regions_and_keeps_the_image(tmp_path: Path) -> None:
    shape = _result("rectanglelabels", "objects", "a", x=0, y=0, width=9, height=9, rectanglelabels=["car"])
    batch = _import(tmp_path, {**shape, "original_width": 21})
    assert (batch.items.num_rows, batch.labels.num_rows, len(_reasons(batch))) == (1, 0, 1)


def test_rows_of_the_flat_form_are_read(tmp_path: Path) -> None:
    Image.new("RGB", (20, 10)).save(tmp_path / "a.png")
    box = {"x": 0, "y": 0, "width": 50, "height": 50, "rectanglelabels": ["car"], **SIZE}
    row = {"image": "/data/upload/1/a.png", "id": 3, "objects": [box], "scene": "street", "annotator": 2}
    row |= {"annotation_id": 4, "created_at": "2024-01-01T00:00:00Z", "lead_time": 1}
    path = tmp_path / "flat.json"
    path.write_text(json.dumps([row]), encoding="utf-8")
    batch = read_file(path, SCHEMA)
    assert _values(batch)["objects"]["boxes"][0]["box"] == [0, 0, 10, 5]
    assert _values(batch)["scene"] == {"label": "street"}


def _export(folder: Path, schema: LabelSchema, fields: dict[str, Any], **options: Any) -> list[Any]:
    said = {name: [ExportDecision("bo@example.com", "edit", value, exposure="blind")] for name, value in fields.items()}
    answers = {name: ExportField(name, "agreed", value, said[name]) for name, value in fields.items()}
    items, image_file = placed([ExportItem(Item(1, "a.png", "a.png", "image"), answers)], folder)
    write_export("label_studio", items, schema, folder / "out.json", ExportOptions(**options), image_file)
    found: list[Any] = json.loads((folder / "out.json").read_text(encoding="utf-8"))
    return found


def test_every_result_has_a_control_in_the_config(tmp_path: Path) -> None:
    schema = schema_of("boxes", "polygons", "masks", "points", "pose", "scene", "note", "stars")
    region = {"id": "r1", "label": "car"}
    ring = [[1, 1], [9, 1], [9, 9]]
    fields = {
        "objects": {"boxes": [{**region, "box": [1, 1, 5, 5], "attributes": {"occluded": True, "colour": "red"}}]},
        "outlines": {"polygons": [{**region, "parts": [[ring, [[6, 2], [8, 2], [8, 4]]]]}]},
        "spots": {"keypoints": [{**region, "points": [[1, 2, 1]]}]},
        "pose": {"keypoints": [{"id": "r1", "label": "person", "points": [[1, 2, 2], [0, 0, 0], [3, 4, 1]]}]},
        "scene": {"label": "street"},
    }
    tasks = _export(tmp_path, schema, fields)
    config = fromstring((tmp_path / "out.label_config.xml").read_text(encoding="utf-8"))
    controls = {one.get("name"): one for one in config.iter() if one.get("toName") == "image"}
    for result in tasks[0]["annotations"][0]["result"]:
        control = controls[result["from_name"]]
        kind = result["type"]
        assert control.tag.lower() == kind
        known = {one.get("value") for one in control}
        assert set(result["value"].get(kind, [])) <= known or kind in ("number", "textarea")
    ids = [one["id"] for one in tasks[0]["annotations"][0]["result"] if one["type"].endswith("labels")]
    assert len(ids) == len(set(ids))


def test_the_images_lie_beside_the_file_where_label_studio_may_serve_them(tmp_path: Path) -> None:
    tasks = _export(tmp_path, schema_of("scene"), {"scene": {"label": "street"}})
    assert tasks[0]["data"]["image"] == "/data/local-files/?d=out.images/a.png"
    assert (tmp_path / "out.images" / "a.png").is_file()
    assert "LOCAL_FILES_DOCUMENT_ROOT" in " ".join(losses("label_studio", schema_of("boxes")))


def test_who_decided_and_what_they_had_seen_comes_back(tmp_path: Path) -> None:
    value = {"boxes": [{"id": "r1", "label": "car", "box": [1, 1, 5, 5]}]}
    _export(tmp_path, schema_of("boxes"), {"objects": value})
    one = read_file(tmp_path / "out.json", schema_of("boxes")).labels.to_pylist()[0]
    assert (one["annotator"], one["verdict"], one["exposure"]) == ("bo@example.com", "edit", "blind")


def test_a_turned_box_at_the_edge_comes_back_to_the_digit(tmp_path: Path) -> None:
    value = {"boxes": [{"id": "r1", "label": "car", "box": [1.15, 0.0, 26.04, 0.49], "angle": -90.0}]}
    _export(tmp_path, schema_of("boxes"), {"objects": value})
    back = read_file(tmp_path / "out.json", schema_of("boxes")).labels["value"][0].as_py()
    assert back == to_json(value)


def test_proposals_come_back_with_back_end_and_score(tmp_path: Path) -> None:
    value = {"boxes": [{"id": "r1", "label": "car", "box": [1, 1, 5, 5], "score": 0.25}]}
    proposal = ExportProposal(7, 3, value, 0.75, "uncalibrated", "hub:detector")
    answers = {"objects": ExportField("objects", "undecided", None, (), proposal)}
    items, image_file = placed([ExportItem(Item(1, "a.png", "a.png", "image"), answers)], tmp_path)
    options = ExportOptions(include_unreviewed=True)
    write_export("label_studio", items, schema_of("boxes"), tmp_path / "out.json", options, image_file)
    one = read_file(tmp_path / "out.json", schema_of("boxes")).proposals.to_pylist()[0]
    assert (one["backend"], one["score"]) == ("hub:detector", 0.75)
    assert json.loads(one["value"])["boxes"][0]["score"] == 0.25


def test_a_folder_of_somebody_else_beside_the_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "out.images").mkdir()
    (tmp_path / "out.images" / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(InputError, match="holds files which no export wrote"):
        _export(tmp_path, schema_of("scene"), {"scene": {"label": "street"}}, overwrite=True)
    assert (tmp_path / "out.images" / "thesis.txt").exists()
