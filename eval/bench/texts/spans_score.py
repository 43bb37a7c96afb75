"""Strict and partial F1 of spans, and sentences with confirmed spans out of CoNLL files.

Strict: a span counts where another one has the same ends and the same type (CoNLL-2003). Partial: what is left over is
paired with a span of the same type that shares a character with it, each used once, and such a pair counts one half
(MUC-5, Chinchor and Sundheim, 1993; SemEval-2013 task 9, Segura-Bedmar et al., scores "partial" with the same half).
Precision is the sum of the counts by the spans given, recall by the spans wanted, F1 their harmonic mean; both are
taken over all sentences together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.bench.texts.labelled_texts import DataMissing
from tools.backends.contract import Example, Input
from tools.backends.texts.span_tags import Region, are_apart, to_regions
from tools.backends.texts.tokens import Token


@dataclass(frozen=True)
class Sentence:
    """Words joined by blanks: the text, its words with their places, one tag a word, and the regions they mean."""

    text: str
    words: tuple[Token, ...]
    tags: tuple[str, ...]

    @property
    def regions(self) -> list[Region]:
        """The confirmed spans."""
        return to_regions(self.words, self.tags)

    def as_example(self, item_id: int) -> Example:
        """The sentence as people confirmed it, without a suggestion."""
        found = [
            {"id": f"s{n}", "start": r.start, "end": r.end, "label": r.label} for n, r in enumerate(self.regions, 1)
        ]
        return Example(Input.of_text(item_id, self.text), {"spans": found}, calibrates=True)


@dataclass(frozen=True)
class SpanScore:
    """Spans that were right, pairs that only overlap, spans given and spans wanted."""

    right: int
    touching: int
    given: int
    wanted: int

    @property
    def strict(self) -> float:
        """Strict F1, 0 where there is nothing."""
        return 2 * self.right / max(1, self.given + self.wanted)

    @property
    def partial(self) -> float:
        """Partial F1, 0 where there is nothing."""
        return 2 * (self.right + self.touching / 2) / max(1, self.given + self.wanted)


def score_spans(given: Sequence[Sequence[Region]], wanted: Sequence[Sequence[Region]]) -> SpanScore:
    """Both lists hold the regions of each text, aligned; repeats count once."""
    right = touching = 0
    for found, gold in zip(given, wanted, strict=True):
        same = set(found) & set(gold)
        right += len(same)
        touching += _pairs(sorted(set(found) - same, key=_place), sorted(set(gold) - same, key=_place))
    return SpanScore(right, touching, sum(len(set(one)) for one in given), sum(len(set(one)) for one in wanted))


def _pairs(found: Sequence[Region], gold: Sequence[Region]) -> int:
    """How many of both sides can be paired, from left to right."""
    free, count = list(gold), 0
    for region in found:
        other = next((one for one in free if one.label == region.label and not are_apart(one, region)), None)
        if other is not None:
            free.remove(other)
            count += 1
    return count


def _place(region: Region) -> tuple[int, int, str]:
    return region.start, region.end, region.label


def read_conll(place: Path) -> list[Sentence]:
    """Sentences of a file with a word, a tab and a begin/inside tag on each line; labels become ids of a schema."""
    if not place.is_file():
        raise DataMissing(f"There is no file {place}.")
    blocks = place.read_text(encoding="utf-8").split("\n\n")
    rows = [[line.split("\t") for line in block.split("\n") if line.strip()] for block in _blank_lines_bare(blocks)]
    return [_sentence([row[0] for row in block], [row[-1].strip() for row in block]) for block in rows if block]


def _blank_lines_bare(blocks: Sequence[str]) -> list[str]:
    """The same, also cut where the line between two sentences holds a tab."""
    return [part for block in blocks for part in block.replace("\n\t\n", "\n\n").split("\n\n")]


def _sentence(words: Sequence[str], tags: Sequence[str]) -> Sentence:
    places, at = [], 0
    for word in words:
        places.append(Token(at, at + len(word), word))
        at += len(word) + 1
    return Sentence(
        " ".join(words), tuple(places), tuple(tag.replace("creative-work", "creative_work") for tag in tags)
    )
