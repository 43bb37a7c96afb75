"""Promises about what can be accepted unseen: kept as often as they say, and never made on too little."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.coverage import (
    agreement_curve,
    answers_missing,
    fewest_answers,
    promised_cut,
)
from tools.errors import InputError
from tools.statistics import clopper_pearson_lower, clopper_pearson_upper


def honest(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Scores that are true chances, and outcomes drawn by them."""
    scores = 1 - rng.beta(0.35, 2.2, n)
    return scores, rng.random(n) < scores


def test_the_promise_is_broken_no_more_often_than_it_says() -> None:
    rng = np.random.default_rng(3)
    everything = np.sort(honest(200_000, rng)[0])
    agreement_from = np.cumsum(everything[::-1])[::-1] / np.arange(len(everything), 0, -1)
    broken, covered, rounds = 0, [], 150
    for _ in range(rounds):
        promise = promised_cut(*honest(1000, rng), target=0.95)
        assert promise is not None
        at = int(np.searchsorted(everything, promise.threshold))
        broken += agreement_from[at] < 0.95
        covered.append(1 - at / len(everything))
    # Within three standard deviations of one in ten, and not by promising next to nothing.
    assert broken / rounds <= 0.1 + 3 * (0.1 * 0.9 / rounds) ** 0.5
    reachable = 1 - int(np.argmax(agreement_from >= 0.95)) / len(everything)
    assert np.mean(covered) > 0.8 * reachable


def test_a_promise_counts_what_is_at_or_above_its_cut() -> None:
    rng = np.random.default_rng(0)
    scores, right = honest(800, rng)
    promise = promised_cut(scores, right, 0.9)
    assert promise is not None
    above = scores >= promise.threshold
    assert (promise.accepted, promise.right, promise.n) == (int(above.sum()), int(right[above].sum()), 800)
    assert promise.share == pytest.approx(above.mean())
    assert promise.least == pytest.approx(clopper_pearson_lower(promise.right, promise.accepted, 0.1))
    assert promise.least >= 0.9


@given(st.integers(0, 2000), st.integers(2, 9))
def test_equal_scores_stand_or_fall_together_in_whatever_order_they_come(seed: int, levels: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, levels, 300) / levels
    right = rng.random(300) < 0.5 + scores / 2
    order = rng.permutation(300)
    assert promised_cut(scores, right, 0.8) == promised_cut(scores[order], right[order], 0.8)


def test_the_surest_answers_being_wrong_end_the_search_even_if_later_ones_are_right() -> None:
    scores = np.linspace(1, 0, 1000)
    right = np.ones(1000, dtype=bool)
    right[:40] = False
    assert promised_cut(scores, right, 0.95) is None


@pytest.mark.parametrize("n", [0, 1, 20, 75])
def test_no_promise_is_made_on_too_few_answers(n: int) -> None:
    scores, right = np.full(n, 0.9), np.ones(n, dtype=bool)
    assert promised_cut(scores, right, 0.97) is None
    assert answers_missing(scores, right, 0.97) == 76 - n


@pytest.mark.parametrize("target", [0.5, 0.8, 0.97, 0.99])
@pytest.mark.parametrize("slips", [0, 1, 3])
def test_the_fewest_answers_are_enough_and_one_less_is_not(target: float, slips: int) -> None:
    fewest = fewest_answers(target, 0.1, slips)
    assert clopper_pearson_upper(slips, fewest, 0.1) <= 1 - target
    assert fewest == slips + 1 or clopper_pearson_upper(slips, fewest - 1, 0.1) > 1 - target


def test_what_is_missing_is_told_and_having_it_is_enough() -> None:
    # Two wrong among the surest hundred: too many for a hundred and twenty answers, few enough for more of the kind.
    scores = np.linspace(1, 0, 120)
    right = np.ones(120, dtype=bool)
    right[[30, 70]] = False
    missing = answers_missing(scores, right, 0.97)
    assert promised_cut(scores, right, 0.97) is None
    assert missing is not None and 0 < missing <= 9 * 120
    assert answers_missing(scores, np.zeros(120, dtype=bool), 0.97) is None
    assert answers_missing(np.linspace(1, 0, 500), np.ones(500, dtype=bool), 0.97) == 0


@pytest.mark.parametrize("target", [0.4, 1.0, 97.0, float("nan")])
def test_an_agreement_that_cannot_be_promised_is_refused(target: float) -> None:
    with pytest.raises(InputError, match=r"between 0\.5 and 0\.999"):
        promised_cut(np.ones(3), np.ones(3, dtype=bool), target)


def test_scores_without_their_outcomes_are_refused() -> None:
    with pytest.raises(InputError, match="Every score needs its outcome"):
        promised_cut(np.zeros(2), np.zeros(3, dtype=bool), 0.9)


@given(st.integers(0, 500), st.integers(1, 200))
def test_the_curve_ends_with_all_answers_and_its_bound_stays_below_it(seed: int, n: int) -> None:
    scores, right = honest(n, np.random.default_rng(seed))
    curve = agreement_curve(scores, right)
    assert curve[-1].accepted == n and curve[-1].agreement == pytest.approx(right.mean())
    assert [one.accepted for one in curve] == sorted({one.accepted for one in curve})
    assert all(0 <= one.least <= one.agreement <= 1 for one in curve)
    assert agreement_curve(scores[:0], right[:0]) == []
