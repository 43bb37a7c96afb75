"""COCO: every form of its annotations in, nothing lost on the way out and back, and pycocotools agrees."""

from __future__ import annotations

import contextlib
import io
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
from tools.exchange.options import ExportOptions, ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.suggest import suggest_schema
from tools.exchange.writing import losses, write_export
from tools.geometry.masks import decode, string_of
from tools.geometry.polygons import rasterise
from tools.records import to_json
from tools.schema import LabelSchema

ANNA = ImportOptions(annotator="anna")
BOXES = schema_of("boxes")
ASKED = ("crowd", "truncated", "colour", "depth", "plate")
CATEGORIES = [{"id": 7, "name": "car"}, {"id": 90, "name": "人", "supercategory": "person"}]


def _coco(folder: Path, annotations: list[dict[str, Any]], **more: Any) -> Path:
    picture(folder / "images" / "a.jpg")
    path = folder / "annotations" / "instances_train.json"
    path.parent.mkdir(exist_ok=True)
    images = [{"id": 5, "file_name": "a.jpg", "width": WIDTH, "height": HEIGHT, "flickr_url": "http://x"}]
    whole = {"images": images, "annotations": annotations, "categories": CATEGORIES, **more}
    path.write_text(json.dumps(whole), "utf-8")
    return path


def _read(path: Path, schema: LabelSchema = BOXES, **options: Any) -> ImportBatch:
    return read_file(path, schema, ImportOptions(annotator="anna", **options))


def _one(batch: ImportBatch, field: str = "boxes") -> Any:
    return next(json.loads(one["value"]) for one in batch.labels.to_pylist() if one["field"] == field)


def test_a_box_has_its_corners_and_the_name_of_its_category(tmp_path: Path) -> None:
    path = _coco(tmp_path, [{"id": 3, "image_id": 5, "category_id": 90, "bbox": [1, 2, 3.5, 4], "iscrowd": 0}])
    region = {"id": "3", "label": "label_4eba", "box": [1.0, 2.0, 4.5, 6.0]}
    assert _one(_read(path)) == {"boxes": [region]}


@pytest.mark.parametrize("counts", [[0, 2, WIDTH * HEIGHT - 2], "compressed"])
def test_both_forms_of_run_lengths_are_the_same_mask(tmp_path: Path, counts: Any) -> None:
    if isinstance(counts, str):
        counts = string_of([0, 2, WIDTH * HEIGHT - 2])
    outline = {"size": [HEIGHT, WIDTH], "counts": counts}
    path = _coco(tmp_path, [{"id": 3, "image_id": 5, "category_id": 7, "segmentation": outline}])
    value = _one(_read(path, schema_of("masks")), "masks")
    assert decode(value["masks"][0]["counts"], (HEIGHT, WIDTH)).nonzero()[0].tolist() == [0, 1]


def test_an_image_without_annotations_is_kept_and_not_answered(tmp_path: Path) -> None:
    batch = _read(_coco(tmp_path, []))
    assert (batch.items.num_rows, batch.labels.num_rows) == (1, 0)


def test_an_image_without_annotations_is_empty_where_a_person_says_so(tmp_path: Path) -> None:
    assert _one(_read(_coco(tmp_path, []), empty_is_answer=True)) == {"boxes": []}


def test_what_cannot_be_an_annotation_is_listed_with_its_reason(tmp_path: Path) -> None:
    box = {"image_id": 5, "category_id": 7, "bbox": [0, 0, 2, 2]}
    path = _coco(
        tmp_path,
        [
            {"id": 1, **box, "category_id": 8},
            {"id": 2, **box, "bbox": [0, 0, 0, 2]},
            {"id": 3, **box, "bbox": [0, 0, 2]},
            {"id": 4, **box, "image_id": 6},
            {"id": 5, **box, "bbox": [500, 0, 2, 2]},
            {"id": 6, **box},
            {"id": 7, **box},
        ],
    )
    batch = _read(path)
    assert sorted(batch.dropped["reason"].to_pylist()) == [
        "the annotation's category is not in the file's list of categories",
        "the box has no width or height",
        "the box is not four numbers",
        "the region lies outside the image",
        "the same region twice",
    ]
    (orphan,) = batch.rejects.to_pylist()
    assert (orphan["row"], orphan["reason"]) == (2, "the annotation's image is not in the file's list of images")
    assert orphan["excerpt"].startswith("{'id': 4, 'image_id': 6,")
    assert batch.items["row"].to_pylist() == [1] and set(batch.dropped["row"].to_pylist()) == {1}
    assert [one["id"] for one in _one(batch)["boxes"]] == ["6"]


