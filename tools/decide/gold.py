"""The tool that marks values as gold, to measure people and models by: only what was said without a suggestion."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from pydantic import Field

from tools.context import ToolContext
from tools.errors import InputError
from tools.naming import field_named, label_name
from tools.records import CALIBRATING_EXPOSURES
from tools.results import Change, Table, ToolResult
from tools.schema import FieldSpec
from tools.sentences import capital, count_of, listing, verb
from tools.spec import ToolArgs, tool
from tools.values import value_labels

Row = dict[str, Any]


class MarkGoldArgs(ToolArgs):
    """Which values are to become gold."""

    items: list[str] = Field(default=[], description="The items: keys, or numbers as in #12")
    saved: str = Field(default="", description="Items of the filter saved under this name, instead of a list")
    field: str = Field(default="", description="Field whose values are meant; the first field if empty")
    source: Literal["agreed", "own"] = Field(
        default="agreed", description="agreed: what stands for the item; own: what you said yourself"
    )
    count: int = Field(
        default=0, description="Draw this many at random from what may become gold, instead of naming items"
    )


@dataclass(frozen=True, slots=True)
class Candidate:
    """What became of one item: the review whose value may be gold, or the reason why there is none."""

    item_id: int
    review: Row | None
    reason: str = ""


@tool(effect="change", version=1, role="lead")
def mark_gold(args: MarkGoldArgs, ctx: ToolContext) -> ToolResult:
    """Mark decided values as gold, by which people and models are measured. Only values that were given without a
    suggestion in sight can become gold; the others are listed with the reason.
    """
    field = field_named(ctx.schema, args.field)
    ids = _ids(args, field, ctx)
    by_item = _candidates(field, ids, ctx)
    person = ctx.actor.person if args.source == "own" else ""
    found = [choose_gold(item_id, by_item[item_id], person) for item_id in ids]
    chosen = [one for one in found if one.review is not None]
    tables = _tables(found, field)
    text = _text(found, field)
    if not chosen:
        return ToolResult(text, tables=tables)
    change = Change(
        kind="mark_gold",
        sentence=f"Mark {count_of(len(chosen), 'value')} of {field.name} as gold.",
        arguments={"marks": [[one.item_id, field.id, json.loads(one.review["value"])] for one in chosen if one.review]},
        preview=tables,
        item_ids=tuple(one.item_id for one in chosen),
        role="lead",
    )
    return ToolResult(text, tables=tables, items=change.item_ids, change=change)


def _ids(args: MarkGoldArgs, field: FieldSpec, ctx: ToolContext) -> list[int]:
    if sum((bool(args.items), bool(args.saved), args.count > 0)) != 1:
        raise InputError("Say which items are to become gold: list them, name a saved filter, or say how many to draw.")
    if args.saved:
        return [int(one) for one in ctx.items.find(ctx.saved_filter(args.saved)).ids]
    if args.items:
        return list(dict.fromkeys(ctx.items.resolve(args.items)))
    return _drawn(args, field, ctx)


def _drawn(args: MarkGoldArgs, field: FieldSpec, ctx: ToolContext) -> list[int]:
    """A seeded draw; what people disagree on is passed over, so that the draw is as large as was asked for."""
    person = ctx.actor.person if args.source == "own" else None
    pool = [int(row["item_id"]) for row in ctx.ask("gold_pool", field=field.id, reviewer=person).as_dicts()]
    by_item = _candidates(field, pool, ctx)
    eligible = [one for one in pool if choose_gold(one, by_item[one], person or "").review is not None]
    if not eligible:
        raise InputError(f"No value of {field.name} was given without a suggestion yet, so none can become gold.")
    rng = np.random.default_rng([ctx.seed, len(eligible)])
    return sorted(rng.choice(eligible, size=min(args.count, len(eligible)), replace=False).tolist())


def _candidates(field: FieldSpec, ids: Sequence[int], ctx: ToolContext) -> dict[int, list[Row]]:
    by_item: dict[int, list[Row]] = defaultdict(list)
    for row in ctx.ask("gold_candidates", field=field.id, ids=list(ids)).as_dicts():
        by_item[int(row["item_id"])].append(row)
    return by_item


def choose_gold(item_id: int, rows: Sequence[Row], person: str = "") -> Candidate:
    """The review whose value may become gold; of ``person`` only where one is named."""
    said = [row for row in rows if not person or row["reviewer"] == person]
    if not said:
        return Candidate(item_id, None, "you have not decided it" if person else "nobody has decided it")
    settled = [row for row in said if row["adjudicates"]]
    wanted = settled[-1:] if settled else said
    answers = {row["answer"] for row in wanted}
    if len(answers) > 1:
        return Candidate(item_id, None, "people disagree on it")
    if wanted[0]["is_gold"]:
        return Candidate(item_id, None, "it is gold already")
    blind = [row for row in said if row["answer"] in answers and row["exposure"] in CALIBRATING_EXPOSURES]
    if not blind:
        return Candidate(item_id, None, "its value was given with a suggestion in sight, in a batch, or unknown how")
    return Candidate(item_id, blind[0])


def _text(found: Sequence[Candidate], field: FieldSpec) -> str:
    chosen = [one.review for one in found if one.review is not None]
    reasons = Counter(one.reason for one in found if one.review is None)
    told = f"{capital(count_of(len(chosen), 'value'))} of {field.name} can become gold."
    if reasons:
        left = sum(reasons.values())
        why = listing([f"{number:,} because {reason}" for reason, number in reasons.most_common()])
        told += f" {capital(count_of(left, 'item'))} {verb(left, 'is', 'are')} left out: {why}."
    adaptive = sum(bool(row["adaptive"]) for row in chosen)
    if adaptive:
        told += f" {adaptive:,} of them {verb(adaptive, 'was', 'were')} picked by a model, so accuracy on this gold is"
        told += " not that of a random part of the items."
    return told


def _tables(found: Sequence[Candidate], field: FieldSpec) -> tuple[Table, ...]:
    marks = tuple((one.item_id, _label_words(field, one.review)) for one in found if one.review is not None)
    left = tuple((one.item_id, one.reason) for one in found if one.review is None)
    tables = []
    if marks:
        tables.append(Table("What would become gold", ("id", "labels"), marks))
    if left:
        tables.append(Table("What is left out, and why", ("id", "reason"), left))
    return tuple(tables)


def _label_words(field: FieldSpec, row: Row) -> str:
    labels = value_labels(json.loads(row["value"]))
    return ", ".join(label_name(field, label) for label in labels) or "no label"
