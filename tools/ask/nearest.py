"""The confirmed examples that are most like an item: what a suggestion of a model that learns rests on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.ask.value_words import value_words
from tools.backends.registry import can_compare
from tools.backends.texts.builtin_few_shot import can_learn
from tools.context import LabelTable, ToolContext
from tools.filters import ItemFilter
from tools.learning.material import project_embedder, vectors_for
from tools.results import Table
from tools.schema import FieldSpec
from tools.sentences import listing
from tools.statistics import Bools

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Example:
    """A confirmed example: item, key, its value in words, and its likeness to the item in question, 1 for equal."""

    item_id: int
    key: str
    value: str
    likeness: float


def nearest_examples(field: FieldSpec, item_id: int, ctx: ToolContext) -> list[Example]:
    """The labelled items most like an item, of those whose labels the viewer may see; vectors that are there are used.

    Leads see every label, others those of items that they decided themselves, as everywhere in an explanation.
    """
    if not (can_learn(field.record) and can_compare(ctx.schema.modality)):
        return []
    table = ctx.labels.training(field.id)
    rows = np.flatnonzero(_may_be_seen(field, table, ctx) & (table.item_ids != item_id))
    if not len(rows):
        return []
    ids = np.append(table.item_ids[rows], item_id)
    found = vectors_for(ctx, project_embedder(ctx).embedder, ids, 0)
    if not found.present[-1]:
        return []
    likeness = np.where(found.present[:-1], found.matrix[:-1] @ found.matrix[-1], -np.inf)
    best = [at for at in np.argsort(-likeness, kind="stable")[:SHOWN].tolist() if likeness[at] > 0]
    items = ctx.items.get([int(ids[at]) for at in best])
    return [
        Example(item.item_id, item.key, value_words(field, table.values[rows[at]]), float(likeness[at]))
        for item, at in zip(items, best, strict=True)
    ]


def _may_be_seen(field: FieldSpec, table: LabelTable, ctx: ToolContext) -> Bools:
    if ctx.actor.may("lead"):
        return np.ones(len(table), dtype=np.bool_)
    own = ctx.items.find(ItemFilter(field=field.id, state="decided", reviewer=ctx.actor.person)).ids
    return np.isin(table.item_ids, own)


def nearest_words(found: list[Example]) -> str:
    """Which examples they are, by key and value; no text of an item."""
    named = [f"{one.key} ({one.value})" for one in found]
    return f"The nearest confirmed {'example is' if len(found) == 1 else 'examples are'} {listing(named)}."


def nearest_table(field: FieldSpec, found: list[Example]) -> Table:
    """The same with their likeness."""
    rows = tuple((one.item_id, one.key, one.value, round(one.likeness, 2)) for one in found)
    return Table(f"Nearest confirmed examples for {field.name}", ("id", "key", "value", "likeness"), rows)
