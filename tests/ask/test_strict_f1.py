"""Strict F1 counts a region only with its label and both ends, worked by hand, and the same number everywhere."""

from __future__ import annotations

import pytest

from tests.store.rows import spans
from tests.store.tool_context import SmallProject
from tools.ask.measure import measure
from tools.results import ToolResult

# Ann: one of two regions right on the first item (label swapped), none on the second (end moved): 2 * 1 / (4 + 2).
GOLD = (spans((0, 4, "product"), (6, 9, "place")), spans((0, 4, "product")))
ANN = (spans((0, 4, "place"), (6, 9, "place")), spans((0, 5, "product")))


def ask(project: SmallProject, metric: str) -> ToolResult:
    return measure.run(measure.read_arguments({"metric": metric, "field": "entities"}), project)


def value(result: ToolResult, name: str) -> float | None:
    return next(fact.value for fact in result.facts if fact.name == name)


@pytest.fixture
def project() -> SmallProject:
    project = SmallProject()
    rows = project.rows
    rows.items(2)
    run = rows.run("remote:model-a", field="entities")
    for item_id, (gold, ann) in enumerate(zip(GOLD, ANN, strict=True), start=1):
        rows.proposal(run, item_id, ann, 0.5, field="entities")
        rows.gold(item_id, gold, field="entities")
        rows.review(item_id, "ann", ann, field="entities")
        rows.review(item_id, "bob", gold, field="entities")
    return project


def test_a_region_with_another_label_or_another_end_is_not_right(project: SmallProject) -> None:
    result = ask(project, "accuracy_on_gold")
    assert value(result, "accuracy[ann]") == pytest.approx(2 / 6)
    assert value(result, "accuracy[bob]") == 1.0
    assert value(result, "accuracy_on_gold[remote:model-a]") == pytest.approx(2 / 6)


def test_two_people_are_compared_by_the_same_definition(project: SmallProject) -> None:
    assert value(ask(project, "agreement"), "pairwise_f1") == pytest.approx(2 / 6)


def test_the_answer_says_what_counts_as_right(project: SmallProject) -> None:
    said = (
        "The number is strict F1: a region counts as right only with the same label, the same start and the same end."
    )
    assert ask(project, "accuracy_on_gold").text.endswith(said)
