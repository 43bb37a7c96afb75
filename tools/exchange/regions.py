"""From the regions that a file holds to those that a field asks for: geometry, label, attributes, all accounted for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import cv2
import numpy as np

from tools.errors import InputError, ValueRefused
from tools.exchange.rows import Shape
from tools.geometry.boxes import Size, box_around, box_from_corners, corners_of
from tools.geometry.masks import (
    MaskSize,
    Runs,
    area_of_runs,
    box_of_runs,
    encode,
    mask_of_runs,
    runs_of_string,
    string_of,
)
from tools.geometry.polygons import polygon_box, polygons_of, rasterise
from tools.geometry.regions import box_of_region, clip_region
from tools.kinds.contract import ASIDE
from tools.kinds.drawn import MOST_REGIONS, SLACK, Drawn
from tools.kinds.taking import LabelNames, Taken, distinct, excerpt, plain_name, short_reason
from tools.labels import Attribute
from tools.schema import FieldSpec

GEOMETRY: dict[str, Shape] = {
    "box": "boxes",
    "corners": "boxes",
    "parts": "polygons",
    "counts": "masks",
    "points": "keypoints",
}
"""Which kind of region a key makes."""
FLAGS = ("crowd", "difficult", "truncated", "occluded")
"""Attributes that formats write whether or not they say anything; false is what they are without being said."""

CUT = "Regions that reached beyond their image and were cut at its edge"
BOXED = "Outlines of which only the box was kept, because the schema asks for boxes"
UNTURNED = "Turned boxes replaced by the upright box around them, because the field takes no angle"
SQUARED = "Turned boxes that were no rectangles, replaced by the smallest one around them"
TRACED = "Masks whose outline was traced, because the schema asks for outlines"
FILLED = "Outlines that were filled in to masks, because the schema asks for masks"
OUTSIDE = "the region lies outside the image"
EMPTY = "the mask has no pixel"
TWISTED = "the region has no area"
_BOX_EDGES = 4


def take_regions(spec: FieldSpec, names: LabelNames, found: Sequence[Mapping[str, Any]], size: Size | None) -> Taken:
    """The value of a field of an image kind from regions with label names; ``size`` is (width, height) in pixels."""
    taken, record = Taken(), cast(Drawn, spec.record)
    kept: list[dict[str, Any]] = []
    for region in found:
        try:
            one = _fitted(spec, names, region, size, taken)
            wanted = str(region.get("id") or f"r{len(kept) + 1}")
            kept.append(distinct({"id": wanted, **record.check_region(spec, one, size)}, kept))
        except ValueRefused as refused:
            taken.problems.append((short_reason(refused), excerpt(_brief(region))))
    # A field is answered by no region at all only if the file gave none.
    if len(kept) > MOST_REGIONS:
        taken.problems.append((f"the image has more than {MOST_REGIONS:,} regions", f"{len(kept):,}"))
    elif kept or not found:
        # Each was checked by itself, and their ids are distinct.
        taken.value = {spec.kind: kept}
    return taken


def _fitted(
    spec: FieldSpec, names: LabelNames, region: Mapping[str, Any], size: Size | None, taken: Taken
) -> dict[str, Any]:
    """One region in the form of the field, inside the image."""
    label = names.find(region.get("label"))
    if label is None:
        raise ValueRefused(names.unknown(region.get("label")))
    fitted = {"label": label, **_SHAPERS[spec.kind](spec, region, size, taken.notes)}
    fitted |= {key: region[key] for key in ASIDE if region.get(key) is not None}
    attributes = take_attributes(spec, label, region.get("attributes") or {}, taken)
    if attributes:
        fitted["attributes"] = attributes
    return _inside(fitted, size, taken.notes)


def _boxes(spec: FieldSpec, region: Mapping[str, Any], size: Size | None, notes: list[str]) -> dict[str, Any]:
    if region.get("box") is None and region.get("corners"):
        region = {**region, **turned_box(region["corners"], notes)}
    if region.get("box") is None:
        if not (region.get("parts") or region.get("counts")):
            raise ValueRefused("the region has neither a box nor an outline")
        notes.append(BOXED)
        return {"box": _box_of_outline(region, size)}
    box = numbers_of(region["box"], _BOX_EDGES, "the box is not four numbers")
    (angle,) = numbers_of([region.get("angle") or 0], 1, "the angle is not a number")
    if not angle:
        return {"box": box}
    if spec.rotated:
        return {"box": box, "angle": angle}
    notes.append(UNTURNED)
    return {"box": list(box_around(corners_of(box, angle)))}


def turned_box(corners: Any, notes: list[str]) -> dict[str, Any]:
    """Box and angle of four corners; of those that are no rectangle the smallest turned box around them."""
    points = np.array([numbers_of(point, 2, "a corner is not two numbers") for point in corners])
    if points.shape != (4, 2):
        raise ValueRefused("a turned box has four corners")
    sides = np.roll(points, -1, axis=0) - points
    lengths = np.hypot(sides[:, 0], sides[:, 1])
    is_right = all(abs(float(sides[at] @ sides[at - 1])) <= 0.02 * lengths[at] * lengths[at - 1] for at in range(4))
    is_clockwise = float(sides[0, 0] * sides[1, 1] - sides[0, 1] * sides[1, 0]) > 0
    if not is_right or not is_clockwise:
        (x, y), (width, height), angle = cv2.minAreaRect(points.astype(np.float32))
        notes.extend([] if is_right else [SQUARED])
        return {"box": [x - width / 2, y - height / 2, x + width / 2, y + height / 2], "angle": angle}
    box, angle = box_from_corners(points)
    return {"box": list(box), "angle": angle}


def _box_of_outline(region: Mapping[str, Any], size: Size | None) -> list[float]:
    if region.get("parts"):
        return list(polygon_box(rings_of(region["parts"])))
    runs, found = mask_of(region, size)
    return list(box_of_runs(runs, found))


def _polygons(spec: FieldSpec, region: Mapping[str, Any], size: Size | None, notes: list[str]) -> dict[str, Any]:
    if region.get("parts") or region.get("corners"):
        return {"parts": rings_of(region.get("parts") or [[region["corners"]]])}
    runs, found = mask_of(region, size)
    notes.append(TRACED)
    return {"parts": polygons_of(mask_of_runs(runs, found))}


def _masks(spec: FieldSpec, region: Mapping[str, Any], size: Size | None, notes: list[str]) -> dict[str, Any]:
    if region.get("counts"):
        runs, found = mask_of(region, size)
        return {"size": list(found), "counts": string_of(runs)}
    if not region.get("parts"):
        raise ValueRefused("the region has no outline")
    if size is None:
        raise ValueRefused("the size of the image is not known")
    notes.append(FILLED)
    filled = rasterise(rings_of(region["parts"]), (size[1], size[0]))
    if not filled.any():
        raise ValueRefused(TWISTED)
    return {"size": [size[1], size[0]], "counts": encode(filled)}


def _keypoints(spec: FieldSpec, region: Mapping[str, Any], size: Size | None, notes: list[str]) -> dict[str, Any]:
    if not isinstance(region.get("points"), (list, tuple)) or not region["points"]:
        raise ValueRefused("the object has no key points")
    points = [numbers_of(point, 3, "a key point is not x, y and how far it is seen") for point in region["points"]]
    names = [str(name) for name in region.get("names") or ()]
    if names and spec.points and len(names) == len(points):
        points = _in_order(spec, names, points)
    return {"points": [[x, y, int(seen)] if seen else [0.0, 0.0, 0] for x, y, seen in points]}


def _in_order(spec: FieldSpec, names: Sequence[str], points: Sequence[list[float]]) -> list[list[float]]:
    """The points as the field orders them, by their names; points that a file leaves out are absent."""
    by_name = {name.casefold(): point for name, point in zip(names, points, strict=True)}
    wanted = [name.casefold() for name in spec.points]
    if not set(by_name) <= set(wanted):
        # Names that the field does not know say nothing; the order then has to be that of the field.
        return list(points)
    return [by_name.get(name, [0.0, 0.0, 0.0]) for name in wanted]


_SHAPERS = {"boxes": _boxes, "polygons": _polygons, "masks": _masks, "keypoints": _keypoints}


def mask_of(region: Mapping[str, Any], size: Size | None) -> tuple[Runs, MaskSize]:
    """Runs and (height, width) of a mask, in whichever of COCO's forms it came: text, bytes or a list of lengths."""
    counts, stated = region.get("counts"), region.get("size")
    if counts is None or stated is None:
        raise ValueRefused("the region has no outline")
    height, width = (int(one) for one in numbers_of(stated, 2, "the size of the mask is not two numbers"))
    if size is not None and (width, height) != tuple(size):
        raise ValueRefused("the mask has another size than the image")
    try:
        runs = runs_of_string(counts) if isinstance(counts, (str, bytes)) else np.array(counts, dtype=np.int64)
    except (InputError, ValueError, TypeError, OverflowError):
        raise ValueRefused("the mask cannot be read") from None
    if runs.ndim != 1 or (runs < 0).any() or int(runs.sum()) != width * height:
        raise ValueRefused("the runs of the mask do not add up to the size of the image")
    if not area_of_runs(runs):
        raise ValueRefused(EMPTY)
    return runs, (height, width)


