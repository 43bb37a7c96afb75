"""Statistics: known values, and the laws that hold for all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from tools.errors import InputError
from tools.statistics import (
    brier,
    clopper_pearson_lower,
    clopper_pearson_upper,
    difference_of_shares,
    ece_equal_mass,
    fit_power,
    fit_sigmoid_temperature,
    fit_temperature,
    softmax,
    stratified_folds,
    wilson,
)

counts = st.integers(0, 400).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts)
def test_the_wilson_interval_encloses_the_share_and_stays_within_0_and_1(count: tuple[int, int]) -> None:
    hits, n = count
    found = wilson(hits, n)
    assert 0 <= found.low <= found.high <= 1
    if n:
        assert found.low <= hits / n <= found.high


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_wilson_interval_agrees_with_scipy(count: tuple[int, int]) -> None:
    hits, n = count
    peer = binomtest(hits, n).proportion_ci(method="wilson")
    found = wilson(hits, n)
    assert found.low == pytest.approx(peer.low, abs=1e-9)
    assert found.high == pytest.approx(peer.high, abs=1e-9)


@given(st.integers(1, 300).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_upper_bound_agrees_with_scipy_and_the_lower_one_mirrors_it(count: tuple[int, int]) -> None:
    failures, n = count
    peer = binomtest(failures, n, alternative="less").proportion_ci(0.9).high
    assert clopper_pearson_upper(failures, n, 0.1) == pytest.approx(peer, abs=1e-9)
    assert clopper_pearson_lower(n - failures, n, 0.1) == pytest.approx(1 - peer, abs=1e-9)


def test_no_failure_among_a_hundred_bounds_the_rate_at_two_point_three_percent() -> None:
    assert clopper_pearson_upper(0, 100, 0.1) == pytest.approx(0.0228, abs=1e-4)


def test_more_hits_than_trials_are_refused() -> None:
    with pytest.raises(InputError, match="0 to n hits"):
        wilson(5, 4)


@given(counts, counts)
def test_a_difference_of_shares_lies_within_its_interval(one: tuple[int, int], other: tuple[int, int]) -> None:
    found = difference_of_shares(*one, *other)
    assert -1 <= found.low <= found.high <= 1
    if one[1] and other[1]:
        gap = one[0] / one[1] - other[0] / other[1]
        assert found.low - 1e-12 <= gap <= found.high + 1e-12


def test_newcombes_published_example_is_met() -> None:
    # Newcombe 1998, table II, (a): 56/70 against 48/80, method 10 gives 0.0524 to 0.3339.
    found = difference_of_shares(56, 70, 48, 80)
    assert found.low == pytest.approx(0.0524, abs=1e-4)
    assert found.high == pytest.approx(0.3339, abs=1e-4)


def test_scores_that_tell_the_truth_have_no_calibration_error() -> None:
    scores = np.repeat([0.2, 0.8], 100)
    right = np.concatenate([np.arange(100) < 20, np.arange(100) < 80])
    assert ece_equal_mass(scores, right, bins=2) == pytest.approx(0)
    assert ece_equal_mass(np.full(200, 0.9), right) == pytest.approx(0.4)


@given(st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60))
def test_calibration_error_and_brier_score_lie_between_0_and_1(pairs: list[tuple[float, bool]]) -> None:
    scores, right = np.array([p for p, _ in pairs]), np.array([r for _, r in pairs], dtype=bool)
    assert 0 <= ece_equal_mass(scores, right) <= 1
    assert 0 <= brier(scores, right) <= 1


@given(st.lists(st.lists(st.floats(-80, 80), min_size=3, max_size=3), min_size=1, max_size=20))
def test_softmax_rows_sum_to_one_and_keep_their_order(rows: list[list[float]]) -> None:
    logits = np.array(rows)
    shares = softmax(logits)
    assert shares.sum(axis=1) == pytest.approx(np.ones(len(rows)))
    assert (shares.argmax(axis=1) == logits.argmax(axis=1)).all() or (np.diff(np.sort(logits, axis=1)) < 1e-9).any()


def test_a_temperature_undoes_a_scale() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(4000, 5)) * 2
    labels = np.array([rng.choice(5, p=row) for row in softmax(logits)])
    assert fit_temperature(logits * 3, labels) == pytest.approx(3, rel=0.1)
    flags = rng.random(logits.shape) < 1 / (1 + np.exp(-logits))
    assert fit_sigmoid_temperature(logits * 0.5, flags) == pytest.approx(0.5, rel=0.1)


def test_a_power_makes_overconfident_scores_honest() -> None:
    rng = np.random.default_rng(0)
    honest = rng.uniform(0.3, 1, 5000)
    right = rng.random(5000) < honest
    power = fit_power(honest**0.25, right)
    assert power == pytest.approx(4, rel=0.15)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=80), st.integers(0, 5))
def test_folds_share_every_class_out_evenly(labels: list[int], seed: int) -> None:
    codes = np.array(labels)
    folds = stratified_folds(codes, 5, np.random.default_rng(seed))
    assert set(folds.tolist()) <= set(range(5))
    for code in set(labels):
        sizes = np.bincount(folds[codes == code], minlength=5)
        assert sizes.max() - sizes.min() <= 1


def test_scores_without_their_outcomes_are_refused() -> None:
    with pytest.raises(InputError, match="Every score needs its outcome"):
        brier(np.zeros(2), np.zeros(3, bool))
