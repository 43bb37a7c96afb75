"""A month that was asked for bounds the numbers on both sides."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.store.rows import choice
from tests.store.tool_context import SmallProject
from tools.ask.measure import measure
from tools.errors import InputError
from tools.results import ToolResult

MARCH = {"since": "2026-03-01", "until": "2026-04-01"}


def ask(project: SmallProject, metric: str, **args: Any) -> ToolResult:
    return measure.run(measure.read_arguments({"metric": metric, **args}), project)


@pytest.fixture
def project() -> SmallProject:
    """Gold of January; in February one is right, in March one wrong, in April three are right."""
    project = SmallProject()
    project.rows.items(5)
    for item_id in range(1, 6):
        project.rows.gold(item_id, choice("refund"), at=datetime(2026, 1, 1))
    for item_id, month, label in (
        (1, 2, "refund"),
        (2, 3, "fault"),
        (3, 4, "refund"),
        (4, 4, "refund"),
        (5, 4, "refund"),
    ):
        project.rows.say(item_id, "ann", label, at=datetime(2026, month, 15))
    return project


def test_accuracy_in_march_counts_march_only(project: SmallProject) -> None:
    ann = next(fact for fact in ask(project, "accuracy_on_gold", **MARCH).facts if fact.name == "accuracy[ann]")
    assert (ann.value, ann.n) == (0.0, 1)
    assert ann.where is not None and (ann.where.since, ann.where.until) == (
        "2026-03-01T00:00:00",
        "2026-04-01T00:00:00",
    )
    until_march = ask(project, "accuracy_on_gold", until="2026-03-01")
    assert next(fact.n for fact in until_march.facts if fact.name == "accuracy[ann]") == 1


def test_labels_and_days_are_those_of_the_month(project: SmallProject) -> None:
    shares = {fact.name: fact.n for fact in ask(project, "label_distribution", **MARCH).facts}
    assert shares["share[fault]"] == 1
    assert ask(project, "progress", **MARCH).tables[0].rows[0][0] == "2026-03-15"
    assert len(ask(project, "progress", **MARCH).tables[0].rows) == 1


def test_a_time_that_ends_before_it_begins_is_refused(project: SmallProject) -> None:
    with pytest.raises(InputError, match=r"ends \(2026-03-01\) before it begins"):
        ask(project, "progress", since="2026-04-01", until="2026-03-01")
