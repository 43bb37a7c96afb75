"""An image as a graph of small patches of one colour, on which questions about regions are answered in milliseconds.

The patches are superpixels of OpenCV's SLIC (Achanta et al., PAMI 2012). Between neighbours the graph holds what a cut
there costs, after Boykov and Jolly (ICCV 2001): little where the colour changes, and how far the step is for a path
that should not cross edges.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from tools.backends.masks.contract_images import Pixels

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int64]
FAR = 1e9
_STEPS = ((0, 1, 1.0), (1, 0, 1.0), (1, 1, 0.707), (1, -1, 0.707))
"""Neighbours of a pixel as (down, right, weight); a diagonal border is shorter than its count of pixels."""


@dataclass(frozen=True)
class PatchTerms:
    """How an image is cut into patches: side of a patch and stiffness of its outline; ``tint`` is how far apart two
    colours (CIELAB) are alike, ``bend`` how much a path costs for a pixel without any change of colour."""

    side: int = 9
    stiffness: float = 10.0
    tint: float = 5.0
    bend: float = 0.3


@dataclass(frozen=True, eq=False)
class Patches:
    """The graph of n patches and m borders between them.

    ``labels`` (h, w) names the patch of every pixel; ``areas`` (n,) in pixels; ``ends`` (m, 2) and ``walls`` (m,): the
    cost of a cut there; ``steps`` is the graph of path lengths; ``alike`` (n, n) how much two colours are the same,
    0..1; ``rim`` the patches at the border of the image.
    """

    labels: npt.NDArray[np.int64]
    areas: Floats
    ends: Ids
    walls: Floats
    steps: csr_matrix
    alike: npt.NDArray[np.float32]
    rim: Ids

    @property
    def count(self) -> int:
        """Number of patches."""
        return len(self.areas)

    def means(self, values: npt.NDArray[np.generic]) -> Floats:
        """Mean over each patch of values (h, w): shape (n,)."""
        sums = np.bincount(self.labels.ravel(), np.asarray(values, dtype=np.float64).ravel(), self.count)
        return np.asarray(sums / self.areas, dtype=np.float64)

    def at(self, points: npt.ArrayLike) -> Ids:
        """Patches at points (k, 2) in pixels of this image, as given: shape (k,)."""
        spots = np.floor(np.asarray(points, dtype=np.float64).reshape(-1, 2)).astype(np.int64)
        height, width = self.labels.shape
        return self.labels[np.clip(spots[:, 1], 0, height - 1), np.clip(spots[:, 0], 0, width - 1)]

    def distances(self, seeds: Ids) -> Floats:
        """Length of the shortest path from the nearest seed, shape (n,); :data:`FAR` without seeds."""
        if not len(seeds):
            return np.full(self.count, FAR)
        return np.asarray(np.minimum(dijkstra(self.steps, indices=np.unique(seeds), min_only=True), FAR), np.float64)


def patches_of(image: Pixels, terms: PatchTerms) -> Patches:
    """Cut an image (h, w, 3) into patches."""
    labels = _superpixels(image, terms)
    colours = np.asarray(cv2.cvtColor(image.astype(np.float32) / np.float32(255), cv2.COLOR_RGB2LAB), np.float32)
    flat, count = labels.ravel(), int(labels.max()) + 1
    areas = np.bincount(flat, minlength=count).astype(np.float64)
    tints = np.stack([np.bincount(flat, colours[..., c].ravel(), count) / areas for c in range(3)], axis=1)
    ends, walls = _borders(labels, colours, count)
    rim = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    steps = _paths(labels, tints, areas, ends, terms.bend)
    return Patches(labels, areas, ends, walls, steps, _likeness(tints, terms.tint), rim)


def _superpixels(image: Pixels, terms: PatchTerms) -> npt.NDArray[np.int64]:
    smooth = cv2.GaussianBlur(cv2.cvtColor(image, cv2.COLOR_RGB2LAB), (3, 3), 0)
    height, width = image.shape[:2]
    side = min(terms.side, min(height, width) // 2)
    if side < 2:
        return np.arange(height * width, dtype=np.int64).reshape(height, width)
    slic = cv2.ximgproc.createSuperpixelSLIC(smooth, cv2.ximgproc.SLIC, side, terms.stiffness)
    slic.iterate(8)
    slic.enforceLabelConnectivity(25)
    _, numbered = np.unique(slic.getLabels(), return_inverse=True)
    return np.asarray(numbered, dtype=np.int64).reshape(height, width)


def _borders(labels: npt.NDArray[np.int64], colours: npt.NDArray[np.float32], count: int) -> tuple[Ids, Floats]:
    """Pairs of neighbours (m, 2) and the cost of cutting between them (m,)."""
    keys, changes, weights, every = [], [], [], []
    for down, right, weight in _STEPS:
        here, there = _shifted(labels, down, right)
        change = np.square(np.subtract(*_shifted(colours, down, right))).sum(axis=2)
        every.append(float(change.mean()) if change.size else 0.0)
        crosses = here != there
        one, other = here[crosses], there[crosses]
        keys.append(np.minimum(one, other) * count + np.maximum(one, other))
        changes.append(change[crosses])
        weights.append(np.full(len(one), weight))
    pairs, which = np.unique(np.concatenate(keys), return_inverse=True)
    usual = 2 * float(np.mean(every)) + 1e-6
    costs = np.concatenate(weights) * np.exp(-np.concatenate(changes) / usual)
    ends = np.stack([pairs // count, pairs % count], axis=1)
    return np.asarray(ends, np.int64), np.asarray(np.bincount(which, costs, len(pairs)), np.float64)


def _shifted(
    values: npt.NDArray[np.generic], down: int, right: int
) -> tuple[npt.NDArray[np.generic], npt.NDArray[np.generic]]:
    """Every pixel and its neighbour, as two views."""
    height, width = values.shape[:2]
    left, back = max(0, right), max(0, -right)
    return values[: height - down, back : width - left], values[down:, left : width - back]


def _paths(labels: npt.NDArray[np.int64], tints: Floats, areas: Floats, ends: Ids, bend: float) -> csr_matrix:
    ys, xs = np.indices(labels.shape)
    middles = np.stack([np.bincount(labels.ravel(), axis.ravel()) / areas for axis in (xs, ys)], axis=1)
    one, other = ends.T
    lengths = np.linalg.norm(tints[one] - tints[other], axis=1)
    lengths += bend * np.linalg.norm(middles[one] - middles[other], axis=1)
    both = (np.concatenate([one, other]), np.concatenate([other, one]))
    return csr_matrix((np.concatenate([lengths, lengths]), both), shape=(len(areas), len(areas)))


def _likeness(tints: Floats, tint: float) -> npt.NDArray[np.float32]:
    points = tints.astype(np.float32)
    squares = (points**2).sum(axis=1)
    apart = np.maximum(squares[:, None] + squares[None] - 2 * points @ points.T, 0)
    return np.asarray(np.exp(-apart / np.float32(2 * tint**2)), dtype=np.float32)
