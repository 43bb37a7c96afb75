"""Labels as people name them: by id, by display name, in any case."""

from __future__ import annotations

from tools.errors import InputError, NotFound
from tools.schema import FieldSpec, LabelSchema


def field_named(schema: LabelSchema, name: str) -> FieldSpec:
    """The field with this id or name; the main field for an empty name."""
    return schema.field(name) if name.strip() else schema.main_field()


def label_named(field: FieldSpec, name: str) -> str:
    """The id of the label with this id or name; empty for an empty name.

    A rating is its number. :class:`NotFound` lists the labels there are.
    """
    wanted = name.strip().casefold()
    if not wanted:
        return ""
    if field.kind == "text":
        raise InputError(f"Field {field.id!r} is answered in text and has no labels.")
    if field.kind == "rating":
        if wanted in {str(number) for number in range(field.min, field.max + 1)}:
            return wanted
        raise NotFound(f"Field {field.id!r} is rated from {field.min} to {field.max}; got {name!r}.")
    for label in field.answers:
        if wanted in (label.id, label.name.casefold()):
            return label.id
    raise NotFound(f"Field {field.id!r} has no label {name!r}; it has {', '.join(field.label_ids)}.")


def label_name(field: FieldSpec, label_id: str) -> str:
    """The display name of a label; its id where the schema no longer has it."""
    return field.label(label_id).name if label_id in field.label_ids else label_id
