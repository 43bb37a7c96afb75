"""Answers that are one of some classes."""

from __future__ import annotations

import numpy as np

from tools.backends.contract import Matrix
from tools.backends.learning.linear import Flags
from tools.backends.texts.answering.way import MOST_OTHERS, Answer, Taught, Way
from tools.backends.texts.choice_training import Evidence, train_choice
from tools.backends.texts.familiarity import choice_energy
from tools.results import Artefact
from tools.statistics import softmax


class OneClass(Way):
    """The likeliest class; names and unlabelled items help while labels are few."""

    uses_pool = True

    def train(self, evidence: Evidence, targets: Flags, rng: np.random.Generator, calibrate: bool) -> Taught:
        """Learn from targets with one class in each row."""
        found = train_choice(evidence, np.asarray(targets.argmax(axis=1), dtype=np.int64), rng, calibrate)
        said = {"mode": found.mode, "c": found.c, "calibrated_on": found.calibrated_on}
        return Taught(said, {"weights": found.linear.weights, "bias": found.linear.bias}, found.held)

    def shares(self, logits: Matrix) -> Matrix:
        """Shares that make 1 together."""
        return np.asarray(softmax(logits), dtype=np.float32)

    def answers(self, artefact: Artefact, logits: Matrix) -> list[Answer]:
        """The first class of each row, and those after it."""
        shares = softmax(logits)
        ranked = np.argsort(-shares, axis=1, kind="stable")[:, : MOST_OTHERS + 1]
        return [
            Answer([self.classes[order[0]]], float(row[order[0]]), self.others(row, order[1:]))
            for row, order in zip(shares, ranked, strict=True)
        ]

    def energy(self, logits: Matrix) -> Matrix:
        """The classes compete."""
        return choice_energy(self.telling(logits))
