"""CSV and TSV as RFC 4180 has them: by Arrow where it can, by Python's csv module where it must, with equal results."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from tools.errors import FormatRefused
from tools.exchange.files.source import Source
from tools.exchange.options import ImportOptions
from tools.exchange.rows import ExchangeReject
from tools.exchange.tables.formulas import unescape_columns, unescaped
from tools.exchange.tables.roles import ESCAPED, OWN_META
from tools.exchange.tables.tabular import SourceTable, misfit

BLOCK = 1 << 24
CHUNK = 50_000
DELIMITERS = (",", ";", "\t", "|")
_MARK = b"\xef\xbb\xbf"
_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\n|\r|$)")
_ROW = re.compile(rb"[^\r\n]")


def load(source: Source, options: ImportOptions) -> SourceTable:
    """The table in a delimited file."""
    # Arrow checks the encoding while it parses, so the common file is not looked through twice.
    body = source.presumed_utf8()
    found = None if body is None or body.startswith(_MARK) else _parse(body, source, options, is_checked=False)
    notes: tuple[str, ...] = ()
    if found is None:
        body, notes = source.utf8()
        found = _parse(body, source, options, is_checked=True)
    assert found is not None and body is not None
    return replace(found, notes=(*notes, *found.notes), may_hold_nul=b"\0" in body)


def _parse(body: bytes, source: Source, options: ImportOptions, is_checked: bool) -> SourceTable | None:
    """The table in UTF-8 bytes; ``None`` where bytes that nobody checked need the slow way."""
    delimiter = options.delimiter or guess_delimiter(body, source.suffix)
    try:
        names, start = read_header(body, delimiter, options.header, source.name)
    except UnicodeDecodeError:
        return None
    if not _ROW.search(body, start):
        raise FormatRefused(f"{source.name} has {'a header and no rows' if options.header else 'no rows'}.")
    table = parse_fast(body, start, names, delimiter)
    if table is None and not is_checked:
        return None
    rejects: Sequence[ExchangeReject] = ()
    if table is None:
        table, rows, rejects = parse_slow(body[start:].decode("utf-8"), names, delimiter)
    else:
        rows = pa.chunked_array([pa.array(np.arange(1, table.num_rows + 1))])
    is_plain = delimiter == DELIMITERS[0] or bool(options.delimiter) or source.suffix == ".tsv"
    notes = () if is_plain else (f"Cells are separated by {delimiter!r}.",)
    return SourceTable(unescape_columns(table, ESCAPED), rows, rejects, notes)


def guess_delimiter(body: bytes, suffix: str) -> str:
    """Tab for .tsv, else the first usual delimiter that stands in the first line."""
    if suffix == ".tsv":
        return "\t"
    line = next((one for one in _lines(body, 0) if one.strip()), b"")
    bare = re.sub(rb'"[^"]*"', b"", line)
    return next((one for one in DELIMITERS if one.encode() in bare), DELIMITERS[0])


def read_header(body: bytes, delimiter: str, has_header: bool, file_name: str) -> tuple[list[str], int]:
    """Column names and the byte at which the first row starts."""
    used = 0

    def lines() -> Iterator[str]:
        nonlocal used
        for line in _lines(body, 0):
            used += len(line)
            yield line.decode("utf-8")

    csv.field_size_limit(sys.maxsize)
    first = next((row for row in csv.reader(lines(), delimiter=delimiter) if row), None)
    if first is None:
        raise FormatRefused(f"{file_name} is empty.")
    if not has_header:
        return [f"column_{at}" for at in range(1, len(first) + 1)], 0
    if ESCAPED in first:
        first = [unescaped(name) for name in first]
    # Names that an export of ours put aside are kept to the letter.
    names = [name if name.startswith(OWN_META) else name.strip() for name in first]
    names = [name or f"column_{at}" for at, name in enumerate(names, start=1)]
    twins = [name for name in names if names.count(name) > 1]
    if twins:
        raise FormatRefused(f"{file_name} has two columns named {twins[0]!r}; rename one.")
    return names, used


def parse_fast(body: bytes, start: int, names: Sequence[str], delimiter: str, block: int = BLOCK) -> Any:
    """The rows by Arrow, or ``None`` where only the slow way says what is wrong with which row."""
    rest = memoryview(body)[start:]
    if rest[:3] == _MARK:
        # Arrow would take a mark at the start of the rows for a byte order mark.
        return None
    has_quotes = body.find(b'"', start) >= 0
    ragged = False

    def skip(_: Any) -> str:
        nonlocal ragged
        ragged = True
        return "skip"

    columns = [f"f{at}" for at in range(len(names))]
    stream = pa.BufferReader(pa.py_buffer(rest))
    try:
        table = arrow_csv.read_csv(
            stream,
            arrow_csv.ReadOptions(column_names=columns, block_size=block),
            arrow_csv.ParseOptions(delimiter=delimiter, newlines_in_values=has_quotes, invalid_row_handler=skip),
            arrow_csv.ConvertOptions(column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        return None
    if ragged or (has_quotes and not _ends_closed(table, body, start, delimiter)):
        return None
    return table.rename_columns(list(names))


def _ends_closed(table: Any, body: bytes, start: int, delimiter: str) -> bool:
    """Whether the file ends with the last cell as Arrow read it, bare or in quotes: no quote was left open before it.

    Arrow takes a quote that nobody closes for one cell up to the end of the file, and says nothing.
    """
    if not table.num_rows:
        return True
    cell = table.column(table.num_columns - 1)[-1].as_py().encode()
    end = len(body)
    while end > start and body[end - 1] in b"\r\n":
        end -= 1
    quoted = b'"' + cell.replace(b'"', b'""') + b'"'
    forms = (quoted,) if cell.startswith(b'"') else (quoted, cell)
    edges = delimiter.encode() + b"\r\n"
    return any(
        body.endswith(form, start, end) and (end - len(form) == start or body[end - len(form) - 1] in edges)
        for form in forms
    )


def parse_slow(text: str, names: Sequence[str], delimiter: str) -> tuple[Any, Any, list[ExchangeReject]]:
    """The rows by the csv module: columns, row numbers, and the rows that do not fit the header."""
    csv.field_size_limit(sys.maxsize)
    lines = _Lines(text)
    rejects: list[ExchangeReject] = []
    tables, pending, numbers = [], [], []
    number = 0
    for row in csv.reader(lines, delimiter=delimiter):
        if not row:
            continue
        number += 1
        reason = _misfit(row, len(names), lines)
        if reason:
            rejects.append(ExchangeReject(number, reason, delimiter.join(row)))
            continue
        pending.append(row)
        numbers.append(number)
        if len(pending) == CHUNK:
            tables.append(_table(pending, names))
            pending = []
    tables.append(_table(pending, names))
    return pa.concat_tables(tables), pa.chunked_array([pa.array(numbers, pa.int64())]), rejects


class _Lines:
    """Lines of a text; knows when it has been read past its end, which the csv module does only inside a quote."""

    def __init__(self, text: str) -> None:
        self._stream = io.StringIO(text, newline="")
        self.is_over = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._stream.readline()
        if not line:
            self.is_over = True
            raise StopIteration
        return line


def _misfit(row: Sequence[str], width: int, lines: _Lines) -> str:
    if lines.is_over:
        return "a quote is opened here and never closed; the rest of the file is in it"
    return misfit(len(row), width) if len(row) != width else ""


def _table(rows: Sequence[Sequence[str]], names: Sequence[str]) -> Any:
    columns = zip(*rows, strict=True) if rows else ((),) * len(names)
    return pa.table([pa.array(column, pa.string()) for column in columns], names=list(names))


def _lines(body: bytes, start: int) -> Iterator[bytes]:
    return (found.group() for found in _LINE.finditer(body, start) if found.group())
