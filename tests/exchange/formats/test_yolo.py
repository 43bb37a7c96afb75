"""YOLO: three kinds of lines, class lists in their order, and what an empty file says."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.exchange.pictures import (
    HEIGHT,
    QUICK,
    WIDTH,
    Drawn,
    drawn,
    exported,
    made,
    picture,
    schema_of,
    there_and_back,
    told,
    values_of,
)
from tools.errors import FormatRefused
from tools.exchange.batch import ImportBatch
from tools.exchange.export import ExportField, ExportItem, ExportProposal
from tools.exchange.formats.yolo.write import one_ring
from tools.exchange.options import ExportOptions, ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.suggest import suggest_schema
from tools.exchange.writing import losses, write_export
from tools.geometry.boxes import corners_of
from tools.geometry.polygons import rasterise
from tools.schema import LabelSchema
from tools.values import comparable

BOXES = schema_of("boxes")
ANNA = ImportOptions(annotator="anna")


def _folder(root: Path, lines: str | None, names: str = "names: [car, Traffic light]\n", stem: str = "a") -> Path:
    root.mkdir(exist_ok=True)
    picture(root / "images" / "train" / f"{stem}.jpg")
    (root / "data.yaml").write_text(names)
    labels = root / "labels" / "train"
    labels.mkdir(parents=True, exist_ok=True)
    if lines is not None:
        (labels / f"{stem}.txt").write_text(lines)
    return root


def _read(root: Path, schema: LabelSchema = BOXES) -> ImportBatch:
    return read_file(root, schema, ANNA)


def _one(batch: ImportBatch, kind: str = "boxes") -> Any:
    return json.loads(batch.labels["value"][0].as_py())[kind]


def test_a_line_of_four_shares_is_a_box_around_its_centre(tmp_path: Path) -> None:
    (region,) = _one(_read(_folder(tmp_path, "1 0.5 0.5 0.25 0.5\n")))
    assert region == {"id": "1", "label": "traffic_light", "box": [9.0, 4.5, 15.0, 13.5]}


def test_no_file_is_no_answer_and_an_empty_file_is_the_answer_that_there_is_nothing(tmp_path: Path) -> None:
    _folder(tmp_path, None, stem="a")
    batch = _read(_folder(tmp_path, "", stem="b"))
    assert batch.items["text"].to_pylist() == ["a.jpg", "b.jpg"]
    assert values_of(batch) == {("b.jpg", "boxes"): {"boxes": []}}


@pytest.mark.parametrize(
    "names", ["names: {1: car, 0: a/b}\n", "names: [a/b, car]\n", "names:\n  '0': a/b\n  '1': car\n"]
)
def test_classes_are_numbered_as_the_file_says(tmp_path: Path, names: str) -> None:
    assert _one(_read(_folder(tmp_path, "1 0.5 0.5 0.25 0.5\n", names)))[0]["label"] == "car"


def test_a_class_may_be_called_no(tmp_path: Path) -> None:
    batch = _read(_folder(tmp_path, "0 0.5 0.5 0.25 0.5\n", "names: [no, 1.0]\n"))
    assert batch.dropped["reason"].to_pylist() == ["'no' is not a label of 'boxes'"]


def test_a_label_file_that_is_a_link_out_of_the_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("0 0.5 0.5 0.25 0.5 secret\n")
    root = _folder(tmp_path / "in", None)
    (root / "labels/train/a.txt").symlink_to(tmp_path / "secret")
    (root / "labels/train/b.txt").write_text("")
    batch = _read(root)
    assert (batch.labels.num_rows, batch.dropped.num_rows) == (0, 0)


@pytest.mark.parametrize("listed", ["classes.txt", "obj.names"])
def test_lists_of_names_are_read_too(tmp_path: Path, listed: str) -> None:
    _folder(tmp_path, "1 0.5 0.5 0.25 0.5\n")
    (tmp_path / "data.yaml").unlink()
    (tmp_path / listed).write_text("zebra\ncar\n\n")
    assert _one(_read(tmp_path))[0]["label"] == "car"


def test_two_lists_that_differ_are_refused(tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_text("car\n")
    with pytest.raises(FormatRefused, match="several lists of class names"):
        _read(_folder(tmp_path, "0 0.5 0.5 0.25 0.5\n"))


def test_lines_that_are_none_are_listed_and_the_others_taken(tmp_path: Path) -> None:
    lines = "x 1 2 3 4\n0 0.5 0.5\n0 12 13 4 5\n7 0.5 0.5 0.1 0.1\n0 0.5 0.5 nan 1\n0 0.5 0.5 0.25 0.5\n"
    batch = _read(_folder(tmp_path, lines))
    assert sorted(set(batch.dropped["reason"].to_pylist())) == [
        "the class number is not in the list of names",
        "the line has no form of YOLO: 4 numbers are a box, 8 a turned one, 6 and more in pairs an outline",
        "the line is not a class number and shares of the image",
        "the numbers are not shares of the image's width and height",
    ]
    assert (batch.dropped.num_rows, [one["id"] for one in _one(batch)]) == (5, ["6"])


def test_a_box_over_the_edge_is_cut_and_counted(tmp_path: Path) -> None:
    batch = _read(_folder(tmp_path, "0 0 0.5 0.5 0.5\n"))
    assert _one(batch)[0]["box"] == [0.0, 4.5, 6.0, 13.5]
    assert any(note.startswith("Regions that reached beyond") for note in batch.notes)


def test_a_number_at_the_end_is_a_confidence_and_the_line_a_proposal(tmp_path: Path) -> None:
    batch = _read(_folder(tmp_path, "0 0.5 0.5 0.25 0.5 0.75\n1 0.5 0.5 0.25 0.5 0.5\n"))
    (proposal,) = batch.proposals.to_pylist()
    assert (batch.labels.num_rows, proposal["score"]) == (0, 0.5)
    assert [one["score"] for one in json.loads(proposal["value"])["boxes"]] == [0.75, 0.5]


def test_eight_shares_are_a_turned_box_where_nothing_says_otherwise(tmp_path: Path) -> None:
    turned = schema_of("boxes", rotated=True)
    points = np.array([[12, 3], [18, 9], [12, 15], [6, 9]]) / [WIDTH, HEIGHT]
    folder = _folder(tmp_path, f"0 {' '.join(map(str, points.ravel()))}\n")
    (region,) = _one(_read(folder, turned))
    assert (region["angle"], region["box"]) == (45.0, [7.76, 4.76, 16.24, 13.24])
    assert len(_one(_read(folder, schema_of("polygons")), "polygons")[0]["parts"][0][0]) == 4


def test_key_points_stand_behind_the_box_where_the_file_announces_them(tmp_path: Path) -> None:
    line = "0 0.5 0.5 0.5 0.5 0.5 0.5 2 0.25 0.25 1 0 0 0\n"
    folder = _folder(tmp_path, line + "0 0.5 0.5 0.5 0.5\n", "names: [car]\nkpt_shape: [3, 3]\n")
    batch = _read(folder, schema_of("boxes", "keypoints"))
    (points,) = values_of(batch)["a.jpg", "keypoints"]["keypoints"]
    assert points["points"] == [[12.0, 9.0, 2], [6.0, 4.5, 1], [0.0, 0.0, 0]]
    assert values_of(batch)["a.jpg", "boxes"]["boxes"][0]["box"] == [6.0, 4.5, 18.0, 13.5]
    assert batch.dropped.num_rows == 1 and "kpt_shape" in batch.dropped["reason"].to_pylist()[0]


def test_labels_without_their_image_are_rejected_by_name(tmp_path: Path) -> None:
    _folder(tmp_path, "0 0.5 0.5 0.25 0.5\n")
    (tmp_path / "labels/train/z.txt").write_text("0 0.5 0.5 0.25 0.5\n")
    (tmp_path / "README.txt").write_text("hello\n")
    batch = _read(tmp_path)
    assert batch.rejects.to_pylist() == [
        {"row": 2, "reason": "its image was not found beside the file", "excerpt": "labels/train/z.txt"}
    ]


def _same(found: list[Drawn], schema: LabelSchema, **options: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        items = made(Path(folder) / "in", found)
        batch = there_and_back("yolo", items, schema, Path(folder) / "out", **options)
    before = {key: comparable(value) for key, value in told(_unlike_stems(found)).items()}
    assert {key: comparable(value) for key, value in values_of(batch).items()} == before
    assert sorted(batch.items["key"].to_pylist()) == sorted(one.name for one in _unlike_stems(found))


def _unlike_stems(found: list[Drawn]) -> list[Drawn]:
    """Pictures whose names are not a matter of their extension only."""
    return list({Path(one.name).with_suffix("").as_posix(): one for one in found}.values())


@QUICK
@given(drawn(BOXES).map(_unlike_stems), st.sampled_from(("", "train=0.5,val=0.5")))
def test_boxes_come_back(found: list[Drawn], splits: str) -> None:
    _same(found, BOXES, splits=splits)


@QUICK
@given(drawn(schema_of("masks")).map(_unlike_stems))
def test_masks_come_back_pixel_by_pixel(found: list[Drawn]) -> None:
    _same(found, schema_of("masks"))


@QUICK
@given(drawn(schema_of("polygons"), holes=False).map(_unlike_stems))
def test_polygons_come_back_as_the_same_pixels(found: list[Drawn]) -> None:
    schema, size = schema_of("polygons"), (HEIGHT, WIDTH)
    with tempfile.TemporaryDirectory() as folder:
        batch = there_and_back("yolo", made(Path(folder) / "in", found), schema, Path(folder) / "out")
    for place, value in values_of(batch).items():
        before = [rasterise(one["parts"], size) for one in told(found)[place]["polygons"]]
        after = [rasterise(one["parts"], size) for one in value["polygons"]]
        if len({_mask.tobytes() for _mask in before}) == len(before):
            assert [one.tolist() for one in after] == [one.tolist() for one in before]


@QUICK
@given(drawn(schema_of("boxes", rotated=True)).map(_unlike_stems), st.floats(-180, 179).map(lambda one: round(one, 2)))
def test_turned_boxes_cover_the_same_place(found: list[Drawn], angle: float) -> None:
    schema = schema_of("boxes", rotated=True)
    for one in found:
        for region in (one.answers["boxes"] or {"boxes": ()})["boxes"]:
            region["angle"] = angle
    with tempfile.TemporaryDirectory() as folder:
        batch = there_and_back("yolo", made(Path(folder) / "in", found), schema, Path(folder) / "out")
    for place, value in values_of(batch).items():
        for one, other in zip(told(found)[place]["boxes"], value["boxes"], strict=False):
            first, second = (corners_of(box["box"], box.get("angle", 0)) for box in (one, other))
            gaps = np.hypot(*(first[:, None] - second[None]).T).min(axis=0)
            assert gaps.max() < 0.1


def test_seams_of_several_rings_enclose_nothing() -> None:
    part = [[[0, 0], [10, 0], [10, 10], [0, 10]], [[2, 2], [4, 2], [4, 4], [2, 4]]]
    other = [[[12, 1], [14, 1], [14, 3]]]
    ring = one_ring([part, other])
    assert (rasterise([[ring.tolist()]], (12, 16)) == rasterise([part, other], (12, 16))).all()


def test_what_only_a_model_proposed_stays_away_from_the_labels(tmp_path: Path) -> None:
    (item,) = made(tmp_path / "in", [Drawn("a.jpg", {}, {})])
    value = {"boxes": [{"id": "1", "label": "car", "box": [0.0, 0.0, 2.0, 2.0], "score": 0.5}]}
    proposed = ExportItem(
        item.item, {"boxes": ExportField("boxes", "undecided", None, (), ExportProposal(1, 1, value))}
    )
    write_export("yolo", [proposed], BOXES, tmp_path / "out", ExportOptions(include_unreviewed=True))
    assert not (tmp_path / "out/labels").exists()
    batch = read_file(tmp_path / "out", BOXES, ANNA)
    assert (batch.labels.num_rows, json.loads(batch.proposals["value"][0].as_py())) == (0, value)


def test_what_yolo_cannot_hold_is_said_and_each_loss_counted(tmp_path: Path) -> None:
    schema = schema_of("boxes", "choice")
    said = " ".join(losses("yolo", schema))
    assert "'choice'" in said and "Attributes" in said and "Keys" in said
    region = {"id": "1", "label": "car", "box": [0.0, 0.0, 2.0, 2.0], "attributes": {"crowd": True}}
    items = made(tmp_path / "in", [Drawn("a.jpg", {}, {"boxes": {"boxes": [region]}, "choice": {"label": "car"}})])
    report = write_export("yolo", items, schema, tmp_path / "out")
    assert [one.reason for one in report.losses] == [
        "a YOLO label has no attributes",
        "there is one kind of labels in a YOLO folder, and another field has it",
    ]


# (folder, rows, labels, classes)
FIXTURES = [
    ("fixtures/datumaro/yolo_dataset/annotations", 1, 1, 10),
    ("fixtures/datumaro/yolo_dataset/labels", 2, 2, 10),
    ("fixtures/datumaro/yolo_dataset/strict", 1, 1, 10),
    ("images/coco/labels_yolo", 50, 50, 80),
    ("images/coco/labels_yolo_seg", 50, 50, 54),
]


@pytest.mark.data
@pytest.mark.parametrize(("name", "rows", "labels", "classes"), FIXTURES)
def test_real_folders_are_accounted_for_and_come_back_through_coco(
    shared_data: Path, tmp_path: Path, name: str, rows: int, labels: int, classes: int
) -> None:
    schema = suggest_schema(shared_data / name)
    batch = read_file(shared_data / name, schema, ANNA)
    assert (batch.format, batch.read, batch.items.num_rows, batch.labels.num_rows) == ("yolo", rows, rows, labels)
    assert (batch.dropped.num_rows, len(schema.fields[0].labels)) == (0, classes)
    before = {key: comparable(value) for key, value in values_of(batch).items()}
    for format in ("coco", "yolo"):
        again = there_and_back(format, exported(batch), schema, tmp_path / format)
        assert {key: comparable(value) for key, value in values_of(again).items()} == before
        batch = again
