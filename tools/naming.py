"""Labels as people name them: by id, by display name, in any case; and people as others are told of them."""

from __future__ import annotations

from collections.abc import Iterable

from tools.records import Actor
from tools.schema import FieldSpec, LabelSchema
from tools.sentences import count_of, listing


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


def people_told(people: Iterable[str], actor: Actor) -> str:
    """People as somebody may hear of them: leads by name, others only of themselves, and of how many more there are."""
    seen = list(dict.fromkeys(people))
    known = [one for one in seen if actor.may("lead") or one == actor.person]
    others = len(seen) - len(known)
    hidden = ["another person" if others == 1 else count_of(others, "other person", "other people")] if others else []
    return listing([*known, *hidden])
