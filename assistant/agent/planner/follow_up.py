"""Short follow-ups that only change a part of the last call: "and for ana?", "the same for entities", "more"."""

from __future__ import annotations

import re
from typing import Any

from assistant.agent.planner.call_builders import backend_name
from assistant.agent.planner.plans import Plan, PlannedCall, calls
from assistant.agent.planner.request import Request

_CUE = re.compile(
    r"^(?:and|ok and|now|what about|how about|and what about|the same|same|same thing|do the same|only|just|instead)\b"
    r"(?: (?:thing|again|please))*(?: (?:for|with|on|by|in|from|of|about|but))*(?: (?:the|only))?"
)
_MORE = re.compile(
    r"^(?:(?:show|give)(?: me)? )?(?:more|the next ones|next ones|another (?P<n>\d+)|(?P<m>\d+) more)(?: please)?\W*$"
)
_MOST_WORDS = 8


def read_follow_up(request: Request) -> Plan | None:
    """The last call with other arguments, where the sentence says no more than which ones."""
    last = request.world.last
    if last is None or last.tool not in request.world.tools:
        return None
    spec = request.world.tools[last.tool]
    if spec.effect == "change":
        return None
    known = spec.arguments.model_fields
    more = _MORE.match(request.low)
    if more and "limit" in known:
        wanted = int(more.group("n") or more.group("m") or 20)
        before = int(last.arguments.get("limit", known["limit"].default or 20))
        return calls(PlannedCall(last.tool, {**last.arguments, "limit": min(200, before + wanted)}))
    if not _CUE.match(request.low) or len(request.sentence.tokens) > _MOST_WORDS or not _says_only_slots(request):
        return None
    changed = {name: value for name, value in _slots(request).items() if name in known}
    if not changed:
        return None
    arguments: dict[str, Any] = {**last.arguments, **changed}
    if "field" in changed and "label" not in changed:
        arguments.pop("label", None)
    return calls(PlannedCall(last.tool, arguments))


def _says_only_slots(request: Request) -> bool:
    """Whether nothing is left once the cue, the names, numbers and times are taken away."""
    text = list(request.low)
    spans = [(one.start, one.end) for one in request.mentions] + [(one.start, one.end) for one in request.quantities]
    spans += [(request.said.time.start, request.said.time.end)] if request.said.time else []
    for start, end in spans:
        text[start:end] = " " * (end - start)
    cue = _CUE.match("".join(text)) or _CUE.match(request.low)
    left = "".join(text)[cue.end() if cue else 0 :]
    return (
        re.sub(r"\b(?:the|items?|ones?|field|label|labels|please|instead|model|me|i|for|only|and|with)\b|\W", "", left)
        == ""
    )


def _slots(request: Request) -> dict[str, Any]:
    slots: dict[str, Any] = {}
    if request.labels:
        slots |= {"field": request.labels[0].field, "label": request.labels[0].key}
    if field := request.first("FIELD"):
        slots["field"] = field
    people = request.said.people or ((request.world.person,) if re.search(r"\b(?:me|mine)\b", request.low) else ())
    if people:
        slots["reviewer"] = people[0]
    if request.said.time:
        slots["since"] = request.said.time.since_text
    if model := request.first("MODEL"):
        slots["backend"] = backend_name(model)
    if request.count:
        slots |= {"n": request.count, "limit": request.count}
    if state := request.said.parts.get("state"):
        slots["state"] = state
    return slots
