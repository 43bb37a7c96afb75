"""The contract of all strategies: whatever the pool is like, each chooses as many rows as asked, with a reason each."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tools.sample.spread import Matrix
from tools.sample.strategies import STRATEGIES, Picks, Pool

DIMENSION = 6


def unit(rows: Any) -> Matrix:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def pool_of(size: int, classes: int, labelled: int, kind: str = "plain") -> Pool:
    """A pool by chance; ``kind`` says what is odd about it."""
    rng = np.random.default_rng([size, classes, labelled])
    vectors = unit(rng.normal(size=(size, DIMENSION))) if size else np.zeros((0, DIMENSION), np.float32)
    known = unit(rng.normal(size=(labelled, DIMENSION))) if labelled else np.zeros((0, DIMENSION), np.float32)
    shares = rng.dirichlet(np.ones(classes), size=size).astype(np.float32)
    if kind == "copies":
        vectors, shares = np.repeat(vectors[:1], size, axis=0), np.repeat(shares[:1], size, axis=0)
    elif kind == "few different":
        of = rng.integers(3, size=size)
        vectors, shares = vectors[of], shares[of]
    elif kind == "zero vectors":
        vectors = np.zeros_like(vectors)
    elif kind == "some zero vectors":
        vectors[::2] = 0
    elif kind == "copies of the labelled":
        vectors = np.repeat(known[:1], size, axis=0)
    elif kind == "sure":
        shares = np.eye(classes, dtype=np.float32)[rng.integers(classes, size=size)]
    names = tuple(f"Label {number}" for number in range(classes))
    wanted = np.zeros(DIMENSION, dtype=np.float32)
    return Pool(vectors, shares, known, wanted, names, likeness="item K1")


ODD = ("plain", "copies", "few different", "zero vectors", "some zero vectors", "copies of the labelled", "sure")
NAMES = sorted(STRATEGIES)


def choose(name: str, pool: Pool, n: int, seed: int = 3) -> Picks:
    return STRATEGIES[name](pool, n, np.random.default_rng(seed))


def check(picks: Picks, pool: Pool, n: int) -> None:
    size = len(pool.vectors)
    assert picks.rows.dtype == np.int64 and picks.rows.shape == (min(n, size),)
    assert len(set(picks.rows.tolist())) == len(picks.rows)
    assert ((picks.rows >= 0) & (picks.rows < size)).all()
    assert len(picks.reasons) == len(picks.rows)
    assert all(len(reason.split()) >= 3 and "nan" not in reason for reason in picks.reasons)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("labelled", [1, 5])
def test_every_strategy_copes_with_odd_pools(name: str, kind: str, labelled: int) -> None:
    pool = pool_of(30, 4, labelled, kind)
    for n in (1, 7, 30):
        check(choose(name, pool, n), pool, n)


@pytest.mark.parametrize("name", NAMES)
def test_more_than_there_is_gives_all_there_is(name: str) -> None:
    for labelled in (0, 3):
        pool = pool_of(12, 3, labelled)
        picks = choose(name, pool, 50)
        assert sorted(picks.rows.tolist()) == list(range(12))
        check(picks, pool, 50)


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_pool_gives_nothing(name: str) -> None:
    for labelled in (0, 3):
        pool = pool_of(0, 3, labelled)
        check(choose(name, pool, 5), pool, 5)


@pytest.mark.parametrize("name", NAMES)
def test_one_item_is_chosen_from_a_pool_of_one(name: str) -> None:
    pool = pool_of(1, 3, 2)
    assert choose(name, pool, 1).rows.tolist() == [0]


@pytest.mark.parametrize("name", NAMES)
def test_a_field_with_a_single_answer_can_be_sampled(name: str) -> None:
    pool = pool_of(20, 1, 2)
    check(choose(name, pool, 6), pool, 6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ODD)
def test_the_same_seed_gives_the_same_choice(name: str, kind: str) -> None:
    pool = pool_of(40, 4, 3, kind)
    one, other = choose(name, pool, 9, seed=5), choose(name, pool, 9, seed=5)
    assert one.rows.tolist() == other.rows.tolist() and one.reasons == other.reasons


@pytest.mark.parametrize("name", ["badge", "typical", "k_centre"])
def test_another_seed_may_give_another_choice(name: str) -> None:
    pool = pool_of(60, 4, 0)
    assert len({tuple(choose(name, pool, 6, seed).rows.tolist()) for seed in range(6)}) > 1


@pytest.mark.parametrize("name", ["badge", "k_centre", "typical"])
def test_what_looks_alike_is_not_chosen_twice_while_something_else_is_left(name: str) -> None:
    pool = pool_of(30, 4, 1, "few different")
    rows = choose(name, pool, 3).rows
    assert len(np.unique(pool.vectors[rows], axis=0)) == 3


@pytest.mark.parametrize("name", NAMES)
def test_a_pool_is_left_as_it_was(name: str) -> None:
    pool = pool_of(25, 4, 3)
    before = [array.copy() for array in (pool.vectors, pool.shares, pool.labelled)]
    choose(name, pool, 8)
    assert all((a == b).all() for a, b in zip((pool.vectors, pool.shares, pool.labelled), before, strict=True))
