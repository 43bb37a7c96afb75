"""Does the sampling pay? Labels as they came against labels that chance alone chose, from the project's own labels.

A share of the items is drawn by chance and served without suggestions. The labels given there are a random sample of
the whole pool, so a model may be tested on them; held out by folds, each is tested by a model that did not see it. The
same labels are the random arm: models that learn from as many of them alone show what random sampling would have given.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.backends.contract import Embedder, Example, Input, Matrix
from tools.backends.learning.label_names import knows_words, word_vectors
from tools.backends.learning.material import make_examples, make_inputs
from tools.backends.texts.builtin_few_shot import REVISION, FewShotClassifier
from tools.content import UNREAD, Content
from tools.context import Answer, ArrayCache, IdArray, ToolContext
from tools.draws import uniform_of
from tools.errors import Conflict
from tools.learning.curves import Curve, halving_counts
from tools.learning.material import pool_inputs, project_embedder, vectors_for
from tools.records import to_json
from tools.schema import FieldSpec
from tools.statistics import Bools, Integers
from tools.values import value_labels

FOLDS = 3
FEWEST_TESTED = 30
"""With fewer labels to test on, an accuracy is known to no better than 15 points or so."""

MOST_TESTED = 400
MOST_LABELS = 3000
"""So many labels are learned from at most; a curve of more would take a minute and bend no differently."""

_POINTS = 6
_LEAST_LABELS = 10
_SECONDS_FOR_LABELLED, _SECONDS_FOR_POOL = 15, 3


@dataclass(frozen=True)
class LabelOrder:
    """Labels of one field, first come first, aligned.

    ``drawn`` says that chance chose the item, ``tested`` that the label may test a model: nobody steered it either.
    ``total`` counts the labels there are; where they are many, these are an even draw of them.
    """

    item_ids: IdArray
    values: tuple[Mapping[str, Any], ...]
    moments: tuple[datetime, ...]
    tested: Bools
    drawn: Bools
    answer: Answer
    total: int

    def __len__(self) -> int:
        """How many labels are looked at."""
        return len(self.values)

    def only(self, keep: Bools) -> LabelOrder:
        """Some of the labels, in the same order."""
        rows = np.flatnonzero(keep)
        return LabelOrder(
            self.item_ids[rows],
            tuple(self.values[row] for row in rows),
            tuple(self.moments[row] for row in rows),
            self.tested[rows],
            self.drawn[rows],
            self.answer,
            self.total,
        )

    def before(self, moment: datetime) -> LabelOrder:
        """The labels that had come by then."""
        return self.only(np.array([one < moment for one in self.moments], dtype=np.bool_))


def read_order(ctx: ToolContext, field: FieldSpec) -> LabelOrder:
    """The labels of a field in the order in which they came; those of one moment, such as an import's, by chance."""
    answer = ctx.ask("label_order", field=field.id, with_bulk=bool(ctx.settings.get("train_on_bulk")))
    place = {name: at for at, name in enumerate(answer.columns)}
    ids = np.array([row[place["item_id"]] for row in answer.rows], dtype=np.int64)
    kept = np.argsort(uniform_of(ctx.seed, f"looked at:{field.id}", ids), kind="stable")[:MOST_LABELS]
    chance = uniform_of(ctx.seed, f"order:{field.id}", ids)
    order = sorted(kept.tolist(), key=lambda at: (answer.rows[at][place["made_at"]], chance[at]))
    rows = [answer.rows[at] for at in order]
    return LabelOrder(
        np.array([row[place["item_id"]] for row in rows], dtype=np.int64),
        tuple(json.loads(row[place["value"]]) for row in rows),
        tuple(row[place["made_at"]] for row in rows),
        np.array([row[place["tested"]] for row in rows], dtype=np.bool_),
        np.array([row[place["drawn"]] for row in rows], dtype=np.bool_),
        answer,
        len(ids),
    )


