"""Parsed imports made in memory, for what is measured after the parsing."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from tools.exchange.batch import DROPPED, ITEMS, LABELS, PROPOSALS, REJECTS, ImportBatch


def items_only(texts: Sequence[str]) -> ImportBatch:
    """A batch of texts without keys and labels."""
    count = len(texts)
    nothing = pa.repeat("", count)
    columns = [
        pa.array(range(1, count + 1), pa.int64()),
        pa.nulls(count, pa.string()),
        pa.array(texts, pa.string()),
        pa.repeat("text", count),
        nothing,
        pa.repeat("{}", count),
        pa.nulls(count, pa.string()),
    ]
    return batch_of(pa.table(columns, schema=ITEMS), LABELS.empty_table(), "made up")


def batch_of(items: Any, labels: Any, source: str) -> ImportBatch:
    """A batch of these tables."""
    return ImportBatch(
        items,
        labels,
        PROPOSALS.empty_table(),
        REJECTS.empty_table(),
        DROPPED.empty_table(),
        items.num_rows,
        source,
        hashlib.sha256(source.encode()).hexdigest(),
        "csv",
    )
