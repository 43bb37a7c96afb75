"""Confirmed answers that a prompt shows before the text: which ones, and how a model would have written them.

Never shown are answers that may calibrate, because prompts are scored on them: a prompt that holds its own test is
measured too well. The same answers are drawn whatever was asked before, so that the beginning of all requests of a run
is the same and a server can keep it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tools.backends.contract import Example, Input
from tools.backends.remote.replies import written_answer
from tools.content import words_of
from tools.draws import uniform_of
from tools.kinds.asked import Subject
from tools.records import JsonValue
from tools.schema import FieldSpec
from tools.values import value_labels

LONGEST_EXAMPLE = 1000
"""Characters of a text that may be an example; longer ones would crowd out the others."""


def choose_examples(field: FieldSpec, known: Sequence[Example], most: int, seed: int) -> list[Example]:
    """At most ``most`` of the confirmed answers, as many different ones as there are, in an order drawn by ``seed``."""
    fit = [one for one in known if _may_be_shown(field, one)]
    if not fit or not most:
        return []
    draw = uniform_of(seed, f"examples:{field.id}", np.array([one.input.item_id for one in fit], dtype=np.int64))
    by_answer: dict[str, list[int]] = defaultdict(list)
    for at in np.argsort(draw, kind="stable").tolist():
        by_answer[_labels_of(fit[at])].append(at)
    turns = sorted(
        ((turn, draw[at], at) for places in by_answer.values() for turn, at in enumerate(places)), key=lambda one: one
    )
    chosen = sorted(turns[:most], key=lambda one: one[1])
    return [fit[at] for _, _, at in chosen]


def _may_be_shown(field: FieldSpec, one: Example) -> bool:
    words = words_of(one.input.content)
    is_short = bool(words.strip()) and len(words) <= LONGEST_EXAMPLE
    return is_short and not one.calibrates and written_answer(field, one.value, subject_of(one.input)) is not None


def _labels_of(one: Example) -> str:
    """What makes two answers alike as examples: the labels in them."""
    return " ".join(sorted(set(value_labels(one.value))))


def subject_of(one: Input) -> Subject:
    """What an answer about an input is about."""
    return Subject(words_of(one.content), one.spans)


def to_record(one: Example) -> dict[str, JsonValue]:
    """JSON-able form, for an artefact."""
    spans = [dict(span) for span in one.input.spans]
    return {"item": one.input.item_id, "text": words_of(one.input.content), "spans": spans, "value": dict(one.value)}


def from_record(record: Mapping[str, Any]) -> Example:
    """What :func:`to_record` wrote."""
    return Example(Input.of_text(int(record["item"]), record["text"], tuple(record["spans"])), record["value"])
