"""What differs between two label schemas, in words, and what the rows of a project forbid to change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tools.errors import SchemaRefused
from tools.hotkeys import hidden_command
from tools.labels import Label
from tools.schema import FieldSpec, LabelSchema
from tools.sentences import count_of, listing, verb

Uses = Mapping[str, int]
_PLACES = {"reviews": ("decision", ""), "proposals": ("proposal", ""), "gold": ("gold mark", "")}


@dataclass(frozen=True, slots=True)
class UsesOf:
    """How often rows use labels, by (field, label), and fields, by field: number of reviews, proposals, gold marks."""

    labels: Mapping[tuple[str, str], Uses]
    fields: Mapping[str, Uses]
    items: int

    def in_words(self, uses: Uses) -> str:
        """``3 decisions and 1 gold mark``."""
        return listing([count_of(uses[place], noun) for place, (noun, _) in _PLACES.items() if uses.get(place)])


def differences(old: LabelSchema, new: LabelSchema) -> list[str]:
    """One sentence a difference, in the order of the new schema; empty where they are the same."""
    return list(_differences(old, new))


def _differences(old: LabelSchema, new: LabelSchema) -> Iterator[str]:
    for attribute, words in (
        ("name", "The schema's name"),
        ("item", "The kind of item"),
        ("guideline", "The guideline"),
    ):
        if getattr(old, attribute) != getattr(new, attribute):
            yield f"{words} changes."
    before = {field.id: field for field in old.fields}
    for field in new.fields:
        if field.id in before:
            yield from _field_differences(before[field.id], field)
        else:
            yield f"Field {field.name} ({field.kind}) is added."
    kept = {field.id for field in new.fields}
    yield from (f"Field {field.name} is removed." for field in old.fields if field.id not in kept)
    orders = [[f.id for f in one.fields if f.id in kept and f.id in before] for one in (old, new)]
    if orders[0] != orders[1]:
        yield "The order of the fields changes."


_PLAIN = {
    "question": "the question",
    "guideline": "the guideline",
    "required": "whether it is required",
    "overlap": "whether spans may overlap",
    "over": "the field it joins",
    "min": "the lowest rating",
    "max": "the highest rating",
    "none_of_these": "whether “none of these” is offered",
    "cannot_tell": "whether “cannot tell” is offered",
}


def _field_differences(old: FieldSpec, new: FieldSpec) -> Iterator[str]:
    if old.name != new.name:
        yield f"Field {old.name} is called {new.name}."
    if old.kind != new.kind:
        yield f"Field {new.name} becomes {new.kind} instead of {old.kind}."
    changed = [words for key, words in _PLAIN.items() if getattr(old, key) != getattr(new, key)]
    if changed:
        yield f"Field {new.name} changes {listing(changed)}."
    before, after = ({label.id: label for label in one.labels} for one in (old, new))
    for label in new.labels:
        if label.id in before:
            yield from _label_differences(new.name, before[label.id], label)
        else:
            yield f"Label {label.name} is added to {new.name}."
    yield from (f"Label {one.name} is removed from {new.name}." for one in old.labels if one.id not in after)
    orders = [
        [label.id for label in one if label.id in before and label.id in after] for one in (old.labels, new.labels)
    ]
    if orders[0] != orders[1]:
        yield f"The order of the labels of {new.name} changes."


def _label_differences(field: str, old: Label, new: Label) -> Iterator[str]:
    if old.name != new.name:
        yield f"Label {old.name} of {field} is called {new.name}."
    if old.hotkey != new.hotkey:
        key = f"gets the key {new.hotkey}" if new.hotkey else "loses its key"
        hidden = hidden_command(new.hotkey) if new.hotkey else ""
        yield f"Label {new.name} of {field} {key}. {hidden}".rstrip()
    attributes = {"description": "description", "group": "group", "color": "colour"}
    changed = [words for key, words in attributes.items() if getattr(old, key) != getattr(new, key)]
    changed += ["ends it may join"] if (old.from_, old.to) != (new.from_, new.to) else []
    if changed:
        yield f"Label {new.name} of {field} changes its {listing(changed)}."


def refuse_breaking(old: LabelSchema, new: LabelSchema, uses: UsesOf) -> None:
    """Raise :class:`SchemaRefused` where rows use what the new schema no longer has."""
    if old.item != new.item and uses.items:
        raise SchemaRefused(f"The kind of item cannot change: the project has {count_of(uses.items, 'item')}.")
    after = {field.id: field for field in new.fields}
    for field in old.fields:
        used = uses.in_words(uses.fields.get(field.id, {}))
        if field.id not in after:
            if used:
                raise SchemaRefused(_refusal(f"Field {field.id!r} cannot be removed", uses.fields[field.id], uses))
            continue
        changed = after[field.id]
        for attribute, words in (("kind", "kind"), ("over", "joined field")):
            if used and getattr(field, attribute) != getattr(changed, attribute):
                said = f"The {words} of field {field.id!r} cannot change"
                raise SchemaRefused(_refusal(said, uses.fields[field.id], uses))
        _refuse_lost_labels(field, changed, uses)


def _refuse_lost_labels(old: FieldSpec, new: FieldSpec, uses: UsesOf) -> None:
    kept = set(new.record.words(new))
    lost = {label: used for (field, label), used in uses.labels.items() if field == old.id and label not in kept}
    # Labels that an earlier schema had and this one has not are no fault of the change.
    known = set(old.record.words(old))
    for label, used in sorted(lost.items()):
        if label in known and uses.in_words(used):
            said = f"Label {label!r} of field {old.id!r} cannot be removed"
            raise SchemaRefused(f"{_refusal(said, used, uses)} To rename it, keep 'id: {label}' and change its name.")


def _refusal(said: str, used: Uses, uses: UsesOf) -> str:
    number = sum(used.values())
    hint = " Proposals stop counting when their run is undone." if used.get("proposals") else ""
    return f"{said}: {uses.in_words(used)} {verb(number, 'uses', 'use')} it.{hint}"
