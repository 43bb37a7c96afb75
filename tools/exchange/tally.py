"""Counts of what an export wrote, for the report and the card."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from tools.exchange.export import ChosenItem
from tools.records import VALUED_VERDICTS
from tools.values import value_labels


@dataclass
class Tally:
    """Everything is counted per field; labels occur once per item for choices and once per region for regions."""

    statuses: dict[str, Counter[str]] = field(default_factory=dict)
    labels: dict[str, Counter[str]] = field(default_factory=dict)
    exposures: dict[str, Counter[str]] = field(default_factory=dict)
    reviewers: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)

    def add(self, item: ChosenItem) -> None:
        """One item that was written."""
        for name, chosen in item.answers.items():
            self.statuses.setdefault(name, Counter())[chosen.status] += 1
            self.labels.setdefault(name, Counter()).update(value_labels(chosen.value))
            for one in chosen.decisions:
                if one.verdict in VALUED_VERDICTS:
                    self.exposures.setdefault(name, Counter())[one.exposure] += 1
                    self.reviewers[one.reviewer] += 1
            if chosen.status == "machine" and chosen.proposal is not None:
                self.models[chosen.proposal.backend or "unnamed model"] += 1

    def answers(self) -> dict[tuple[str, str], int]:
        """How many answers of each status each field has."""
        return {(name, status): count for name, found in self.statuses.items() for status, count in found.items()}