def test_an_image_that_is_not_there_is_rejected_with_its_name(tmp_path: Path) -> None:
    path = _coco(tmp_path, [])
    (tmp_path / "images" / "a.jpg").unlink()
    assert _read(path).rejects.to_pylist()[0]["reason"] == "its image was not found beside the file"


def test_coordinates_of_another_picture_are_not_taken(tmp_path: Path) -> None:
    path = _coco(tmp_path, [{"id": 3, "image_id": 5, "category_id": 7, "bbox": [1, 2, 3, 4]}])
    picture(tmp_path / "images" / "a.jpg", 2 * WIDTH, HEIGHT)
    batch = _read(path)
    assert (batch.items.num_rows, batch.labels.num_rows) == (1, 0)
    assert batch.dropped["reason"].to_pylist() == ["the source states another size for the image than the file has"]


def test_a_region_beyond_the_edge_is_cut_and_counted(tmp_path: Path) -> None:
    path = _coco(tmp_path, [{"id": 3, "image_id": 5, "category_id": 7, "bbox": [-5, -5, 100, 10]}])
    batch = _read(path)
    assert _one(batch)["boxes"][0]["box"] == [0.0, 0.0, WIDTH, 5.0]
    assert "Regions that reached beyond their image and were cut at its edge: 1." in batch.notes


def test_an_undeclared_attribute_is_listed_as_dropped(tmp_path: Path) -> None:
    one = {"id": 3, "image_id": 5, "category_id": 7, "bbox": [1, 2, 3, 4], "iscrowd": 1, "attributes": {"mood": "x"}}
    batch = _read(_coco(tmp_path, [one]))
    assert batch.dropped["reason"].to_pylist() == ["'boxes' declares no attribute 'mood' for the label"]
    assert _one(batch)["boxes"][0]["attributes"] == {"crowd": True}


def test_masks_that_are_all_crowds_are_warned_about_unless_the_file_names_its_makers(tmp_path: Path) -> None:
    outline = {"size": [HEIGHT, WIDTH], "counts": [0, 2, WIDTH * HEIGHT - 2]}
    crowd = [{"id": 3, "image_id": 5, "category_id": 7, "segmentation": outline, "iscrowd": 1}]
    assert any("iscrowd=1" in one for one in _read(_coco(tmp_path, crowd), schema_of("masks")).notes)
    path = _coco(tmp_path, crowd, info={"contributor": "COCO Consortium"})
    assert _read(path, schema_of("masks")).notes == ()


def test_an_object_of_box_and_points_answers_both_fields(tmp_path: Path) -> None:
    one = {"id": 3, "image_id": 5, "category_id": 7, "bbox": [1, 2, 3, 4], "keypoints": [1, 2, 2, 3, 4, 1, 0, 0, 0]}
    batch = _read(_coco(tmp_path, [one]), schema_of("boxes", "keypoints"))
    points = _one(batch, "keypoints")["keypoints"][0]["points"]
    assert (points, batch.labels.num_rows) == ([[1.0, 2.0, 2], [3.0, 4.0, 1], [0.0, 0.0, 0]], 2)


def test_points_are_put_in_the_order_of_the_field_by_their_names(tmp_path: Path) -> None:
    one = {"id": 3, "image_id": 5, "category_id": 7, "keypoints": [1, 1, 2, 3, 3, 2]}
    categories = [{"id": 7, "name": "car", "keypoints": ["right eye", "nose"], "skeleton": [[1, 2]]}]
    path = _coco(tmp_path, [one])
    path.write_text(json.dumps(json.loads(path.read_text()) | {"categories": categories}))
    points = _one(_read(path, schema_of("keypoints")), "keypoints")["keypoints"][0]["points"]
    assert points == [[3.0, 3.0, 2], [0.0, 0.0, 0], [1.0, 1.0, 2]]


