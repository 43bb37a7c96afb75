"""Words and tables on the terminal; ``--json`` prints the records themselves."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from tools.records import to_json

Record = Mapping[str, Any]


def console() -> Console:
    """Plain where the output is not a terminal; wide enough that piped tables are not cut."""
    return Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)


def say(text: str) -> None:
    """Print text as it is."""
    console().print(escape(text))


def show_json(record: Any) -> None:
    """Print one record as one line of JSON."""
    print(to_json(record), flush=True)  # noqa: T201 - this is what a program on the other end of a pipe reads


def show_result(record: Record) -> None:
    """Text, numbers and tables of an outcome."""
    say(str(record["text"]))
    for fact in record.get("facts", ()):
        say(f"  {fact_line(fact)}")
    for table in record.get("tables", ()):
        show_table(table)
    if record.get("run_id"):
        say(f"Run {record['run_id']}; “undo run {record['run_id']}” takes it back.")


def fact_line(fact: Record) -> str:
    """One number with its interval, denominator and note."""
    parts = [f"{fact['name']}: {number(fact['value'], str(fact['unit']))}"]
    if fact["low"] is not None and fact["high"] is not None:
        unit = str(fact["unit"])
        parts.append(f"({fact['method'] or 'interval'} {number(fact['low'], unit)} to {number(fact['high'], unit)})")
    if fact["n"] is not None:
        parts.append(f"n={fact['n']:,}")
    if fact["note"]:
        parts.append(f"– {fact['note']}")
    return " ".join(parts)


def number(value: float | None, unit: str) -> str:
    """A number in its unit; ``undefined`` where there is none."""
    if value is None:
        return "undefined"
    if unit == "share":
        return f"{value * 100:.1f} %"
    if unit == "seconds":
        return f"{value:.1f} s"
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.3f}"


def show_table(table: Record) -> None:
    """A table with its title."""
    if table["title"]:
        say(str(table["title"]))
    shown = Table(*[escape(str(column)) for column in table["columns"]], box=None, pad_edge=False)
    for row in table["rows"]:
        shown.add_row(*[escape("" if cell is None else _cell(cell)) for cell in row])
    console().print(shown)


def _cell(cell: Any) -> str:
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)
