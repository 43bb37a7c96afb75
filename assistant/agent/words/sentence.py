"""One sentence of a person, cleaned for matching; offsets in the clean text and in its lower-case twin agree."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

LONGEST = 2_000
"""Characters of a turn that are read; what is longer was pasted and is no order."""
MOST_LETTERS = 8_000
"""Characters of a turn that are taken at all."""

_DOUBLE: dict[str, int | str | None] = {"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'}
_QUOTES = str.maketrans({"’": "'", "‘": "'", "`": "'", "´": "'", **_DOUBLE})
_QUOTED = re.compile(r"(\"[^\"]*\")")
NAMING = re.compile(
    r"\b(?:re-?names?|name of|call|describe|(?:description|definition) of|called|named|(?:as|under) the name|relabel)\b"
    r"|\bsave\b.*?\bas\b|\b(?:new|another|extra) (?:label|class|category|option)s?\b"
    r"|\b(?:add|make|create)(?: the| an?)? (?:label|class|category|option)s?\b"
    r"|\b(?:add|make|create) (?=.+? (?:as )?an? (?:new )?(?:label|class|category|option)\b)",
    re.IGNORECASE,
)
"""What comes behind may be a name that the person makes up: it is taken as typed, not read as English."""
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


def say_too_long(text: str) -> str:
    """What is said, on every road, of a sentence that is not taken; nothing where it is taken."""
    if len(text) <= MOST_LETTERS:
        return ""
    return (
        f"A sentence has at most {MOST_LETTERS:,} letters, this one has {len(text):,}. Nothing of it was read; say it "
        "in fewer words."
    )


def read_sentence(text: str) -> Sentence:
    """Clean ``text``: one kind of quotes, no control characters, single spaces, contractions written out."""
    plain = "".join(" " if unicodedata.category(one)[0] in "CZ" else one for one in text[:LONGEST])
    plain = " ".join(plain.translate(str.maketrans(_DOUBLE)).split())
    naming = NAMING.search(plain)
    own = plain[: naming.end()] if naming else plain
    # What stands in quotes, and a name that is made up, is a person's own spelling.
    parts = [part if part.startswith('"') else _written_out(part) for part in _QUOTED.split(own)]
    return sentence_of("".join(parts) + plain[len(own) :])


def _written_out(text: str) -> str:
    """English with one kind of apostrophe and without contractions."""
    text = text.translate(_QUOTES)
    for pattern, full in _CONTRACTIONS:
        text = re.sub(pattern, full, text, flags=re.IGNORECASE)
    return text


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
