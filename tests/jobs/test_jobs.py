"""Background jobs: progress, pause, cancel, failure, and going on after a restart."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.jobs import complete, load_artefact, save_artefact
from assistant.store.calls import charged_tokens, possibly_paid
from tests.jobs.small_tools import IDENTITY, Gate, ScriptedWork, label_tool
from tests.store.opened import ANN, LEAD, REFUND, Opened, broken_checks, reopen
from tools.context import CallLog
from tools.errors import BackendFailed, Conflict, NotFound
from tools.records import Draft
from tools.results import Artefact, WorkPlan


@pytest.fixture
def work() -> ScriptedWork:
    return ScriptedWork()


@pytest.fixture
def opened(folder: Path, work: ScriptedWork) -> Iterator[Opened]:
    with reopen(folder, [label_tool(work)]) as project:
        yield project


def start(project: Opened, unit: int = 2) -> int:
    job_id = project.executor.call("label_all", {"unit": unit}, LEAD).job_id
    assert job_id is not None
    return job_id


def proposals(project: Opened) -> list[tuple[Any, ...]]:
    return project.store.database.rows("SELECT item_id, state, label FROM proposals ORDER BY item_id, proposal_id")


def test_a_job_stores_a_proposal_for_every_item_and_is_done(opened: Opened) -> None:
    job = opened.jobs.wait(start(opened))
    assert (job.state, job.done, job.total, job.note) == ("done", 6, 6, "")
    assert proposals(opened) == [(item_id, "ok", "refund") for item_id in range(1, 7)]
    assert broken_checks(opened) == []


def test_each_batch_can_be_reviewed_before_the_job_is_over(opened: Opened, work: ScriptedWork) -> None:
    gate = Gate()
    work.before = gate
    job_id = start(opened)
    gate.arrived.acquire(timeout=60)
    gate.go.release()
    gate.arrived.acquire(timeout=60)
    status = opened.jobs.status(job_id)
    assert (status.state, status.done, len(proposals(opened))) == ("running", 2, 2)
    assert status.rate_per_s is not None and status.seconds_left is not None
    assert opened.desk.open_card(ANN, 1, "intent").suggestion is not None
    gate.go.release(5)
    assert opened.jobs.wait(job_id).state == "done"


def test_a_paused_job_stops_after_the_batch_in_hand_and_goes_on_where_it_was(
    opened: Opened, work: ScriptedWork
) -> None:
    gate = Gate()
    work.before = gate
    job_id = start(opened)
    gate.arrived.acquire(timeout=60)
    opened.jobs.pause(job_id)
    gate.go.release(5)
    job = opened.jobs.wait(job_id)
    assert (job.state, job.done) == ("paused", 2)
    opened.jobs.resume(job_id)
    assert opened.jobs.wait(job_id).state == "done"
    assert work.computed == [[1, 2], [3, 4], [5, 6]]


def test_a_job_that_is_resumed_before_it_paused_goes_on(opened: Opened, work: ScriptedWork) -> None:
    gate = Gate()
    work.before = gate
    job_id = start(opened)
    gate.arrived.acquire(timeout=60)
    opened.jobs.pause(job_id)
    opened.jobs.resume(job_id)
    gate.go.release(5)
    assert opened.jobs.wait(job_id).state == "done"


def test_pausing_and_resuming_at_any_moment_ends_in_all_done(opened: Opened, work: ScriptedWork) -> None:
    job_id = start(opened, unit=1)
    for _ in range(12):
        try:
            opened.jobs.pause(job_id)
            opened.jobs.resume(job_id)
        except Conflict:
            break
    assert opened.jobs.wait(job_id).state == "done"
    assert work.computed == [[item_id] for item_id in range(1, 7)]


def test_a_cancelled_job_keeps_what_it_stored_and_cannot_be_resumed(opened: Opened, work: ScriptedWork) -> None:
    gate = Gate()
    work.before = gate
    job_id = start(opened)
    gate.arrived.acquire(timeout=60)
    opened.jobs.cancel(job_id)
    gate.go.release(5)
    assert (opened.jobs.wait(job_id).state, len(proposals(opened))) == ("cancelled", 2)
    with pytest.raises(Conflict, match="is cancelled; there is nothing to resume"):
        opened.jobs.resume(job_id)


def test_a_finished_job_can_be_neither_paused_nor_cancelled(opened: Opened) -> None:
    job_id = start(opened)
    opened.jobs.wait(job_id)
    for steer in (opened.jobs.pause, opened.jobs.cancel):
        with pytest.raises(Conflict, match="is done already"):
            steer(job_id)


def test_a_job_that_nobody_started_is_not_found(opened: Opened) -> None:
    with pytest.raises(NotFound, match="no job 5"):
        opened.jobs.status(5)


def test_a_job_goes_on_after_the_project_was_closed_under_it(folder: Path) -> None:
    work, gate = ScriptedWork(), Gate()
    work.before = gate
    with reopen(folder, [label_tool(work)]) as project:
        job_id = start(project)
        gate.arrived.acquire(timeout=60)
        gate.go.release(5)
        project.jobs._closing = True
    again = ScriptedWork()
    with reopen(folder, [label_tool(again)]) as project:
        assert project.jobs.status(job_id).state == "running"
        assert project.jobs.resume_interrupted() == [job_id]
        assert project.jobs.wait(job_id).state == "done"
        assert work.computed + again.computed == [[1, 2], [3, 4], [5, 6]]
        assert broken_checks(project) == []


def test_a_paused_job_waits_over_a_restart(folder: Path) -> None:
    work, gate = ScriptedWork(), Gate()
    work.before = gate
    with reopen(folder, [label_tool(work)]) as project:
        job_id = start(project)
        gate.arrived.acquire(timeout=60)
        project.jobs.pause(job_id)
        gate.go.release(5)
        project.jobs.wait(job_id)
    with reopen(folder, [label_tool(ScriptedWork())]) as project:
        assert project.jobs.resume_interrupted() == []
        project.jobs.resume(job_id)
        assert (project.jobs.wait(job_id).state, len(proposals(project))) == ("done", 6)


@pytest.mark.parametrize(
    ("error", "note"),
    [
        (BackendFailed("The service did not answer."), "The service did not answer."),
        (ValueError("oh"), "ValueError: oh"),
    ],
)
def test_a_unit_that_fails_stops_the_job_with_its_reason_and_can_be_tried_again(
    opened: Opened, work: ScriptedWork, error: Exception, note: str
) -> None:
    def fail_once(unit: list[int], calls: CallLog) -> None:
        if 3 in unit:
            work.before = lambda unit, calls: None
            raise error

    work.before = fail_once
    job_id = start(opened)
    job = opened.jobs.wait(job_id)
    assert (job.state, job.note, job.done) == ("failed", note, 2)
    opened.jobs.resume(job_id)
    assert opened.jobs.wait(job_id).state == "done"
    assert len(proposals(opened)) == 6


def test_items_that_got_no_answer_become_visible_unread_rows(opened: Opened, work: ScriptedWork) -> None:
    work.before = lambda unit, calls: [Draft(one, "intent", REFUND) for one in unit if one % 2]
    assert opened.jobs.wait(start(opened)).state == "done"
    assert [state for _, state, _ in proposals(opened)] == ["ok", "unread"] * 3


def test_a_unit_without_any_answer_becomes_unread_rows_too(opened: Opened, work: ScriptedWork) -> None:
    work.before = lambda unit, calls: []
    assert opened.jobs.wait(start(opened)).state == "done"
    rows = opened.store.database.rows("SELECT field, state, problem FROM proposals")
    assert rows == [("intent", "unread", "the back-end gave no answer for this item")] * 6


def test_an_answer_that_does_not_fit_the_schema_becomes_a_visible_invalid_row(
    opened: Opened, work: ScriptedWork
) -> None:
    work.before = lambda unit, calls: [Draft(one, "intent", {"label": "parcel"}) for one in unit]
    opened.jobs.wait(start(opened))
    rows = opened.store.database.rows("SELECT state, label, problem FROM proposals LIMIT 1")
    assert rows[0][:2] == ("invalid", None) and "'parcel' is not a label" in rows[0][2]
    assert opened.desk.open_card(ANN, 1, "intent").suggestion is None


@pytest.mark.parametrize("extra", [Draft(99, "intent", REFUND), Draft(1, "intent", REFUND)])
def test_an_answer_that_nobody_asked_for_is_a_defect_and_stores_nothing(
    opened: Opened, work: ScriptedWork, extra: Draft
) -> None:
    work.before = lambda unit, calls: [*(Draft(one, "intent", REFUND) for one in unit), extra]
    job = opened.jobs.wait(start(opened, unit=6))
    assert job.state == "failed" and "unasked or second draft" in job.note
    assert proposals(opened) == []


def test_an_item_that_stands_in_two_units_is_done_once(opened: Opened, work: ScriptedWork) -> None:
    plan = WorkPlan(IDENTITY, "intent", ((1, 2), (2, 3, 3)), Artefact({"label": "refund"}))
    _, job_id = opened.jobs.start(label_tool(work), plan, {}, LEAD)
    assert opened.jobs.wait(job_id).state == "done"
    assert work.computed == [[1, 2], [3]]
    assert broken_checks(opened) == []


def test_a_spent_budget_pauses_the_job_and_says_why(opened: Opened, work: ScriptedWork) -> None:
    opened.store.settings.put("budget_tokens", 250, LEAD)
    work.before = pay
    job_id = start(opened)
    job = opened.jobs.wait(job_id)
    assert (job.state, job.done) == ("paused", 4)
    assert job.note.startswith("The budget is 250 tokens and 200 are spent or reserved")
    opened.store.settings.put("budget_tokens", 300, LEAD)
    opened.jobs.resume(job_id)
    assert opened.jobs.wait(job_id).state == "done"
    assert charged_tokens(opened.store.database) == 300


def pay(unit: list[int], calls: CallLog) -> None:
    """A call of 100 tokens for each unit, asked for once."""
    key = f"unit {unit}"
    if calls.known(key) is None:
        calls.reserve(key, 100)
        calls.received(key, "a reply", 60, 40)


def test_a_call_that_was_answered_before_the_unit_failed_is_not_made_again(opened: Opened, work: ScriptedWork) -> None:
    opened.store.settings.put("budget_tokens", 1000, LEAD)

    def pay_and_fail(unit: list[int], calls: CallLog) -> None:
        pay(unit, calls)
        work.before = pay
        raise BackendFailed("lost")

    work.before = pay_and_fail
    job_id = start(opened)
    opened.jobs.wait(job_id)
    opened.jobs.resume(job_id)
    assert opened.jobs.wait(job_id).state == "done"
    assert opened.store.database.rows("SELECT count(*) FROM replies") == [(3,)]
    assert possibly_paid(opened.store.database) == []


def test_two_jobs_take_turns(opened: Opened) -> None:
    jobs = [start(opened), start(opened)]
    assert [opened.jobs.wait(job_id).state for job_id in jobs] == ["done", "done"]
    assert [job.job_id for job in opened.jobs.recent()] == jobs[::-1]
    assert opened.store.database.rows("SELECT run_id, count(*) FROM proposals GROUP BY run_id ORDER BY 1") == [
        (1, 6),
        (2, 6),
    ]


def test_what_the_run_learned_survives_on_disk_without_pickling(tmp_path: Path, opened: Opened) -> None:
    import numpy as np

    artefact = Artefact({"label": "refund", "names": ["ä", "b"]}, {"weights": np.arange(6.0).reshape(2, 3)})
    save_artefact(tmp_path / "run.npz", artefact)
    loaded = load_artefact(tmp_path / "run.npz")
    assert loaded.json == artefact.json
    assert (loaded.arrays["weights"] == artefact.arrays["weights"]).all()


def test_a_job_whose_artefact_is_gone_says_so(opened: Opened, work: ScriptedWork) -> None:
    gate = Gate()
    work.before = gate
    job_id = start(opened)
    gate.arrived.acquire(timeout=60)
    opened.jobs.pause(job_id)
    gate.go.release(5)
    opened.jobs.wait(job_id)
    for place in (opened.store.path / "artefacts").iterdir():
        place.unlink()
    opened.jobs.resume(job_id)
    job = opened.jobs.wait(job_id)
    assert job.state == "failed" and "start the tool again" in job.note


def test_drafts_are_put_in_the_order_of_the_unit() -> None:
    found = complete([3, 1, 2], [Draft(2, "intent", REFUND), Draft(3, "intent", REFUND)], "intent")
    assert [(one.item_id, one.state) for one in found] == [(3, "ok"), (1, "unread"), (2, "ok")]


def test_closing_waits_for_the_batch_in_hand(folder: Path) -> None:
    work = ScriptedWork()
    work.before = lambda unit, calls: time.sleep(0.05)
    with reopen(folder, [label_tool(work)]) as project:
        start(project, unit=1)
    with reopen(folder, [label_tool(work)]) as project:
        assert len(proposals(project)) == len(work.computed)
        assert broken_checks(project) == []


def test_waiting_for_a_job_that_does_not_run_says_how_it_stands(opened: Opened) -> None:
    opened.store.jobs.add(1, "prelabel", "intent", [], 3, LEAD)
    opened.store.jobs.set(1, "paused", "until tomorrow")
    found = opened.jobs.wait(1)
    assert (found.job_id, found.state, found.note, found.total) == (1, "paused", "until tomorrow", 3)
