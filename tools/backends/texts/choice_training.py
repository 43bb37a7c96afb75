"""How the few-shot classifier learns one of K labels: regression with label names as evidence, calibrated out of fold.

With fewer than three labels a class or a hundred in all, the centres drawn out of the pool are the better model; later
they are added to the regression as far as held-out labels like it. Whatever it is made of, the result is one linear
model.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tools.backends.contract import CALIBRATING_LABELS, Matrix
from tools.backends.learning.held_out import HalfAsMany, HeldOut, compare_half
from tools.backends.learning.linear import Codes, Flags, Linear, draw_centres, fit_softmax, of_centres
from tools.backends.texts.familiarity import choice_energy
from tools.statistics import fit_temperature, log_losses, softmax, stratified_folds

SHOTS_FOR_REGRESSION = 3.0
LABELS_FOR_REGRESSION = 100
USUAL_C = 20.0

_UNDERCONFIDENCE = 0.6
_CENTRE_WEIGHT = 0.5
LABELS_TO_CALIBRATE = 20
FOLDS = 5
# One regression with labels x classes of this size takes about a second; beyond it one held-out fold has to do.
LARGE = 300_000
_CHEAP = 40_000
HALF_FOLDS = 2
_POOL_BESIDE = 2000
_IMPOSSIBLE = np.float32(-1e4)


@dataclass(frozen=True)
class Evidence:
    """What there is to learn from: names (K, d) with zero rows for nameless classes, rows (n, d), pool (m, d).

    ``calibrates`` (n,) marks the rows that nobody steered. ``usual`` (K,) are the classes that say what an item is,
    unlike 'none of these'; without it those that have a name.
    """

    names: Matrix
    rows: Matrix
    calibrates: Flags
    pool: Matrix
    usual: Flags | None = None

    @property
    def named(self) -> Flags:
        """Which classes have a name to go by, shape (K,)."""
        return np.asarray(self.names.any(axis=1))

    @property
    def telling(self) -> Flags:
        """Which classes say what an item is, shape (K,)."""
        return self.named if self.usual is None else self.usual

    def part(self, keep: Flags) -> Evidence:
        """The same with some of the rows."""
        return replace(self, rows=self.rows[keep], calibrates=self.calibrates[keep])


@dataclass(frozen=True)
class Trained:
    """A linear model whose logits are calibrated as far as the labels allow.

    ``mode`` is "names", "pool" or "regression". ``calibrated_on`` counts the unsteered labels behind the scores, or is
    0 where there were too few of them. ``held`` is what was found out about labels kept aside, if any were.
    """

    linear: Linear
    mode: str
    c: float
    calibrated_on: int
    held: HeldOut | None = None


def train_choice(evidence: Evidence, codes: Codes, rng: np.random.Generator, calibrate: bool = True) -> Trained:
    """Learn one label of K; ``codes`` (n,) are class numbers."""
    known = evidence.named | np.isin(np.arange(len(evidence.names)), codes)
    mode = _mode_for(evidence, codes)
    if mode == "regression" and len(evidence.pool) > _POOL_BESIDE:
        # Beside a regression the centres weigh little, and drawing them takes as long as it has rows to look at.
        evenly = np.linspace(0, len(evidence.pool) - 1, _POOL_BESIDE).round().astype(np.int64)
        evidence = replace(evidence, pool=evidence.pool[evenly])
    tuned = _Tuned(USUAL_C, _blend(_shots(evidence, codes)))
    if calibrate and len(codes) >= LABELS_TO_CALIBRATE:
        tuned = _tune(evidence, codes, mode, tuned.blend, rng)
    linear = _fit(evidence, codes, mode, tuned.c).mixed(tuned.blend).scaled(1 / tuned.temperature)
    bias = np.where(known, linear.bias, _IMPOSSIBLE).astype(np.float32)
    return Trained(Linear(linear.weights, bias), mode, tuned.c, tuned.used, tuned.held)


def _shots(evidence: Evidence, codes: Codes) -> float:
    """Labels for each class that can be answered with."""
    known = evidence.named | np.isin(np.arange(len(evidence.names)), codes)
    return len(codes) / max(1, int(known.sum()))


def _mode_for(evidence: Evidence, codes: Codes) -> str:
    if _shots(evidence, codes) >= SHOTS_FOR_REGRESSION and len(codes) >= LABELS_FOR_REGRESSION:
        return "regression"
    return "pool" if len(evidence.pool) or len(codes) else "names"


def _blend(shots: float) -> float:
    """What the centres add beside a regression."""
    return min(1.0, 4.0 / shots) if shots else 1.0


@dataclass(frozen=True)
class _Parts:
    regression: Linear | None
    centres: Linear

    def mixed(self, blend: float) -> Linear:
        if self.regression is None:
            return self.centres
        return self.regression.plus(self.centres.scaled(blend))


@dataclass(frozen=True)
class _Tuned:
    """What held-out labels liked best; ``used`` counts those that nobody steered, 0 for too few."""

    c: float
    blend: float
    temperature: float = 1.0
    used: int = 0
    held: HeldOut | None = None


def _fit(evidence: Evidence, codes: Codes, mode: str, c: float) -> _Parts:
    centres = draw_centres(evidence.names, evidence.rows, codes, evidence.pool)
    if mode != "regression":
        return _Parts(None, of_centres(centres))
    return _Parts(_regress(evidence, codes, centres, c), of_centres(centres))


def _regress(evidence: Evidence, codes: Codes, centres: Matrix, c: float) -> Linear:
    """Labels, names and centres as rows; a class without labels leans on its name as hard as others on their labels."""
    counts = np.bincount(codes, minlength=len(centres))
    known = np.flatnonzero(evidence.named | (counts > 0))
    named = np.flatnonzero(evidence.named)
    usual = 2 * float(counts[counts > 0].mean()) if len(codes) else 1.0
    by_name = np.where(counts[named] > 0, 1.0, max(1.0, usual))
    rows = np.vstack([evidence.rows, evidence.names[named], centres[known]])
    dense = np.searchsorted(known, np.concatenate([codes, named, known]))
    by_centre = np.full(len(known), _CENTRE_WEIGHT * _blend(len(codes) / len(known)))
    weights = np.concatenate([np.ones(len(codes)), by_name, by_centre]).astype(np.float32)
    found = fit_softmax(rows, dense, len(known), weights, c).scaled(1 / _UNDERCONFIDENCE)
    full = Linear(np.zeros_like(centres), np.full(len(centres), _IMPOSSIBLE, dtype=np.float32))
    full.weights[known], full.bias[known] = found.weights, found.bias
    return full


def _tune(evidence: Evidence, codes: Codes, mode: str, blend: float, rng: np.random.Generator) -> _Tuned:
    """Choose C, blend and temperature by predictions for labels that the model did not see."""
    chooses = mode == "regression"
    grid = (2.0, USUAL_C) if chooses and len(codes) * len(evidence.names) <= _CHEAP else (USUAL_C,)
    blends = sorted({0.0, blend / 4, blend, 1.0}) if chooses else [blend]
    folds = stratified_folds(codes, FOLDS, rng)
    found = [_blended(evidence, codes, _held_out(evidence, codes, mode, c, folds), c, blends) for c in grid]
    best = min(found, key=lambda one: float(one.losses.mean()))
    held = _judge(evidence, codes, best.at, best.logits)
    return replace(best.tuned, held=replace(held, half=_halved(evidence, codes, best.tuned, folds, held, rng)))


@dataclass(frozen=True)
class _Blended:
    """A way to mix with the logits (m, K) that it gave to the rows ``at`` (m,), and the losses of those that count."""

    tuned: _Tuned
    losses: Matrix
    at: Codes
    logits: Matrix


def _blended(evidence: Evidence, codes: Codes, found: _Predictions, c: float, blends: Sequence[float]) -> _Blended:
    """The smallest blend that held-out labels like no less than the best, by its standard error (Breiman et al., 1984).

    The centres are drawn by the unlabelled pool as much as by people; they stay as far as they are seen to help.
    """
    scope, used = calibration_scope(evidence.calibrates[found.at])
    # A class that neither has a name nor was seen outside the fold cannot be predicted: it tells nothing of scores.
    scope = scope & found.fair
    labels, tries = codes[found.at], []
    for blend in blends:
        logits = found.mixed(blend)
        temperature = fit_temperature(logits[scope], labels[scope])
        logits = np.asarray(logits / temperature, dtype=np.float32)
        losses = np.asarray(log_losses(logits[scope], labels[scope]), dtype=np.float32)
        tries.append(_Blended(_Tuned(c, blend, temperature, used), losses, found.at, logits))
    best = min(tries, key=lambda one: float(one.losses.mean()))
    excess = [one.losses - best.losses for one in tries]
    error = [gap.std() / np.sqrt(max(1, len(gap))) for gap in excess]
    return next(one for one, gap, reach in zip(tries, excess, error, strict=True) if gap.mean() <= reach)


@dataclass(frozen=True)
class _Predictions:
    """Logits of labels that were not learned from; ``fair`` marks the classes that could have been predicted."""

    at: Codes
    fair: Flags
    regression: Matrix | None
    centres: Matrix

    def mixed(self, blend: float) -> Matrix:
        """As :meth:`_Parts.mixed` does it."""
        return self.centres if self.regression is None else self.regression + np.float32(blend) * self.centres


def _held_out(evidence: Evidence, codes: Codes, mode: str, c: float, folds: Codes) -> _Predictions:
    """Each row predicted by a model without it; where that takes too long, the rows of one fold only."""
    rounds = 1 if len(codes) * len(evidence.names) > LARGE else FOLDS
    rows, fair, regressions, centres = [], [], [], []
    for fold in range(rounds):
        held = folds == fold
        parts = _fit(evidence.part(~held), codes[~held], mode, c)
        rows.append(np.flatnonzero(held))
        fair.append(evidence.named[codes[held]] | np.isin(codes[held], codes[~held]))
        centres.append(parts.centres.logits(evidence.rows[held]))
        if parts.regression is not None:
            regressions.append(parts.regression.logits(evidence.rows[held]))
    joined = np.vstack(regressions) if regressions else None
    return _Predictions(np.concatenate(rows), np.concatenate(fair), joined, np.vstack(centres))


def _judge(evidence: Evidence, codes: Codes, at: Codes, logits: Matrix) -> HeldOut:
    shares = np.asarray(softmax(logits), dtype=np.float32)
    chosen = shares.argmax(axis=1)
    # What an item is, is said by the usual classes; where another one wins, it counts as foreign.
    energy = np.where(evidence.telling[chosen], choice_energy(logits[:, evidence.telling]), -np.inf)
    return HeldOut(at, shares.max(axis=1), chosen == codes[at], np.asarray(energy, dtype=np.float32))


def _halved(
    evidence: Evidence, codes: Codes, tuned: _Tuned, folds: Codes, held: HeldOut, rng: np.random.Generator
) -> HalfAsMany:
    """What half of the labels are worth against all of them, on those that nobody steered."""

    def answer(learns: Flags, inside: Flags) -> Flags:
        few, few_codes = evidence.part(learns), codes[learns]
        linear = _fit(few, few_codes, _mode_for(few, few_codes), tuned.c).mixed(_blend(_shots(few, few_codes)))
        return np.asarray(linear.logits(evidence.rows[inside]).argmax(axis=1) == codes[inside])

    right = np.zeros(len(codes), dtype=np.bool_)
    right[held.at] = held.right
    size = len(codes) * len(evidence.names)
    rounds = FOLDS if size <= _CHEAP else HALF_FOLDS if size <= LARGE else 1
    return compare_half(codes, folds, right, rounds, answer, rng, evidence.calibrates)


def calibration_scope(calibrates: Flags) -> tuple[Flags, int]:
    """Which rows to calibrate on, and how many unsteered ones there are if they are enough to be relied on."""
    unsteered = int(calibrates.sum())
    if unsteered >= CALIBRATING_LABELS:
        return calibrates, unsteered
    return np.ones(len(calibrates), dtype=np.bool_), 0
