"""Polygons with several parts and holes.

A polygon is a list of parts, a part a list of rings: the outer one, then its holes. A ring is a list of (x, y) points
in pixels of the full-size image, not closed. A pixel belongs to a polygon if its centre lies inside by the even-odd
rule of the part's rings.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from tools.geometry.boxes import box_around
from tools.geometry.masks import Mask, MaskSize

Ring = Sequence[Sequence[float]]
Parts = Sequence[Sequence[Ring]]


def ring_area(ring: Ring) -> float:
    """Area inside a ring by the shoelace formula, never negative."""
    points = np.asarray(ring, dtype=np.float64).reshape(-1, 2)
    if len(points) < 3:
        return 0.0
    after = np.roll(points, -1, axis=0)
    return float(abs(np.sum(points[:, 0] * after[:, 1] - after[:, 0] * points[:, 1])) / 2)


def polygon_area(parts: Parts) -> float:
    """Area of the outer rings less that of their holes."""
    return float(sum(ring_area(part[0]) - sum(ring_area(hole) for hole in part[1:]) for part in parts if part))


def polygon_box(parts: Parts) -> tuple[float, float, float, float]:
    """The smallest box around all outer rings."""
    return box_around([point for part in parts for point in part[0]])


def rasterise(parts: Parts, size: MaskSize) -> Mask:
    """The pixels (h, w) whose centres lie in the polygon. Parts are joined, holes belong to their own part only."""
    height, width = size
    whole = np.zeros((height, width), dtype=np.bool_)
    for part in parts:
        if not part or len(part[0]) < 3:
            continue
        x0, y0, x1, y1 = (int(one) for one in _bounds(part[0], size))
        if x1 <= x0 or y1 <= y0:
            continue
        whole[y0:y1, x0:x1] |= _inside(part, (x0, y0, x1, y1))
    return whole


def _bounds(ring: Ring, size: MaskSize) -> tuple[float, float, float, float]:
    x0, y0, x1, y1 = box_around(ring)
    return max(0, np.floor(x0)), max(0, np.floor(y0)), min(size[1], np.ceil(x1)), min(size[0], np.ceil(y1))


def _inside(part: Sequence[Ring], bounds: tuple[int, int, int, int]) -> Mask:
    """Even-odd test of all pixel centres of a window, one scan line of crossings at a time."""
    x0, y0, x1, y1 = bounds
    edges = np.concatenate([_edges(ring) for ring in part])
    falls = edges[:, 1] > edges[:, 3]
    edges[falls] = edges[falls][:, [2, 3, 0, 1]]
    # Rows whose centre y + 0.5 lies in [top, bottom) of an edge; level edges have none.
    first = np.maximum(np.ceil(edges[:, 1] - 0.5), y0).astype(np.int64)
    counts = np.maximum(np.minimum(np.ceil(edges[:, 3] - 0.5), y1).astype(np.int64) - first, 0)
    of = np.repeat(np.arange(len(edges)), counts)
    rows = np.arange(len(of)) - np.repeat(np.cumsum(counts) - counts, counts) + first[of]
    ax, ay, bx, by = edges[of].T
    crossing = ax + (rows + 0.5 - ay) * (bx - ax) / (by - ay)
    columns = np.clip(np.ceil(crossing - 0.5).astype(np.int64) - x0, 0, x1 - x0)
    # Toggle every pixel right of a crossing; an even number of toggles is outside.
    width = x1 - x0 + 1
    toggles = np.bincount((rows - y0) * width + columns, minlength=(y1 - y0) * width).reshape(y1 - y0, width)
    return np.asarray(np.cumsum(toggles[:, :-1], axis=1) % 2 == 1, dtype=np.bool_)


def _edges(ring: Ring) -> npt.NDArray[np.float64]:
    points = np.asarray(ring, dtype=np.float64).reshape(-1, 2)
    return np.hstack([points, np.roll(points, -1, axis=0)])


def polygons_of(mask: Mask, tolerance: float = 0.0) -> list[list[list[list[float]]]]:
    """The outlines of a mask (h, w) along its pixel edges, as parts with holes; rasterising them gives the mask back.

    With a ``tolerance`` in pixels above 0 outlines are simplified (Douglas and Peucker 1973) and follow the mask only
    that closely. Parts touching at a corner only are apart.
    """
    if not mask.any():
        return []
    x0, y0 = int(np.flatnonzero(mask.any(axis=0))[0]), int(np.flatnonzero(mask.any(axis=1))[0])
    x1, y1 = int(np.flatnonzero(mask.any(axis=0))[-1]) + 1, int(np.flatnonzero(mask.any(axis=1))[-1]) + 1
    window = np.ascontiguousarray(mask[y0:y1, x0:x1])
    count, labelled, stats, _ = cv2.connectedComponentsWithStats(window.astype(np.uint8), connectivity=4)
    parts = []
    for label in range(1, count):
        left, top, width, height = (int(one) for one in stats[label, :4])
        component = labelled[top : top + height, left : left + width] == label
        rings = [_shifted(_simplified(ring, tolerance), x0 + left, y0 + top) for ring in _rings(component)]
        rings = [ring for ring in rings if len(ring) >= 3]
        if rings:
            rings.sort(key=ring_area, reverse=True)
            parts.append(rings)
    return parts


def _rings(component: Mask) -> list[list[tuple[int, int]]]:
    """Boundaries of one 4-connected component along pixel edges, inside on the right hand, corners only."""
    padded = np.pad(component, 1)
    steps: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for dy, dx, start, end in (
        (-1, 0, (0, 0), (1, 0)),  # an edge above: left to right
        (0, 1, (1, 0), (1, 1)),  # at the right: downwards
        (1, 0, (1, 1), (0, 1)),  # below: right to left
        (0, -1, (0, 1), (0, 0)),  # at the left: upwards
    ):
        beside = np.roll(padded, (-dy, -dx), axis=(0, 1))
        rows, columns = np.nonzero((padded & ~beside)[1:-1, 1:-1])
        for y, x in zip(rows.tolist(), columns.tolist(), strict=True):
            steps.setdefault((x + start[0], y + start[1]), []).append((x + end[0], y + end[1]))
    rings = []
    while steps:
        rings.append(_walk(steps))
    return rings


def _walk(steps: dict[tuple[int, int], list[tuple[int, int]]]) -> list[tuple[int, int]]:
    start = next(iter(steps))
    ring, here, direction = [start], start, (0, 0)
    while True:
        ways = steps[here]
        # Where two boundaries meet at a corner, turning right keeps to the same pixel, so that rings do not cross.
        right = (-direction[1], direction[0])
        at = next((n for n, way in enumerate(ways) if _towards(here, way) == right), 0)
        after = ways.pop(at)
        if not ways:
            del steps[here]
        turned = _towards(here, after)
        if turned == direction:
            ring.pop()
        direction, here = turned, after
        if here == start:
            break
        ring.append(here)
    return ring if len(ring) < 4 or _towards(ring[-1], ring[0]) != _towards(ring[0], ring[1]) else ring[1:]


def _towards(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return (other[0] > one[0]) - (other[0] < one[0]), (other[1] > one[1]) - (other[1] < one[1])


def _simplified(ring: list[tuple[int, int]], tolerance: float) -> list[tuple[float, float]]:
    if tolerance <= 0:
        return [(float(x), float(y)) for x, y in ring]
    points = np.array(ring, dtype=np.float32).reshape(-1, 1, 2)
    kept = cv2.approxPolyDP(points, tolerance, True).reshape(-1, 2)
    return [(float(x), float(y)) for x, y in kept]


def _shifted(ring: Sequence[tuple[float, float]], dx: int, dy: int) -> list[list[float]]:
    return [[x + dx, y + dy] for x, y in ring]
