"""How right the field's own model is: the number of its newest run, the same in chat, status and on the card."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ask.learned import learn
from tests.store.rows import choice
from tests.store.tool_context import SmallProject
from tools.ask.measure import measure
from tools.results import ToolResult


def accuracy(project: SmallProject, **args: Any) -> ToolResult:
    return measure.run(measure.read_arguments({"metric": "accuracy_on_gold", **args}), project)


@pytest.fixture
def project() -> SmallProject:
    project = SmallProject()
    project.rows.items(3)
    project.rows.gold(1, choice("refund"))
    return project


def test_how_right_the_model_is_comes_first_and_is_the_number_of_its_newest_run(project: SmallProject) -> None:
    learn(project, 40, 40)
    run = learn(project, 90, 78)
    result = accuracy(project)
    assert result.text.startswith(
        "Of 90 answers given without a suggestion on items drawn by chance, and kept from it while it learned, the "
        f"model of Intent (run {run}) got 78 right: 86.7 % (95 % interval 78.1 % to 92.2 %, n=90). Intent has 1 gold"
    )
    own = next(fact for fact in result.facts if fact.name == "accuracy_of_model")
    assert (own.value, own.n) == (78 / 90, 90)


def test_who_asks_by_person_hears_of_people_first(project: SmallProject) -> None:
    learn(project, 90, 78)
    told = accuracy(project, by="reviewer").text
    assert told.startswith("Intent has 1 gold item.") and "got 78 right" in told


def test_a_model_with_too_few_unsteered_answers_has_no_accuracy(project: SmallProject) -> None:
    learn(project, 12, 12)
    result = accuracy(project)
    assert "is not yet known: 12 of 30 answers given without a suggestion" in result.text
    own = next(fact for fact in result.facts if fact.name == "accuracy_of_model")
    assert (own.value, own.note) == (None, "12 of 30 answers given without a suggestion")


def test_an_older_number_of_the_same_model_is_not_told_beside_it(project: SmallProject) -> None:
    run = project.rows.run()
    project.rows.proposal(run, 2, choice("refund"), 0.9)
    project.rows.say(2, "ann", "fault", exposure="blind")
    assert "Right on labels given blind: builtin:few-shot" in accuracy(project).text
    learn(project, 90, 78)
    assert "Right on labels given blind" not in accuracy(project).text
