"""Regions of an image whatever their kind: boxes, polygons, masks and key points as they stand in values.

The kind shows in the keys of a region (see :mod:`tools.values`): ``box``, ``parts``, ``counts`` or ``points``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tools.geometry.boxes import FloatArray, Size, box_around, clip_box, corners_of, iou_matrix
from tools.geometry.masks import Mask, MaskSize, box_of_runs, mask_iou, mask_of_record, runs_iou, runs_of_string
from tools.geometry.polygons import polygon_box, rasterise
from tools.records import to_json

Region = Mapping[str, Any]
Box = tuple[float, float, float, float]
_CANVAS = 512
"""Outlines are compared on a grid of at most this many cells a side: finer than people draw, and quick."""

_POINT_TOLERANCE = 0.1
"""Share of the object's diagonal within which a key point counts as placed the same."""


def box_of_region(region: Region) -> Box:
    """The smallest axis-aligned box around a region; a single point has a box without area."""
    if "box" in region:
        return box_around(corners_of(region["box"], float(region.get("angle", 0.0))))
    if "parts" in region:
        return polygon_box(region["parts"])
    if "counts" in region:
        return box_of_runs(runs_of_string(region["counts"]), (int(region["size"][0]), int(region["size"][1])))
    seen = [point[:2] for point in region["points"] if point[2]]
    return box_around(seen) if seen else (0.0, 0.0, 0.0, 0.0)


def outline_of(region: Region) -> list[list[Sequence[Sequence[float]]]]:
    """A box or polygon as the parts of a polygon."""
    if "parts" in region:
        return [list(part) for part in region["parts"]]
    return [[corners_of(region["box"], float(region.get("angle", 0.0))).tolist()]]


def mask_of_region(region: Region, size: MaskSize) -> Mask:
    """The pixels (h, w) of a box, polygon or mask; key points have none."""
    if "counts" in region:
        return mask_of_record(region)
    if "points" in region:
        return np.zeros(size, dtype=np.bool_)
    return rasterise(outline_of(region), size)


def region_iou(one: Region, other: Region) -> float:
    """How much two regions are the same, 0..1.

    Boxes that are not turned: intersection over union. Masks: the same by pixels. Polygons and turned boxes: by pixels
    of a grid over both. Key points: the share of points placed within a tenth of the object's diagonal.
    """
    if "points" in one or "points" in other:
        return _point_likeness(one, other)
    is_plain = all("box" in region and not region.get("angle") for region in (one, other))
    if is_plain:
        return float(iou_matrix([one["box"]], [other["box"]])[0, 0])
    if "counts" in one and "counts" in other and list(one["size"]) == list(other["size"]):
        return runs_iou(runs_of_string(one["counts"]), runs_of_string(other["counts"]))
    return _grid_iou(one, other)


def match_regions(one: Sequence[Region], other: Sequence[Region], threshold: float = 0.5) -> list[tuple[int, int]]:
    """Pairs (position in ``one``, position in ``other``) of regions that are the same object.

    Each is in one pair at most; pairs have an IoU of at least ``threshold`` and their sum is the largest possible
    (Kuhn 1955). Labels do not count.
    """
    return [(row, column) for row, column, _ in measured_matches(one, other, threshold)]


def measured_matches(
    one: Sequence[Region], other: Sequence[Region], threshold: float = 0.5
) -> list[tuple[int, int, float]]:
    """The pairs of :func:`match_regions`, each with its IoU."""
    if not one or not other:
        return []
    found = likeness(one, other)
    # Half of what starting any command costs, so it is loaded by who compares regions only.
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(-np.where(found >= threshold, found, 0.0))
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return [(row, column, float(found[row, column])) for row, column in pairs if found[row, column] >= threshold]


def likeness(one: Sequence[Region], other: Sequence[Region]) -> FloatArray:
    """IoU of every pair, shape (n, m). Pairs whose boxes do not touch are not looked at closely."""
    if not one or not other:
        return np.zeros((len(one), len(other)))
    if all("box" in region and not region.get("angle") for region in (*one, *other)):
        return iou_matrix([region["box"] for region in one], [region["box"] for region in other])
    boxes = iou_matrix([box_of_region(r) for r in one], [box_of_region(r) for r in other])
    found = np.zeros_like(boxes)
    has_points = any("points" in region for region in (*one, *other))
    for row, column in zip(*np.nonzero((boxes > 0) | has_points), strict=True):
        found[row, column] = region_iou(one[row], other[column])
    return found