def test_the_turn_of_a_box_is_read_as_cvat_writes_it(tmp_path: Path) -> None:
    one = {"id": 3, "image_id": 5, "category_id": 7, "bbox": [8, 8, 6, 2], "attributes": {"rotation": 90.0}}
    assert _one(_read(_coco(tmp_path, [one]), schema_of("boxes", rotated=True)))["boxes"][0]["angle"] == 90.0
    upright = _read(_coco(tmp_path, [one]))
    assert _one(upright)["boxes"][0]["box"] == [10.0, 6.0, 12.0, 12.0]
    assert upright.notes == (
        "Turned boxes replaced by the upright box around them, because the field takes no angle: 1.",
    )


def test_a_results_file_becomes_proposals_on_the_images_of_the_file_beside(tmp_path: Path) -> None:
    path = _coco(tmp_path, [])
    results = [{"image_id": 5, "category_id": 7, "bbox": [1, 2, 3, 4], "score": score} for score in (0.9, 0.25)]
    results[1]["bbox"] = [2, 2, 3, 4]
    (path.parent / "yolo.json").write_text(json.dumps(results))
    batch = _read(path.parent / "yolo.json")
    (proposal,) = batch.proposals.to_pylist()
    assert (batch.format, batch.labels.num_rows, proposal["score"], proposal["backend"]) == ("coco", 0, 0.25, "yolo")
    assert [one["score"] for one in json.loads(proposal["value"])["boxes"]] == [0.9, 0.25]


def test_a_results_file_alone_asks_for_the_file_that_names_its_images(tmp_path: Path) -> None:
    (tmp_path / "found.json").write_text(json.dumps([{"image_id": 5, "category_id": 7, "bbox": [1, 2, 3, 4]}]))
    with pytest.raises(FormatRefused, match="Put the COCO file that lists them beside it"):
        _read(tmp_path / "found.json")


def test_two_fields_of_a_kind_ask_which_is_meant(tmp_path: Path) -> None:
    both = LabelSchema.model_validate(
        {
            "name": "x",
            "item": "image",
            "fields": [{"id": i, "kind": "boxes", "labels": ["car"]} for i in ("near", "far")],
        }
    )
    path = _coco(tmp_path, [{"id": 3, "image_id": 5, "category_id": 7, "bbox": [1, 2, 3, 4]}])
    with pytest.raises(FormatRefused, match="say which, as boxes=near"):
        _read(path, both)
    assert _read(path, both, label_columns=(("boxes", "far"),)).labels["field"].to_pylist() == ["far"]


