"""Words with exact offsets: every token knows the code points it covers, in any script."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

# Scripts written without spaces give one token a character.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# Vowel signs and accents are no letters to Python, yet belong to the word that they stand in (Hindi, Arabic, Hebrew).
_MARKS = "".join(chr(code) for code in range(0x300, 0x1E00) if unicodedata.category(chr(code)) in ("Mn", "Mc", "Me"))
_LETTER = rf"[^\W\d_{_UNSPACED}]"
_WORD = rf"{_LETTER}(?:{_LETTER}|[{_MARKS}])*"
_FINE = re.compile(rf"[{_UNSPACED}]|{_WORD}|\d+|\S")
_ADDRESS = r"(?:https?://|www\.)[^\s<>\"]+|[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{0,63}\w"
_JOINED = rf"(?:{_WORD}|\d+)(?:(?:[.&](?={_LETTER})|[.,:](?=\d))?(?:{_WORD}|\d+))*"
_COARSE = re.compile(rf"{_ADDRESS}|[@#]\w+|[{_UNSPACED}]|{_JOINED}|['’]{_WORD}|([^\w\s])\1*|\S")


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or sign: the code points ``start`` to ``end`` of the text, the end exclusive."""

    start: int
    end: int
    text: str


def tokenize(text: str) -> list[Token]:
    """The tokens of a text, in order; every character that is no white space belongs to exactly one.

    Letters and digits never share a token and every sign stands alone.
    """
    return _cut(_FINE, text)


def tokenize_coarsely(text: str) -> list[Token]:
    """The same with larger tokens, as newspapers and messages are usually cut.

    Addresses, @names, #tags, ``B2B``, ``AT&T``, ``3,000`` and ``...`` are one token each, so is the ``'s`` of ``it's``.
    """
    return _cut(_COARSE, text)


def _cut(pattern: re.Pattern[str], text: str) -> list[Token]:
    return [Token(found.start(), found.end(), found.group()) for found in pattern.finditer(text)]


def word_shape(word: str, longest: int = 3) -> str:
    """Capitals as X, small letters as x, digits as d, runs cut at ``longest``.

    At three ``Berlin`` is ``Xxxx`` and ``B2B`` is ``XdX``; at one ``Berlin`` is ``Xx``.
    """
    kinds = ("d" if c.isdigit() else "X" if c.isupper() else "x" if c.isalpha() else c for c in word)
    shape = ""
    for kind in kinds:
        if not shape.endswith(kind * longest):
            shape += kind
    return shape
