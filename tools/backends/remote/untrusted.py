"""Item texts on their way into a prompt: cleaned, marked and fenced, so that they hardly pass for instructions.

Spotlighting (Hines et al., arXiv 2403.14720): a delimiter that the author of a text cannot know, and a mark in place of
every blank. It makes attacks rarer and does not end them; what makes them harmless is that the labeller has no tools.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass

from tools.visible import clean

LONGEST_TEXT = 24_000
"""Characters of one item that a model is shown."""

_MARKS = ("ˆ", "¦", "‖", "◦")
_BLANKS = re.compile(r"[^\S\n]+")


@dataclass(frozen=True, slots=True)
class Fenced:
    """A text made ready for a prompt. ``mark`` stands for its blanks, "" where it was left as it is."""

    text: str
    delimiter: str
    mark: str
    was_cut: bool


def fence(text: str, secret: int) -> Fenced:
    """Clean, cut and mark a text. The delimiter follows from text and secret, so that asking again asks the same."""
    shown = clean(text[:LONGEST_TEXT])
    mark = next((mark for mark in _MARKS if mark not in text), "")
    marked = _BLANKS.sub(mark, shown) if mark else shown
    digest = hmac.new(str(secret).encode(), text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
    delimiter = f"=={digest[:16]}=="
    while delimiter in text:
        digest = hashlib.sha256(digest.encode()).hexdigest()
        delimiter = f"=={digest[:16]}=="
    return Fenced(marked, delimiter, mark, len(text) > LONGEST_TEXT)


def explain_mark(mark: str) -> str:
    """The sentence that tells a model what the mark means, "" for none."""
    return f"Every blank in it is written as {mark}; write blanks where you copy from it." if mark else ""
