"""A number that was asked for by name is that number, or it is said that there is none."""

from __future__ import annotations

import pytest

from assistant.agent.planner.planner import plan
from tests.agent.doubles import world


@pytest.mark.parametrize(
    ("said", "name", "instead"),
    [
        ("fleiss kappa", "Fleiss' kappa", "agreement"),
        ("what is Scott's pi for intent?", "Scott's pi", "agreement"),
        ("give me Gwet's AC1", "Gwet's AC1", "agreement"),
        ("weighted kappa of mood", "Weighted kappa", "agreement"),
        ("what is the auc of the model", "The area under the curve", "accuracy_on_gold"),
        ("brier score", "The Brier score", "accuracy_on_gold"),
    ],
)
def test_a_metric_that_there_is_not_is_named_and_no_other_is_given(said: str, name: str, instead: str) -> None:
    found = plan(said, world())
    assert (found.kind, found.calls) == ("question", ())
    assert found.text.startswith(f"{name} is not a number that I have. What I have")
    assert [call.arguments["metric"] for choice in found.choices for call in choice.calls] == [instead]


def test_kappa_says_whose_it_is_and_what_the_number_over_everybody_is() -> None:
    found = plan("kappa", world())
    assert [dict(call.arguments) for call in found.calls] == [{"metric": "agreement"}]
    assert found.notes == (
        "Kappa here is Cohen's, for two people at a time: a lead's table has it for each two. The number over "
        "everybody is Krippendorff's alpha.",
    )
