"""What back-ends learn from and work on, put together from columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tools.backends.contract import Example, Matrix, TextInput
from tools.records import JsonValue

POOL_SIZE = 4000
"""Unlabelled items that the few-shot classifier looks at; twice as many add about a point before the first labels."""

LANGUAGE_SAMPLE = 500
"""Items whose language is looked at before an embedder is chosen."""


def make_inputs(
    item_ids: Iterable[int],
    texts: Sequence[str],
    vectors: Matrix | None = None,
    spans: Mapping[int, Sequence[Mapping[str, JsonValue]]] | None = None,
) -> list[TextInput]:
    """Inputs of aligned columns; ``vectors`` (n, d) and ``spans`` by item id where they are there."""
    at_hand = spans or {}
    return [
        TextInput(int(item), text, tuple(at_hand.get(int(item), ())), None if vectors is None else vectors[row])
        for row, (item, text) in enumerate(zip(item_ids, texts, strict=True))
    ]


def make_examples(
    inputs: Sequence[TextInput], values: Sequence[Mapping[str, Any]], calibrates: Sequence[bool]
) -> list[Example]:
    """Examples of aligned columns."""
    return [Example(one, value, bool(flag)) for one, value, flag in zip(inputs, values, calibrates, strict=True)]


def spread(ids: Sequence[int] | np.ndarray[Any, np.dtype[np.int64]], most: int) -> list[int]:
    """At most ``most`` of the ids, evenly spread over them: the same ones whatever was asked before."""
    if not len(ids):
        return []
    at = np.linspace(0, len(ids) - 1, min(most, len(ids))).round().astype(np.int64)
    return [int(ids[position]) for position in at]
