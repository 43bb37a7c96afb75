"""Which metric and which split a question is about."""

from __future__ import annotations

from assistant.agent.phrases import phrases

SPLITS: dict[str, tuple[str, ...]] = {
    "progress": ("day",),
    "label_distribution": ("label",),
    "agreement": ("reviewer",),
    "accuracy_on_gold": ("reviewer", "backend"),
    "acceptance": ("run", "backend", "label", "reviewer"),
    "time_per_item": ("reviewer",),
    "exposure_mix": ("exposure", "reviewer"),
    "pace": ("reviewer",),
    "coverage": (),
    "learning_curve": (),
}
"""The splits that each metric has; others are not asked for."""
TAKES_LABEL = ("label_distribution", "acceptance")
TAKES_TARGET = ("coverage", "learning_curve")
"""Metrics that aim at a share of right answers, which the sentence may name."""


def metric_of(low: str) -> str:
    """The metric that the sentence names, or empty."""
    return next((name for name, pattern in phrases().metrics if pattern.search(low)), "")


def split_of(low: str, metric: str) -> str:
    """The split that the sentence asks for, where the metric has it; else empty."""
    return next(
        (by for by, pattern in phrases().splits.items() if by in SPLITS.get(metric, ()) and pattern.search(low)), ""
    )
