"""Answers that are any number of some classes."""

from __future__ import annotations

import numpy as np

from tools.backends.contract import Matrix
from tools.backends.learning.linear import Flags
from tools.backends.texts.answering.way import MOST_OTHERS, Answer, Taught, Way, floats, linear_of
from tools.backends.texts.choice_training import Evidence
from tools.backends.texts.flag_training import TrainedFlags, choose_labels, train_flags
from tools.labels import RESERVED
from tools.records import JsonValue
from tools.results import Artefact
from tools.statistics import sigmoid


class Several(Way):
    """Each class by itself, from a threshold of its own."""

    @property
    def may_be_empty(self) -> bool:
        """No class is an answer as well."""
        return True

    def train(self, evidence: Evidence, targets: Flags, rng: np.random.Generator, calibrate: bool) -> Taught:
        """Learn a question for each class."""
        return taught_flags(train_flags(evidence, targets, rng, calibrate), bool(len(targets)))

    def shares(self, logits: Matrix) -> Matrix:
        """The share of each class by itself."""
        return np.asarray(sigmoid(logits), dtype=np.float32)

    def answers(self, artefact: Artefact, logits: Matrix) -> list[Answer]:
        """The classes over their thresholds; the others by their shares."""
        shares = self.shares(logits)
        chosen, scores = choose_labels(shares, flags_of(artefact))
        made = []
        for row, flags, score in zip(shares, chosen, scores, strict=True):
            labels = [self.classes[at] for at in np.flatnonzero(flags)]
            left_out = [at for at in np.argsort(-row, kind="stable") if not flags[at]][:MOST_OTHERS]
            made.append(Answer(_alone(labels, row, self.classes), float(score), self.others(row, left_out)))
        return made

    def plainly(self, shares: Matrix) -> list[list[str]]:
        """The classes with a share of a half or more."""
        return [[self.classes[at] for at in np.flatnonzero(row >= 0.5)] for row in shares]


def taught_flags(found: TrainedFlags, has_labels: bool) -> Taught:
    """Trained questions as an artefact keeps them; :func:`flags_of` reads them back."""
    said: dict[str, JsonValue] = {"mode": "regression" if has_labels else "names"}
    said |= {"calibrated_on": found.calibrated_on, "power": found.power, "may_be_empty": found.may_be_empty}
    arrays = {"weights": found.linear.weights, "bias": found.linear.bias, "thresholds": found.thresholds}
    return Taught(said, arrays, found.held)


def flags_of(artefact: Artefact) -> TrainedFlags:
    """The trained questions of an artefact."""
    said = artefact.json
    return TrainedFlags(
        linear_of(artefact), floats(artefact, "thresholds"), float(said["power"]), bool(said["may_be_empty"])
    )


def _alone(labels: list[str], row: Matrix, classes: tuple[str, ...]) -> list[str]:
    """'none of these' and 'cannot tell' cannot stand beside others: the likelier side is kept."""
    reserved = [one for one in labels if one in RESERVED]
    plain = [one for one in labels if one not in reserved]
    if not reserved or len(labels) == 1:
        return labels
    best = max(labels, key=lambda one: float(row[classes.index(one)]))
    return [best] if best in reserved else plain
