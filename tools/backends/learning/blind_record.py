"""How right a model is, told from answers that nobody and nothing steered: the one place that says it.

Answers given with a suggestion in sight lean towards it, and items that a strategy chose are harder than the rest: both
tell something else than how right a model is on the items at large. Only answers given without a suggestion on items
that chance chose count here, each judged by a model that did not learn from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tools.records import JsonValue
from tools.sentences import count_of, percent, verb
from tools.statistics import wilson

FEWEST = 30
"""With fewer answers a share right is known to no better than 15 points or so, and is not told."""

ANSWERS, RIGHT = "blind_answers", "blind_right"
"""Where an artefact and the settings of a run keep the two numbers."""

UNSTEERED = "without a suggestion on items drawn by chance"


@dataclass(frozen=True, slots=True)
class BlindRecord:
    """So many unsteered answers, and how many of them a model without them gave too."""

    right: int
    n: int

    @property
    def is_known(self) -> bool:
        """Whether there are enough answers to say a share."""
        return self.n >= FEWEST

    def to_record(self) -> dict[str, JsonValue]:
        """JSON-able form; :func:`blind_record` reads it back."""
        return {ANSWERS: self.n, RIGHT: self.right}

    def share(self) -> str:
        """The share with its interval and what it is of: "86.7 % (95 % interval 75.8 % to 93.1 %, n=60)"."""
        ends = wilson(self.right, self.n)
        return (
            f"{percent(self.right / self.n)} (95 % interval {percent(ends.low)} to {percent(ends.high)}, n={self.n:,})"
        )

    def sentence(self, who: str = "it") -> str:
        """How right ``who`` is on items at large, or how many answers are there of those that this takes."""
        if not self.is_known:
            is_there = f"{self.n:,} of {FEWEST} answers given {UNSTEERED} {verb(self.n, 'is', 'are')} there"
            return f"How right {who} is on items at large is not yet known: {is_there}."
        told = f"Of {count_of(self.n, 'answer')} given {UNSTEERED}, and kept from it while it learned"
        return f"{told}, {who} got {self.right:,} right: {self.share()}."

    def short(self) -> str:
        """The same in a few words for a card; empty where it is not known."""
        if not self.is_known:
            return ""
        return f"right on {percent(self.right / self.n)} of {self.n:,} answers that people gave without a suggestion"


def blind_record(said: Mapping[str, Any]) -> BlindRecord:
    """What :meth:`BlindRecord.to_record` wrote; no answers where nothing was found out."""
    return BlindRecord(int(said.get(RIGHT) or 0), int(said.get(ANSWERS) or 0))
