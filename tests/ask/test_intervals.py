"""Intervals of medians, rates and ratios: known values, and coverage where it is a law."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import chi2

from tools.errors import InputError
from tools.intervals import (
    RatioSums,
    difference_of_medians,
    median_interval,
    median_of,
    rate_interval,
    ratio_interval,
)
from tools.statistics import Interval, wilson


def covers(interval: Interval | None, truth: float) -> bool:
    return interval is not None and interval.low <= truth <= interval.high


def coverage(draw: Callable[[np.random.Generator], Interval | None], truth: float, rounds: int = 400) -> float:
    rng = np.random.default_rng(11)
    return sum(covers(draw(rng), truth) for _ in range(rounds)) / rounds


def test_the_median_of_an_even_number_lies_between_the_middle_two() -> None:
    assert median_of([1, 2, 4, 9]) == 3.0
    assert median_of([1, 2, 9]) == 2.0


def test_no_values_have_no_median() -> None:
    with pytest.raises(InputError):
        median_of([])


def test_six_values_enclose_their_median_by_the_outermost() -> None:
    assert median_interval([1, 2, 3, 4, 5, 6]) == Interval(1, 6)
    assert median_interval([1, 2, 3, 4, 5]) is None


def test_the_ranks_for_twenty_values_are_the_tabulated_ones() -> None:
    """Sign-test tables: the 6th and the 15th of 20."""
    assert median_interval(list(range(1, 21))) == Interval(6, 15)


def test_the_median_interval_covers_a_skewed_median_often_enough() -> None:
    assert coverage(lambda rng: median_interval(sorted(rng.exponential(1, 40))), np.log(2)) >= 0.93


def test_the_difference_of_medians_covers_the_truth_often_enough() -> None:
    def draw(rng: np.random.Generator) -> Interval | None:
        return difference_of_medians(sorted(rng.lognormal(1, 1, 60)), sorted(rng.lognormal(0.5, 1, 30)))

    assert 0.92 <= coverage(draw, float(np.exp(1) - np.exp(0.5))) <= 1.0


def test_too_few_values_have_no_difference_of_medians() -> None:
    assert difference_of_medians([1, 2, 3], [1] * 10) is None


def test_a_rate_has_the_chi_square_interval() -> None:
    found = rate_interval(30, 2.0)
    assert found.low == pytest.approx(chi2.ppf(0.025, 60) / 2 / 2)
    assert found.high == pytest.approx(chi2.ppf(0.975, 62) / 2 / 2)
    assert rate_interval(0, 1.0).low == 0.0


def test_a_rate_without_exposure_is_refused() -> None:
    with pytest.raises(InputError, match="exposure"):
        rate_interval(3, 0)


def sums_of(hits: np.ndarray, size: np.ndarray) -> RatioSums:
    return RatioSums(len(hits), hits.sum(), size.sum(), (hits * hits).sum(), (hits * size).sum(), (size * size).sum())


def test_the_ratio_interval_covers_the_truth_often_enough() -> None:
    def draw(rng: np.random.Generator) -> Interval | None:
        size = rng.integers(1, 8, 80).astype(float)
        return ratio_interval(sums_of(rng.binomial(size.astype(int), 0.7).astype(float), size))

    assert 0.91 <= coverage(draw, 0.7) <= 0.99


def test_full_agreement_still_has_an_interval_with_width() -> None:
    size = np.array([2.0, 4.0, 6.0])
    assert ratio_interval(sums_of(size, size)) == wilson(3, 3)


def test_one_unit_or_none_has_no_ratio_interval() -> None:
    assert ratio_interval(RatioSums(1, 1, 2, 1, 2, 4)) is None
    assert ratio_interval(RatioSums(5, 0, 0, 0, 0, 0)) is None
