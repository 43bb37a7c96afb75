"""Choices: one label, or several at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from tools.errors import ValueRefused
from tools.kinds.asked import Asked, Subject
from tools.kinds.contract import Kind, known_label, name_of
from tools.kinds.in_files import LABELS, Column, Heard, listed
from tools.kinds.replies.prose import Letters, read_label, read_labels
from tools.kinds.replying import Seen, label_given, one_of_labels
from tools.kinds.taking import LabelNames, Taken, excerpt
from tools.labels import CANNOT_TELL, NONE_OF_THESE

LABEL_COLUMNS = ("label", "labels", "category", "class", "intent", "sentiment", "topic", "column_label", "given_label")


class Picked(Kind):
    """What the choices share."""

    options = frozenset({"none_of_these", "cannot_tell"})
    holds: ClassVar[dict[str, int]] = {"rating": 1, "text": 1}
    columns = LABEL_COLUMNS

    @property
    def told_as(self) -> str:
        """Names of labels."""
        return LABELS


class Choice(Picked):
    """One label: ``{"label": "refund"}``."""

    name = "choice"
    key = "label"
    question = "Which label fits?"
    learns_as = "class"
    reply_tokens = 256
    said_as = "label"
    is_word = True
    column = "text"

    def told(self, content: Any) -> Any:
        """A list of the one label."""
        return [content]

    def suits(self, told_as: str, heard: Heard) -> bool:
        """Every item has one label."""
        return told_as == LABELS and not heard.is_free and not heard.is_several

    def take(self, field: Asked, names: LabelNames, content: Any, subject: Subject) -> Taken:
        """The one label that was named."""
        told = listed(content)
        known, problems = names.find_all(told)
        taken = Taken(problems=problems)
        if len(known) == 1:
            taken.value = {self.key: self.check(field, known[0], subject)}
        elif not problems:
            many = f"has {len(known)} labels where {field.id!r} takes one" if known else "nothing was chosen"
            problems.append((many, excerpt(told)))
        return taken

    def check(self, field: Asked, content: Any, subject: Subject) -> str:
        """A label of the field."""
        return known_label(field, content)

    def word(self, content: Any) -> str | None:
        """The label."""
        return str(content)

    def of_labels(self, field: Asked, label_ids: Sequence[str]) -> str:
        """The first."""
        return label_ids[0]

    def describe(self, field: Asked, content: Any, text: str) -> str:
        """Its name."""
        return name_of(field, content)

    def reply_schema(self, field: Asked, subject: Subject) -> dict[str, Any]:
        """A label."""
        return one_of_labels(field)

    def read_given(self, field: Asked, given: Any, seen: Seen) -> tuple[Any, str]:
        """A label under any of its names, also where it is the only one of a list."""
        return _alone(label_given(field, given, seen.letters)), ""

    def read_words(self, field: Asked, reply: str, letters: Letters | None) -> str | None:
        """The one label that a reply names."""
        return read_label(field, reply, letters)

    def possible(self, field: Asked) -> int:
        """As many as labels."""
        return len(field.label_ids)


def _alone(given: Any) -> Any:
    """What stands in a list of one, however deep; a list of several stays one and is refused."""
    if not isinstance(given, list):
        return given
    return _alone(given[0]) if len(given) == 1 else [_alone(one) for one in given]


class MultiChoice(Picked):
    """Any number of labels: ``{"labels": ["billing", "delivery"]}``, in schema order and without repeats."""

    name = "multi_choice"
    key = "labels"
    question = "Which labels fit?"
    learns_as = "flags"
    said_as = "labels"
    column: ClassVar[Column] = ["text"]

    def suits(self, told_as: str, heard: Heard) -> bool:
        """Some items have several labels, or none."""
        return told_as == LABELS and not heard.is_free and heard.is_several

    def take(self, field: Asked, names: LabelNames, content: Any, subject: Subject) -> Taken:
        """The labels that were named; no label at all is an answer only if the file gave none."""
        known, problems = names.find_all(listed(content))
        value = {self.key: self.check(field, known, subject)} if known or not problems else None
        return Taken(value, problems)

    def check(self, field: Asked, content: Any, subject: Subject) -> list[str]:
        """Labels of the field; 'none of these' and 'cannot tell' stand alone."""
        if not isinstance(content, (list, tuple)):
            raise ValueRefused(f"Field {field.id!r} takes a list of labels, got {type(content).__name__}.")
        chosen = {known_label(field, label) for label in content}
        for alone in (NONE_OF_THESE, CANNOT_TELL):
            if alone in chosen and len(chosen) > 1:
                raise ValueRefused(f"{alone!r} cannot stand beside other labels of field {field.id!r}.")
        return [label for label in field.label_ids if label in chosen]

    def labels_in(self, content: Any) -> tuple[str, ...]:
        """The labels."""
        return tuple(content)

    def labels_path(self) -> str:
        """The list itself."""
        return "$.labels[*]"

    def describe(self, field: Asked, content: Any, text: str) -> str:
        """Their names."""
        return ", ".join(name_of(field, one) for one in content) or "no label"

    def reply_schema(self, field: Asked, subject: Subject) -> dict[str, Any]:
        """A list of labels."""
        return {"type": "array", "items": one_of_labels(field)}

    def read_given(self, field: Asked, given: Any, seen: Seen) -> tuple[Any, str]:
        """Labels under any of their names."""
        return label_given(field, given, seen.letters), ""

    def read_words(self, field: Asked, reply: str, letters: Letters | None) -> list[str] | None:
        """The labels of a reply that is nothing but a list of them."""
        return read_labels(field, reply)

    def of_words(self, field: Asked, words: Sequence[str]) -> list[str]:
        """The labels in the order of the schema, what it does not have behind them."""
        known = field.label_ids
        return [*(one for one in known if one in words), *(one for one in words if one not in known)]
