from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.agent.events import TurnEvent
from assistant.agent.planner.plans import Plan
from assistant.agent.running import Ran, ToolRunner
from assistant.agent.surroundings import painted_keys
from assistant.agent.turn.steering import steer_job
from assistant.executor import Outcome
from assistant.jobs import JobStatus
from tests.agent.doubles import ScriptedDoor, ScriptedJobs
from tools.errors import InputError
from tools.records import Actor, Alternative, Draft, Proposal
from tools.results import ToolResult
from tools.schema import schema_from_labels

ANA = Actor("ana", "lead", "chat", "s1")


def job(state: str, done: int, note: str = "") -> JobStatus:
    return JobStatus(3, 7, "prelabel", "intent", state, done, 50, note)


def collect(steps: Iterator[TurnEvent]) -> tuple[list[TurnEvent], Ran]:
    events = []
    while True:
        try:
            events.append(next(steps))
        except StopIteration as end:
            return events, end.value


def follow(*script: JobStatus, patience: float = 5.0) -> tuple[list[TurnEvent], Ran]:
    door = ScriptedDoor(Outcome("prelabel", ToolResult("I will suggest labels for 50 items."), run_id=7, job_id=3))
    return collect(ToolRunner(door, ScriptedJobs(*script), patience).run("prelabel", {}, ANA))


def test_a_job_is_followed_to_its_end() -> None:
    events, ran = follow(job("running", 10), job("running", 30), job("done", 50))
    assert [one.kind for one in events] == ["tool_started", "tool_finished", "text", "progress", "progress", "text"]
    assert events[-1].text == "Done: 50 of 50 items. “Undo run 7” takes it back."
    assert ran.is_over


def test_a_long_job_is_left_in_the_background_and_that_is_said() -> None:
    events, ran = follow(job("running", 10), patience=0.0)
    assert "goes on in the background as job 3" in events[-1].text
    assert not ran.is_over


@pytest.mark.parametrize(("state", "kind"), [("failed", "error"), ("paused", "text"), ("cancelled", "text")])
def test_a_job_that_ends_badly_is_told_with_its_reason(state: str, kind: str) -> None:
    events, ran = follow(job(state, 20, "The budget is spent."))
    assert (events[-1].kind, ran.is_over) == (kind, False)
    assert events[-1].text == f"The job is {state} after 20 of 50 items: The budget is spent."


def test_a_refusal_becomes_an_event_and_a_problem() -> None:
    door = ScriptedDoor(InputError("There is no field 'x'."))
    events, ran = collect(ToolRunner(door, ScriptedJobs()).run("measure", {"field": "x"}, ANA))
    assert [one.kind for one in events] == ["tool_started", "error"]
    assert (ran.outcome, ran.problem) == (None, "There is no field 'x'.")


def test_a_silent_run_leaves_the_words_to_somebody_else() -> None:
    door = ScriptedDoor(Outcome("measure", ToolResult("12 items.")))
    events, _ = collect(ToolRunner(door, ScriptedJobs()).run("measure", {}, ANA, speaks=False))
    assert [one.kind for one in events] == ["tool_started", "tool_finished"]


def test_options_of_a_result_are_offered() -> None:
    door = ScriptedDoor(Outcome("project_status", ToolResult("No items yet.", options=("Import a file",))))
    events, _ = collect(ToolRunner(door, ScriptedJobs()).run("project_status", {}, ANA))
    assert events[-1].options == ("Import a file",)


def test_with_more_than_nine_labels_digits_are_the_likeliest_in_order() -> None:
    spec = schema_from_labels([f"Label {at}" for at in range(1, 13)]).fields[0]
    draft = Draft(1, spec.id, {"label": "label_7"}, 0.5, alternatives=(Alternative("label_12", 0.3),))
    proposal = Proposal(1, 1, 1, draft, None)  # type: ignore[arg-type]
    keys = painted_keys(spec, proposal)
    assert [keys[str(at)] for at in (1, 2, 3)] == ["label_7", "label_12", "label_1"]
    assert painted_keys(spec, None)["1"] == "label_1"


class Steered:
    """A host whose jobs are given; ``asked`` is what reached them."""

    def __init__(self, *jobs: JobStatus, own: tuple[int, ...] = ()) -> None:
        self.jobs = self.executor = self
        self._jobs, self._own = jobs, own
        self.asked: list[tuple[str, int]] = []

    def recent(self) -> list[JobStatus]:
        return list(self._jobs)

    def may_steer(self, job_id: int, actor: Actor) -> bool:
        return job_id in self._own

    def steer(self, what: str, job_id: int, actor: Actor) -> None:
        self.asked.append((what, job_id))


def numbered(job_id: int, state: str) -> JobStatus:
    return JobStatus(job_id, job_id + 100, "prelabel", "intent", state, 0, 50, "")


@pytest.mark.parametrize(
    ("what", "number", "job_id", "told"),
    [
        ("pause", "", 8, "Job 8 is paused after the batch in hand."),
        ("resume", "", 9, "Job 9 goes on."),
        ("cancel", "", 9, "Job 9 stops after the batch in hand."),
        ("cancel", "7", 7, "Job 7 stops after the batch in hand."),
        ("pause", "108", 8, "Job 8 is paused after the batch in hand."),
    ],
)
def test_words_steer_the_newest_job_that_fits_or_the_one_that_is_named(
    what: str, number: str, job_id: int, told: str
) -> None:
    states = {"pause": ("done", "running", "running")}.get(what, ("paused", "running", "failed"))
    host = Steered(*map(numbered, (9, 8, 7), states), own=(9, 8, 7))
    found = Plan("jobs", text=what, notes=(number,) if number else ())
    (event,) = steer_job(host, ANA, found)  # type: ignore[arg-type]
    assert (host.asked, event.kind, event.text, event.job_id) == ([(what, job_id)], "text", told, job_id)


def test_an_own_job_is_meant_before_a_newer_one_of_somebody_else() -> None:
    host = Steered(numbered(9, "running"), numbered(8, "running"), own=(8,))
    list(steer_job(host, ANA, Plan("jobs", text="pause")))  # type: ignore[arg-type]
    assert host.asked == [("pause", 8)]


@pytest.mark.parametrize(("what", "state"), [("resume", "running"), ("pause", "done"), ("cancel", "failed")])
def test_where_no_job_fits_that_is_said_and_none_is_steered(what: str, state: str) -> None:
    host = Steered(numbered(9, state), own=(9,))
    (event,) = steer_job(host, ANA, Plan("jobs", text=what))  # type: ignore[arg-type]
    assert (host.asked, event.text) == ([], f"There is no job to {what}.")
