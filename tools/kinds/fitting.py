"""What brings regions of files into the form of a field: numbers, outlines, masks, attributes, all accounted for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np

from tools.errors import InputError, ValueRefused
from tools.geometry.boxes import Size, box_from_corners
from tools.geometry.masks import MaskSize, Runs, area_of_runs, fill, runs_of_string
from tools.geometry.regions import box_of_region, clip_region
from tools.kinds.asked import Asked
from tools.kinds.taking import Taken, plain_name
from tools.labels import Attribute

FLAGS = ("crowd", "difficult", "truncated", "occluded")
"""Attributes that formats write whether or not they say anything; false is what they are without being said."""

CUT = "Regions that reached beyond their image and were cut at its edge"
SQUARED = "Turned boxes that were no rectangles, replaced by the smallest one around them"
SLACK = 1.0
"""Pixels by which a coordinate may lie outside the image, from rounding elsewhere; it is put on the edge."""
OUTSIDE = "the region lies outside the image"
EMPTY = "the mask has no pixel"
TWISTED = "the region has no area"


@dataclass
class Outlook:
    """What all regions of a file have: whether any is turned, the points of the one with most and which are joined."""

    is_turned: bool = False
    points: list[str] = field(default_factory=list)
    joins: list[tuple[int, int]] = field(default_factory=list)

    def add(self, region: Mapping[str, Any]) -> None:
        """One more region."""
        self.is_turned |= bool(region.get("angle"))
        if region.get("points") and len(region["points"]) > len(self.points):
            count = len(region["points"])
            stated = [str(one) for one in region.get("names") or ()]
            self.points = stated if len(stated) == count else [str(n) for n in range(1, count + 1)]
            self.joins = [(a, b) for a, b in region.get("skeleton") or () if 0 <= a < count and 0 <= b < count]


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
    if not fill(runs, (height, width)):
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


def take_attributes(spec: Asked, label: str, found: Mapping[str, Any], taken: Taken) -> dict[str, Any]:
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


def _declared(spec: Asked, label: str, name: str) -> Attribute | None:
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


def cut_at_edges(region: dict[str, Any], size: Size | None, notes: list[str]) -> dict[str, Any]:
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
