"""Agreement against published examples, an independent implementation, and resampling."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from tools.agreement import Pattern, cohen_kappa, krippendorff_alpha
from tools.errors import InputError

# Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011): four observers, twelve units, gaps.


def patterns_of(observers: tuple[str, ...]) -> list[Pattern]:
    units = ["".join(said).replace(".", "") for said in zip(*observers, strict=True)]
    return [Pattern(tuple(said), 1) for said in units]


def published() -> list[Pattern]:
    observers = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
    return patterns_of(observers)


def test_alpha_equals_the_published_nominal_example() -> None:
    found = krippendorff_alpha(published())
    assert found.alpha == pytest.approx(0.743, abs=5e-4)
    assert (found.units, found.values) == (11, 40)


def test_alpha_equals_the_published_interval_example() -> None:
    found = krippendorff_alpha(published(), "interval")
    assert found.alpha == pytest.approx(0.849, abs=5e-4)


def test_alpha_equals_the_published_binary_example() -> None:
    binary = patterns_of(("0100000010", "1110010000"))
    assert krippendorff_alpha(binary).alpha == pytest.approx(0.095, abs=5e-4)


def test_patterns_that_occur_often_count_as_often() -> None:
    listed = [Pattern(("a", "a"), 1)] * 3 + [Pattern(("a", "b"), 1)] * 2
    counted = [Pattern(("a", "a"), 3), Pattern(("b", "a"), 2)]
    one, other = krippendorff_alpha(listed), krippendorff_alpha(counted)
    assert one.alpha == pytest.approx(other.alpha)
    assert one.interval is not None and other.interval is not None
    assert one.interval.low == pytest.approx(other.interval.low)
    assert (other.pairs, other.same_pairs, other.share) == (5, 3, 0.6)


def test_alpha_is_undefined_where_only_one_answer_was_ever_given() -> None:
    found = krippendorff_alpha([Pattern(("a", "a"), 10)])
    assert found.alpha is None and found.share == 1.0


def test_alpha_is_undefined_without_any_item_with_two_answers() -> None:
    assert krippendorff_alpha([Pattern(("a",), 5)]).alpha is None
    assert krippendorff_alpha([]).share is None


def test_answers_that_are_no_numbers_have_no_distance() -> None:
    with pytest.raises(InputError, match="numbers"):
        krippendorff_alpha([Pattern(("a", "b"), 1)], "interval")


def test_full_agreement_has_no_interval_that_would_look_exact() -> None:
    found = krippendorff_alpha([Pattern(("a", "a"), 3), Pattern(("b", "b"), 2)])
    assert found.alpha == 1.0 and found.interval is None


answers = st.lists(st.sampled_from("abc"), min_size=2, max_size=4).map(tuple)


@given(st.lists(st.tuples(answers, st.integers(1, 4)), min_size=1, max_size=8))
def test_alpha_is_one_minus_the_ratio_of_mean_distances(made: list[tuple[tuple[str, ...], int]]) -> None:
    """Counted the long way: all pairs within units, weighted by 1 / (m - 1), against all pairs of values."""
    units = [said for said, times in made for _ in range(times)]
    values = [one for said in units for one in said]
    n = len(values)
    observed = sum(sum(a != b for a in said for b in said) / (len(said) - 1) for said in units) / n
    expected = sum(a != b for a in values for b in values) / (n * (n - 1))
    found = krippendorff_alpha([Pattern(said, times) for said, times in made])
    if expected == 0:
        assert found.alpha is None
    else:
        assert found.alpha == pytest.approx(1 - observed / expected)


def test_the_interval_of_alpha_is_near_the_bootstrap_interval() -> None:
    rng = np.random.default_rng(5)
    truth = rng.integers(0, 3, 200)
    said = [tuple(str(t if rng.random() < 0.8 else rng.integers(0, 3)) for _ in range(3)) for t in truth]
    found = krippendorff_alpha([Pattern(one, 1) for one in said])
    draws = []
    for _ in range(400):
        counts = Counter(said[i] for i in rng.integers(0, 200, 200))
        draws.append(krippendorff_alpha([Pattern(one, times) for one, times in counts.items()]).alpha)
    low, high = np.quantile(np.array(draws, dtype=float), [0.025, 0.975])
    assert found.interval is not None
    assert found.interval.low == pytest.approx(low, abs=0.02)
    assert found.interval.high == pytest.approx(high, abs=0.02)


def test_kappa_equals_the_example_of_two_readers_of_fifty_proposals() -> None:
    """20 yes-yes, 15 no-no, 5 and 10 apart: 0.7 observed, 0.5 expected, kappa 0.4."""
    found = cohen_kappa(35, 50, 0.5)
    assert found is not None and found[0] == pytest.approx(0.4)
    assert found[1].low == pytest.approx(0.4 - 1.959964 * (0.7 * 0.3 / 50) ** 0.5 / 0.5)


@settings(max_examples=30)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=2, max_size=30))
def test_kappa_equals_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    one, other = zip(*pairs, strict=True)
    n = len(pairs)
    expected = sum(one.count(c) * other.count(c) for c in "abc") / n**2
    found = cohen_kappa(sum(a == b for a, b in pairs), n, expected)
    if expected == 1:
        assert found is None
    else:
        assert found is not None
        assert found[0] == pytest.approx(cohen_kappa_score(one, other, labels=list("abc")))


def test_kappa_is_undefined_where_chance_alone_explains_everything() -> None:
    assert cohen_kappa(5, 5, 1.0) is None
    assert cohen_kappa(0, 0, 0.0) is None


@pytest.mark.data
def test_alpha_of_real_crowd_labels_equals_the_coincidence_matrix(shared_data: Path) -> None:
    said: dict[str, list[str]] = defaultdict(list)
    with (shared_data / "crowd" / "rte_labels.csv").open() as file:
        for row in csv.DictReader(file):
            said[row["item"]].append(row["label"])
    matrix: Counter[tuple[str, str]] = Counter()
    for labels in said.values():
        for i, a in enumerate(labels):
            for j, b in enumerate(labels):
                if i != j:
                    matrix[a, b] += 1 / (len(labels) - 1)  # type: ignore[assignment]
    totals: Counter[str] = Counter()
    for (a, _b), weight in matrix.items():
        totals[a] += weight
    n = sum(totals.values())
    apart = sum(weight for (a, b), weight in matrix.items() if a != b)
    by_chance = sum(totals[a] * totals[b] for a in totals for b in totals if a != b) / (n - 1)
    found = krippendorff_alpha([Pattern(tuple(labels), 1) for labels in said.values()])
    assert found.alpha == pytest.approx(1 - apart / by_chance)
