"""What a kind of answer says about models that are asked in words: the form of a reply, and how one is read.

The defaults are right for an answer that a model gives as it is stored. *Given* is what stands under the kind's key in
a model's reply.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from tools.kinds.asked import Asked, Subject
from tools.kinds.replies.named_boxes import Frame
from tools.kinds.replies.prose import Letters


@dataclass(frozen=True, slots=True)
class Seen:
    """What a model was shown of an item, and under which names.

    ``frame`` is the image that coordinates are in. ``letters`` name the labels where the prompt offered them so.
    """

    subject: Subject
    frame: Frame | None = None
    letters: Letters | None = None


class BadReply(Exception):
    """A reply of another shape than was asked for; the message is the end of a sentence for the model."""


class Replying:
    """The part of a kind that models in words have to do with.

    ``reply_tokens`` is the most that an answer takes as a rule.
    """

    reply_tokens: ClassVar[int] = 512

    def reply_schema(self, field: Asked, subject: Subject) -> dict[str, Any]:
        """JSON Schema of what is given: closed, everything required, without bounds that a server may refuse."""
        return {}

    def describe_options(self, field: Asked) -> str:
        """What there is to choose from, where that is not the labels."""
        return ""

    def read_given(self, field: Asked, given: Any, seen: Seen) -> tuple[Any, str]:
        """(content that may be checked, what had to be left out, in words); :class:`BadReply` for another shape."""
        return given, ""

    def read_words(self, field: Asked, reply: str, letters: Letters | None) -> Any:
        """The content of a reply in plain words, ``None`` where it is not beyond doubt."""
        return None

    def write_given(self, content: Any, subject: Subject) -> Any:
        """What a model would have given for a content, ``None`` where it cannot be put that way."""
        return content

    def spellings(self, field: Asked) -> tuple[str, ...]:
        """Every way in which a model may write an answer of one word."""
        return tuple(form for label in field.answers for form in (label.id, label.name))

    def possible(self, field: Asked) -> int:
        """How many answers there are; 0 where they are too many to count."""
        return 0

    def foregone(self, subject: Subject) -> tuple[Any, str] | None:
        """(the only content that there can be, why); ``None`` where there is something to ask."""
        return None

    def settle(self, contents: Sequence[Any], asked: int) -> tuple[Any, float] | None:
        """(one content out of several answers, the share of all ``asked`` that agree with it).

        ``None`` where answers are the same or are not, so that they are counted.
        """
        return None


def closed(**properties: Any) -> dict[str, Any]:
    """The schema of an object with these keys and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def one_of_labels(field: Asked) -> dict[str, Any]:
    """The schema of one label."""
    return {"type": "string", "enum": list(field.label_ids)}


def label_given(field: Asked, given: Any, letters: Letters | None = None) -> Any:
    """The id of the label that a model means by a name, an id in any case or a letter.

    Anything else stays and is refused by the check.
    """
    if isinstance(given, list):
        return [label_given(field, one, letters) for one in given]
    if not isinstance(given, str) or given in field.label_ids:
        return given
    names = {label.name.casefold(): label.id for label in field.answers}
    names |= {label.id.casefold(): label.id for label in field.answers}
    return names.get(given.strip().casefold(), (letters or {}).get(given.strip().upper(), given))


def records_given(given: Any, keys: set[str]) -> list[dict[str, Any]]:
    """The regions of a reply; :class:`BadReply` unless it is a list of objects with these keys."""
    if not isinstance(given, list) or not all(isinstance(one, dict) and keys <= set(one) for one in given):
        raise BadReply(f"the answer must be a list of objects with {', '.join(sorted(keys))}")
    return given
