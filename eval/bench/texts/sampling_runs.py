"""Sampling played through on labelled texts: what a strategy asks for is answered from the file, round after round."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.backends.contract import Matrix
from tools.backends.learning.embedding import OfTexts
from tools.backends.learning.material import POOL_SIZE, make_examples, make_inputs
from tools.backends.texts.builtin_few_shot import FewShotClassifier
from tools.content import UNREAD
from tools.sample.strategies import STRATEGIES, UNCERTAIN, Pool, usual_strategy
from tools.schema import FieldSpec, schema_from_labels

Codes = npt.NDArray[np.int64]


class StoredNames(OfTexts):
    """An embedder that knows the names of the labels and nothing else; the texts come with their vectors."""

    reference, revision, pace = "stored", "1", 1

    def __init__(self, names: Sequence[str], vectors: Matrix) -> None:
        """``vectors`` (K, d), aligned with the names."""
        self._rows = {name: row for name, row in zip(names, vectors, strict=True)}
        self.dimension = vectors.shape[1]

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Their rows."""
        return np.stack([self._rows[text] for text in texts])


@dataclass(frozen=True)
class Task:
    """Texts to be labelled and texts to test on, as unit rows; codes are positions in ``names``, (K,)."""

    train: Matrix
    train_codes: Codes
    test: Matrix
    test_codes: Codes
    names: tuple[str, ...]
    name_vectors: Matrix

    def save(self, place: Path) -> None:
        """Keep it for the processes that work on it."""
        arrays: dict[str, Any] = {"names": np.array(self.names), **{key: getattr(self, key) for key in _ARRAYS}}
        np.savez(place, **arrays)


_ARRAYS = ("train", "train_codes", "test", "test_codes", "name_vectors")


@lru_cache(maxsize=1)
def _load(place: str) -> Task:
    with np.load(place, allow_pickle=False) as kept:
        return Task(names=tuple(kept["names"].tolist()), **{key: kept[key] for key in _ARRAYS})


@dataclass(frozen=True)
class Job:
    """One run: ``strategy`` with ``seed`` in batches until the accuracy stays above ``enough`` or ``most`` is reached.

    The strategy "full" stands for one model of all labels.
    """

    place: str
    strategy: str
    seed: int
    batch: int
    most: int
    enough: float


@dataclass(frozen=True)
class Run:
    """Accuracies on the test texts at growing numbers of labels."""

    strategy: str
    seed: int
    counts: tuple[int, ...]
    accuracies: tuple[float, ...]

    def labels_for(self, accuracy: float) -> float | None:
        """Labels at which the curve first reaches it, linear between two points; ``None`` where it never does."""
        for at, reached in enumerate(self.accuracies):
            if reached >= accuracy:
                if at == 0:
                    return float(self.counts[0])
                before, rise = self.accuracies[at - 1], reached - self.accuracies[at - 1]
                step = self.counts[at] - self.counts[at - 1]
                return self.counts[at - 1] + step * (accuracy - before) / rise
        return None

    def at(self, count: int) -> float | None:
        """Accuracy at so many labels, where it was measured."""
        return self.accuracies[self.counts.index(count)] if count in self.counts else None


class _Bench:
    """The learner of the product on one task."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.field: FieldSpec = schema_from_labels(list(task.names)).main_field()
        spoken = [label.name.replace("_", " ") for label in self.field.labels]
        self._classifier = FewShotClassifier(self.field, StoredNames(spoken, task.name_vectors), calibrate=False)
        self._values: list[Mapping[str, Any]] = [{"label": self.field.labels[code].id} for code in task.train_codes]
        self.names = tuple(self.field.label(one).name for one in self._classifier.classes)

    def fit(self, rows: list[int], pool: Codes, seed: int) -> Any:
        """Learn from labelled rows of the train texts and an unlabelled pool of them."""
        inputs = make_inputs(rows, [UNREAD] * len(rows), self.task.train[rows])
        examples = make_examples(inputs, [self._values[row] for row in rows], [False] * len(rows))
        around = make_inputs(pool, [UNREAD] * len(pool), self.task.train[pool])
        return self._classifier.fit(examples, around, seed)

    def shares(self, artefact: Any, vectors: Matrix) -> Matrix:
        """Probabilities of the classes."""
        return self._classifier.probabilities(artefact, vectors)

    def accuracy(self, artefact: Any) -> float:
        """Share of the test texts that are answered rightly."""
        return float((self.shares(artefact, self.task.test).argmax(axis=1) == self.task.test_codes).mean())


def play(job: Job) -> Run:
    """Carry one run out, with the labels of the file as the answers of people."""
    bench = _Bench(_load(job.place))
    rng = np.random.default_rng(job.seed)
    size = len(bench.task.train)
    if job.strategy == "full":
        artefact = bench.fit(list(range(size)), np.zeros(0, dtype=np.int64), job.seed)
        return Run(job.strategy, job.seed, (size,), (bench.accuracy(artefact),))
    labelled: list[int] = []
    counts, accuracies = [], []
    order = rng.permutation(size)
    while True:
        left = np.setdiff1d(np.arange(size), labelled)
        artefact = bench.fit(labelled, rng.permutation(left)[:POOL_SIZE], job.seed)
        counts.append(len(labelled))
        accuracies.append(bench.accuracy(artefact))
        is_enough = len(accuracies) > 1 and min(accuracies[-2:]) >= job.enough
        if is_enough or len(labelled) + job.batch > min(job.most, size):
            return Run(job.strategy, job.seed, tuple(counts), tuple(accuracies))
        if job.strategy == "random":
            labelled = order[: len(labelled) + job.batch].tolist()
        else:
            labelled += left[_choose(job, bench, artefact, left, labelled, rng)].tolist()


def _choose(
    job: Job, bench: _Bench, artefact: Any, left: Codes, labelled: list[int], rng: np.random.Generator
) -> Codes:
    name = usual_strategy(len(labelled), len(bench.names)) if job.strategy == "auto" else job.strategy
    vectors = bench.task.train[left]
    shares = bench.shares(artefact, vectors) if name in UNCERTAIN else np.zeros((len(left), 0), np.float32)
    nothing = np.zeros(vectors.shape[1], dtype=np.float32)
    pool = Pool(vectors, shares, bench.task.train[labelled], nothing, bench.names)
    return STRATEGIES[name](pool, job.batch, rng).rows


def play_all(jobs: Sequence[Job]) -> list[Run]:
    """All runs, on every core one at a time; long ones had better come first."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    with (
        _one_thread_each(),
        ProcessPoolExecutor(max_workers=min(cores, len(jobs)), mp_context=get_context("spawn")) as workers,
    ):
        return list(workers.map(play, jobs))


@contextmanager
def _one_thread_each() -> Any:
    """What is started in here uses one thread a process."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "ASSISTANT_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.__setitem__(name, value)
