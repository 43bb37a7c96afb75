"""What the tools work out is what a real project then does: each change confirmed by a person, and taken back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.executor import Outcome
from tests.store.opened import ANN, DELIVERY, LEAD, MODEL, PRAISE, REFUND, Opened, batch, create, decide, suggest
from tools.ask.explain import explain_item
from tools.ask.find import find_items
from tools.ask.measure import measure
from tools.ask.status import project_status
from tools.decide.bulk import bulk_accept
from tools.decide.gold import mark_gold
from tools.decide.schema_change import change_schema
from tools.decide.take_back import undo
from tools.errors import NotAllowed
from tools.filters import ItemFilter

TOOLS = (project_status, find_items, explain_item, measure, bulk_accept, mark_gold, change_schema, undo)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Opened]:
    with create(tmp_path / "project", 6, TOOLS) as opened:
        yield opened


def call(project: Opened, tool: str, actor: Any = LEAD, **args: Any) -> Outcome:
    return project.executor.call(tool, args, actor)


def confirmed(project: Opened, tool: str, **args: Any) -> str:
    outcome = call(project, tool, MODEL, **args)
    assert outcome.action_id is not None
    return project.executor.confirm(outcome.action_id, LEAD).result.text


def found(project: Opened, **where: Any) -> list[int]:
    return [int(one) for one in project.store.items.find(ItemFilter(field="intent", **where)).ids]


def test_a_batch_accepts_what_it_listed_and_can_be_taken_back(project: Opened) -> None:
    suggest(project, {1: REFUND, 2: REFUND, 3: DELIVERY, 4: REFUND})
    decide(project, ANN, 4, PRAISE)
    outcome = call(project, "bulk_accept", label="refund", except_items=["K2"])
    assert outcome.action_id is not None and found(project, state="decided") == [4]
    project.executor.confirm(outcome.action_id, LEAD)
    assert found(project, label="refund", state="agreed") == [1]
    undone = call(project, "undo")
    assert undone.action_id is None and "1 accepted label is taken back" in undone.result.text
    assert found(project, state="decided") == [4]


def test_an_undo_that_a_model_asked_for_waits_for_a_person(project: Opened) -> None:
    decide(project, LEAD, 1, REFUND)
    outcome = call(project, "undo", MODEL)
    assert outcome.action_id is not None and found(project, state="decided") == [1]
    project.executor.confirm(outcome.action_id, LEAD)
    assert found(project, state="decided") == []
    again = call(project, "undo", MODEL, what="redo")
    assert again.action_id is not None
    project.executor.confirm(again.action_id, LEAD)
    assert found(project, state="decided") == [1]


def test_a_run_is_withdrawn_and_its_decision_stays(project: Opened) -> None:
    run = suggest(project, {1: REFUND, 2: REFUND})
    decide(project, ANN, 1, REFUND, verdict="accept")
    told = call(project, "undo", what="run", id=run).result.text
    assert "1 undecided proposal is withdrawn; 1 decision made from it stays" in told
    assert (found(project, state="suggested"), found(project, state="decided")) == ([], [1])


def test_gold_is_marked_from_independent_labels_and_measured_by(tmp_path: Path) -> None:
    labels = [{"row": row, "value": REFUND, "exposure": "imported_independent", "annotator": "old"} for row in (1, 2)]
    with create(tmp_path / "gold", 0, TOOLS, overlap=2) as project:
        project.store.take_in(batch(["one", "two", "three"], labels=labels), LEAD, {})
        project.queues.stir()
        assert confirmed(project, "mark_gold", items=["K1", "K2", "K3"]) == "2 items are gold now."
        assert found(project, state="gold") == [1, 2]
        decide(project, ANN, 1, REFUND)
        facts = call(project, "measure", metric="accuracy_on_gold").result.facts
        assert [(fact.value, fact.n) for fact in facts if fact.name == "accuracy[ann]"] == [(1.0, 1)]


def test_a_renamed_label_is_in_force_for_what_was_decided_before(project: Opened) -> None:
    decide(project, ANN, 1, REFUND)
    told = confirmed(project, "change_schema", operation="rename_label", label="refund", value="Money back")
    assert told == "Schema version 2 is in force."
    assert call(project, "find_items", label="money back").result.items == (1,)


def test_a_reviewer_can_neither_ask_for_a_batch_nor_confirm_one(project: Opened) -> None:
    suggest(project, {1: REFUND})
    with pytest.raises(NotAllowed):
        call(project, "bulk_accept", ANN)
    outcome = call(project, "bulk_accept")
    assert outcome.action_id is not None
    with pytest.raises(NotAllowed):
        project.executor.confirm(outcome.action_id, ANN)
    assert found(project, state="decided") == []


def test_a_blind_item_of_a_real_project_keeps_its_suggestion_from_every_answer(tmp_path: Path) -> None:
    with create(tmp_path / "blind", 3, TOOLS, blind_share=1.0) as project:
        suggest(project, {1: PRAISE}, score=0.77, score_source="calibrated")
        told = call(project, "explain_item", item="K1", field="intent").result
        assert "hidden from you until you have decided it" in told.text and "Praise" not in repr(told)
        listed = call(project, "find_items", state="suggested", sort="least_sure").result
        assert listed.items == () and "Praise" not in repr(call(project, "find_items", state="suggested").result)
        assert call(project, "bulk_accept").action_id is None


def test_every_reading_tool_answers_about_a_project_in_use(project: Opened) -> None:
    suggest(project, {1: REFUND, 2: DELIVERY})
    decide(project, ANN, 1, REFUND, verdict="accept", seconds=2.0)
    assert "1 of 6 items is decided" in call(project, "project_status").result.text
    assert "Of 1 suggestion for Intent" in call(project, "measure", metric="acceptance").result.text
    call(project, "find_items", words="message", saved="all")
    assert call(project, "find_items", saved="all").result.items == (1, 2, 3, 4, 5, 6)
