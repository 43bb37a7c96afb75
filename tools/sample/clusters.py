"""Groups of vectors and what is typical of them: k-means on unit rows, in float32, on a sample where there are many."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from tools.sample.spread import Indices, Matrix, Products, spread_draw

_ROUNDS = 8
_LEARN_FROM = 20_000
_BLOCK = 8192
_NEIGHBOURS = 20
_LARGEST_GROUP = 500


def cluster(rows: Matrix, groups: int, rng: np.random.Generator) -> tuple[Indices, Matrix]:
    """Spherical k-means: group of each row, shape (n,), and the centres, shape (groups, d).

    A few rounds on at most 20,000 rows, then every row goes to its nearest centre: for choosing what to label the
    exact optimum is worth nothing. The first centres are drawn as k-means++ draws them.
    """
    groups = min(groups, len(rows))
    if not groups:
        return np.zeros(0, dtype=np.int64), np.zeros((0, rows.shape[1]), dtype=np.float32)
    learning = rows if len(rows) <= _LEARN_FROM else rows[np.sort(rng.permutation(len(rows))[:_LEARN_FROM])]
    alone = np.ones((len(learning), 1), dtype=np.float32)
    seeds = spread_draw(Products(alone, learning), int(rng.integers(len(learning))), groups, rng)
    centres = learning[seeds].copy()
    for _ in range(_ROUNDS):
        belongs = nearest(learning, centres)
        members = csr_array((alone[:, 0], (belongs, np.arange(len(belongs)))), shape=(groups, len(belongs)))
        sums = np.asarray(members @ learning)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        # An empty group keeps its old centre.
        centres = np.where(lengths > 0, sums / np.where(lengths > 0, lengths, 1), centres).astype(np.float32)
    return nearest(rows, centres), centres


def nearest(rows: Matrix, centres: Matrix) -> Indices:
    """Number of the likest centre of each row, shape (n,), in blocks."""
    found = np.empty(len(rows), dtype=np.int64)
    for start in range(0, len(rows), _BLOCK):
        found[start : start + _BLOCK] = (rows[start : start + _BLOCK] @ centres.T).argmax(axis=1)
    return found


def typicality(rows: Matrix, rng: np.random.Generator) -> Matrix:
    """How near each row's 20 nearest are, shape (n,), higher is more typical (TypiClust, Hacohen et al., ICML 2022).

    Neighbours are looked for among at most 500 of the rows.
    """
    if len(rows) < 2:
        return np.ones(len(rows), dtype=np.float32)
    among = rows if len(rows) <= _LARGEST_GROUP else rows[rng.permutation(len(rows))[:_LARGEST_GROUP]]
    likeness = rows @ among.T
    k = min(_NEIGHBOURS + 1, likeness.shape[1])
    # The row itself is among its own neighbours; it adds the same to every row.
    closest = np.partition(likeness, likeness.shape[1] - k, axis=1)[:, -k:]
    distance = np.sqrt(np.maximum(0, 2 - 2 * closest)).mean(axis=1)
    return np.asarray(1 / np.maximum(distance, 1e-6), dtype=np.float32)
