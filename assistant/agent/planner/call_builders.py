"""From an understood request to the arguments of a tool, one function an intent. Names of arguments stand here only."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from assistant.agent.planner.absent_metrics import KAPPA, absent_metric, says_kappa
from assistant.agent.planner.change_builders import (
    build_bulk_accept,
    build_export,
    build_gold,
    build_import,
    schema_add,
    schema_describe,
    schema_merge,
    schema_remove,
    schema_rename,
    typed_name,
)
from assistant.agent.planner.image_builders import build_detect, build_segment, is_box
from assistant.agent.planner.pictures import said_count
from assistant.agent.planner.plans import Choice, Plan, PlannedCall, calls, question, talk
from assistant.agent.planner.request import Request
from assistant.agent.planner.sound_builders import build_transcribe
from assistant.agent.planner.undo_builder import build_undo
from assistant.agent.words.measure_words import TAKES_LABEL, TAKES_TARGET, metric_of, split_of
from assistant.agent.words.quantities import read_quantities
from assistant.agent.words.times import say_period
from tools.sentences import capital

Built = Plan | PlannedCall
Builder = Callable[[Request, bool], Built]
MOST_SHOWN = 200
_AS_NUMBER = {"once": 1, "twice": 2, "thrice": 3, "one": 1, "single": 1}
_ANY_ITEM = re.compile(r"\b(?:items?|messages?|texts?|examples?|everything|all|rows?|records?)\b")


def build_status(request: Request, is_chained: bool) -> Built:
    """Where the project stands."""
    field = request.first("FIELD")
    return PlannedCall("project_status", {"field": field} if field else {})


def build_find(request: Request, is_chained: bool) -> Built:
    """Items by conditions."""
    said = dict(request.said.parts)
    if saved := request.first("FILTER"):
        return PlannedCall("find_items", {"saved": saved})
    if keys := said.get("keys", ()):
        one = PlannedCall("explain_item", {"item": keys[0]})
        return one if len(keys) == 1 else PlannedCall("find_items", items=tuple(keys))
    arguments = {name: said[name] for name in ("words", "field", "state", "label", "reviewer") if said.get(name)}
    counted_field, counted = said_count(request.low, request.mentions, request.world)
    if counted:
        arguments |= {"field": counted_field, "label": counted}
    if "meta" in said:
        arguments["words"] = f"{arguments.get('words', '')} {_on_column(str(said['meta']))}".strip()
    if request.first("STRATEGY") in ("margin", "least_confident") or "score_max" in said:
        arguments |= {"sort": "least_sure", "state": arguments.get("state", "suggested")}
    elif re.search(r"\b(?:newest|latest|most recent)\b", request.low):
        arguments["sort"] = "newest"
    if said.get("of_proposal") and "label" in arguments:
        arguments["state"] = "suggested"
    if not arguments and not _ANY_ITEM.search(request.low):
        return question("What shall I look for? Name words, a label, a state such as flagged, or a person.")
    if request.count:
        arguments["limit"] = min(MOST_SHOWN, request.count)
    return calls(PlannedCall("find_items", arguments), notes=_find_notes(request, arguments))


def _on_column(meta: str) -> str:
    column, _, value = meta.partition("=")
    return f'{column}="{value}"' if " " in value else f"{column}={value}"


def _find_notes(request: Request, arguments: dict[str, Any]) -> tuple[str, ...]:
    """What was assumed. What a search cannot do is not done: see :mod:`assistant.agent.planner.unapplied`."""
    said, notes = request.said, []
    if str(arguments.get("label", "")).endswith("=0"):
        notes.append("Decided items that have none are shown; what is on undecided ones nobody has said.")
    if len(said.people) == 2 and arguments.get("state") == "conflict":
        arguments["reviewer"] = ", ".join(said.people)
    return tuple(notes)


def build_explain(request: Request, is_chained: bool) -> Built:
    """One item's story; the item in hand where none is named."""
    named = request.first("ITEM") or request.world.item_in_hand
    if not named and request.world.last and len(request.world.last.items) == 1:
        named = f"#{request.world.last.items[0]}"
    if not named:
        return question("Which item? Name it by its key or number, as in “why is #12 not shown”.")
    field = request.field
    return PlannedCall("explain_item", {"item": named, **({"field": field} if field else {})})


