"""How the relations between two spans are learned: one question a pair, whose answers are sets of directed relations.

The answers are the sets that people gave (label powerset, Tsoumakas and Vlahavas, ECML 2007), so that both directions
and several relations between the same two spans are possible and contradict each other only where people did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.backends.contract import Matrix
from tools.backends.texts.choice_training import calibration_scope
from tools.backends.texts.pair_features import Pair
from tools.backends.texts.sparse_linear import Codes, Columns, fit_sparse
from tools.schema import FieldSpec
from tools.statistics import fit_power, mean_log_loss, softmax

Directed = tuple[str, bool]
"""A relation's label and whether it goes with the text, from the earlier span to the later one."""

Relations = frozenset[Directed]
NONE: Relations = frozenset()
ITEMS_TO_TUNE = 20
USUAL_C = 30.0
_GRID = (10.0, 30.0, 100.0)
_LEANS = (0.0, 0.5, 1.0, 1.5)
_SMOOTH = (0.25, 0.5, 0.25)
_FOLDS = 5
_MOST_PAIRS = 20_000
# Pairs times answers; beyond it one held-out fifth has to do.
_LARGE = 200_000
_RARE_FROM = 500
_IMPOSSIBLE = -1e4


@dataclass(frozen=True)
class Lessons:
    """Pairs of confirmed items, aligned: attributes, answers, which answers the schema allows (n, K), item numbers.

    ``answers`` are all sets that were given, "none" first; ``calibrates`` (items,) marks items that nobody steered.
    """

    rows: Sequence[Sequence[str]]
    codes: Codes
    allowed: npt.NDArray[np.bool_]
    items: Codes
    answers: tuple[Relations, ...]
    calibrates: npt.NDArray[np.bool_]

    def part(self, keep: npt.NDArray[np.bool_]) -> Lessons:
        """Some of the pairs."""
        rows = [self.rows[at] for at in np.flatnonzero(keep).tolist()]
        return replace(self, rows=rows, codes=self.codes[keep], allowed=self.allowed[keep], items=self.items[keep])


@dataclass(frozen=True)
class PairModel:
    """Weights (A, K) of attributes by answer; ``lean`` makes "none" less likely, ``power`` turns scores to chances."""

    columns: Columns
    weights: Matrix
    answers: tuple[Relations, ...]
    lean: float = 0.0
    power: float = 1.0

    def logits(self, rows: Sequence[Sequence[str]], allowed: npt.NDArray[np.bool_]) -> Matrix:
        """Shape (n, K); what the schema forbids is impossible."""
        found = np.asarray(self.columns.matrix(rows) @ self.weights, dtype=np.float32)
        found[:, 0] -= self.lean
        return np.where(allowed, found, np.float32(_IMPOSSIBLE))


@dataclass(frozen=True)
class Learned:
    """The model, the C that was chosen, and the unsteered items behind its scores (0: too few)."""

    model: PairModel
    c: float
    calibrated_on: int


@dataclass(frozen=True)
class _HeldOut:
    """Pairs with what a model without their items says."""

    lessons: Lessons
    logits: Matrix


def allowed_answers(field: FieldSpec, answers: Sequence[Relations], pair: Pair) -> list[bool]:
    """Which answers fit the kinds of both spans; "none" always does."""
    return [all(may_join(field, label, *pair.ends(forward)) for label, forward in one) for one in answers]


def may_join(field: FieldSpec, label_id: str, source: Mapping[str, Any], target: Mapping[str, Any]) -> bool:
    """Whether the schema lets a relation of this label go from one span to the other."""
    label = field.label(label_id)
    fits_source = not label.from_ or source["label"] in label.from_
    return fits_source and (not label.to or target["label"] in label.to)


def learn_pairs(lessons: Lessons, rng: np.random.Generator) -> Learned:
    """Fit with C, lean and power chosen on items kept aside, where there are enough of them."""
    if len(lessons.calibrates) < ITEMS_TO_TUNE:
        return Learned(_fit(lessons, USUAL_C, rng), USUAL_C, 0)
    folds = rng.permutation(len(lessons.calibrates)) % _FOLDS
    rounds = 1 if len(lessons.codes) * len(lessons.answers) > _LARGE else _FOLDS
    # One fold tells the best C; how the answers are read and what they are worth takes all of them.
    c = min(_GRID, key=lambda tried: _loss(_held_out(lessons, folds, 1, tried, rng)))
    kept = _held_out(lessons, folds, rounds, c, rng)
    lean = _best_lean(kept)
    power, used = _calibrate(kept, lean)
    return Learned(replace(_fit(lessons, c, rng), lean=lean, power=power), c, used)


