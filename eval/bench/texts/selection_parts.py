"""What is measured of choosing rows, each in a process of its own so that one does not stand in the other's memory.

``python -m eval.bench.texts.selection_parts NAME SIZE`` prints JSON. Ours and the peer work on the same arrays in the
same process, one after the other.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from eval.bench.processes import least, run_module
from tools.backends.contract import Matrix
from tools.backends.learning.linear import Linear
from tools.backends.learning.vectors import unit_rows
from tools.sample.strategies import Pool, gradients_of, pick_badge, pick_cluster_margin, pick_k_centre, pick_margin
from tools.sample.strategies import pick_typical as typical_of
from tools.statistics import softmax

TIMES = 3
DIMENSION = 384
LABELLED = 1000
"""Rows that have a label; a fifth of the pool where that is less."""
BATCH = 100
GROUPS = 400
Found = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """A clustered pool, some labelled rows and a model fitted on them by scikit-learn; all vectors are unit rows."""

    vectors: Matrix
    labelled: Matrix
    codes: npt.NDArray[np.int64]
    model: Any
    fit_seconds: float

    def shares(self) -> Matrix:
        """Probabilities of the pool by the model's weights, as the product computes them."""
        linear = Linear(self.model.coef_.astype(np.float32), self.model.intercept_.astype(np.float32))
        return np.asarray(softmax(linear.logits(self.vectors)), dtype=np.float32)

    def pool(self, shares: Matrix | None = None) -> Pool:
        """What a strategy looks at."""
        given = np.zeros((len(self.vectors), 0), np.float32) if shares is None else shares
        names = tuple(f"class {number}" for number in range(given.shape[1]))
        return Pool(self.vectors, given, self.labelled, np.zeros(DIMENSION, np.float32), names)

    def all_rows(self) -> tuple[Matrix, npt.NDArray[np.float64]]:
        """Labelled and unlabelled rows one below the other, with their labels as the peer wants them."""
        labels = np.concatenate([self.codes.astype(np.float64), np.full(len(self.vectors), np.nan)])
        return np.vstack([self.labelled, self.vectors]), labels


