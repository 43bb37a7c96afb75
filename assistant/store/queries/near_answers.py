"""Which answers count as the same where people mark regions of images: nobody draws the same box twice.

The text that is equal for equal answers is then that of the first standing answer which agrees, so that counting needs
no geometry. Answers of other kinds are compared to the letter.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from assistant.store.file.transaction import Transaction
from tools.kinds.registry import ALL, kind_of_value
from tools.values import agrees

Known = list[tuple[Mapping[str, Any], str]]


def is_drawn_on_image(value: Mapping[str, Any] | None) -> bool:
    """Whether a value is made of regions of an image."""
    kind = kind_of_value(value)
    return kind is not None and kind.is_near


def near_answer(known: Known, value: Mapping[str, Any], own: str, iou: float) -> str:
    """The answer text of the first of the ``known`` values that agrees with ``value``, else its ``own``."""
    return next((answer for other, answer in known if agrees(value, other, iou)), own)


def standing_answers(transaction: Transaction, item_id: int, field: str, but: str = "") -> Known:
    """(value, answer text) of what stands on one field of an item, oldest first, ``but`` one reviewer's own."""
    rows = transaction.rows(
        """SELECT value, answer FROM standing WHERE item_id = ? AND field = ? AND reviewer <> ? ORDER BY review_id""",
        [item_id, field, but],
    )
    return [(json.loads(value), answer) for value, answer in rows]


def near_answers(transaction: Transaction, labels: pa.Table, item_ids: Sequence[int], own: Any, iou: float) -> Any:
    """The answer texts of an import's labels, those near an earlier answer to the same question replaced by its."""
    kinds = [f'"{one.key}"' for one in ALL if one.is_near]
    values = labels["value"].to_pylist()
    drawn = [at for at, value in enumerate(values) if value and any(value.startswith("{" + kind) for kind in kinds)]
    if not drawn:
        return own
    texts, fields = own.to_pylist(), labels["field"].to_pylist()
    known: dict[tuple[int, str], Known] = {}
    for at in drawn:
        place = (int(item_ids[at]), fields[at])
        if place not in known:
            known[place] = standing_answers(transaction, *place)
        value = json.loads(values[at])
        texts[at] = near_answer(known[place], value, texts[at], iou)
        known[place].append((value, texts[at]))
    return pa.array(texts, pa.string())
