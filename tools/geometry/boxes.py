"""Axis-aligned and turned boxes.

A box is (x0, y0, x1, y1) in pixels of the full-size image as displayed, origin top left; right and bottom edges are
exclusive. A turned box is such a box and an angle in degrees, clockwise with y pointing down, about the box's centre.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
Size = tuple[int, int]
"""(width, height) in pixels."""


def box_areas(boxes: Any) -> FloatArray:
    """Area of each box, shape (n,), from (n, 4); a box without area counts as 0."""
    rows = _rows(boxes)
    return np.asarray(np.prod(np.clip(rows[:, 2:] - rows[:, :2], 0, None), axis=1), dtype=np.float64)


def iou_matrix(one: Any, other: Any) -> FloatArray:
    """Intersection over union of every pair, shape (n, m), from boxes (n, 4) and (m, 4).

    >>> iou_matrix([[0, 0, 2, 2]], [[1, 0, 3, 2]]).round(3).tolist()
    [[0.333]]
    """
    a, b = _rows(one), _rows(other)
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    union = box_areas(a)[:, None] + box_areas(b)[None, :] - shared
    return np.asarray(np.divide(shared, union, out=np.zeros_like(shared), where=union > 0), dtype=np.float64)


def clip_box(box: Sequence[float], size: Size) -> tuple[float, float, float, float]:
    """The part of a box that lies in an image of ``size``; it may be without area."""
    width, height = size
    x0, y0, x1, y1 = (float(one) for one in box)
    return min(max(x0, 0), width), min(max(y0, 0), height), min(max(x1, 0), width), min(max(y1, 0), height)


def corners_of(box: Sequence[float], angle: float = 0.0) -> FloatArray:
    """The corners of a turned box, shape (4, 2): its own top left, top right, bottom right, bottom left."""
    x0, y0, x1, y1 = (float(one) for one in box)
    corners = np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]])
    if not angle:
        return corners
    centre, turn = np.array([(x0 + x1) / 2, (y0 + y1) / 2]), np.deg2rad(angle)
    cos, sin = np.cos(turn), np.sin(turn)
    # Rows are points, so the matrix of a clockwise turn (y down) stands transposed.
    return np.asarray((corners - centre) @ np.array([[cos, sin], [-sin, cos]]) + centre, dtype=np.float64)


def box_from_corners(corners: Any) -> tuple[tuple[float, float, float, float], float]:
    """(box, angle) of the rectangle with these corners, shape (4, 2), in the order of :func:`corners_of`."""
    points = np.asarray(corners, dtype=np.float64).reshape(4, 2)
    along, down = points[1] - points[0], points[3] - points[0]
    half = np.array([np.hypot(*along), np.hypot(*down)]) / 2
    centre = points.mean(axis=0)
    angle = float(np.rad2deg(np.arctan2(along[1], along[0])))
    x0, y0 = centre - half
    x1, y1 = centre + half
    return (float(x0), float(y0), float(x1), float(y1)), usual_angle(angle)


def usual_angle(angle: float) -> float:
    """The angle in [-180, 180) that turns as far."""
    turned = (float(angle) + 180.0) % 360.0 - 180.0
    return 0.0 if abs(turned) < 1e-9 else turned


def box_around(points: Any) -> tuple[float, float, float, float]:
    """The smallest box around points (n, 2), n at least 1."""
    found = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    low, high = found.min(axis=0), found.max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _rows(boxes: Any) -> FloatArray:
    return np.asarray(boxes, dtype=np.float64).reshape(-1, 4)
