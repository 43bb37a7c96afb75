"""Which of the known names a phrase means: exact, else by whole words, else by likeness; near ties are not guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from assistant.agent.words.sentence import lower
from tools.schema import FieldSpec, LabelSchema

LIKENESS = 88
"""Lowest WRatio (rapidfuzz) at which a phrase is read as a name."""
GAP = 5
"""By how much the best name must beat the second."""
_SHORTEST_FUZZY = 4
_SLIP = 92.0

Names = Mapping[str, Sequence[str]]
"""Key to the ways in which it is written."""


@dataclass(frozen=True, slots=True)
class NameMatch:
    """``key`` is the one name that is meant; else ``near`` holds what it could be, best first."""

    key: str = ""
    is_exact: bool = False
    near: tuple[str, ...] = ()


def label_names(field: FieldSpec) -> dict[str, tuple[str, ...]]:
    """The labels of a field with name and id as ways to write them."""
    return {label.id: (label.name, label.id) for label in field.answers}


def kind_ways(schema: LabelSchema) -> list[tuple[str, str]]:
    """(field id, words) for each way to name the first field of a kind of regions by that kind."""
    found: dict[str, FieldSpec] = {}
    for field in schema.fields:
        found.setdefault(field.kind, field)
    return [(field.id, way) for field in found.values() for way in field.record.field_words]


def surface(name: str) -> str:
    """How a name is compared: lower case, separators as spaces."""
    return " ".join(re.sub(r"[_\-/]+", " ", lower(name)).split())


_ODD_PLURALS = {
    "person": "people",
    "man": "men",
    "woman": "women",
    "child": "children",
    "mouse": "mice",
    "foot": "feet",
}


def plurals(word: str) -> tuple[str, ...]:
    """Plural spellings of the last word, without claim to grammar."""
    if word in _ODD_PLURALS:
        return (_ODD_PLURALS[word], f"{word}s")
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return (word[:-1] + "ies",)
    if word.endswith(("s", "x", "z", "ch", "sh")):
        return (word + "es",)
    return (word + "s",)


def match_name(phrase: str, names: Names, *, with_plural: bool = True) -> NameMatch:
    """The name that ``phrase`` means, out of ``names``."""
    wanted = surface(phrase)
    if not wanted:
        return NameMatch()
    exact = [key for key, ways in names.items() if wanted in _spellings(ways, with_plural)]
    if exact:
        return NameMatch(exact[0], True) if len(exact) == 1 else NameMatch(near=tuple(exact))
    whole = [key for key, ways in names.items() if any(_holds_words(surface(way), wanted) for way in ways)]
    if whole:
        return NameMatch(whole[0]) if len(whole) == 1 else NameMatch(near=tuple(whole))
    return _match_fuzzy(wanted, names)


def _spellings(ways: Sequence[str], with_plural: bool) -> set[str]:
    found = {surface(way) for way in ways}
    return found | {more for way in found for more in plurals(way)} if with_plural else found


def _holds_words(name: str, wanted: str) -> bool:
    """Whether the words stand side by side in the longer name: "change" in "order change"."""
    return len(wanted) >= _SHORTEST_FUZZY and f" {wanted} " in f" {name} "


def _match_fuzzy(wanted: str, names: Names) -> NameMatch:
    if len(wanted) < _SHORTEST_FUZZY:
        return NameMatch()
    scores = sorted(
        ((max(likeness(wanted, surface(way)) for way in ways), key) for key, ways in names.items()), reverse=True
    )
    near = tuple(key for score, key in scores if score >= LIKENESS)
    if not near:
        return NameMatch()
    clear = len(scores) == 1 or scores[0][0] - scores[1][0] >= GAP
    return (
        NameMatch(near[0])
        if clear
        else NameMatch(near=tuple(key for score, key in scores if score > scores[0][0] - GAP))
    )


def likeness(one: str, other: str) -> float:
    """WRatio, but 0 where one is much longer: its partial matching finds "it" in "quality"."""
    if max(len(one), len(other)) > 1.5 * min(len(one), len(other)):
        return 0.0
    score = fuzz.WRatio(one, other)
    # Two swapped letters are one slip of the hand, but two edits to the ratio.
    is_slip = min(len(one), len(other)) > _SHORTEST_FUZZY and OSA.distance(one, other, score_cutoff=1) <= 1
    return max(score, _SLIP) if is_slip else score
