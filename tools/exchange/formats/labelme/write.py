"""LabelMe: a folder with one JSON file beside each image.

LabelMe itself keeps keys that it does not know when it saves a file, so that our mark lives on in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tools.exchange.codec import MARK
from tools.exchange.export import ChosenItem
from tools.exchange.formats.pictures.image_marks import item_mark, region_mark
from tools.exchange.options import ExportOptions
from tools.exchange.pictures.image_answers import WrittenRegion, labels_of_item, regions_of_item, usual_losses
from tools.exchange.pictures.image_export import ImageShelf, Placed
from tools.exchange.pictures.mask_picture import encode_picture
from tools.exchange.writer import Names, Plan
from tools.geometry.boxes import corners_of
from tools.geometry.masks import decode
from tools.geometry.polygons import rasterise
from tools.records import to_json
from tools.schema import FieldSpec

VERSION = "5.5.0"
DESCRIPTION, OCCLUDED = "description", "occluded"
NO_PIXEL = "the outline with holes has no pixel inside"
_RESERVED = {"version", "flags", "shapes", "imagePath", "imageData", "imageHeight", "imageWidth", MARK}


def cannot_hold(fields: Sequence[FieldSpec], options: ExportOptions) -> list[str]:
    """What LabelMe has no place for."""
    said = usual_losses(fields, options)
    kept = f"stand under {MARK!r}: this file keeps them, LabelMe shows nothing of them."
    others = [spec.id for spec in fields if spec.kind in ("text", "rating")]
    choices = [spec.id for spec in fields if spec.record.is_labels]
    if others or len(choices) > 1:
        said.append(f"The answers to {', '.join([*others, *choices[1:]])} {kept}")
    said.append(f"An image without shapes looks like one that nobody looked at; only the mark {MARK!r} tells.")
    if any(spec.rotated for spec in fields):
        said.append("Turned boxes are written as polygons of four corners.")
    if any(spec.kind == "polygons" for spec in fields):
        said.append("Polygons with holes are written as masks; several parts become polygons of one group.")
    if any(spec.points for spec in fields):
        said.append(
            "Objects of several points are written as single points of one group, under the names of the points."
        )
    if any(one.kind != "flag" and one.id != DESCRIPTION for spec in fields for one in spec.attributes):
        said.append(f"Attributes of regions that are not flags {kept}")
    if options.include_unreviewed:
        said.append(f"Only the mark {MARK!r} tells what a model proposed from what a person drew.")
    return said


class LabelmeWriter:
    """Writes one file an item."""

    escaped_cells = 0

    def __init__(self, plan: Plan) -> None:
        self._plan, self._names = plan, Names(plan.fields)
        plan.path.mkdir(parents=True)
        self._shelf = ImageShelf(plan, folder="", by_stem=True)
        choices = [spec for spec in plan.fields if spec.record.is_labels]
        self._flags = choices[0] if choices else None

    def add(self, item: ChosenItem) -> str:
        """Write the file of one image."""
        placed = self._shelf.place(item)
        if isinstance(placed, str):
            return placed
        path = self._shelf.path(placed)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".json").write_text(to_json(self._record(item, placed, path)) + "\n", encoding="utf-8")
        return ""

    def finish(self) -> list[Path]:
        """Name what was made."""
        return sorted(self._plan.path.iterdir())

    def close(self) -> None:
        """Nothing stays open."""

    def _record(self, item: ChosenItem, placed: Placed, path: Path) -> dict[str, Any]:
        assert item.item.media is not None
        size = (item.item.media.height, item.item.media.width)
        meta = {key: value for key, value in item.item.meta.items() if key not in _RESERVED and value is not None}
        flags = self._image_flags(item)
        shown = f"{placed.split}/{placed.name}" if placed.split else placed.name
        native = [self._flags.id] if self._flags and flags is not None else []
        own = item_mark(item, shown, native, self._plan.options) | ({"labels": native[0]} if native else {})
        record = {
            "version": VERSION,
            "flags": flags or {},
            "shapes": self._shapes(item, size),
            "imagePath": path.name,
            "imageData": None,
            "imageHeight": size[0],
            "imageWidth": size[1],
        }
        return {**meta, **record, **({MARK: own} if own else {})}

    def _image_flags(self, item: ChosenItem) -> dict[str, bool] | None:
        """The labels of the first choice field that people agreed on, as flags; others off, so that they can be set."""
        for chosen, names in labels_of_item(item, self._plan, self._names):
            if chosen.spec is self._flags and chosen.status == "agreed" and names:
                return {self._names.of(chosen.spec, one): self._names.of(chosen.spec, one) in names
                        for one in chosen.spec.label_ids}  # fmt: skip
        return None

    def _shapes(self, item: ChosenItem, size: tuple[int, int]) -> list[dict[str, Any]]:
        shapes: list[dict[str, Any]] = []
        for number, one in enumerate(regions_of_item(item, self._plan, self._names), start=1):
            found = shapes_of(one, number, size)
            if not found:
                self._plan.lose(item, one.spec, NO_PIXEL, one.label)
            shapes += found
        return shapes


def shapes_of(one: WrittenRegion, number: int, size: tuple[int, int]) -> list[dict[str, Any]]:
    """The shapes of a region over an image of ``size`` (height, width); ``number`` is for its group."""
    shapes, is_exact = _GEOMETRY[one.spec.kind](one, size)
    attributes = one.attributes
    flags = {key: value for key, value in attributes.items() if isinstance(value, bool)}
    if one.spec.kind == "keypoints":
        # On a point this flag says that the point is hidden, and the description which object it is of.
        flags.pop(OCCLUDED, None)
    others = {
        key: value for key, value in attributes.items() if key not in flags and (key != DESCRIPTION or one.spec.points)
    }
    group = number if len(shapes) > 1 or one.spec.points else None
    found = []
    for shape in shapes:
        own = region_mark(one, is_exact) | ({"attributes": others} if others else {})
        usual = {"label": one.label, "group_id": group, DESCRIPTION: str(attributes.get(DESCRIPTION, "")), "mask": None}
        found.append({**usual, **shape, "flags": {**flags, **shape.get("flags", {})}, MARK: own})
    return found


Geometry = tuple[list[dict[str, Any]], bool]


def _box(one: WrittenRegion, size: tuple[int, int]) -> Geometry:
    x0, y0, x1, y1 = one.region["box"]
    angle = one.region.get("angle")
    if angle:
        corners = [[float(x), float(y)] for x, y in corners_of(one.region["box"], angle)]
        return [{"shape_type": "polygon", "points": corners}], False
    return [{"shape_type": "rectangle", "points": [[x0, y0], [x1, y1]]}], True


def _polygon(one: WrittenRegion, size: tuple[int, int]) -> Geometry:
    parts = one.region["parts"]
    if any(len(part) > 1 for part in parts):
        return _picture(rasterise(parts, size)), False
    return [{"shape_type": "polygon", "points": part[0]} for part in parts], True


def _mask(one: WrittenRegion, size: tuple[int, int]) -> Geometry:
    return _picture(decode(one.region["counts"], size)), True


def _picture(mask: Any) -> list[dict[str, Any]]:
    """The mask in the smallest crop that holds it; the second point is the last pixel inside, not behind it."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return []
    y0, y1, x0, x1 = int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])
    crop = encode_picture(mask[y0 : y1 + 1, x0 : x1 + 1])
    return [{"shape_type": "mask", "points": [[float(x0), float(y0)], [float(x1), float(y1)]], "mask": crop}]


def _points(one: WrittenRegion, size: tuple[int, int]) -> Geometry:
    shapes = []
    for at, (x, y, seen) in enumerate(one.region["points"]):
        if not seen:
            continue
        shape: dict[str, Any] = {"shape_type": "point", "points": [[x, y]]}
        if seen == 1:
            shape["flags"] = {OCCLUDED: True}
        if one.spec.points:
            shape |= {"label": one.spec.points[at], DESCRIPTION: one.label}
        shapes.append(shape)
    return shapes, True


_GEOMETRY: Mapping[str, Callable[[WrittenRegion, tuple[int, int]], Geometry]] = {
    "boxes": _box,
    "polygons": _polygon,
    "masks": _mask,
    "keypoints": _points,
}
