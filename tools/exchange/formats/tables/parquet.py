"""Parquet files: exports of ours, or any table with a text column."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from tools.errors import FormatRefused
from tools.exchange.apart import MOST_ROWS, read_apart, refuse_unpacked
from tools.exchange.files.source import Source
from tools.exchange.options import ImportOptions
from tools.exchange.tables.tabular import SourceTable

_STEP = 4096


def load(source: Source, options: ImportOptions) -> SourceTable:
    """The table in a Parquet file, read in a process of its own."""
    return read_apart(__name__, source, options)


def load_here(source: Source, options: ImportOptions) -> SourceTable:
    """The table, counted while it is read: what the file says of its own size need not be true."""
    batches, size = [], 0
    try:
        with parquet.ParquetFile(source.path) as opened:
            groups = (opened.metadata.row_group(at) for at in range(opened.metadata.num_row_groups))
            refuse_unpacked(source, sum(group.total_byte_size for group in groups), options)
            if opened.metadata.num_rows > MOST_ROWS:
                rows = f"{opened.metadata.num_rows:,} rows; up to {MOST_ROWS:,}"
                raise FormatRefused(f"{source.name} has {rows} are read at once. Split it.")
            for batch in opened.iter_batches(batch_size=_STEP):
                size += batch.nbytes
                refuse_unpacked(source, size, options)
                batches.append(batch)
            table = pa.Table.from_batches(batches, opened.schema_arrow)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError) as error:
        raise FormatRefused(f"{source.name} is not a Parquet file that can be read ({_first_line(error)}).") from None
    return numbered(table, source.name)


def numbered(table: pa.Table, name: str, notes: tuple[str, ...] = ()) -> SourceTable:
    """A table that was read whole, with its row numbers."""
    twins = [one for one in table.column_names if table.column_names.count(one) > 1]
    if twins:
        raise FormatRefused(f"{name} has two columns named {twins[0]!r}; rename one.")
    if not table.num_rows:
        raise FormatRefused(f"{name} has no rows.")
    return SourceTable(table, pa.chunked_array([pa.array(np.arange(1, table.num_rows + 1))]), (), notes)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:120] if str(error) else type(error).__name__
