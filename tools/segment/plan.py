"""What the tool is to do, settled before work begins: which items, from which boxes, with which label."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from tools.context import IdArray, ToolContext
from tools.errors import InputError
from tools.filters import ItemFilter
from tools.kinds.registry import KINDS
from tools.naming import label_named
from tools.schema import FieldSpec, LabelSchema

ITEMS = ("image",)
"""The sorts of content that can be segmented."""

_ROUGH = 1
"""The fineness of regions that only say where an object is."""

DRAWN = tuple(sorted((kind for kind in KINDS.values() if kind.fineness), key=lambda kind: -kind.fineness))
"""Kinds of regions that are made of masks, the finest first."""


def target_field(schema: LabelSchema, wanted: str, how: str) -> FieldSpec:
    """The field that is proposed for: the one that was named, else the first that fits."""
    kinds = tuple(kind.name for kind in DRAWN if how != "tighten_boxes" or kind.fineness == _ROUGH)
    if wanted.strip():
        field = schema.field(wanted)
        if field.kind not in kinds:
            raise InputError(f"{how} proposes {' or '.join(kinds)}; field {field.name!r} holds {field.kind}.")
        return field
    # Masks before polygons before boxes: the finest that the schema can hold.
    fitting = [field for kind in kinds for field in schema.fields if field.kind == kind]
    if not fitting:
        raise InputError(f"{how} needs a field of {' or '.join(kinds)}; the schema has none.")
    return fitting[0]


def source_field(schema: LabelSchema, wanted: str, target: FieldSpec) -> FieldSpec:
    """The field whose boxes are used."""
    if wanted.strip():
        field = schema.field(wanted)
        if field.record.fineness != _ROUGH:
            raise InputError(f"Boxes come from a field of boxes; field {field.name!r} holds {field.kind}.")
        return field
    if target.record.fineness == _ROUGH:
        return target
    fitting = [field for field in schema.fields if field.record.fineness == _ROUGH]
    if not fitting:
        raise InputError("The schema has no field of boxes to draw masks from.")
    return fitting[0]


def chosen_items(field: FieldSpec, items: str, limit: int, ctx: ToolContext) -> tuple[ItemFilter, IdArray]:
    """The items that were named, else all that nobody has decided; images only."""
    if limit < 0:
        raise InputError(f"The limit is a number of items from 0, got {limit}.")
    if ctx.schema.modality.content not in ITEMS:
        raise InputError(f"This project holds items of kind {ctx.schema.item}; only images can be segmented.")
    if items.strip():
        named = [one.strip() for one in items.replace(";", ",").split(",") if one.strip()]
        where = ItemFilter(field=field.id, ids=tuple(sorted(set(ctx.items.resolve(named)))))
        ids = np.array(where.ids, dtype=np.int64)
    else:
        where = ItemFilter(field=field.id, state="undecided")
        ids = ctx.items.find(where).ids
    return where, ids[:limit] if limit else ids


def boxes_of_items(source: FieldSpec, target: FieldSpec, ids: IdArray, ctx: ToolContext) -> dict[int, list[Any]]:
    """Boxes of each item that has some, with the labels of ``target``: what people agreed on and the asker may see,
    else what was proposed.

    A box whose label the target field lacks is left out by :func:`translated`.
    """
    table = ctx.labels.seen(source.id)
    agreed = dict(zip(table.item_ids.tolist(), table.values, strict=True))
    open_ids = [item for item in ids.tolist() if item not in agreed]
    proposed = ctx.proposals.latest(source.id, open_ids)
    found: dict[int, list[Any]] = {}
    for item in ids.tolist():
        value = agreed.get(item) or (proposed[item].draft.value if item in proposed else None)
        boxes = translated(value, source, target)
        if boxes:
            found[item] = boxes
    return found


def translated(value: Mapping[str, Any] | None, source: FieldSpec, target: FieldSpec) -> list[Any]:
    """The boxes of a value, with the target field's label of the same id or name."""
    known = {label.id: label.id for label in target.labels}
    by_name = {label.name.casefold(): label.id for label in target.labels}
    made = []
    for region in (value or {}).get(source.record.key, ()):
        name = source.label(region["label"]).name.casefold() if region["label"] in source.label_ids else ""
        label = known.get(region["label"]) or by_name.get(name)
        if label is not None:
            made.append({**region, "label": label})
    return made


def label_for_everything(field: FieldSpec, words: str) -> str:
    """The label that whole-image proposals get: the one that was named, else the only one there is."""
    if words.strip():
        return label_named(field, words)
    if len(field.labels) == 1:
        return field.labels[0].id
    named = ", ".join(label.name for label in field.labels)
    raise InputError(f"Which label shall the proposals of {field.name!r} get? Say words= one of {named}.")


def labels_for_words(field: FieldSpec, words: str) -> dict[str, str]:
    """What is looked for, by the label it gets: words that name a label, else the names of all labels.

    Words that are no label go with the only label there is.
    """
    wanted = [one.strip() for one in words.split(",") if one.strip()]
    if not wanted:
        return {label.name.replace("_", " ").lower(): label.id for label in field.labels}
    by_name = {label.name.casefold(): label.id for label in field.labels} | {one.id: one.id for one in field.labels}
    found = {}
    for word in wanted:
        label = by_name.get(word.casefold()) or (field.labels[0].id if len(field.labels) == 1 else None)
        if label is None:
            raise InputError(f"{word!r} is no label of field {field.name!r}, so what is found could not be labelled.")
        found[word] = label
    return found
