"""One sentence of a person, cleaned for matching; offsets in the clean text and in its lower-case twin agree."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

LONGEST = 2_000
"""Characters of a turn that are read; what is longer was pasted and is no order."""

_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_CONTRACTIONS = (
    (r"\b(it|that|this|what|who|how|where|there|here)'?s\b(?<!this)(?<!\bits own)", r"\1 is"),
    (r"\bi'?d\b", "I would"),
    (r"\bi'?m\b", "I am"),
    (r"\bi'?ve\b", "I have"),
    (r"\bwe'?re\b(?<!were)", "we are"),
    (r"\bwe'?ve\b", "we have"),
    (r"\blet'?s\b", "let us"),
    (r"\bcan'?t\b", "cannot"),
    (r"\bcan not\b", "cannot"),
    (r"\bwon'?t\b", "will not"),
    (r"\b(do|does|did|is|are|was|were|have|has|should|would|could)n'?t\b", r"\1 not"),
)
_TOKEN = re.compile(r"\"[^\"]*\"|#?\w+(?:[-_.:/']\w+)*%?|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number, quoted phrase or mark, as a range of the clean text."""

    start: int
    end: int
    text: str
    low: str


@dataclass(frozen=True, slots=True)
class Sentence:
    """Clean text, its lower-case twin of equal length, and its tokens."""

    text: str
    low: str
    tokens: tuple[Token, ...]

    @property
    def is_question(self) -> bool:
        """Whether it asks rather than tells: by its mark or its first word."""
        return self.text.endswith("?") or _QUESTION.match(self.low) is not None


_QUESTION = re.compile(
    r"(?:and |so |but |ok |okay |well )*(?:what|who|whom|whose|which|when|where|why|how|is|are|was|were|do|does|did|"
    r"can|could|would|will|has|have|may|shall)\b"
)


def read_sentence(text: str) -> Sentence:
    """Clean ``text``: one kind of quotes, no control characters, single spaces, contractions written out."""
    plain = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in text[:LONGEST])
    plain = " ".join(plain.translate(_QUOTES).split())
    for pattern, full in _CONTRACTIONS:
        plain = re.sub(pattern, full, plain, flags=re.IGNORECASE)
    return sentence_of(plain)


def sentence_of(clean: str) -> Sentence:
    """A part of a clean text as a sentence of its own."""
    low = lower(clean)
    tokens = tuple(
        Token(m.start(), m.end(), clean[m.start() : m.end()], low[m.start() : m.end()]) for m in _TOKEN.finditer(clean)
    )
    return Sentence(clean, low, tokens)


def lower(text: str) -> str:
    """Lower case, character by character, so that offsets stay."""
    return "".join(low if len(low := one.lower()) == 1 else one for one in text)


def bare(text: str) -> str:
    """Lower case without marks at the ends and with single spaces between words; for comparing short answers."""
    return " ".join(lower(text).strip(" .!,;:\"'-").split())
