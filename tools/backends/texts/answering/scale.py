"""Answers that are a step of a scale."""

from __future__ import annotations

import numpy as np

from tools.backends.contract import Embedder, Matrix
from tools.backends.learning.linear import Flags
from tools.backends.texts.answering.several import taught_flags
from tools.backends.texts.answering.way import MOST_OTHERS, Answer, Taught, Way
from tools.backends.texts.choice_training import Evidence
from tools.backends.texts.flag_training import middle_rating, rating_shares, train_rating
from tools.errors import Conflict
from tools.results import Artefact


class Scale(Way):
    """The middle of what is likely; numbers mean nothing before people have used them."""

    knows_strangers = False

    def needs_answers(self, embedder: Embedder) -> bool:
        """Always."""
        return True

    def refuse_nothing(self, embedder: Embedder, reference: str) -> None:
        """Without an answer there is nothing to learn from."""
        raise Conflict(
            f"Numbers say nothing by themselves: rate about 10 items of field {self.field.name!r} first, "
            f"then {reference} can learn from them."
        )

    def names(self, embedder: Embedder) -> Matrix:
        """None."""
        return np.zeros((0, embedder.dimension), dtype=np.float32)

    def usual(self) -> Flags | None:
        """Not asked."""
        return None

    def train(self, evidence: Evidence, targets: Flags, rng: np.random.Generator, calibrate: bool) -> Taught:
        """Learn the steps between the numbers."""
        codes = np.asarray(targets.argmax(axis=1), dtype=np.int64)
        found = train_rating(evidence, codes, len(self.classes), rng, calibrate)
        return taught_flags(found, bool(len(targets)))

    def shares(self, logits: Matrix) -> Matrix:
        """Shares of the numbers, that make 1 together."""
        return rating_shares(logits)

    def answers(self, artefact: Artefact, logits: Matrix) -> list[Answer]:
        """The middle number of each row; the others by their shares."""
        shares, made = rating_shares(logits), []
        for row, best in zip(shares, middle_rating(shares), strict=True):
            score = float(row[best]) ** float(artefact.json["power"])
            others = [at for at in np.argsort(-row, kind="stable") if at != best][:MOST_OTHERS]
            made.append(Answer([self.classes[best]], score, self.others(row, others)))
        return made
