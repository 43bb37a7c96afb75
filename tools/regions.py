"""Answers made of regions of an image, checked once for tools, imports and reviews alike."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

import numpy as np

from tools.errors import InputError, ValueRefused
from tools.geometry.boxes import Size, usual_angle
from tools.geometry.masks import area_of_runs, runs_of_string, string_of
from tools.geometry.polygons import polygon_box
from tools.schema import Attribute, FieldSpec

MOST_REGIONS = 5000
MOST_POINTS = 100_000
SLACK = 1.0
"""Pixels by which a coordinate may lie outside the image, from rounding elsewhere; it is put on the edge."""

ASIDE = ("prompts", "score")
"""Keys that say how a region came about; two regions that differ in them only are the same answer."""

_DECIMALS = 2
_SHAPE_KEYS = {"boxes": "box", "polygons": "parts", "masks": "counts", "keypoints": "points"}
_COMMON = {"id", "label", "attributes", *ASIDE}
_OWN_KEYS = {
    "boxes": {"box", "angle"},
    "polygons": {"parts"},
    "masks": {"size", "counts"},
    "keypoints": {"points"},
}


def check_regions(field: FieldSpec, regions: Any, size: Size | None) -> list[dict[str, Any]]:
    """The canonical regions of an image field, in the order given; :class:`ValueRefused` with one sentence.

    ``size`` is (width, height) of the image; without it nothing is compared with its edges.
    """
    if not isinstance(regions, (list, tuple)):
        raise ValueRefused(f"Field {field.id!r} takes a list of regions, got {type(regions).__name__}.")
    if len(regions) > MOST_REGIONS:
        raise ValueRefused(f"Field {field.id!r} takes at most {MOST_REGIONS:,} regions, got {len(regions):,}.")
    checked: list[dict[str, Any]] = []
    taken: set[str] = set()
    for region in regions:
        one = check_region(field, region, size)
        one["id"] = _free_id(str(region.get("id") or ""), field, taken)
        checked.append({"id": one.pop("id"), **one})
    return checked


def check_region(field: FieldSpec, region: Any, size: Size | None) -> dict[str, Any]:
    """One region without its id, checked."""
    shape_key = _SHAPE_KEYS[field.kind]
    if not isinstance(region, Mapping) or not {"label", shape_key} <= set(region):
        raise ValueRefused(f"A region of the {field.kind} field {field.id!r} has label and {shape_key}.")
    unknown = set(region) - _COMMON - _OWN_KEYS[field.kind]
    if unknown:
        raise ValueRefused(f"A region of the {field.kind} field {field.id!r} has no {sorted(map(str, unknown))[0]!r}.")
    label = region["label"]
    if not isinstance(label, str) or all(label != one.id for one in field.labels):
        known = ", ".join(one.id for one in field.labels)
        raise ValueRefused(f"{label!r} is not a label of field {field.id!r}; it has {known}.")
    shape = {"boxes": _box, "polygons": _polygon, "masks": _mask, "keypoints": _keypoints}[field.kind]
    one = {"label": label, **shape(field, region, size)}
    attributes = _attributes(field, label, region.get("attributes"))
    if attributes:
        one["attributes"] = attributes
    if isinstance(region.get("prompts"), Mapping):
        one["prompts"] = dict(region["prompts"])
    if region.get("score") is not None:
        one["score"] = _score(field, region["score"])
    return one


def _free_id(wanted: str, field: FieldSpec, taken: set[str]) -> str:
    if wanted:
        if wanted in taken:
            raise ValueRefused(f"Two regions of field {field.id!r} have the id {wanted!r}.")
    else:
        number = len(taken) + 1
        while f"r{number}" in taken:
            number += 1
        wanted = f"r{number}"
    taken.add(wanted)
    return wanted


def _number(field: FieldSpec, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueRefused(f"Coordinates of field {field.id!r} are numbers, got {value!r}.")
    return float(value)


def _inside(field: FieldSpec, value: float, edge: int | None) -> float:
    """The coordinate rounded to hundredths of a pixel, put on the edge if it lies outside by no more than rounding."""
    if edge is not None:
        if not -SLACK <= value <= edge + SLACK:
            raise ValueRefused(f"A region of field {field.id!r} lies outside the image: {value:g} of 0..{edge}.")
        value = min(max(value, 0.0), float(edge))
    # Adding zero makes a plain zero of a negative one.
    return round(value, _DECIMALS) + 0.0


def _box(field: FieldSpec, region: Mapping[str, Any], size: Size | None) -> dict[str, Any]:
    given = region["box"]
    if not isinstance(given, (list, tuple)) or len(given) != 4:
        raise ValueRefused(f"A box of field {field.id!r} is four numbers, x0 y0 x1 y1; got {given!r}.")
    angle = usual_angle(round(_number(field, region.get("angle") or 0), _DECIMALS))
    if angle and not field.rotated:
        raise ValueRefused(f"Boxes of field {field.id!r} may not be turned; one is, by {angle:g} degrees.")
    width, height = size if size is not None and not angle else (None, None)
    x0, y0, x1, y1 = (_number(field, one) for one in given)
    box = [_inside(field, x0, width), _inside(field, y0, height), _inside(field, x1, width), _inside(field, y1, height)]
    if box[0] >= box[2] or box[1] >= box[3]:
        raise ValueRefused(f"A box of field {field.id!r} has no area: {given!r}.")
    if angle and size is not None:
        _refuse_far(field, ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), size)
    return {"box": box, "angle": angle} if angle else {"box": box}


def _refuse_far(field: FieldSpec, centre: tuple[float, float], size: Size) -> None:
    """A turned box may reach over an edge, but its centre lies in the image."""
    for value, edge in zip(centre, size, strict=True):
        _inside(field, value, edge)


def _polygon(field: FieldSpec, region: Mapping[str, Any], size: Size | None) -> dict[str, Any]:
    parts = region["parts"]
    if not _is_list(parts) or not parts or not all(_is_list(part) and part for part in parts):
        raise ValueRefused(f"A polygon of field {field.id!r} is a list of parts, each a list of rings.")
    count = 0
    checked = []
    for part in parts:
        rings = [_ring(field, ring, size) for ring in part]
        count += sum(len(ring) for ring in rings)
        checked.append(rings)
    if count > MOST_POINTS:
        raise ValueRefused(f"A polygon of field {field.id!r} has {count:,} points; up to {MOST_POINTS:,} are taken.")
    x0, y0, x1, y1 = polygon_box(checked)
    if x0 >= x1 or y0 >= y1:
        raise ValueRefused(f"A polygon of field {field.id!r} has no area.")
    return {"parts": checked}


def _ring(field: FieldSpec, ring: Any, size: Size | None) -> list[list[float]]:
    if not _is_list(ring) or len(ring) < 3 or not all(_is_list(point) and len(point) == 2 for point in ring):
        raise ValueRefused(f"A ring of field {field.id!r} is a list of three or more points [x, y].")
    width, height = size if size is not None else (None, None)
    return [[_inside(field, _number(field, x), width), _inside(field, _number(field, y), height)] for x, y in ring]


def _mask(field: FieldSpec, region: Mapping[str, Any], size: Size | None) -> dict[str, Any]:
    given, counts = region.get("size"), region["counts"]
    if not _is_list(given) or len(given) != 2 or not all(type(one) is int and one > 0 for one in given):
        raise ValueRefused(f"A mask of field {field.id!r} has a size [height, width], got {given!r}.")
    height, width = given
    if size is not None and (width, height) != tuple(size):
        raise ValueRefused(
            f"A mask of field {field.id!r} is for an image of {width} x {height}; this one has {size[0]} x {size[1]}."
        )
    try:
        runs = runs_of_string(counts) if isinstance(counts, str) else _plain_runs(counts)
    except InputError as error:
        raise ValueRefused(f"A mask of field {field.id!r} cannot be read: {error}") from None
    if int(runs.sum()) != height * width:
        raise ValueRefused(f"A mask of field {field.id!r} does not fill its image of {width} x {height}.")
    if not area_of_runs(runs):
        raise ValueRefused(f"A mask of field {field.id!r} is empty.")
    return {"size": [height, width], "counts": string_of(runs)}


def _plain_runs(counts: Any) -> Any:
    if not _is_list(counts) or not all(type(one) is int and one >= 0 for one in counts):
        raise InputError("its counts are neither text nor a list of lengths.")
    return np.array(counts, dtype=np.int64)


def _keypoints(field: FieldSpec, region: Mapping[str, Any], size: Size | None) -> dict[str, Any]:
    points = region["points"]
    wanted = len(field.points) or 1
    if not _is_list(points) or len(points) != wanted or not all(_is_list(p) and len(p) == 3 for p in points):
        raise ValueRefused(f"A region of field {field.id!r} has {wanted} points [x, y, v], got {_counted(points)}.")
    checked = [_point(field, point, size) for point in points]
    if not any(point[2] for point in checked):
        raise ValueRefused(f"A region of field {field.id!r} has no point that is there.")
    return {"points": checked}


def _point(field: FieldSpec, point: Sequence[Any], size: Size | None) -> list[Any]:
    x, y, seen = point
    if type(seen) is not int or seen not in (0, 1, 2):
        raise ValueRefused(f"A point of field {field.id!r} is 0 absent, 1 hidden or 2 visible; got {seen!r}.")
    if not seen:
        return [0.0, 0.0, 0]
    width, height = size if size is not None else (None, None)
    return [_inside(field, _number(field, x), width), _inside(field, _number(field, y), height), seen]


def _attributes(field: FieldSpec, label: str, given: Any) -> dict[str, Any]:
    """What was noted, in the order of the schema; a flag that is off and an empty text say nothing."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ValueRefused(f"The attributes of a region of field {field.id!r} are an object.")
    for name in given:
        attribute = field.attribute(str(name))
        if attribute is None:
            raise ValueRefused(f"Field {field.id!r} has no attribute {str(name)!r}.")
        if attribute.labels and label not in attribute.labels:
            raise ValueRefused(f"{label!r} has no attribute {attribute.id!r} in field {field.id!r}.")
    noted = {one.id: _noted(field, one, given[one.id]) for one in field.attributes if one.id in given}
    # Zero is a number that was noted; only false, empty texts and nothing are left out.
    return {name: value for name, value in noted.items() if value is not False and value is not None and value != ""}


def _noted(field: FieldSpec, attribute: Attribute, value: Any) -> Any:
    where = f"Attribute {attribute.id!r} of field {field.id!r}"
    if value is None:
        return None
    if attribute.kind == "flag":
        if not isinstance(value, bool):
            raise ValueRefused(f"{where} is true or false, got {value!r}.")
    elif attribute.kind == "number":
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise ValueRefused(f"{where} is a number, got {value!r}.")
        return float(value)
    elif not isinstance(value, str) or len(value) > 1000:
        raise ValueRefused(f"{where} is a short text, got {str(value)[:40]!r}.")
    elif attribute.kind == "choice" and value and value not in attribute.options:
        raise ValueRefused(f"{where} is one of {', '.join(attribute.options)}; got {value!r}.")
    return value


def _score(field: FieldSpec, score: Any) -> float:
    number = _number(field, score)
    if not 0 <= number <= 1:
        raise ValueRefused(f"The score of a region of field {field.id!r} lies in 0..1, got {score!r}.")
    return round(number, 4)


def _is_list(value: Any) -> TypeGuard[Sequence[Any]]:
    return isinstance(value, (list, tuple))


def _counted(points: Any) -> str:
    return f"{len(points)}" if _is_list(points) else repr(points)[:40]
