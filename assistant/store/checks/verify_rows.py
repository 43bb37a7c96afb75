"""The second half of ``verify``: from the audit to every row that came with an event, and back."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from assistant.store.chain.covering import ALL_COVERED_STEP, COVERED, OLDER, ROWS, SUMS, Covered, number_sql, table_of
from assistant.store.chain.covering_begins import ABOVE, START, STEPS
from assistant.store.chain.project_rows import PROJECT_ROWS
from assistant.store.chain.sign_in_rows import BEGAN, ENDED, ToldSignIn, take_note_of_sign_ins
from assistant.store.checks.user_rows import USER_KINDS, USER_ROW, ToldUser, take_note
from assistant.store.file.database import Database

_KINDS = frozenset({"setting", START, *USER_KINDS})
_MARKS = tuple(f'"{name}":' for name in (ROWS, SUMS, USER_ROW, BEGAN, ENDED, PROJECT_ROWS))
_RANGES = pa.schema([("first", pa.int64()), ("last", pa.int64()), ("count", pa.int64()), ("total", pa.string())])


@dataclass
class Told:
    """What the audit says: rows by what is covered and first key, count and sum of those that may change, those of them
    that are older than covering, settings and users by name, sign-ins by number, the project itself, the keys from
    which rows are covered, and whether older ones are since.
    """

    ranges: dict[str, dict[int, list[Any]]] = field(default_factory=dict)
    sums: dict[str, tuple[int, int]] = field(default_factory=dict)
    older: dict[str, int] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    users: dict[str, ToldUser] = field(default_factory=dict)
    sign_ins: dict[str, ToldSignIn] = field(default_factory=dict)
    project: dict[str, Any] = field(default_factory=dict)
    start: dict[str, int] = field(default_factory=dict)
    covers_all: bool = False


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
        if kind in _KINDS or any(mark in payload for mark in _MARKS):
            # What was altered so that it says nothing any more is told by the chain.
            with contextlib.suppress(ValueError, TypeError, AttributeError, LookupError):
                _take_note(told, kind, _record(payload))
    return told


def _take_note(told: Told, kind: str, record: dict[str, Any]) -> None:
    # Covering begins once: what is said again would call everything older that came in between.
    is_again = kind == START and told.covers_all
    for name, ranges in record.get(ROWS, {}).items() if not is_again else ():
        known = told.ranges.setdefault(name, {})
        for one in ranges:
            known.setdefault(int(one[0]), one)
    for name, found in record.get(SUMS, {}).items():
        for key, count, total in found:
            _add(told, name, str(key), int(count), int(total))
    if kind == "setting" and "key" in record:
        told.settings[str(record["key"])] = record.get("value")
    take_note(told.users, kind, record)
    take_note_of_sign_ins(told.sign_ins, record)
    told.project = record.get(PROJECT_ROWS, told.project)
    if kind == START:
        told.covers_all |= ALL_COVERED_STEP in record.get(STEPS, ())
        told.start = {**{str(name): int(key) for name, key in record.get(ABOVE, {}).items()}, **told.start}


def _add(told: Told, name: str, key: str, count: int, total: int) -> None:
    if key == OLDER and told.covers_all:
        return
    if key == OLDER:
        told.older[name] = count
    before = told.sums.get(name, (0, 0))
    told.sums[name] = (before[0] + count, before[1] + total)


def _record(payload: str) -> dict[str, Any]:
    """The payload, empty where it was altered so that it cannot be read: the chain tells that."""
    try:
        record = json.loads(payload)
    except ValueError:
        return {}
    return record if isinstance(record, dict) else {}


def compare(database: Database, name: str, told: Told) -> Offence:
    """Look for rows that changed, went or came without an event, among those that are covered under a name."""
    ranges = sorted(told.ranges.get(name, {}).values())
    wanted = pa.Table.from_pylist(
        [dict(zip(_RANGES.names, one, strict=True)) for one in ranges], schema=_RANGES
    )  # fmt: skip
    above = told.start.get(name, ranges[0][0] - 1 if ranges else None)
    covered, table = COVERED[name], table_of(name)
    changed = database.joined(_changed(name, covered.key), wanted)
    # Without a word on where covering began, rows that no event tells of may be older than all that is told.
    limit = above if above is not None else 2**62
    is_all_told = told.covers_all and name in told.start
    came = database.joined(_came(table, covered.key), wanted, [0 if is_all_told else limit])
    # The first row of a table has the number 1.
    sql = f"SELECT count(*) FROM {table} WHERE {covered.key} BETWEEN 1 AND ?"  # sql: see COVERED
    older = database.rows(sql, [limit])[0][0]
    spans = [_narrowed(database, name, *row) for row in changed] + [(int(row[0]), int(row[0])) for row in came]
    return Offence(len(spans), _named(covered, *min(spans)) if spans else "", int(older))


def _narrowed(database: Database, name: str, first: int, last: int, count: int) -> tuple[int, int]:
    """First and last of the rows among which the wrong one is: where one is gone or there twice, exactly that one."""
    if first == last:
        return first, last
    key = COVERED[name].key
    sql = f"""SELECT id FROM (SELECT unnest(range($1, $2 + 1)) AS id) LEFT JOIN {table_of(name)} ON {key} = id
        GROUP BY id HAVING count({key}) > 1 OR (count({key}) = 0 AND $3) ORDER BY 1 LIMIT 1"""  # sql: see COVERED
    found = database.rows(sql, [first, last, count == last - first + 1])
    return (int(found[0][0]), int(found[0][0])) if found else (first, last)


def _named(covered: Covered, first: int, last: int) -> str:
    """The digest of many rows is one number: which of them was changed, it does not tell."""
    if first == last:
        return named(covered, str(first))
    return f"one of the {covered.plural or covered.word + 's'} {first}–{last}"


def named(covered: Covered, key: str) -> str:
    """What people call the row with this key."""
    return covered.named.format(key) if covered.named else f"{covered.word} {key}"


def _changed(name: str, key: str) -> str:
    """First and last keys of the ranges whose rows are not those that were told, and how many rows were."""
    return f"""WITH numbered AS (SELECT {key} AS id, {number_sql(name)} AS number FROM {table_of(name)}),
        found AS (SELECT w.first, count(*) AS count, sum(number) AS total
            FROM numbered n ASOF JOIN wanted w ON n.id >= w.first WHERE n.id <= w.last GROUP BY w.first)
        SELECT w.first, w.last, w.count FROM wanted w LEFT JOIN found f USING (first)
        WHERE coalesce(f.count, 0) <> w.count OR coalesce(f.total, 0) <> CAST(w.total AS HUGEINT)
        ORDER BY 1"""  # sql: see COVERED


def _came(table: str, key: str) -> str:
    """Keys above ``$1``, and of no row that the program makes, that no range holds."""
    return f"""SELECT n.id FROM (SELECT {key} AS id FROM {table} WHERE {key} > ? OR {key} < 1) n
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
