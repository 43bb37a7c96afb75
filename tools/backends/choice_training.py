"""How the few-shot classifier learns one of K labels: regression with label names as evidence, calibrated out of fold.

With fewer than three labels a class or a hundred in all, the centres drawn out of the pool are the better model; later
they are added to the regression as far as held-out labels like it. Whatever it is made of, the result is one linear
model.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.backends.contract import CALIBRATING_LABELS, Matrix
from tools.backends.linear import Codes, Flags, Linear, draw_centres, fit_softmax, of_centres
from tools.statistics import fit_temperature, mean_log_loss, stratified_folds

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
_IMPOSSIBLE = np.float32(-1e4)


@dataclass(frozen=True)
class Evidence:
    """What there is to learn from: names (K, d) with zero rows for nameless classes, rows (n, d), pool (m, d).

    ``calibrates`` (n,) marks the rows that nobody steered.
    """

    names: Matrix
    rows: Matrix
    calibrates: Flags
    pool: Matrix

    @property
    def named(self) -> Flags:
        """Which classes have a name to go by, shape (K,)."""
        return np.asarray(self.names.any(axis=1))

    def part(self, keep: Flags) -> Evidence:
        """The same with some of the rows."""
        return Evidence(self.names, self.rows[keep], self.calibrates[keep], self.pool)


@dataclass(frozen=True)
class Trained:
    """A linear model whose logits are calibrated as far as the labels allow.

    ``mode`` is "names", "pool" or "regression". ``calibrated_on`` counts the unsteered labels behind the scores, or is
    0 where there were too few of them.
    """

    linear: Linear
    mode: str
    c: float
    calibrated_on: int


def train_choice(evidence: Evidence, codes: Codes, rng: np.random.Generator, calibrate: bool = True) -> Trained:
    """Learn one label of K; ``codes`` (n,) are class numbers."""
    classes = len(evidence.names)
    known = evidence.named | np.isin(np.arange(classes), codes)
    shots = len(codes) / max(1, int(known.sum()))
    mode = _mode(len(codes), shots, bool(len(evidence.pool)))
    c, blend, temperature, used = USUAL_C, _blend(shots), 1.0, 0
    if calibrate and len(codes) >= LABELS_TO_CALIBRATE:
        c, blend, temperature, used = _tune(evidence, codes, mode, blend, rng)
    linear = _fit(evidence, codes, mode, c).mixed(blend).scaled(1 / temperature)
    bias = np.where(known, linear.bias, _IMPOSSIBLE).astype(np.float32)
    return Trained(Linear(linear.weights, bias), mode, c, used)


def _mode(labels: int, shots: float, has_pool: bool) -> str:
    if shots >= SHOTS_FOR_REGRESSION and labels >= LABELS_FOR_REGRESSION:
        return "regression"
    return "pool" if has_pool or labels else "names"


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
    weights = np.concatenate([np.ones(len(codes)), by_name, np.full(len(known), _CENTRE_WEIGHT)]).astype(np.float32)
    found = fit_softmax(rows, dense, len(known), weights, c).scaled(1 / _UNDERCONFIDENCE)
    full = Linear(np.zeros_like(centres), np.full(len(centres), _IMPOSSIBLE, dtype=np.float32))
    full.weights[known], full.bias[known] = found.weights, found.bias
    return full


def _tune(
    evidence: Evidence, codes: Codes, mode: str, blend: float, rng: np.random.Generator
) -> tuple[float, float, float, int]:
    """(C, blend, temperature, unsteered labels used) from predictions for labels that the model did not see."""
    size = len(codes) * len(evidence.names)
    chooses = mode == "regression"
    grid = (2.0, USUAL_C) if chooses and size <= _CHEAP else (USUAL_C,)
    blends = (0.0, blend / 4, blend, 1.0) if chooses else (blend,)
    best = (np.inf, USUAL_C, blend, 1.0, 0)
    for c in grid:
        at, regression, centres = _held_out(evidence, codes, mode, c, rng)
        scope, used = calibration_scope(evidence.calibrates[at])
        for share in blends:
            logits = (regression + np.float32(share) * centres) if mode == "regression" else centres
            temperature = fit_temperature(logits[scope], codes[at][scope])
            loss = mean_log_loss(logits[scope] / temperature, codes[at][scope])
            best = min(best, (loss, c, share, temperature, used))
    return best[1:]


def _held_out(
    evidence: Evidence, codes: Codes, mode: str, c: float, rng: np.random.Generator
) -> tuple[Codes, Matrix, Matrix]:
    """(row numbers, logits of the regression, logits of the centres), each row predicted by a model without it."""
    folds = stratified_folds(codes, FOLDS, rng)
    rounds = 1 if len(codes) * len(evidence.names) > LARGE else FOLDS
    rows, regressions, centres = [], [], []
    for fold in range(rounds):
        held = folds == fold
        parts = _fit(evidence.part(~held), codes[~held], mode, c)
        # A class that neither has a name nor was seen outside the fold cannot be predicted and says nothing.
        fair = held & (evidence.named[codes] | np.isin(codes, codes[~held]))
        rows.append(np.flatnonzero(fair))
        centres.append(parts.centres.logits(evidence.rows[fair]))
        chosen = parts.regression if parts.regression is not None else parts.centres
        regressions.append(chosen.logits(evidence.rows[fair]))
    return np.concatenate(rows), np.vstack(regressions), np.vstack(centres)


def calibration_scope(calibrates: Flags) -> tuple[Flags, int]:
    """Which rows to calibrate on, and how many unsteered ones there are if they are enough to be relied on."""
    unsteered = int(calibrates.sum())
    if unsteered >= CALIBRATING_LABELS:
        return calibrates, unsteered
    return np.ones(len(calibrates), dtype=np.bool_), 0
