"""Carries out decision words of a person: on the item in hand like the key, over several items as a card to confirm."""

from __future__ import annotations

import uuid
from collections.abc import Generator, Iterator
from datetime import UTC, datetime

from assistant.agent.decisions.decision_records import BulkWords, CardInHand, OneDecision, UndoLast
from assistant.agent.events import TurnEvent
from assistant.agent.planner.change_builders import bulk_call
from assistant.agent.planner.plans import Plan, PlannedCall
from assistant.agent.planner.undo_builder import undo_call
from assistant.agent.surroundings import Host
from assistant.agent.turn.memory import Memory
from assistant.review import Decision
from tools.records import Actor
from tools.sentences import count_of
from tools.values import describe_value

_STAYS = ("flag", "comment")
_SAID = {"accept": "Accepted", "choose": "Chosen", "edit": "Saved", "reject": "Rejected", "skip": "Skipped",
         "flag": "Flagged", "comment": "Comment added"}  # fmt: skip


def decide(host: Host, actor: Actor, card: CardInHand, decision: OneDecision) -> Iterator[TurnEvent]:
    """Store the decision on the item in hand, exactly as its key would."""
    receipt = host.desk.decide(
        actor,
        Decision(
            card.exposure_id,
            f"words-{uuid.uuid4().hex}",
            decision.verdict,
            decision.value,
            decision.reason,
            decision.regions,
        ),
    )
    review = receipt.review
    key = host.store.items.keys([review.item_id])[0]
    text = host.store.items.texts([review.item_id])[0]
    value = f" {describe_value(card.field, review.value, text)}" if review.value is not None else ""
    told = f"{_SAID[review.verdict]}{value} on {key}. {_left(receipt.progress.left, card)}"
    kind = "text" if decision.verdict in _STAYS else "decided"
    yield TurnEvent(kind, told, exposure_id=card.exposure_id)  # type: ignore[arg-type]


def _left(left: int, card: CardInHand) -> str:
    return (
        f"{count_of(left, 'item')} left for {card.field.name}."
        if left
        else f"That was the last one for {card.field.name}."
    )


def undo_last(
    host: Host, actor: Actor, memory: Memory, words: UndoLast
) -> Generator[TurnEvent, None, PlannedCall | None]:
    """Take back what was done last: the last decision, or the last batch where that came later.

    Returns the call that takes a batch back, for the runner; decisions are taken back here.
    """
    batch = None if words.is_decision else last_batch(host, memory)
    past = host.desk.history(actor, 1)
    at = memory.last_at if memory.last_at is None or memory.last_at.tzinfo else memory.last_at.replace(tzinfo=UTC)
    if batch is not None and (not past or at is None or _aware(past[0].at) <= at):
        if batch.arguments["what"] == "run":
            _stop_work(host, int(batch.arguments["id"]), actor)
        return batch
    undone = host.desk.undo(actor)
    exposure = undone.card.exposure.exposure_id if undone.card else None
    yield TurnEvent("moved", undone.sentence, exposure_id=exposure)
    return None


def _aware(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def last_batch(host: Host, memory: Memory) -> PlannedCall | None:
    """The call that takes back what was called last, where that was a run or a change that was confirmed."""
    last = memory.last
    if last is None:
        return None
    if last.run_id is not None:
        return undo_call("run", last.run_id)
    if last.action_id is not None and host.executor.action(last.action_id).decision == "confirmed":
        return undo_call("action", last.action_id)
    return None


def _stop_work(host: Host, run_id: int, actor: Actor) -> None:
    """Whoever takes a run back does not want the rest of it either."""
    for job in host.jobs.recent(5):
        if job.run_id == run_id and not job.is_over:
            host.executor.steer("cancel", job.job_id, actor)


def plan_bulk(words: BulkWords, memory: Memory) -> Plan | PlannedCall:
    """The call for bulk words, or the sentence that says why there is none."""
    return bulk_call(words, memory.last.shown if memory.last else ())
