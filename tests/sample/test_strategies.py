"""Ways to choose what to label next: what each must choose, and the laws that all keep."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.errors import InputError
from tools.sample.clusters import cluster, nearest, typicality
from tools.sample.spread import Matrix
from tools.sample.strategies import STRATEGIES, Pool, entropies, margins, pick_badge, pick_k_centre, smallest

NAMES = ("Refund", "Return", "Other")


def unit(rows: Any) -> Matrix:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def pool_of(n: int, classes: int = 3, dimension: int = 6, labelled: int = 0, seed: int = 0, **changes: object) -> Pool:
    rng = np.random.default_rng(seed)
    vectors = unit(rng.normal(size=(n, dimension)))
    shares = rng.dirichlet(np.ones(classes), size=n).astype(np.float32)
    known = unit(rng.normal(size=(labelled, dimension))) if labelled else np.zeros((0, dimension), np.float32)
    names = tuple(f"L{k}" for k in range(classes)) if classes != 3 else NAMES
    return Pool(vectors, shares, known, vectors[0], names, likeness="item K1", **changes)  # type: ignore[arg-type]


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(sorted(STRATEGIES)), st.integers(1, 40), st.integers(1, 60), st.integers(0, 8), st.integers(0, 5)
)
def test_every_strategy_chooses_as_many_as_asked_none_twice_each_with_a_reason(
    name: str, size: int, n: int, labelled: int, seed: int
) -> None:
    pool = pool_of(size, labelled=labelled, seed=seed)
    picks = STRATEGIES[name](pool, n, np.random.default_rng(seed))
    assert len(picks.rows) == len(picks.reasons) == min(n, size)
    assert len(set(picks.rows.tolist())) == len(picks.rows)
    assert all(0 <= row < size for row in picks.rows) and all(picks.reasons)


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_the_same_generator_state_gives_the_same_choice(name: str) -> None:
    pool = pool_of(80, labelled=4)
    one, other = (STRATEGIES[name](pool, 9, np.random.default_rng(5)) for _ in range(2))
    assert (one.rows == other.rows).all() and one.reasons == other.reasons


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_no_strategy_changes_its_pool(name: str) -> None:
    pool = pool_of(50, labelled=4)
    before = [array.copy() for array in (pool.vectors, pool.shares, pool.labelled, pool.wanted)]
    STRATEGIES[name](pool, 9, np.random.default_rng(5))
    for array, copy in zip((pool.vectors, pool.shares, pool.labelled, pool.wanted), before, strict=True):
        assert (array == copy).all()


SURE_TO_TORN = np.array([[0.90, 0.06, 0.04], [0.50, 0.48, 0.02], [0.36, 0.33, 0.31], [0.70, 0.20, 0.10]], np.float32)


@pytest.mark.parametrize(
    ("name", "order", "reason"),
    [
        ("margin", [1, 2], "the model is torn between Refund and Return"),
        ("least_confident", [2, 1], "the model is least sure of its first choice, Refund"),
        ("entropy", [2, 3], "the model holds several answers possible, first Refund, Return and Other"),
    ],
)
def test_unsure_items_are_chosen_by_the_measure_and_the_reason_names_the_labels(
    name: str, order: list[int], reason: str
) -> None:
    pool = Pool(np.eye(4, dtype=np.float32), SURE_TO_TORN, np.zeros((0, 4), np.float32), np.zeros(4, np.float32), NAMES)
    picks = STRATEGIES[name](pool, 2, np.random.default_rng(0))
    assert picks.rows.tolist() == order
    assert picks.reasons[0] == reason


def test_several_labels_are_each_asked_whether_they_hold() -> None:
    shares = np.array([[0.9, 0.1, 0.95], [0.9, 0.52, 0.05]], np.float32)
    pool = Pool(
        np.eye(2, dtype=np.float32), shares, np.zeros((0, 2), np.float32), np.zeros(2, np.float32), NAMES, False
    )
    picks = STRATEGIES["margin"](pool, 1, np.random.default_rng(0))
    assert picks.rows.tolist() == [1]
    assert picks.reasons == ("the model is unsure whether Return holds",)
    assert entropies(pool)[1] > entropies(pool)[0]
    with pytest.raises(InputError, match="one answer"):
        pick_badge(pool, 1, np.random.default_rng(0))


def test_cluster_margin_does_not_take_the_same_thing_twice() -> None:
    vectors = unit(np.vstack([np.tile([1, 0, 0], (30, 1)), np.tile([0, 1, 0], (30, 1)), np.tile([0, 0, 1], (40, 1))]))
    gaps = np.concatenate([np.full(30, 0.00), np.full(30, 0.1), np.full(40, 0.9)])
    shares = np.stack([(1 + gaps) / 2, (1 - gaps) / 2], axis=1).astype(np.float32)
    pool = Pool(vectors, shares, np.zeros((0, 3), np.float32), np.zeros(3, np.float32), ("A", "B"))
    chosen = STRATEGIES["cluster_margin"](pool, 6, np.random.default_rng(1)).rows
    plain = STRATEGIES["margin"](pool, 6, np.random.default_rng(1)).rows
    assert {int(row) // 30 for row in plain} == {0}
    assert {0, 1} <= {int(row) // 30 for row in chosen}
    assert (gaps[chosen] < 0.5).all()


def test_similar_and_dissimilar_go_by_likeness() -> None:
    pool = pool_of(40)
    likeness = pool.vectors @ pool.wanted
    similar = STRATEGIES["similar"](pool, 5, np.random.default_rng(0))
    dissimilar = STRATEGIES["dissimilar"](pool, 5, np.random.default_rng(0))
    assert similar.rows.tolist() == np.argsort(-likeness)[:5].tolist()
    assert dissimilar.rows.tolist() == np.argsort(likeness)[:5].tolist()
    assert (similar.reasons[0], dissimilar.reasons[0]) == ("like item K1", "unlike item K1")


def test_typical_takes_one_of_each_group_and_covers_what_is_not_labelled_first() -> None:
    rng = np.random.default_rng(0)
    centres = np.eye(4)[np.repeat([0, 1, 2, 3], [40, 30, 20, 10])]
    vectors = unit(centres + 0.05 * rng.normal(size=centres.shape))
    labelled = vectors[[0]]
    pool = Pool(vectors, np.zeros((100, 0), np.float32), labelled, np.zeros(4, np.float32))
    picks = STRATEGIES["typical"](pool, 3, np.random.default_rng(2))
    groups = centres[picks.rows].argmax(axis=1)
    assert sorted(groups.tolist()) == [1, 2, 3]
    assert picks.reasons[groups.tolist().index(1)] == "typical of a group of 30 items that look alike"


def test_the_middle_of_a_group_is_more_typical_than_its_edge() -> None:
    rng = np.random.default_rng(0)
    rows = unit(np.array([1.0, 0, 0]) + 0.1 * rng.normal(size=(60, 3)))
    rows[0] = [0, 1, 0]
    found = typicality(rows, rng)
    assert found.argmin() == 0


def test_k_centre_always_takes_the_farthest_from_all_before() -> None:
    pool = pool_of(50, labelled=3, seed=4)
    rows = pick_k_centre(pool, 8, np.random.default_rng(0)).rows
    for at, row in enumerate(rows):
        covered = np.vstack([pool.labelled, pool.vectors[rows[:at]]])
        nearness = (pool.vectors @ covered.T).max(axis=1)
        assert nearness[row] == pytest.approx(np.delete(nearness, rows[:at]).min(), abs=1e-6)


def test_badge_distances_are_those_of_the_written_out_gradients() -> None:
    pool = pool_of(12, seed=3)
    errors = pool.shares.copy()
    errors[np.arange(12), errors.argmax(axis=1)] -= 1
    gradients = np.einsum("nk,nd->nkd", errors, pool.vectors).reshape(12, -1)
    longest = int((gradients**2).sum(axis=1).argmax())
    assert pick_badge(pool, 3, np.random.default_rng(0)).rows[0] == longest
    product = (errors @ errors[longest]) * (pool.vectors @ pool.vectors[longest])
    assert product == pytest.approx(gradients @ gradients[longest], abs=1e-5)


@settings(deadline=None)
@given(st.lists(st.sampled_from([0.0, 0.1, 0.2, 0.5]), max_size=40), st.integers(0, 50))
def test_the_smallest_are_found_in_order_ties_by_position(values: list[float], n: int) -> None:
    array = np.array(values, dtype=np.float32)
    assert smallest(array, n).tolist() == np.argsort(array, kind="stable")[:n].tolist()


def test_groups_of_an_even_pool_are_found_again() -> None:
    rng = np.random.default_rng(0)
    truth = np.repeat(np.arange(5), 30)
    rows = unit(np.eye(5)[truth] + 0.05 * rng.normal(size=(150, 5)))
    belongs, centres = cluster(rows, 25, rng)
    assert (belongs == nearest(rows, centres)).all()
    for group in np.unique(belongs):
        assert len(set(truth[belongs == group].tolist())) == 1


def test_margins_need_two_answers() -> None:
    pool = Pool(
        np.eye(2, dtype=np.float32),
        np.ones((2, 1), np.float32),
        np.eye(2, dtype=np.float32),
        np.zeros(2, np.float32),
        ("A",),
    )
    assert margins(pool).tolist() == [1, 1]
    assert STRATEGIES["margin"](pool, 2, np.random.default_rng(0)).reasons[0] == "the model knows one answer only"


@pytest.fixture(scope="module")
def large() -> Pool:
    """A hundred thousand vectors that no strategy may write into."""
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((100_000, 384), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    shares = rng.random((100_000, 20), dtype=np.float32)
    shares /= shares.sum(axis=1, keepdims=True)
    for made in (vectors, shares):
        made.flags.writeable = False
    return Pool(vectors, shares, vectors[:500], vectors[1], tuple(map(str, range(20))))


@pytest.mark.slow
@pytest.mark.xdist_group("large pool")
@pytest.mark.parametrize("name", ["margin", "cluster_margin", "typical", "k_centre", "badge"])
def test_a_hundred_thousand_vectors_stay_in_single_precision_and_in_seconds(name: str, large: Pool) -> None:
    began = time.process_time()
    picks = STRATEGIES[name](large, 50, np.random.default_rng(1))
    # Five to ten times what it takes, so that a busy machine does not fail it and a loop over rows in Python does.
    assert time.process_time() - began < 60
    assert len(picks.rows) == 50
