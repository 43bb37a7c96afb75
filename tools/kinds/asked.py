"""The question that an answer belongs to, and the item that it is about, as far as a kind of answer needs to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tools.labels import Attribute, Label
from tools.records import Item, Part


class Asked(Protocol):
    """The question that an answer belongs to, as :class:`tools.schema.FieldSpec` has it."""

    @property
    def id(self) -> str:
        """Immutable id."""

    @property
    def name(self) -> str:
        """Display name."""

    @property
    def kind(self) -> str:
        """Name of its kind."""

    @property
    def labels(self) -> tuple[Label, ...]:
        """Labels of the schema."""

    @property
    def answers(self) -> tuple[Label, ...]:
        """Labels and, where offered, 'none of these' and 'cannot tell'."""

    @property
    def label_ids(self) -> tuple[str, ...]:
        """Ids of :attr:`answers`."""

    @property
    def overlap(self) -> bool:
        """Whether spans may overlap."""

    @property
    def over(self) -> str:
        """The field whose regions are joined."""

    @property
    def min(self) -> int:
        """Lowest rating."""

    @property
    def max(self) -> int:
        """Highest rating."""

    @property
    def rotated(self) -> bool:
        """Whether boxes may be turned."""

    @property
    def ties(self) -> bool:
        """Whether answers may be equally good."""

    @property
    def attributes(self) -> tuple[Attribute, ...]:
        """What is noted about each region."""

    @property
    def points(self) -> tuple[str, ...]:
        """Names of the points of an object."""

    @property
    def skeleton(self) -> tuple[tuple[str, str], ...]:
        """Pairs of points to join."""

    def label(self, label_id: str) -> Label:
        """The label with this id."""

    def attribute(self, attribute_id: str) -> Attribute | None:
        """The attribute with this id."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What an answer is about, as far as it is known; nothing is compared with what is not.

    ``text`` is the item's text, ``spans`` are the regions that a relation may join, ``size`` is (width, height) of an
    image in pixels, ``length`` that of a recording in milliseconds. ``parts`` are the texts that an item is made of.
    """

    text: str | None = None
    spans: Sequence[Mapping[str, Any]] | None = None
    size: tuple[int, int] | None = None
    length: int | None = None
    parts: Sequence[Part] | None = None

    @classmethod
    def of(cls, item: Item, spans: Sequence[Mapping[str, Any]] | None = None) -> Subject:
        """An item that is known whole."""
        return cls(item.text, spans, item.pixels, item.length, item.parts)


class Traced(Protocol):
    """The mask of an object, as regions of different kinds are made of it."""

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the image."""

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Half open bounds."""

    def counts(self) -> str:
        """COCO's compressed runs."""

    def parts(self) -> list[Any]:
        """The outline, as the parts of a polygon."""
