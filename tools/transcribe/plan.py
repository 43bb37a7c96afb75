"""What the tool is to do, settled before work begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from tools.context import IdArray, ToolContext
from tools.errors import InputError
from tools.filters import ItemFilter
from tools.schema import FieldSpec, LabelSchema


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a job needs to know: the field that is proposed for, its key in values, and who listens."""

    field: str
    key: str
    reference: str
    revision: str

    def to_json(self) -> dict[str, Any]:
        """JSON-able form, for an artefact."""
        return asdict(self)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Plan:
        """What :meth:`to_json` wrote."""
        return cls(**given)


def target_field(schema: LabelSchema, wanted: str) -> FieldSpec:
    """The field that is proposed for: the one that was named, else the first transcript."""
    fitting = [field for field in schema.fields if field.record.is_transcript]
    if wanted.strip():
        field = schema.field(wanted)
        if not field.record.is_transcript:
            raise InputError(f"Field {field.name!r} holds {field.record.many} and no transcript.")
        return field
    if not fitting:
        raise InputError("The schema has no field for a transcript; add one of the kind segments.")
    return fitting[0]


def chosen_items(field: FieldSpec, items: str, limit: int, ctx: ToolContext) -> tuple[ItemFilter, IdArray]:
    """The items that were named, else all that nobody has decided."""
    if limit < 0:
        raise InputError(f"The limit is a number of items from 0, got {limit}.")
    if items.strip():
        named = [one.strip() for one in items.replace(";", ",").split(",") if one.strip()]
        where = ItemFilter(field=field.id, ids=tuple(sorted(set(ctx.items.resolve(named)))))
        ids = np.array(where.ids, dtype=np.int64)
    else:
        where = ItemFilter(field=field.id, state="undecided")
        ids = ctx.items.find(where).ids
    return where, ids[:limit] if limit else ids
