"""Taking note of rows that a statement wrote: their numbers are worked out where they are, in the database."""

from __future__ import annotations

from typing import Any

from assistant.store.chain.covering import (
    COVERED,
    NAMES,
    OLDER,
    TALLIED,
    Cover,
    sums_sql,
    table_of,
    total_sql,
)


def cover_rows(reader: Any, cover: Cover, name: str, first: int, last: int) -> None:
    """Note the rows whose keys are numbers from ``first`` to ``last``."""
    if name in TALLIED:
        _add_sums(reader, cover, name, f"{TALLIED[name].key} BETWEEN ? AND ?", [first, last], 1)
        return
    count, total = reader.rows(total_sql(name), [first, last])[0]
    if count:
        cover.add_range(name, first, last, int(count), int(total))


def cover_sums(reader: Any, cover: Cover, table: str, condition: str, params: Any, sign: int) -> None:
    """Note the rows that meet a condition as come, or as gone where ``sign`` is -1."""
    for name in NAMES[table]:
        _add_sums(reader, cover, name, condition, params, sign)


def _add_sums(reader: Any, cover: Cover, name: str, condition: str, params: Any, sign: int) -> None:
    for key, count, total in reader.rows(sums_sql(name, condition), params):
        cover.add_sum(name, str(key), sign * int(count), sign * int(total))


def cover_older(reader: Any, cover: Cover, name: str, last: int | None = None) -> None:
    """Note every row that is there, up to a key where one is named."""
    if name in TALLIED:
        found = reader.rows(sums_sql(name))
        cover.add_sum(name, OLDER, sum(int(row[1]) for row in found), sum(int(row[2]) for row in found))
        return
    key = COVERED[name].key
    sql = f"SELECT coalesce(max({key}), 0) FROM {table_of(name)}"  # sql: see COVERED
    cover_rows(reader, cover, name, 1, int(reader.rows(sql)[0][0]) if last is None else last)
