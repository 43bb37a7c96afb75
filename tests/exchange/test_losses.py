"""What every format says that it loses: each sentence where it is true, and no sentence where it is not."""

from __future__ import annotations

from typing import Any

import pytest

from tools.errors import InputError
from tools.exchange.formats.writers import BY_NAME
from tools.exchange.options import ExportOptions
from tools.exchange.tool import ExportArgs
from tools.exchange.writing import losses
from tools.schema import LabelSchema

MARK = "'annotation_assistant'"
FIELDS: dict[str, dict[str, Any]] = {
    "choice": {"id": "mood", "kind": "choice", "labels": ["good", "bad"]},
    "choice2": {"id": "tone", "kind": "choice", "labels": ["good", "bad"]},
    "multi": {"id": "topics", "kind": "multi_choice", "labels": ["price", "speed"]},
    "text": {"id": "note", "kind": "text"},
    "text2": {"id": "more", "kind": "text"},
    "rating": {"id": "stars", "kind": "rating"},
    "spans": {"id": "names", "kind": "spans", "labels": ["person"]},
    "joins": {"id": "joins", "kind": "relations", "over": "names", "labels": ["knows"]},
    "boxes": {"id": "cars", "kind": "boxes", "labels": ["car"]},
    "boxes2": {"id": "vans", "kind": "boxes", "labels": ["van"]},
    "turned": {"id": "cars", "kind": "boxes", "labels": ["car"], "rotated": True},
    "flagged": {"id": "cars", "kind": "boxes", "labels": ["car"], "attributes": ["occluded"]},
    "coloured": {"id": "cars", "kind": "boxes", "labels": ["car"], "attributes": [{"id": "hue", "kind": "text"}]},
    "polygons": {"id": "fields", "kind": "polygons", "labels": ["wheat"]},
    "masks": {"id": "areas", "kind": "masks", "labels": ["sky"]},
    "spots": {"id": "spots", "kind": "keypoints", "labels": ["tip"]},
    "pose": {"id": "pose", "kind": "keypoints", "labels": ["person"], "points": ["nose", "tail"]},
}
PICTURED = ("boxes", "turned", "flagged", "coloured", "polygons", "masks", "spots", "pose")


def said(format: str, fields: str, **changed: Any) -> list[str]:
    """The sentences for fields of :data:`FIELDS`, without provenance unless that is asked for."""
    names = fields.split()
    item = "image" if {FIELDS[one]["kind"] for one in names} & {FIELDS[one]["kind"] for one in PICTURED} else "text"
    schema = LabelSchema.model_validate({"name": "S", "item": item, "fields": [FIELDS[one] for one in names]})
    return BY_NAME[format].cannot_hold(schema.fields, ExportOptions(**{"provenance": "none", **changed}))


TEXTS_ONLY = [
    "Columns of the items come back as text: numbers, lists and nested values are written as JSON text.",
    "An empty cell in a column of the items cannot be told from an absent one.",
]
LEFT_OUT = "Who decided, when and after seeing what was left out as asked."
CLASSES = "Choices are numbers of class labels; their names are in the features, in the order of the schema."
OVERRULED = "Answers that an adjudicator overruled are left out; every person's own task would contradict."
UNLABELLED = (
    "An empty label list is what doccano writes for items nobody labelled: 'nothing applies' is not told apart."
)
STUDIO = [
    f"What a reviewer had seen, and decisions without a value, stand under {MARK}: this file keeps them, Label Studio "
    "drops them.",
    "A person has one annotation an item, with one time for all fields.",
]
STUDIO_EMPTY = "Label Studio does not tell 'nothing applies' from a field that was not answered."
COLUMNS = [
    "Keys, columns of the items and who decided are not written; items without agreed spans are left out.",
    "White space between tokens comes back as single spaces, unless the text came from such a file.",
    "Spans that overlap, and spans that begin or end inside a token, are not written; each is listed.",
]
COCO_EMPTY = f"An image without regions looks like one that nobody looked at; only the mark {MARK} tells them apart."
DECIDED = "Who decided, when and after seeing what, and decisions without a value."
CLICKS = "The clicks and boxes from which regions were segmented, and the scores of single regions."
KEYS = "Keys and other columns of the items, and the ids of regions."
ROUNDED = "Boxes are whole pixels: fractions are rounded."
CVAT = [
    "Control characters and carriage returns in texts; each is listed.",
    "An image without shapes or tags looks like one that nobody looked at.",
    "Ids of regions, keys and other columns of the items.",
]
NO_ROW = "An image without boxes has no row, whether somebody looked at it or not."
RENAMED = "Keys and other columns of the items; names change to those of the folders."
NO_SPANS = "CoNLL holds spans, and no span field is exported: nothing can be written."
ALL_VALUES = "What each reviewer said where they disagree: there is one answer an image."
STAY = "The image files stay where they are; the export only names them."
MARKED = "Who marked the regions, when and after seeing what."
UPRIGHT = "Boxes are upright: the angle of a turned one stands under attributes.rotation, as CVAT writes it."
UPRIGHT_AROUND = "Boxes are upright: a turned one becomes the upright box around it."
EMPTY_TEXT = "An empty text as an answer cannot be told from no answer."
ONE_GROUP = "Polygons with holes are written as masks; several parts become polygons of one group."
LABELME_KEPT = f"stand under {MARK}: this file keeps them, LabelMe shows nothing of them."


