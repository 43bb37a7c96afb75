"""Free text: whatever a person writes."""

from __future__ import annotations

from typing import Any, ClassVar

from tools.errors import ValueRefused
from tools.kinds.asked import Asked, Subject
from tools.kinds.contract import Labelless
from tools.kinds.in_files import LABELS, Heard
from tools.kinds.taking import LabelNames, Taken, plain_name, single
from tools.sentences import count_of

TEXT_LIMIT = 20_000


class FreeText(Labelless):
    """A text: ``{"text": "..."}``."""

    name = "text"
    key = "text"
    verdict = "edit"
    question = "What do you write?"
    by_hand = "it has to be written by people"
    called = "free text"
    said_as = "text"
    holds: ClassVar[dict[str, int]] = {LABELS: 1, "rating": 1}
    is_word = True
    most_characters = TEXT_LIMIT
    column = "text"

    def suits(self, told_as: str, heard: Heard) -> bool:
        """Texts, and what calls itself labels and is as good as never the same."""
        return told_as == self.told_as or (told_as == LABELS and heard.is_free)

    def take(self, field: Asked, names: LabelNames, content: Any, subject: Subject) -> Taken:
        """The text; files write numbers and truth values too."""
        text = single(field, content)
        return Taken({self.key: self.check(field, text if isinstance(text, str) else plain_name(text), subject)})

    def check(self, field: Asked, content: Any, subject: Subject) -> str:
        """A text of at most :data:`TEXT_LIMIT` characters."""
        if not isinstance(content, str):
            raise ValueRefused(f"Field {field.id!r} takes text, got {type(content).__name__}.")
        if len(content) > TEXT_LIMIT:
            raise ValueRefused(f"Field {field.id!r} takes at most {TEXT_LIMIT} characters, got {len(content)}.")
        return content

    def describe(self, field: Asked, content: Any, text: str) -> str:
        """The text."""
        return str(content)

    def describe_apart(self, field: Asked, content: Any) -> str:
        """Its length only."""
        return f"a text of {count_of(len(content), 'character')}"

    def is_blank(self, content: Any) -> bool:
        """Nothing but blanks."""
        return not content.strip()

    def reply_schema(self, field: Asked, subject: Subject) -> dict[str, Any]:
        """A text."""
        return {"type": "string"}
