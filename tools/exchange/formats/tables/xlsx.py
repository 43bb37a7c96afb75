"""Excel workbooks, one sheet, read row by row without formulas."""

from __future__ import annotations

import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from typing import Any
from xml.etree.ElementTree import ParseError

import pyarrow as pa

from tools.errors import FormatRefused
from tools.exchange.apart import read_apart, refuse_unpacked
from tools.exchange.files.source import Source
from tools.exchange.options import ImportOptions
from tools.exchange.rows import ExchangeReject
from tools.exchange.tables.tabular import SourceTable, misfit

MOST_SHEET_ROWS = 1_048_576
"""Rows of a sheet, by the specification of spreadsheets."""

_MOST_CELLS = 20_000_000
_BROKEN = (zipfile.BadZipFile, KeyError, ValueError, OSError, EOFError, ParseError, TypeError, AttributeError)


def load(source: Source, options: ImportOptions) -> SourceTable:
    """The table in the first sheet, or in the one named, read in a process of its own."""
    _refuse_bombs(source, options)
    return read_apart(__name__, source, options)


def load_here(source: Source, options: ImportOptions) -> SourceTable:
    """The table, its cells counted while they are read."""
    try:
        with _workbook(source) as book:
            sheet = _sheet(book, options.sheet, source.name)
            # The stored extent of a sheet is often wrong: one cell, or a million empty ones.
            sheet.reset_dimensions()
            rows = _counted_rows(sheet, source.name)
            others = [one for one in book.sheetnames if one != sheet.title]
            title = sheet.title
    except FormatRefused:
        raise
    except _BROKEN as error:
        raise FormatRefused(f"{source.name} cannot be read as an Excel workbook ({type(error).__name__}).") from None
    notes = (f"Only the sheet {title!r} was read; there are also {', '.join(others)}.",) if others else ()
    return _table(rows, options.header, source.name, notes)


def _table(rows: list[list[str]], has_header: bool, file_name: str, notes: tuple[str, ...]) -> SourceTable:
    while rows and not rows[-1]:
        rows.pop()
    if not rows:
        raise FormatRefused(f"{file_name} is empty.")
    width = len(rows[0]) if has_header else max(map(len, rows))
    names = [name.strip() for name in rows[0]] if has_header else [""] * width
    names = [name or f"column_{at}" for at, name in enumerate(names, start=1)]
    if width * len(rows) > _MOST_CELLS:
        raise FormatRefused(
            f"{file_name} has {len(rows):,} rows of {width:,} columns; up to {_MOST_CELLS:,} cells are read at once. "
            f"Delete what stands far away from the table, or split it."
        )
    twins = [name for name in names if names.count(name) > 1]
    if twins:
        raise FormatRefused(f"{file_name} has two columns named {twins[0]!r}; rename one.")
    body = rows[1:] if has_header else rows
    if not body:
        raise FormatRefused(f"{file_name} has a header and no rows.")
    good = [(at, row) for at, row in enumerate(body, start=1) if len(row) <= width]
    rejects = [
        ExchangeReject(at, misfit(len(row), width), " | ".join(row))
        for at, row in enumerate(body, start=1)
        if len(row) > width
    ]
    padded = [[*row, *[""] * (width - len(row))] for _, row in good]
    columns = [pa.array([row[at] for row in padded], pa.string()) for at in range(width)]
    numbers = pa.chunked_array([pa.array([at for at, _ in good], pa.int64())])
    return SourceTable(pa.table(columns, names=names), numbers, rejects, notes)


def _counted_rows(sheet: Any, file_name: str) -> list[list[str]]:
    """The rows as texts, each up to its last cell that holds something.

    A row is as long as its farthest cell and rows that are not stored are counted up to, so that one cell in a far
    corner makes millions of empty ones.
    """
    rows: list[list[str]] = []
    kept = 0
    for row in sheet.iter_rows(values_only=True):
        if len(rows) >= MOST_SHEET_ROWS or kept > _MOST_CELLS:
            raise FormatRefused(
                f"{file_name} has cells far away from its table, up to row {len(rows) + 1:,} and beyond; delete the "
                f"rows and columns that hold nothing, or save the table as CSV."
            )
        rows.append(_trimmed(row))
        kept += len(rows[-1])
    return rows


def _trimmed(row: Sequence[Any]) -> list[str]:
    """The cells as texts, up to the last one that holds something."""
    length = next((at for at in range(len(row), 0, -1) if row[at - 1] not in (None, "")), 0)
    return [_text(cell) for cell in row[:length]]


def _text(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return cell.isoformat() if isinstance(cell, (datetime, date, time)) else str(cell)


def _sheet(book: Any, wanted: str, file_name: str) -> Any:
    if wanted and wanted not in book.sheetnames:
        raise FormatRefused(f"{file_name} has no sheet {wanted!r}; it has {', '.join(book.sheetnames)}.")
    if not book.worksheets:
        raise FormatRefused(f"{file_name} has no sheet with cells.")
    return book[wanted] if wanted else book.worksheets[0]


@contextmanager
def _workbook(source: Source) -> Iterator[Any]:
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        # openpyxl warns about styles and extensions that it leaves out; cells are all that is read here.
        warnings.simplefilter("ignore")
        book = load_workbook(source.path, read_only=True, data_only=True, keep_links=False)
        try:
            yield book
        finally:
            book.close()


def _refuse_bombs(source: Source, options: ImportOptions) -> None:
    try:
        with zipfile.ZipFile(source.path) as packed:
            size = sum(one.file_size for one in packed.infolist())
    except (zipfile.BadZipFile, OSError):
        raise FormatRefused(f"{source.name} is not an Excel workbook (.xlsx).") from None
    refuse_unpacked(source, size, options)