@pytest.mark.parametrize(
    ("format", "fields", "sentences"),
    [
        ("csv", "choice", TEXTS_ONLY),
        ("tsv", "choice", TEXTS_ONLY),
        ("jsonl", "choice text", [LEFT_OUT]),
        ("parquet", "choice", [LEFT_OUT]),
        ("huggingface", "choice", [CLASSES, "Who decided was left out as asked."]),
        ("huggingface", "spans text", ["Who decided was left out as asked."]),
        ("prodigy", "choice", [OVERRULED]),
        ("doccano", "choice", [UNLABELLED]),
        ("label_studio", "choice", STUDIO),
        ("conll", "spans", COLUMNS),
        ("conll", "choice", [NO_SPANS]),
        ("coco", "boxes", [COCO_EMPTY]),
        ("coco", "choice", [
            f"Field 'mood' (choice) stands under {MARK}: this file keeps it, other programs pass over it."]),
        ("yolo", "boxes", [KEYS]),
        ("voc", "boxes", [ROUNDED, KEYS]),
        ("cvat", "choice", [DECIDED, *CVAT]),
        ("cvat", "boxes", [DECIDED, CLICKS, *CVAT]),
        ("labelme", "boxes", [
            DECIDED, CLICKS,
            f"An image without shapes looks like one that nobody looked at; only the mark {MARK} tells.",
        ]),
        ("datumaro", "boxes", [
            DECIDED, CLICKS,
            f"An item without annotations looks like one that nobody looked at; only the mark {MARK} tells.",
        ]),
        ("openimages", "boxes", [NO_ROW, KEYS]),
        ("images", "choice", [RENAMED]),
    ],
)  # fmt: skip
def test_what_always_gets_lost_is_all_that_is_said_of_a_plain_export(
    format: str, fields: str, sentences: list[str]
) -> None:
    assert said(format, fields) == sentences


ALL = {"conflicts": "all_values"}
PLACES = {"images": "reference"}
FULL = {"provenance": "full"}
MACHINE = {"include_unreviewed": True}


