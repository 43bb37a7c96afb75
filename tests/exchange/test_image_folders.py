"""Open Images, folders of images, lists of images: read, written and back."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from tests.exchange.pictures import (
    HEIGHT,
    QUICK,
    WIDTH,
    Drawn,
    drawn,
    made,
    picture,
    schema_of,
    there_and_back,
    told,
    values_of,
)
from tools.errors import FormatRefused, InputError
from tools.exchange.batch import ImportBatch
from tools.exchange.export import ExportField, ExportItem
from tools.exchange.options import ExportOptions, ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.suggest import suggest_schema
from tools.exchange.writing import losses, write_export
from tools.schema import LabelSchema
from tools.values import comparable

BOXES, CHOICE = schema_of("boxes"), schema_of("choice")
HEAD = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside\n"


def _read(path: Path, schema: LabelSchema = BOXES, **options: Any) -> ImportBatch:
    return read_file(path, schema, ImportOptions(annotator="anna", **options))


def _open_images(root: Path, rows: str) -> Path:
    picture(root / "train" / "a.jpg")
    (root / "class-descriptions-boxable.csv").write_text("/m/01,car\n/m/02,人\n", "utf-8")
    path = root / "train-annotations-bbox.csv"
    path.write_text(HEAD + rows)
    return path


@pytest.mark.parametrize("is_folder", [True, False])
def test_edges_come_in_their_own_order_and_labels_by_their_names(tmp_path: Path, is_folder: bool) -> None:
    path = _open_images(tmp_path, "a,xclick,/m/01,1,0.25,0.5,0,1,1,0,-1,0,0\n")
    schema = schema_of("boxes", attributes=["occluded", "group_of"])
    batch = _read(tmp_path if is_folder else path, schema)
    (region,) = values_of(batch)["a.jpg", "boxes"]["boxes"]
    expected = {"id": "1", "label": "car", "box": [6.0, 0.0, 12.0, 18.0], "attributes": {"occluded": True}}
    assert (batch.format, region) == ("openimages", expected)


def test_what_a_machine_drew_is_a_proposal_and_nonsense_is_listed(tmp_path: Path) -> None:
    rows = "a,activemil,/m/01,0.5,0.25,0.5,0,1,0,0,0,0,0\na,xclick,/m/01,1,x,0.5,0,1,0,0,0,0,0\n"
    batch = _read(
        _open_images(tmp_path, rows + "a,xclick,/m/01,1,0.5,0.25,0,1,0,0,0,0,0\nb,xclick,/m/01,1,0,1,0,1,,,,,\n")
    )
    assert (batch.labels.num_rows, batch.proposals["score"].to_pylist()) == (0, [0.5])
    assert batch.dropped["reason"].to_pylist() == [
        "the box is not four shares of the image",
        "the box ends before it starts",
    ]
    assert batch.rejects["excerpt"].to_pylist() == ["b.jpg"]


def test_image_labels_are_taken_where_they_are_confirmed(tmp_path: Path) -> None:
    _open_images(tmp_path, "")
    path = tmp_path / "train-labels.csv"
    path.write_text("ImageID,Source,LabelName,Confidence\na,verification,/m/01,1\na,verification,/m/02,0\n")
    batch = _read(path, CHOICE)
    assert (values_of(batch), batch.dropped["excerpt"].to_pylist()) == ({("a.jpg", "choice"): {"label": "car"}}, ["人"])


def test_a_table_of_texts_stays_a_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("text,label\nhello,car\n")
    schema = LabelSchema.model_validate(
        {"name": "x", "fields": [{"id": "label", "kind": "choice", "labels": ["car", "b"]}]}
    )
    assert _read(tmp_path / "a.csv", schema).format == "csv"


@QUICK
@given(drawn(BOXES))
def test_boxes_come_back_through_open_images(found: list[Drawn]) -> None:
    found = list({Path(one.name).with_suffix("").as_posix(): one for one in found}.values())
    with tempfile.TemporaryDirectory() as folder:
        items = made(Path(folder) / "in", found)
        batch = there_and_back("openimages", items, BOXES, Path(folder) / "out", splits="train=0.5,test=0.5")
    # An image without a box has no row.
    before = {key: comparable(one) for key, one in told(found).items() if one["boxes"]}
    assert {key: comparable(one) for key, one in values_of(batch).items()} == before


def test_every_image_of_a_folder_becomes_an_item_and_its_folder_a_label_where_asked(tmp_path: Path) -> None:
    for name in ("car/a.jpg", "car/b.png", "1/a.jpg", "c.jpg", "zebra/d.jpg"):
        picture(tmp_path / name)
    (tmp_path / "car" / "notes.md").write_text("x")
    plain = _read(tmp_path, CHOICE)
    assert (plain.format, plain.labels.num_rows, plain.items.num_rows) == ("images", 0, 5)
    asked = _read(tmp_path, CHOICE, label_columns=(("folder", "choice"),))
    assert values_of(asked) == {
        ("1/a.jpg", "choice"): {"label": "1"},
        ("car/a.jpg", "choice"): {"label": "car"},
        ("car/b.png", "choice"): {"label": "car"},
    }
    assert asked.dropped["reason"].to_pylist() == ["'zebra' is not a label of 'choice'"]


def test_one_image_is_one_item(tmp_path: Path) -> None:
    batch = _read(picture(tmp_path / "a.jpg"))
    assert (batch.format, batch.items["text"].to_pylist()) == ("images", ["a.jpg"])
    media = json.loads(batch.items["media"][0].as_py())
    assert (media["width"], media["height"], media["source"]) == (WIDTH, HEIGHT, str(tmp_path / "a.jpg"))


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"", "is empty"), (b"not an image at all", "is no image"), (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a.jpg")],
)
def test_a_file_that_is_no_image_is_rejected_and_the_others_taken(tmp_path: Path, content: bytes, reason: str) -> None:
    picture(tmp_path / "b.jpg")
    (tmp_path / "a.jpg").write_bytes(content)
    batch = _read(tmp_path)
    assert batch.items["text"].to_pylist() == ["b.jpg"]
    assert reason in batch.rejects["reason"].to_pylist()[0]


def test_a_project_of_texts_does_not_take_images(tmp_path: Path) -> None:
    schema = LabelSchema.model_validate(
        {"name": "x", "fields": [{"id": "label", "kind": "choice", "labels": ["car", "b"]}]}
    )
    with pytest.raises(FormatRefused, match="holds items of the kind 'image'"):
        _read(picture(tmp_path / "a.jpg"), schema)


def test_a_folder_that_could_be_two_formats_asks(tmp_path: Path) -> None:
    _open_images(tmp_path, "")
    (tmp_path / "a.json").write_text('{"images": [], "annotations": [], "categories": []}')
    with pytest.raises(FormatRefused, match="could be a folder of coco or openimages: say which"):
        _read(tmp_path)


def test_images_are_copied_into_the_folders_of_their_labels_and_come_back(tmp_path: Path) -> None:
    found = [Drawn(name, {}, {"choice": {"label": label}}) for name, label in (("x.jpg", "car"), ("y.png", "a_b"))]
    items = [*made(tmp_path / "in", found), *made(tmp_path / "more", [Drawn("z.jpg", {}, {})])]
    report = write_export("images", items, CHOICE, tmp_path / "out", ExportOptions(keep_undecided=True))
    assert [one.reason for one in report.left_out] == ["no label, and so no folder"]
    made_files = sorted(path.relative_to(tmp_path / "out").as_posix() for path in (tmp_path / "out").rglob("*.[jp]*g"))
    assert made_files == ["a_b/y.png", "car/x.jpg"]
    batch = _read(tmp_path / "out", CHOICE, label_columns=(("folder", "choice"),))
    assert sorted(value["label"] for value in values_of(batch).values()) == ["a_b", "car"]


# (folder, rows, items, labels, rejected or dropped)
FIXTURES = [
    ("imagenet_txt_dataset/basic", 4, 2, 2, 2),
    ("imagenet_txt_dataset/custom_labels", 1, 0, 0, 1),
    ("imagenet_txt_dataset/no_labels", 1, 0, 0, 1),
    ("camvid_dataset", 4, 4, 0, 4),
    ("vott_csv_dataset/dataset", 4, 4, 0, 0),
]


@pytest.mark.data
@pytest.mark.parametrize(("name", "rows", "items", "labels", "lost"), FIXTURES)
def test_sample_folders_are_accounted_for(
    shared_data: Path, name: str, rows: int, items: int, labels: int, lost: int
) -> None:
    path = shared_data / "fixtures/datumaro" / name
    schema = suggest_schema(path) if name.startswith("imagenet") else CHOICE
    batch = _read(path, schema)
    assert (batch.format, batch.read, batch.items.num_rows, batch.labels.num_rows) == ("images", rows, items, labels)
    assert batch.rejects.num_rows + batch.dropped.num_rows == lost


def test_splits_are_drawn_by_the_key_and_stay_the_same(tmp_path: Path) -> None:
    items = made(tmp_path / "in", [Drawn(f"{number}.jpg", {}, {"boxes": {"boxes": []}}) for number in range(60)])
    options = ExportOptions(splits="train=0.75,val=0.25")
    for part in (items, items[::2]):
        out = tmp_path / f"out{len(part)}"
        write_export("yolo", part, BOXES, out, options)
    whole, half = (
        {path.stem: path.parent.name for path in (tmp_path / f"out{size}/labels").rglob("*.txt")} for size in (60, 30)
    )
    assert half == {name: split for name, split in whole.items() if name in half}
    assert 35 <= list(whole.values()).count("train") <= 55


@pytest.mark.parametrize("splits", ["train", "train=0.5", "train=0.5,train=0.5", "a/b=1", "train=1.5,val=-0.5"])
def test_splits_that_cannot_be_meant_are_refused(splits: str) -> None:
    with pytest.raises(InputError):
        ExportOptions(splits=splits)


def test_images_stay_where_they_are_where_asked(tmp_path: Path) -> None:
    items = made(tmp_path / "in", [Drawn("a.jpg", {}, {"boxes": {"boxes": []}})])
    write_export("coco", items, BOXES, tmp_path / "out", ExportOptions(images="reference"))
    assert not list((tmp_path / "out").rglob("*.jpg"))
    assert any("stay where they are" in one for one in losses("coco", BOXES, ExportOptions(images="reference")))


def test_an_item_whose_image_is_gone_is_left_out_with_the_reason(tmp_path: Path) -> None:
    items = made(tmp_path / "in", [Drawn("a.jpg", {}, {"boxes": {"boxes": []}})])
    (tmp_path / "in" / "1.jpg").unlink()
    report = write_export("yolo", items, BOXES, tmp_path / "out")
    assert [one.reason for one in report.left_out] == ["its image file is not where it was"]


@pytest.mark.parametrize("format", ["coco", "yolo", "voc", "openimages"])
def test_no_display_name_leads_out_of_the_export(tmp_path: Path, format: str) -> None:
    names = ("../../evil.jpg", "/etc/x.jpg", "C:\\temp\\y.jpg", "a\x01b.jpg", "A.jpg", "a.JPG", "con<>.jpg", "x" * 300)
    found = made(tmp_path / "in", [Drawn(f"{number}.jpg", {}, {}) for number in range(len(names))])
    value = {"boxes": [{"id": "1", "label": "car", "box": [0.0, 0.0, 2.0, 2.0]}]}
    items = [
        ExportItem(
            type(one.item)(one.item.item_id, name, name, "image", media=one.item.media),
            {"boxes": ExportField("boxes", "agreed", value)},
        )
        for one, name in zip(found, names, strict=True)
    ]
    report = write_export(format, items, BOXES, tmp_path / "out")
    assert report.written == len(names)
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out"}
    batch = _read(tmp_path / "out")
    assert (batch.items.num_rows, batch.labels.num_rows, HEIGHT) == (len(names), len(names), 18)


def test_a_changed_export_is_not_replaced(tmp_path: Path) -> None:
    items = made(tmp_path / "in", [Drawn("a.jpg", {}, {"boxes": {"boxes": []}})])
    again = ExportOptions(overwrite=True)
    write_export("coco", items, BOXES, tmp_path / "out")
    assert write_export("coco", items, BOXES, tmp_path / "out", again).written == 1
    (tmp_path / "out" / "images" / "mine.txt").write_text("years of work")
    with pytest.raises(InputError, match="holds files which no export wrote"):
        write_export("coco", items, BOXES, tmp_path / "out", again)


def test_texts_are_not_written_in_a_format_of_images(tmp_path: Path) -> None:
    schema = LabelSchema.model_validate(
        {"name": "x", "fields": [{"id": "label", "kind": "choice", "labels": ["car", "b"]}]}
    )
    with pytest.raises(InputError, match="The format coco holds images"):
        losses("coco", schema)
    with pytest.raises(InputError, match="The format coco holds images"):
        write_export("coco", [], schema, tmp_path / "out")
