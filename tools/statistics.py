"""Pure statistics that several abilities use: intervals, calibration, folds. Every method names its source."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, expit, ndtri, xlogy

from tools.errors import InputError

Floats = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.integer[Any]]

TEMPERATURE_RANGE = (0.02, 50.0)


@dataclass(frozen=True, slots=True)
class Interval:
    """A two-sided interval; both ends belong to it."""

    low: float
    high: float


def wilson(successes: int, n: int, confidence: float = 0.95) -> Interval:
    """The score interval of a share (Wilson, JASA 22, 1927); (0, 1) where ``n`` is 0."""
    _check_count(successes, n)
    if n == 0:
        return Interval(0.0, 1.0)
    z = float(ndtri(0.5 + confidence / 2))
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    # At the ends the interval touches 0 and 1 exactly; rounding must not move it off.
    low = 0.0 if successes == 0 else min(share, max(0.0, centre - reach))
    high = 1.0 if successes == n else max(share, min(1.0, centre + reach))
    return Interval(low, high)


def clopper_pearson_upper(failures: int, n: int, delta: float = 0.1) -> float:
    """Upper bound of a failure rate that holds with probability 1 - ``delta``.

    Clopper and Pearson, Biometrika 26, 1934. No failure among 100 bounds the rate at 2.3 % for delta 0.1; no trial
    at all bounds it at 1.
    """
    _check_count(failures, n)
    if failures == n:
        return 1.0
    return float(betaincinv(failures + 1, n - failures, 1 - delta))


def clopper_pearson_lower(successes: int, n: int, delta: float = 0.1) -> float:
    """Lower bound of a success rate that holds with probability 1 - ``delta``; 0.0 where ``n`` is 0."""
    _check_count(successes, n)
    return 0.0 if n == 0 else 1.0 - clopper_pearson_upper(n - successes, n, delta)


def difference_of_shares(one: int, n_one: int, other: int, n_other: int, confidence: float = 0.95) -> Interval:
    """Interval of one share minus another from their Wilson intervals (Newcombe, Stat. Med. 17, 1998, method 10)."""
    if n_one == 0 or n_other == 0:
        return Interval(-1.0, 1.0)
    first, second = wilson(one, n_one, confidence), wilson(other, n_other, confidence)
    p, q = one / n_one, other / n_other
    down = sqrt((p - first.low) ** 2 + (second.high - q) ** 2)
    up = sqrt((first.high - p) ** 2 + (q - second.low) ** 2)
    return Interval(max(-1.0, p - q - down), min(1.0, p - q + up))


def ece_equal_mass(scores: Floats, right: Bools, bins: int = 15) -> float:
    """Expected calibration error over bins of equal size (Nguyen and O'Connor, EMNLP 2015); 0 for no scores.

    ``scores`` in 0..1 and ``right`` have shape (n,).
    """
    _check_pairs(scores, right)
    if len(scores) == 0:
        return 0.0
    order = np.argsort(scores, kind="stable")
    ranked, hits = scores[order], right[order]
    # Equal scores stay together, else the order of the rows would change the result.
    first = np.searchsorted(ranked, ranked, side="left")
    number = first * min(bins, len(ranked)) // len(ranked)
    gaps = np.bincount(number, weights=ranked) - np.bincount(number, weights=hits)
    return float(np.abs(gaps).sum() / len(ranked))


def brier(scores: Floats, right: Bools) -> float:
    """Mean squared distance between score and outcome (Brier, Monthly Weather Review 78, 1950); shapes (n,)."""
    _check_pairs(scores, right)
    return float(np.mean((scores - right) ** 2)) if len(scores) else 0.0


def softmax(logits: Floats) -> Floats:
    """Probabilities of the rows of (n, K) logits; every row sums to 1."""
    moved = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Floats = moved / moved.sum(axis=1, keepdims=True)
    return shares


def mean_log_loss(logits: Floats, labels: Integers) -> float:
    """Mean negative log-likelihood of ``labels``, shape (n,), under the softmax of (n, K) ``logits``."""
    return float(np.mean(log_losses(logits, labels)))


def log_losses(logits: Floats, labels: Integers) -> Floats:
    """Negative log-likelihood of each of ``labels``, shape (n,), under the softmax of (n, K) ``logits``."""
    moved = logits - logits.max(axis=1, keepdims=True)
    losses: Floats = np.log(np.exp(moved).sum(axis=1)) - moved[np.arange(len(labels)), labels]
    return losses


def lowest(loss: Callable[[float], float], bounds: Floats) -> float:
    """Where a function of one number is lowest between two bounds."""
    # Loaded by who fits something: it takes a good part of the start of every command.
    from scipy.optimize import minimize_scalar

    return float(minimize_scalar(loss, bounds=bounds, method="bounded").x)


def fit_temperature(logits: Floats, labels: Integers) -> float:
    """The T that makes softmax(logits / T) most likely (Guo et al., ICML 2017); 1.0 for no rows.

    ``logits`` (n, K) must come from a model that did not see these ``labels``, shape (n,).
    """
    if len(labels) == 0:
        return 1.0
    wide = np.asarray(logits, dtype=np.float64)
    found = lowest(lambda log_t: mean_log_loss(wide / np.exp(log_t), labels), np.log(TEMPERATURE_RANGE))
    return float(np.exp(found))


def fit_sigmoid_temperature(logits: Floats, labels: Bools) -> float:
    """The T that makes expit(logits / T) most likely; both of any one shape, 1.0 for no entries."""
    if np.size(labels) == 0:
        return 1.0
    signed = np.where(labels, logits, -np.asarray(logits, dtype=np.float64))
    found = lowest(lambda log_t: float(np.mean(np.logaddexp(0.0, -signed / np.exp(log_t)))), np.log(TEMPERATURE_RANGE))
    return float(np.exp(found))


def fit_power(scores: Floats, right: Bools) -> float:
    """The exponent g that makes scores ** g the most likely chance of being right; 1.0 for no scores.

    One parameter, so that it can be fitted on few answers; it keeps the order of the scores.
    """
    _check_pairs(scores, right)
    if len(scores) == 0:
        return 1.0
    logs = np.log(np.clip(scores, 1e-9, 1 - 1e-9))

    def loss(log_g: float) -> float:
        chance = np.clip(np.exp(logs * np.exp(log_g)), 1e-12, 1 - 1e-12)
        return -float(np.mean(xlogy(right, chance) + xlogy(~right, 1 - chance)))

    return float(np.exp(lowest(loss, np.log((0.01, 20.0)))))


def sigmoid(logits: Floats) -> Floats:
    """1 / (1 + exp(-x)), without overflow, of any shape."""
    result: Floats = expit(logits)
    return result


def stratified_folds(labels: Integers, folds: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """A fold number for each label, shape (n,): every class is dealt round the folds as evenly as it goes."""
    order = rng.permutation(len(labels))
    by_class = order[np.argsort(labels[order], kind="stable")]
    dealt = np.empty(len(labels), dtype=np.int64)
    dealt[by_class] = np.arange(len(labels)) % folds
    return dealt


def _check_count(part: int, n: int) -> None:
    if not 0 <= part <= n:
        raise InputError(f"A share needs 0 to n hits among n, got {part} among {n}.")


def _check_pairs(scores: Floats, right: Bools) -> None:
    if scores.shape != right.shape:
        raise InputError(f"Every score needs its outcome, got {scores.shape} and {right.shape}.")
