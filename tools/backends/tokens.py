"""Words with exact offsets: every token knows the code points it covers, in any script."""

from __future__ import annotations

import re
from dataclasses import dataclass

# Scripts written without spaces give one token a character; letters and digits never share a token.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_UNSPACED}]|[^\W\d_{_UNSPACED}]+|\d+|\S")


@dataclass(frozen=True, slots=True)
class Token:
    """One word, number or sign: the code points ``start`` to ``end`` of the text, the end exclusive."""

    start: int
    end: int
    text: str


def tokenize(text: str) -> list[Token]:
    """The tokens of a text, in order; every character that is no white space belongs to exactly one."""
    return [Token(found.start(), found.end(), found.group()) for found in _TOKEN.finditer(text)]


def word_shape(word: str) -> str:
    """Capitals as X, small letters as x, digits as d, runs cut at three: ``Berlin`` is ``Xxxx``, ``B2B`` is ``XdX``."""
    kinds = ("d" if c.isdigit() else "X" if c.isupper() else "x" if c.isalpha() else c for c in word)
    shape = ""
    for kind in kinds:
        if not shape.endswith(kind * 3):
            shape += kind
    return shape
