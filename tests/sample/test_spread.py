"""Rows far from each other: few passes over the pool must choose what the plain definition chooses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tools.sample import spread
from tools.sample.spread import Matrix, Products, farthest_first, spread_draw


def unit(rows: Any) -> Matrix:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def plain_farthest_first(vectors: Matrix, covered: Matrix, n: int) -> list[int]:
    nearness = (vectors @ covered.T).max(axis=1)
    rows: list[int] = []
    for _ in range(n):
        rows.append(int(nearness.argmin()))
        nearness = np.maximum(nearness, vectors @ vectors[rows[-1]])
        nearness[rows] = np.inf
    return rows


@pytest.mark.parametrize("front", [1, 3, 40, 10_000])
@pytest.mark.parametrize("groups", [1, 12, 400])
def test_the_farthest_are_those_of_one_step_at_a_time(front: int, groups: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spread, "_FRONT", front)
    monkeypatch.setattr(spread, "_BLOCK", 64)
    rng = np.random.default_rng(groups)
    centres = rng.normal(size=(groups, 16))
    vectors = unit(centres[rng.integers(groups, size=400)] + 0.3 * rng.normal(size=(400, 16)))
    found = farthest_first(vectors, vectors[:9], 60, rng).tolist()
    assert found == plain_farthest_first(vectors, vectors[:9], 60)


def test_without_anything_covered_the_first_is_drawn_and_the_rest_follows() -> None:
    vectors = unit(np.random.default_rng(0).normal(size=(50, 4)))
    found = farthest_first(vectors, np.zeros((0, 4), np.float32), 8, np.random.default_rng(1)).tolist()
    nearness = vectors @ vectors[found[0]]
    nearness[found[0]] = np.inf
    for row in found[1:]:
        assert row == int(nearness.argmin())
        nearness = np.maximum(nearness, vectors @ vectors[row])
        nearness[found[: found.index(row) + 1]] = np.inf


def products(size: int, classes: int = 3, seed: int = 0) -> tuple[Products, Any]:
    rng = np.random.default_rng(seed)
    left = rng.normal(size=(size, classes)).astype(np.float32)
    right = rng.normal(size=(size, 5)).astype(np.float32)
    return Products(left, right), np.einsum("mk,md->mkd", left, right).reshape(size, -1).astype(np.float64)


def test_lengths_and_distances_are_those_of_the_written_out_products() -> None:
    points, written = products(40)
    lengths = points.lengths()
    assert lengths == pytest.approx((written**2).sum(axis=1), rel=1e-5)
    apart = points.apart(lengths, slice(0, 40), np.arange(40))
    assert apart == pytest.approx(((written[:, None] - written[None]) ** 2).sum(axis=2), rel=1e-4, abs=1e-4)


def test_draws_have_the_probabilities_of_k_means_plus_plus(monkeypatch: pytest.MonkeyPatch) -> None:
    points, written = products(6, seed=4)
    squared = ((written[:, None] - written[None]) ** 2).sum(axis=2)
    second = squared[0] / squared[0].sum()
    expected = np.zeros((6, 6))
    for row in range(1, 6):
        nearest = np.minimum(squared[0], squared[row])
        expected[row] = second[row] * nearest / nearest.sum()
    rng = np.random.default_rng(2)
    times = 20_000
    seen = np.zeros((6, 6))
    for _ in range(times):
        _, one, other = spread_draw(points, 0, 3, rng).tolist()
        seen[one, other] += 1
    # Pearson's statistic over the 20 ordered pairs; 43.8 is its 99.9 % point with 19 degrees of freedom.
    cells = expected > 0
    assert ((seen[cells] - times * expected[cells]) ** 2 / (times * expected[cells])).sum() < 43.8
    assert not seen[~cells].any()


def test_refused_draws_do_not_change_the_probabilities(monkeypatch: pytest.MonkeyPatch) -> None:
    # Three tight groups far apart: after a draw from a group the old distances of its rows are far too large.
    rng = np.random.default_rng(0)
    right = np.repeat(np.eye(3), 20, axis=0) + 0.001 * rng.normal(size=(60, 3))
    points = Products(np.ones((60, 1), np.float32), unit(right))
    for seed in range(50):
        rows = spread_draw(points, 0, 3, np.random.default_rng(seed))
        assert sorted(rows // 20) == [0, 1, 2]


def test_copies_are_drawn_only_when_nothing_else_is_left() -> None:
    right = unit(np.repeat(np.random.default_rng(0).normal(size=(4, 5)), 10, axis=0))
    rows = spread_draw(Products(np.ones((40, 1), np.float32), right), 7, 40, np.random.default_rng(1))
    assert sorted((rows[:4] // 10).tolist()) == [0, 1, 2, 3]
    assert sorted(rows.tolist()) == list(range(40))