def rings_of(parts: Any) -> list[list[list[list[float]]]]:
    """Parts, rings and points as plain numbers; rings that are closed or have less than three points are mended or
    left out.
    """
    found = []
    try:
        for part in parts:
            rings = [ring for ring in (_ring(ring) for ring in part) if len(ring) >= 3]
            if rings:
                found.append(rings)
    except TypeError:
        raise ValueRefused("the outline is no list of rings") from None
    if not found:
        raise ValueRefused(TWISTED)
    return found


def _ring(ring: Any) -> list[list[float]]:
    points = [numbers_of(point, 2, "a point of the outline is not two numbers") for point in ring]
    return points[:-1] if len(points) > 1 and points[0] == points[-1] else points


def take_attributes(spec: FieldSpec, label: str, found: Mapping[str, Any], taken: Taken) -> dict[str, Any]:
    """The attributes that the field declares for the label; the others go to the problems, unless they say nothing."""
    kept: dict[str, Any] = {}
    for name, value in found.items():
        if value is None or value == "":
            continue
        attribute = _declared(spec, label, str(name))
        if attribute is None and value is False and name in FLAGS:
            continue
        fitted = None if attribute is None else _attribute_value(attribute, value)
        if attribute is not None and fitted is not None:
            kept[attribute.id] = fitted
            continue
        problem = f"{spec.id!r} declares no attribute {str(name)[:40]!r} for the label"
        if attribute is not None:
            problem = f"the value does not fit the {attribute.kind} attribute {attribute.id!r}"
        taken.problems.append((problem, f"{name}={plain_name(value)}"))
    return kept


