"""One trial of suggesting labels on a real collection: draw, learn, judge what was not drawn."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval.bench.texts.labelled_texts import OUT_OF_SCOPE, Codes, TextSet, balanced_draw, vectors_for
from tools.backends.contract import Embedder, Example, Input, Matrix
from tools.backends.learning.held_out import held_out_of
from tools.backends.learning.material import POOL_SIZE
from tools.backends.texts.builtin_few_shot import FewShotClassifier
from tools.content import UNREAD
from tools.coverage import promised_cut
from tools.labels import Label
from tools.results import Artefact
from tools.schema import FieldSpec
from tools.statistics import Bools, Floats, ece_equal_mass

BINS = 10
TARGET = 0.97
KEPT = 0.95


@dataclass(frozen=True)
class Collection:
    """A text set with vectors (n, d) and class numbers (n,), -1 for what is out of scope; ``field`` asks for them."""

    texts: TextSet
    field: FieldSpec
    embedder: Embedder
    vectors: Matrix
    codes: Codes

    @property
    def in_scope(self) -> Codes:
        """Rows that have a label, ascending."""
        return np.flatnonzero(self.codes >= 0)

    def rows(self, split: str, in_scope: bool = True) -> Codes:
        """Rows of a split, with a label or without."""
        rows = self.texts.rows(split)
        return np.asarray(rows[(self.codes[rows] >= 0) == in_scope])


@dataclass(frozen=True)
class Fitted:
    """A classifier with what it learned."""

    collection: Collection
    classifier: FewShotClassifier
    artefact: Artefact

    def judge(self, rows: Codes) -> tuple[Floats, Bools]:
        """(score, right) of each row."""
        shares = self.classifier.probabilities(self.artefact, self.collection.vectors[rows])
        right = np.asarray(shares.argmax(axis=1) == self.collection.codes[rows])
        return np.asarray(shares.max(axis=1), dtype=np.float64), right

    def accuracy(self, rows: Codes) -> float:
        """Share of the rows that are right."""
        return float(self.judge(rows)[1].mean())

    def calibration_error(self, rows: Codes) -> float:
        """Over ten bins of equal size."""
        return ece_equal_mass(*self.judge(rows), BINS)

    def familiarity(self, rows: Codes) -> Matrix:
        """How much each row is like what was labelled."""
        return self.classifier.familiarity(self.artefact, self.collection.vectors[rows])


def collect(texts: TextSet, embedder: Embedder) -> Collection:
    """The set with vectors; 'oos' is no label but what none of the labels fits."""
    names = {label: name for label, name in texts.label_names.items() if label != OUT_OF_SCOPE}
    labels = tuple(Label(id=f"l_{label}", name=name) for label, name in names.items())
    field = FieldSpec(id="label", kind="choice", labels=labels, none_of_these=OUT_OF_SCOPE in texts.label_names)
    place = {label: number for number, label in enumerate(names)}
    codes = np.array([place.get(label, -1) for label in texts.labels], dtype=np.int64)
    return Collection(texts, field, embedder, vectors_for(texts.texts, embedder), codes)


def learn(collection: Collection, labelled: Codes, around: Codes, seed: int, calibrate: bool = True) -> Fitted:
    """Fit on the labels of rows, with an unlabelled pool drawn out of the rows ``around``."""
    rng = np.random.default_rng([seed, 1])
    pool = rng.permutation(around)[:POOL_SIZE]
    examples = [
        Example(one, {"label": collection.field.labels[collection.codes[row]].id}, calibrates=True)
        for one, row in zip(_inputs(collection, labelled), labelled, strict=True)
    ]
    classifier = FewShotClassifier(collection.field, collection.embedder, calibrate)
    return Fitted(collection, classifier, classifier.fit(examples, _inputs(collection, pool), seed))


def _inputs(collection: Collection, rows: Codes) -> list[Input]:
    return [Input(int(row), UNREAD, vector=collection.vectors[row]) for row in rows]


def learn_drawn(collection: Collection, per_label: int, seed: int) -> Fitted:
    """Fit on ``per_label`` labels of each class drawn out of the train split."""
    train = collection.rows("train")
    drawn = balanced_draw(collection.codes[train], per_label, np.random.default_rng(seed))
    return learn(collection, train[drawn], collection.texts.rows("train"), seed)


@dataclass(frozen=True)
class Foreign:
    """How texts out of scope were told apart.

    ``caught`` of them where 95 % of the test's own in-scope texts are kept; with the cut that was set on the labels,
    ``kept_by_cut`` of the in-scope texts stay and ``caught_by_cut`` of the foreign ones are marked.
    """

    caught: float
    kept_by_cut: float
    caught_by_cut: float


def tell_foreign(fitted: Fitted) -> Foreign:
    """Judge the test split."""
    inside = fitted.familiarity(fitted.collection.rows("test"))
    outside = fitted.familiarity(fitted.collection.rows("test", in_scope=False))
    at_share = float(np.quantile(inside, 1 - KEPT, method="lower"))
    cut = float(fitted.artefact.json.get("least_familiar", 0.0))
    return Foreign(float((outside < at_share).mean()), float((inside >= cut).mean()), float((outside < cut).mean()))


@dataclass(frozen=True)
class Covered:
    """The promised share of one draw, and the agreement that the accepted others really had; 1 where none was."""

    coverage: float
    agreement: float

    @property
    def is_broken(self) -> bool:
        """Whether the promise was not kept."""
        return self.agreement < TARGET


def cover(fitted: Fitted, rows: Codes) -> Covered:
    """Set the cut on held-out labels alone, then accept among the rows that were not labelled."""
    judged = held_out_of(fitted.artefact)
    mine = judged.calibrates
    promise = promised_cut(judged.scores[mine].astype(np.float64), judged.right[mine], TARGET)
    if promise is None:
        return Covered(0.0, 1.0)
    scores, right = fitted.judge(rows)
    accepted = scores >= promise.threshold
    return Covered(float(accepted.mean()), float(right[accepted].mean()) if accepted.any() else 1.0)


def cover_split(collection: Collection, per_label: int, seed: int) -> Covered:
    """A random split of everything in scope: so many labels of each class, judged on all the others."""
    rows = collection.in_scope
    drawn = balanced_draw(collection.codes[rows], per_label, np.random.default_rng([seed, 2]))
    others = np.setdiff1d(np.arange(len(rows)), drawn)
    return cover(learn(collection, rows[drawn], rows, seed), rows[others])


def mean(values: Sequence[float]) -> float:
    """Their mean."""
    return statistics.fmean(values)
