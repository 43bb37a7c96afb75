"""Softmax regression over named attributes: few of very many are set in a row.

Regularisation as in :mod:`~tools.backends.learning.linear`: the summed loss times C plus half the squared weights.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from tools.backends.contract import Matrix
from tools.results import as_bytes, from_bytes
from tools.statistics import softmax

Codes = npt.NDArray[np.int64]
ROUNDS = 150


@dataclass(frozen=True)
class Columns:
    """Attributes by column; those that were not learned from are passed over."""

    numbers: Mapping[str, int]

    @classmethod
    def of(cls, rows: Sequence[Sequence[str]], rarest: int) -> Columns:
        """The attributes that occur in at least ``rarest`` rows, in the order of their first occurrence."""
        counts = Counter(name for row in rows for name in set(row))
        kept = [name for name in dict.fromkeys(name for row in rows for name in row) if counts[name] >= rarest]
        return cls({name: number for number, name in enumerate(kept)})

    def matrix(self, rows: Sequence[Sequence[str]]) -> Any:
        """The rows as a sparse matrix (n, A), float32, each of length 1 whatever it holds."""
        ends, places = [0], []
        values: list[float] = []
        for row in rows:
            found = sorted({self.numbers[name] for name in row if name in self.numbers})
            places += found
            values += [len(found) ** -0.5] * len(found)
            ends.append(len(places))
        shape = (len(rows), len(self.numbers))
        return csr_array((np.array(values, np.float32), np.array(places, np.int64), np.array(ends)), shape=shape)

    def to_array(self) -> npt.NDArray[np.uint8]:
        """The bytes of a JSON list."""
        return as_bytes(list(self.numbers))

    @classmethod
    def from_array(cls, array: npt.NDArray[Any]) -> Columns:
        """The inverse of :meth:`to_array`."""
        return cls({name: number for number, name in enumerate(from_bytes(array))})


def fit_sparse(rows: Any, codes: Codes, classes: int, c: float) -> Matrix:
    """Weights (A, K) of multinomial logistic regression; rows (n, A) sparse, codes (n,) in 0..classes-1."""
    columns = rows.shape[1]
    at = np.arange(len(codes))
    turned = rows.T.tocsr()

    def objective(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        weights = flat.reshape(columns, classes)
        share = np.asarray(softmax(rows @ weights))
        loss = -float(np.log(np.maximum(share[at, codes], 1e-30)).sum())
        share[at, codes] -= 1
        slope = turned @ share + weights / c
        penalty = float((flat**2).sum()) / (2 * c)
        return (loss + penalty) / len(codes), slope.ravel() / len(codes)

    # Loaded by who fits something: it takes a good part of the start of every command.
    from scipy.optimize import minimize

    start = np.zeros(columns * classes)
    found = minimize(
        objective, start, jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS, "gtol": 1e-4, "maxcor": 5}
    )
    return np.asarray(found.x.reshape(columns, classes), dtype=np.float32)
