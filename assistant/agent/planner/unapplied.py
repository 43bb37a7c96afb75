"""Conditions that a sentence puts on items and that the call made of it does not carry.

A condition that was said is never dropped: such a call is not made, and a sentence names the condition and what can be
done instead. What counts is what the call holds, not how it was built, so that no builder can forget one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from assistant.agent.planner.plans import Plan, PlannedCall, talk
from assistant.agent.planner.request import Request
from assistant.agent.planner.strangers import strangers
from assistant.agent.planner.unapplied_words import say_stranger, say_unapplied
from assistant.agent.render import listing
from assistant.agent.words.intents import known_words
from assistant.agent.words.mentions import Mention
from assistant.agent.words.phrases import phrases
from assistant.agent.words.quantities import Quantity
from tools.filters import STATES

_STATES = frozenset(STATES) - {"any"}
_OF_TOOL = {
    "find_items": _STATES - {"decided"},
    "measure": frozenset({"skipped", "flagged", "unread", "rejected"}),
    "prelabel": _STATES - {"decided", "suggested", "undecided"},
    "sample": _STATES - {"decided", "suggested", "undecided"},
    "bulk_accept": _STATES - {"decided", "suggested", "undecided"},
    "mark_gold": _STATES - {"decided", "gold"},
    "export_data": _STATES - {"decided", "agreed", "undecided", "suggested"},
}
"""The states that are a condition where a tool is asked for; the others are its own words, or what it does anyway."""
_PART_OF = {"undecided": ("suggested", "unsuggested", "skipped"), "decided": ("agreed", "conflict", "gold")}
_COUNTS = ("find_items", "prelabel", "sample", "bulk_accept")
_NARROWING = ("words", "state", "label", "reviewer", "saved")
_NOUN = r"(?:items?|messages?|texts?|examples?|ones|rows?|records?|cards?|tickets?|suggestions?|labels)"
_COUNTED = re.compile(rf" (?:more |other |last |first |next |random )*{_NOUN}\b")
_DENIAL = re.compile(
    r"(?:\b(?:not|no|except(?: for)?|excluding|apart from|other than|besides|but|without|never)\b|\bnon-?)"
    rf"(?: (?:the|a|an|any|by|from|in|as|labell?ed|tagged|filed|marked|of|about|under|those|{_NOUN}))*[ -]?$"
)
_EXCEPTION = re.compile(r"\b(?:except(?: for)?|excluding|apart from|other than|but not|unless)\b.*")
_BEFORE = re.compile(r"\b(?:from|in|of|by|via|with|on|for|per|through|about)(?: (?:the|a|an|any|all|our|my))*[ -]$")
_AFTER = re.compile(rf" {_NOUN}\b")
_IDLE = re.compile(r"^(?:today|now|this week)$")
_SEEN = re.compile(
    r"\b(?:show|list|give|see|find|display|fetch|pull|bring|up|let|look|need|want|get|view|have|there|here)\b"
)
_SORTED = re.compile(
    r"\b(?:newest|latest|recent|most|first|last|next|least|sure|hard(?:est)?|other|more|few|else|can|could|would|like|to|"
    r"do|we|i|you|you|what|which|how|many|now|again|at|on|by|with|from|also|just|only|have|has|who|so|far|yet)\b"
)


_SMALL = ("yes", "no", "none", "not", "other", "all", "any", "new", "open", "done", "good", "more")
"""Names of labels that are far more often plain words."""


@dataclass(frozen=True, slots=True)
class Left:
    """One condition that a call does not carry: its kind and its place in the sentence."""

    kind: str
    start: int
    end: int


def checked(found: Plan, request: Request) -> Plan:
    """The plan, or the sentence that says which condition its calls would have dropped."""
    if found.kind in ("help", "question") and (who := next(strangers(request, of_deeds=True), None)):
        return replace(talk(say_stranger(request.sentence.text[slice(*who)], request.world)), intent=found.intent)
    if found.kind == "calls":
        for call in found.calls:
            if left := unapplied(request, call):
                return replace(talk(_said(request, call, left)), intent=found.intent, score=found.score)
        return found
    kept = tuple(one for one in found.choices if not any(unapplied(request, call) for call in one.calls))
    if kept or not found.choices or found.kind == "help":
        return replace(found, choices=kept)
    call = found.choices[0].calls[0]
    return replace(talk(_said(request, call, unapplied(request, call))), intent=found.intent, score=found.score)


def _said(request: Request, call: PlannedCall, left: tuple[Left, ...]) -> str:
    if nobody := [one for one in left if one.kind == "stranger"]:
        return say_stranger(request.sentence.text[nobody[0].start : nobody[0].end], request.world)
    words = listing([f"“{request.sentence.text[one.start : one.end].strip(' ,.!?')}”" for one in left])
    return say_unapplied(call, tuple(one.kind for one in left), words)


def unapplied(request: Request, call: PlannedCall) -> tuple[Left, ...]:
    """The conditions of the sentence that ``call`` leaves away, in order, none inside another."""
    if call.tool not in _OF_TOOL:
        return ()
    found: list[Left] = []
    for reader in (_exceptions, _names, _states, _times, _numbers, _people, _runs, _unknown, _anything):
        for one in reader(request, call):
            if not any(other.start < one.end and one.start < other.end for other in found):
                found.append(one)
    return tuple(sorted(found, key=lambda one: one.start))


def _exceptions(request: Request, call: PlannedCall) -> Iterator[Left]:
    match = None if call.arguments.get("except_items") else _EXCEPTION.search(_rest(request))
    if match is not None:
        yield Left("denied", *match.span())


def _names(request: Request, call: PlannedCall) -> Iterator[Left]:
    low = request.low
    held = [one for one in request.mentions if _is_held(one, request, call)]
    for one in request.mentions:
        if _is_words(one.start, request, call) or any(
            two.start == one.start and two in held for two in request.mentions
        ):
            if one.kind in ("LABEL", "VALUE", "PERSON") and _is_denied(request, call, one.start):
                match = _DENIAL.search(low[: one.start])
                yield Left("denied", match.start() if match else one.start, one.end)
            continue
        if one.kind in _MATTERS and _is_condition(one, request, call):
            yield Left(_MATTERS[one.kind], one.start, one.end)


_MATTERS = {"LABEL": "label", "PERSON": "person", "VALUE": "column", "ITEM": "item", "FILTER": "filter",
            "STRATEGY": "order", "MODEL": "model"}  # fmt: skip


def _is_held(one: Mention, request: Request, call: PlannedCall) -> bool:
    arguments = call.arguments
    places = {"LABEL": ("label",), "PERSON": ("reviewer",), "VALUE": ("words",), "FILTER": ("saved",),
              "ITEM": ("items", "item", "like", "except_items")}.get(one.kind)  # fmt: skip
    if places is None:
        return one.kind not in _MATTERS
    said = [str(arguments.get(place, "")).lower() for place in places]
    is_listed = one.kind == "ITEM" and one.key in call.items
    is_label = one.kind == "LABEL" and said[0] and re.fullmatch(rf"{re.escape(one.key.lower())}(?:[<>=].*)?", said[0])
    if one.kind == "LABEL":
        return bool(is_label)
    return is_listed or any(one.key.lower() in text for text in said)


def _is_words(at: int, request: Request, call: PlannedCall) -> bool:
    """Whether the place belongs to the words that are searched for."""
    return bool(call.arguments.get("words")) and request.said.span[0] <= at < request.said.span[1]


def _is_condition(one: Mention, request: Request, call: PlannedCall) -> bool:
    """Whether a name that the call does not hold narrows the items down, and is not only a word of the request."""
    if one.kind == "STRATEGY":
        return one.key == "random" and call.tool in ("find_items", "prelabel", "bulk_accept", "export_data")
    if one.kind == "MODEL":
        return call.tool in ("find_items", "bulk_accept")
    if one.kind == "LABEL" and call.tool == "prelabel" and request.world.schema.modality.has_file:
        return False  # "box the dogs" names what is to be drawn, and what is drawn has its label
    if one.kind == "LABEL" and request.low[one.start : one.end] in _SMALL:
        return False
    if one.kind == "LABEL" and call.tool == "measure":
        return not _says_metric(one, request, call)
    if one.kind == "VALUE":
        before, after = _BEFORE.search(request.low[: one.start]), _AFTER.match(request.low[one.end :])
        return before is not None or after is not None
    return True


def _says_metric(one: Mention, request: Request, call: PlannedCall) -> bool:
    """Whether the word is what names the number, as in "rank the annotators by quality", and no label."""
    named = (pattern for name, pattern in phrases().metrics if name == call.arguments.get("metric"))
    found = (match for pattern in named for match in pattern.finditer(request.low))
    return any(match.start() <= one.start and one.end <= match.end() for match in found)


def _is_denied(request: Request, call: PlannedCall, at: int) -> bool:
    """Whether a "not" stands before what the call asks for."""
    match = _DENIAL.search(request.low[:at])
    if match is None or call.arguments.get("except_items") or "=0" in str(call.arguments.get("label", "")):
        return False
    own = [place for name, place in _state_places(request) if name in ("undecided", "unsuggested")]
    is_state = any(start <= match.start() < end for start, end in own)
    # "not labelled as refund" denies the label; "not yet labelled, from email" says a state.
    return not is_state or any(one.start == at for one in request.named("LABEL"))


def _rest(request: Request) -> str:
    """The sentence without the words that are searched for and without names of labels."""
    text = list(request.low)
    spans = [request.said.span, *((one.start, one.end) for one in request.named("LABEL"))]
    for start, end in spans:
        text[start:end] = " " * (end - start)
    return "".join(text)


def _state_places(request: Request) -> list[tuple[str, tuple[int, int]]]:
    """Every state that is named, with its place; of two that overlap only the first, as the phrase file orders them."""
    rest, found = _rest(request), list[tuple[str, tuple[int, int]]]()
    for name, pattern in (*phrases().states, ("other", phrases().patterns["no_state"])):
        for match in pattern.finditer(rest):
            if not any(start < match.end() and match.start() < end for _, (start, end) in found):
                found.append((name, match.span()))
    return found


def _states(request: Request, call: PlannedCall) -> Iterator[Left]:
    asked = str(call.arguments.get("state", ""))
    for name, (start, end) in _state_places(request):
        if name == "other":
            if call.tool not in ("measure",) and not (call.tool == "export_data" and _is_taken(request, start, end)):
                yield Left("state", start, end)
        elif name not in _OF_TOOL[call.tool] or asked in _PART_OF.get(name, ()) or _is_counted(name, call):
            continue
        elif name == asked and name not in ("undecided", "unsuggested") and _is_denied(request, call, start):
            yield Left("denied", start, end)
        elif name != asked and not (name == "suggested" and call.arguments.get("sort")) and not _is_gold(name, call):
            yield Left("state", start, end)


def _is_counted(name: str, call: PlannedCall) -> bool:
    """What becomes of suggestions is what this number counts, and no condition."""
    return name == "rejected" and call.arguments.get("metric") == "acceptance"


def _is_taken(request: Request, start: int, end: int) -> bool:
    return re.match(r"accept|approv|confirm|correct|chang|edit", request.low[start:end]) is not None


def _is_gold(name: str, call: PlannedCall) -> bool:
    return name == "agreed" and call.tool in ("find_items",) and bool(call.arguments.get("state"))


def _times(request: Request, call: PlannedCall) -> Iterator[Left]:
    time, rest = request.said.time, _rest(request)
    if time is not None:
        is_idle = call.tool == "sample" and _IDLE.match(request.low[time.start : time.end].strip())
        is_carried = "since" in call.arguments or "until" in call.arguments
        is_past = time.until is not None and time.until < request.world.now and "until" not in call.arguments
        if not is_idle and (not is_carried or is_past):
            yield Left("time", time.start, time.end)
        rest = rest[: time.start] + " " * (time.end - time.start) + rest[time.end :]
    for match in phrases().patterns["time_words"].finditer(rest):
        yield Left("time", *match.span())


def _numbers(request: Request, call: PlannedCall) -> Iterator[Left]:
    held = [one for one in call.arguments.values() if isinstance(one, int | float)]
    said = str(call.arguments.get("label", "")) + str(call.arguments.get("options", ""))
    for one in request.quantities:
        is_held = any(value in held for value in (one.value, one.share)) or f"{one.value:g}" in said
        if is_held or _is_words(one.start, request, call) or (call.tool == "export_data" and "splits=" in said):
            continue
        if one.bound or one.is_percent:
            yield Left("score" if one.bound and _may_be_score(one) else "number", one.start, one.end)
        elif call.tool not in _COUNTS and one.value > 1 and (counted := _COUNTED.match(request.low[one.end :])):
            yield Left("number", one.start, one.end + counted.end())
    for name in ("low_score", "high_score"):
        bound = {"low_score": "score_max", "high_score": "score_min"}[name]
        match = phrases().search(name, _rest(request))
        if match and bound in request.said.parts and bound not in call.arguments and not call.arguments.get("sort"):
            yield Left("score", *match.span())


def _may_be_score(one: Quantity) -> bool:
    return one.is_percent or 0 < one.value < 1


def _people(request: Request, call: PlannedCall) -> Iterator[Left]:
    """Names of nobody here; and what the person did themselves, where the tool does not ask who."""
    yield from (Left("stranger", *place) for place in strangers(request))
    match = phrases().search("own_deed", _rest(request))
    if match is None or not request.said.people or request.named("PERSON") or call.tool == "measure":
        return
    if not call.arguments.get("reviewer") and not call.arguments.get("source"):
        yield Left("person", *match.span())


def _runs(request: Request, call: PlannedCall) -> Iterator[Left]:
    run = request.said.parts.get("run")
    match = re.search(r"\b(?:batch|run) (?:no\.? |number |#)?\d+", request.low)
    if run is not None and match and call.arguments.get("run") != run:
        yield Left("run", *match.span())


def _unknown(request: Request, call: PlannedCall) -> Iterator[Left]:
    """Words that the planner has never heard, where a condition stands: before the items, or behind "from", "with"."""
    if re.search(r"[<>=]\d", str(call.arguments.get("label", ""))):
        return  # a number of regions was read, with the words around it
    known = known_words(request.world.schema.modality.content)
    covered = _covered(request, call)
    for at, token in enumerate(request.sentence.tokens):
        is_new = token.low.isalpha() and token.low not in known and token.low.rstrip("s") not in known
        if not is_new or len(token.low) < 3 or any(start < token.end and token.start < end for start, end in covered):
            continue
        before, after = _BEFORE.search(request.low[: token.start]), _AFTER.match(request.low[token.end :])
        if after or (before and at > 0 and call.tool != "measure"):
            yield Left("words", before.start() if before else token.start, token.end)


def _covered(request: Request, call: PlannedCall) -> list[tuple[int, int]]:
    """Places that somebody has read: names, numbers, times, search words, and words that the call holds itself."""
    found = [(one.start, one.end) for one in request.mentions]
    found += [(one.start, one.end) for one in request.quantities]
    found += [place for _, place in _state_places(request)]
    found += [request.said.span] if call.arguments.get("words") else []
    found += [(request.said.time.start, request.said.time.end)] if request.said.time else []
    held = " ".join(str(one) for one in call.arguments.values()).lower()
    found += [
        (one.start, one.end) for one in request.sentence.tokens if len(one.low) > 2 and one.low.rstrip("s") in held
    ]
    return found


def _anything(request: Request, call: PlannedCall) -> Iterator[Left]:
    """A search without any condition shows everything, so nothing but "show all items" may have been said."""
    if call.tool != "find_items" or any(call.arguments.get(one) for one in _NARROWING) or call.items or call.on_last:
        return
    text = list(request.low)
    for start, end in _covered(request, call):
        text[start:end] = " " * (end - start)
    left = "".join(text)
    for pattern in (phrases().patterns["no_words"], _SEEN, _SORTED):
        left = pattern.sub(lambda match: " " * len(match.group()), left)
    words = list(re.finditer(r"[^\W\d]{2,}", left))
    if words:
        yield Left("words", words[0].start(), words[-1].end())
