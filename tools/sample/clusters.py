"""Groups of vectors and what is typical of them: k-means on unit rows, in float32, on a sample where there are many."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]

_ROUNDS = 8
_LEARN_FROM = 20_000
_BLOCK = 8192
_NEIGHBOURS = 20
_LARGEST_GROUP = 500


def cluster(rows: Matrix, groups: int, rng: np.random.Generator) -> tuple[Indices, Matrix]:
    """Spherical k-means: group of each row, shape (n,), and the centres, shape (groups, d).

    A few rounds on at most 20,000 rows, then every row goes to its nearest centre: for choosing what to label the
    exact optimum is worth nothing.
    """
    groups = min(groups, len(rows))
    learning = rows if len(rows) <= _LEARN_FROM else rows[np.sort(rng.permutation(len(rows))[:_LEARN_FROM])]
    centres = _seeds(learning, groups, rng)
    for _ in range(_ROUNDS):
        belongs = nearest(learning, centres)
        sums = np.zeros_like(centres)
        np.add.at(sums, belongs, learning)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        # An empty group keeps its old centre.
        centres = np.where(lengths > 0, sums / np.where(lengths > 0, lengths, 1), centres).astype(np.float32)
    return nearest(rows, centres), centres


def _seeds(rows: Matrix, groups: int, rng: np.random.Generator) -> Matrix:
    """First centres by k-means++ (Arthur and Vassilvitskii, SODA 2007): each drawn by its distance from the others."""
    chosen = [int(rng.integers(len(rows)))]
    distance = np.full(len(rows), np.inf, dtype=np.float32)
    for _ in range(groups - 1):
        np.minimum(distance, np.maximum(0, 2 - 2 * (rows @ rows[chosen[-1]])), out=distance)
        total = np.cumsum(distance, dtype=np.float64)
        # Where every row is a copy of a centre there is nothing left to tell apart.
        at = (
            np.searchsorted(total, rng.random() * total[-1], side="right") if total[-1] > 0 else rng.integers(len(rows))
        )
        chosen.append(min(int(at), len(rows) - 1))
    return rows[chosen].copy()


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