def make(size: int, classes: int, seed: int = 0) -> Made:
    """``size`` rows to choose from, and a model of as many classes."""
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((GROUPS, DIMENSION), dtype=np.float32)
    group = rng.integers(GROUPS, size=size + min(LABELLED, size // 5))
    rows = centres[group]
    rows += 0.9 * rng.standard_normal(rows.shape, dtype=np.float32)
    rows = unit_rows(rows)
    labelled, codes = rows[size:].copy(), group[size:] % classes
    seconds, model = _least(lambda: LogisticRegression(C=20.0, max_iter=1000).fit(labelled, codes))
    return Made(rows[:size].copy(), labelled, codes, model, seconds)


def _least(ask: Callable[[], Any], times: int | None = None) -> tuple[float, Any]:
    """The least seconds of several calls, and what the last of them gave."""
    return least(ask, TIMES if times is None else times)


def extra_memory(ask: Callable[[], Any]) -> float | None:
    """Most memory that a call holds above what was held before, in megabytes; ``None`` where the system tells nothing.

    Linux lets a process forget its peak.
    """
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        before = _held("VmRSS")
        ask()
        return (_held("VmHWM") - before) / 1024
    except OSError:
        return None


def _held(key: str) -> float:
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith(key):
            return float(line.split()[1])
    raise OSError(f"no {key}")


def _rng() -> np.random.Generator:
    return np.random.default_rng(1)


def a_round(size: int) -> Found:
    """Prediction and query of a round against the fit that comes before it."""
    return {str(classes): _one_round(size, classes) for classes in (77, 10)}


def _one_round(size: int, classes: int) -> Found:
    made = make(size, classes)
    seconds, _ = _least(lambda: pick_cluster_margin(made.pool(made.shares()), BATCH, _rng()))
    pool = made.pool(made.shares())
    margin, _ = _least(lambda: pick_margin(pool, BATCH, _rng()))
    predict, _ = _least(lambda: made.model.predict_proba(made.vectors))
    return {"round": seconds, "fit": made.fit_seconds, "margin": margin, "predict": predict}


def k_centre(size: int) -> Found:
    """Greedy k-centre after the labelled rows."""
    made = make(size, 10)
    pool = made.pool()
    memory = extra_memory(lambda: pick_k_centre(pool, BATCH, _rng()))
    ours, picks = _least(lambda: pick_k_centre(pool, BATCH, _rng()))
    found: Found = {"ours": ours, "memory": memory}
    peers = _peers()
    if peers is not None:
        rows, labels = made.all_rows()
        theirs, chosen = _least(lambda: peers.CoreSet(random_state=0).query(rows, labels, batch_size=BATCH), 2)
        found |= {"peer": theirs, "different": int((np.asarray(chosen) - len(made.labelled) != picks.rows).sum())}
    return found


def badge(size: int) -> Found:
    """k-means++ on gradients, from given weights: prediction is part of it on both sides."""
    made = make(size, 10)
    # First of all, as later calls find memory that earlier ones gave back.
    memory = extra_memory(lambda: pick_badge(made.pool(made.shares()), BATCH, _rng()))
    ours, picks = _least(lambda: pick_badge(made.pool(made.shares()), BATCH, _rng()))
    wide = _with_many_classes(size)
    pool = made.pool(made.shares())
    found: Found = {"ours": ours, "wide": wide, "off": _gradients_off(pool), "memory": memory}
    peers = _peers()
    if peers is not None:
        from skactiveml.classifier import SklearnClassifier

        rows, labels = made.all_rows()
        known = SklearnClassifier(made.model, classes=list(range(10)), missing_label=np.nan).fit(
            made.labelled, made.codes.astype(np.float64)
        )
        ask = peers.Badge(random_state=0).query
        theirs: list[float] = []

        def once() -> None:
            seconds, chosen = _least(lambda: ask(rows, labels, known, fit_clf=False, batch_size=BATCH), 1)
            theirs.append(seconds)
            found["first"] = int(chosen[0]) - len(made.labelled) == int(picks.rows[0])

        found["peer_memory"] = extra_memory(once)
        found["peer"] = theirs[0]
    return found


def _with_many_classes(size: int) -> float:
    made = make(size, 77)
    return _least(lambda: pick_badge(made.pool(made.shares()), BATCH, _rng()))[0]


def _gradients_off(pool: Pool) -> float:
    """How far lengths and distances from the factors are from those of the written out gradients, at most."""
    at = np.random.default_rng(2).choice(len(pool.vectors), 200, replace=False)
    points = gradients_of(pool)
    lengths = points.lengths()
    errors, vectors = points.left[at].astype(np.float64), points.right[at].astype(np.float64)
    written = np.einsum("nk,nd->nkd", errors, vectors).reshape(len(at), -1)
    squared = (written**2).sum(axis=1)
    apart = squared[:, None] + squared[None] - 2 * written @ written.T
    off = np.abs(points.apart(lengths, at, at) - apart).max()
    return float(max(off, np.abs(lengths[at] - squared).max()))


def typical(size: int) -> Found:
    """Typical rows of groups that have no label yet."""
    made = make(size, 10)
    pool = made.pool()
    memory = extra_memory(lambda: typical_of(pool, BATCH, _rng()))
    ours, _ = _least(lambda: typical_of(pool, BATCH, _rng()))
    found: Found = {"ours": ours, "memory": memory}
    peers = _peers()
    if peers is not None:
        rows, labels = made.all_rows()
        found["peer"], _ = _least(lambda: peers.TypiClust(random_state=0).query(rows, labels, batch_size=BATCH), 1)
    return found


def typical_quality(size: int) -> Found:
    """Few-shot accuracy of a plain model on what is called typical of real texts; ``size`` rows at most."""
    from sklearn.linear_model import LogisticRegression

    from eval.bench.texts.sampling import clinc_task

    task = clinc_task()
    train, codes = task.train[:size], task.train_codes[:size]
    peers = _peers()
    if peers is None:
        return {}
    nothing = np.full(len(train), np.nan)
    found: Found = {}
    for count in (150, 300):
        ours: list[float] = []
        theirs: list[float] = []
        for seed in range(3):
            pool = Pool(train, np.zeros((len(train), 0), np.float32), train[:0], train[0])
            mine = typical_of(pool, count, np.random.default_rng(seed)).rows
            other = peers.TypiClust(random_state=seed).query(train, nothing, batch_size=count)
            for rows, kept in ((mine, ours), (np.asarray(other), theirs)):
                model = LogisticRegression(C=20.0, max_iter=1000).fit(train[rows], codes[rows])
                kept.append(float(model.score(task.test, task.test_codes)))
        found[str(count)] = {"ours": float(np.mean(ours)), "peer": float(np.mean(theirs))}
    return found


def _peers() -> Any:
    """The strategies of scikit-activeml, or ``None`` where it is not installed."""
    try:
        from skactiveml import pool
    except ImportError:
        return None
    return pool


PARTS: dict[str, Callable[[int], Found]] = {
    part.__name__: part for part in (a_round, k_centre, badge, typical, typical_quality)
}


def run_part(name: str, size: int) -> Found:
    """Run one part in a fresh process."""
    return run_module("eval.bench.texts.selection_parts", name, str(size))


def main() -> None:
    """Run one part in this process."""
    name, size = sys.argv[1:3]
    with warnings.catch_warnings():
        # The peers warn about their own use of others.
        warnings.simplefilter("ignore")
        found = PARTS[name](int(size))
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