def build_measure(request: Request, is_chained: bool) -> Built:
    """One metric; asked about where none can be told."""
    if absent := absent_metric(request.low):
        return question(absent.words, *(Choice(said, (PlannedCall("measure", one),)) for said, one in absent.instead))
    metric = metric_of(request.low) or ("label_distribution" if request.labels else "")
    if request.labels and metric == "progress":
        metric = "label_distribution"
    if not metric:
        offered = ("progress", "label_distribution", "agreement", "accuracy_on_gold", "acceptance", "pace")
        options = (Choice(one.replace("_", " "), (PlannedCall("measure", {"metric": one}),)) for one in offered)
        return question("Which number?", *options)
    arguments: dict[str, Any] = {"metric": metric}
    if request.field:
        arguments["field"] = request.field
    if request.labels and metric in TAKES_LABEL:
        arguments["label"] = request.labels[0].key
    if split := split_of(request.low, metric):
        arguments["by"] = split
    if metric in TAKES_TARGET and (target := _target(request)):
        arguments["target"] = target
    arguments |= _of_whom(request, metric)
    notes = (KAPPA,) if metric == "agreement" and says_kappa(request.low) else ()
    if request.said.time and ("since" in arguments or "until" in arguments):
        notes = (*notes, f"{capital(_asked_time(request))}:")
    return calls(PlannedCall("measure", arguments), notes=notes)


def _asked_time(request: Request) -> str:
    """The stretch of time that the answer is for, as it was read."""
    told = say_period(request.said.time) if request.said.time else ""
    return told if told.startswith(("since", "before")) else f"for {told}"


def _target(request: Request) -> float | None:
    """The share that is aimed at, as in "at 97 %"."""
    shares = (one.share for one in request.quantities if one.is_percent or not one.is_count)
    return next((share for share in shares if share is not None and 0 < share < 1), None)


def _of_whom(request: Request, metric: str) -> dict[str, Any]:
    """The person and the time that a number is about."""
    found: dict[str, Any] = {}
    if metric in TAKES_TARGET:
        return found
    if len(request.said.people) == 1:
        found["reviewer"] = request.said.people[0]
    elif not request.said.people and re.search(r"\b(?:am i|did i|have i|do i|my (?!project)|me)\b", request.low):
        found["reviewer"] = request.world.person
    elif len(request.said.people) > 1 and metric == "agreement":
        found |= {"by": "reviewer", "reviewer": ", ".join(request.said.people)}
    if request.said.time and request.said.time.since_text:
        found["since"] = request.said.time.since_text
    if request.said.time and request.said.time.until and request.said.time.until < request.world.now:
        found["until"] = request.said.time.until_text
    return found


def build_next(request: Request, is_chained: bool) -> Built:
    """What is left: the state of the queues."""
    field = request.first("FIELD")
    return PlannedCall("project_status", {"field": field} if field else {})


def build_prelabel(request: Request, is_chained: bool) -> Built:
    """Suggestions for many items."""
    arguments: dict[str, Any] = {}
    if request.first("FIELD"):
        arguments["field"] = request.first("FIELD")
    if request.count:
        arguments["limit"] = request.count
    if model := request.first("MODEL"):
        arguments["backend"] = backend_name(model)
    if saved := request.first("FILTER"):
        arguments["saved"] = saved
    if words := request.said.parts.get("words"):
        arguments["words"] = words
    if request.said.parts.get("state") in ("unsuggested", "conflict", "skipped", "flagged", "unread"):
        arguments["state"] = request.said.parts["state"]
    if keys := request.said.parts.get("keys"):
        arguments["items"] = ", ".join(keys)
    elif request.refers_back and request.has_list:
        return PlannedCall("prelabel", arguments, on_last="items")
    elif request.refers_back and not request.world.schema.modality.has_file:
        return _ask_items(request, arguments)
    return PlannedCall("prelabel", arguments)


def _ask_items(request: Request, arguments: dict[str, Any]) -> Plan:
    """Which items "these" are, where no list is in front of anybody."""
    in_hand = request.world.item_in_hand
    offered = [Choice(f"suggest labels for {in_hand}", (PlannedCall("prelabel", {**arguments, "items": in_hand}),))]
    return question(
        "Which items? No list was shown that “these” could mean: show some first, or say which of these you mean.",
        *(offered if in_hand else []),
        Choice("suggest labels for all items", (PlannedCall("prelabel", arguments),)),
    )


