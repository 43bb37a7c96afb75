"""What back-ends learn from and work on, put together from columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from tools.backends.contract import Example, Input, Matrix
from tools.content import Content
from tools.records import JsonValue

POOL_SIZE = 4000
"""Unlabelled items that the few-shot classifier looks at; twice as many add about a point before the first labels."""

LANGUAGE_SAMPLE = 500
"""Items whose language is looked at before an embedder is chosen."""


def make_inputs(
    item_ids: Iterable[int],
    contents: Sequence[Content],
    vectors: Matrix | None = None,
    spans: Mapping[int, Sequence[Mapping[str, JsonValue]]] | None = None,
) -> list[Input]:
    """Inputs of aligned columns; ``vectors`` (n, d) and ``spans`` by item id where they are there."""
    at_hand = spans or {}
    return [
        Input(int(item), content, tuple(at_hand.get(int(item), ())), None if vectors is None else vectors[row])
        for row, (item, content) in enumerate(zip(item_ids, contents, strict=True))
    ]


def make_examples(
    inputs: Sequence[Input], values: Sequence[Mapping[str, Any]], calibrates: Sequence[bool]
) -> list[Example]:
    """Examples of aligned columns."""
    return [Example(one, value, bool(flag)) for one, value, flag in zip(inputs, values, calibrates, strict=True)]


def spread(ids: Sequence[int] | np.ndarray[Any, np.dtype[np.int64]], most: int) -> list[int]:
    """At most ``most`` of the ids, evenly spread over them: the same ones whatever was asked before."""
    if not len(ids):
        return []
    at = np.linspace(0, len(ids) - 1, min(most, len(ids))).round().astype(np.int64)
    return [int(ids[position]) for position in at]
