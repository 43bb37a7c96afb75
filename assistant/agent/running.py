"""Runs one tool for somebody through the executor and tells it as events; long work is followed for a while."""

from __future__ import annotations

import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from assistant.agent.events import TurnEvent
from assistant.agent.render import say_job
from assistant.agent.stopping import refuse_if_stopped
from assistant.executor import OWN_WORDS, Outcome
from assistant.jobs import JobStatus
from tools.errors import AssistantError, ProjectDamaged
from tools.records import Actor, Role
from tools.spec import ToolSpec

PATIENCE_SECONDS = 4.0
_LOOK_EVERY = 0.15


class Door(Protocol):
    """What the conversation needs of the executor."""

    def call(self, name: str, args: Mapping[str, Any], actor: Actor) -> Outcome:
        """Run a tool."""

    def specs(self, role: Role) -> list[ToolSpec]:
        """The tools of a role."""


class JobWatch(Protocol):
    """What the conversation needs of the jobs."""

    def status(self, job_id: int) -> JobStatus:
        """Where a job stands."""


@dataclass(frozen=True)
class Ran:
    """How a call ended: its outcome, or the sentence that says why there is none. ``is_over`` is false while a job
    goes on in the background."""

    outcome: Outcome | None = None
    problem: str = ""
    is_over: bool = True


class ToolRunner:
    """The one way from a planned call to events."""

    def __init__(self, door: Door, jobs: JobWatch, patience: float = PATIENCE_SECONDS) -> None:
        """``patience`` is how many seconds a job is followed before it is left in the background."""
        self._door = door
        self._jobs = jobs
        self._patience = patience

    def run(
        self,
        name: str,
        arguments: Mapping[str, Any],
        actor: Actor,
        patience: float | None = None,
        *,
        speaks: bool = True,
    ) -> Generator[TurnEvent, None, Ran]:
        """Events of one call as they happen; an error of ours becomes an event and ends the call.

        ``speaks`` is false where somebody else puts the result into words.
        """
        yield TurnEvent("tool_started", tool=name, arguments=dict(arguments))
        began = time.monotonic()
        try:
            refuse_if_stopped()
            outcome = self._door.call(name, arguments, actor)
        except ProjectDamaged:
            raise  # no other step has anything to read
        except AssistantError as error:
            yield TurnEvent("error", str(error), tool=name, seconds=time.monotonic() - began)
            return Ran(problem=str(error))
        yield TurnEvent(
            "tool_finished",
            tool=name,
            arguments=dict(arguments),
            result=outcome.result,
            action_id=outcome.action_id,
            job_id=outcome.job_id,
            run_id=outcome.run_id,
            seconds=time.monotonic() - began,
        )
        if speaks and outcome.result.text:
            yield TurnEvent("text", outcome.result.text, tool=name, run_id=outcome.run_id, by="tool")
        if outcome.result.options:
            yield TurnEvent("options", options=outcome.result.options)
        if outcome.action_id is not None:
            told = _WAITS if actor.via in OWN_WORDS else _WAITS_FOR_ITS_BUTTON
            yield TurnEvent("action", told, tool=name, action_id=outcome.action_id)
        if outcome.job_id is None:
            return Ran(outcome)
        is_over = yield from self._follow(outcome, self._patience if patience is None else patience)
        return Ran(outcome, is_over=is_over)

    def _follow(self, outcome: Outcome, patience: float) -> Generator[TurnEvent, None, bool]:
        assert outcome.job_id is not None
        until, told = time.monotonic() + patience, ""
        while True:
            status = self._jobs.status(outcome.job_id)
            if status.is_over:
                yield self._ended(status)
                return status.state == "done"
            if time.monotonic() >= until:
                yield self._left(status)
                return False
            if (now := say_job(status)) != told:
                told = now
                yield TurnEvent("progress", told, tool=outcome.tool, job_id=status.job_id, run_id=status.run_id)
            time.sleep(_LOOK_EVERY)

    def _ended(self, status: JobStatus) -> TurnEvent:
        kind = "error" if status.state == "failed" else "text"
        told = job_line(status)
        return TurnEvent(kind, told, tool=status.tool, job_id=status.job_id, run_id=status.run_id)  # type: ignore[arg-type]

    def _left(self, status: JobStatus) -> TurnEvent:
        return TurnEvent("text", job_line(status), tool=status.tool, job_id=status.job_id, run_id=status.run_id)


def job_line(status: JobStatus) -> str:
    """The one line about a job wherever it is told: how far it is, or how it ended and how to take it back."""
    told = say_job(status)
    if status.state == "done":
        return f"{told} “Undo run {status.run_id}” takes it back."
    if status.is_over:
        return told
    if status.state == "paused":
        return f"{told.rstrip('.')}. Job {status.job_id} is paused; “resume job {status.job_id}” goes on."
    return f"{told.rstrip('.')}. It goes on in the background as job {status.job_id}; what is ready can be reviewed."


_WAITS = "This waits for you: press the button, or say “yes, do it” or “no”."
_WAITS_FOR_ITS_BUTTON = "The language model asked for this. It waits for its button; “no” dismisses it."
