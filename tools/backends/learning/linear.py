"""Linear models on unit vectors: softmax and sigmoid regression by L-BFGS, and centres drawn out of an unlabelled pool.

Everything stays in float32 where it is large. Regularisation as usual: the loss is the weighted sum of the rows' losses
times C plus half the squared weights; the intercept is free.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.backends.contract import Matrix
from tools.backends.learning.vectors import unit_rows
from tools.statistics import sigmoid, softmax

Codes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
ROUNDS = 200
SHARPNESS = 20.0
"""Likeness times this are the logits of a centre; what short texts and sentence vectors ask for."""

_PASSES = 5
# What the pool may weigh against a class's name and labels, which weigh one each: by its rows per class, within bounds.
_POOL_WEIGHT, _LEAST_POOL, _MOST_POOL = 0.35, 0.5, 8.0


@dataclass(frozen=True)
class Linear:
    """logits = x @ weights.T + bias; weights (K, d), bias (K,)."""

    weights: Matrix
    bias: Matrix

    def logits(self, rows: Matrix) -> Matrix:
        """Shape (n, K) for rows (n, d)."""
        return np.asarray(rows @ self.weights.T + self.bias, dtype=np.float32)

    def scaled(self, factor: float) -> Linear:
        """The same with all logits multiplied."""
        return Linear(self.weights * np.float32(factor), self.bias * np.float32(factor))

    def plus(self, other: Linear) -> Linear:
        """The model whose logits are the sum."""
        return Linear(self.weights + other.weights, self.bias + other.bias)


def fit_softmax(rows: Matrix, codes: Codes, classes: int, weights: Matrix, c: float) -> Linear:
    """Multinomial logistic regression; rows (n, d), codes (n,) in 0..classes-1, weights (n,) of the rows."""
    at = np.arange(len(codes))

    def errors(logits: Matrix) -> tuple[float, Matrix]:
        share = softmax(logits)
        loss = -np.log(np.maximum(share[at, codes], 1e-30)) @ weights
        share[at, codes] -= 1
        return float(loss), np.asarray(share * weights[:, None], dtype=np.float32)

    return _minimise(rows, classes, errors, float(weights.sum()), c)


def fit_sigmoid(rows: Matrix, targets: Flags, weights: Matrix, c: float) -> Linear:
    """Independent logistic regressions side by side; targets (n, K), weights (n, K) or (n, 1)."""

    def errors(logits: Matrix) -> tuple[float, Matrix]:
        signed = np.where(targets, logits, -logits)
        loss = float((np.logaddexp(np.float32(0), -signed) * weights).sum())
        return loss, np.asarray((sigmoid(logits) - targets) * weights, dtype=np.float32)

    total = float(np.broadcast_to(weights, targets.shape).sum())
    return _minimise(rows, targets.shape[1], errors, total / max(1, targets.shape[1]), c)


def _minimise(
    rows: Matrix, classes: int, errors: Callable[[Matrix], tuple[float, Matrix]], total: float, c: float
) -> Linear:
    """Minimise the mean loss; ``errors`` gives the summed loss and its gradient by the logits, (n, K)."""
    wide = np.hstack([rows, np.ones((len(rows), 1), np.float32)]).astype(np.float32, copy=False)
    width = wide.shape[1]

    def objective(flat: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        given = flat.reshape(classes, width)
        loss, by_logit = errors(np.asarray(wide @ given.T.astype(np.float32), dtype=np.float32))
        slope = (by_logit.T @ wide).astype(np.float64)
        slope[:, :-1] += given[:, :-1] / c
        penalty = float((given[:, :-1] ** 2).sum()) / (2 * c)
        return (loss + penalty) / total, slope.ravel() / total

    # Loaded by who fits something: it takes a good part of the start of every command.
    from scipy.optimize import minimize

    start = np.zeros(classes * width)
    found = minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS, "gtol": 1e-5})
    solved = found.x.reshape(classes, width).astype(np.float32)
    return Linear(np.ascontiguousarray(solved[:, :-1]), np.ascontiguousarray(solved[:, -1]))


def draw_centres(names: Matrix, rows: Matrix, codes: Codes, pool: Matrix) -> Matrix:
    """Centres of the classes, shape (K, d), unit length, from names, labelled rows and an unlabelled pool.

    Soft k-means with the names and labels as a prior (seeded k-means, Basu et al., ICML 2002), on the mean of what
    belongs to a class, so that a frequent class does not run away with the rest. Shapes (K, d), (n, d), (n,), (m, d); a
    class without a name has a row of zeros. With few classes a name tells more than one labelled row.
    """
    prior = names * np.float32(1 + min(1.0, 10 / max(1, len(names))))
    np.add.at(prior, codes, rows)
    centres = unit_rows(prior)
    strength = np.clip(_POOL_WEIGHT * len(pool) / max(1, len(names)), _LEAST_POOL, _MOST_POOL)
    for _ in range(_PASSES if len(pool) else 0):
        belongs = softmax(pool @ centres.T * np.float32(SHARPNESS))
        mass = belongs.sum(axis=0)[:, None]
        mean = (belongs.T @ pool) / np.maximum(mass, 1e-9)
        centres = unit_rows(np.asarray(prior + strength * np.minimum(1, mass) * mean, dtype=np.float32))
    return centres


def of_centres(centres: Matrix) -> Linear:
    """The linear model whose logits are the likeness to the centres."""
    return Linear(centres * np.float32(SHARPNESS), np.zeros(len(centres), dtype=np.float32))
