"""Spans as begin/inside/outside tags of tokens, and back; and the confirmed surface forms as a gazetteer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from tools.backends.texts.tokens import Token

LONGEST_FORM = 8
"""Longest gazetteer entry, in tokens."""


@dataclass(frozen=True, slots=True)
class Region:
    """A labelled range of a text in code points, the end exclusive."""

    start: int
    end: int
    label: str


def read_regions(spans: Iterable[Mapping[str, object]]) -> list[Region]:
    """The spans of a value as regions."""
    return [Region(int(str(s["start"])), int(str(s["end"])), str(s["label"])) for s in spans]


def are_apart(one: Region, other: Region) -> bool:
    """Whether they share no character."""
    return one.end <= other.start or other.end <= one.start


def without_overlap(regions: Iterable[Region]) -> list[Region]:
    """The longest of the regions that overlap, the earlier of two equally long ones."""
    kept: list[Region] = []
    for region in sorted(regions, key=lambda r: (r.start - r.end, r.start, r.label)):
        if all(are_apart(region, other) for other in kept):
            kept.append(region)
    return kept


def to_tags(tokens: Sequence[Token], regions: Iterable[Region]) -> list[str]:
    """``B-label``, ``I-label`` or ``O`` for each token; a token that a region only touches counts as inside."""
    tags = ["O"] * len(tokens)
    for region in sorted(regions, key=lambda one: (one.start, -one.end)):
        inside = [at for at, token in enumerate(tokens) if token.start < region.end and token.end > region.start]
        if inside and all(tags[at] == "O" for at in inside):
            tags[inside[0]] = f"B-{region.label}"
            for at in inside[1:]:
                tags[at] = f"I-{region.label}"
    return tags


def to_regions(tokens: Sequence[Token], tags: Sequence[str]) -> list[Region]:
    """The regions that tags mean; an inside tag that continues nothing begins a region."""
    found: list[Region] = []
    open_label = ""
    for token, tag in zip(tokens, tags, strict=True):
        kind, _, label = tag.partition("-")
        if kind == "I" and label == open_label:
            found[-1] = Region(found[-1].start, token.end, label)
        elif kind in ("B", "I"):
            found.append(Region(token.start, token.end, label))
        open_label = label if kind in ("B", "I") else ""
    return found


@dataclass(frozen=True)
class Gazetteer:
    """Confirmed surface forms. ``forms`` maps the words of a form, case folded, to label counts.

    ``seen`` counts how often the words occur in the labelled texts at all, labelled or not.
    """

    forms: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    seen: Mapping[str, int] = field(default_factory=dict)

    def matches(self, tokens: Sequence[Token], leave_out: Iterable[str] = ()) -> list[tuple[int, int, str]]:
        """(first token, token after the last, form), longest match first, left to right, without overlap.

        A form in ``leave_out`` counts only if it was confirmed elsewhere too: a text must not be its own evidence.
        """
        own = Counter(leave_out)
        words = [token.text.casefold() for token in tokens]
        found, at = [], 0
        while at < len(words):
            for length in range(min(self._longest.get(words[at], 0), len(words) - at), 0, -1):
                form = " ".join(words[at : at + length])
                if sum(self.forms.get(form, {}).values()) > own[form]:
                    found.append((at, at + length, form))
                    at += length - 1
                    break
            at += 1
        return found

    @cached_property
    def _longest(self) -> dict[str, int]:
        """First word of a form to the most words of a form that begins with it."""
        found: dict[str, int] = {}
        for form in self.forms:
            first, length = form.partition(" ")[0], form.count(" ") + 1
            found[first] = max(length, found.get(first, 0))
        return found

    def label_of(self, form: str) -> str:
        """The label that the form was confirmed with most often."""
        counts = self.forms[form]
        return max(sorted(counts), key=lambda label: counts[label])

    def precision(self, form: str, less: int = 0) -> float:
        """Share of the form's occurrences in the labelled texts that were confirmed, 0..1, without ``less`` of them."""
        return max(0, sum(self.forms[form].values()) - less) / max(1, self.seen.get(form, 0) - less)


def form_of(tokens: Sequence[Token], region: Region) -> str:
    """The words of a region, case folded and joined by blanks."""
    return " ".join(t.text.casefold() for t in tokens if t.start < region.end and t.end > region.start)


def collect_forms(texts: Sequence[Sequence[Token]], regions: Sequence[Sequence[Region]]) -> Gazetteer:
    """The gazetteer of labelled texts given as tokens, one list of regions a text."""
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    for tokens, found in zip(texts, regions, strict=True):
        for region in found:
            form = form_of(tokens, region)
            if form and form.count(" ") < LONGEST_FORM:
                forms[form][region.label] += 1
    seen: Counter[str] = Counter()
    lengths = sorted({form.count(" ") + 1 for form in forms})
    for tokens in texts:
        words = [token.text.casefold() for token in tokens]
        for length in lengths:
            grams = (" ".join(words[at : at + length]) for at in range(len(words) - length + 1))
            seen.update(gram for gram in grams if gram in forms)
    return Gazetteer({form: dict(counts) for form, counts in forms.items()}, dict(seen))
