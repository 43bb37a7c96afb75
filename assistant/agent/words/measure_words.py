"""Which metric and which split a question is about."""

from __future__ import annotations

from assistant.agent.words.phrases import phrases
from tools.ask.measure import METRICS

TAKES_LABEL = frozenset(name for name, metric in METRICS.items() if metric.takes_label)
TAKES_TARGET = frozenset(name for name, metric in METRICS.items() if metric.takes_target)
"""Metrics that aim at a share of right answers, which the sentence may name."""


def metric_of(low: str) -> str:
    """The metric that the sentence names, or empty."""
    return next((name for name, pattern in phrases().metrics if pattern.search(low)), "")


def split_of(low: str, metric: str) -> str:
    """The split that the sentence asks for, where the metric has it; else empty."""
    offered = METRICS[metric].by if metric in METRICS else ()
    return next((by for by, pattern in phrases().splits.items() if by in offered and pattern.search(low)), "")