def same_regions(one: Sequence[Region], other: Sequence[Region], threshold: float) -> bool:
    """Whether two answers mark the same objects: as many of them, in pairs that say the same at IoU ``threshold``."""
    if len(one) != len(other):
        return False
    for said in {_said(region) for region in (*one, *other)}:
        mine = [region for region in one if _said(region) == said]
        theirs = [region for region in other if _said(region) == said]
        if len(mine) != len(theirs) or len(match_regions(mine, theirs, threshold)) != len(mine):
            return False
    return True


def _said(region: Region) -> str:
    """Label and attributes of a region."""
    return to_json([region["label"], region.get("attributes") or {}])


def clip_region(region: Region, size: Size) -> dict[str, Any] | None:
    """The part of a region inside an image of ``size`` (width, height); ``None`` where nothing is left of it.

    Turned boxes and masks are returned as they are: the first may reach over an edge, the second cannot.
    """
    if "counts" in region or region.get("angle"):
        return dict(region)
    width, height = size
    if "box" in region:
        box = clip_box(region["box"], size)
        return {**region, "box": list(box)} if box[2] > box[0] and box[3] > box[1] else None
    if "points" in region:
        inside = [_clipped_point(point, size) for point in region["points"]]
        return {**region, "points": inside}
    parts = [[[_clipped(point, width, height) for point in ring] for ring in part] for part in region["parts"]]
    x0, y0, x1, y1 = polygon_box(parts)
    return {**region, "parts": parts} if x1 > x0 and y1 > y0 else None


def _clipped(point: Sequence[float], width: int, height: int) -> list[float]:
    return [min(max(float(point[0]), 0.0), float(width)), min(max(float(point[1]), 0.0), float(height))]


def _clipped_point(point: Sequence[float], size: Size) -> list[float]:
    return [*_clipped(point, *size), int(point[2])] if point[2] else [0.0, 0.0, 0]


def _grid_iou(one: Region, other: Region) -> float:
    """IoU on a grid over the box around both regions."""
    a, b = box_of_region(one), box_of_region(other)
    x0, y0 = np.floor(min(a[0], b[0])), np.floor(min(a[1], b[1]))
    x1, y1 = np.ceil(max(a[2], b[2])), np.ceil(max(a[3], b[3]))
    scale = min(1.0, _CANVAS / max(x1 - x0, y1 - y0, 1.0))
    if max(x1 - x0, y1 - y0) < _CANVAS / 4:
        scale = _CANVAS / 4 / max(x1 - x0, y1 - y0, 1.0)
    size = (max(1, int(np.ceil((y1 - y0) * scale))), max(1, int(np.ceil((x1 - x0) * scale))))
    grids = [_on_grid(region, (float(x0), float(y0)), float(scale), size) for region in (one, other)]
    return mask_iou(grids[0], grids[1])


def _on_grid(region: Region, origin: tuple[float, float], scale: float, size: MaskSize) -> Mask:
    if "counts" in region:
        mask = mask_of_record(region)
        rows = np.clip(((np.arange(size[0]) + 0.5) / scale + origin[1]).astype(np.int64), 0, mask.shape[0] - 1)
        columns = np.clip(((np.arange(size[1]) + 0.5) / scale + origin[0]).astype(np.int64), 0, mask.shape[1] - 1)
        return np.asarray(mask[np.ix_(rows, columns)], dtype=np.bool_)
    moved = [
        [((np.asarray(ring, dtype=np.float64) - origin) * scale).tolist() for ring in part]
        for part in outline_of(region)
    ]
    return rasterise(moved, size)


def _point_likeness(one: Region, other: Region) -> float:
    """Share of the points that either has, placed alike: within a tenth of the diagonal of the box around both."""
    if "points" not in one or "points" not in other or len(one["points"]) != len(other["points"]):
        return 0.0
    box = box_around(
        [box_of_region(one)[:2], box_of_region(one)[2:], box_of_region(other)[:2], box_of_region(other)[2:]]
    )
    # A region of a single point has no size of its own: points within a few pixels are the same.
    reach = max(_POINT_TOLERANCE * float(np.hypot(box[2] - box[0], box[3] - box[1])), 5.0)
    if len(one["points"]) == 1:
        reach = 5.0
    placed = [(a, b) for a, b in zip(one["points"], other["points"], strict=True) if a[2] or b[2]]
    if not placed:
        return 1.0
    same = sum(bool(a[2] and b[2]) and np.hypot(a[0] - b[0], a[1] - b[1]) <= reach for a, b in placed)
    return float(same / len(placed))
