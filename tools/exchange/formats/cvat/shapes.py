"""The shapes of an image in CVAT's XML as regions.

Coordinates are pixels, 0-based, as here; boxes are turned clockwise about their centre. A polygon has one ring;
shapes of one label and one group are one object, as Datumaro and the COCO export of CVAT read them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

from tools.exchange.pictures.crop_runs import CropRuns, decode_crop, read_counts
from tools.exchange.pictures.objects import JOINED, Objects, points_apart
from tools.exchange.pictures.outlines import CURVED, ellipse_outline
from tools.geometry.masks import encode

Region = dict[str, Any]
Size = tuple[int, int]
APART = "Shapes of several points without names were read as single points."
NO_NUMBERS = "its coordinates are no numbers"
OPEN_LINE = "lines that are not closed are not read"
_SHAPES = ("box", "polygon", "polyline", "points", "mask", "skeleton", "ellipse", "cuboid")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the head of the file says about attributes and points.

    ``inputs`` is (label, attribute) → checkbox, number, select, radio or text; ``points`` label → names of the points
    of a skeleton.
    """

    inputs: Mapping[tuple[str, str], str] = field(default_factory=dict)
    points: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(slots=True)
class ImageShapes:
    """What stands in one ``<image>``: regions that people drew, regions that a model drew, tags, what was not read."""

    drawn: Objects = field(default_factory=Objects)
    proposed: Objects = field(default_factory=Objects)
    tags: list[str] = field(default_factory=list)
    proposed_tags: list[str] = field(default_factory=list)
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)


def read_shapes(image: Element, size: Size, meaning: Meaning) -> ImageShapes:
    """All shapes of an ``<image>`` of ``size`` (width, height), the lowest of them first."""
    found = ImageShapes()
    for element in _by_height(image):
        if element.tag == "tag":
            _read_tag(element, found)
            continue
        try:
            regions = _regions(element, size, meaning, found)
        except ValueError as error:
            found.problems.append((element.tag, str(error), excerpt(element)))
            continue
        home = found.proposed if element.get("source") == "auto" else found.drawn
        group = element.get("group_id") or ""
        for one in regions:
            home.add(one, "" if group == "0" else group)
    found.notes |= {JOINED} if found.drawn.has_joined or found.proposed.has_joined else set()
    return found


def read_meaning(meta: Element | None) -> Meaning:
    """The labels in the head of a file, of a task or of a project."""
    inputs: dict[tuple[str, str], str] = {}
    points: dict[str, list[str]] = {}
    for label in meta.iter("label") if meta is not None else ():
        name = (label.findtext("name") or "").strip()
        parent = (label.findtext("parent") or "").strip()
        if parent:
            points.setdefault(parent, []).append(name)
        for attribute in label.iter("attribute"):
            key = (attribute.findtext("name") or "").strip()
            inputs[name, key] = (attribute.findtext("input_type") or "text").strip()
    return Meaning(inputs, points)


def read_attributes(element: Element, meaning: Meaning) -> dict[str, Any]:
    """Attributes by name, with the kinds that the head of the file gives them; ``occluded`` is one of them."""
    found: dict[str, Any] = {}
    for attribute in element.findall("attribute"):
        name, text = attribute.get("name") or "", attribute.text or ""
        found[name] = _typed(text, meaning.inputs.get((element.get("label") or "", name), ""))
    # A point that is hidden says so itself.
    if element.get("occluded") == "1" and element.tag != "points":
        found["occluded"] = True
    return found


def excerpt(element: Element) -> str:
    """The element's own line, for a person who looks for it."""
    said = " ".join(f'{key}="{value}"' for key, value in element.attrib.items())
    return f"<{element.tag} {said}>"[:200]


def _typed(text: str, kind: str) -> Any:
    if kind == "checkbox" and text.strip().lower() in ("true", "false"):
        return text.strip().lower() == "true"
    if kind == "number":
        try:
            return float(text)
        except ValueError:
            return text
    return text


def _by_height(image: Element) -> Iterable[Element]:
    """The shapes in drawing order: by ``z_order``, equal ones as they stand."""
    return sorted((one for one in image if one.tag in (*_SHAPES, "tag")), key=_height)


def _height(element: Element) -> int:
    try:
        return int(element.get("z_order") or 0)
    except ValueError:
        return 0


