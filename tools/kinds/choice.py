"""Choices: one label, or several at once."""

from __future__ import annotations

from typing import Any

from tools.errors import ValueRefused
from tools.kinds.asked import Asked, Subject
from tools.kinds.contract import Kind, known_label, name_of
from tools.labels import CANNOT_TELL, NONE_OF_THESE


class Choice(Kind):
    """One label: ``{"label": "refund"}``."""

    name = "choice"
    key = "label"
    options = frozenset({"none_of_these", "cannot_tell"})
    question = "Which label fits?"

    def check(self, field: Asked, content: Any, subject: Subject) -> str:
        """A label of the field."""
        return known_label(field, content)

    def word(self, content: Any) -> str | None:
        """The label."""
        return str(content)

    def describe(self, field: Asked, content: Any, text: str) -> str:
        """Its name."""
        return name_of(field, content)


class MultiChoice(Kind):
    """Any number of labels: ``{"labels": ["billing", "delivery"]}``, in schema order and without repeats."""

    name = "multi_choice"
    key = "labels"
    options = frozenset({"none_of_these", "cannot_tell"})
    question = "Which labels fit?"

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
