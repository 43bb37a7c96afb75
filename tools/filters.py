"""Which items are meant: one flat record, shared by finding, sampling, bulk acceptance and export."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from tools.errors import InputError

ItemState = Literal[
    "any",
    "undecided",  # nobody's value stands
    "decided",  # at least one value stands
    "agreed",  # unanimous or adjudicated
    "conflict",  # standing values differ
    "suggested",  # a usable proposal exists and nobody's value stands
    "unsuggested",  # no usable proposal and nobody's value stands
    "skipped",
    "rejected",  # somebody's last word on it is that the suggestion was wrong
    "flagged",
    "gold",
    "unread",  # a proposal could not be read or did not fit the schema
]
STATES: tuple[str, ...] = ItemState.__args__  # type: ignore[attr-defined]

ANY_FINDING = "any"
"""In place of a kind of finding: an open finding of whatever kind."""


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """All conditions hold together; an empty one says nothing.

    ``words`` are searched case-insensitively in the text, all must occur; a phrase stands in double quotes.
    ``label`` is a label id of ``field``: of the standing value, or of the proposal where ``of_proposal``.
    ``regions_min`` and ``regions_max`` bound the number of regions of that value, of those with ``label`` where one is
    named, both inclusive. ``score_min`` and ``score_max`` bound the latest proposal's score, in 0..1, both inclusive.
    ``meta`` is ``key=value`` on the item's own columns. ``since`` and ``until`` bound the time of the decision,
    half-open, ISO 8601 UTC. ``finding`` is the kind of an open finding, or ``any``: of ``field`` where one is named.
    """

    words: str = ""
    field: str = ""
    state: ItemState = "any"
    label: str = ""
    of_proposal: bool = False
    reviewer: str = ""
    score_min: float | None = None
    score_max: float | None = None
    meta: str = ""
    keys: tuple[str, ...] = ()
    ids: tuple[int, ...] = ()
    run: int | None = None
    regions_min: int | None = None
    regions_max: int | None = None
    since: str = ""
    until: str = ""
    finding: str = ""

    def __post_init__(self) -> None:
        """Refuse a state nobody knows and bounds outside 0..1."""
        if self.state not in STATES:
            raise InputError(f"{self.state!r} is not a state of an item; known are {', '.join(STATES)}.")
        for bound in (self.score_min, self.score_max):
            if bound is not None and not 0 <= bound <= 1:
                raise InputError(f"A score lies between 0 and 1, got {bound}.")
        if self.meta and "=" not in self.meta:
            raise InputError(f"A condition on a column looks like column=value, got {self.meta!r}.")

    @property
    def is_about_value(self) -> bool:
        """Whether it asks what an answer holds: a label, or a number of regions."""
        return bool(self.label) or self.regions_min is not None or self.regions_max is not None

    @property
    def is_empty(self) -> bool:
        """Whether every item passes."""
        return self == ItemFilter(field=self.field)

    def to_record(self) -> dict[str, Any]:
        """Plain JSON-able form without what is at its default; see :func:`filter_from`."""
        empty = ItemFilter()
        given = asdict(self)
        return {
            f.name: list(given[f.name]) if isinstance(given[f.name], tuple) else given[f.name]
            for f in fields(self)
            if given[f.name] != getattr(empty, f.name)
        }


def filter_from(record: dict[str, Any]) -> ItemFilter:
    """The filter whose :meth:`ItemFilter.to_record` is ``record``."""
    plain = {key: tuple(value) if isinstance(value, list) else value for key, value in record.items()}
    unknown = set(plain) - {f.name for f in fields(ItemFilter)}
    if unknown:
        raise InputError(f"A filter has no condition {sorted(unknown)[0]!r}.")
    return ItemFilter(**plain)  # type: ignore[arg-type]
