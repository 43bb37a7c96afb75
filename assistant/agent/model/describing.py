"""The note about the project that goes before a model's last message: names and places, cleaned and cut."""

from __future__ import annotations

import unicodedata

from assistant.agent.words.world import PlannerWorld
from tools.records import ROLE_RANK

_MOST_LABELS = 24
_MOST_NAMES = 12
_LONGEST = 40


def describe(world: PlannerWorld) -> str:
    """Fields with their labels, people, the item in hand and the time, in one paragraph."""
    parts = [world.schema.modality.note] if world.schema.modality.note else []
    parts += [f"Project fields: {'; '.join(_field(world, one.id) for one in world.schema.fields)}."]
    if len(world.people) > 1 and ROLE_RANK[world.role] >= ROLE_RANK["lead"]:
        parts.append(f"People: {', '.join(map(clean, world.people[:_MOST_NAMES]))}.")
    if world.filters:
        parts.append(f"Saved filters: {', '.join(map(clean, world.filters[:_MOST_NAMES]))}.")
    if world.item_in_hand:
        parts.append(f"Item in hand: {clean(world.item_in_hand)}, field {world.field_in_hand}.")
    if world.last is not None and world.last.items:
        ids = ", ".join(f"#{one}" for one in world.last.items[:_MOST_NAMES])
        parts.append(f"“Those” are the items {ids}{' …' if len(world.last.items) > _MOST_NAMES else ''}.")
    parts.append(f"Asked by {clean(world.person)} ({world.role}) at {world.now.isoformat(timespec='minutes')}.")
    return " ".join(parts)


def clean(name: str) -> str:
    """A name without control and direction marks, brackets and line breaks, cut to a readable length."""
    plain = "".join(" " if unicodedata.category(one)[0] in "CZ" or one in "[]{}<>" else one for one in name)
    return " ".join(plain.split())[:_LONGEST]


def _field(world: PlannerWorld, field_id: str) -> str:
    spec = world.schema.field(field_id)
    labels = [
        f"{one.id}" if one.id == clean(one.name).lower() else f"{one.id} ({clean(one.name)})" for one in spec.answers
    ]
    shown = ", ".join(labels[:_MOST_LABELS]) + (" …" if len(labels) > _MOST_LABELS else "")
    return f"{spec.id} ({spec.kind}{': ' + shown if shown else ''})"
