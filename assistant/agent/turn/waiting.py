"""The change that waits for the person who is talking, and whether their words may press it.

Words press only what the person's own last sentence asked for, read by the built-in planner, in the same sitting. What
a model called is known by the way it came (``agent``), which is stored with the action: no question of a model and no
restart can turn it into something that a person asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from assistant.agent.events import TurnEvent
from assistant.agent.surroundings import Host
from assistant.agent.turn.carrying import last_batch
from assistant.agent.turn.memory import Memory
from assistant.executor import OWN_WORDS
from assistant.store.actions import PendingAction
from tools.records import Actor

_TERMINAL = "cli:"


@dataclass(frozen=True, slots=True)
class Waiting:
    """``is_asked_for``: by this person's own words in this sitting; ``is_elsewhere``: by their own words in another.
    ``is_last``: it came up in the turn just before. After it came up, ``decided_since``: the person decided something
    on the card; ``batch_last``: a batch was the last thing that was done in words; ``batch_since``: the name of the
    newest batch of decisions, empty without one.
    """

    action_id: int
    sentence: str
    is_asked_for: bool
    is_last: bool
    decided_since: bool = False
    is_elsewhere: bool = False
    batch_last: bool = False
    batch_since: str = ""


def thread_of(actor: Actor) -> str:
    """The conversation that an actor's words belong to: one for each person on the page, wherever they signed in."""
    return actor.session if at_terminal(actor) else f"page:{actor.person}"


def waiting_card(host: Host, actor: Actor, memory: Memory) -> Waiting | None:
    """The newest change that waits for this person where they are talking, before all the one of the last turn."""
    own = [one for one in host.executor.pending() if _is_here(one, actor)]
    found = next((one for one in own if one.action_id == memory.pending), own[-1] if own else None)
    if found is None:
        return None
    is_own = found.actor.via in OWN_WORDS
    is_later = memory.last_at is not None and _aware(memory.last_at) > _aware(found.at)
    return Waiting(
        found.action_id,
        found.change.sentence,
        is_asked_for=is_own and found.actor.session == actor.session,
        is_last=found.action_id == memory.pending,
        decided_since=_decided_since(host, actor, found.at),
        is_elsewhere=is_own and found.actor.session != actor.session,
        batch_last=is_later and last_batch(host, memory) is not None,
        batch_since=_batch_since(host, actor, found.at),
    )


def said_withdrawn(host: Host, before: Waiting | None) -> Iterator[TurnEvent]:
    """A line where what waited before this turn is withdrawn by what came of it."""
    for action, why in host.executor.withdrawn():
        if before is not None and action.action_id == before.action_id:
            yield TurnEvent("text", f"Withdrawn, because {why}: {action.change.sentence}")


def _is_here(action: PendingAction, actor: Actor) -> bool:
    return action.actor.person == actor.person and at_terminal(action.actor) == at_terminal(actor)


def at_terminal(actor: Actor) -> bool:
    """Whether somebody talks in a terminal, where there is no card."""
    return actor.via == "cli" or actor.session.startswith(_TERMINAL)


def _decided_since(host: Host, actor: Actor, at: datetime) -> bool:
    past = host.desk.history(actor, 1)
    return bool(past) and _aware(past[0].at) > _aware(at)


def _batch_since(host: Host, actor: Actor, at: datetime) -> str:
    wanted = {"person": actor.person, "targets": ["action"], "limit": 1}
    found = host.store.ask("work_since", wanted, actor).as_dicts()
    return f"action {found[0]['target_id']}" if found and _aware(found[0]["made_at"]) > _aware(at) else ""


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
