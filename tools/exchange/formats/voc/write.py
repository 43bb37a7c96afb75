"""Pascal VOC: an XML file an image, counted from 1 with both ends included, and masks as PNG files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

import numpy as np
from PIL import Image

from tools.exchange.codec import MARK
from tools.exchange.export import ChosenItem
from tools.exchange.files.xmlread import clean_text
from tools.exchange.formats.voc.masks import CLASSES, LABELMAP, OBJECTS, palette
from tools.exchange.formats.voc.read import FLAG_NAMES, IMAGES, MACHINE
from tools.exchange.options import ExportOptions
from tools.exchange.pictures.image_answers import DISAGREE
from tools.exchange.pictures.image_export import STAY, ImageShelf, Placed
from tools.exchange.writer import Names, Plan
from tools.geometry.regions import box_of_region, mask_of_region
from tools.kinds.drawn import BOX
from tools.schema import FieldSpec

ANNOTATIONS, LISTS = "Annotations", "ImageSets/Main"
NO_PLACE = "the field has no place in a VOC annotation"
HIDDEN = "the mask lies wholly under later ones"
TOO_MANY = "the image has more objects than a mask file has numbers"
_MOST = 254


def held(fields: Sequence[FieldSpec]) -> FieldSpec | None:
    """The field that is written: the first of outlines, which have boxes too, else the first of boxes."""
    outlines = next((spec for spec in fields if spec.record.fineness > BOX), None)
    return outlines or next((spec for spec in fields if spec.kind == "boxes"), None)


def cannot_hold(fields: Sequence[FieldSpec], options: ExportOptions) -> list[str]:
    """What VOC has no place for."""
    kept = held(fields)
    said = [f"Field {spec.id!r} ({spec.kind}) has no place in a VOC annotation." for spec in fields if spec != kept]
    said.append("Boxes are whole pixels: fractions are rounded.")
    said.append("Keys and other columns of the items, and the ids of regions.")
    if kept is not None and kept.record.fineness > BOX:
        said.append("Outlines are written as one mask file an image: where two overlap, the later one has the pixels.")
    if kept is not None and kept.rotated:
        said.append("Boxes are upright: a turned one becomes the upright box around it.")
    if kept is not None and kept.attributes:
        said.append(
            "Attributes other than difficult, truncated and occluded stand where CVAT and Datumaro look for them."
        )
    if options.provenance == "full":
        said.append("Who marked the regions, when and after seeing what.")
    if options.include_unreviewed:
        said.append(f"What only a model proposed is marked {MARK!r}, which other programs pass over.")
    if options.conflicts == "all_values":
        said.append("What each reviewer said where they disagree: there is one answer an image.")
    return said + ([STAY] if options.images == "reference" else [])


class VocWriter:
    """Writes one XML file an image that was answered."""

    escaped_cells = 0

    def __init__(self, plan: Plan) -> None:
        self._plan, self._names = plan, Names(plan.fields)
        self._held = held(plan.fields)
        # VOC has one folder of images; lists say which split each belongs to.
        self._shelf = ImageShelf(plan, IMAGES, by_stem=True, has_splits=False)
        self._lists: dict[str, list[str]] = {}
        self._labels = [self._names.of(self._held, one) for one in self._held.label_ids] if self._held else []
        plan.path.mkdir(parents=True)

    def add(self, item: ChosenItem) -> str:
        """Write the annotation of one image."""
        placed = self._shelf.place(item)
        if isinstance(placed, str):
            return placed
        self._lists.setdefault(placed.split or "default", []).append(placed.stem)
        for chosen in item.answers.values():
            if chosen.spec != self._held and chosen.value is not None:
                self._plan.lose(item, chosen.spec, NO_PLACE, chosen.spec.id)
            elif chosen.status == "conflict":
                self._plan.lose(item, chosen.spec, DISAGREE, chosen.spec.id)
            elif chosen.value is not None:
                self._write(item, placed, chosen.value[chosen.spec.kind], chosen.status == "machine")
        return ""

    def finish(self) -> list[Path]:
        """Write the lists of images and of labels."""
        folder = self._plan.path / LISTS
        folder.mkdir(parents=True, exist_ok=True)
        for split, stems in self._lists.items():
            (folder / f"{split}.txt").write_text("".join(f"{one}\n" for one in stems), encoding="utf-8", newline="\n")
        rows = ["# label:color_rgb:parts:actions", "background:0,0,0::"]
        for number, name in enumerate(self._labels, start=1):
            r, g, b = (int(one) for one in palette()[number % 256])
            rows.append(f"{name.replace(':', ' ')}:{r},{g},{b}::")
        (self._plan.path / LABELMAP).write_text("\n".join([*rows, ""]), encoding="utf-8")
        return sorted(self._plan.path.iterdir())

    def close(self) -> None:
        """Nothing is left open between items."""

    def _write(self, item: ChosenItem, placed: Placed, regions: Sequence[Mapping[str, Any]], is_machine: bool) -> None:
        media = item.item.media
        assert media is not None and self._held is not None
        is_outlined = self._held.record.fineness > BOX
        root = _element("annotation", None)
        _element("folder", root, IMAGES)
        _element("filename", root, placed.name)
        _element("database", _element("source", root), str(item.item.meta.get("database") or "Unknown"))
        size = _element("size", root)
        for name, number in (("width", media.width), ("height", media.height), ("depth", 3)):
            _element(name, size, str(number))
        _element("segmented", root, str(int(is_outlined)))
        if is_machine:
            _element(MARK, root, MACHINE)
        for region in regions:
            self._object(root, region, (media.width, media.height))
        indent(root)
        path = self._plan.path / ANNOTATIONS / f"{placed.stem}.xml"
        path.parent.mkdir(parents=True, exist_ok=True)
        ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
        if is_outlined and regions:
            self._write_masks(item, placed, regions, (media.height, media.width))

    def _object(self, root: Element, region: Mapping[str, Any], size: tuple[int, int]) -> None:
        assert self._held is not None
        one = _element("object", root)
        _element("name", one, clean_text(self._names.of(self._held, region["label"])))
        attributes = dict(region.get("attributes") or {})
        pose = attributes.pop("pose", "Unspecified")
        _element("pose", one, clean_text(str(pose)))
        for name in FLAG_NAMES:
            _element(name, one, str(int(attributes.pop(name, False) is True)))
        box = _element("bndbox", one)
        for name, number in zip(("xmin", "ymin", "xmax", "ymax"), whole_box(box_of_region(region), size), strict=True):
            _element(name, box, str(number))
        if attributes:
            listed = _element("attributes", one)
            for name, value in attributes.items():
                attribute = _element("attribute", listed)
                _element("name", attribute, clean_text(name))
                _element("value", attribute, clean_text(str(value).lower() if isinstance(value, bool) else str(value)))

    def _write_masks(
        self, item: ChosenItem, placed: Placed, regions: Sequence[Mapping[str, Any]], size: tuple[int, int]
    ) -> None:
        assert self._held is not None
        objects, classes = np.zeros(size, dtype=np.uint8), np.zeros(size, dtype=np.uint8)
        for number, region in enumerate(regions, start=1):
            if number > _MOST:
                self._plan.lose(item, self._held, TOO_MANY, str(region["id"]))
                continue
            name = self._names.of(self._held, region["label"])
            if name not in self._labels:
                self._labels.append(name)
            mask = mask_of_region(region, size)
            objects[mask], classes[mask] = number, (self._labels.index(name) + 1) % 255
        for number, region in enumerate(regions[:_MOST], start=1):
            if not (objects == number).any():
                self._plan.lose(item, self._held, HIDDEN, str(region["id"]))
        for folder, numbers in ((OBJECTS, objects), (CLASSES, classes)):
            path = self._plan.path / folder / f"{placed.stem}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            image = Image.fromarray(numbers, "L").convert("P")
            image.putpalette(palette().tobytes())
            image.save(path)


def whole_box(box: Sequence[float], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """xmin, ymin, xmax, ymax counted from 1, both ends included: 1 up to width or height, at least one pixel."""
    edges = []
    for low, high, side in ((box[0], box[2], size[0]), (box[1], box[3], size[1])):
        first = min(max(round(low), 0), side - 1)
        edges.append((first + 1, min(max(round(high), first + 1), side)))
    return edges[0][0], edges[1][0], edges[0][1], edges[1][1]


def _element(name: str, parent: Element | None, text: str = "") -> Element:
    found = Element(name) if parent is None else SubElement(parent, name)
    if text:
        found.text = text
    return found
