"""The second half of ``verify``: from the audit to every row that came with an event, and back."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from assistant.store.covering import COVERED, number_sql
from assistant.store.database import Database
from assistant.store.user_rows import USER_KINDS, USER_ROW, ToldUser, take_note

START = "covered"
"""The kind of the event that says from where on rows are covered."""

_KINDS = frozenset({"setting", START, *USER_KINDS})
_MARKS = ('"rows":', f'"{USER_ROW}":')
_RANGES = pa.schema([("first", pa.int64()), ("last", pa.int64()), ("count", pa.int64()), ("total", pa.string())])


@dataclass
class Told:
    """What the audit says: rows by table and first key, settings and users by name, and the keys from which rows are
    covered.
    """

    ranges: dict[str, dict[int, list[Any]]] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    users: dict[str, ToldUser] = field(default_factory=dict)
    start: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offence:
    """How many rows of a table are not as they were saved, one of them, and how many nobody can tell about."""

    found: int
    example: str
    older: int


def told_by(database: Database) -> Told:
    """Read the audit once."""
    told = Told()
    for _seq, _at, _actor, kind, payload, _prev, _hash in database.audit_events():
        if kind not in _KINDS and not any(mark in payload for mark in _MARKS):
            continue
        record = _record(payload)
        for table, ranges in record.get("rows", {}).items():
            told.ranges.setdefault(table, {}).update({int(one[0]): one for one in ranges})
        if kind == "setting" and "key" in record:
            told.settings[str(record["key"])] = record.get("value")
        take_note(told.users, kind, record)
        if kind == START:
            told.start.update({str(table): int(key) for table, key in record.get("above", {}).items()})
    return told


def _record(payload: str) -> dict[str, Any]:
    """The payload, empty where it was altered so that it cannot be read: the chain tells that."""
    try:
        record = json.loads(payload)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def compare(database: Database, table: str, told: Told) -> Offence:
    """Look for rows of a table that changed, went or came without an event."""
    ranges = sorted(told.ranges.get(table, {}).values())
    wanted = pa.Table.from_pylist(
        [dict(zip(_RANGES.names, one, strict=True)) for one in ranges], schema=_RANGES
    )  # fmt: skip
    above = told.start.get(table, ranges[0][0] - 1 if ranges else None)
    covered, word = COVERED[table], COVERED[table].word
    changed = database.joined(_changed(table, covered.key), wanted)
    # Without a word on where covering began, rows that no event tells of may be older than all that is told.
    limit = above if above is not None else 2**62
    came = database.joined(_came(table, covered.key), wanted, [limit])
    older = database.rows(f"SELECT count(*) FROM {table} WHERE {covered.key} <= ?", [limit])[0][0]  # sql: see COVERED
    lowest = min([row[0] for row in (*changed, *came)], default=None)
    return Offence(len(changed) + len(came), "" if lowest is None else f"{word} {lowest}", int(older))


def _changed(table: str, key: str) -> str:
    """First keys of the ranges whose rows are not those that were told."""
    return f"""WITH numbered AS (SELECT {key} AS id, {number_sql(table)} AS number FROM {table}),
        found AS (SELECT w.first, count(*) AS count, sum(number) AS total
            FROM numbered n ASOF JOIN wanted w ON n.id >= w.first WHERE n.id <= w.last GROUP BY w.first)
        SELECT w.first FROM wanted w LEFT JOIN found f USING (first)
        WHERE coalesce(f.count, 0) <> w.count OR coalesce(f.total, 0) <> CAST(w.total AS HUGEINT)
        ORDER BY 1"""  # sql: see COVERED


def _came(table: str, key: str) -> str:
    """Keys above ``$1`` that no range holds."""
    return f"""SELECT n.id FROM (SELECT {key} AS id FROM {table} WHERE {key} > ?) n
        ASOF LEFT JOIN wanted w ON n.id >= w.first WHERE w.first IS NULL OR n.id > w.last
        ORDER BY 1"""  # sql: see COVERED


def changed_settings(database: Database, told: Told) -> list[str]:
    """Names of settings whose value is not the one that was set last, or that nobody ever set."""
    rows = database.rows("SELECT key, value FROM settings")
    stored = {str(key): _value(value) for key, value in rows}
    wrong = {key for key, value in told.settings.items() if key not in stored or stored[key] != value}
    # The first programs drew the seed of a project without a word in the audit.
    wrong |= {key for key in stored if key not in told.settings and key != "seed"}
    wrong |= {key for key, count in Counter(str(row[0]) for row in rows).items() if count > 1}
    return sorted(wrong)


def _value(stored: str) -> Any:
    """The value of a setting; the text itself where it was altered so that it cannot be read."""
    try:
        return json.loads(stored)
    except ValueError:
        return stored


def read_all(database: Database) -> None:
    """Read every part of every table: each has a checksum that is looked at when it is read."""
    tables = database.rows("SELECT table_name FROM duckdb_tables() ORDER BY 1")
    for (table,) in tables:
        database.rows(f"SELECT count(hash(COLUMNS(*))) FROM {table}")  # sql: a table of the database itself
