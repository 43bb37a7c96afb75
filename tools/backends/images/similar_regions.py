"""Finding more of what was boxed: every confirmed box is an example that is looked for in other images, at several
sizes. Exemplars by linear discriminant analysis (Malisiewicz et al., ICCV 2011; Hariharan et al., ECCV 2012)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from tools.backends.contract import Matrix
from tools.backends.images.detections import (
    Codes,
    Detections,
    Flags,
    Pixels,
    best_first,
    clipped,
    no_detections,
    suppressed,
)
from tools.backends.images.region_features import (
    CELL,
    STEP,
    Grid,
    Ground,
    Whitener,
    grid_of,
    scaled_to,
    whitener_of,
    windows,
)

INNER = 6
"""Cells of the longer side of a box."""

MARGIN = 1
"""Cells around it that belong to the example: without them a plain object is like every part of a larger one."""

REACH = INNER + 2 * MARGIN

SIZES = 3
"""Levels up and down from the size of an example that are looked at; three levels double the size."""

PATCH = 40
"""Pixels of the longer side at which an example and a candidate are compared point by point."""

OVERLAP = 0.3
FLOOR = 0.1
"""Likenesses below are noise."""

_FEWEST_CELLS = 3
_BEYOND = MARGIN + 1
"""Cells by which windows may reach over the edge of an image."""

_CANDIDATES = 30
_MOST_FOUND = 100
_FEWEST_PIXELS = 6
_FLAT = 4.0
_LOOSE = 0.6
# Half a cell and what lies between two sizes.
_AROUND = 0.15


@dataclass(frozen=True)
class Exemplar:
    """One confirmed box: its cells (rows, columns, DEPTH), the level of its image they were taken at, label and image.

    ``width`` and ``height`` are the box's own, in pixels of the full-size image; ``patch`` is what is in it, small.
    """

    grid: Grid
    level: int
    code: int
    source: int
    width: float
    height: float
    patch: Pixels

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return self.grid.shape[0], self.grid.shape[1]


def take_exemplar(pixels: Pixels, box: Sequence[float], code: int, source: int) -> Exemplar | None:
    """The example in a box of an image; ``None`` where it is too small or too large to be looked for."""
    x0, y0, x1, y1 = (float(side) for side in box)
    longer = max(x1 - x0, y1 - y0)
    if longer < 8:
        return None
    level = round(np.log(INNER * CELL / longer) / np.log(STEP))
    for lower in range(level, level - 5, -1):
        image = scaled_to(pixels, lower)
        if image is not None:
            grid = _cells_of(image, STEP**lower, (x0, y0, x1, y1))
            patch = _patch(pixels, (x0, y0, x1, y1))
            if grid is None or patch is None:
                return None
            return Exemplar(grid, lower, code, source, x1 - x0, y1 - y0, patch)
    return None


def _patch(pixels: Pixels, box: tuple[float, float, float, float]) -> Pixels | None:
    """The box scaled so that its longer side is PATCH."""
    x0, y0, x1, y1 = (max(0, round(side)) for side in box)
    crop = pixels[y0:y1, x0:x1]
    if min(crop.shape[:2]) < _FEWEST_PIXELS:
        return None
    scale = PATCH / max(crop.shape[:2])
    size = max(4, round(crop.shape[1] * scale)), max(4, round(crop.shape[0] * scale))
    return np.asarray(cv2.resize(crop, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)


def _cells_of(image: Pixels, scale: float, box: tuple[float, float, float, float]) -> Grid | None:
    """The cells nearest to the box, counted from its own corner, not from the image's."""
    x0, y0, x1, y1 = (side * scale for side in box)
    columns, rows = max(1, round((x1 - x0) / CELL)), max(1, round((y1 - y0) / CELL))
    if max(rows, columns) < _FEWEST_CELLS:
        return None
    rows, columns = min(rows, INNER) + 2 * MARGIN, min(columns, INNER) + 2 * MARGIN
    left, top = round((x0 + x1 - columns * CELL) / 2), round((y0 + y1 - rows * CELL) / 2)
    # One cell more on every side, so that edges and their neighbourhood are seen as they are in a whole image.
    pad = (MARGIN + 2) * CELL
    around = np.pad(image, ((pad, pad), (pad, pad), (0, 0)), mode="edge")
    left, top = max(left + pad - CELL, 0), max(top + pad - CELL, 0)
    grid = grid_of(around[top : top + (rows + 2) * CELL, left : left + (columns + 2) * CELL])[1:-1, 1:-1]
    if grid.shape[:2] != (rows, columns):
        return None
    return grid


@dataclass(frozen=True)
class _Group:
    """Examples of one shape in cells, with their templates (n, k) and how far each is from the ground (n,)."""

    shape: tuple[int, int]
    members: tuple[int, ...]
    templates: Matrix
    lengths: Matrix
    whitener: Whitener