@pytest.mark.parametrize(
    ("format", "fields", "options", "without", "sentences"),
    [
        ("csv", "choice text", {}, "choice", [EMPTY_TEXT]),
        ("parquet", "choice text", {}, "choice", [EMPTY_TEXT]),
        ("prodigy", "choice spans", {}, "choice", [
            "A person who answered one field of an item and not another gives one task with what there is."]),
        ("prodigy", "choice text", {}, "choice", ["Field 'note' (text) has no place in the same task."]),
        ("doccano", "choice text", {}, "choice", ["Field 'note' (text) has no place in the same doccano project."]),
        ("doccano", "spans joins", {}, "spans", []),
        ("doccano", "choice", FULL, "choice", [
            f"Who decided stands under {MARK}, which doccano keeps and does not show."]),
        ("label_studio", "choice multi", {}, "choice", [STUDIO_EMPTY]),
        ("label_studio", "spans", {}, "choice", [STUDIO_EMPTY]),
        ("label_studio", "boxes", PLACES, "choice", [STUDIO_EMPTY]),
        ("label_studio", "polygons", PLACES, "boxes", [
            f"Polygons with holes are written as brush strokes, several parts as polygons of their own; {MARK} keeps "
            "them exactly, Label Studio drops it."]),
        ("label_studio", "spots", PLACES, "boxes", [
            f"Whether a point is hidden stands under {MARK}: Label Studio has no hidden points."]),
        ("label_studio", "pose", PLACES, "spots", [
            "Objects of several points are written as single points with the names of object and point; only "
            f"{MARK} joins them."]),
        ("conll", "spans choice", {}, "spans", ["Field 'mood' (choice) is not written."]),
        ("coco", "boxes", FULL, "boxes", [MARKED]),
        ("coco", "choice", FULL, "choice", []),
        ("coco", "boxes", ALL, "boxes", [ALL_VALUES]),
        ("coco", "boxes", PLACES, "boxes", [STAY]),
        ("coco", "turned", {}, "boxes", [UPRIGHT]),
        ("coco", "masks", {}, "boxes", ["The clicks and boxes from which regions were segmented."]),
        ("coco", "polygons", {}, "masks", [
            "Polygons with holes are written as masks: the polygons of COCO have none."]),
        ("yolo", "boxes choice", {}, "boxes", ["Field 'mood' (choice) has no place in the labels."]),
        ("yolo", "boxes", FULL, "boxes", [MARKED]),
        ("yolo", "boxes", ALL, "boxes", [ALL_VALUES]),
        ("yolo", "boxes", PLACES, "boxes", [STAY]),
        ("yolo", "boxes", MACHINE, "boxes", [
            "What only a model proposed stands in 'predictions', away from the labels that are learned from."]),
        ("yolo", "turned", {}, "boxes", []),
        ("yolo", "coloured", {}, "boxes", ["Attributes of regions: Hue."]),
        ("yolo", "polygons", {}, "boxes", [
            "An outline is one ring: parts and holes are joined by seams without width, which cover the same pixels."]),
        ("yolo", "masks", {}, "polygons", ["Masks are written as the outlines along the edges of their pixels."]),
        ("voc", "boxes choice", {}, "boxes", ["Field 'mood' (choice) has no place in a VOC annotation."]),
        ("voc", "boxes", FULL, "boxes", [MARKED]),
        ("voc", "boxes", ALL, "boxes", [ALL_VALUES]),
        ("voc", "boxes", PLACES, "boxes", [STAY]),
        ("voc", "boxes", MACHINE, "boxes", [
            f"What only a model proposed is marked {MARK}, which other programs pass over."]),
        ("voc", "turned", {}, "boxes", [UPRIGHT_AROUND]),
        ("voc", "flagged", {}, "boxes", [
            "Attributes other than difficult, truncated and occluded stand where CVAT and Datumaro look for them."]),
        ("voc", "polygons", {}, "boxes", [
            "Outlines are written as one mask file an image: where two overlap, the later one has the pixels."]),
        ("voc", "masks", {}, "polygons", []),
        ("cvat", "boxes text", {}, "boxes", ["Field 'note' (text) is not written."]),
        ("cvat", "boxes rating", {}, "boxes", ["Field 'stars' (rating) is not written."]),
        ("cvat", "boxes choice", {}, "boxes", []),
        ("cvat", "choice multi", {}, "choice", ["Which of several fields a tag belongs to."]),
        ("cvat", "boxes boxes2", {}, "boxes", ["Which of the fields cars, vans a shape belongs to."]),
        ("cvat", "boxes masks", {}, "boxes", []),
        ("cvat", "polygons", {}, "boxes", [
            "Polygons with holes are written as masks, on whole pixels; several parts become polygons in one group."]),
        ("cvat", "spots", {}, "choice", []),
        ("cvat", "choice", ALL, "choice", [ALL_VALUES]),
        ("cvat", "choice", PLACES, "choice", [STAY]),
        ("cvat", "choice", FULL, "choice", []),
        ("labelme", "boxes text", {}, "boxes", [f"The answers to note {LABELME_KEPT}"]),
        ("labelme", "boxes choice", {}, "boxes", []),
        ("labelme", "boxes choice multi rating", {}, "boxes", [f"The answers to stars, topics {LABELME_KEPT}"]),
        ("labelme", "turned", {}, "boxes", ["Turned boxes are written as polygons of four corners."]),
        ("labelme", "polygons", {}, "boxes", [ONE_GROUP]),
        ("labelme", "spots", {}, "choice", []),
        ("labelme", "pose", {}, "spots", [
            "Objects of several points are written as single points of one group, under the names of the points."]),
        ("labelme", "flagged", {}, "boxes", []),
        ("labelme", "coloured", {}, "boxes", [f"Attributes of regions that are not flags {LABELME_KEPT}"]),
        ("labelme", "boxes", MACHINE, "boxes", [
            f"Only the mark {MARK} tells what a model proposed from what a person drew."]),
        ("datumaro", "boxes text", {}, "boxes", []),
        ("datumaro", "boxes text text2 rating", {}, "boxes", [
            f"The answers to stars, more stand under {MARK}: this file keeps them, other programs pass over them."]),
        ("datumaro", "turned", {}, "boxes", [UPRIGHT]),
        ("datumaro", "polygons", {}, "boxes", [ONE_GROUP]),
        ("datumaro", "boxes", MACHINE, "boxes", [
            f"Only the mark {MARK} tells what a model proposed from what a person said."]),
        ("openimages", "boxes choice", {}, "boxes", ["Field 'mood' (choice) has no place in a file of boxes."]),
        ("openimages", "masks", {}, "boxes", ["Of outlines only the boxes are written."]),
        ("openimages", "turned", {}, "boxes", [UPRIGHT_AROUND]),
        ("openimages", "flagged", {}, "boxes", []),
        ("openimages", "coloured", {}, "boxes", ["Attributes of regions: Hue."]),
        ("openimages", "boxes", FULL, "boxes", [MARKED]),
        ("openimages", "boxes", ALL, "boxes", [ALL_VALUES]),
        ("openimages", "boxes", PLACES, "boxes", [STAY]),
        ("images", "choice boxes", {}, "choice", ["Field 'cars' (boxes) has no place in a folder of images."]),
        ("images", "multi", {}, "choice", ["Items with several labels are left out: a folder has one name."]),
        ("images", "choice", FULL, "choice", ["Who decided, when and after seeing what."]),
        ("images", "choice", MACHINE, "choice", [
            "What only a model proposed is left out: a folder cannot say so."]),
    ],
)  # fmt: skip
def test_a_further_loss_is_said_where_it_happens_and_nothing_else_is(
    format: str, fields: str, options: dict[str, Any], without: str, sentences: list[str]
) -> None:
    unchanged = {"images": options["images"]} if "images" in options and fields != without else {}
    before = said(format, without, **unchanged)
    assert [one for one in said(format, fields, **options) if one not in before] == sentences


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_a_format_that_holds_everything_says_nothing(format: str) -> None:
    assert said(format, "choice text", provenance="full") == []