def build_boxes(request: Request, is_chained: bool) -> Built:
    """Suggested boxes, where nobody names the field."""
    field = next((one.id for one in request.world.schema.fields if is_box(one)), "")
    built = build_prelabel(request, is_chained)
    if not field or isinstance(built, Plan) or built.arguments.get("field"):
        return built
    return replace(built, arguments={"field": field, **built.arguments})


def backend_name(model: str) -> str:
    """A model as a back-end reference: with its scheme, which people leave out."""
    if model.partition(":")[0] in ("builtin", "hub", "remote"):
        return model
    if model in ("few-shot", "zero-shot"):
        return f"builtin:{model}"
    return f"hub:{model}" if "/" in model else f"remote:{model.removeprefix('openai:')}"


def build_sample(request: Request, is_chained: bool) -> Built:
    """What to label next."""
    strategy = request.first("STRATEGY")
    like = request.first("ITEM")
    arguments: dict[str, Any] = {}
    if re.search(r"\b(?:like|similar to|look-?alikes of) (?:this|it|that)\b", request.low) and not like:
        like = request.world.item_in_hand
    if like or strategy in ("similar", "dissimilar"):
        if not like:
            return question("Like which item? Name one, as in “more like #12”.")
        arguments |= {"strategy": strategy if strategy == "dissimilar" else "similar", "like": like}
    elif strategy:
        arguments["strategy"] = strategy
    if request.first("FIELD"):
        arguments["field"] = request.first("FIELD")
    if request.count:
        arguments["n"] = request.count
    if saved := request.first("FILTER"):
        arguments["saved"] = saved
    words = request.said.parts.get("words")
    if words and (not like or '"' in words):  # "more like this" holds no words to search for
        arguments["words"] = words
    if request.said.parts.get("state") in ("unsuggested", "conflict", "skipped", "flagged", "suggested"):
        arguments["state"] = request.said.parts["state"]
    return PlannedCall("sample", arguments)


def build_save_filter(request: Request, is_chained: bool) -> Built:
    """Keep the conditions of the last search under a name."""
    last = request.world.last
    name = re.search(r"\bas (.+)$", request.sentence.text.rstrip(" .!"), re.IGNORECASE)
    if last is None or last.tool != "find_items":
        return talk("There is no search to be saved: search first, then say “save this as NAME”.")
    if name is None:
        return question("Under which name? Say “save this as NAME”.")
    return PlannedCall("find_items", {**last.arguments, "saved": typed_name(name.group(1))})


def build_jobs(request: Request, is_chained: bool) -> Built:
    """Stop, pause or resume work in the background; carried out by the host."""
    wish = next((word for word in ("pause", "resume", "continue") if word in request.low), "cancel")
    numbers = request.numbered("job", "run", "batch")
    return Plan("jobs", text="resume" if wish == "continue" else wish, notes=tuple(str(one) for one in numbers[:1]))


def build_people_per_item(request: Request, is_chained: bool) -> Built:
    """How many people decide each item."""
    said = re.search(r"\b(?P<word>once|twice|thrice)\b|\b(?P<n>\d+|[a-z]+) (?:different |separate )?(?:people|persons?|"
                     r"reviewers?|annotators?|labell?ers?|raters?|coders?|times|of us)\b", request.low)  # fmt: skip
    count = _AS_NUMBER.get(said.group("word") or "", 0) if said else 0
    if said and not count:
        found = read_quantities(said.group("n"))
        count = int(found[0].value) if found and found[0].is_count else _AS_NUMBER.get(said.group("n"), 0)
    return PlannedCall("people_per_item", {"people": count} if count else {})


BUILDERS: dict[str, Builder] = {
    "status": build_status,
    "next": build_next,
    "find": build_find,
    "explain": build_explain,
    "measure": build_measure,
    "prelabel": build_prelabel,
    "sample": build_sample,
    "segment": build_segment,
    "transcribe": build_transcribe,
    "detect": build_detect,
    "boxes": build_boxes,
    "save_filter": build_save_filter,
    "stop_job": build_jobs,
    "bulk_accept": build_bulk_accept,
    "export": build_export,
    "mark_gold": build_gold,
    "undo": build_undo,
    "import": build_import,
    "schema_rename": schema_rename,
    "schema_add": schema_add,
    "schema_remove": schema_remove,
    "schema_merge": schema_merge,
    "schema_describe": schema_describe,
    "people_per_item": build_people_per_item,
}
