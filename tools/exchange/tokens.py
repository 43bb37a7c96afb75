"""Tokens of a text and the tags by which token formats write spans.

Spaced scripts split at white space and around punctuation; Chinese and Japanese have one character a token, for a
word segmenter would have to guess. Marks and joiners stay with the character before them, so that accents, vowel
signs and emoji sequences are not torn apart.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

Token = tuple[int, int]
Scheme = Literal["BIO", "IOB1", "BIOES"]
OUTSIDE = "O"
_IDEOGRAPHS = (
    (0x3040, 0x30FF),
    (0x31F0, 0x31FF),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xF900, 0xFAFF),
    (0x20000, 0x3FFFF),
)
_JOINER = "\u200d"


@dataclass(frozen=True, slots=True)
class Tagged:
    """One tag for each token, and the spans that tags cannot hold, each with its reason."""

    tags: list[str]
    lost: list[tuple[Mapping[str, Any], str]]


def tokenize(text: str) -> list[Token]:
    """Ranges of the tokens, in order; white space is in none of them."""
    tokens: list[Token] = []
    start, kind = 0, "space"
    for at, char in enumerate(text):
        found = _kind(char)
        joins = found == "mark" or (at > 0 and text[at - 1] == _JOINER)
        if kind != "space" and (joins or (found == kind == "word")):
            continue
        if kind != "space":
            tokens.append((start, at))
        start, kind = at, "word" if found == "mark" else found
    if kind != "space":
        tokens.append((start, len(text)))
    return tokens


def encode(text: str, tokens: Sequence[Token], spans: Sequence[Mapping[str, Any]], scheme: Scheme) -> Tagged:
    """Tags for the spans, those first that start first; a span may hold white space at its ends, not half a token."""
    starts = {token[0]: at for at, token in enumerate(tokens)}
    ends = {token[1]: at for at, token in enumerate(tokens)}
    tagged = Tagged([OUTSIDE] * len(tokens), [])
    for span in sorted(spans, key=lambda one: (one["start"], -one["end"])):
        start, end = span["start"], span["end"]
        if start not in starts or end not in ends:
            start, end = _trimmed(text, start, end)
        first, last = starts.get(start), ends.get(end)
        if first is None or last is None or last < first:
            tagged.lost.append((span, "the span does not begin and end with a token"))
        elif any(tag != OUTSIDE for tag in tagged.tags[first : last + 1]):
            tagged.lost.append((span, "the span overlaps another one"))
        else:
            _write(tagged.tags, first, last, str(span["label"]), scheme)
    return tagged


def decode(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """First and last token and label of every span, in any of the schemes; ``ValueError`` for what is no tag.

    An inside tag that continues nothing begins a span, as IOB1 has it.
    """
    spans: list[tuple[int, int, str]] = []
    is_open = False
    for at, tag in enumerate(tags):
        prefix, label = split_tag(tag)
        if prefix == OUTSIDE:
            is_open = False
            continue
        if prefix in "IELM" and is_open and spans[-1][2] == label:
            spans[-1] = (spans[-1][0], at, label)
        else:
            spans.append((at, at, label))
        is_open = prefix in "BIM"
    return spans


def split_tag(tag: str) -> tuple[str, str]:
    """Prefix and label of a tag; ``ValueError`` for anything else."""
    if tag == OUTSIDE:
        return OUTSIDE, ""
    prefix, dash, label = tag.partition("-")
    if not dash or not label or prefix not in ("B", "I", "E", "S", "L", "U", "M"):
        raise ValueError(f"{tag[:40]!r} is no tag")
    return prefix, label


def detect_scheme(sentences: Sequence[Sequence[str]]) -> str:
    """The scheme of a file's tags in words, told by the prefixes that occur and by how spans begin."""
    prefixes = {tag[0] for tags in sentences for tag in tags if tag}
    if prefixes & {"E", "S"}:
        return "BIOES"
    if prefixes & {"L", "U"}:
        return "BILOU"
    begins_inside = any(
        tag.startswith("I-") and (at == 0 or tags[at - 1][2:] != tag[2:])
        for tags in sentences
        for at, tag in enumerate(tags)
    )
    return "IOB1" if begins_inside else "BIO"


def _write(tags: list[str], first: int, last: int, label: str, scheme: Scheme) -> None:
    for at in range(first, last + 1):
        tags[at] = f"I-{label}"
    touches = first > 0 and tags[first - 1].partition("-")[2] == label
    if scheme != "IOB1" or touches:
        tags[first] = f"B-{label}"
    if scheme == "IOB1" and last + 1 < len(tags) and tags[last + 1] == f"I-{label}":
        # The span behind was written before this one: it touches, so it needs its own beginning.
        tags[last + 1] = f"B-{label}"
    if scheme == "BIOES":
        tags[last] = f"E-{label}"
        if first == last:
            tags[first] = f"S-{label}"


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


@lru_cache(maxsize=4096)
def _kind(char: str) -> str:
    """``space``, ``word``, ``mark`` (belongs to the character before) or ``alone``."""
    if char.isspace():
        return "space"
    category = unicodedata.category(char)
    if category[0] == "M" or category == "Cf" or "\U0001f3fb" <= char <= "\U0001f3ff":
        return "mark"
    code = ord(char)
    if category[0] in "PSC" or any(low <= code <= high for low, high in _IDEOGRAPHS):
        return "alone"
    return "word"
