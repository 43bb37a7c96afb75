"""The annotations of an item in Datumaro's JSON.

Coordinates are pixels, 0-based; a ``bbox`` is x, y, width, height; masks are COCO's compressed run lengths; annotations
of one group that is not 0 describe one object.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.errors import InputError
from tools.exchange.codec import MARK
from tools.exchange.formats.pictures.image_marks import is_machine, marked_region
from tools.exchange.pictures.objects import JOINED, Objects, points_apart
from tools.exchange.pictures.outlines import CURVED, ellipse_outline
from tools.geometry.masks import runs_of_string, string_of
from tools.records import to_json

Region = dict[str, Any]
Record = Mapping[str, Any]
NO_NUMBERS = "its coordinates are no numbers"
LABEL = "label"
ROTATION = "rotation"
_NAMES = {"is_crowd": "crowd"}


@dataclass(frozen=True, slots=True)
class Categories:
    """Label names by number; of a label's objects the names of the points, and which of them are joined, from 0."""

    labels: Sequence[str] = ()
    points: Mapping[int, Sequence[str]] = field(default_factory=dict)
    joints: Mapping[int, Sequence[tuple[int, int]]] = field(default_factory=dict)

    def label(self, number: Any) -> str:
        """The name of a label; ``ValueError`` where there is none of that number."""
        if number is None:
            return ""
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < len(self.labels):
            raise ValueError(f"there is no label number {number!r}")
        return self.labels[number]


@dataclass(slots=True)
class ItemShapes:
    """What stands in one item. ``labels`` are those of the whole image, by the name of their field."""

    objects: Objects = field(default_factory=Objects)
    proposed: Objects = field(default_factory=Objects)
    labels: dict[str, list[str]] = field(default_factory=dict)
    captions: list[str] = field(default_factory=list)
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)


def read_categories(record: Any) -> Categories:
    """The ``categories`` of a file."""
    categories = record if isinstance(record, Mapping) else {}
    labels = [str(one.get("name") or "") for one in _records(categories.get("label"), "labels")]
    points: dict[int, Sequence[str]] = {}
    joints: dict[int, Sequence[tuple[int, int]]] = {}
    for one in _records(categories.get("points"), "items"):
        if isinstance(one.get("label_id"), int) and isinstance(one.get("labels"), list):
            points[one["label_id"]] = [str(name) for name in one["labels"]]
            joints[one["label_id"]] = _pairs(one.get("joints"))
    return Categories(labels, points, joints)


def _pairs(joints: Any) -> list[tuple[int, int]]:
    """Pairs of points counted from 0; the format counts from 1, as COCO does."""
    listed = joints if isinstance(joints, list) else []
    pairs = [one for one in listed if isinstance(one, list) and len(one) == 2 and all(type(end) is int for end in one)]
    return [(one - 1, other - 1) for one, other in pairs]


def _records(record: Any, name: str) -> list[Record]:
    found = record.get(name) if isinstance(record, Mapping) else None
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []


def read_annotations(annotations: Any, categories: Categories) -> ItemShapes:
    """Everything that stands in ``annotations``."""
    found = ItemShapes()
    for one in annotations if isinstance(annotations, list) else ():
        try:
            _read(one, categories, found)
        except (ValueError, InputError) as error:
            kind = one.get("type") if isinstance(one, Mapping) else None
            found.problems.append((str(kind or "annotation"), str(error).rstrip("."), to_json(one)[:200]))
    found.notes |= {JOINED} if found.objects.has_joined or found.proposed.has_joined else set()
    return found


def _read(one: Any, categories: Categories, found: ItemShapes) -> None:
    if not isinstance(one, Mapping):
        raise ValueError("the annotation is no object")
    kind = str(one.get("type"))
    if kind == "label":
        found.labels.setdefault(_field_of(one), []).append(categories.label(one.get("label_id")))
        _lose_attributes(one, found)
        return
    if kind == "caption":
        found.captions.append(str(one.get("caption") or ""))
        _lose_attributes(one, found)
        return
    reader = _READERS.get(kind)
    if reader is None:
        raise ValueError(f"annotations of type {kind[:40]!r} are not read")
    if kind == "ellipse":
        found.notes.add(CURVED)
    label, attributes, group = categories.label(one.get("label_id")), _attributes(one), one.get("group")
    home = found.proposed if is_machine(one) else found.objects
    for region in reader(one, categories):
        whole = marked_region({"label": label, "attributes": attributes, **region}, one)
        home.add(whole, str(group) if isinstance(group, int) and group else "")


def _field_of(one: Record) -> str:
    """The field that a label of the whole image answers, where an export of ours says so."""
    own = one.get(MARK)
    return str(own["field"]) if isinstance(own, Mapping) and own.get("field") else LABEL


def _lose_attributes(one: Record, found: ItemShapes) -> None:
    """Labels of a whole image have no attributes here."""
    attributes = one.get("attributes")
    if isinstance(attributes, Mapping) and attributes:
        found.problems.append((str(one["type"]), "attributes of a whole image are not read", to_json(attributes)[:200]))


