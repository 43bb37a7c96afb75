"""The same made-up rows for both sides: items with texts, and answers of many people, by arithmetic alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from eval.bench.batches import batch_of
from tools.exchange.batch import ITEMS, LABELS, ImportBatch
from tools.schema import LabelSchema, schema_from_labels

LABEL_COUNT = 20
NAMES = tuple(f"label_{number}" for number in range(LABEL_COUNT))
SCHEMA: LabelSchema = schema_from_labels(list(NAMES))
FIELD = "label"
ANNOTATORS = 10
DAYS = 100
START_S = 1_767_225_600  # 2026-01-01T00:00:00Z
SENTENCE = (
    "please refund the card order my where is parcel help with account money late shipping broken box today never"
)
WORDS = np.array(f"{SENTENCE} again thanks invoice twice charged address".split())


def texts_of(item_ids: Any) -> Any:
    """A sentence of ten words for each item, about 60 characters, shape (n,)."""
    columns = [pa.array(WORDS[(item_ids * (2 * at + 3) + item_ids // (at + 7)) % len(WORDS)]) for at in range(10)]
    return pc.binary_join_element_wise(*columns, " ")


def labels_of(item_ids: Any, people: Any) -> Any:
    """Number of the label that a person gave an item: the item's own, and another one in one case of forty."""
    differs = (item_ids * 13 + people * 29) % 40 == 0
    return (item_ids * 7 + np.where(differs, people + 1, 0)) % LABEL_COUNT


def moments_of(item_ids: Any, people: Any) -> Any:
    """When it was given, in microseconds since 1970."""
    seconds = START_S + ((item_ids * 37 + people * 11) % DAYS) * 86_400 + item_ids % 86_400
    return seconds * 1_000_000


def labelled_batch(first: int, count: int) -> ImportBatch:
    """Items ``first`` … with one label of every annotator each."""
    item_ids = np.arange(first, first + count, dtype=np.int64)
    nothing = pa.repeat("", count)
    keys = pc.binary_join_element_wise("k", pc.cast(pa.array(item_ids), pa.string()), "")
    rows = pa.array(np.arange(1, count + 1))
    meta = pa.array(np.where(item_ids % 5 == 0, '{"split":"test"}', '{"split":"train"}'))
    columns = [rows, keys, texts_of(item_ids), pa.repeat("text", count), nothing, meta, pa.nulls(count, pa.string())]
    return batch_of(pa.table(columns, schema=ITEMS), _labels(item_ids), f"items from {first}")


def _labels(item_ids: Any) -> Any:
    count = len(item_ids) * ANNOTATORS
    people = np.tile(np.arange(ANNOTATORS, dtype=np.int64), len(item_ids))
    items = np.repeat(item_ids, ANNOTATORS)
    values = pa.array([f'{{"label":"{name}"}}' for name in NAMES])
    who = pa.array([f"annotator_{number}" for number in range(ANNOTATORS)])
    columns = [
        pa.array(np.repeat(np.arange(1, len(item_ids) + 1), ANNOTATORS)),
        pa.repeat(FIELD, count),
        who.take(pa.array(people)),
        values.take(pa.array(labels_of(items, people))),
        pa.repeat("choose", count),
        pa.array(moments_of(items, people)).cast(pa.timestamp("us", "UTC")),
        pa.repeat("imported_independent", count),
        pa.repeat("", count),
    ]
    return pa.table(columns, schema=LABELS)
