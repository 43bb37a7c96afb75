"""Images as grids of cells that can be compared with a crop: gradient orientations and the mean colour of each cell.

Orientations with their sign, weighed by the strength of the edge against that of the neighbourhood (after Dalal and
Triggs, CVPR 2005, and Felzenszwalb et al., PAMI 2010).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view
from scipy.linalg import cho_solve, solve_triangular

from tools.backends.contract import Matrix
from tools.backends.images.detections import Pixels

CELL = 8
"""Pixels of a cell's side."""

TURNS = 12
DEPTH = TURNS + 3
"""Numbers of a cell."""

STEP = 2 ** (1 / 3)
"""The scale of one level of the pyramid against the next."""

_RIDGE = 0.05
_MOST_PIXELS = 1_500_000
Grid = npt.NDArray[np.float32]
"""Shape (rows, columns, DEPTH)."""


def grid_of(pixels: Pixels) -> Grid:
    """The cells of an image (h, w, 3); what does not fill a cell at the right and at the bottom is left out."""
    rows, columns = pixels.shape[0] // CELL, pixels.shape[1] // CELL
    image = pixels[: rows * CELL, : columns * CELL].astype(np.float32) / np.float32(255)
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2Lab)
    light = np.ascontiguousarray(lab[:, :, 0])
    across = cv2.Sobel(light, cv2.CV_32F, 1, 0, ksize=1, borderType=cv2.BORDER_REPLICATE)
    down = cv2.Sobel(light, cv2.CV_32F, 0, 1, ksize=1, borderType=cv2.BORDER_REPLICATE)
    strength = np.hypot(across, down)
    turn = np.mod(np.arctan2(down, across) / (2 * np.pi), 1.0) * TURNS
    lower = np.floor(turn).astype(np.int64) % TURNS
    share = (turn - np.floor(turn)).astype(np.float32)
    cells = np.arange(rows)[:, None].repeat(CELL, 0) * columns + np.arange(columns)[None].repeat(CELL, 1)
    size = rows * columns * TURNS
    counts = np.bincount((cells * TURNS + lower).ravel(), (strength * (1 - share)).ravel(), size)
    counts += np.bincount((cells * TURNS + (lower + 1) % TURNS).ravel(), (strength * share).ravel(), size)
    edges = counts.reshape(rows, columns, TURNS).astype(np.float32) / (CELL * CELL)
    around = cv2.blur(np.linalg.norm(edges, axis=2), (3, 3), borderType=cv2.BORDER_REPLICATE)
    # The floor keeps noise on plain ground from looking like edges.
    edges = np.minimum(edges / (around[:, :, None] + np.float32(0.5)), np.float32(1.0))
    colour = cv2.resize(lab, (columns, rows), interpolation=cv2.INTER_AREA)
    made = np.concatenate([edges, colour / np.array([50, 40, 40], np.float32)], axis=2)
    return np.asarray(made, dtype=np.float32)


def scaled_to(pixels: Pixels, level: int) -> Pixels | None:
    """The image at STEP ** level of its size; ``None`` where that is too large or too small to look at."""
    scale = STEP**level
    size = round(pixels.shape[1] * scale), round(pixels.shape[0] * scale)
    if min(size) < 2 * CELL or size[0] * size[1] > _MOST_PIXELS:
        return None
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, size, interpolation=way), dtype=np.uint8)


def windows(grid: Grid, rows: int, columns: int) -> Matrix | None:
    """Every window of that many cells as a row, shape (n, rows * columns * DEPTH), by row, then by column."""
    if grid.shape[0] < rows or grid.shape[1] < columns:
        return None
    view = sliding_window_view(grid, (rows, columns), axis=(0, 1)).transpose(0, 1, 3, 4, 2)
    return np.ascontiguousarray(view.reshape(-1, rows * columns * DEPTH))


@dataclass(frozen=True)
class Ground:
    """What images of the project look like where nobody looks for anything.

    ``mean`` (DEPTH,) of a cell, and ``shared`` (2R - 1, 2R - 1, DEPTH, DEPTH): the covariance of two cells by how far
    they are apart in rows and columns, the middle being no distance.
    """

    mean: Matrix
    shared: Matrix

    @property
    def reach(self) -> int:
        """Cells that a window may have on a side."""
        return int(self.shared.shape[0] + 1) // 2

    def covariance(self, rows: int, columns: int) -> Matrix:
        """Covariance of a window of cells, shape (k, k) with k = rows * columns * DEPTH, a little widened."""
        y, x = (one.ravel() for one in np.mgrid[0:rows, 0:columns])
        middle = self.reach - 1
        apart = self.shared[y[None] - y[:, None] + middle, x[None] - x[:, None] + middle]
        size = rows * columns * DEPTH
        made = apart.transpose(0, 2, 1, 3).reshape(size, size).astype(np.float64)
        made = np.asarray((made + made.T) / 2)
        made[np.diag_indices(size)] += _RIDGE * float(np.trace(made)) / size
        return made


def learn_ground(grids: list[Grid], reach: int) -> Ground:
    """Statistics of grids, as in Hariharan et al. (ECCV 2012): they are the same wherever a window stands."""
    cells = np.concatenate([grid.reshape(-1, DEPTH) for grid in grids])
    mean = cells.mean(axis=0)
    shared = np.zeros((2 * reach - 1, 2 * reach - 1, DEPTH, DEPTH), dtype=np.float64)
    for grid in grids:
        centred = grid - mean
        rows, columns = grid.shape[:2]
        for dy in range(min(reach, rows)):
            for dx in range(-min(reach, columns) + 1, min(reach, columns)):
                first = centred[: rows - dy, max(0, -dx) : columns - max(0, dx)].reshape(-1, DEPTH)
                second = centred[dy:, max(0, dx) : columns - max(0, -dx)].reshape(-1, DEPTH)
                shared[reach - 1 + dy, reach - 1 + dx] += first.T @ second
    # Divided by all cells and not by the pairs at that distance: so the covariance stays positive definite.
    shared /= len(cells)
    for dy in range(reach):
        for dx in range(-reach + 1, reach):
            shared[reach - 1 - dy, reach - 1 - dx] = shared[reach - 1 + dy, reach - 1 + dx].T
    return Ground(mean.astype(np.float32), shared.astype(np.float32))


@dataclass(frozen=True)
class Whitener:
    """Windows of one size made comparable: ``mean`` (k,) and the lower Cholesky factor (k, k) of their covariance."""

    mean: Matrix
    factor: Matrix

    def direction(self, window: Matrix) -> Matrix:
        """The linear template (k,) that tells a window (k,) from the ground: linear discriminant analysis."""
        return np.asarray(cho_solve((self.factor, True), window - self.mean), dtype=np.float32)

    def length(self, rows: Matrix) -> Matrix:
        """How far windows (n, k) are from the ground, shape (n,), in standard deviations."""
        whitened = solve_triangular(self.factor, (rows - self.mean).T, lower=True, check_finite=False)
        return np.asarray(np.maximum(np.linalg.norm(whitened, axis=0), 1e-6), dtype=np.float32)


def whitener_of(ground: Ground, rows: int, columns: int) -> Whitener:
    """The whitener of windows of that many cells."""
    factor = np.linalg.cholesky(ground.covariance(rows, columns))
    return Whitener(np.tile(ground.mean, rows * columns), factor.astype(np.float32))
