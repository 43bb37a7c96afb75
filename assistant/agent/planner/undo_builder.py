"""What is to be taken back: one batch by number, the last decisions, everything since a time, or the last thing."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from assistant.agent.planner.plans import Choice, Plan, PlannedCall, question, talk
from assistant.agent.planner.request import Request
from tools.moments import said_moment

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
# What a person can name: (words, kinds of work that are called so, the target of an undo).
_NAMED = (
    (r"\bgold\b", ("mark_gold",), "action"),
    (r"\bbulk|\bacceptance\b", ("bulk_accept",), "action"),
    (r"\breject(?:ion|ed)?\b", ("reject",), "review"),
    (r"\bskip(?:ped)?\b", ("skip",), "review"),
    (r"\bflag(?:ged)?\b", ("flag",), "review"),
    (r"\bcomments?\b", ("comment",), "review"),
    (r"\bcorrection\b", ("choose", "edit"), "review"),
    (r"\bsampl(?:e|ing)\b", ("sample",), "run"),
    (r"\bqueue\b", ("sample", "plan_review"), "run"),
    (r"\b(?:suggestions?|pre-?label\w*|proposals?|transcripts?)\b", ("prelabel", "segment", "transcribe"), "run"),
)
_SCHEMA = re.compile(
    r"\b(?:renam\w+|schema|(?:new|added|removed) label|label (?:change|name)|(?:change|name) of (?:the |a )?labels?)\b"
)
# What is recorded and not undone, with what to do instead.
_NOT_UNDONE = (
    (
        r"\b(?:exports?|downloads?)\b",
        "Exports are recorded and not undone: the file stays where it was written; delete it there if nobody shall "
        "use it. Nothing was undone.",
    ),
    (r"\bmerge\b", "Labels cannot be merged, so there is no merge to take back. Nothing was undone."),
    (
        r"\b(?:settings?|filters?|search|messages?|sentence|question|chat|backups?|users?|accounts?|passwords?)\b",
        "I take back decisions, batches, runs and imports, and nothing else. Nothing was undone.",
    ),
)
# Words that name nothing of their own: "undo what I did last" is the last thing, "undo the last bicycle" is not.
_UNNAMED = re.compile(
    r"\b(?:undo|undone|undid|revert|reverse|roll|rolled|rollback|take|took|taken|back|put|throw|away|withdraw|cancel|"
    r"restore|scrap|drop|get|rid|of|that|this|it|these|those|the|my|mine|our|a|an|last|latest|previous|one|ones|thing|"
    r"things|stuff|what|which|i|we|you|me|did|do|done|made|make|have|has|just|now|again|please|pls|can|could|would|to|"
    r"and|so|oops|sorry|was|were|is|wrong|mistake|mistakes|error|decisions?|labels?|labell?ed|labell?ing|answers?|"
    r"changes?|work|step|action|before|accept|accepted|choice|verdict|for|on|in|from|as|let|us|wait|no|oh|all|actually|"
    r"everything|up|off|should|want|like|need|if|possible|them|item|items)\b|\W+"
)
_THAT = re.compile(r"\b(?:that|it|this|those|suggestions?|batch|run|sample|queue)\b")


def undo_call(what: str, number: int) -> PlannedCall:
    """The call that takes back one run, action, import or review."""
    return PlannedCall("undo", {"what": what, "id": number})


def build_undo(request: Request, is_chained: bool) -> Plan | PlannedCall:
    """The call for a sentence about undoing; what the tool cannot do is asked about."""
    low = request.low
    if re.search(r"\bredo\b|\bundo the undo\b", low):
        return PlannedCall("undo", {"what": "redo"})
    found = _numbered(request) or _of_a_kind(low)
    if found is not None:
        return found
    if request.said.time is not None:
        return _since(request)
    if request.count and re.search(r"\blast\b|\bdecisions?\b|\blabels?\b", low):
        return _last_decisions(request, request.count)
    last = request.world.last
    if last is not None and last.run_id is not None and _THAT.search(low):
        return undo_call("run", last.run_id)
    if re.search(r"\b(?:everything|all)\b", low):
        return question("Since when? Say “undo everything since 14:00”, or “undo batch 12”.")
    if not _whose(request) and (named := _named(request)) is not None:
        return named
    what = next((kind for kind, pattern in _KINDS if re.search(pattern, low)), "last")
    if what == "last" and not _whose(request) and (left := _UNNAMED.sub(" ", low).split()):
        return question(
            f"I do not know what “{' '.join(left)}” is among the things that can be taken back. What shall I undo?",
            Choice("undo my last decision", (PlannedCall("undo", {"what": "last", "kind": "decisions"}),)),
            Choice("undo the last run", (PlannedCall("undo", {"what": "run"}),)),
        )
    return PlannedCall("undo", {"what": what} | _whose(request))


def _of_a_kind(low: str) -> Plan | PlannedCall | None:
    """What is recorded and not undone, or the last change of the labels."""
    told = next((told for pattern, told in _NOT_UNDONE if re.search(pattern, low)), "")
    if told:
        return talk(told)
    return PlannedCall("undo", {"what": "schema"}) if _SCHEMA.search(low) else None


def _named(request: Request) -> Plan | PlannedCall | None:
    """The newest work of the kind that is named, never another one in its place."""
    for pattern, kinds, target in _NAMED:
        if re.search(pattern, request.low):
            found = [request.world.last_actions[kind] for kind in kinds if kind in request.world.last_actions]
            noun = kinds[0].replace("_", " ")
            return undo_call(target, max(found)) if found else talk(f"You have no {noun} that could be taken back.")
    return None


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
            f"I can undo everything since a time, but not up to one. Shall I undo everything since {told}?",
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
    return f"{moment:%H:%M}" if is_today else said_moment(moment)
