"""What the audit tells of rows that change, that share a key, or that were there before it told of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from assistant.store.checks import verify as verify_module
from tests.store.damaging import as_before_that_step, damaged
from tests.store.opened import ANN, LEAD, REFUND, Opened, broken_checks, decide, reopen, suggest
from tools.filters import ItemFilter

UNDO = "every undo is as it was saved"


def test_what_was_applied_when_the_program_ended_before_it_told_of_it_is_told_of_at_the_next_opening(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with reopen(folder) as project:
        decide(project, ANN, 1, REFUND)
        project.store.reviews.paint(1)
        as_before_that_step(project)

    def cut_off(database: Any, steps: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("assistant.store.file.database.begin_covering", cut_off)
    with pytest.raises(KeyboardInterrupt):
        reopen(folder)
    monkeypatch.undo()
    with reopen(folder) as project:
        assert broken_checks(project) == []
        found = damaged(project, "DELETE FROM paints")
    assert found == {"every card painted is as it was saved": "one of the cards painted"}


def test_what_is_written_while_rows_are_compared_is_not_called_forged(
    project: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_by = verify_module.told_by

    def with_a_decision_after_it(database: Any) -> Any:
        told = told_by(database)
        if not others_wait(project):
            store = project.store
            store.reviews.paint(store.database.audit_seq)
        return told

    monkeypatch.setattr(verify_module, "told_by", with_a_decision_after_it)
    assert broken_checks(project) == []


def others_wait(project: Opened) -> bool:
    """Whether somebody, here this thread, keeps all others from writing."""
    return bool(project.store.database._lock._is_owned())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "payload", ["[]", '{"rows":5}', '{"sums":{"jobs":[[1]]}}', '{"sums":[1],"rows":{"jobs":7}}', "{"]
)
def test_an_event_that_says_nothing_any_more_breaks_the_chain_and_ends_no_check(project: Opened, payload: str) -> None:
    decide(project, ANN, 1, REFUND)
    found = damaged(project, f"UPDATE audit SET payload = '{payload}' WHERE kind IN ('covered', 'review')")
    assert found["the audit chain is whole"] == "audit event 1 was altered after it was written"
    assert "object" not in " ".join(found.values())


def test_a_row_with_a_number_that_the_program_never_gives_is_found(project: Opened) -> None:
    decide(project, ANN, 1, REFUND)
    forged = "INSERT INTO undos VALUES (-1, 'review', 1, true, 'eve', 'key', '', now()::TIMESTAMP)"
    assert damaged(project, forged) == {UNDO: "undo -1"}


def test_of_rows_that_change_the_one_that_is_not_as_it_was_is_named(project: Opened) -> None:
    store = project.store
    run = suggest(project, {1: REFUND})
    for state in ("done", "failed"):
        store.jobs.set(store.jobs.add(run, "prelabel", "intent", [[1]], 1, LEAD), state, "")
    store.talk.save_filter("mine", ItemFilter(words="refund"), LEAD)
    assert broken_checks(project) == []
    changes = ("UPDATE jobs SET state = 'done' WHERE job_id = 2", "DELETE FROM saved_filters")
    assert damaged(project, *changes) == {
        "every job is as it was saved": "job 2",
        "every saved filter is as it was saved": "a filter saved by lea",
    }
