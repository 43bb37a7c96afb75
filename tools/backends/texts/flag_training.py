"""How the few-shot classifier learns yes-or-no questions side by side: several labels at once, and ratings.

A rating is asked as "more than 1?", "more than 2?" and so on (Frank and Hall, ECML 2001), which keeps its order.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from tools.backends.contract import Matrix
from tools.backends.learning.held_out import HalfAsMany, HeldOut, compare_half
from tools.backends.learning.linear import SHARPNESS, Codes, Flags, Linear, fit_sigmoid
from tools.backends.texts.choice_training import (
    FOLDS,
    HALF_FOLDS,
    LABELS_TO_CALIBRATE,
    LARGE,
    USUAL_C,
    Evidence,
    calibration_scope,
)
from tools.backends.texts.familiarity import set_energy
from tools.statistics import fit_power, fit_sigmoid_temperature, sigmoid, stratified_folds

_LIKE_ENOUGH = 0.35
_CLOSE_TO_BEST = 0.05
_POSITIVES_FOR_A_THRESHOLD = 5


@dataclass(frozen=True)
class TrainedFlags:
    """K questions with the probability from which each is answered with yes, thresholds (K,).

    ``power`` makes the score of a whole answer from the product of its parts. ``may_be_empty`` says that people gave
    answers without any label. ``calibrated_on`` counts the unsteered labels behind the scores, 0 for too few.
    ``held`` is what was found out about answers kept aside, if any were.
    """

    linear: Linear
    thresholds: Matrix
    power: float = 1.0
    may_be_empty: bool = False
    calibrated_on: int = 0
    held: HeldOut | None = None


_Fit = Callable[[Evidence, Flags], Linear]


def train_flags(evidence: Evidence, targets: Flags, rng: np.random.Generator, calibrate: bool = True) -> TrainedFlags:
    """Learn which of K labels hold; ``targets`` (n, K). Without any row the names alone decide."""
    if not len(targets):
        bias = np.full(len(evidence.names), -SHARPNESS * _LIKE_ENOUGH, dtype=np.float32)
        by_name = Linear(evidence.names * np.float32(SHARPNESS), bias)
        return TrainedFlags(by_name, np.full(len(evidence.names), np.nan, dtype=np.float32))
    linear = _fit_labels(evidence, targets)
    may_be_empty = bool((~targets.any(axis=1)).any())
    plain = TrainedFlags(linear, np.full(targets.shape[1], 0.5, dtype=np.float32), may_be_empty=may_be_empty)
    if not calibrate or len(targets) < LABELS_TO_CALIBRATE:
        return plain
    strata = _strata(targets)
    folds = stratified_folds(strata, FOLDS, rng)
    at, logits = held_out_flags(evidence, targets, folds, _fit_labels)
    scope, used = calibration_scope(evidence.calibrates[at])
    temperature = fit_sigmoid_temperature(logits[scope], targets[at][scope])
    share = np.asarray(sigmoid(logits / temperature), dtype=np.float32)
    thresholds = best_thresholds(share, targets[at])
    made = TrainedFlags(linear.scaled(1 / temperature), thresholds, 1.0, may_be_empty, used)
    chosen, score = choose_labels(share, made)
    right = (chosen == targets[at]).all(axis=1)
    power = fit_power(score[scope], right[scope])
    energy = set_energy(np.asarray(logits[:, evidence.telling] / temperature, dtype=np.float32))

    def answer(learns: Flags, inside: Flags) -> Flags:
        few = _fit_labels(evidence.part(learns), targets[learns]).scaled(1 / temperature)
        shares = np.asarray(sigmoid(few.logits(evidence.rows[inside])), dtype=np.float32)
        return np.asarray((choose_labels(shares, made)[0] == targets[inside]).all(axis=1))

    halved = _halved(strata, folds, at, right, answer, rng, evidence.calibrates)
    held = HeldOut(at, np.asarray(score**power, dtype=np.float32), right, energy, halved)
    return replace(made, power=power, held=held)


def _halved(
    strata: Codes,
    folds: Codes,
    at: Codes,
    right: Flags,
    answer: Callable[[Flags, Flags], Flags],
    rng: np.random.Generator,
    counts: Flags,
) -> HalfAsMany:
    """What half of the answers are worth on rows that ``counts`` (n,) marks; ``right`` (m,) is of the rows ``at``."""
    known = np.zeros(len(strata), dtype=np.bool_)
    known[at] = right
    return compare_half(strata, folds, known, HALF_FOLDS if len(at) == len(strata) else 1, answer, rng, counts)


def _strata(targets: Flags) -> Codes:
    """The first label of each row, so that folds share the labels out; rows without any are of a kind of their own."""
    return np.asarray(np.where(targets.any(axis=1), targets.argmax(axis=1), targets.shape[1]), dtype=np.int64)


def _fit_labels(evidence: Evidence, targets: Flags) -> Linear:
    named = np.flatnonzero(evidence.named)
    rows = np.vstack([evidence.rows, evidence.names[named]])
    by_name = np.zeros((len(named), targets.shape[1]), dtype=np.bool_)
    by_name[np.arange(len(named)), named] = True
    return fit_sigmoid(rows, np.vstack([targets, by_name]), np.ones((len(rows), 1), np.float32), USUAL_C)


def held_out_flags(evidence: Evidence, targets: Flags, folds: Codes, fit: _Fit) -> tuple[Codes, Matrix]:
    """(row numbers, logits), each row answered by a model without it; rows of one fold only where all take too long."""
    rows, logits = [], []
    for fold in range(1 if targets.size > LARGE else FOLDS):
        held = folds == fold
        rows.append(np.flatnonzero(held))
        logits.append(fit(evidence.part(~held), targets[~held]).logits(evidence.rows[held]))
    return np.concatenate(rows), np.vstack(logits)


def best_thresholds(shares: Matrix, targets: Flags) -> Matrix:
    """For each label the probability cut with the best F1, shape (K,); 0.5 where it has too few positives to tell."""
    cuts = np.full(targets.shape[1], 0.5, dtype=np.float32)
    for label in np.flatnonzero(targets.sum(axis=0) >= _POSITIVES_FOR_A_THRESHOLD):
        order = np.argsort(-shares[:, label], kind="stable")
        hits = np.cumsum(targets[order, label])
        f1 = 2 * hits / (np.arange(1, len(order) + 1) + hits[-1])
        at = int(np.argmax(f1))
        below = shares[order[at + 1], label] if at + 1 < len(order) else 0.0
        # Halfway to the next score, and never so low or high that one odd label decides.
        cuts[label] = np.clip((shares[order[at], label] + below) / 2, 0.1, 0.9)
    return cuts


def choose_labels(shares: Matrix, trained: TrainedFlags) -> tuple[Flags, Matrix]:
    """Which labels to propose, (n, K), and the chance that exactly these hold, (n,), from probabilities (n, K)."""
    best = shares.max(axis=1, keepdims=True)
    if np.isnan(trained.thresholds).any():
        chosen = shares >= np.maximum(best - _CLOSE_TO_BEST, 0)
    else:
        chosen = shares >= trained.thresholds
    if not trained.may_be_empty:
        chosen |= (shares == best) & ~chosen.any(axis=1, keepdims=True)
    chance = np.where(chosen, shares, 1 - shares).prod(axis=1) ** trained.power
    return np.asarray(chosen), np.asarray(chance, dtype=np.float32)


def train_rating(
    evidence: Evidence, codes: Codes, steps: int, rng: np.random.Generator, calibrate: bool = True
) -> TrainedFlags:
    """Learn an ordered scale of ``steps`` values; ``codes`` (n,) count from 0. Its steps - 1 flags say "more than"."""
    targets = codes[:, None] > np.arange(steps - 1)
    cuts = np.full(steps - 1, 0.5, dtype=np.float32)
    linear = _fit_steps(evidence, targets)
    if not calibrate or len(codes) < LABELS_TO_CALIBRATE:
        return TrainedFlags(linear, cuts)
    folds = stratified_folds(codes, FOLDS, rng)
    at, logits = held_out_flags(evidence, targets, folds, _fit_steps)
    scope, used = calibration_scope(evidence.calibrates[at])
    temperature = fit_sigmoid_temperature(logits[scope], targets[at][scope])
    shares = rating_shares(np.asarray(logits / temperature, dtype=np.float32))
    chosen = middle_rating(shares)
    score, right = shares[np.arange(len(at)), chosen], chosen == codes[at]
    power = fit_power(score[scope], right[scope])

    def answer(learns: Flags, inside: Flags) -> Flags:
        few = _fit_steps(evidence.part(learns), targets[learns]).logits(evidence.rows[inside])
        return np.asarray(middle_rating(rating_shares(few)) == codes[inside])

    halved = _halved(codes, folds, at, right, answer, rng, evidence.calibrates)
    held = HeldOut(at, np.asarray(score**power, dtype=np.float32), right, score[:0], halved)
    return TrainedFlags(linear.scaled(1 / temperature), cuts, power, False, used, held)


def _fit_steps(evidence: Evidence, targets: Flags) -> Linear:
    return fit_sigmoid(evidence.rows, targets, np.ones((len(targets), 1), np.float32), USUAL_C)


def rating_shares(logits: Matrix) -> Matrix:
    """Probabilities of the ratings, (n, steps), from logits of "more than", (n, steps - 1)."""
    more = np.minimum.accumulate(sigmoid(logits), axis=1)
    ends = np.ones((len(logits), 1)), np.zeros((len(logits), 1))
    return np.asarray(-np.diff(np.hstack([ends[0], more, ends[1]]), axis=1), dtype=np.float32)


def middle_rating(shares: Matrix) -> Codes:
    """The median of each row's distribution, (n,): the guess with the smallest expected distance."""
    return np.asarray(
        (np.cumsum(shares, axis=1) < 0.5 - 1e-6).sum(axis=1).clip(max=shares.shape[1] - 1), dtype=np.int64
    )
