"""The shapes of a LabelMe file as regions.

Coordinates are pixels with the origin at the corner of the first pixel, as here. A rectangle has two corners in the
order in which they were dragged; a mask is a PNG whose first pixel lies at the floor of the first of its two points.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tools.exchange.formats.pictures.image_marks import is_machine, marked_region
from tools.exchange.pictures.mask_picture import decode_picture
from tools.exchange.pictures.objects import JOINED, Objects, refuse_huge
from tools.exchange.pictures.outlines import CURVED, ellipse_outline
from tools.geometry.masks import encode
from tools.records import to_json

Region = dict[str, Any]
Size = tuple[int, int]
Record = Mapping[str, Any]
NO_POINTS = "its points are no points"
NO_SIZE = "the file does not say how large the image of the mask is"
OPEN_LINES = "lines are not read"
OCCLUDED = "occluded"


@dataclass(slots=True)
class FileShapes:
    """What stands in one file: regions, what was not read, how it was understood."""

    objects: Objects = field(default_factory=Objects)
    proposed: Objects = field(default_factory=Objects)
    problems: list[tuple[str, str, str]] = field(default_factory=list)
    notes: set[str] = field(default_factory=set)


def read_shapes(shapes: Sequence[Any], size: Size) -> FileShapes:
    """The shapes of an image of ``size`` (width, height), 0 where the file does not say."""
    found = FileShapes()
    points: dict[str, list[tuple[Record, Region]]] = {}
    for shape in shapes:
        try:
            region = _region(shape, size, found.notes)
        except ValueError as error:
            kind = shape.get("shape_type") if isinstance(shape, Mapping) else None
            found.problems.append((str(kind or "shape"), str(error), to_json(shape)[:200]))
            continue
        group = _group(shape)
        if "points" in region and group:
            points.setdefault(group, []).append((shape, region))
        else:
            _home(shape, found).add(marked_region(region, shape), group)
    for group, members in points.items():
        home = _home(members[0][0], found)
        for region, own_group in _joints(members, group, home.regions_of(group)):
            home.add(region, own_group)
    found.notes |= {JOINED} if found.objects.has_joined or found.proposed.has_joined else set()
    return found


def _home(shape: Record, found: FileShapes) -> Objects:
    return found.proposed if is_machine(shape) else found.objects


def _joints(members: Sequence[tuple[Record, Region]], group: str, hosts: Sequence[Region]) -> list[tuple[Region, str]]:
    """The points of a group: those of the object in it, else of the object that they all name, else single ones.

    LabelMe has no objects of several points. What people do, and exports of ours do: the points of an object stand in
    one group under their own names, beside a shape that has the object's name, or with that name as description.
    """
    names = [str(region["label"]) for _, region in members]
    told = {str(shape.get("description") or "") for shape, _ in members}
    label = str(hosts[0]["label"]) if len(hosts) == 1 else told.pop() if len(told) == 1 and not hosts else ""
    if not label or len(set(names)) < len(names):
        return [(marked_region(region, shape), "") for shape, region in members]
    attributes: dict[str, Any] = {}
    for shape, region in members:
        told_here = marked_region(region, shape)["attributes"]
        attributes |= {key: one for key, one in told_here.items() if key != "description" or hosts}
    points = [region["points"][0] for _, region in members]
    whole = {"label": label, "points": points, "names": names, "attributes": attributes}
    marked = marked_region(whole, members[0][0])
    return [({**marked, "attributes": attributes}, group)]


def _region(shape: Any, size: Size, notes: set[str]) -> Region:
    if not isinstance(shape, Mapping):
        raise ValueError("the shape is no object")
    kind = str(shape.get("shape_type") or "polygon")
    reader = _READERS.get(kind)
    if reader is None:
        raise ValueError(OPEN_LINES if kind in ("line", "linestrip") else f"shapes of type {kind[:40]!r} are not read")
    if kind == "circle":
        notes.add(CURVED)
    geometry = reader(shape, size)
    attributes = _attributes(shape)
    if "points" in geometry:
        # A point that is hidden says so itself.
        attributes.pop(OCCLUDED, None)
    return {"label": str(shape.get("label") or ""), "attributes": attributes, **geometry}


def _attributes(shape: Record) -> dict[str, Any]:
    """Flags and the description; the group is what objects are joined by."""
    flags = shape.get("flags")
    found: dict[str, Any] = dict(flags) if isinstance(flags, Mapping) else {}
    if shape.get("description"):
        found["description"] = str(shape["description"])
    return found


def _group(shape: Record) -> str:
    group = shape.get("group_id")
    return "" if group is None else str(group)


def _points(shape: Record, fewest: int, most: int = 0) -> list[list[float]]:
    points = shape.get("points")
    if not isinstance(points, list) or len(points) < fewest or (most and len(points) > most):
        raise ValueError(NO_POINTS)
    if not all(isinstance(one, list) and len(one) == 2 and all(_is_number(x) for x in one) for one in points):
        raise ValueError(NO_POINTS)
    return [[float(x), float(y)] for x, y in points]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _polygon(shape: Record, size: Size) -> Region:
    return {"parts": [[_points(shape, 3)]]}


def _rectangle(shape: Record, size: Size) -> Region:
    (x0, y0), (x1, y1) = _points(shape, 2, 2)
    return {"box": [min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)]}


def _circle(shape: Record, size: Size) -> Region:
    (x, y), edge = _points(shape, 2, 2)
    radius = math.dist((x, y), edge)
    return {"parts": [[ellipse_outline(x, y, radius, radius)]]}


def _point(shape: Record, size: Size) -> Region:
    flags = shape.get("flags")
    is_hidden = isinstance(flags, Mapping) and flags.get(OCCLUDED) is True
    return {"points": [[*_points(shape, 1, 1)[0], 1 if is_hidden else 2]]}


def _mask(shape: Record, size: Size) -> Region:
    width, height = size
    if not width or not height:
        raise ValueError(NO_SIZE)
    refuse_huge(height, width)
    picture = decode_picture(str(shape.get("mask") or ""), (height, width))
    left, top = (math.floor(one) for one in _points(shape, 2, 2)[0])
    whole = np.zeros((height, width), bool)
    y0, x0 = max(0, top), max(0, left)
    inside = picture[y0 - top : height - top, x0 - left : width - left]
    whole[y0 : y0 + inside.shape[0], x0 : x0 + inside.shape[1]] = inside
    return {"size": [height, width], "counts": encode(whole)}


_READERS: dict[str, Callable[[Record, Size], Region]] = {
    "polygon": _polygon,
    "rectangle": _rectangle,
    "circle": _circle,
    "point": _point,
    "mask": _mask,
}
