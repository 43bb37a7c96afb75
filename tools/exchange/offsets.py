"""Text offsets of programs that count in UTF-16 code units, as JavaScript does, and in code points."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate


def units_of(text: str) -> list[int]:
    """The code unit at which each code point starts, and the length in units at the end."""
    return [0, *accumulate(2 if ord(char) > 0xFFFF else 1 for char in text)]


def from_units(text: str, start: int, end: int) -> tuple[int, int] | None:
    """Code points for a range in code units; ``None`` where it cuts a character or leaves the text."""
    if text.isascii() or not any(ord(char) > 0xFFFF for char in text):
        return (start, end) if end <= len(text) else None
    at = {unit: point for point, unit in enumerate(units_of(text))}
    return (at[start], at[end]) if start in at and end in at else None


def locate(text: str, start: int, end: int, quote: str | None) -> tuple[int, int] | str:
    """The range meant by offsets that may count units or points, or the reason why none can be told.

    The reading that reproduces the quoted text is taken, code units first, for that is how the page that made the
    offsets counts. Without a quote both readings must agree.
    """
    readings = [found for found in (from_units(text, start, end), (start, end)) if found and 0 <= start < end]
    readings = [(one, other) for one, other in readings if other <= len(text)]
    if not readings:
        return "the span ends behind the text"
    if not quote:
        return readings[0] if len(set(readings)) == 1 else "the text has no quote that says how its offsets count"
    for first, last in readings:
        if _same(text[first:last], quote):
            return first, last
    return "the quoted text does not stand at the offsets"


def _same(found: str, quote: str) -> bool:
    """Equal but for white space: Label Studio writes line ends in quotes as a backslash and an n, or as spaces."""
    return found == quote or _flat(found) == _flat(quote.replace("\\n", "\n"))


def _flat(text: str) -> Sequence[str]:
    return text.split()
