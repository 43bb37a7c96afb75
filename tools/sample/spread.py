"""Rows far from each other: the farthest first, or drawn by squared distance. Exact, with few passes over the pool.

Both keep for every row how near it is to what was chosen and bring that up to date for many choices at once, so that a
pass over the pool is one matrix product instead of one product a choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
Indices = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]

_BLOCK = 4096
_FRONT = 2048
_AT_ONCE = 32
# After so many draws that were refused the distances are too old to draw from.
_MOST_REFUSED = 16
# Squared distances below this part of the squared lengths are rounding.
_ROUNDING = 2e-6


def farthest_first(vectors: Matrix, covered: Matrix, n: int, rng: np.random.Generator) -> Indices:
    """Greedy k-centre (Gonzalez 1985; Sener and Savarese, ICLR 2018): each row the least like all covered and chosen.

    ``vectors`` (m, d) and ``covered`` (c, d) are unit rows, so that likeness orders as distance does. Without anything
    covered the first row is drawn. Choices are made among the farthest rows for as long as the farthest of them is
    farther than every row outside was: likeness to what is chosen only grows, so these are the greedy choices.
    """
    size = len(vectors)
    n = min(n, size)
    nearness = np.full(size, -np.inf, dtype=np.float32)
    _bring_up(nearness, vectors, covered)
    chosen: list[int] = []
    if n and not len(covered):
        chosen.append(int(rng.integers(size)))
        _bring_up(nearness, vectors, vectors[chosen])
        nearness[chosen] = np.inf
    while len(chosen) < n:
        new = _farthest_of_front(nearness, vectors, n - len(chosen))
        chosen += new
        if len(chosen) < n:
            _bring_up(nearness, vectors, vectors[new])
            nearness[chosen] = np.inf
    return np.array(chosen, dtype=np.int64)


def _bring_up(nearness: Matrix, vectors: Matrix, others: Matrix) -> None:
    """Raise ``nearness`` (m,) to the likeness with the likest of ``others``."""
    for start in range(0, len(vectors) if len(others) else 0, _BLOCK):
        part = slice(start, start + _BLOCK)
        np.maximum(nearness[part], (vectors[part] @ others.T).max(axis=1), out=nearness[part])


def _farthest_of_front(nearness: Matrix, vectors: Matrix, most: int) -> list[int]:
    """The next greedy choices, one or more, as far as the farthest rows alone can tell."""
    width = min(_FRONT, len(nearness))
    first = int(nearness.argmin())
    if width < len(nearness):
        order = np.argpartition(nearness, width)
        front, limit = np.sort(order[:width]), nearness[order[width]]
    else:
        front, limit = np.arange(width), np.float32(np.inf)
    rows, near = vectors[front], nearness[front]
    new = [first]
    while len(new) < most:
        np.maximum(near, rows @ vectors[new[-1]], out=near)
        near[np.isin(front, new[-1:])] = np.inf
        at = int(near.argmin())
        if not near[at] < limit:
            break
        new.append(int(front[at]))
    return new


@dataclass(frozen=True)
class Products:
    """Rows that are outer products of ``left`` (m, k) and ``right`` (m, d), never written out: m k d numbers.

    Inner products of such rows are products of inner products, so lengths and distances come from the factors.
    """

    left: Matrix
    right: Matrix

    def lengths(self) -> Matrix:
        """Squared length of each row, shape (m,)."""
        return np.asarray(
            np.einsum("mk,mk->m", self.left, self.left) * np.einsum("md,md->m", self.right, self.right),
            dtype=np.float32,
        )

    def apart(self, lengths: Matrix, rows: Indices | slice, others: Indices) -> Matrix:
        """Squared distances, shape (r, o), of some rows from others; ``lengths`` as :meth:`lengths` gives them."""
        inner = (self.left[rows] @ self.left[others].T) * (self.right[rows] @ self.right[others].T)
        scale = lengths[rows][:, None] + lengths[others][None, :]
        found = scale - 2 * inner
        found[found < _ROUNDING * scale] = 0
        return np.asarray(found, dtype=np.float32)

    def nearest_apart(self, lengths: Matrix, rows: slice, others: Indices) -> Matrix:
        """Squared distance of each of ``rows`` from the nearest of ``others``, shape (r,), with few passes."""
        inner = self.left[rows] @ self.left[others].T
        inner *= self.right[rows] @ self.right[others].T
        inner *= -2
        inner += lengths[others]
        found = inner.min(axis=1) + lengths[rows]
        found[found < _ROUNDING * (lengths[rows] + lengths[others].max())] = 0
        return np.asarray(found, dtype=np.float32)


def spread_draw(points: Products, first: int, n: int, rng: np.random.Generator) -> Indices:
    """Rows drawn one after the other, each with probability by its squared distance from the nearest drawn before.

    This is the seeding of k-means++ (Arthur and Vassilvitskii, SODA 2007), beginning with the row ``first``. A row is
    drawn by the distances known so far and kept with probability true / known (rejection sampling, as in Cohen-Addad
    et al., NeurIPS 2020), which gives the same distribution: known distances are never smaller than true ones. Where
    every row left is a copy of a drawn one, the rest is drawn evenly.
    """
    lengths = points.lengths()
    n = min(n, len(lengths))
    chosen = [first][:n]
    distance = np.full(len(lengths), np.inf)
    _bring_down(distance, points, lengths, np.array(chosen, dtype=np.int64))
    while len(chosen) < n:
        new = _drawn(distance, points, lengths, min(_AT_ONCE, n - len(chosen)), rng)
        if not new:
            left = np.setdiff1d(np.arange(len(lengths)), chosen)
            chosen += [int(row) for row in rng.permutation(left)[: n - len(chosen)]]
            break
        chosen += new
        if len(chosen) < n:
            _bring_down(distance, points, lengths, np.array(new, dtype=np.int64))
    return np.array(chosen, dtype=np.int64)


def _bring_down(distance: Weights, points: Products, lengths: Matrix, new: Indices) -> None:
    """Lower ``distance`` (m,) to the distance from the nearest of ``new``."""
    for start in range(0, len(distance), _BLOCK):
        part = slice(start, start + _BLOCK)
        np.minimum(distance[part], points.nearest_apart(lengths, part, new), out=distance[part])
    distance[new] = 0


def _drawn(distance: Weights, points: Products, lengths: Matrix, most: int, rng: np.random.Generator) -> list[int]:
    """Up to ``most`` rows, at least one unless every distance is zero."""
    total = np.cumsum(distance)
    new: list[int] = []
    refused = 0
    while total[-1] > 0 and len(new) < most and refused < _MOST_REFUSED:
        row = min(int(np.searchsorted(total, rng.random() * total[-1], side="right")), len(total) - 1)
        now = float(distance[row])
        if row in new:
            now = 0.0
        elif new:
            now = min(now, float(points.apart(lengths, np.array([row]), np.array(new)).min()))
        if rng.random() * distance[row] < now:
            new.append(row)
        else:
            refused += 1
    return new
