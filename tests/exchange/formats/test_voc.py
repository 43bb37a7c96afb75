"""Pascal VOC: where boxes count from, flags, masks in PNG files, and files that are not to be trusted."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from PIL import Image

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
from tools.exchange.batch import ImportBatch
from tools.exchange.export import ExportField, ExportItem, ExportProposal
from tools.exchange.formats.voc.masks import palette
from tools.exchange.formats.voc.write import whole_box
from tools.exchange.options import ExportOptions, ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.suggest import suggest_schema
from tools.exchange.writing import losses, write_export
from tools.geometry.masks import decode, encode
from tools.schema import LabelSchema
from tools.values import comparable

BOXES = schema_of("boxes")
FLAGS = ("truncated", "difficult", "occluded", "crowd", "colour", "depth", "plate")


def _object(box: tuple[float, ...], more: str = "", name: str = "car") -> str:
    edges = "".join(f"<{edge}>{one}</{edge}>" for edge, one in zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True))
    return f"<object><name>{name}</name>{more}<bndbox>{edges}</bndbox></object>"


def _voc(root: Path, *objects: str, stem: str = "a", head: str = "") -> Path:
    picture(root / "JPEGImages" / f"{stem}.jpg")
    path = root / "Annotations" / f"{stem}.xml"
    path.parent.mkdir(exist_ok=True)
    size = f"<size><width>{WIDTH}</width><height>{HEIGHT}</height></size>"
    path.write_text(f"{head}<annotation><filename>{stem}.jpg</filename>{size}{''.join(objects)}</annotation>")
    return root


def _read(path: Path, schema: LabelSchema = BOXES, **options: Any) -> ImportBatch:
    return read_file(path, schema, ImportOptions(annotator="anna", **options))


def _boxes(batch: ImportBatch) -> list[list[float]]:
    return [one["box"] for value in values_of(batch).values() for one in value["boxes"]]


def test_boxes_count_from_one_and_hold_both_their_ends(tmp_path: Path) -> None:
    batch = _read(_voc(tmp_path, _object((1, 2, 3, 4))))
    assert _boxes(batch) == [[0.0, 1.0, 3.0, 4.0]]
    assert batch.notes == ("Boxes were read as VOC counts them: from 1, both ends included.",)


def test_one_corner_at_zero_tells_how_all_boxes_of_the_import_count(tmp_path: Path) -> None:
    _voc(tmp_path, _object((0, 2, 3, 4)))
    batch = _read(_voc(tmp_path, _object((1, 2, 3, 4)), stem="b"))
    assert _boxes(batch) == [[0.0, 2.0, 3.0, 4.0], [1.0, 2.0, 3.0, 4.0]]


@pytest.mark.parametrize(("base", "box"), [("0", [1.0, 2.0, 3.0, 4.0]), ("1", [0.0, 1.0, 3.0, 4.0])])
def test_a_person_may_say_where_boxes_count_from(tmp_path: Path, base: Any, box: list[float]) -> None:
    assert _boxes(_read(_voc(tmp_path, _object((1, 2, 3, 4))), voc_base=base)) == [box]


def test_flags_attributes_and_parts_are_taken_or_listed(tmp_path: Path) -> None:
    more = "<difficult>1</difficult><truncated>0</truncated><pose>Left</pose><part><name>wheel</name></part>"
    more += "<attributes><attribute><name>colour</name><value>red</value></attribute></attributes>"
    batch = _read(_voc(tmp_path, _object((1, 2, 3, 4), more)))
    (region,) = values_of(batch)["a.jpg", "boxes"]["boxes"]
    assert region["attributes"] == {"difficult": True, "colour": "red"}
    assert sorted(batch.dropped["reason"].to_pylist()) == [
        "'boxes' declares no attribute 'pose' for the label",
        "parts of objects are not read",
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("<annotation><object>", "the file is not XML: line 1: no element found"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><annotation></annotation>', "DOCTYPE"),
        ("<other><annotation></annotation></other>", "the file is XML and no VOC annotation"),
    ],
)
def test_a_file_that_is_not_to_be_read_is_rejected_with_its_reason(tmp_path: Path, content: str, reason: str) -> None:
    _voc(tmp_path, _object((1, 2, 3, 4)))
    (tmp_path / "Annotations" / "z.xml").write_text(content)
    batch = _read(tmp_path)
    assert reason in batch.rejects["reason"].to_pylist()[0] and batch.items.num_rows == 1


def test_an_image_without_a_file_is_not_answered_and_one_without_objects_is(tmp_path: Path) -> None:
    picture(tmp_path / "JPEGImages" / "b.jpg")
    batch = _read(_voc(tmp_path))
    assert batch.items["text"].to_pylist() == ["a.jpg", "b.jpg"]
    assert values_of(batch) == {("a.jpg", "boxes"): {"boxes": []}}


def test_one_file_is_read_alone(tmp_path: Path) -> None:
    _voc(tmp_path, _object((1, 2, 3, 4)), stem="b")
    batch = _read(_voc(tmp_path, _object((1, 2, 3, 4))) / "Annotations" / "a.xml")
    assert (batch.format, batch.items["text"].to_pylist()) == ("voc", ["a.jpg"])


def test_masks_belong_to_the_objects_of_their_number(tmp_path: Path) -> None:
    _voc(tmp_path, _object((1, 1, 4, 4)), _object((10, 10, 12, 12), name="a/b"))
    numbers, classes = np.zeros((HEIGHT, WIDTH), np.uint8), np.zeros((HEIGHT, WIDTH), np.uint8)
    numbers[0:4, 0:4], classes[0:4, 0:4] = 1, 1
    numbers[9:12, 9:12], classes[9:12, 9:12] = 2, 2
    numbers[4, 4] = classes[4, 4] = 255
    (tmp_path / "labelmap.txt").write_text("background:0,0,0::\ncar:128,0,0::\na/b:0,128,0::\n")
    for folder, found in (("SegmentationObject", numbers), ("SegmentationClass", classes)):
        (tmp_path / folder).mkdir()
        # The one as numbers of a palette, the other as its colours: both are about.
        image = Image.fromarray(palette()[found]) if folder == "SegmentationClass" else Image.fromarray(found)
        image.save(tmp_path / folder / "a.png")
    value = values_of(_read(tmp_path, schema_of("masks")))["a.jpg", "masks"]["masks"]
    assert [one["label"] for one in value] == ["car", "a_b"]
    assert [int(decode(one["counts"], (HEIGHT, WIDTH)).sum()) for one in value] == [16, 9]


def _whole(found: list[Drawn]) -> list[Drawn]:
    """Pictures whose names are not a matter of their extension only."""
    return list({Path(one.name).with_suffix("").as_posix(): one for one in found}.values())


@QUICK
@given(drawn(BOXES, FLAGS, whole=True).map(_whole))
def test_boxes_of_whole_pixels_come_back_with_all_their_attributes(found: list[Drawn]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        items = made(Path(folder) / "in", found)
        batch = there_and_back("voc", items, BOXES, Path(folder) / "out", splits="train=0.5,val=0.5")
    assert {key: comparable(one) for key, one in values_of(batch).items()} == {
        key: comparable(one) for key, one in told(found).items()
    }


def test_masks_that_do_not_overlap_come_back(tmp_path: Path) -> None:
    schema = schema_of("masks")
    left, right = np.zeros((2, HEIGHT, WIDTH), dtype=np.bool_)
    left[2:5, 3:9], right[6:9, 2:4] = True, True
    regions = [
        {"id": str(n), "label": label, "size": [HEIGHT, WIDTH], "counts": encode(mask)}
        for n, (label, mask) in enumerate((("1", left), ("car", right)), start=1)
    ]
    items = made(tmp_path / "in", [Drawn("a.jpg", {}, {"masks": {"masks": regions}})])
    batch = there_and_back("voc", items, schema, tmp_path / "out")
    assert values_of(batch)["a.jpg", "masks"]["masks"] == regions


@pytest.mark.parametrize(
    ("box", "whole"),
    [
        ((0, 0, WIDTH, HEIGHT), (1, 1, WIDTH, HEIGHT)),
        ((3.4, 2.6, 3.9, 2.9), (4, 4, 4, 4)),
        ((WIDTH - 0.2, 0, WIDTH, 1), (WIDTH, 1, WIDTH, 1)),
    ],
)
def test_written_boxes_lie_in_the_image_and_have_a_pixel(box: Any, whole: tuple[int, ...]) -> None:
    assert whole_box(box, (WIDTH, HEIGHT)) == whole


def test_what_only_a_model_proposed_comes_back_as_a_proposal(tmp_path: Path) -> None:
    (item,) = made(tmp_path / "in", [Drawn("a.jpg", {}, {})])
    value = {"boxes": [{"id": "1", "label": "car", "box": [0.0, 0.0, 2.0, 2.0]}]}
    proposed = ExportItem(
        item.item, {"boxes": ExportField("boxes", "undecided", None, (), ExportProposal(1, 1, value))}
    )
    write_export("voc", [proposed], BOXES, tmp_path / "out", ExportOptions(include_unreviewed=True))
    batch = _read(tmp_path / "out")
    assert (batch.labels.num_rows, json.loads(batch.proposals["value"][0].as_py())) == (0, value)


def test_what_voc_cannot_hold_is_said() -> None:
    said = " ".join(losses("voc", schema_of("masks", "keypoints")))
    assert "'keypoints'" in said and "whole pixels" in said and "overlap" in said


# (folder, rows, items, labels, rejected or dropped)
FIXTURES = [("voc_dataset1", 2, 2, 2, 1), ("voc_dataset2", 5, 0, 0, 5), ("voc_dataset3", 1, 1, 1, 0)]


@pytest.mark.data
@pytest.mark.parametrize(("name", "rows", "items", "labels", "lost"), FIXTURES)
def test_the_sample_folders_of_datumaro_are_accounted_for(
    shared_data: Path, name: str, rows: int, items: int, labels: int, lost: int
) -> None:
    path = shared_data / "fixtures/datumaro/voc_dataset" / name
    batch = _read(path, suggest_schema(path))
    assert (batch.format, batch.read, batch.items.num_rows, batch.labels.num_rows) == ("voc", rows, items, labels)
    assert batch.rejects.num_rows + batch.dropped.num_rows == lost


@pytest.mark.data
def test_outlines_of_coco_come_back_through_voc_as_the_same_pixels(shared_data: Path, tmp_path: Path) -> None:
    path = shared_data / "images/coco/instances.json"
    names = [one["name"] for one in json.loads(path.read_text())["categories"]]
    field = {"id": "outlines", "kind": "polygons", "labels": names, "attributes": ["crowd"]}
    schema = LabelSchema.model_validate({"name": "x", "item": "image", "fields": [field]})
    batch = _read(path, schema)
    items = exported(batch)[:10]
    again = there_and_back("voc", items, schema, tmp_path / "out")
    assert again.dropped.num_rows == 0
    assert {key: comparable(one) for (key, _), one in values_of(again).items()} == {
        one.item.key: comparable(one.fields["outlines"].value) for one in items
    }


def test_files_that_are_not_read_are_numbered_after_the_pictures_each_with_its_name(tmp_path: Path) -> None:
    _voc(tmp_path, _object((1, 2, 3, 4), "<part><name>wheel</name></part>"))
    _voc(tmp_path, _object((1, 2, 3, 4)), _object((5, 2, 3, 4), name="van"), stem="b")
    for name in ("y", "z"):
        (tmp_path / "Annotations" / f"{name}.xml").write_text("<other/>")
    batch = _read(tmp_path)
    assert batch.items["row"].to_pylist() == [1, 2]
    assert [tuple(one[key] for key in ("row", "reason", "excerpt")) for one in batch.rejects.to_pylist()] == [
        (3, "the file is XML and no VOC annotation", "y.xml"),
        (4, "the file is XML and no VOC annotation", "z.xml"),
    ]
    dropped = [tuple(one[key] for key in ("row", "field", "excerpt")) for one in batch.dropped.to_pylist()]
    assert sorted(dropped) == [(1, "object", "wheel"), (2, "object", "van")]


def test_the_lists_of_splits_name_their_pictures_and_are_read_as_splits(tmp_path: Path) -> None:
    items = [replace(one, item=replace(one.item, meta={"split": split})) for one, split in zip(
        made(tmp_path / "in", [Drawn(name, {}, {"boxes": {"boxes": []}}) for name in ("a.jpg", "b.jpg", "c.jpg")]),
        ("train", "val", "train"), strict=True)]  # fmt: skip
    write_export("voc", items, BOXES, tmp_path / "out", ExportOptions(splits="imported"))
    lists = {path.name: path.read_text() for path in (tmp_path / "out/ImageSets/Main").iterdir()}
    assert lists == {"train.txt": "a\nc\n", "val.txt": "b\n"}
    found = [json.loads(one)["split"] for one in _read(tmp_path / "out").items["meta"].to_pylist()]
    assert found == ["train", "val", "train"]
