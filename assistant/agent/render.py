"""A tool's result as plain text: for the terminal, the history and models, with every number written in one place."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.jobs import JobStatus
from tools.records import JsonValue
from tools.results import Fact, Table, ToolResult, Unit
from tools.sentences import count_of, percent, seconds_of

TOO_FEW = 20
"""Below this denominator a share is shown, but said to be from too few."""
MOST_ROWS = 20
_WIDEST = 60


def say_number(value: float, unit: Unit) -> str:
    """A number with its unit in words, the only place where numbers of facts are written."""
    if unit == "share":
        return percent(value)
    if unit == "seconds":
        return seconds_of(value)
    if unit == "per_hour":
        return f"{value:,.0f} per hour"
    if unit == "tokens":
        return count_of(round(value), "token")
    if unit == "count" and float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.2f}"


def say_fact(fact: Fact) -> str:
    """One line: name, value, interval, "n of N", and what limits it; "no data" and never 0 % where there is none."""
    name = fact.name.replace("_", " ")
    if fact.value is None:
        return f"{name}: no data{f' ({fact.note})' if fact.note else ''}"
    told = say_number(fact.value, fact.unit)
    if fact.unit == "share" and fact.n is not None and fact.method != "counted":
        told += f" ({round(fact.value * fact.n):,} of {fact.n:,})"
    elif fact.n is not None and fact.unit != "count":
        told += f" (n = {fact.n:,})"
    if fact.low is not None and fact.high is not None:
        ends = f"{say_number(fact.low, fact.unit)} to {say_number(fact.high, fact.unit)}"
        told += f", between {ends}{f' ({fact.method})' if fact.method else ''}"
    return f"{name}: {told}{_limits(fact)}"


def _limits(fact: Fact) -> str:
    if fact.note:
        return f"; {fact.note}"
    is_few = fact.unit in ("share", "score") and fact.n is not None and fact.n < TOO_FEW and fact.method != "counted"
    return f"; too few to say (n = {fact.n})" if is_few else ""


def render(result: ToolResult, *, with_facts: bool = False) -> str:
    """The whole result as text: sentences, the tables, and the facts where asked for or where nothing else is said."""
    parts = [result.text.strip()] if result.text.strip() else []
    if result.facts and (with_facts or not parts):
        parts.append("\n".join(say_fact(fact) for fact in result.facts))
    parts += [render_table(table) for table in result.tables]
    if result.change is not None:
        parts += [render_table(table) for table in result.change.preview]
    return "\n\n".join(parts)


def render_table(table: Table) -> str:
    """Columns padded with spaces; long cells and long tables are cut and say so."""
    if not table.rows:
        return f"{table.title}: no rows."
    head = [[column.replace("_", " ") for column in table.columns]]
    shown = head + [[cell_text(cell) for cell in row] for row in table.rows[:MOST_ROWS]]
    widths = [max(len(row[at]) for row in shown) for at in range(len(table.columns))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in shown]
    more = len(table.rows) - MOST_ROWS
    return "\n".join([table.title, *lines, *([f"… and {count_of(more, 'row')} more"] if more > 0 else [])])


def cell_text(cell: JsonValue) -> str:
    """One cell on one line."""
    if cell is None:
        return "–"
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return f"{cell:,.2f}"
    if isinstance(cell, int):
        return f"{cell:,}"
    text = " ".join(str(cell).split())
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def say_job(status: JobStatus) -> str:
    """Where a job stands, in one sentence."""
    return status.words


def listing(words: Sequence[str], most: int = 6) -> str:
    """``a, b, c and 4 more``."""
    shown = ", ".join(words[:most])
    return shown if len(words) <= most else f"{shown} and {len(words) - most} more"
