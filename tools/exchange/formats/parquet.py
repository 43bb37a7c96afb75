"""Parquet files: exports of ours, or any table with a text column."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from tools.errors import FormatRefused
from tools.exchange.options import ImportOptions
from tools.exchange.source import Source, readable
from tools.exchange.tabular import SourceTable


def load(source: Source, options: ImportOptions) -> SourceTable:
    """The table in a Parquet file."""
    try:
        with parquet.ParquetFile(source.path) as opened:
            groups = (opened.metadata.row_group(at) for at in range(opened.metadata.num_row_groups))
            size = sum(group.total_byte_size for group in groups)
            if size > options.limit_bytes:
                most = readable(options.limit_bytes)
                raise FormatRefused(f"{source.name} unpacks to {readable(size)}; up to {most} are read at once.")
            table = opened.read()
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
