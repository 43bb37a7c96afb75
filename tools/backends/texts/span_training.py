"""How a span model is read best, found on confirmed texts that it did not learn from, and how far its scores hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from tools.backends.texts.choice_training import calibration_scope
from tools.backends.texts.crf import Settings
from tools.backends.texts.span_model import Answer, Manner, Sight, SpanModel, train_model
from tools.backends.texts.span_tags import Region
from tools.backends.texts.tokens import Token
from tools.backends.texts.word_classes import WordClasses
from tools.statistics import fit_power, stratified_folds

TEXTS_TO_TUNE = 20
UNTUNED = Manner(lean=0.5, adds_forms=True)
LEANS = (0.0, 0.5, 1.0, 1.5, 2.0)

_FOLDS = 5
# Beyond so many tokens five more trainings would take a minute: one held-out fifth has to do.
_LARGE = 12_000


@dataclass(frozen=True)
class Lessons:
    """Confirmed texts: tokens, regions and whether nobody steered the answer (n,)."""

    texts: Sequence[Sequence[Token]]
    regions: Sequence[Sequence[Region]]
    calibrates: npt.NDArray[np.bool_]
    coarse: bool

    def part(self, keep: npt.NDArray[np.bool_]) -> Lessons:
        """Some of the texts."""
        at = np.flatnonzero(keep).tolist()
        return Lessons([self.texts[n] for n in at], [self.regions[n] for n in at], self.calibrates[keep], self.coarse)


@dataclass(frozen=True)
class Tuned:
    """The manner of reading, and how many unsteered texts stand behind the scores (0: too few)."""

    manner: Manner
    calibrated_on: int


@dataclass(frozen=True)
class _HeldOut:
    model: SpanModel
    sights: list[Sight]
    lessons: Lessons

    def answers(self, manner: Manner) -> list[Answer]:
        return self.model.answer(self.sights, manner)


def train(lessons: Lessons, classes: WordClasses, settings: Settings) -> SpanModel:
    """The model of all the lessons."""
    return train_model(lessons.texts, lessons.regions, lessons.coarse, classes, settings)


def tune(lessons: Lessons, classes: WordClasses, settings: Settings, rng: np.random.Generator) -> Tuned:
    """Choose a manner by its strict F1 on held-out texts and fit the power that makes its scores chances."""
    if len(lessons.texts) < TEXTS_TO_TUNE:
        return Tuned(UNTUNED, 0)
    held = list(_held_out(lessons, classes, settings, rng))
    manner = _best_manner(held)
    chances = np.array([answer.chance for one in held for answer in one.answers(manner)])
    right = np.array([_is_right(answer, gold) for one in held for answer, gold in _pairs(one, manner)], dtype=np.bool_)
    scope, used = calibration_scope(np.concatenate([one.lessons.calibrates for one in held]))
    return Tuned(replace(manner, power=fit_power(chances[scope], right[scope])), used)


def _held_out(
    lessons: Lessons, classes: WordClasses, settings: Settings, rng: np.random.Generator
) -> Iterator[_HeldOut]:
    """Models of parts of the lessons with what they say of the rest."""
    has_spans = np.array([bool(found) for found in lessons.regions], dtype=np.int64)
    folds = stratified_folds(has_spans, _FOLDS, rng)
    rounds = 1 if sum(map(len, lessons.texts)) > _LARGE else _FOLDS
    for fold in range(rounds):
        rest, held = lessons.part(folds != fold), lessons.part(folds == fold)
        if any(rest.regions):
            model = train(rest, classes, settings)
            yield _HeldOut(model, list(model.look_at(held.texts)), held)


def _best_manner(held: Sequence[_HeldOut]) -> Manner:
    """Half way from the lean with the best strict F1 to the largest that is as good within one standard error.

    Where held-out texts cannot tell leans apart (the rule of one standard error, Breiman et al., 1984) more spans are
    better than fewer: a wrong one takes one key to reject, a missed one has to be found and marked. Sure forms are
    added on the same terms.
    """
    found = {lean: _f1(held, Manner(lean, adds_forms=True)) for lean in LEANS}
    best = max(LEANS, key=lambda lean: (found[lean][0], -lean))
    furthest = max(lean for lean in LEANS if found[lean][0] >= found[best][0] - found[best][1])
    lean = (best + furthest) / 2
    (added, _), (bare, error) = (_f1(held, Manner(lean, adds_forms)) for adds_forms in (True, False))
    return Manner(lean, added >= bare - error)


def _f1(held: Sequence[_HeldOut], manner: Manner) -> tuple[float, float]:
    """Strict F1 over all held-out texts and its standard error, as of a ratio of sums over texts."""
    counts = np.array(
        [
            (2 * len(set(answer.regions) & set(gold)), len(answer.regions) + len(set(gold)))
            for one in held
            for answer, gold in _pairs(one, manner)
        ],
        dtype=np.float64,
    ).reshape(-1, 2)
    total = max(1.0, float(counts[:, 1].sum()))
    f1 = float(counts[:, 0].sum()) / total
    return f1, float(np.sqrt(((counts[:, 0] - f1 * counts[:, 1]) ** 2).sum())) / total


def _pairs(one: _HeldOut, manner: Manner) -> Iterator[tuple[Answer, Sequence[Region]]]:
    return zip(one.answers(manner), one.lessons.regions, strict=True)


def _is_right(answer: Answer, gold: Sequence[Region]) -> bool:
    return set(answer.regions) == set(gold)
