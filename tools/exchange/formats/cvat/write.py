"""CVAT for images 1.1: a folder with ``annotations.xml`` and ``images/``, as CVAT exports and takes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from tools.exchange.export import ChosenItem
from tools.exchange.files.xmlread import clean_text
from tools.exchange.options import ExportOptions
from tools.exchange.pictures.crop_runs import encode_crop
from tools.exchange.pictures.image_answers import (
    WrittenRegion,
    labels_of_item,
    regions_of_item,
    same_kind_fields,
    usual_losses,
)
from tools.exchange.pictures.image_export import ImageShelf
from tools.exchange.writer import Names, Plan
from tools.geometry.masks import decode
from tools.geometry.polygons import rasterise
from tools.labels import Attribute
from tools.schema import FieldSpec

FILE = "annotations.xml"
NO_PLACE = "CVAT has no place for it"
UNWRITABLE = "XML has no way to write a control character or carriage return of the text; it became a space or new line"
NO_PIXEL = "the outline with holes has no pixel inside"
_TYPES = {"boxes": "rectangle", "polygons": "polygon", "masks": "mask", "keypoints": "points"}
_INPUTS = {"flag": "checkbox", "choice": "select", "number": "number", "text": "text"}
_OCCLUDED = "occluded"


def cannot_hold(fields: Sequence[FieldSpec], options: ExportOptions) -> list[str]:
    """What CVAT's XML has no place for."""
    kinds = {spec.kind for spec in fields}
    said = usual_losses(fields, options)
    said += [f"Field {spec.id!r} ({spec.kind}) is not written." for spec in fields if spec.kind in ("text", "rating")]
    said += [
        "Control characters and carriage returns in texts; each is listed.",
        "An image without shapes or tags looks like one that nobody looked at.",
        "Ids of regions, keys and other columns of the items.",
    ]
    if "polygons" in kinds:
        said.append(
            "Polygons with holes are written as masks, on whole pixels; several parts become polygons in one group."
        )
    if same_kind_fields(fields):
        said.append(f"Which of the fields {', '.join(same_kind_fields(fields))} a shape belongs to.")
    if sum(spec.record.is_labels for spec in fields) > 1:
        said.append("Which of several fields a tag belongs to.")
    return said


class CvatWriter:
    """Writes one ``<image>`` an item."""

    escaped_cells = 0

    def __init__(self, plan: Plan) -> None:
        self._plan, self._names = plan, Names(plan.fields)
        plan.path.mkdir(parents=True)
        self._shelf = ImageShelf(plan)
        self._path = plan.path / FILE
        self._stream = self._path.open("w", encoding="utf-8", newline="\n")
        self._stream.write('<?xml version="1.0" encoding="utf-8"?>\n<annotations>\n  <version>1.1</version>\n')
        self._write(head_of(plan, self._names))
        self._count = 0

    def add(self, item: ChosenItem) -> str:
        """Write one image with its shapes and tags."""
        placed = self._shelf.place(item)
        if isinstance(placed, str):
            return placed
        assert item.item.media is not None
        name = f"{placed.split}/{placed.name}" if placed.split else placed.name
        size = {"width": str(item.item.media.width), "height": str(item.item.media.height)}
        split = {"subset": placed.split} if placed.split else {}
        image = Element("image", {"id": str(self._count), "name": clean_text(name), **split, **size})
        self._count += 1
        self._add_tags(image, item)
        for height, one in enumerate(regions_of_item(item, self._plan, self._names)):
            if any(_is_unwritable(value) for value in one.attributes.values()):
                self._plan.lose(item, one.spec, UNWRITABLE, str(one.attributes))
            if not self._add_shape(image, one, height, (item.item.media.height, item.item.media.width)):
                self._plan.lose(item, one.spec, NO_PIXEL, one.label)
        self._write(image)
        for chosen in item.answers.values():
            if chosen.spec.kind in ("text", "rating") and chosen.value is not None:
                self._plan.lose(item, chosen.spec, NO_PLACE, str(chosen.value[chosen.spec.kind]))
        return ""

    def finish(self) -> list[Path]:
        """Close the file."""
        self._stream.write("</annotations>\n")
        self._stream.close()
        images = self._plan.path / self._shelf.folder
        return [self._path, images] if images.exists() else [self._path]

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()

    def _write(self, element: Element) -> None:
        indent(element, level=1)
        self._stream.write("  " + tostring(element, encoding="unicode").rstrip() + "\n")

    def _add_tags(self, image: Element, item: ChosenItem) -> None:
        for chosen, names in labels_of_item(item, self._plan, self._names):
            source = "auto" if chosen.status == "machine" else "manual"
            for name in names:
                SubElement(image, "tag", {"label": clean_text(name), "source": source})

    def _add_shape(self, image: Element, one: WrittenRegion, height: int, size: tuple[int, int]) -> bool:
        """Whether the region could be written."""
        attributes = one.attributes
        common = {
            "label": clean_text(one.label),
            "source": "auto" if one.is_machine else "manual",
            "occluded": str(int(one.spec.kind != "keypoints" and attributes.pop(_OCCLUDED, False) is True)),
            "z_order": str(height),
        }
        shapes = _SHAPES[one.spec.kind](one, size)
        for place, (tag, own) in enumerate(shapes):
            element = SubElement(image, tag, {**common, **own, **_group(one, height)})
            for joint in _joints(one) if tag == "skeleton" else ():
                element.append(joint)
            # Attributes belong to the object, which its first part stands for.
            for name, value in attributes.items() if place == 0 else ():
                SubElement(element, "attribute", {"name": name}).text = _written(value)
        return bool(shapes)


