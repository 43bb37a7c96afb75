"""Labels as people name them: by id, by display name, in any case."""

from __future__ import annotations

from tools.schema import FieldSpec, LabelSchema


def field_named(schema: LabelSchema, name: str) -> FieldSpec:
    """The field with this id or name; the main field for an empty name."""
    return schema.field(name) if name.strip() else schema.main_field()


def label_named(field: FieldSpec, name: str) -> str:
    """The id of the label with this id or name; empty for an empty name.

    A rating is its number. :class:`NotFound` lists the labels there are.
    """
    return field.record.find_word(field, name) if name.strip() else ""


def label_name(field: FieldSpec, label_id: str) -> str:
    """The display name of a label; its id where the schema no longer has it."""
    return field.label(label_id).name if label_id in field.label_ids else label_id
