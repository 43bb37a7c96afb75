"""The tool that suggests values for items. It proposes; people decide."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from tools.backends.images.builtin_opencv import NOTES
from tools.backends.registry import split_reference
from tools.backends.texts.builtin_few_shot import ZERO_SHOT
from tools.context import IdArray, ToolContext
from tools.errors import Conflict, InputError, NotAllowed
from tools.filters import ItemFilter
from tools.naming import field_named
from tools.prelabel.plan import (
    Task,
    choose_items,
    estimate,
    most_of,
    open_task,
    reference_for,
    refuse_absent,
)
from tools.prelabel.settled import planned
from tools.prelabel.work import PrelabelWork
from tools.records import RunIdentity
from tools.results import Fact, ToolResult, WorkPlan
from tools.schema import FieldSpec
from tools.sentences import count_of
from tools.spec import ToolArgs, tool

VERSION = 1
UNIT, REMOTE_UNIT = 64, 32
MOST_NAMED = 1000
"""Items that 'those' means in the next sentence."""

Where = Literal["undecided", "unsuggested", "suggested", "conflict", "skipped", "flagged", "unread", "decided", "any"]


class PrelabelArgs(ToolArgs):
    """What to suggest, for which items, by what."""

    field: str = Field(default="", description="Field to suggest values for; the first field if empty")
    backend: str = Field(
        default="",
        description="Back-end: builtin:few-shot, builtin:zero-shot (label names only), builtin:spans, "
        "builtin:relations; for boxes builtin:similar-regions, builtin:people, builtin:faces or hub:FILE.onnx; "
        "hub:NAME-or-folder or remote:MODEL; the project's own, else the built-in one, if empty",
    )
    prompt: str = Field(
        default="",
        description="For remote: name of the prompt, for example classify.choice.v1, or "
        "classify.choice_few_shot.v1 to show confirmed answers as examples",
    )
    state: Where = Field(default="undecided", description="Only items in this state for the field")
    words: str = Field(default="", description="Only items with these words in their text")
    saved: str = Field(default="", description="Only items of this saved filter")
    items: str = Field(default="", description="Only these items: keys, or numbers like #12, separated by commas")
    limit: int = Field(default=0, description="At most this many items; 0 for all")


@tool(effect="propose", version=VERSION, work=PrelabelWork())
def prelabel(args: PrelabelArgs, ctx: ToolContext) -> ToolResult:
    """Suggest values of a field for items with a model: labels, ratings, spans, relations or boxes. The suggestions are
    proposals that people confirm or correct; the work runs in the background and can be undone as one batch.
    """
    if args.limit < 0:
        raise InputError(f"The limit is a number of items from 0, got {args.limit}.")
    field = field_named(ctx.schema, args.field)
    reference = reference_for(args.backend, field, ctx.settings)
    split_reference(reference)
    where, ids = choose_items(field, args.state, args.words, args.saved, args.items, ctx)
    if not len(ids):
        return ToolResult(f"No item passes: there is nothing to suggest for {field.name!r}.", where=where)
    chosen = ids[: args.limit] if args.limit else ids
    try:
        task = open_task(reference, args.prompt, field, ctx)
    except Conflict as too_early:
        return ToolResult(str(too_early), where=where)
    _refuse_paid(task, ctx)
    refuse_absent(task.labeller)
    cost = estimate(task.labeller, chosen, field, ctx)
    refusal = _without_budget(reference, cost, ctx)
    if refusal:
        return ToolResult(refusal, where=where)
    return _result(task, field, where, chosen, len(ids), cost, ctx)


def _refuse_paid(task: Task, ctx: ToolContext) -> None:
    """What costs money is not even asked whether it is there, for whoever may not start it."""
    actor = ctx.actor
    if split_reference(task.settled.reference)[0] == "remote" and not (actor.may("engineer") or actor.via == "job"):
        raise NotAllowed(
            f"{task.settled.reference} costs money; an engineer or a lead starts it. {actor.person} is {actor.role}."
        )


def _without_budget(reference: str, cost: tuple[int, int] | None, ctx: ToolContext) -> str:
    has_money = _price(cost, ctx) is not None and float(ctx.settings.get("budget_money") or 0) > 0
    if cost is None or has_money or int(ctx.settings.get("budget_tokens") or 0) > 0:
        return ""
    return (
        f"{reference} would take up to {sum(cost):,} tokens, and the project's budget is 0. Set budget_tokens to what "
        "may be spent, then ask again."
    )


def _result(
    task: Task,
    field: FieldSpec,
    where: ItemFilter,
    chosen: IdArray,
    total: int,
    cost: tuple[int, int] | None,
    ctx: ToolContext,
) -> ToolResult:
    price, most = _price(cost, ctx), most_of(task.labeller, chosen, field, ctx)
    size = REMOTE_UNIT if split_reference(task.settled.reference)[0] == "remote" else UNIT
    work = WorkPlan(
        identity=_identity(task),
        field=field.id,
        units=tuple(tuple(chosen[at : at + size].tolist()) for at in range(0, len(chosen), size)),
        artefact=planned(task.settled),
        token_estimate=sum(cost) if cost else None,
        price_estimate=price,
        token_limit=most,
    )
    some = f"the first {len(chosen):,} of {total:,} items" if len(chosen) < total else count_of(total, "item")
    text = " ".join(
        part
        for part in (
            f"I will suggest {field.name!r} for {some} with {task.settled.reference}.",
            _learns_from(task, field, ctx),
            *task.settled.notes,
            _cost_words(cost, price, ctx),
            _stops_at(most, ctx),
        )
        if part
    )
    facts = [Fact("items to suggest for", len(chosen), n=total, where=where)]
    if cost and most is not None:
        facts.append(Fact("tokens, about", sum(cost), "tokens", method="estimated from the length of the texts"))
        facts.append(Fact("tokens, at most", most, "tokens", method="one token for each byte; the run stops there"))
    return ToolResult(text, tuple(facts), items=tuple(chosen[:MOST_NAMED].tolist()), where=where, work=work)


def _stops_at(most: int | None, ctx: ToolContext) -> str:
    """Where the run ends at the latest: by what it may take, or by what the project may spend."""
    if most is None:
        return ""
    budget = int(ctx.settings.get("budget_tokens") or 0)
    if 0 < budget < most:
        return f"It stops at the project's budget of {budget:,} tokens at the latest."
    return f"It stops before it takes more than {most:,} tokens in all."


def _identity(task: Task) -> RunIdentity:
    made = task.labeller.identity
    return RunIdentity("prelabel", VERSION, made.reference, made.revision, made.settings, made.prompt, made.prompt_hash)


def _learns_from(task: Task, field: FieldSpec, ctx: ToolContext) -> str:
    if task.labeller.learns_from == "images" and not task.labeller.needs_answers:
        return _tries_on(len(ctx.labels.training(field.id)), task)
    if split_reference(task.settled.reference)[0] != "builtin":
        return ""
    if task.settled.reference == ZERO_SHOT:
        return "It goes by the names and descriptions of the labels only, whatever people have labelled."
    labels = len(ctx.labels.training(field.id))
    if not labels:
        return (
            f"Nobody has labelled {field.name!r} yet, so it goes by the names and descriptions of the labels: "
            "people's labels come first, and suggestions follow them."
        )
    return f"It learns from {count_of(labels, 'confirmed answer')} first."


def _tries_on(labels: int, task: Task) -> str:
    """What a detector does with confirmed boxes, and what it is worth where that is known."""
    told = [NOTES[task.settled.reference]] if task.settled.reference in NOTES else []
    if labels and split_reference(task.settled.reference)[0] != "remote":
        told.append(f"It is tried on {count_of(labels, 'confirmed image')} first, to see how far to believe it.")
    return " ".join(told)


def _price(cost: tuple[int, int] | None, ctx: ToolContext) -> float | None:
    asked, answered = (ctx.settings.get(f"price_per_million_{side}") for side in ("prompt", "answer"))
    if cost is None or asked is None or answered is None:
        return None
    return (cost[0] * float(asked) + cost[1] * float(answered)) / 1e6


def _cost_words(cost: tuple[int, int] | None, price: float | None, ctx: ToolContext) -> str:
    if cost is None:
        return ""
    asked, answered = cost
    repeats = int(ctx.settings.get("remote_repeats") or 1)
    text = f"That takes about {asked:,} prompt tokens and at most {answered:,} answer tokens"
    text += f", every item being asked {repeats} times" if repeats > 1 else ""
    text += f", about {price:.2f} in your price's currency." if price is not None else "; no price is set."
    budget, money = int(ctx.settings.get("budget_tokens") or 0), ctx.settings.get("budget_money")
    if price is not None and money is not None and price > float(money):
        text += f" The budget of {float(money):,.2f} may not be enough; the job then pauses and nothing is lost."
    elif (budget or price is None or money is None) and asked + answered > budget:
        text += f" The budget of {budget:,} tokens may not be enough; the job then pauses and nothing is lost."
    return text
