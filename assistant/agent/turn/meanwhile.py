"""What happened between two turns: jobs that ended in the background, and what the program has to say to everybody."""

from __future__ import annotations

from assistant.agent.running import Ran
from assistant.agent.surroundings import Host
from assistant.agent.turn.memory import Memory
from assistant.jobs import JobStatus
from tools.errors import NotFound
from tools.sentences import count_of, verb

_MOST_TOLD = 3
_STAYS = ("queued", "running", "paused")


def left_behind(ran: Ran) -> tuple[int, ...]:
    """The job that goes on after a call, if there is one."""
    outcome = ran.outcome
    return (outcome.job_id,) if outcome is not None and outcome.job_id is not None and not ran.is_over else ()


def meanwhile(host: Host, memory: Memory, is_seen: bool = False) -> tuple[tuple[int, ...], str]:
    """(jobs still to be followed, what is to be told at the beginning of this turn).

    ``is_seen`` says that the person sees the line of each job move and end where it stands, as on the page.
    """
    going_on: list[int] = []
    told: list[str] = []
    for job_id in memory.following:
        try:
            status = host.jobs.status(job_id)
        except NotFound:
            continue
        if status.state in _STAYS:
            going_on.append(job_id)
        elif not is_seen:
            told.append(_ended(status))
    # Whoever begins a conversation was not there when the older ones were said.
    notices = host.store.notices.after(memory.notices) if memory.notices is not None else []
    shown = [*told[-_MOST_TOLD:], *notices[-_MOST_TOLD:]]
    return tuple(going_on), f"Meanwhile: {' '.join(shown)}" if shown else ""


def _ended(status: JobStatus) -> str:
    made = f"{status.done:,} of {count_of(status.total, 'item')} {verb(status.done, 'has', 'have')} a suggestion"
    if status.state == "done":
        return f"Job {status.job_id} ended: {made}. “Undo run {status.run_id}” takes it back."
    why = f" ({status.note.rstrip('.')})" if status.note else ""
    return f"Job {status.job_id} is {status.state}{why}: {made}."
