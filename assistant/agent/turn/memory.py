"""What earlier turns mean for this one, rebuilt each time from the stored messages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from assistant.agent.model.loop import Said
from assistant.agent.planner.plans import Choice, PlannedCall
from assistant.agent.words.world import LastResult
from assistant.executor import Outcome
from tools.filters import filter_from

LOOK_BACK = 24
MOST_ITEMS = 1000
# They tell of items, but show no list of them row by row.
_NO_LISTS = ("bulk_accept", "mark_gold", "explain_item")
# A small model reads 2,048 tokens in all: what was said before gets the smallest part of them.
_LONGEST = 400
_MOST_HISTORY = 1200


@dataclass(frozen=True)
class Memory:
    """``last`` is the latest call that ran, ``last_at`` when; ``pending`` an action shown in the turn just before this
    one, ``choices`` the quick replies of that turn; ``history`` what was said, oldest first. ``following`` are jobs
    that were left in the background and whose end was not told yet; ``notices`` is the number of the last notice that
    was told, ``None`` where a conversation begins. ``asked`` are the answers that the last turn asked to choose from,
    ``by_model`` says that a model spoke in it, so that what is said now may be an answer to that."""

    last: LastResult | None = None
    last_at: datetime | None = None
    pending: int | None = None
    choices: tuple[Choice, ...] = ()
    history: tuple[Said, ...] = ()
    following: tuple[int, ...] = ()
    notices: int | None = None
    asked: tuple[str, ...] = ()
    by_model: bool = False


def recall(messages: Sequence[Mapping[str, Any]], person: str) -> Memory:
    """The memory that these messages give, those of other people in the same session left out."""
    own = [one for one in messages if one["person"] == person]
    history = _history(own)
    called = [(call, one.get("at")) for one in reversed(own) for call in reversed(one["record"].get("calls", ()))]
    # What a model looked up by itself is meant only where the person has asked for nothing yet.
    called = [one for one in called if not _is_models_own(one[0])] or called
    listed = next((tuple(call["items"]) for call, _ in called if _is_list(call)), ())
    last, last_at = (_last_from(called[0][0], listed), called[0][1]) if called else (None, None)
    before = own[-1]["record"] if own and own[-1]["speaker"] == "assistant" else {}
    choices = tuple(_choice_from(one) for one in before.get("choices", ()))
    told: Mapping[str, Any] = next((one["record"] for one in reversed(own) if "notices" in one["record"]), {})
    following = tuple(int(one) for one in told.get("following", ()))
    asked = tuple(str(one) for one in before.get("asked", ()))
    by_model = bool(before.get("by_model"))
    return Memory(
        last, last_at, before.get("action"), choices, history, following, told.get("notices"), asked, by_model
    )


def _history(own: Sequence[Mapping[str, Any]]) -> tuple[Said, ...]:
    """What a model may hear again: people's words, tools' and its own; never a notice of the program.

    The newest come first into the room there is. One speaker's messages in a row are one, as many servers demand.
    """
    room, kept = _MOST_HISTORY, list[Said]()
    for one in reversed(own):
        is_person = one["speaker"] == "person"
        text = str(one["text"] if is_person else one["record"].get("heard", ""))[:_LONGEST].strip()
        if len(text) > room:
            break
        room -= len(text)
        if text and kept and kept[-1].is_person == is_person:
            kept[-1] = Said(is_person, f"{text}\n{kept[-1].text}")
        elif text:
            kept.append(Said(is_person, text))
    # The sentence of this turn is a person's: one before it that nobody answered is not told twice.
    while kept and kept[0].is_person:
        kept.pop(0)
    while kept and not kept[-1].is_person:
        kept.pop()
    return tuple(reversed(kept))


def call_record(tool: str, arguments: Mapping[str, Any], outcome: Outcome, *, by_model: bool = False) -> dict[str, Any]:
    """One call for the record of a message; ``by_model`` where its arguments are a model's."""
    where = outcome.result.where
    return {
        "tool": tool,
        "arguments": dict(arguments),
        "items": list(outcome.result.items[:MOST_ITEMS]),
        "where": where.to_record() if where is not None else None,
        "run": outcome.run_id,
        "action": outcome.action_id,
        "job": outcome.job_id,
        "by_model": by_model,
    }


def last_of(tool: str, arguments: Mapping[str, Any], outcome: Outcome, before: LastResult | None = None) -> LastResult:
    """What a call that just ran means for the next step."""
    record = call_record(tool, arguments, outcome)
    listed = tuple(record["items"]) if _is_list(record) else before.shown if before else ()
    return _last_from(record, listed)


def _is_list(record: Mapping[str, Any]) -> bool:
    """Whether a call showed a list of items, in which places can be counted."""
    return bool(record["items"]) and record["tool"] not in _NO_LISTS


def _is_models_own(record: Mapping[str, Any]) -> bool:
    """Whether a model chose what was looked up; what was begun or waits counts as what happened last anyway."""
    return bool(record.get("by_model")) and record.get("run") is None and record.get("action") is None


def choice_record(choice: Choice) -> dict[str, Any]:
    """One quick reply for the record of a message."""
    calls = [
        {"tool": one.tool, "arguments": dict(one.arguments), "on_last": one.on_last, "items": list(one.items)}
        for one in choice.calls
    ]
    return {"text": choice.text, "calls": calls}


def _choice_from(record: Mapping[str, Any]) -> Choice:
    calls = (PlannedCall(one["tool"], one["arguments"], one["on_last"], tuple(one["items"])) for one in record["calls"])
    return Choice(record["text"], tuple(calls))


def _last_from(record: Mapping[str, Any], listed: tuple[int, ...] = ()) -> LastResult:
    where = filter_from(record["where"]) if record.get("where") is not None else None
    items = tuple(record["items"])
    return LastResult(
        record["tool"], record["arguments"], items, where, record.get("run"), record.get("action"), listed,
        _is_models_own(record),
    )  # fmt: skip
