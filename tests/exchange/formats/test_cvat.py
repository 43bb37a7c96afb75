"""CVAT's XML: every shape, provenance, what is not read, and files that are no such XML."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.exchange.image_roundtrip import schema_of
from tools.errors import FormatRefused
from tools.exchange.batch import ImportBatch
from tools.exchange.formats.cvat.shapes import read_points
from tools.exchange.formats.cvat.write import head_of
from tools.exchange.options import ExportOptions, ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.suggest import suggest_schema
from tools.exchange.writer import Names, Plan
from tools.exchange.writing import losses
from tools.geometry.masks import decode
from tools.schema import LabelSchema

SCHEMA = schema_of("boxes", "polygons", "masks", "pose", "scene")
HEAD = """<annotations><version>1.1</version><meta><task><labels>
<label><name>car</name><attributes>
<attribute><name>occluded</name><input_type>checkbox</input_type></attribute>
<attribute><name>speed</name><input_type>number</input_type></attribute>
</attributes></label>
<label><name>nose</name><parent>person</parent></label><label><name>left eye</name><parent>person</parent></label>
</labels></task></meta>"""


def _import(folder: Path, shapes: str, schema: LabelSchema = SCHEMA, more: str = "", **options: Any) -> ImportBatch:
    (folder / "images").mkdir(exist_ok=True)
    Image.new("RGB", (20, 10)).save(folder / "images" / "a.png")
    image = f'<image id="0" name="a.png" width="20" height="10">{shapes}</image>'
    path = folder / "annotations.xml"
    path.write_text(f"{HEAD}{image}{more}</annotations>", encoding="utf-8")
    return read_file(path, schema, ImportOptions(annotator="anna", **options))


def _labels(batch: ImportBatch, table: str = "labels") -> dict[str, Any]:
    return {one["field"]: json.loads(one["value"]) for one in getattr(batch, table).to_pylist()}


def _regions(batch: ImportBatch, table: str = "labels") -> list[dict[str, Any]]:
    return [region for value in _labels(batch, table).values() for region in next(iter(value.values()))]


def _reasons(batch: ImportBatch) -> list[str]:
    return [one["reason"] for one in batch.dropped.to_pylist()]


def test_a_box_is_turned_about_its_centre(tmp_path: Path) -> None:
    box = '<box label="car" xtl="1" ytl="2" xbr="9" ybr="6.5" rotation="270.5" occluded="0"/>'
    assert _regions(_import(tmp_path, box)) == [
        {"id": "r1", "label": "car", "box": [1, 2, 9, 6.5], "angle": -89.5},
    ]


def test_attributes_have_the_kinds_that_the_head_gives_them(tmp_path: Path) -> None:
    inside = '<attribute name="speed">2.5</attribute><attribute name="occluded">true</attribute>'
    box = f'<box label="car" xtl="1" ytl="2" xbr="9" ybr="6">{inside}<attribute name="wheels">4</attribute></box>'
    batch = _import(tmp_path, box)
    assert _regions(batch)[0]["attributes"] == {"occluded": True, "speed": 2.5}
    assert _reasons(batch) == ["'objects' declares no attribute 'wheels' for the label"]


def test_polygons_of_one_group_and_label_are_one_object(tmp_path: Path) -> None:
    shapes = "".join(
        f'<polygon label="car" points="{x},0;{x + 2},0;{x},3" group_id="7"/>' for x in (0, 8)
    ) + '<polygon label="car" points="1,5;3,5;1,9" group_id="0"/>'  # fmt: skip
    batch = _import(tmp_path, shapes)
    assert [len(one["parts"]) for one in _regions(batch)] == [2, 1]
    assert "Shapes of one label in one group were read as one object" in batch.notes[0]


def test_a_mask_is_read_row_by_row_inside_its_crop(tmp_path: Path) -> None:
    mask = '<mask label="car" rle="1, 2, 1, 2" left="4" top="3" width="3" height="2"/>'
    region = _regions(_import(tmp_path, mask))[0]
    found = decode(region["counts"], (10, 20))
    assert sorted(map(tuple, zip(*found.nonzero(), strict=True))) == [(3, 5), (3, 6), (4, 5), (4, 6)]


def test_a_skeleton_keeps_which_points_are_hidden_and_which_are_absent(tmp_path: Path) -> None:
    points = (
        '<points label="left eye" occluded="1" outside="0" points="4,5"/>'
        '<points label="nose" occluded="0" outside="0" points="2,3"/>'
        '<points label="tail" outside="1" occluded="0" points="9,9"/>'
    )
    region = _regions(_import(tmp_path, f'<skeleton label="person">{points}</skeleton>'))[0]
    assert region["points"] == [[2, 3, 2], [4, 5, 1], [0, 0, 0]]


def test_a_closed_line_is_a_polygon_and_an_open_one_is_listed(tmp_path: Path) -> None:
    shapes = '<polyline label="car" points="0,0;5,0;5,5;0,0"/><polyline label="car" points="0,0;5,0;5,5"/>'
    batch = _import(tmp_path, shapes)
    assert [one["parts"] for one in _regions(batch)] == [[[[[0, 0], [5, 0], [5, 5]]]]]
    assert _reasons(batch) == ["lines that are not closed are not read"]


def test_what_a_model_drew_is_a_proposal_and_no_label(tmp_path: Path) -> None:
    shapes = (
        '<box label="car" source="auto" xtl="1" ytl="1" xbr="5" ybr="5"/>'
        '<box label="car" source="semi-auto" xtl="2" ytl="2" xbr="5" ybr="5"/>'
        '<tag label="street" source="auto"/>'
    )
    batch = _import(tmp_path, shapes)
    assert [one["box"] for one in _regions(batch)] == [[2, 2, 5, 5]]
    assert {one["field"] for one in batch.proposals.to_pylist()} == {"objects", "scene"}


def test_shapes_are_read_in_drawing_order(tmp_path: Path) -> None:
    shapes = (
        '<box label="car" xtl="1" ytl="1" xbr="5" ybr="5" z_order="2"/>'
        '<box label="car" xtl="2" ytl="2" xbr="5" ybr="5" z_order="-1"/>'
    )
    assert [one["box"][0] for one in _regions(_import(tmp_path, shapes))] == [2, 1]


def test_images_of_one_name_in_two_subsets_stay_two_items(tmp_path: Path) -> None:
    for split, colour in (("train", "red"), ("val", "blue")):
        (tmp_path / "images" / split).mkdir(parents=True)
        Image.new("RGB", (20, 10), colour).save(tmp_path / "images" / split / "a.png")
    images = "".join(
        f'<image id="{n}" name="{name}" subset="{split}" width="20" height="10"><tag label="street"/></image>'
        for n, (name, split) in enumerate((("train/a.png", "train"), ("a.png", "val")))
    )
    (tmp_path / "annotations.xml").write_text(f"{HEAD}{images}</annotations>", encoding="utf-8")
    batch = read_file(tmp_path, SCHEMA, ImportOptions(annotator="anna"))
    assert batch.items["key"].to_pylist() == ["a.png", "val/a.png"]
    assert [json.loads(one) for one in batch.items["meta"].to_pylist()] == [{"split": "train"}, {"split": "val"}]
    assert len({json.loads(one)["digest"] for one in batch.items["media"].to_pylist()}) == 2


def test_an_image_without_shapes_has_no_answer_unless_asked(tmp_path: Path) -> None:
    assert _import(tmp_path, "").labels.num_rows == 0
    assert _labels(_import(tmp_path, "", schema_of("boxes"), empty_is_answer=True)) == {"objects": {"boxes": []}}


def test_every_image_and_track_is_accounted_for(tmp_path: Path) -> None:
    more = '<image id="1" name="gone.png" width="3" height="3"/><image id="2"/><track id="0" label="car"/>'
    batch = _import(tmp_path, "", more=more)
    assert (batch.read, batch.items.num_rows) == (4, 1)
    assert [one["reason"] for one in batch.rejects.to_pylist()] == [
        "its image was not found beside the file",
        "the image has no name",
        "tracks of videos are not read here",
    ]


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        ('<box label="car" xtl="a" ytl="2" xbr="9" ybr="6"/>', "its coordinates are no numbers"),
        ('<polygon label="car" points="1;2"/>', "its coordinates are no numbers"),
        ('<polygon label="car" points="1,1;2,2"/>', "the region has no area"),
        ('<mask label="car" rle="9" left="0" top="0" width="3" height="2"/>', "run lengths do not add up"),
        ('<mask label="car" rle="0,6" left="90" top="0" width="3" height="2"/>', "outside the image"),
        ('<cuboid label="car"/>', "shapes of the kind cuboid are not read"),
        ('<skeleton label="person"/>', "a skeleton without points"),
        ('<box label="car" xtl="100" ytl="2" xbr="109" ybr="6"/>', "outside the image"),
        ('<box label="bus" xtl="1" ytl="2" xbr="9" ybr="6"/>', "'bus' is not a label of 'objects'"),
        ('<box label="car" xtl="nan" ytl="2" xbr="9" ybr="inf"/>', ""),
    ],
)
def test_a_shape_that_cannot_be_read_is_listed_with_its_reason(tmp_path: Path, shape: str, reason: str) -> None:
    batch = _import(tmp_path, shape)
    assert batch.labels.num_rows == 0
    assert len(_reasons(batch)) == 1
    assert reason in _reasons(batch)[0]


def test_a_mask_larger_than_its_image_is_refused_before_it_is_made(tmp_path: Path) -> None:
    mask = '<mask label="car" rle="0,99999000000" left="0" top="0" width="99999" height="1000000"/>'
    assert _reasons(_import(tmp_path, mask)) == ["its crop is larger than the image"]


def test_no_mask_is_made_for_an_image_that_could_not_be_read(tmp_path: Path) -> None:
    mask = '<mask label="car" rle="0,4" left="0" top="0" width="2" height="2"/>'
    more = f'<image id="1" name="a.png" width="1000000" height="1000000">{mask}</image>'
    batch = _import(tmp_path, "", more=more)
    assert "more pixels than are read" in " ".join(_reasons(batch))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('<!DOCTYPE a [<!ENTITY x "y">]><annotations>&x;</annotations>', "it has a DOCTYPE"),
        ("<annotations><image", "line 1"),
        ("<annotations><image></annotations>", "line 1"),
    ],
)
def test_a_broken_file_is_one_sentence(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "a.xml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(FormatRefused, match=rf"a\.xml cannot be read as CVAT's XML: {said}"):
        read_file(path, SCHEMA, ImportOptions(format="cvat", annotator="anna"))


def test_another_xml_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.xml"
    path.write_text("<annotation><object/></annotation>", encoding="utf-8")
    with pytest.raises(FormatRefused, match=r"a\.xml is no file of CVAT"):
        read_file(path, SCHEMA, ImportOptions(format="cvat", annotator="anna"))


def test_the_head_of_an_export_names_every_label_once_with_its_type(tmp_path: Path) -> None:
    plan = Plan(tmp_path, SCHEMA, SCHEMA.fields, ExportOptions())
    labels = head_of(plan, Names(SCHEMA.fields)).findall("task/labels/label")
    types = {one.findtext("name"): one.findtext("type") for one in labels}
    assert (types["person"], types["car"], types["street"]) == ("skeleton", "any", "tag")
    assert [one.findtext("name") for one in labels if one.findtext("parent") == "person"] == [
        "nose", "left eye", "tail",
    ]  # fmt: skip


def test_a_suggested_schema_has_the_labels_that_are_declared(tmp_path: Path) -> None:
    _import(tmp_path, '<box label="car" xtl="1" ytl="1" xbr="5" ybr="5"/>')
    schema = suggest_schema(tmp_path / "annotations.xml")
    assert [label.name for label in schema.fields[0].labels] == ["car"]


def test_what_the_format_loses_is_said_before() -> None:
    said = " ".join(losses("cvat", schema_of("boxes", "polygons", "points", "pose", "scene", "weather", "note")))
    for part in ("'note' (text) is not written", "holes are written as masks", "spots, pose", "several fields a tag"):
        assert part in said
    assert "holes" not in " ".join(losses("cvat", schema_of("boxes")))


def test_points_are_read_exactly() -> None:
    assert read_points("1.5,-2;3,4;") == [[1.5, -2], [3, 4]]


def test_rows_are_counted_from_one_over_images_and_tracks(tmp_path: Path) -> None:
    line = '<polyline label="car" points="0,0;5,0;5,5"/>'
    more = f'<track label="van"/><image id="7" width="4" height="4"/><image id="8" name="gone.png">{line}</image>'
    batch = _import(tmp_path, line, more=more)
    assert batch.items["row"].to_pylist() == [1]
    assert [tuple(one[key] for key in ("row", "reason", "excerpt")) for one in batch.rejects.to_pylist()] == [
        (2, "tracks of videos are not read here", "van"),
        (3, "the image has no name", "7"),
        (4, "its image was not found beside the file", "gone.png"),
    ]
    assert [(one["row"], one["reason"]) for one in batch.dropped.to_pylist()] == [
        (1, "lines that are not closed are not read"),
    ]
