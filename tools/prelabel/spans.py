"""The spans that relations may join."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.context import IdArray, ToolContext
from tools.records import JsonValue
from tools.schema import FieldSpec


def spans_of(
    field: FieldSpec, item_ids: IdArray | list[int], ctx: ToolContext
) -> dict[int, list[Mapping[str, JsonValue]]]:
    """The spans that relations of ``field`` may join, by item: those that people gave, else the suggested ones."""
    wanted = {int(item) for item in item_ids}
    table = ctx.labels.training(field.over)
    found: dict[int, list[Mapping[str, Any]]] = {
        int(item): list(value["spans"])
        for item, value in zip(table.item_ids, table.values, strict=True)
        if int(item) in wanted
    }
    missing = sorted(wanted - set(found))
    for item, proposal in ctx.proposals.latest(field.over, missing).items():
        found[item] = list((proposal.draft.value or {}).get("spans", ()))
    return found


def joined_spans(
    field: FieldSpec, item_ids: IdArray | list[int], ctx: ToolContext
) -> dict[int, list[Mapping[str, JsonValue]]] | None:
    """The same for fields whose answers join regions, ``None`` for the others."""
    return spans_of(field, item_ids, ctx) if field.record.joins else None
