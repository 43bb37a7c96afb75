"""Ratings: a whole number on a scale."""

from __future__ import annotations

from typing import Any

from tools.errors import NotFound, ValueRefused
from tools.kinds.asked import Asked, Subject
from tools.kinds.contract import Labelless


class Rating(Labelless):
    """A whole number: ``{"rating": 3}``."""

    name = "rating"
    key = "rating"
    is_ordered = True
    question = "How do you rate it?"

    def check_field(self, field: Asked) -> None:
        """The scale has at least two steps."""
        if field.min >= field.max:
            raise ValueError(f"field {field.id!r}: min must be below max")

    def check(self, field: Asked, content: Any, subject: Subject) -> int:
        """A whole number on the scale."""
        if isinstance(content, bool) or not isinstance(content, int) or not field.min <= content <= field.max:
            raise ValueRefused(
                f"Field {field.id!r} takes a whole number from {field.min} to {field.max}, got {content!r}."
            )
        return content

    def word(self, content: Any) -> str | None:
        """The number as text."""
        return str(content)

    def describe(self, field: Asked, content: Any, text: str) -> str:
        """The number and the end of its scale."""
        return f"{content} of {field.max}"

    def words(self, field: Asked) -> tuple[str, ...]:
        """Every step of the scale."""
        return tuple(str(number) for number in range(field.min, field.max + 1))

    def find_word(self, field: Asked, name: str) -> str:
        """A number on the scale."""
        wanted = name.strip().casefold()
        if wanted in self.words(field):
            return wanted
        raise NotFound(f"Field {field.id!r} is rated from {field.min} to {field.max}; got {name!r}.")