class _OnceEmbedder:
    """An embedder that is asked for the same words only once: the names of the labels, for every fit."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._made: dict[tuple[str, ...], Matrix] = {}
        self.reference, self.revision = embedder.reference, embedder.revision
        self.dimension, self.pace = embedder.dimension, embedder.pace

        self.knows_words = knows_words(embedder)

    def embed_contents(self, contents: Sequence[Content]) -> Matrix:
        """Rows of items."""
        return self._embedder.embed_contents(contents)

    def embed_words(self, words: Sequence[str]) -> Matrix:
        """Rows of words, made once."""
        key = tuple(words)
        if key not in self._made:
            self._made[key] = word_vectors(self._embedder, words)
        return self._made[key]


def open_embedder_of(ctx: ToolContext) -> Embedder:
    """The embedder of the project, remembering what it was asked."""
    return _OnceEmbedder(project_embedder(ctx).embedder)


Judge = Callable[[Integers, Integers], Bools]
"""Which of the second rows a model answers rightly that learned from the first rows."""


@dataclass(frozen=True)
class Material:
    """A label order with everything that models of it learn from; ``mark`` names field, embedder and model."""

    order: LabelOrder
    judge: Judge
    mark: str

    @property
    def digest(self) -> str:
        """Equal for equal labels in the same order under the same model."""
        order = self.order
        columns = [order.item_ids.tolist(), list(order.values), order.tested.tolist(), order.drawn.tolist()]
        return hashlib.sha256(f"{self.mark}{to_json(columns)}".encode()).hexdigest()

    def as_of(self, moment: datetime) -> Material:
        """The same when fewer labels had come; vectors of the pool as they are now."""
        # Labels come in order, so the earlier ones keep their row numbers.
        return replace(self, order=self.order.before(moment))


def gather(ctx: ToolContext, field: FieldSpec, order: LabelOrder, embedder: Embedder) -> Material:
    """Vectors of labels and pool, and the model bound to them. Labels without a vector yet are left out."""
    rng = np.random.default_rng(ctx.seed)
    known = set(FewShotClassifier(field, embedder, calibrate=False).classes)
    usable = np.array([set(value_labels(value)) <= known for value in order.values], dtype=np.bool_)
    order = order.only(usable)
    found = vectors_for(ctx, embedder, order.item_ids, embedder.pace * _SECONDS_FOR_LABELLED, rng)
    order, vectors = order.only(found.present), found.matrix[found.present]
    around = pool_inputs(ctx, embedder, embedder.pace * _SECONDS_FOR_POOL, rng, without=order.item_ids)
    inputs = make_inputs(order.item_ids, [UNREAD] * len(order), vectors)
    examples = make_examples(inputs, order.values, order.tested.tolist())
    mark = [field.model_dump(mode="json", by_alias=True), embedder.reference, embedder.revision, REVISION, ctx.seed]
    return Material(order, _judge(field, embedder, examples, around, vectors, ctx.seed), to_json(mark))


def _judge(
    field: FieldSpec,
    embedder: Embedder,
    examples: list[Example],
    pool: list[Input],
    vectors: Matrix,
    seed: int,
) -> Judge:
    classifier = FewShotClassifier(field, embedder, calibrate=False)

    def judge(learned: Integers, tested: Integers) -> Bools:
        try:
            artefact = classifier.fit([examples[row] for row in learned], pool, seed)
        except Conflict:
            # Nothing to learn from: such a model answers nothing.
            return np.zeros(len(tested), dtype=np.bool_)
        shares = classifier.probabilities(artefact, vectors[tested])
        truth = [value_labels(examples[row].value) for row in tested]
        said = classifier.plainly(shares)
        return np.array([sorted(a) == sorted(b) for a, b in zip(said, truth, strict=True)], dtype=np.bool_)

    return judge


@dataclass(frozen=True)
class Arms:
    """The curve of the labels as they came and that of the random arm, on the same tested labels.

    ``shared`` are the points at which both were measured; the random arm has no others. Where hardly any label came
    from a strategy there is nothing to compare and ``drawn`` has no points.
    """

    came: Curve
    drawn: Curve

    @property
    def shared(self) -> int:
        """How many points both curves have, from the left."""
        return len(self.drawn.counts)


def folds_of(order: LabelOrder, seed: int, purpose: str) -> npt.NDArray[np.int64]:
    """The fold of each label that is tested, shape (n,), -1 for the others; fixed by seed and item."""
    folds = np.full(len(order), -1, dtype=np.int64)
    tested = np.flatnonzero(order.tested)
    ranked = tested[np.argsort(uniform_of(seed, f"curve:{purpose}", order.item_ids[tested]), kind="stable")]
    folds[ranked[:MOST_TESTED]] = np.arange(len(ranked[:MOST_TESTED])) % FOLDS
    return folds


def room(order: LabelOrder, folds: npt.NDArray[np.int64]) -> tuple[int, int]:
    """(labels, random labels) that every fold leaves to learn from."""
    held = [folds == fold for fold in range(FOLDS)]
    return min(int((~one).sum()) for one in held), min(int((order.drawn & ~one).sum()) for one in held)


def curve_counts(order: LabelOrder, folds: npt.NDArray[np.int64]) -> tuple[list[int], int]:
    """Numbers of labels to measure at, ascending, and how many of them, from the left, the random arm has too."""
    most, drawn = room(order, folds)
    counts = halving_counts(most, _LEAST_LABELS, _POINTS)
    if not has_strategy(order):
        return counts, 0
    mine = halving_counts(drawn, _LEAST_LABELS, 3) if drawn >= _LEAST_LABELS else []
    # A point next to one of the random arm's would say the same again.
    apart = [one for one in counts if all(not 0.75 < one / other < 1.33 for other in mine)]
    every = sorted({*mine, *apart})
    return every, sum(one <= drawn for one in every)


def has_strategy(order: LabelOrder) -> bool:
    """Whether a fair part of the labels, a tenth, came from something else than chance."""
    return bool((~order.drawn).sum() >= max(_LEAST_LABELS, len(order) / 10))


def measure_arms(
    material: Material, folds: npt.NDArray[np.int64], counts: Sequence[int], shared: int, cache: ArrayCache
) -> Arms:
    """Fit a model at every count, fold and arm; what was measured before is read from the cache."""
    tested = int((folds >= 0).sum())
    key = f"learning/{material.digest}/{to_json([list(counts), shared])}"
    kept = cache.get(key)
    if kept is None or kept.shape != (len(counts) + shared, tested):
        kept = _measured(material, folds, counts, shared)
        cache.put(key, kept.astype(np.uint8))
    right = kept.astype(np.bool_)
    numbers = np.array(counts, dtype=np.int64)
    return Arms(Curve(numbers, right[: len(counts)]), Curve(numbers[:shared], right[len(counts) :]))


def _measured(
    material: Material, folds: npt.NDArray[np.int64], counts: Sequence[int], shared: int
) -> npt.NDArray[np.bool_]:
    place = np.cumsum(folds >= 0) - 1
    right = np.zeros((len(counts) + shared, int((folds >= 0).sum())), dtype=np.bool_)
    for fold in range(FOLDS):
        held = np.flatnonzero(folds == fold)
        came = np.flatnonzero(folds != fold)
        drawn = came[material.order.drawn[came]]
        for at, count in enumerate(counts):
            right[at, place[held]] = material.judge(came[:count], held)
        for at, count in enumerate(counts[:shared]):
            right[len(counts) + at, place[held]] = material.judge(drawn[:count], held)
    return right