def head_of(plan: Plan, names: Names) -> Element:
    """The ``<meta>`` of a file: every label once, with its type and attributes."""
    meta = Element("meta")
    task = SubElement(meta, "task")
    SubElement(task, "name").text = clean_text(plan.options.project or plan.schema.name)
    SubElement(task, "mode").text = "annotation"
    labels = SubElement(task, "labels")
    kinds: dict[str, list[FieldSpec]] = {}
    for spec in plan.fields:
        for label in spec.answers:
            kinds.setdefault(names.of(spec, label.id), []).append(spec)
    for name, specs in kinds.items():
        _add_label(labels, name, specs)
    return meta


def _add_label(labels: Element, name: str, specs: Sequence[FieldSpec]) -> None:
    types = {"skeleton" if spec.points else _TYPES.get(spec.kind, "tag") for spec in specs}
    label = SubElement(labels, "label")
    SubElement(label, "name").text = clean_text(name)
    SubElement(label, "type").text = types.pop() if len(types) == 1 else "any"
    attributes = SubElement(label, "attributes")
    for attribute in {one.id: one for spec in specs for one in spec.attributes}.values():
        _add_attribute(attributes, attribute)
    for point in next((spec.points for spec in specs if spec.points), ()):
        below = SubElement(labels, "label")
        SubElement(below, "name").text = clean_text(point)
        SubElement(below, "type").text = "points"
        SubElement(below, "parent").text = clean_text(name)


def _add_attribute(attributes: Element, one: Attribute) -> None:
    attribute = SubElement(attributes, "attribute")
    values = {"flag": ("false", "true"), "choice": one.options}.get(one.kind, ())
    for tag, text in (
        ("name", one.id),
        ("mutable", "False"),
        ("input_type", _INPUTS[one.kind]),
        ("default_value", values[0] if values else ""),
        ("values", "\n".join(values)),
    ):
        SubElement(attribute, tag).text = clean_text(text)


Shape = tuple[str, dict[str, str]]


def _box(one: WrittenRegion, size: tuple[int, int]) -> list[Shape]:
    names = ("xtl", "ytl", "xbr", "ybr")
    own = {name: _number(edge) for name, edge in zip(names, one.region["box"], strict=True)}
    angle = one.region.get("angle")
    # CVAT counts its angles from 0 to 360.
    return [("box", own | ({"rotation": _number(angle % 360)} if angle else {}))]


def _polygon(one: WrittenRegion, size: tuple[int, int]) -> list[Shape]:
    parts = one.region["parts"]
    if any(len(part) > 1 for part in parts):
        return _mask_shape(rasterise(parts, size))
    return [("polygon", {"points": ";".join(f"{_number(x)},{_number(y)}" for x, y in part[0])}) for part in parts]


def _mask(one: WrittenRegion, size: tuple[int, int]) -> list[Shape]:
    return _mask_shape(decode(one.region["counts"], size))


def _mask_shape(mask: Any) -> list[Shape]:
    runs = encode_crop(mask)
    if runs is None:
        return []
    own = {name: str(getattr(runs, name)) for name in ("left", "top", "width", "height")}
    return [("mask", {"rle": ", ".join(map(str, runs.counts)), **own})]


def _points(one: WrittenRegion, size: tuple[int, int]) -> list[Shape]:
    if one.spec.points:
        return [("skeleton", {})]
    x, y, seen = one.region["points"][0]
    return [("points", {"points": f"{_number(x)},{_number(y)}", "occluded": str(int(seen == 1))})]


def _joints(one: WrittenRegion) -> list[Element]:
    found = []
    for name, (x, y, seen) in zip(one.spec.points, one.region["points"], strict=True):
        own = {"outside": str(int(not seen)), "occluded": str(int(seen == 1)), "points": f"{_number(x)},{_number(y)}"}
        found.append(Element("points", {"label": clean_text(name), **own}))
    return found


def _group(one: WrittenRegion, height: int) -> dict[str, str]:
    """Parts of one polygon stand in a group of their own; 0 is CVAT's word for none."""
    parts = one.region.get("parts") or ()
    return {"group_id": str(height + 1)} if len(parts) > 1 and all(len(part) == 1 for part in parts) else {}


_SHAPES: Mapping[str, Callable[[WrittenRegion, tuple[int, int]], list[Shape]]] = {
    "boxes": _box,
    "polygons": _polygon,
    "masks": _mask,
    "keypoints": _points,
}


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else clean_text(str(value))


def _is_unwritable(value: Any) -> bool:
    return isinstance(value, str) and clean_text(value) != value


def _number(value: float) -> str:
    return f"{value:.2f}"
