"""Intervals of medians, rates and ratios, without assumptions about the shape of what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from scipy.special import bdtr, gammaincinv, ndtri

from tools.errors import InputError
from tools.statistics import Interval, wilson

FEWEST_FOR_MEDIAN = 6
"""With fewer values no two of them enclose the median with 95 % certainty."""


@dataclass(frozen=True, slots=True)
class RatioSums:
    """Sums over ``n`` independent units of hits, sizes, their squares and their product."""

    n: int
    hits: float
    size: float
    hits_hits: float
    hits_size: float
    size_size: float


def median_of(ascending: Sequence[float]) -> float:
    """The median of values in ascending order; at least one is needed."""
    if not ascending:
        raise InputError("There is no median of no values.")
    middle = len(ascending) // 2
    if len(ascending) % 2:
        return float(ascending[middle])
    return (ascending[middle - 1] + ascending[middle]) / 2


def median_interval(ascending: Sequence[float]) -> Interval | None:
    """The two values that enclose the median with at least 95 % certainty; ``None`` below six values.

    Order statistics and the sign test (Thompson, Ann. Math. Stat. 7, 1936).
    """
    n = len(ascending)
    if n < FEWEST_FOR_MEDIAN:
        return None
    rank = max(k for k in range(1, n // 2 + 1) if bdtr(k - 1, n, 0.5) <= 0.025)
    return Interval(float(ascending[rank - 1]), float(ascending[n - rank]))


def difference_of_medians(one: Sequence[float], other: Sequence[float]) -> Interval | None:
    """95 % interval of the median of ``one`` minus that of ``other``, both ascending; ``None`` below six values each.

    Distribution-free (Price and Bonett, J. Stat. Comput. Simul. 72, 2002).
    """
    if min(len(one), len(other)) < FEWEST_FOR_MEDIAN:
        return None
    gap = median_of(one) - median_of(other)
    reach = float(ndtri(0.975)) * sqrt(_median_variance(one) + _median_variance(other))
    return Interval(gap - reach, gap + reach)


def _median_variance(ascending: Sequence[float]) -> float:
    n = len(ascending)
    rank = max(1, round((n + 1) / 2 - sqrt(n)))
    width = ascending[n - rank] - ascending[rank - 1]
    return float((width / (2 * ndtri(1 - bdtr(rank - 1, n, 0.5)))) ** 2)


def rate_interval(events: int, exposure: float) -> Interval:
    """95 % interval of events per unit of exposure (Garwood, Biometrika 28, 1936); ``exposure`` must be positive."""
    if exposure <= 0 or events < 0:
        raise InputError(f"A rate needs some exposure and no negative count, got {events} in {exposure}.")
    low = float(gammaincinv(events, 0.025)) if events else 0.0
    return Interval(low / exposure, float(gammaincinv(events + 1, 0.975)) / exposure)


def ratio_interval(sums: RatioSums) -> Interval | None:
    """95 % interval of the ratio of two sums over units, within 0..1; ``None`` where it cannot be told.

    Linearised ratio estimator (Cochran, Sampling Techniques, ch. 6). Where all units agree it has no width; then the
    Wilson interval of as many units is given.
    """
    if sums.n < 2 or sums.size <= 0:
        return None
    ratio = sums.hits / sums.size
    residuals = max(0.0, sums.hits_hits - 2 * ratio * sums.hits_size + ratio**2 * sums.size_size)
    if residuals < 1e-9 * max(1.0, sums.hits_hits):
        return wilson(round(min(1.0, ratio) * sums.n), sums.n)
    reach = float(ndtri(0.975)) * sqrt(residuals * sums.n / (sums.n - 1)) / sums.size
    return Interval(max(0.0, ratio - reach), min(1.0, ratio + reach))
