"""How many more labels would help: a rule while there are few, afterwards what the last doubling has brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scipy.special import bdtrc

from tools.backends.learning.blind_record import FEWEST, blind_record
from tools.backends.learning.held_out import HalfAsMany, half_of
from tools.results import Artefact
from tools.schema import FieldSpec
from tools.sentences import count_of, percent
from tools.values import value_labels

FIRST = 3
"""Labels for each answer that help most; the tenth brings a fraction of what one of these does."""

_PLENTY = 16


def say_how_many_more(artefact: Artefact, field: FieldSpec, values: Sequence[Mapping[str, Any]]) -> str:
    """One or two sentences for a field of the few-shot classifier; ``values`` are those it was trained on."""
    half = half_of(artefact.json.get("half"))
    if half is None:
        return _by_rule(field, values)
    known = blind_record(artefact.json).sentence()
    if half.n < FEWEST:
        return f"{known} So what more labels would bring cannot be told yet."
    return f"{known} {_by_halving(half, int(artefact.json['labels']))}"


def missing_by_rule(field: FieldSpec, values: Sequence[Mapping[str, Any]]) -> int:
    """Labels until each answer has the first few that help most."""
    answers = [label.id for label in field.labels] or [str(one) for one in range(field.min, field.max + 1)]
    given = [label for value in values for label in value_labels(value)]
    return sum(max(0, FIRST - given.count(one)) for one in answers)


def _by_rule(field: FieldSpec, values: Sequence[Mapping[str, Any]]) -> str:
    missing = missing_by_rule(field, values)
    if not missing:
        return "There are too few labels to keep some aside and see how right it is."
    return (
        f"As a rule the first {FIRST} for each label help most, which takes about {missing:,} more; beyond about "
        f"{_PLENTY} for each label more of them bring little."
    )


def is_clear(half: HalfAsMany) -> bool:
    """Whether twice as many labels were better beyond chance: more gained than lost, by the sign test at 5 %."""
    return half.gained > half.lost and float(bdtrc(half.gained - 1, half.gained + half.lost, 0.5)) <= 0.05


def _by_halving(half: HalfAsMany, labels: int) -> str:
    """What the last doubling brought; the next one usually brings less."""
    if half.right == half.n:
        return "So more labels of the same kind are not known to help."
    few, all_of_them = (half.right - half.gained + half.lost) / half.n, half.right / half.n
    told = f"With half as many labels it was right on {percent(few)} of {half.n:,} of them instead of"
    told += f" {percent(all_of_them)}"
    if is_clear(half):
        points = round(100 * (all_of_them - few), 1)
        return f"{told}, so {count_of(labels, 'more label')} may bring up to {points:g} points, and usually bring less."
    if all_of_them > few:
        return f"{told}; that may be chance, so how much more labels would bring cannot be told yet."
    return f"{told}, so more labels of the same kind are not known to help."
