"""A reader that wants more memory than its process may have."""

from __future__ import annotations

from tools.exchange.files.source import Source
from tools.exchange.options import ImportOptions
from tools.exchange.tables.tabular import SourceTable


def load_here(source: Source, options: ImportOptions) -> SourceTable:
    raise AssertionError(f"{len(bytearray(8 * 1024**3))} bytes were given")