def _same(found: list[Drawn], schema: LabelSchema, **options: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        items = made(Path(folder) / "in", found)
        batch = there_and_back("coco", items, schema, Path(folder) / "out", **options)
    assert batch.items["key"].to_pylist() == [one.name for one in found] or options.get("splits")
    assert values_of(batch) == told(found)


@QUICK
@given(drawn(BOXES, ASKED))
def test_boxes_come_back(found: list[Drawn]) -> None:
    _same(found, BOXES)


@QUICK
@given(drawn(schema_of("masks"), ASKED))
def test_masks_come_back(found: list[Drawn]) -> None:
    _same(found, schema_of("masks"))


@QUICK
@given(drawn(schema_of("polygons"), ASKED, holes=False))
def test_polygons_without_holes_come_back(found: list[Drawn]) -> None:
    _same(found, schema_of("polygons"))


@QUICK
@given(drawn(schema_of("keypoints"), ASKED))
def test_key_points_come_back(found: list[Drawn]) -> None:
    _same(found, schema_of("keypoints"))


SEVERAL = schema_of("boxes", "masks", "keypoints")


@QUICK
@given(drawn(SEVERAL, ("crowd", "depth")))
def test_several_fields_come_back_each_with_its_own_regions_whatever_the_splits(found: list[Drawn]) -> None:
    _same(found, SEVERAL, splits="train=0.5,val=0.5")


@QUICK
@given(drawn(schema_of("polygons"), ASKED))
def test_polygons_with_holes_come_back_as_the_same_pixels(found: list[Drawn]) -> None:
    schema = schema_of("polygons")
    with tempfile.TemporaryDirectory() as folder:
        items = made(Path(folder) / "in", found)
        batch = there_and_back("coco", items, schema, Path(folder) / "out")
    size = (HEIGHT, WIDTH)
    for place, value in values_of(batch).items():
        before = told(found)[place]["polygons"]
        filled = [rasterise(one["parts"], size) for one in before if rasterise(one["parts"], size).any()]
        after = [rasterise(one["parts"], size) for one in value["polygons"]]
        assert len(after) <= len(before)
        assert all(any((one == other).all() for other in after) for one in filled)


def test_what_stands_in_other_fields_is_kept_under_our_mark(tmp_path: Path) -> None:
    schema = schema_of("boxes", "choice", "text")
    values = {"boxes": {"boxes": []}, "choice": {"label": "car"}, "text": {"text": "dusk"}}
    found = [Drawn("a.jpg", {}, values)]
    batch = there_and_back("coco", made(tmp_path / "in", found), schema, tmp_path / "out")
    assert values_of(batch) == told(found)


def test_what_coco_cannot_hold_is_said_before_anything_is_written() -> None:
    said = " ".join(losses("coco", schema_of("polygons", "choice")))
    for part in ("'choice'", "holes", "Who marked", "clicks", "nobody looked at"):
        assert part in said


def test_proposals_are_written_with_their_score_and_come_back_as_proposals(tmp_path: Path) -> None:
    (item,) = made(tmp_path / "in", [Drawn("a.jpg", {}, {})])
    value = {"boxes": [{"id": "1", "label": "car", "box": [0.0, 0.0, 2.0, 2.0], "score": 0.5}]}
    proposed = ExportItem(
        item.item, {"boxes": ExportField("boxes", "undecided", None, (), ExportProposal(1, 1, value))}
    )
    write_export("coco", [proposed], BOXES, tmp_path / "out", ExportOptions(include_unreviewed=True))
    batch = read_file(tmp_path / "out", BOXES, ANNA)
    written = json.loads((tmp_path / "out/annotations/instances.json").read_text("utf-8"))["annotations"]
    assert [(one["bbox"], one["score"]) for one in written] == [([0.0, 0.0, 2.0, 2.0], 0.5)]
    assert (batch.labels.num_rows, json.loads(batch.proposals["value"][0].as_py())) == (0, value)


@pytest.mark.data
@pytest.mark.parametrize("kinds", [("boxes",), ("masks",), ("boxes", "masks")])
def test_real_photographs_come_back_whole(shared_data: Path, tmp_path: Path, kinds: tuple[str, ...]) -> None:
    path = shared_data / "images/coco/instances.json"
    names = [one["name"] for one in json.loads(path.read_text())["categories"]]
    fields = [{"id": kind, "kind": kind, "labels": names, "attributes": ["crowd"]} for kind in kinds]
    schema = LabelSchema.model_validate({"name": "x", "item": "image", "fields": fields})
    batch = read_file(path, schema, ANNA)
    assert (batch.read, batch.items.num_rows, batch.labels.num_rows, batch.dropped.num_rows) == (
        50,
        50,
        50 * len(kinds),
        0,
    )
    again = there_and_back("coco", exported(batch), schema, tmp_path / "out")
    assert values_of(again) == values_of(batch)
    assert again.items["meta"].to_pylist() == batch.items["meta"].to_pylist()


@pytest.mark.data
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword:DeprecationWarning")
def test_pycocotools_finds_the_same_masks_boxes_and_areas_in_what_is_written(shared_data: Path, tmp_path: Path) -> None:
    coco = pytest.importorskip("pycocotools.coco")
    tool = pytest.importorskip("pycocotools.mask")
    path = shared_data / "images/coco/instances.json"
    schema = suggest_schema(path)
    batch = read_file(path, schema, ANNA)
    write_export("coco", exported(batch), schema, tmp_path / "out")
    with contextlib.redirect_stdout(io.StringIO()):
        before, after = coco.COCO(str(path)), coco.COCO(str(tmp_path / "out/annotations/instances.json"))
    assert sorted(before.anns) == sorted(after.anns)
    for number, one in after.anns.items():
        other = before.anns[number]
        assert (before.annToMask(other) == after.annToMask(one)).all()
        assert one["area"] == tool.area(one["segmentation"]) and one["iscrowd"] == other["iscrowd"]
        assert one["bbox"] == tool.toBbox(one["segmentation"]).tolist()
        assert before.cats[other["category_id"]]["name"] == after.cats[one["category_id"]]["name"]


# (folder, rows read, items, labels, rejected or dropped)
FIXTURES = [
    ("coco", 2, 2, 10, 3),
    ("coco_captions", 2, 2, 2, 1),
    ("coco_image_info", 2, 2, 0, 0),
    ("coco_instances", 2, 2, 3, 0),
    ("coco_labels", 2, 2, 2, 0),
    ("coco_panoptic", 2, 2, 0, 2),
    ("coco_person_keypoints", 2, 2, 5, 0),
    ("coco_roboflow", 2, 2, 3, 0),
    ("coco_stuff", 2, 2, 4, 0),
    ("mmdet_coco", 2, 2, 3, 0),
]


@pytest.mark.data
@pytest.mark.parametrize(("name", "rows", "items", "labels", "lost"), FIXTURES)
def test_the_sample_folders_of_datumaro_are_accounted_for(
    shared_data: Path, name: str, rows: int, items: int, labels: int, lost: int
) -> None:
    kinds = ("boxes", "masks", "keypoints")
    attributes = ["crowd", {"name": "x", "kind": "number"}, {"name": "y", "kind": "text"}]
    fields: list[dict[str, Any]] = [
        {"id": kind, "kind": kind, "labels": ["a", "b", "c"], "attributes": attributes} for kind in kinds
    ]
    fields[2] |= {"points": ["1", "2", "3"]}
    fields += [{"id": "tags", "kind": "multi_choice", "labels": ["a", "b"]}, {"id": "caption", "kind": "text"}]
    schema = LabelSchema.model_validate({"name": "x", "item": "image", "fields": fields})
    batch = read_file(shared_data / "fixtures/datumaro/coco_dataset" / name, schema, ANNA)
    assert (batch.read, batch.items.num_rows, batch.labels.num_rows) == (rows, items, labels)
    assert batch.rejects.num_rows + batch.dropped.num_rows == lost


@pytest.mark.data
def test_a_schema_is_suggested_that_takes_everything(shared_data: Path) -> None:
    path = shared_data / "images/coco/instances.json"
    schema = suggest_schema(path)
    (spec,) = schema.fields
    assert (schema.item, spec.kind, [one.id for one in spec.attributes]) == ("image", "masks", ["crowd"])
    assert (spec.labels[1].name, spec.labels[1].group) == ("bicycle", "vehicle")
    assert read_file(path, schema, ANNA).dropped.num_rows == 0


def test_meta_licence_and_key_come_back(tmp_path: Path) -> None:
    licences = [{"id": 4, "name": "Attribution", "url": "http://cc"}]
    path = _coco(tmp_path, [], licenses=licences)
    whole = json.loads(path.read_text())
    whole["images"][0]["license"] = 4
    path.write_text(json.dumps(whole))
    batch = _read(path)
    meta = {
        "coco_id": 5,
        "flickr_url": "http://x",
        "license": "Attribution",
        "license_url": "http://cc",
        "split": "train",
    }
    assert json.loads(batch.items["meta"][0].as_py()) == meta
    again = there_and_back("coco", exported(batch), BOXES, tmp_path / "out")
    assert again.items["meta"].to_pylist() == [to_json(meta)]
