"""What a run of drawing is settled on; it is kept with the run, which goes on as it began."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from dataclasses import field as with_default
from typing import Any

from tools.kinds.contract import Kind
from tools.kinds.registry import KINDS
from tools.records import JsonValue
from tools.results import Artefact

_KEY = "plan"


@dataclass(frozen=True)
class Settled:
    """How regions are drawn, and into which field.

    ``kind`` is the kind of the field. ``source`` is the field whose boxes are used, ``without`` how many items have
    none. ``label`` is what everything in an image gets, ``labels`` what is found by words, with ``detector``. What
    does not belong to ``how`` is empty.
    """

    how: str
    field: str
    kind: str
    most_change: float
    source: str = ""
    without: int | None = None
    label: str = ""
    labels: Mapping[str, str] = with_default(default_factory=dict)
    detector: str = ""
    reference: str = ""
    revision: str = ""
    is_encoder: bool = False

    @property
    def record(self) -> Kind:
        """What the kind of the field says about itself."""
        return KINDS[self.kind]

    def to_json(self) -> dict[str, JsonValue]:
        """JSON-able form without what does not belong to it; :meth:`from_json` reads it back."""
        found = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            name: dict(value) if isinstance(value, Mapping) else value
            for name, value in found.items()
            if value not in (None, "", {})
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Settled:
        """What :meth:`to_json` wrote."""
        known = {one.name for one in fields(cls)}
        return cls(**{name: value for name, value in given.items() if name in known})


def planned(settled: Settled, arrays: Mapping[str, Any]) -> Artefact:
    """What the plan of the work carries."""
    return Artefact({_KEY: settled.to_json()}, arrays)


def settled_in(artefact: Artefact) -> Settled:
    """What the work with this artefact is settled on."""
    return Settled.from_json(artefact.json[_KEY])
