"""Answers about small images, as hostile as people's, and the way they take: written by one export, read back."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import strategies as st
from PIL import Image

from tests.exchange.roundtrip import words
from tools.exchange.batch import ImportBatch
from tools.exchange.export import ExportDecision, ExportField, ExportItem, ExportProposal
from tools.exchange.files.xmlread import clean_text
from tools.exchange.options import ExportOptions, ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.writing import write_export
from tools.geometry.masks import encode
from tools.images.probe import probe
from tools.records import Item
from tools.schema import FieldSpec, LabelSchema
from tools.values import check_value, comparable

WIDTH, HEIGHT = 40, 30
LABELS = ["car", {"id": "ped", "name": "A person; \"old\" <b>&'x'"}, {"id": "cjk", "name": "汽车"}]
ATTRIBUTES = [
    "occluded",
    "crowd",
    {"id": "colour", "kind": "choice", "options": ["red", "light blue"]},
    {"id": "speed", "kind": "number"},
    {"id": "description", "kind": "text"},
]
FIELDS = {
    "boxes": {"id": "objects", "kind": "boxes", "labels": LABELS, "rotated": True, "attributes": ATTRIBUTES},
    "polygons": {"id": "outlines", "kind": "polygons", "labels": LABELS, "attributes": ATTRIBUTES},
    "masks": {"id": "areas", "kind": "masks", "labels": LABELS, "attributes": ["crowd"]},
    "points": {"id": "spots", "kind": "keypoints", "labels": LABELS},
    "pose": {"id": "pose", "kind": "keypoints", "labels": ["person"], "points": ["nose", "left eye", "tail"],
             "skeleton": [["nose", "tail"]], "attributes": ["occluded"]},
    "scene": {"id": "scene", "kind": "choice", "labels": ["street", "In & out"]},
    "weather": {"id": "weather", "kind": "multi_choice", "labels": ["wet", "dark"]},
    "note": {"id": "note", "kind": "text"},
    "stars": {"id": "stars", "kind": "rating"},
}  # fmt: skip
NAMES = ("a.png", "b c.png", "street/001.png", "ü.png", "B C.png")

_RING = [[1, 1], [9.5, 1], [9, 9]]
_REGION = {"id": "r1", "label": "car"}
_MASK = {"size": [HEIGHT, WIDTH], "counts": encode(np.tri(HEIGHT, WIDTH, dtype=bool))}
REGIONS: dict[str, Any] = {
    "objects": {"boxes": [{**_REGION, "box": [1, 1, 5, 5], "angle": 30.0, "attributes": {"colour": "red"}}]},
    "outlines": {"polygons": [{**_REGION, "parts": [[_RING, [[6, 2], [8, 2], [8, 4]]], [[[0, 0], [1, 0], [0, 1]]]]}]},
    "areas": {"masks": [{**_REGION, **_MASK}]},
    "spots": {"keypoints": [{**_REGION, "points": [[1, 2, 1]]}]},
    "pose": {"keypoints": [{"id": "r1", "label": "person", "points": [[1, 2, 2], [0, 0, 0], [3, 4, 1]]}]},
    "scene": {"label": "street"},
    "note": {"text": "a <b> & c"},
}
"""One answer of every kind to the fields above."""

hundredths = st.tuples(st.integers(0, WIDTH * 100), st.integers(0, HEIGHT * 100))
coordinates = hundredths.map(lambda point: [point[0] / 100, point[1] / 100])


def schema_of(*fields: str) -> LabelSchema:
    """A schema of some of the fields above."""
    return LabelSchema.model_validate({"name": "Images", "item": "image", "fields": [FIELDS[one] for one in fields]})


@st.composite
def shapes(draw: Any, spec: FieldSpec, has_holes: bool) -> dict[str, Any]:
    """The geometry of one region."""
    if spec.kind == "boxes":
        (x0, y0), (x1, y1) = draw(coordinates), draw(coordinates)
        # A box at the far edge needs some room to have an area inside the image.
        box = [min(x0, x1, WIDTH - 0.01), min(y0, y1, HEIGHT - 0.01), max(x0, x1) + 0.01, max(y0, y1) + 0.01]
        angle = draw(st.sampled_from((0, 0, 33.5, -90, 179.99))) if spec.rotated else 0
        return {"box": box, "angle": angle} if angle else {"box": box}
    if spec.kind == "polygons":
        x, y = draw(st.integers(0, 20)), draw(st.integers(0, 10))
        outer = [[x, y], [x + 15.25, y + 0.5], [x + 12, y + 14], [x + 0.75, y + 13]]
        hole = [[x + 4, y + 4], [x + 8, y + 4], [x + 6, y + 8.5]]
        part = [outer, hole] if has_holes and draw(st.booleans()) else [outer]
        more = [[[[0, 0], [3, 0], [0, 2.5]]]] if draw(st.booleans()) else []
        return {"parts": [part, *more]}
    if spec.kind == "masks":
        mask = np.zeros((HEIGHT, WIDTH), bool)
        for _ in range(draw(st.integers(1, 4))):
            x, y = draw(st.integers(0, WIDTH - 1)), draw(st.integers(0, HEIGHT - 1))
            mask[y : y + draw(st.integers(1, 9)), x : x + draw(st.integers(1, 9))] ^= True
        mask[draw(st.integers(0, HEIGHT - 1)), draw(st.integers(0, WIDTH - 1))] = True
        return {"size": [HEIGHT, WIDTH], "counts": encode(mask)}
    seen = draw(st.lists(st.integers(0, 2), min_size=len(spec.points) or 1, max_size=len(spec.points) or 1))
    seen = seen if any(seen) else [2, *seen[1:]]
    return {"points": [[*draw(coordinates), one] if one else [0, 0, 0] for one in seen]}


@st.composite
def attribute_values(draw: Any, spec: FieldSpec, is_plain: bool) -> dict[str, Any]:
    """What was noted about one region; ``is_plain`` is without what XML cannot write."""
    found: dict[str, Any] = {}
    for one in spec.attributes:
        if draw(st.booleans()):
            continue
        if one.kind == "flag":
            found[one.id] = True
        elif one.kind == "number":
            found[one.id] = draw(st.sampled_from((0.0, -1.5, 1e20, 0.1)))
        else:
            texts = words.map(clean_text) if is_plain else words
            found[one.id] = draw(st.sampled_from(one.options) if one.options else texts.filter(lambda w: w.strip()))
    return found


@st.composite
def values(draw: Any, spec: FieldSpec, has_holes: bool = True, fewest: int = 0) -> dict[str, Any]:
    """One value of a field; ``fewest`` regions or labels. Without holes, texts are such as XML can write."""
    labels = st.sampled_from(spec.label_ids or ("",))
    if spec.kind == "choice":
        return {"label": draw(labels)}
    if spec.kind == "multi_choice":
        return check_value(spec, {"labels": draw(st.lists(labels, unique=True, min_size=fewest))})
    if spec.kind == "rating":
        return {"rating": draw(st.integers(1, 5))}
    if spec.kind == "text":
        return {"text": draw(words)}
    regions = []
    for number in range(draw(st.integers(fewest, 3))):
        shape = draw(shapes(spec, has_holes))
        own = {
            "id": f"x{number}",
            "label": draw(labels),
            "attributes": draw(attribute_values(spec, not has_holes)),
            **shape,
        }
        if all({**one, "id": ""} != {**own, "id": ""} for one in regions):
            regions.append(own)
    return check_value(spec, {spec.kind: regions}, None, None, (WIDTH, HEIGHT))


@st.composite
def exports(
    draw: Any, schema: LabelSchema, has_holes: bool = True, fewest: int = 0, has_machine: bool = True
) -> list[ExportItem]:
    """A few images with answers, without their files; see :func:`placed`."""
    items = []
    # Names that differ in case only get names of their own in a file system, which XML cannot tell from others.
    names = st.lists(st.sampled_from(NAMES if has_holes else NAMES[:-1]), min_size=1, max_size=3, unique=True)
    for number, name in enumerate(draw(names), start=1):
        answers = {}
        for spec in schema.fields:
            if draw(st.booleans()):
                continue
            value = draw(values(spec, has_holes, fewest))
            if has_machine and draw(st.integers(0, 3)) == 0:
                proposal = ExportProposal(1, 1, value, 0.5, "uncalibrated", "builtin:x")
                answers[spec.id] = ExportField(spec.id, "undecided", None, (), proposal)
            else:
                said = [ExportDecision("declared", "choose", value)]
                answers[spec.id] = ExportField(spec.id, "agreed", value, said)
        items.append(ExportItem(Item(number, name, name, "image"), answers))
    return items


def placed(items: Sequence[ExportItem], folder: Path) -> tuple[list[ExportItem], Callable[[Item], Path]]:
    """The items with image files of their own, and where each of them is."""
    found = []
    for one in items:
        path = folder / f"{one.item.item_id}.png"
        Image.new("RGB", (WIDTH, HEIGHT), (one.item.item_id, 0, 0)).save(path)
        media = probe(path).media
        item = Item(one.item.item_id, one.item.key, one.item.text, "image", meta=one.item.meta, media=media)
        found.append(ExportItem(item, one.fields))
    return found, lambda item: folder / f"{item.item_id}.png"


def there_and_back(
    format: str, items: Sequence[ExportItem], schema: LabelSchema, folder: Path, suffix: str = "", **changed: Any
) -> ImportBatch:
    """What an import reads of what an export wrote."""
    here = folder / "here"
    here.mkdir()
    written, image_file = placed(items, here)
    options = ExportOptions(keep_undecided=True, include_unreviewed=True, **changed)
    target = folder / f"there{suffix}"
    report = write_export(format, written, schema, target, options, image_file)
    assert report.written == len(items), report.left_out
    assert not report.losses, report.losses
    return read_file(target, schema, ImportOptions(format=format, annotator="declared"))


def told(items: Sequence[ExportItem], has_ids: bool = True) -> dict[str, Any]:
    """What the items say: names, answers that people agreed on, what only a model proposed."""
    labels, proposals = [], []
    for one in items:
        for name, found in one.fields.items():
            if found.state == "agreed":
                labels.append((one.item.key, name, _said(found.value, has_ids)))
            elif found.proposal is not None:
                proposals.append((one.item.key, name, _said(found.proposal.value, has_ids)))
    names = sorted((one.item.key, one.item.text) for one in items)
    return {"items": names, "labels": sorted(labels), "proposals": sorted(proposals)}


def read(batch: ImportBatch, has_ids: bool = True) -> dict[str, Any]:
    """The same of what was read; nothing may be dropped on the way."""
    assert batch.rejects.num_rows == 0, batch.rejects.to_pylist()
    assert batch.dropped.num_rows == 0, batch.dropped.to_pylist()
    keys = dict(zip(batch.items["row"].to_pylist(), batch.items["key"].to_pylist(), strict=True))
    said = {}
    for name in ("labels", "proposals"):
        rows = getattr(batch, name).to_pylist()
        found = [(keys[one["row"]], one["field"], _said(json.loads(one["value"]), has_ids)) for one in rows]
        said[name] = sorted(found)
    names = zip(batch.items["key"].to_pylist(), batch.items["text"].to_pylist(), strict=True)
    return {"items": sorted(names), **said}


def _said(value: Mapping[str, Any] | None, has_ids: bool) -> str:
    return json.dumps(value, sort_keys=True) if has_ids else comparable(value)
