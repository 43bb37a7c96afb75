"""Ratings: a whole number on a scale."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar

from tools.errors import NotFound, ValueRefused
from tools.kinds.asked import Asked, Subject
from tools.kinds.contract import Labelless
from tools.kinds.in_files import LABELS, Heard, listed
from tools.kinds.replies.prose import Letters, read_rating
from tools.kinds.replying import Seen
from tools.kinds.taking import LabelNames, Taken, single


class Rating(Labelless):
    """A whole number: ``{"rating": 3}``."""

    name = "rating"
    key = "rating"
    is_ordered = True
    question = "How do you rate it?"
    learns_as = "scale"
    reply_tokens = 256
    said_as = "number"
    holds: ClassVar[dict[str, int]] = {LABELS: 1}
    is_word = True
    column = "whole"

    def names_in(self, content: Any) -> Sequence[Any]:
        """The numbers."""
        return [float(one) for one in listed(content) if isinstance(one, (int, float))]

    def suggested(self, heard: Heard) -> dict[str, Any]:
        """A scale from 1 to 5, or as far as the numbers go."""
        whole = [int(number) for number in map(float, heard.names) if number.is_integer()]
        return {"min": min([1, *whole]), "max": max([5, *whole])}

    def take(self, field: Asked, names: LabelNames, content: Any, subject: Subject) -> Taken:
        """The number, also where it was written as text."""
        return Taken({self.key: self.check(field, _whole(single(field, content)), subject)})

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

    def reply_schema(self, field: Asked, subject: Subject) -> dict[str, Any]:
        """A step of the scale."""
        return {"type": "integer", "enum": list(range(field.min, field.max + 1))}

    def describe_options(self, field: Asked) -> str:
        """The scale."""
        return f"whole numbers from {field.min} to {field.max}"

    def read_given(self, field: Asked, given: Any, seen: Seen) -> tuple[Any, str]:
        """A number, also one in quotes."""
        return _number(given), ""

    def read_words(self, field: Asked, reply: str, letters: Letters | None) -> int | None:
        """The one number of a reply."""
        return read_rating(field, reply)

    def possible(self, field: Asked) -> int:
        """As many as steps."""
        return field.max - field.min + 1

    def of_words(self, field: Asked, words: Sequence[str]) -> Any:
        """The number."""
        return _number(words[0])


def _number(given: Any) -> Any:
    if isinstance(given, list):
        return [_number(one) for one in given]
    return int(given) if isinstance(given, str) and re.fullmatch(r"-?\d{1,9}", given) else given


def _whole(content: Any) -> Any:
    """A whole number written as text or as a float; anything else as it came, for the check to refuse."""
    try:
        number = float(content)
    except (TypeError, ValueError):
        return content
    return int(number) if number.is_integer() and not isinstance(content, bool) else content
