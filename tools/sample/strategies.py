"""Ways to choose what to label next. Each is a pure function of a pool, a number and a random generator.

Formulas: margin, least confidence and entropy (Settles, Active Learning Literature Survey, 2009); cluster-margin
(Citovsky et al., NeurIPS 2021); typical (TypiClust, Hacohen et al., ICML 2022); k-centre (Sener and Savarese, ICLR
2018); BADGE (Ash et al., ICLR 2020), with its gradients kept as factors instead of being written out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tools.errors import InputError
from tools.sample.clusters import cluster, nearest, typicality
from tools.sample.spread import Indices, Matrix, Products, farthest_first, spread_draw
from tools.sentences import listing

_BATCH_FACTOR = 10
_LABELS_PER_CLASS = 2
_MOST_GROUPS = 500


@dataclass(frozen=True)
class Pool:
    """What a strategy may look at.

    ``vectors`` (n, d), unit rows of the candidates. ``shares`` (n, K): probabilities of the classes, one choice of K
    where ``exclusive``, else of each label by itself; (n, 0) without a model. ``labelled`` (m, d): what is labelled
    already. ``wanted`` (d,): what likeness is asked for. ``names`` are the classes in words.
    """

    vectors: Matrix
    shares: Matrix
    labelled: Matrix
    wanted: Matrix
    names: tuple[str, ...] = ()
    exclusive: bool = True
    likeness: str = ""


@dataclass(frozen=True)
class Picks:
    """Rows of the pool, shape (b,), best first, no row twice, with a reason in words for each."""

    rows: Indices
    reasons: tuple[str, ...]


class Strategy(Protocol):
    """Chooses min(n, size of the pool) rows."""

    def __call__(self, pool: Pool, n: int, rng: np.random.Generator) -> Picks:
        """The chosen rows; the same arguments and generator state give the same rows."""


def pick_margin(pool: Pool, n: int, rng: np.random.Generator) -> Picks:
    """The smallest gap between the two likeliest answers."""
    rows = smallest(margins(pool), n)
    return Picks(rows, torn_between(pool, rows))


def pick_least_confident(pool: Pool, n: int, rng: np.random.Generator) -> Picks:
    """The least likely best answer."""
    sides = pool.shares if pool.exclusive else np.maximum(pool.shares, 1 - pool.shares)
    sure = sides.max(axis=1) if pool.exclusive else np.log(sides).sum(axis=1)
    rows = smallest(sure, n)
    first = _ranked(pool, rows)[:, 0]
    return Picks(rows, tuple(f"the model is least sure of its first choice, {pool.names[at]}" for at in first))


def pick_entropy(pool: Pool, n: int, rng: np.random.Generator) -> Picks:
    """The most evenly spread probabilities. With many classes margin is the better measure."""
    rows = smallest(-entropies(pool), n)
    order = _ranked(pool, rows)
    most = [listing([pool.names[at] for at in line[:3]]) for line in order]
    return Picks(rows, tuple(f"the model holds several answers possible, first {words}" for words in most))


def pick_similar(pool: Pool, n: int, rng: np.random.Generator) -> Picks:
    """The likest to what was asked for."""
    rows = smallest(-(pool.vectors @ pool.wanted), n)
    return Picks(rows, (f"like {pool.likeness}",) * len(rows))


def pick_dissimilar(pool: Pool, n: int, rng: np.random.Generator) -> Picks:
    """The least like what was asked for."""
    rows = smallest(pool.vectors @ pool.wanted, n)
    return Picks(rows, (f"unlike {pool.likeness}",) * len(rows))


def pick_typical(pool: Pool, n: int, rng: np.random.Generator) -> Picks:
    """The most typical item of each group, groups without labels first, large ones before small ones."""
    if not len(pool.vectors):
        return Picks(np.zeros(0, dtype=np.int64), ())
    groups = min(len(pool.labelled) + n, _MOST_GROUPS, max(1, len(pool.vectors)))
    belongs, centres = cluster(pool.vectors, groups, rng)
    labels = np.bincount(nearest(pool.labelled, centres), minlength=len(centres)) if len(pool.labelled) else None
    covered = labels if labels is not None else np.zeros(len(centres), dtype=np.int64)
    sizes = np.bincount(belongs, minlength=len(centres))
    order = np.lexsort((-sizes, covered))
    ranked = _members_by_typicality(pool.vectors, belongs, order[sizes[order] > 0], n, rng)
    rows, groups_of = _deal(ranked, n)
    reasons = [f"typical of a group of {sizes[group]:,} items that look alike" for group in groups_of]
    return Picks(
        rows, tuple("unlike anything else" if sizes[g] == 1 else r for g, r in zip(groups_of, reasons, strict=True))
    )


def _members_by_typicality(
    vectors: Matrix, belongs: Indices, order: Indices, n: int, rng: np.random.Generator
) -> list[tuple[int, Indices]]:
    """(group, its rows, the most typical first) for as many groups of ``order`` as n picks can reach."""
    sorted_rows = np.argsort(belongs, kind="stable")
    starts = np.searchsorted(belongs[sorted_rows], np.arange(int(belongs.max()) + 2))
    found = []
    for group in order[:n]:
        rows = sorted_rows[starts[group] : starts[group + 1]]
        found.append((int(group), rows[np.argsort(-typicality(vectors[rows], rng), kind="stable")]))
    return found


def _deal(ranked: list[tuple[int, Indices]], n: int) -> tuple[Indices, list[int]]:
    """One row of each group in turn until there are n."""
    rows: list[int] = []
    groups: list[int] = []
    deepest = max((len(members) for _, members in ranked), default=0)
    for depth in range(deepest):
        for group, members in ranked:
            if depth < len(members) and len(rows) < n:
                rows.append(int(members[depth]))
                groups.append(group)
        if len(rows) >= n:
            break
    return np.array(rows, dtype=np.int64), groups


def pick_cluster_margin(pool: Pool, n: int, rng: np.random.Generator) -> Picks:
    """Of ten times as many with small margins, the smallest of each of n groups: uncertain, and not alike."""
    gaps = margins(pool)
    close = smallest(gaps, n * _BATCH_FACTOR)
    belongs, _ = cluster(pool.vectors[close], n, rng)
    # Rows stand in the order of their margin, so that the first of a group is its smallest.
    _, firsts = np.unique(belongs, return_index=True)
    chosen = np.sort(firsts)
    rest = np.setdiff1d(np.arange(len(close)), chosen)
    rows = close[np.concatenate([chosen, rest])[:n]]
    return Picks(rows, torn_between(pool, rows))


def pick_k_centre(pool: Pool, n: int, rng: np.random.Generator) -> Picks:
    """Greedily the item that is farthest from everything labelled or chosen. It likes odd ones out."""
    rows = farthest_first(pool.vectors, pool.labelled, n, rng)
    return Picks(rows, ("unlike everything that is labelled or in this queue",) * len(rows))


def pick_badge(pool: Pool, n: int, rng: np.random.Generator) -> Picks:
    """k-means++ on the gradients that the likeliest answer would cause: uncertain and spread out.

    A gradient is the outer product of (p - guess), (K,), and the vector, (d,), and is kept as these factors.
    """
    if not pool.exclusive:
        raise InputError("badge needs a field with one answer; use cluster_margin.")
    gradients = gradients_of(pool)
    first = int(gradients.lengths().argmax()) if len(pool.shares) else 0
    rows = spread_draw(gradients, first, n, rng)
    return Picks(rows, torn_between(pool, rows))


def gradients_of(pool: Pool) -> Products:
    """Gradient of the loss by the weights of the last layer, were the likeliest answer the right one."""
    errors = pool.shares.copy()
    if errors.size:
        errors[np.arange(len(errors)), errors.argmax(axis=1)] -= 1
    return Products(errors, pool.vectors)


def margins(pool: Pool) -> Matrix:
    """Gap between the likeliest and the next answer, shape (n,), in 0..1; for several labels, of the closest label."""
    if not pool.exclusive:
        return np.asarray(np.abs(2 * pool.shares - 1).min(axis=1), dtype=np.float32)
    if pool.shares.shape[1] < 2:
        return np.ones(len(pool.shares), dtype=np.float32)
    top = np.partition(pool.shares, pool.shares.shape[1] - 2, axis=1)[:, -2:]
    return np.asarray(top[:, 1] - top[:, 0], dtype=np.float32)


def entropies(pool: Pool) -> Matrix:
    """Entropy of each row in nats, shape (n,); for several labels, the sum of theirs."""
    safe = np.clip(pool.shares, 1e-9, 1)
    made = -(safe * np.log(safe)).sum(axis=1)
    if not pool.exclusive:
        contrary = np.clip(1 - pool.shares, 1e-9, 1)
        made -= (contrary * np.log(contrary)).sum(axis=1)
    return np.asarray(made, dtype=np.float32)


def smallest(values: Matrix, n: int) -> Indices:
    """Positions of the n smallest values, ascending; equal ones in their order."""
    n = min(n, len(values))
    if n == 0:
        return np.zeros(0, dtype=np.int64)
    limit = np.partition(values, n - 1)[n - 1]
    below = np.flatnonzero(values < limit)
    ties = np.flatnonzero(values == limit)[: n - len(below)]
    chosen = np.concatenate([below, ties])
    return np.asarray(chosen[np.lexsort((chosen, values[chosen]))], dtype=np.int64)


def torn_between(pool: Pool, rows: Indices) -> tuple[str, ...]:
    """Why the margin of each of these rows is small, in words."""
    if not pool.exclusive:
        closest = np.abs(2 * pool.shares[rows] - 1).argmin(axis=1)
        return tuple(f"the model is unsure whether {pool.names[at]} holds" for at in closest)
    if len(pool.names) < 2:
        return ("the model knows one answer only",) * len(rows)
    order = _ranked(pool, rows)
    return tuple(f"the model is torn between {pool.names[line[0]]} and {pool.names[line[1]]}" for line in order)


def _ranked(pool: Pool, rows: Indices) -> Indices:
    return np.asarray(np.argsort(-pool.shares[rows], axis=1, kind="stable"), dtype=np.int64)


UNCERTAIN: Mapping[str, Strategy] = {
    "margin": pick_margin,
    "least_confident": pick_least_confident,
    "entropy": pick_entropy,
    "cluster_margin": pick_cluster_margin,
    "badge": pick_badge,
}
"""Strategies that need the probabilities of a model."""

BY_VECTOR: Mapping[str, Strategy] = {
    "similar": pick_similar,
    "dissimilar": pick_dissimilar,
    "typical": pick_typical,
    "k_centre": pick_k_centre,
}
"""Strategies that need vectors only."""

STRATEGIES: Mapping[str, Strategy] = {**UNCERTAIN, **BY_VECTOR}


def usual_strategy(labels: int, classes: int) -> str:
    """What pays at a given number of labels: typical items until each class has about two, then unsure and varied ones.

    "Typical when the budget is low, uncertain when it is high" (Hacohen et al., ICML 2022).
    """
    return "typical" if labels < _LABELS_PER_CLASS * classes else "cluster_margin"
