"""Parts of sentences that code puts together: counts with their noun, lists, shares and stretches of time."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def count_of(number: int, noun: str, plural: str = "") -> str:
    """``1 item``, ``1,203 items``, ``no items``; ``plural`` where an s does not do."""
    word = noun if number == 1 else plural or f"{noun}s"
    return f"no {word}" if number == 0 else f"{number:,} {word}"


def verb(number: int, one: str, many: str) -> str:
    """The form of a verb that goes with a count."""
    return one if number == 1 else many


def listing(words: Sequence[str], last: str = "and") -> str:
    """``a``, ``a and b``, ``a, b and c``; empty for no words."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def percent(share: float) -> str:
    """A share as a percentage with one decimal where it says something: ``87.5 %``, ``100 %``."""
    rounded = round(float(share) * 100, 1)
    # A share that is not quite all or nothing is never shown as all or nothing.
    if rounded in (0.0, 100.0) and share not in (0.0, 1.0):
        return "less than 0.1 %" if share < 0.5 else "more than 99.9 %"
    return f"{rounded:.0f} %" if rounded.is_integer() else f"{rounded:.1f} %"


def seconds_of(seconds: float) -> str:
    """A stretch of time: ``2.4 seconds``, ``3 minutes``, ``1.5 hours``."""
    if seconds < 90:
        return f"{seconds:.1f} seconds"
    if seconds < 5400:
        return count_of(round(seconds / 60), "minute")
    return f"{seconds / 3600:.1f} hours"


def capital(sentence: str) -> str:
    """The sentence with its first letter large; the rest as it is."""
    return sentence[:1].upper() + sentence[1:]


def excerpt(text: str, length: int = 80) -> str:
    """The beginning of a text on one line, without characters that steer a screen or turn its direction."""
    shown = " ".join("".join(" " if unicodedata.category(c)[0] == "C" else c for c in text[: 4 * length]).split())
    return shown if len(shown) <= length else shown[: length - 1].rstrip() + "…"
