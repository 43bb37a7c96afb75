"""What is to be taken back: one batch by number, the last decisions, everything since a time, or the last thing."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from assistant.agent.plans import Choice, Plan, PlannedCall, question
from assistant.agent.request import Request

_NOUNS = (
    ("run", ("batch", "run")),
    ("action", ("action",)),
    ("import", ("import",)),
    ("review", ("review", "decision")),
)
_KINDS = (
    ("import", r"\bimport"),
    ("action", r"\bbulk|\bgold|\bacceptance\b"),
    ("run", r"\b(?:batch|run|suggestions?|pre-?label\w*|proposals?)\b"),
)
_ACTIONS = (("mark_gold", r"\bgold\b"), ("bulk_accept", r"\bbulk|\bacceptance\b"))
_THAT = re.compile(r"\b(?:that|it|this|those|suggestions?|batch|run|sample|queue)\b")


def undo_call(what: str, number: int) -> PlannedCall:
    """The call that takes back one run, action, import or review."""
    return PlannedCall("undo", {"what": what, "id": number})


def build_undo(request: Request, is_chained: bool) -> Plan | PlannedCall:
    """The call for a sentence about undoing; what the tool cannot do is asked about."""
    low = request.low
    if re.search(r"\bredo\b|\bundo the undo\b", low):
        return PlannedCall("undo", {"what": "redo"})
    numbered = _numbered(request)
    if numbered is not None:
        return numbered
    if request.said.time is not None:
        return _since(request)
    if request.count and re.search(r"\blast\b|\bdecisions?\b|\blabels?\b", low):
        return _last_decisions(request, request.count)
    last = request.world.last
    if last is not None and last.run_id is not None and _THAT.search(low):
        return undo_call("run", last.run_id)
    if re.search(r"\b(?:everything|all)\b", low):
        return question("Since when? Say “undo everything since 14:00”, or “undo batch 12”.")
    action = next((kind for kind, pattern in _ACTIONS if re.search(pattern, low)), "")
    if action in request.world.last_actions and not _whose(request):
        return undo_call("action", request.world.last_actions[action])
    what = next((kind for kind, pattern in _KINDS if re.search(pattern, low)), "last")
    return PlannedCall("undo", {"what": what} | _whose(request))


def _numbered(request: Request) -> Plan | PlannedCall | None:
    batch = request.numbered("batch")
    kinds = request.world.batches.get(batch[0], ()) if batch else ()
    if len(kinds) > 1:
        return question(
            f"There is a run of suggestions {batch[0]} and a batch of decisions {batch[0]}. Which one?",
            Choice(f"undo run {batch[0]}", (undo_call("run", batch[0]),)),
            Choice(f"undo action {batch[0]}", (undo_call("action", batch[0]),)),
        )
    if kinds:
        return undo_call(kinds[0], batch[0])
    for what, nouns in _NOUNS:
        numbers = request.numbered(*nouns)
        is_amount = re.search(r"\blast \d+ (?:decision|review|run|batch|import)", request.low)
        if numbers and not is_amount:
            return undo_call(what, numbers[0])
    return None


def _since(request: Request) -> Plan | PlannedCall:
    time = request.said.time
    assert time is not None
    call = PlannedCall("undo", {"what": "since", "since": time.since_text} | _kind(request) | _whose(request))
    if not time.since_text:
        return question("I can undo everything since a time. Since when?")
    if time.until is not None and time.until < request.world.now:
        told = _clock(time.since, request)
        return question(
            f"I can undo everything since a time, but not up to one. Shall I list everything since {told}?",
            Choice(f"undo everything since {told}", (call,)),
        )
    return call


def _last_decisions(request: Request, count: int) -> Plan | PlannedCall:
    recent = request.world.recent
    if not recent:
        return PlannedCall("undo", {"what": "last", "kind": "decisions"})
    since = recent[min(count, len(recent)) - 1].astimezone(UTC).isoformat()
    return PlannedCall("undo", {"what": "since", "since": since, "kind": "decisions"})


def _kind(request: Request) -> dict[str, Any]:
    if re.search(r"\b(?:batch(?:es)?|suggestions?|runs?)\b", request.low):
        return {"kind": "batches"}
    return {"kind": "decisions"} if re.search(r"\b(?:decisions?|labell?ed|labels)\b", request.low) else {}


def _whose(request: Request) -> dict[str, Any]:
    people = [one for one in request.said.people if one != request.world.person]
    return {"person": people[0]} if people else {}


def _clock(moment: datetime | None, request: Request) -> str:
    assert moment is not None
    is_today = moment.date() == request.world.now.date()
    return f"{moment:%H:%M}" if is_today else f"{moment:%Y-%m-%d %H:%M}"