class RegionFinder:
    """Looks for examples in images."""

    def __init__(self, exemplars: Sequence[Exemplar], ground: Ground) -> None:
        """Make a template of every example."""
        self.exemplars = tuple(exemplars)
        shapes: dict[tuple[int, int], list[int]] = {}
        for at, one in enumerate(self.exemplars):
            shapes.setdefault(one.shape, []).append(at)
        self._groups = [self._group(shape, members, ground) for shape, members in sorted(shapes.items())]

    def _group(self, shape: tuple[int, int], members: Sequence[int], ground: Ground) -> _Group:
        whitener = whitener_of(ground, *shape)
        rows = np.stack([self.exemplars[at].grid.ravel() for at in members])
        templates = np.stack([whitener.direction(row) for row in rows])
        return _Group(shape, tuple(members), templates, whitener.length(rows), whitener)

    def find(self, pixels: Pixels, without: int | None = None) -> Detections:
        """Boxes like the examples with their likeness in 0..1, best first; none like those of the image ``without``.

        Windows are found by the cosine between window and example, seen from what images of the project usually look
        like; what is found is then compared with its example point by point.
        """
        active = np.array([one.source != without for one in self.exemplars], dtype=np.bool_)
        wanted = sorted({one.level + d for one in self.exemplars for d in range(-SIZES, SIZES + 1)})
        found: list[Detections] = []
        for level in wanted:
            image = scaled_to(pixels, level)
            if image is None:
                continue
            # An object at the edge has a window that reaches over it.
            grid = grid_of(np.pad(image, ((_BEYOND * CELL,) * 2, (_BEYOND * CELL,) * 2, (0, 0)), mode="edge"))
            found += [self._at_level(grid, level, group, active) for group in self._groups]
        joined = _joined([one for one in found if len(one)])
        height, width = pixels.shape[:2]
        near = suppressed(joined, _LOOSE, by_class=False)
        looked_at = self._compared(pixels, near.part(np.arange(min(len(near), _MOST_FOUND))))
        return clipped(suppressed(looked_at, OVERLAP, by_class=False), width, height)

    def _compared(self, pixels: Pixels, found: Detections) -> Detections:
        """Candidates moved to where their example fits best; the score is the mean of likeness and correlation.

        Codes of ``found`` are numbers of examples, those of the result are labels.
        """
        fitted = [_fit(pixels, box, self.exemplars[at].patch) for box, at in zip(found.boxes, found.codes, strict=True)]
        boxes = np.array([box for box, _ in fitted], dtype=np.float32).reshape(-1, 4)
        alike = np.array([much for _, much in fitted], dtype=np.float32)
        codes = np.array([self.exemplars[at].code for at in found.codes], dtype=np.int64)
        compared = np.where(np.isnan(alike), found.scores, np.maximum(alike, 0))
        return best_first(boxes, np.asarray((found.scores + compared) / 2, dtype=np.float32), codes)

    def _at_level(self, grid: Grid, level: int, group: _Group, active: Flags) -> Detections:
        """The best windows of one level for examples of one shape."""
        near = [
            row for row, at in enumerate(group.members) if active[at] and abs(level - self.exemplars[at].level) <= SIZES
        ]
        rows = windows(grid, *group.shape) if near else None
        if rows is None:
            return no_detections()
        # Distance in standard deviations along each template: the same scale for all of them.
        signs = ((rows - group.whitener.mean) @ group.templates[near].T) / group.lengths[near]
        best = signs.argmax(axis=1)
        sign = signs[np.arange(len(best)), best]
        top = np.argsort(-sign, kind="stable")[:_CANDIDATES]
        likeness = sign[top] / group.whitener.length(rows[top])
        keep = likeness >= FLOOR
        top, likeness = top[keep], likeness[keep]
        members = np.array(group.members, dtype=np.int64)[np.array(near)][best[top]]
        return self._boxes(top, likeness, members, grid, level, group.shape)

    def _boxes(
        self, top: Codes, likeness: Matrix, members: Codes, grid: Grid, level: int, shape: tuple[int, int]
    ) -> Detections:
        across = grid.shape[1] - shape[1] + 1
        scale = STEP**level
        cells = np.stack([top % across + shape[1] / 2, top // across + shape[0] / 2], axis=1) - _BEYOND
        centre = cells * CELL / scale
        sizes = np.array(
            [[one.width, one.height] for one in (self.exemplars[at] for at in members)], dtype=np.float32
        ).reshape(-1, 2)
        grown = np.array([STEP ** (self.exemplars[at].level - level) for at in members], dtype=np.float32)
        half = sizes * grown[:, None] / 2
        boxes = np.hstack([centre - half, centre + half])
        return best_first(np.asarray(boxes, dtype=np.float32), np.clip(likeness, 0, 1), members)


def _fit(pixels: Pixels, box: Matrix, patch: Pixels) -> tuple[list[float], float]:
    """(box, correlation in -1..1) of the place near a box where a patch fits best; NaN for a patch without pattern."""
    x0, y0, x1, y1 = (float(side) for side in box)
    if float(patch.std(axis=(0, 1)).max()) < _FLAT:
        return [x0, y0, x1, y1], np.nan  # a plain patch correlates with everything
    across, down = (x1 - x0) * _AROUND, (y1 - y0) * _AROUND
    left, top = max(0, round(x0 - across)), max(0, round(y0 - down))
    part = pixels[top : max(0, round(y1 + down)), left : max(0, round(x1 + across))]
    scale = patch.shape[1] / max(x1 - x0, 1.0), patch.shape[0] / max(y1 - y0, 1.0)
    size = round(part.shape[1] * scale[0]), round(part.shape[0] * scale[1])
    if min(part.shape[:2]) < 2 or size[0] < patch.shape[1] or size[1] < patch.shape[0]:
        return [x0, y0, x1, y1], 0.0
    seen = np.asarray(cv2.resize(part, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    _, best, _, (x, y) = cv2.minMaxLoc(cv2.matchTemplate(seen, patch, cv2.TM_CCOEFF_NORMED))
    corner = left + x / scale[0], top + y / scale[1]
    return [*corner, corner[0] + x1 - x0, corner[1] + y1 - y0], float(best) if np.isfinite(best) else 0.0


def _joined(found: Sequence[Detections]) -> Detections:
    if not found:
        return no_detections()
    return best_first(
        np.concatenate([one.boxes for one in found]),
        np.concatenate([one.scores for one in found]),
        np.concatenate([one.codes for one in found]),
    )
