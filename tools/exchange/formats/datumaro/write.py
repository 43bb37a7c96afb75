"""Datumaro's JSON: ``annotations/<split>.json`` and ``images/<split>/``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, TextIO

from tools.exchange.codec import MARK
from tools.exchange.export import ChosenItem
from tools.exchange.formats.datumaro.read import UNSPLIT
from tools.exchange.formats.datumaro.shapes import ROTATION
from tools.exchange.formats.pictures.image_marks import item_mark, region_mark
from tools.exchange.options import ExportOptions
from tools.exchange.pictures.image_answers import WrittenRegion, labels_of_item, regions_of_item, usual_losses
from tools.exchange.pictures.image_export import ImageShelf, Placed
from tools.exchange.writer import Names, Plan
from tools.geometry.masks import encode
from tools.geometry.polygons import rasterise
from tools.records import to_json
from tools.schema import FieldSpec

FOLDER = "annotations"
NO_PIXEL = "the outline with holes has no pixel inside"
_CROWD, _IS_CROWD, _SPLIT = "crowd", "is_crowd", "split"


def cannot_hold(fields: Sequence[FieldSpec], options: ExportOptions) -> list[str]:
    """What Datumaro has no place for."""
    said = usual_losses(fields, options)
    texts = [spec.id for spec in fields if spec.kind == "text"]
    others = [spec.id for spec in fields if spec.kind == "rating"]
    if others or len(texts) > 1:
        said.append(
            f"The answers to {', '.join([*others, *texts[1:]])} stand under {MARK!r}: this file keeps them, other "
            "programs pass over them."
        )
    said.append(f"An item without annotations looks like one that nobody looked at; only the mark {MARK!r} tells.")
    if any(spec.rotated for spec in fields):
        said.append("Boxes are upright: the angle of a turned one stands under attributes.rotation, as CVAT writes it.")
    if any(spec.kind == "polygons" for spec in fields):
        said.append("Polygons with holes are written as masks; several parts become polygons of one group.")
    if options.include_unreviewed:
        said.append(f"Only the mark {MARK!r} tells what a model proposed from what a person said.")
    return said


class DatumaroWriter:
    """Writes one item record an item, into the file of its split."""

    escaped_cells = 0

    def __init__(self, plan: Plan) -> None:
        self._plan, self._names = plan, Names(plan.fields)
        self._folder = plan.path / FOLDER
        self._folder.mkdir(parents=True)
        self._shelf = ImageShelf(plan)
        self._labels = _numbers(plan, self._names)
        self._streams: dict[str, TextIO] = {}
        texts = [spec for spec in plan.fields if spec.kind == "text"]
        self._caption = texts[0] if texts else None
        self._first_of: set[str] = set()

    def add(self, item: ChosenItem) -> str:
        """Write one item."""
        placed = self._shelf.place(item)
        if isinstance(placed, str):
            return placed
        split = placed.split or UNSPLIT
        stream = self._stream(split)
        stream.write("" if split in self._first_of else ",\n")
        self._first_of.discard(split)
        stream.write(to_json(self._record(item, placed)))
        return ""

    def finish(self) -> list[Path]:
        """Close the files."""
        self._stream(next(iter(self._streams), UNSPLIT))
        for stream in self._streams.values():
            stream.write("\n]}\n")
        self.close()
        made = [self._path(split) for split in self._streams]
        images = self._plan.path / self._shelf.folder
        return [*made, images] if images.exists() else made

    def close(self) -> None:
        """Let go of the files."""
        for stream in self._streams.values():
            stream.close()

    def _path(self, split: str) -> Path:
        return self._folder / f"{split}.json"

    def _stream(self, split: str) -> TextIO:
        if split not in self._streams:
            stream = self._streams[split] = self._path(split).open("w", encoding="utf-8", newline="\n")
            title = self._plan.options.project or self._plan.schema.name
            head = {"infos": {"title": title}, "categories": categories_of(self._plan, self._names, self._labels)}
            stream.write(to_json(head)[:-1] + ',"items":[\n')
            self._first_of.add(split)
        return self._streams[split]

    def _record(self, item: ChosenItem, placed: Placed) -> dict[str, Any]:
        media = item.item.media
        assert media is not None
        meta = {key: value for key, value in item.item.meta.items() if value is not None}
        if placed.split and meta.get(_SPLIT) == placed.split:
            del meta[_SPLIT]
        annotations, native = self._annotations(item, (media.height, media.width))
        for number, one in enumerate(annotations):
            one["id"] = number
        own = item_mark(item, placed.name, native, self._plan.options)
        picture = {"path": placed.name, "size": [media.height, media.width]}
        record: dict[str, Any] = {"id": str(PurePosixPath(placed.name).with_suffix("")), "annotations": annotations}
        return record | {"attr": meta, "image": picture, "media": {"path": placed.name}} | ({MARK: own} if own else {})

    def _annotations(self, item: ChosenItem, size: tuple[int, int]) -> tuple[list[dict[str, Any]], list[str]]:
        """The annotations of an item, and the ids of the fields of the whole image that are among them."""
        found: list[dict[str, Any]] = []
        native = []
        for chosen, names in labels_of_item(item, self._plan, self._names):
            if chosen.status == "agreed" and names:
                native.append(chosen.spec.id)
                mark = {MARK: {"field": chosen.spec.id}}
                found += [{"type": "label", "label_id": self._labels[name], **_usual(), **mark} for name in names]
        caption = item.answers.get(self._caption.id) if self._caption else None
        if caption is not None and caption.status == "agreed" and caption.value is not None:
            native.append(caption.spec.id)
            found.append({"type": "caption", "caption": caption.value["text"], **_usual()})
        for number, one in enumerate(regions_of_item(item, self._plan, self._names), start=1):
            shapes = self._shapes(one, number, size)
            if not shapes:
                self._plan.lose(item, one.spec, NO_PIXEL, one.label)
            found += shapes
        return found, native

    def _shapes(self, one: WrittenRegion, number: int, size: tuple[int, int]) -> list[dict[str, Any]]:
        shapes, is_exact = _GEOMETRY[one.spec.kind](one, size)
        attributes = {_IS_CROWD if key == _CROWD else key: value for key, value in one.attributes.items()}
        found = []
        for shape in shapes:
            own = shape.pop("attributes", {})
            usual = _usual() | {"label_id": self._labels[one.label], "group": number if len(shapes) > 1 else 0}
            found.append({**usual, **shape, "attributes": {**attributes, **own}, MARK: region_mark(one, is_exact)})
        return found


def _usual() -> dict[str, Any]:
    return {"attributes": {}, "group": 0}


def _numbers(plan: Plan, names: Names) -> dict[str, int]:
    """A number for every label name, in the order of the schema."""
    known = [names.of(spec, label.id) for spec in plan.fields for label in spec.answers]
    return {name: number for number, name in enumerate(dict.fromkeys(known))}


def categories_of(plan: Plan, names: Names, labels: Mapping[str, int]) -> dict[str, Any]:
    """The ``categories`` of a file: labels with their attributes, and the points of objects."""
    attributes: dict[str, list[str]] = {}
    points: dict[int, dict[str, Any]] = {}
    for spec in plan.fields:
        for label in spec.answers:
            name = names.of(spec, label.id)
            attributes.setdefault(name, []).extend(one.id for one in spec.attributes)
            if spec.points:
                # Counted from 1, as in COCO, from which Datumaro has them.
                joins = [[spec.points.index(a) + 1, spec.points.index(b) + 1] for a, b in spec.skeleton]
                record = {"label_id": labels[name], "labels": list(spec.points), "joints": joins}
                points.setdefault(labels[name], record)
    records = [
        {"name": name, "parent": "", "attributes": list(dict.fromkeys(attributes.get(name, ())))} for name in labels
    ]
    found: dict[str, Any] = {"label": {"labels": records, "label_groups": [], "attributes": []}}
    return found | ({"points": {"items": list(points.values())}} if points else {})


Geometry = tuple[list[dict[str, Any]], bool]


def _box(one: WrittenRegion, size: tuple[int, int]) -> Geometry:
    x0, y0, x1, y1 = one.region["box"]
    shape: dict[str, Any] = {"type": "bbox", "bbox": [x0, y0, round(x1 - x0, 2), round(y1 - y0, 2)]}
    if one.region.get("angle"):
        shape["attributes"] = {ROTATION: one.region["angle"]}
    return [shape], True


def _polygon(one: WrittenRegion, size: tuple[int, int]) -> Geometry:
    parts = one.region["parts"]
    if any(len(part) > 1 for part in parts):
        mask = rasterise(parts, size)
        return ([_mask_shape(encode(mask), size)] if mask.any() else []), False
    flat = [[number for point in part[0] for number in point] for part in parts]
    return [{"type": "polygon", "points": one_part} for one_part in flat], True


def _mask(one: WrittenRegion, size: tuple[int, int]) -> Geometry:
    return [_mask_shape(one.region["counts"], size)], True


def _mask_shape(counts: str, size: tuple[int, int]) -> dict[str, Any]:
    return {"type": "mask", "rle": {"counts": counts, "size": list(size)}}


def _points(one: WrittenRegion, size: tuple[int, int]) -> Geometry:
    points = one.region["points"]
    flat = [number for x, y, _ in points for number in (x, y)]
    return [{"type": "points", "points": flat, "visibility": [seen for _, _, seen in points]}], True


_GEOMETRY: Mapping[str, Callable[[WrittenRegion, tuple[int, int]], Geometry]] = {
    "boxes": _box,
    "polygons": _polygon,
    "masks": _mask,
    "keypoints": _points,
}
