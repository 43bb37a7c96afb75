"""A question to an endpoint, what it can cost at most, and the ways in which it can go wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tools.backends.remote.sent_pictures import Picture
from tools.errors import BackendFailed
from tools.records import to_json

_FRAME = 16
# Makers count the same picture up to twice as dear as others do.
_PICTURE_MARGIN = 2


class RequestRefused(BackendFailed):
    """The endpoint works but will not answer this one request."""


class Overlong(RequestRefused):
    """The answer to this one request did not end, and was cut off: it may be charged all the same."""


class NoAnswer(BackendFailed):
    """The endpoint did not answer, however often it was asked. ``is_down``: nobody was there to be asked."""

    def __init__(self, message: str, is_down: bool = False) -> None:
        """Keep the sentence."""
        super().__init__(message)
        self.is_down = is_down


class Passing(Exception):
    """Worth another try. ``paid`` says whether the call may have cost something; ``wait`` what the server asked for;
    ``is_down`` that it could not be reached, ``is_late`` that it took too long."""

    def __init__(
        self, message: str, paid: bool, wait: float | None = None, is_down: bool = False, is_late: bool = False
    ) -> None:
        """Keep what decides about the next try."""
        super().__init__(message)
        self.paid = paid
        self.wait = wait
        self.is_down = is_down
        self.is_late = is_late
        self.was_crowded = False


class Refusal(Exception):
    """Not in this form; another dialect may do. ``whole`` is all that the server said."""

    def __init__(self, message: str, whole: str = "") -> None:
        """Keep both."""
        super().__init__(message)
        self.whole = whole or message


@dataclass(frozen=True, slots=True)
class Request:
    """What to ask: messages, the JSON Schema of the answer and the most tokens it may take.

    ``sample`` numbers repeats of the same question, which are asked at a ``temperature`` above 0. ``picture`` goes with
    the first message of the user.
    """

    messages: tuple[Mapping[str, str], ...]
    schema: Mapping[str, Any]
    answer_tokens: int
    temperature: float = 0.0
    sample: int = 0
    picture: Picture | None = None

    @property
    def prompt_tokens(self) -> int:
        """Estimated tokens of the messages, the picture and the schema."""
        written = estimate_tokens("".join(one["content"] for one in self.messages))
        return written + estimate_tokens(to_json(self.schema)) + (self.picture.tokens if self.picture else 0)

    @property
    def most_tokens(self) -> int:
        """What the call can take at most: a token is at least one byte, and a server frames each message with some."""
        written = sum(len(one["content"].encode("utf-8", "surrogatepass")) for one in self.messages)
        schema = len(to_json(self.schema).encode("utf-8", "surrogatepass"))
        seen = _PICTURE_MARGIN * self.picture.tokens if self.picture else 0
        return written + schema + seen + _FRAME * (len(self.messages) + 2) + self.answer_tokens

    def followed_by(self, *messages: Mapping[str, str]) -> Request:
        """The same conversation, longer."""
        return replace(self, messages=(*self.messages, *messages))


def estimate_tokens(text: str) -> int:
    """Tokens of a text to within about a quarter: four ASCII characters a token, one and a half of other scripts."""
    ascii_count = sum(character.isascii() for character in text)
    return -(-ascii_count // 4) + round((len(text) - ascii_count) / 1.5)
