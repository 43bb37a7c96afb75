"""Parquet exports: the flat columns with their types, lists of records for regions, columns of the items as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import parquet

from tools.exchange.export import ChosenItem
from tools.exchange.options import ExportOptions
from tools.exchange.tables.layout import columns_of, flat_row
from tools.exchange.tables.tabular import META
from tools.exchange.writer import Plan
from tools.kinds.in_files import Column
from tools.records import to_json
from tools.schema import FieldSpec

ROWS = 10_000
_S = pa.string()
_BESIDE = {"reviewers": pa.list_(_S), "exposures": pa.list_(_S), "score": pa.float64()}


def cannot_hold(fields: Sequence[FieldSpec], options: ExportOptions) -> list[str]:
    """Typed columns keep what flat text loses."""
    if options.provenance == "full":
        return []
    said = ["Who decided, when and after seeing what was left out as asked."]
    if any(spec.record.most_characters for spec in fields):
        said.append("An empty text as an answer cannot be told from no answer.")
    return said


def arrow_schema(plan: Plan) -> Any:
    """The columns of an export."""
    kinds = {spec.id: _arrow_type(spec.record.column) for spec in plan.fields}
    columns = columns_of(plan.schema, plan.fields, plan.options)
    typed = [(name, kinds.get(name) or _BESIDE.get(name.partition(".")[2], _S)) for name in columns]
    return pa.schema([*typed, (META, _S)])


def _arrow_type(column: Column) -> Any:
    if isinstance(column, list):
        return pa.list_(_arrow_type(column[0]))
    if isinstance(column, dict):
        return pa.struct([(name, _arrow_type(one)) for name, one in column.items()])
    return pa.int64() if column == "whole" else _S


class Chunks:
    """Collects flat rows and hands them on as record batches."""

    def __init__(self, plan: Plan, schema: Any) -> None:
        self._plan, self.schema = plan, schema
        self._rows: list[dict[str, Any]] = []

    def add(self, item: ChosenItem) -> Any:
        """One row; a full batch where it fills one, else ``None``."""
        row = flat_row(item, self._plan.schema, self._plan.fields, self._plan.options)
        self._rows.append({**row, META: to_json(dict(item.item.meta)) if item.item.meta else None})
        return self.take() if len(self._rows) >= ROWS else None

    def take(self) -> Any:
        """The rows collected so far."""
        batch = pa.RecordBatch.from_pylist(self._rows, schema=self.schema)
        self._rows = []
        return batch


class ParquetWriter:
    """Writes one Parquet file."""

    escaped_cells = 0

    def __init__(self, plan: Plan) -> None:
        self._path = plan.path
        self._chunks = Chunks(plan, arrow_schema(plan))
        self._writer = parquet.ParquetWriter(plan.path, self._chunks.schema, compression="zstd")

    def add(self, item: ChosenItem) -> str:
        """Write one row."""
        batch = self._chunks.add(item)
        if batch is not None:
            self._writer.write_batch(batch)
        return ""

    def finish(self) -> list[Path]:
        """Write the last rows and close the file."""
        self._writer.write_batch(self._chunks.take())
        self._writer.close()
        return [self._path]

    def close(self) -> None:
        """Let go of the file."""
        self._writer.close()
