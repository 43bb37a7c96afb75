"""What a kind of answer says about files: how they tell its answers, what a cell holds, which field a file asks for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

MOST_LABELS = 500
LONGEST_NAME = 80
LABELS = "labels"
"""How files tell an answer that is made of names of labels."""

Column = str | list["Column"] | dict[str, "Column"]
"""A type of cells: "text", "whole" (numbers), "json" (text that is JSON), a list of one type, an object by its keys."""


@dataclass
class Heard:
    """What a file says in answer to one of its questions. ``most`` and ``least`` are labels on one item."""

    names: dict[str, int] = field(default_factory=dict)
    answers: int = 0
    most: int = 0
    least: int = 1
    is_binary: bool = False

    @property
    def is_free(self) -> bool:
        """Whether the answers are too many or too long to be labels."""
        is_wild = len(self.names) > MOST_LABELS or any(len(name) > LONGEST_NAME for name in self.names)
        return is_wild or (self.answers >= 20 and len(self.names) > 0.9 * self.answers)

    @property
    def is_several(self) -> bool:
        """Whether an item may have several labels, or none."""
        return self.most > 1 or self.least == 0 or self.is_binary


class InFiles:
    """What every kind says about files; the defaults are right for an answer that is written as JSON.

    ``holds`` are the ways of telling, beside its own, that a field of this kind can hold, with how far each is from
    the best: 1 is taken where no field holds it better. ``is_word`` says that a cell holds an answer as it is, without
    JSON. ``most_characters`` is above zero where an answer is a text that is kept as it was written, blanks and all.
    ``column`` is the type of its cells, ``columns`` are names that files usually give to the column of such answers.
    """

    key: ClassVar[str]
    holds: ClassVar[dict[str, int]] = {}
    is_word: ClassVar[bool] = False
    most_characters: ClassVar[int] = 0
    column: ClassVar[Column] = "json"
    columns: ClassVar[tuple[str, ...]] = ()

    @property
    def told_as(self) -> str:
        """How a file tells such an answer."""
        return self.key

    def told(self, content: Any) -> Any:
        """What an export of ours tells, from the content of a value."""
        return content

    def holding(self, told_as: str) -> int | None:
        """How far a field of this kind is from holding best what is told so; ``None`` where it cannot hold it."""
        return 0 if told_as == self.told_as else self.holds.get(told_as)

    def recognises(self, cell: Any) -> bool:
        """Whether a cell of a file that says nothing about itself tells an answer of this kind."""
        return False

    def suits(self, told_as: str, heard: Heard) -> bool:
        """Whether this is the kind of field that holds all answers of a question that a file tells so."""
        return told_as == self.told_as

    def names_in(self, content: Any) -> Sequence[Any]:
        """The names of labels in what a file tells, repeats kept; ``None`` for a region without one."""
        return [one.get("label") if isinstance(one, Mapping) else one for one in listed(content)]

    def suggested(self, heard: Heard) -> dict[str, Any]:
        """What a field has beside its labels that holds everything heard."""
        return {}

    def dangling(self, content: Any, known: Collection[str]) -> tuple[Mapping[str, Any], ...]:
        """The regions that join others whose ids are not among the known ones."""
        return ()


def listed(content: Any) -> Sequence[Any]:
    """What a file tells as a list, also where it tells one thing."""
    return content if isinstance(content, (list, tuple)) else [content]