def _attributes(one: Record) -> dict[str, Any]:
    attributes = one.get("attributes")
    if not isinstance(attributes, Mapping):
        return {}
    named = {_NAMES.get(str(name), str(name)): value for name, value in attributes.items()}
    return {name: value for name, value in named.items() if not (name == ROTATION and one.get("type") == "bbox")}


def _numbers(given: Any, count: int = 0) -> list[float]:
    if not isinstance(given, list) or (count and len(given) != count):
        raise ValueError(NO_NUMBERS)
    if not all(isinstance(x, (int, float)) and not isinstance(x, bool) and math.isfinite(x) for x in given):
        raise ValueError(NO_NUMBERS)
    return [float(x) for x in given]


def _points(one: Record) -> list[list[float]]:
    numbers = _numbers(one.get("points"))
    if len(numbers) % 2 or not numbers:
        raise ValueError(NO_NUMBERS)
    return [[x, y] for x, y in zip(numbers[::2], numbers[1::2], strict=True)]


def _bbox(one: Record, categories: Categories) -> list[Region]:
    x, y, width, height = _numbers(one.get("bbox"), 4)
    box, turned = [x, y, x + width, y + height], _rotation(one)
    return [{"box": box, "angle": turned} if turned else {"box": box}]


def _rotation(one: Record) -> float:
    """The angle of a box in degrees, which CVAT writes as an attribute; clockwise about its centre."""
    attributes = one.get("attributes")
    turned = attributes.get(ROTATION) if isinstance(attributes, Mapping) else None
    return float(turned) if isinstance(turned, (int, float)) and not isinstance(turned, bool) else 0.0


def _turned(one: Record, categories: Categories) -> list[Region]:
    x, y, width, height, angle = _numbers(one.get("rotated_bbox", one.get("bbox")), 5)
    return [{"box": [x - width / 2, y - height / 2, x + width / 2, y + height / 2], "angle": angle}]


def _polygon(one: Record, categories: Categories) -> list[Region]:
    return [{"parts": [[_points(one)]]}]


def _polyline(one: Record, categories: Categories) -> list[Region]:
    points = _points(one)
    if len(points) < 4 or points[0] != points[-1]:
        raise ValueError("lines that are not closed are not read")
    return [{"parts": [[points[:-1]]]}]


def _ellipse(one: Record, categories: Categories) -> list[Region]:
    x0, y0, x1, y1 = _numbers(one.get("points"), 4)
    return [{"parts": [[ellipse_outline((x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0) / 2, (y1 - y0) / 2)]]}]


def _mask(one: Record, categories: Categories) -> list[Region]:
    rle = one.get("rle")
    if not isinstance(rle, Mapping) or not isinstance(rle.get("counts"), (str, list)):
        raise ValueError("its mask has no run lengths")
    size, counts = rle.get("size"), rle["counts"]
    if isinstance(counts, list) and not all(type(run) is int for run in counts):
        raise ValueError("its mask has no run lengths")
    # Read once here, so that what is no text of run lengths is named as such.
    runs = runs_of_string(counts) if isinstance(counts, str) else counts
    return [{"size": size, "counts": string_of(runs)}]


def _keypoints(one: Record, categories: Categories) -> list[Region]:
    points = _points(one)
    seen = one.get("visibility") or [2] * len(points)
    if not isinstance(seen, list) or len(seen) != len(points):
        raise ValueError("it does not say of every point whether it is seen")
    names = categories.points.get(one.get("label_id", -1), ())
    if len(names) != len(points) or not names:
        apart = points_apart(points)
        return [{"points": [[*one["points"][0][:2], v]]} for one, v in zip(apart, seen, strict=True) if v]
    placed = [[x, y, v] if v else [0.0, 0.0, 0] for (x, y), v in zip(points, seen, strict=True)]
    return [{"points": placed, "names": list(names), "skeleton": categories.joints.get(one["label_id"], ())}]


def _skeleton(one: Record, categories: Categories) -> list[Region]:
    """CVAT's form of an object of several points: each is an annotation of its own, with its name as its label."""
    points, names = [], []
    for element in _records(one, "elements"):
        (x, y), seen = _points(element)[0], element.get("visibility") or [2]
        shown = seen[0] if isinstance(seen, list) and seen[0] in (0, 1, 2) else 2
        points.append([x, y, shown] if shown else [0.0, 0.0, 0])
        names.append(categories.label(element.get("label_id")))
    if not points:
        raise ValueError("a skeleton without points")
    return [{"points": points, "names": names}]


_READERS: dict[str, Callable[[Record, Categories], list[Region]]] = {
    "bbox": _bbox,
    "rotated_bbox": _turned,
    "polygon": _polygon,
    "polyline": _polyline,
    "ellipse": _ellipse,
    "mask": _mask,
    "points": _keypoints,
    "skeleton": _skeleton,
}
