"""What an answer showed besides its sentence, kept with the message: tables and charts as they were on the screen.

They are cut to what a chat shows. Nothing of them reaches a model or decides what a later sentence means. No text of an
item is kept: in a table of items it is read again where the table is shown again, and left out of others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tools.records import JsonValue
from tools.results import Figure, Table, ToolResult

MOST_ROWS = 20
"""Rows of a table that a chat shows."""
_MOST_SHOWN = 8
_MOST_LETTERS = 121  # one more than a cell shows, so that the cut is seen


Texts = Callable[[Sequence[str]], Sequence[str]]
"""What a chat shows of the texts of items, by their keys."""
_KEY, _TEXT = "key", "text"


def shown_record(result: ToolResult) -> list[dict[str, JsonValue]]:
    """The charts and tables of a result for the record of a message; a table without rows says nothing."""
    figures: list[dict[str, JsonValue]] = [_figure_record(figure) for figure in result.figures]
    tables = [_table_record(table) for table in result.tables if table.rows and set(table.columns) != {_TEXT}]
    return (figures + tables)[:_MOST_SHOWN]


def _table_record(table: Table) -> dict[str, JsonValue]:
    names = table.columns
    kept = [at for at, name in enumerate(names) if name != _TEXT or _KEY in names]
    rows: list[JsonValue] = [
        [None if names[at] == _TEXT else _cell(row[at]) for at in kept] for row in table.rows[:MOST_ROWS]
    ]
    return {"table": table.title, "columns": [names[at] for at in kept], "rows": rows, "total": len(table.rows)}


def _cell(value: JsonValue) -> JsonValue:
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)[:_MOST_LETTERS]


def _figure_record(figure: Figure) -> dict[str, JsonValue]:
    return {
        "figure": figure.title,
        "kind": figure.kind,
        "x": list(figure.x),
        "series": {name: list(values) for name, values in figure.series.items()},
        "bands": {name: [list(pair) for pair in pairs] for name, pairs in figure.bands.items()},
        "titles": [figure.x_title, figure.y_title],
    }


def kept_table(record: Mapping[str, Any], texts: Texts) -> tuple[Table, int] | None:
    """A table, and how many rows it had; ``None`` where the record is of something else."""
    if "table" not in record:
        return None
    columns, rows = tuple(record["columns"]), [list(row) for row in record["rows"]]
    if _TEXT in columns:
        at, by = columns.index(_TEXT), columns.index(_KEY)
        for row, text in zip(rows, texts([str(row[by]) for row in rows]), strict=True):
            row[at] = text
    return Table(record["table"], columns, tuple(map(tuple, rows))), int(record["total"])


def kept_figure(record: Mapping[str, Any]) -> Figure | None:
    """A chart; ``None`` where the record is of something else."""
    if "figure" not in record:
        return None
    bands = {name: tuple((low, high) for low, high in pairs) for name, pairs in record["bands"].items()}
    series = {name: tuple(values) for name, values in record["series"].items()}
    x_title, y_title = record["titles"]
    return Figure(record["figure"], record["kind"], tuple(record["x"]), series, x_title, y_title, bands)
