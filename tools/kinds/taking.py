"""Labels of a field by the names that files use for them, and what taking a value over came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.errors import ValueRefused
from tools.kinds.asked import Asked
from tools.labels import slug
from tools.records import to_json


class LabelNames:
    """Label ids of one field by id, display name or the id made from the name, whatever the case."""

    def __init__(self, spec: Asked) -> None:
        self._spec = spec
        self._ids: dict[str, str] = {}
        for label in spec.answers:
            self._ids.setdefault(label.name.strip().casefold(), label.id)
        self._ids |= {label.id: label.id for label in spec.answers}

    def find(self, name: Any) -> str | None:
        """The label id, or ``None`` for a name that the field does not know."""
        wanted = plain_name(name).strip().casefold()
        return self._ids.get(wanted) or (self._ids.get(slug(wanted)) if wanted else None)

    def find_all(self, told: Sequence[Any]) -> tuple[list[str], list[tuple[str, str]]]:
        """The ids of the names that are known, each once, and the reasons for the others."""
        known: list[str] = []
        problems: list[tuple[str, str]] = []
        for name in told:
            found = self.find(name)
            if found is None:
                problems.append((self.unknown(name), excerpt(told)))
            elif found not in known:
                known.append(found)
        return known, problems

    def named(self, region: Mapping[str, Any]) -> dict[str, Any]:
        """The region with the id of its label in place of the name."""
        found = self.find(region.get("label"))
        if found is None:
            raise ValueRefused(self.unknown(region.get("label")))
        return {**region, "label": found}

    def unknown(self, name: Any) -> str:
        """The reason for a name that is not found."""
        return f"{plain_name(name)[:40]!r} is not a label of {self._spec.id!r}"


@dataclass(slots=True)
class Taken:
    """A value that fits its field, or ``None``; the reasons for what was left out, with excerpts; what was changed."""

    value: dict[str, Any] | None = None
    problems: list[tuple[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def json(self) -> str | None:
        """Canonical JSON of the value."""
        return None if self.value is None else to_json(self.value)


def distinct(region: dict[str, Any], kept: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The region under an id of its own; exact repeats are refused."""
    bare = {key: value for key, value in region.items() if key != "id"}
    taken = set()
    for other in kept:
        if {key: value for key, value in other.items() if key != "id"} == bare:
            raise ValueRefused("the same region twice")
        taken.add(other["id"])
    name, number = region["id"], 2
    while name in taken:
        name, number = f"{region['id']}_{number}", number + 1
    return {**region, "id": name}


def single(field: Asked, content: Any) -> Any:
    """What came as it is, or as a list of one."""
    if isinstance(content, (list, tuple)):
        if len(content) != 1:
            raise ValueRefused(f"has {len(content)} values where {field.id!r} takes one")
        return content[0]
    return content


def plain_name(name: Any) -> str:
    """The name as text; files write labels as numbers and truth values too."""
    if isinstance(name, bool):
        return "true" if name else "false"
    if isinstance(name, float) and name.is_integer():
        return str(int(name))
    return name if isinstance(name, str) else str(name)


def short_reason(refused: ValueRefused) -> str:
    """The reason as part of a sentence, without positions, so that equal reasons are counted together."""
    reason = str(refused).rstrip(".")
    for long, short in _SHORTER.items():
        if long in reason:
            return short
    return reason


_SHORTER = {
    "ends at": "the span ends behind the text",
    "must start before it ends": "the span does not start before it ends",
    "must not overlap": "spans of the field must not overlap",
    "which is not on the item": "the relation joins a span that is not on the item",
    "may not join": "the relation may not join spans of these labels",
    "two different regions": "the relation joins a span with itself",
    " characters, got": "the text of the answer is too long",
    "lies outside the image": "the region lies outside the image",
    "has no area": "the region has no area",
    "beyond its recording": "the segment reaches beyond its recording",
    "has no point that is there": "none of the key points is there",
}


def excerpt(content: Any) -> str:
    """The start of what a file says, as text."""
    return to_json(content)[:200] if isinstance(content, (list, tuple, dict)) else str(content)[:200]
