"""What a relation model sees of two spans: the words between and around them, their heads, kinds, order and distance.

The usual lexical features of relation extraction (Zhou et al., ACL 2005); classes of the heads and of the words
between stand for words that were never labelled (Chan and Roth, COLING 2010; Sun et al., ACL 2011).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tools.backends.texts.tokens import Token, tokenize_coarsely
from tools.backends.texts.word_classes import HEIGHTS, WordClasses

Span = Mapping[str, Any]

_MOST_BETWEEN = 12
_AROUND = 3
_STEM = 5
_DISTANCES = (0, 1, 2, 4, 8, 16)


@dataclass(frozen=True, slots=True)
class Pair:
    """Two spans of one item in the order of the text."""

    first: Span
    second: Span

    def ends(self, forward: bool) -> tuple[Span, Span]:
        """(source, target) of a relation that goes with the text, or against it."""
        return (self.first, self.second) if forward else (self.second, self.first)


@dataclass(frozen=True)
class PairDescriber:
    """Turns the pairs of an item into attributes."""

    classes: WordClasses

    def describe(self, text: str, pairs: Sequence[Pair]) -> Iterator[list[str]]:
        """The attributes of each pair."""
        tokens = tokenize_coarsely(text) if pairs else []
        starts = [token.start for token in tokens]
        for pair in pairs:
            yield self._attributes(tokens, starts, pair)

    def _attributes(self, tokens: Sequence[Token], starts: Sequence[int], pair: Pair) -> list[str]:
        one, other = pair.first, pair.second
        kinds = f"{one['label']} {other['label']}"
        from_, to = bisect_left(starts, one["end"]), bisect_left(starts, other["start"])
        between = [token.text.casefold() for token in tokens[from_:to]]
        before = [token.text.casefold() for token in tokens[: bisect_left(starts, one["start"])][-_AROUND:]]
        after = [token.text.casefold() for token in tokens[bisect_left(starts, other["end"]) :][:_AROUND]]
        distance = sum(len(between) > limit for limit in _DISTANCES)
        made = ["bias", f"kinds {kinds}", f"distance {distance}", f"distance {distance} {kinds}"]
        if other["start"] < one["end"]:
            made.append("nested")
        made += self._between(between)
        made += self._around(before, after)
        made += self._heads(_words(tokens, starts, one), _words(tokens, starts, other), between)
        return made

    def _between(self, between: Sequence[str]) -> Iterator[str]:
        kept = between[:_MOST_BETWEEN]
        for word in kept:
            yield f"between {word}"
            if len(word) > _STEM:
                yield f"between stem {word[:_STEM]}"
            for height, code in zip(HEIGHTS[1:], self.classes.find(word)[1:], strict=False):
                yield f"between class{height} {code}"
        yield from (f"between {one} {other}" for one, other in pairwise(kept))
        yield from (
            f"between {one} {other} {third}" for one, other, third in zip(kept, kept[1:], kept[2:], strict=False)
        )
        yield f"all between {' '.join(kept)}"
        if kept:
            yield from (f"first {kept[0]}", f"last {kept[-1]}")

    def _around(self, before: Sequence[str], after: Sequence[str]) -> Iterator[str]:
        yield from (f"before {word}" for word in before)
        yield from (f"after {word}" for word in after)
        yield f"just before {before[-1] if before else ''}"
        yield f"just after {after[0] if after else ''}"
        yield f"before two {' '.join(before[-2:])}"
        yield f"after two {' '.join(after[:2])}"

    def _heads(self, one: Sequence[str], other: Sequence[str], between: Sequence[str]) -> Iterator[str]:
        """The last word of a span is taken for its head."""
        heads = [words[-1] if words else "" for words in (one, other)]
        link = between[-1] if between else ""
        found = [self.classes.find(head) for head in heads]
        for place, (words, head, codes) in enumerate(zip((one, other), heads, found, strict=True), start=1):
            yield from (f"{place} has {word}" for word in words)
            yield from (f"{place} head {head}", f"{place} ends {head[-3:]}", f"{place} ends {head[-2:]}")
            for height, code in zip(HEIGHTS, codes, strict=False):
                yield f"{place} class{height} {code}"
                yield f"{place} class{height} {code} {link}"
            yield f"{place} head {head} {link}"
        yield f"heads {heads[0]} {heads[1]}"
        for height, code, partner in zip(HEIGHTS, *found, strict=False):
            yield f"classes{height} {code} {partner}"
        yield f"link {' '.join(between)}" if len(between) < 3 else "link long"


def _words(tokens: Sequence[Token], starts: Sequence[int], span: Span) -> list[str]:
    """The small-letter words that begin inside a span, or the one around its start."""
    first, after = bisect_left(starts, span["start"]), bisect_left(starts, span["end"])
    if first == after and first > 0:
        first -= 1
    return [token.text.casefold() for token in tokens[first:after]]
