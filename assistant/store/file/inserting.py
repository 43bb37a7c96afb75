"""The statement that inserts some rows: for few of them as values, for more as one list a column.

A placeholder costs more than all else about a short row, and a list is one placeholder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_FEW = 4
"""Up to so many rows values are quicker than lists."""


def insert_sql(
    table: str, columns: Sequence[str], types: Mapping[str, str], rows: Sequence[tuple[Any, ...]]
) -> tuple[str, list[Any]]:
    """(statement, parameters) for rows of the same columns; their order is kept. Names come from code only."""
    into = f"INSERT INTO {table} ({', '.join(columns)})"  # sql: callers name table and columns in code
    if len(rows) <= _FEW:
        marks = "(" + ", ".join("?" for _ in columns) + ")"
        return f"{into} VALUES {', '.join([marks] * len(rows))}", [value for row in rows for value in row]
    lists = ", ".join(f"unnest(?::{types[column]}[])" for column in columns)
    return f"{into} SELECT {lists}", [list(values) for values in zip(*rows, strict=True)]
