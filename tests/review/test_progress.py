"""Header, tabs, cards and chat count the same: what is done, and what is left."""

from __future__ import annotations

import pytest

from assistant.progress import by_field, over_all
from assistant.view import ProjectView
from tests.store.opened import ANN, BOB, LEAD, PRAISE, REFUND, Opened, decide
from tools.ask.status import project_status


def counts(project: Opened) -> list[tuple[int, int]]:
    """(done, left) as the queue in memory has it, as the query has it, and as a card comes with it."""
    overlap = int(project.store.settings.get("overlap"))
    memory = project.queues.progress(project.queues.of("intent"), overlap)
    asked = by_field(project.store, ANN)["intent"]
    card = project.desk.next_cards(ANN, "intent").progress
    return [(one.done, one.left) for one in (memory, asked, card)]


def said(project: Opened) -> str:
    return project_status.run(project_status.read_arguments({"field": "intent"}), ProjectView(project.store, LEAD)).text


def test_a_skip_leaves_the_item_to_be_done_for_everybody(project: Opened) -> None:
    decide(project, ANN, 1, REFUND)
    decide(project, ANN, 2, None, verdict="skip")
    decide(project, ANN, 3, None, verdict="comment", reason="look at this")
    assert counts(project) == [(1, 5)] * 3
    assert "1 of 6 items is decided" in said(project) and "5 to go." in said(project)


def test_a_skipped_item_is_left_although_nothing_is_open_to_the_one_who_skipped(project: Opened) -> None:
    for item_id in range(1, 6):
        decide(project, ANN, item_id, REFUND)
    decide(project, ANN, 6, None, verdict="skip")
    batch = project.desk.next_cards(ANN, "intent")
    assert batch.finished and batch.open_to_me == 0
    assert (batch.progress.done, batch.progress.left) == (5, 1)
    assert "1 to go." in said(project)


@pytest.mark.parametrize("second", [REFUND, PRAISE], ids=["agreeing", "in conflict"])
def test_an_item_that_needs_two_answers_is_done_with_the_second_whatever_it_is(
    project: Opened, second: dict[str, str]
) -> None:
    project.store.settings.put("overlap", 2, LEAD)
    project.queues.stir()
    decide(project, ANN, 1, REFUND)
    decide(project, ANN, 2, REFUND)
    assert counts(project) == [(0, 6)] * 3
    decide(project, BOB, 1, second)
    assert counts(project) == [(1, 5)] * 3
    assert "Intent: 1 of 6 items has as many answers as it takes (16.7 %); 5 to go, 1 of them with a first answer." in (
        said(project)
    )


def test_undo_says_how_far_it_is_then(project: Opened) -> None:
    decide(project, ANN, 1, REFUND)
    decide(project, ANN, 2, REFUND)
    undone = project.desk.undo(ANN)
    assert (undone.progress.done, undone.progress.left) == (1, 5)
    assert counts(project) == [(1, 5)] * 3


def test_over_all_only_the_fields_that_must_be_answered_are_added_up(project: Opened) -> None:
    decide(project, ANN, 1, REFUND)
    schema = project.store.schema
    found = by_field(project.store, ANN)
    assert set(found) == {field.id for field in schema.fields}
    assert over_all(schema, found).total == 6 * sum(field.required for field in schema.fields)
    optional = schema.model_copy(
        update={"fields": [one.model_copy(update={"required": one.id == "intent"}) for one in schema.fields]}
    )
    whole = over_all(optional, found)
    assert (whole.done, whole.left) == (1, 5)
