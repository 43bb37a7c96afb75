"""Marking gold: only what was said without a suggestion, everything else is listed with the reason."""

from __future__ import annotations

from typing import Any

import pytest

from tests.store.rows import choice
from tests.store.tool_context import SmallProject
from tools.decide.gold import mark_gold
from tools.errors import InputError, NotFound
from tools.filters import ItemFilter
from tools.results import ToolResult


def mark(project: SmallProject, **args: Any) -> ToolResult:
    return mark_gold.run(mark_gold.read_arguments(args), project)


def marks(result: ToolResult) -> Any:
    assert result.change is not None
    return result.change.arguments["marks"]


@pytest.fixture
def project() -> SmallProject:
    project = SmallProject()
    project.rows.items(8)
    return project


def test_blind_and_independent_values_become_gold(project: SmallProject) -> None:
    project.rows.say(1, "ann", "refund", exposure="blind")
    project.rows.say(2, "file", "fault", exposure="imported_independent")
    result = mark(project, items=["#1", "#2"])
    assert marks(result) == [[1, "intent", {"label": "refund"}], [2, "intent", {"label": "fault"}]]
    assert result.change is not None and result.change.sentence == "Mark 2 values of Intent as gold."
    assert result.text == "2 values of Intent can become gold."


@pytest.mark.parametrize("exposure", ["suggested", "revealed", "bulk_listed", "bulk_viewed", "imported_unknown"])
def test_no_other_value_becomes_gold(project: SmallProject, exposure: str) -> None:
    project.rows.say(1, "ann", "refund", exposure=exposure)
    result = mark(project, items=["#1"])
    assert result.change is None
    assert result.text == (
        "No values of Intent can become gold. 1 item is left out: 1 because its value was given with a suggestion in "
        "sight, in a batch, or unknown how."
    )


def test_every_item_left_out_has_its_reason(project: SmallProject) -> None:
    rows = project.rows
    rows.say(1, "ann", "refund", exposure="blind")
    rows.say(2, "ann", "refund", exposure="blind")
    rows.say(2, "bob", "fault", exposure="blind")
    rows.say(3, "ann", "refund")
    rows.say(5, "ann", "refund", exposure="blind")
    rows.gold(5, choice("refund"))
    result = mark(project, items=["#1", "#2", "#3", "#4", "#5"])
    assert [item_id for item_id, _, _ in marks(result)] == [1]
    assert dict(result.tables[1].rows) == {
        2: "people disagree on it",
        3: "its value was given with a suggestion in sight, in a batch, or unknown how",
        4: "nobody has decided it",
        5: "it is gold already",
    }
    assert "1 value of Intent can become gold. 4 items are left out:" in result.text


def test_an_adjudicated_value_needs_somebody_who_said_it_blind(project: SmallProject) -> None:
    for item_id, blind in ((1, "refund"), (2, "fault")):
        project.rows.say(item_id, "ann", blind, exposure="blind")
        project.rows.say(item_id, "lea", "refund", adjudicates=True, exposure="revealed")
    assert marks(mark(project, items=["#1", "#2"])) == [[1, "intent", {"label": "refund"}]]


def test_ones_own_values_are_taken_whatever_others_say(project: SmallProject) -> None:
    project.rows.say(1, "lea", "refund", exposure="blind")
    project.rows.say(1, "bob", "fault", exposure="blind")
    project.rows.say(2, "bob", "fault", exposure="blind")
    result = mark(project, items=["#1", "#2"], source="own")
    assert marks(result) == [[1, "intent", {"label": "refund"}]]
    assert result.tables[1].rows == ((2, "you have not decided it"),)


def test_a_new_answer_may_replace_the_gold_of_an_item(project: SmallProject) -> None:
    project.rows.gold(1, choice("fault"))
    project.rows.say(1, "ann", "refund", exposure="blind")
    assert marks(mark(project, items=["#1"])) == [[1, "intent", {"label": "refund"}]]


def test_items_a_model_picked_are_said_to_be_no_random_part(project: SmallProject) -> None:
    project.rows.say(1, "ann", "refund", exposure="blind", adaptive=True)
    assert "1 of them was picked by a model" in mark(project, items=["#1"]).text


def test_a_saved_filter_names_the_items(project: SmallProject) -> None:
    project.filters["all"] = ItemFilter()
    project.rows.say(1, "ann", "refund", exposure="blind")
    result = mark(project, saved="all")
    assert len(marks(result)) == 1 and len(result.tables[1].rows) == 7


def test_a_number_of_items_is_drawn_from_what_may_become_gold(project: SmallProject) -> None:
    for item_id in range(1, 7):
        project.rows.say(item_id, "ann", "refund", exposure="blind" if item_id > 1 else "suggested")
    project.rows.say(2, "bob", "fault")
    project.rows.gold(3, choice("refund"))
    result = mark(project, count=2)
    drawn = {item_id for item_id, _, _ in marks(result)}
    assert len(drawn) == 2 and drawn <= {4, 5, 6}
    assert marks(mark(project, count=2)) == marks(result)
    assert {item_id for item_id, _, _ in marks(mark(project, count=99))} == {4, 5, 6}


def test_nothing_to_draw_from_is_said(project: SmallProject) -> None:
    with pytest.raises(InputError, match="No value of Intent was given without a suggestion yet"):
        mark(project, count=2)
    with pytest.raises(InputError, match="Say which items"):
        mark(project, count=2, items=["#1"])


def test_an_item_named_twice_is_marked_once(project: SmallProject) -> None:
    project.rows.say(1, "ann", "refund", exposure="blind")
    assert len(marks(mark(project, items=["#1", "K1"]))) == 1


def test_no_items_and_unknown_items_are_refused(project: SmallProject) -> None:
    with pytest.raises(InputError, match="list them, name a saved filter, or say how many"):
        mark(project)
    with pytest.raises(NotFound):
        mark(project, items=["K99"])


def test_an_undone_decision_is_none(project: SmallProject) -> None:
    project.rows.undo("review", project.rows.say(1, "ann", "refund", exposure="blind"))
    assert mark(project, items=["#1"]).change is None
