"""What can be written down: text without half characters, numbers and nesting within bounds.

JSON can spell things that no file and no database holds: one half of a character outside the basic plane (a "lone
surrogate", as when an emoji is cut in two), numbers of any size, lists inside lists without end. People are told; what
a model said is mended, because it cannot be asked to say it again.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from tools.errors import InputError

DEEPEST = 40
HALF_CHARACTER = "What was given holds half a character, which cannot be kept; take it out and try again."
_LARGEST = 2**63 - 1
_HALF = re.compile("[\ud800-\udfff]")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")


def has_half(text: str) -> bool:
    """Whether the text holds half a character, which cannot be written down."""
    return not text.isascii() and _HALF.search(text) is not None


def mended_text(text: str) -> str:
    """The text with halves that belong together joined, and each other half replaced by the sign for what is lost."""
    if not has_half(text):
        return text
    joined = _PAIR.sub(lambda found: found.group().encode("utf-16", "surrogatepass").decode("utf-16"), text)
    return _HALF.sub("\ufffd", joined)


def mended(value: Any) -> Any:
    """The same for every text inside a plain value, keys included."""
    if isinstance(value, str):
        return mended_text(value)
    if isinstance(value, Mapping):
        return {mended(key): mended(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [mended(one) for one in value]
    return value


def refuse_unwritable(value: Any, texts: bool = True) -> None:
    """Raise :class:`InputError`, one sentence, where a plain value holds something that cannot be kept.

    Without ``texts`` only numbers and nesting are looked at.
    """
    for one, depth in _parts(value):
        if depth > DEEPEST:
            raise InputError(f"Lists and objects may lie {DEEPEST} deep inside one another, this goes deeper.")
        if texts and isinstance(one, str) and has_half(one):
            raise InputError(f"{_shown(one)} holds half a character, which cannot be kept; take it out and try again.")
        if isinstance(one, int) and abs(one) > _LARGEST:
            raise InputError(f"Numbers may have up to 18 digits, got one of {len(str(abs(one)))}.")
        if isinstance(one, float) and not math.isfinite(one):
            raise InputError(f"A number was expected, got {one}.")


def _parts(value: Any) -> Iterator[tuple[Any, int]]:
    """Every part with its depth, without recursion; a level too deep is given once and not entered."""
    waiting = [(value, 0)]
    while waiting:
        one, depth = waiting.pop()
        yield one, depth
        if depth <= DEEPEST and isinstance(one, Mapping):
            waiting += [(part, depth + 1) for pair in one.items() for part in pair]
        elif depth <= DEEPEST and isinstance(one, (list, tuple)):
            waiting += [(part, depth + 1) for part in one]


def _shown(text: str) -> str:
    at = _HALF.search(text)
    start = max(0, at.start() - 20) if at else 0
    return f"“{mended_text(text[start : start + 40])}”"
