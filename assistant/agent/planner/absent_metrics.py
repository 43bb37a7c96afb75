"""Metrics that people ask for by name and that the program does not have: said so, with what it has instead.

Another number under the name that was asked for would be read as the one that was meant.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_AGREEMENT = (("agreement", {"metric": "agreement"}),)
_ACCURACY = (("accuracy", {"metric": "accuracy_on_gold"}),)
_ALPHA = (
    "What I have of agreement is Krippendorff's alpha over everybody, which takes any number of people and answers "
    "that are missing, Cohen's kappa for each two people, and the share of equal answers; for spans and objects F1."
)
_SHARES = (
    "What I have is the share of right answers on gold and on answers given without a suggestion, each with its "
    "interval; for spans and objects it is F1, for coverage the share that could be accepted."
)
_OF_AGREEMENT = {
    "Fleiss' kappa": r"\bfleiss\b",
    "Scott's pi": r"\bscott'?s?\b(?:['’]s)? (?:pi|π)|\bscott'?s? pi\b",
    "Gwet's AC1": r"\bgwet\b|\bac[12]\b",
    "Weighted kappa": r"\bweighted kappa\b|\bkappa\b.*\bweighted\b",
    "The intraclass correlation": r"\bicc\b|\bintra-?class\b",
    "Correlation between people": r"\b(?:pearson|spearman|kendall)\b",
}
_OF_MODELS = {
    "The area under the curve": r"\bauc\b|\bauroc\b|\broc\b|\barea under\b",
    "Matthews' correlation": r"\bmcc\b|\bmatthews\b",
    "The Brier score": r"\bbrier\b",
    "Log loss": r"\blog[- ]?loss\b|\bcross[- ]entropy\b|\bperplexity\b",
    "An error in units of the scale": r"\b(?:rmse|mse|mae)\b|\bmean (?:absolute|squared) error\b",
    "A comparison of wordings": r"\b(?:bleu|rouge|meteor)\b",
}
KAPPA = (
    "Kappa here is Cohen's, for two people at a time: a lead's table has it for each two. The number over everybody is "
    "Krippendorff's alpha."
)


@dataclass(frozen=True, slots=True)
class AbsentMetric:
    """What is said, and which calls lead to what there is."""

    words: str
    instead: tuple[tuple[str, Mapping[str, str]], ...]


def absent_metric(low: str) -> AbsentMetric | None:
    """The metric that a lower-case sentence names and that there is not; ``None`` where it names none."""
    for names, there_is, instead in ((_OF_AGREEMENT, _ALPHA, _AGREEMENT), (_OF_MODELS, _SHARES, _ACCURACY)):
        for name, pattern in names.items():
            if re.search(pattern, low):
                return AbsentMetric(f"{name} is not a number that I have. {there_is}", instead)
    return None


def says_kappa(low: str) -> bool:
    """Whether a lower-case sentence asks for kappa."""
    return re.search(r"\bkappas?\b|\bcohen\b", low) is not None
