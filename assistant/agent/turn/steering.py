"""Pausing, resuming and cancelling jobs in words."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.agent.events import TurnEvent
from assistant.agent.planner.plans import Plan
from assistant.agent.surroundings import Host
from assistant.agent.words.quantities import whole
from tools.records import Actor

_TOLD = {
    "pause": "is paused after the batch in hand",
    "resume": "goes on",
    "cancel": "stops after the batch in hand",
}


def steer_job(host: Host, actor: Actor, found: Plan) -> Iterator[TurnEvent]:
    """Pause, resume or cancel the job that is named, else the newest that this can be done to."""
    jobs = host.jobs
    number = whole(found.notes[0]) if found.notes else 0
    wanted = ("paused", "failed") if found.text == "resume" else ("running", "queued", "paused")
    fit = [one for one in jobs.recent() if number in (one.job_id, one.run_id) or (not number and one.state in wanted)]
    fit = fit if number else sorted(fit, key=lambda one: not host.executor.may_steer(one.job_id, actor))
    if not fit:
        yield TurnEvent("text", f"There is no job to {found.text}.")
        return
    host.executor.steer(found.text, fit[0].job_id, actor)
    yield TurnEvent("text", f"Job {fit[0].job_id} {_TOLD[found.text]}.", job_id=fit[0].job_id)