def _held_out(lessons: Lessons, folds: Codes, rounds: int, c: float, rng: np.random.Generator) -> _HeldOut:
    """Every item of the first ``rounds`` folds, answered by a model without its fold."""
    keep = np.zeros(len(lessons.codes), dtype=np.bool_)
    logits = np.zeros((len(lessons.codes), len(lessons.answers)), dtype=np.float32)
    for fold in range(rounds):
        held = folds[lessons.items] == fold
        rest = lessons.part(~held)
        if held.any() and rest.codes.any():
            part = lessons.part(held)
            logits[held] = _fit(rest, c, rng).logits(part.rows, part.allowed)
            keep |= held
    return _HeldOut(lessons.part(keep), logits[keep])


def _fit(lessons: Lessons, c: float, rng: np.random.Generator) -> PairModel:
    """Thin out the pairs without a relation where there are too many, then fit; answers not seen stay impossible."""
    at = np.arange(len(lessons.codes))
    if len(at) > _MOST_PAIRS:
        none, rest = np.flatnonzero(lessons.codes == 0), np.flatnonzero(lessons.codes)
        at = np.sort(np.concatenate([rest, rng.permutation(none)[: max(0, _MOST_PAIRS - len(rest))]]))
    rows, codes = [lessons.rows[n] for n in at.tolist()], lessons.codes[at]
    columns = Columns.of(rows, 2 if len(rows) >= _RARE_FROM else 1)
    seen = np.unique(np.append(codes, 0))
    found = fit_sparse(columns.matrix(rows), np.searchsorted(seen, codes), len(seen), c)
    weights = np.zeros((len(columns.numbers), len(lessons.answers)), dtype=np.float32)
    weights[:, seen] = found
    weights[:, np.setdiff1d(np.arange(len(lessons.answers)), seen)] = _IMPOSSIBLE
    return PairModel(columns, weights, lessons.answers)


def _loss(held: _HeldOut) -> float:
    """Mean log loss of the held-out pairs, infinite where there are none."""
    return mean_log_loss(held.logits, held.lessons.codes) if len(held.logits) else np.inf


def _best_lean(held: _HeldOut) -> float:
    """The lean with the best F1 over the relations of held-out pairs; neighbours are averaged against chance peaks."""
    sizes = np.array([len(answer) for answer in held.lessons.answers])
    wanted = int(sizes[held.lessons.codes].sum())
    found = []
    for lean in _LEANS:
        given = _leaning(held, lean).argmax(axis=1)
        right = int(sizes[given[given == held.lessons.codes]].sum())
        found.append(2 * right / max(1, wanted + int(sizes[given].sum())))
    smooth = np.convolve([found[0], *found, found[-1]], _SMOOTH, mode="valid")
    return _LEANS[int(np.argmax(smooth))]


def _leaning(held: _HeldOut, lean: float) -> Matrix:
    pushed = held.logits.copy()
    pushed[:, 0] -= np.float32(lean)
    return pushed


def _calibrate(held: _HeldOut, lean: float) -> tuple[float, int]:
    """(power, unsteered items used): the score of an item is the product of its pairs' shares to that power."""
    shares = softmax(_leaning(held, lean)) if len(held.logits) else held.logits
    numbers, at = np.unique(held.lessons.items, return_inverse=True)
    if not len(numbers):
        return 1.0, 0
    logs = np.bincount(at, weights=np.log(np.maximum(shares.max(axis=1), 1e-12)))
    wrong = np.bincount(at, weights=shares.argmax(axis=1) != held.lessons.codes)
    scope, used = calibration_scope(held.lessons.calibrates[numbers])
    return fit_power(np.exp(logs)[scope], (wrong == 0)[scope]), used


def count_answers(given: Sequence[Relations]) -> tuple[Relations, ...]:
    """All sets that were given, "none" first, then the commonest."""
    counts = Counter(answer for answer in given if answer)
    return (NONE, *sorted(counts, key=lambda one: (-counts[one], sorted(one))))


def to_record(answers: Sequence[Relations]) -> list[list[list[str | bool]]]:
    """JSON-able form of answers; :func:`from_record` reads it back."""
    return [[[label, forward] for label, forward in sorted(answer)] for answer in answers]


def from_record(record: Sequence[Sequence[Sequence[Any]]]) -> tuple[Relations, ...]:
    """The inverse of :func:`to_record`."""
    return tuple(frozenset((str(label), bool(forward)) for label, forward in answer) for answer in record)


def relations_of(answer: Relations, pair: Pair) -> Iterator[tuple[str, Mapping[str, Any], Mapping[str, Any]]]:
    """(label, source, target) of each relation of an answer."""
    for label, forward in sorted(answer):
        yield label, *pair.ends(forward)
