"""Selective prediction: which share of a model's answers can be accepted, and what is promised about them.

An answer is accepted where its score reaches a cut. The promise is about all answers above the cut: at least ``target``
of them agree with people, with probability 1 - ``delta`` over the draw of the labels that the cut was found on.

The bound is that of selective guaranteed risk (Geifman and El-Yaniv, NeurIPS 2017) by Clopper and Pearson. Looking at
many cuts would break it if the best were simply taken; so the cuts are tested in an order that is settled before any
answer is looked at, from the strictest down, and the first that fails ends the search (fixed sequence testing; Bauer,
Stat. Med. 10, 1991; Angelopoulos et al., Learn then Test, 2021). That needs no correction for the number of cuts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.errors import InputError
from tools.statistics import Bools, Floats, Integers, clopper_pearson_lower, clopper_pearson_upper

DELTA = 0.1
"""One promise in ten may be broken."""

_STEPS = 40
# Starting where a few wrong answers are allowed keeps one odd label among the surest from ending the search.
_SLIPS_AT_START = 3
_FACTORS = (1.25, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0)


@dataclass(frozen=True, slots=True)
class Promise:
    """Answers with a score of at least ``threshold`` are right often enough.

    ``accepted`` of the ``n`` answers looked at are above the cut, ``right`` of them were right. ``least`` is the
    agreement that holds with probability 1 - delta.
    """

    threshold: float
    accepted: int
    right: int
    n: int
    least: float

    @property
    def share(self) -> float:
        """The coverage: which share of the answers can be accepted."""
        return self.accepted / self.n


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Agreement among the surest ``accepted`` answers, with its lower bound at probability 1 - delta."""

    share: float
    accepted: int
    agreement: float
    least: float


def promised_cut(scores: Floats, right: Bools, target: float, delta: float = DELTA) -> Promise | None:
    """The lowest cut that keeps the promise, ``None`` where none does; ``scores`` and ``right`` have shape (n,).

    Equal scores stand or fall together. Scores must come from models that did not see the answers.
    """
    check_target(target)
    order, failures = _ranked(scores, right)
    ends = _ends_of_ties(scores[order])
    found = None
    for at in ends[np.searchsorted(ends, _sequence(len(order), target, delta))]:
        bound = clopper_pearson_upper(int(failures[at]), int(at) + 1, delta)
        if bound > 1 - target:
            break
        accepted = int(at) + 1
        found = Promise(float(scores[order[at]]), accepted, accepted - int(failures[at]), len(order), 1 - bound)
    return found


def first_cut(scores: Floats, right: Bools, target: float, delta: float = DELTA) -> tuple[int, int]:
    """(answers, how many of them were right) of the surest set that the promise is tested on first.

    Where there are too few answers to test any, these are all of them.
    """
    order, failures = _ranked(scores, right)
    tested = _sequence(len(order), target, delta)
    if not len(tested):
        return len(order), int(right.sum())
    ends = _ends_of_ties(scores[order])
    at = int(ends[np.searchsorted(ends, tested[0])])
    return at + 1, at + 1 - int(failures[at])


def answers_missing(scores: Floats, right: Bools, target: float, delta: float = DELTA) -> int | None:
    """How many more answers like these would give a promise, roughly; ``None`` where ten times as many would not.

    0 where there is one already. The model is taken to stay as right as it is.
    """
    if promised_cut(scores, right, target, delta) is not None:
        return 0
    fewest = fewest_answers(target, delta)
    if len(scores) < fewest:
        return fewest - len(scores)
    _, failures = _ranked(scores, right)
    for factor in _FACTORS:
        size = int(np.ceil(factor * len(scores)))
        first = int(_sequence(size, target, delta)[0])
        # The surest answers of a larger set of the same kind go wrong as often as they do here.
        at = min(len(scores) - 1, int(first / factor))
        wrong = min(first + 1, int(np.ceil(failures[at] * factor)))
        if clopper_pearson_upper(wrong, first + 1, delta) <= 1 - target:
            return size - len(scores)
    return None


def fewest_answers(target: float, delta: float = DELTA, slips: int = 0) -> int:
    """The smallest number of answers that bounds the error when ``slips`` of them are wrong: 76 for 97 % and none."""
    low, high = slips + 1, slips + 2
    while clopper_pearson_upper(slips, high, delta) > 1 - target:
        low, high = high, 2 * high
    while low < high:
        middle = (low + high) // 2
        enough = clopper_pearson_upper(slips, middle, delta) <= 1 - target
        low, high = (low, middle) if enough else (middle + 1, high)
    return low


def agreement_curve(scores: Floats, right: Bools, points: int = 20, delta: float = DELTA) -> list[CurvePoint]:
    """Agreement among the surest share of the answers, for shares up to all of them; equal scores stay together."""
    order, failures = _ranked(scores, right)
    if not len(order):
        return []
    ends = _ends_of_ties(scores[order])
    wanted = np.ceil(np.arange(1, points + 1) * len(order) / points).astype(np.int64) - 1
    made = []
    for at in np.unique(ends[np.searchsorted(ends, wanted)]).tolist():
        hits = at + 1 - int(failures[at])
        least = clopper_pearson_lower(hits, at + 1, delta)
        made.append(CurvePoint((at + 1) / len(order), at + 1, hits / (at + 1), least))
    return made


def check_target(target: float) -> None:
    """Refuse a share that no promise can be about."""
    if not 0.5 <= target <= 0.999:
        raise InputError(f"An agreement to be promised lies between 0.5 and 0.999, got {target:g}.")


def _ranked(scores: Floats, right: Bools) -> tuple[Integers, Integers]:
    """(order from the surest on, how many were wrong up to each place)."""
    if scores.shape != right.shape:
        raise InputError(f"Every score needs its outcome, got {scores.shape} and {right.shape}.")
    order = np.argsort(-scores, kind="stable")
    return order, np.cumsum(~right[order])


def _ends_of_ties(ranked: Floats) -> Integers:
    """Positions where a run of equal scores ends, ascending."""
    if not len(ranked):
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(np.append(ranked[1:] < ranked[:-1], True))


def _sequence(n: int, target: float, delta: float) -> Integers:
    """Positions of the cuts to be tested in order; they follow from ``n``, ``target`` and ``delta`` alone."""
    for slips in range(_SLIPS_AT_START, -1, -1):
        first = fewest_answers(target, delta, slips)
        # Half of the answers should be left to walk down to, else the search starts stricter.
        if first <= n / 2 or (slips == 0 and first <= n):
            steps = np.linspace(first, n, _STEPS).round().astype(np.int64)
            return np.unique(steps) - 1
    return np.zeros(0, dtype=np.int64)