def test_label_studio_needs_its_settings_only_where_the_images_lie_beside_the_file() -> None:
    extra = [one for one in said("label_studio", "boxes") if one not in said("label_studio", "boxes", **PLACES)]
    assert len(extra) == 1 and "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED=true" in extra[0]


def test_a_format_says_which_sorts_of_content_it_can_write() -> None:
    every = {"csv", "tsv", "jsonl", "parquet", "huggingface"}
    texts = {"prodigy", "doccano", "conll", "label_studio", "preference"}
    images = {"coco", "yolo", "voc", "cvat", "labelme", "datumaro", "openimages", "images", "label_studio"}
    held = {content: {name for name, one in BY_NAME.items() if one.is_for(content)} for content in ("text", "image")}
    assert held == {"text": every | texts, "image": every | images}
    # What a format never heard of can be written where the item's name and its answers are enough.
    assert {name for name, one in BY_NAME.items() if one.is_for("smell")} == every


def test_what_a_tool_can_be_asked_to_write_are_the_formats_that_there_are() -> None:
    assert ExportArgs.model_json_schema()["properties"]["format"]["enum"] == list(BY_NAME)


def test_a_format_that_cannot_hold_the_items_says_what_it_holds() -> None:
    schema = LabelSchema.model_validate({"name": "S", "item": "image", "fields": [FIELDS["boxes"]]})
    told = {}
    for name in ("conll", "srt"):
        with pytest.raises(InputError) as refused:
            losses(name, schema)
        told[name] = str(refused.value)
    assert told == {
        "conll": "The format conll holds texts, and the project asks about 'image' items.",
        "srt": "The format srt holds audio, and the project asks about 'image' items.",
    }
