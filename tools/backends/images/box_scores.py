"""What a detector's scores are worth, found out on confirmed boxes: a threshold, and the chance that a box is right.

A box is right where it means a confirmed object of its class (:func:`tools.backends.images.detections.matched`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tools.backends.contract import CALIBRATING_LABELS, Matrix
from tools.backends.images.detections import Flags
from tools.records import JsonValue

BOXES_FOR_A_THRESHOLD = 20
"""Fewer confirmed boxes than this do not choose a threshold; the detector's own stays."""

IMAGES_TO_CALIBRATE = 30
"""Boxes of one image are right or wrong together, so that many boxes of few images say little."""

_CLOSEST = 1e-4


@dataclass(frozen=True)
class Judged:
    """Boxes found in one confirmed image: scores (n,), whether right (n,), and how many objects there are.

    ``calibrates`` says that nobody and no model steered the answer about this image.
    """

    scores: Matrix
    right: Flags
    objects: int
    calibrates: bool


@dataclass(frozen=True)
class BoxScores:
    """``threshold`` from which on a box is shown; chance = logistic(slope * logit(score) + offset), where known.

    ``f1`` is what the threshold reaches on the ``objects`` confirmed boxes it was chosen on, 0 objects for the
    detector's own. ``calibrated_on`` counts the boxes behind the chance, 0 where there is none.
    """

    threshold: float
    f1: float = 0.0
    objects: int = 0
    slope: float = 1.0
    offset: float = 0.0
    calibrated_on: int = 0
    images: int = 0

    def chance(self, scores: Matrix) -> Matrix:
        """The chance of each box, shape (n,), to be right; the scores themselves where nothing is known."""
        if not self.calibrated_on:
            return scores
        return np.asarray(1 / (1 + np.exp(-(self.slope * _logit(scores) + self.offset))), dtype=np.float32)

    def to_record(self) -> dict[str, JsonValue]:
        """JSON-able form; :func:`scores_of` reads it back."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def scores_of(record: Mapping[str, JsonValue]) -> BoxScores:
    """What :meth:`BoxScores.to_record` wrote."""
    return BoxScores(**dict(record))


def learn_scores(judged: Sequence[Judged], usual: float) -> BoxScores:
    """The threshold with the best F1 on all confirmed boxes, and the calibration on those that may calibrate."""
    objects = sum(one.objects for one in judged)
    found = BoxScores(usual)
    if objects >= BOXES_FOR_A_THRESHOLD:
        scores, right = _joined(judged)
        threshold, f1 = best_threshold(scores, right, objects)
        found = BoxScores(threshold, f1, objects) if f1 > 0 else found
    blind = [one for one in judged if one.calibrates]
    scores, right = _joined(blind)
    if len(scores) < CALIBRATING_LABELS or len(blind) < IMAGES_TO_CALIBRATE:
        return found
    slope, offset = _fit(scores, right)
    return BoxScores(found.threshold, found.f1, found.objects, slope, offset, len(scores), len(blind))


def _joined(judged: Sequence[Judged]) -> tuple[Matrix, Flags]:
    if not judged:
        return np.zeros(0, np.float32), np.zeros(0, np.bool_)
    return np.concatenate([one.scores for one in judged]), np.concatenate([one.right for one in judged])


def best_threshold(scores: Matrix, right: Flags, objects: int) -> tuple[float, float]:
    """(threshold, F1) of the cut of scores (n,) with the best F1 against ``objects`` objects; of equals the highest."""
    if not len(scores):
        return 1.0, 0.0
    order = np.argsort(-scores, kind="stable")
    hits, shown = np.cumsum(right[order]), np.arange(1, len(order) + 1)
    # Equal scores are shown or hidden together.
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    f1 = 2 * hits[last] / (shown[last] + objects)
    best = int(np.argmax(f1))
    return float(scores[order][last[best]]), float(f1[best])


def _logit(scores: Matrix) -> Matrix:
    kept = np.clip(np.asarray(scores, dtype=np.float64), _CLOSEST, 1 - _CLOSEST)
    return np.asarray(np.log(kept) - np.log1p(-kept))


def _fit(scores: Matrix, right: Flags) -> tuple[float, float]:
    """Slope and offset with outcomes drawn in by one imagined box either way (Platt, 1999); a falling slope is 0."""
    x = _logit(scores)
    hits = int(right.sum())
    goal = np.where(right, (hits + 1) / (hits + 2), 1 / (len(right) - hits + 2))

    def loss(given: Matrix) -> float:
        z = given[0] * x + given[1]
        return float(np.mean(np.logaddexp(0, z) - goal * z))

    # Loaded by who fits something: it takes a good part of the start of every command.
    from scipy.optimize import minimize

    found = minimize(loss, np.array([1.0, 0.0]), method="L-BFGS-B", bounds=((0, None), (None, None))).x
    return float(found[0]), float(found[1])


def item_score(shown: Matrix, hidden: Matrix, is_calibrated: bool) -> float:
    """How sure a whole answer is, 0..1, from chances of the boxes shown (n,) and of those below the threshold (m,).

    Calibrated: the objects expected to be right as a share of all boxes shown and objects expected among the hidden
    ones, an expected intersection over union. Otherwise the mean score of what is shown, or how little the best hidden
    one had.
    """
    if is_calibrated:
        missed = float(hidden.sum())
        return float(shown.sum()) / (len(shown) + missed) if len(shown) else 1 / (1 + missed)
    return float(shown.mean()) if len(shown) else 1 - float(hidden.max(initial=0.0))