def _declared(spec: FieldSpec, label: str, name: str) -> Attribute | None:
    wanted = name.strip().casefold()
    for one in spec.attributes:
        if wanted in (one.id, one.name.casefold()) and (not one.labels or label in one.labels):
            return one
    return None


def _attribute_value(attribute: Attribute, value: Any) -> bool | float | str | None:
    plain = plain_name(value).strip()
    if attribute.kind == "flag":
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(plain.casefold())
    if attribute.kind == "number":
        return _number(value)
    if attribute.kind == "choice":
        return next((one for one in attribute.options if one.casefold() == plain.casefold()), None)
    return value if isinstance(value, str) else plain


def _number(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _inside(region: dict[str, Any], size: Size | None, notes: list[str]) -> dict[str, Any]:
    """The region cut at the edge of the image where it reaches beyond by more than rounding."""
    if size is None or "counts" in region or region.get("angle") or not _reaches_out(region, size):
        return region
    cut = clip_region(region, size)
    if cut is None:
        raise ValueRefused(OUTSIDE)
    notes.append(CUT)
    return cut


def _reaches_out(region: Mapping[str, Any], size: Size) -> bool:
    x0, y0, x1, y1 = box_of_region(region)
    return min(x0, y0) < -SLACK or x1 > size[0] + SLACK or y1 > size[1] + SLACK


def numbers_of(found: Any, count: int, problem: str) -> list[float]:
    """``count`` finite numbers; :class:`ValueRefused` with the problem for anything else."""
    try:
        numbers = [float(one) for one in found]
    except (TypeError, ValueError):
        raise ValueRefused(problem) from None
    if len(numbers) != count or not all(math.isfinite(one) for one in numbers):
        raise ValueRefused(problem)
    return numbers


def _brief(region: Mapping[str, Any]) -> dict[str, Any]:
    """What a person needs in order to find the region again."""
    return {key: region[key] for key in ("id", "label", "box", "points") if region.get(key) is not None}