def _read_tag(element: Element, found: ImageShapes) -> None:
    tags = found.proposed_tags if element.get("source") == "auto" else found.tags
    tags.append(element.get("label") or "")
    if element.find("attribute") is not None:
        found.problems.append(("tag", "attributes of a whole image are not read", excerpt(element)))


def _regions(element: Element, size: Size, meaning: Meaning, found: ImageShapes) -> list[Region]:
    reader = _READERS.get(element.tag)
    if reader is None:
        raise ValueError(f"shapes of the kind {element.tag} are not read")
    label = element.get("label") or ""
    if element.tag == "ellipse":
        found.notes.add(CURVED)
    attributes = read_attributes(element, meaning)
    regions = [{"label": label, "attributes": attributes, **one} for one in reader(element, size, meaning)]
    if len(regions) > 1:
        found.notes.add(APART)
    return regions


def _box(element: Element, size: Size, meaning: Meaning) -> list[Region]:
    box = [_number(element, name) for name in ("xtl", "ytl", "xbr", "ybr")]
    angle = _number(element, "rotation") if element.get("rotation") else 0.0
    return [{"box": box, "angle": angle} if angle else {"box": box}]


def _polygon(element: Element, size: Size, meaning: Meaning) -> list[Region]:
    return [{"parts": [[read_points(element.get("points") or "")]]}]


def _polyline(element: Element, size: Size, meaning: Meaning) -> list[Region]:
    points = read_points(element.get("points") or "")
    if len(points) < 4 or points[0] != points[-1]:
        raise ValueError(OPEN_LINE)
    return [{"parts": [[points[:-1]]]}]


def _ellipse(element: Element, size: Size, meaning: Meaning) -> list[Region]:
    x, y, rx, ry = (_number(element, name) for name in ("cx", "cy", "rx", "ry"))
    turned = _number(element, "rotation") if element.get("rotation") else 0.0
    return [{"parts": [[ellipse_outline(x, y, rx, ry, turned)]]}]


def _mask(element: Element, size: Size, meaning: Meaning) -> list[Region]:
    left, top, width, height = (int(_number(element, name)) for name in ("left", "top", "width", "height"))
    runs = CropRuns(tuple(read_counts(element.get("rle") or "")), left, top, width, height)
    mask = decode_crop(runs, (size[1], size[0]))
    return [{"size": [size[1], size[0]], "counts": encode(mask)}]


def _points(element: Element, size: Size, meaning: Meaning) -> list[Region]:
    return points_apart(read_points(element.get("points") or ""), 1 if element.get("occluded") == "1" else 2)


def _skeleton(element: Element, size: Size, meaning: Meaning) -> list[Region]:
    by_name = {one.get("label") or "": _joint(one) for one in element.findall("points")}
    names = [one for one in meaning.points.get(element.get("label") or "", ()) if one in by_name]
    names += [one for one in by_name if one not in names]
    if not names:
        raise ValueError("a skeleton without points")
    return [{"points": [by_name[one] for one in names], "names": names}]


def _joint(element: Element) -> list[Any]:
    if element.get("outside") == "1":
        return [0.0, 0.0, 0]
    points = read_points(element.get("points") or "")
    return [*points[0], 1 if element.get("occluded") == "1" else 2]


def read_points(written: str) -> list[list[float]]:
    """The points of ``x,y;x,y``; ``ValueError`` with a part of a sentence for anything else."""
    try:
        points = [[float(one) for one in pair.split(",")] for pair in written.split(";") if pair.strip()]
    except ValueError:
        raise ValueError(NO_NUMBERS) from None
    if not points or any(len(point) != 2 for point in points):
        raise ValueError(NO_NUMBERS)
    return points


def _number(element: Element, name: str) -> float:
    try:
        number = float(element.get(name) or "")
    except ValueError:
        raise ValueError(NO_NUMBERS) from None
    if not math.isfinite(number):
        raise ValueError(NO_NUMBERS)
    return number


_READERS: dict[str, Callable[[Element, Size, Meaning], list[Region]]] = {
    "box": _box,
    "polygon": _polygon,
    "polyline": _polyline,
    "ellipse": _ellipse,
    "mask": _mask,
    "points": _points,
    "skeleton": _skeleton,
}
