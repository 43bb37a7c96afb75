"""The peer: sqlite3 with the same columns, its log written ahead and synced at each commit; no index on either side."""

from __future__ import annotations

import contextlib
import csv
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eval.bench.corpus import ANNOTATORS, DAYS, LABEL_COUNT, NAMES, START_S

VALUES = {name: f'{{"label":"{name}"}}' for name in NAMES}

# Times are whole microseconds, which sqlite3 compares and groups faster than text.
# sql: what sqlite3 is measured with
TABLES = """
CREATE TABLE items (item_id INTEGER, key TEXT, kind TEXT, text TEXT, parts TEXT, meta TEXT, import_id INTEGER,
    source_row INTEGER);
CREATE TABLE exposures (exposure_id INTEGER, item_id INTEGER, field TEXT, reviewer TEXT, kind TEXT,
    proposal_id INTEGER, session TEXT, inclusion_p REAL, adaptive INTEGER, issued_at INTEGER);
CREATE TABLE reviews (review_id INTEGER, exposure_id INTEGER, item_id INTEGER, field TEXT, reviewer TEXT, verdict TEXT,
    value TEXT, label TEXT, answer TEXT, proposal_id INTEGER, exposure TEXT, adaptive INTEGER, reason TEXT,
    regions TEXT, schema_version INTEGER, idempotency_key TEXT, action_id INTEGER, import_id INTEGER,
    adjudicates INTEGER, supersedes INTEGER, via TEXT, session TEXT, seconds REAL, made_at INTEGER);
CREATE TABLE undos (undo_id INTEGER, target TEXT, target_id INTEGER, undone INTEGER, actor TEXT, via TEXT, reason TEXT,
    made_at INTEGER);
CREATE TABLE audit (seq INTEGER, made_at TEXT, actor TEXT, kind TEXT, payload TEXT, prev_hash TEXT, hash TEXT);
"""
# The same meaning as the view of that name: what is not undone, the latest of each person, values only.
# sql: what sqlite3 is measured with
STANDING = """
CREATE VIEW undone AS SELECT target, target_id FROM undos u WHERE undone
    AND undo_id = (SELECT max(undo_id) FROM undos o WHERE o.target = u.target AND o.target_id = u.target_id);
CREATE VIEW live_reviews AS SELECT * FROM reviews
    WHERE review_id NOT IN (SELECT target_id FROM undone WHERE target = 'review')
    AND (action_id IS NULL OR action_id NOT IN (SELECT target_id FROM undone WHERE target = 'action'))
    AND (import_id IS NULL OR import_id NOT IN (SELECT target_id FROM undone WHERE target = 'import'));
CREATE VIEW standing AS SELECT * FROM live_reviews
    WHERE verdict IN ('accept', 'choose', 'edit') AND exposure <> 'probe'
    AND review_id NOT IN (SELECT supersedes FROM reviews WHERE supersedes IS NOT NULL);
CREATE VIEW annotations AS SELECT item_id, field,
    CASE WHEN max(adjudicates) OR min(answer) = max(answer) THEN 'agreed' ELSE 'conflict' END AS state,
    CASE WHEN min(answer) = max(answer) THEN min(label) END AS label,
    count(*) AS reviewers, max(made_at) AS made_at FROM standing GROUP BY item_id, field;
"""


def connect(path: Path) -> sqlite3.Connection:
    """A database file at the durability of ours: a commit that has returned survives a power cut."""
    database = sqlite3.connect(path)
    # sql: what sqlite3 is measured with
    database.execute("PRAGMA journal_mode = WAL")
    # sql: what sqlite3 is measured with
    database.execute("PRAGMA synchronous = FULL")
    # sql: what sqlite3 is measured with
    database.execute("PRAGMA mmap_size = 8000000000")
    return database


def import_csv(source: Path, target: Path) -> float:
    """Parse and check with Python's csv module, write the same tables; seconds from opening the file to the commit."""
    database = connect(target)
    database.executescript(TABLES)
    began = time.perf_counter()
    rows = list(_checked_rows(source))
    at = time.time_ns() // 1000
    with database:
        # sql: what sqlite3 is measured with
        database.executemany(
            "INSERT INTO items VALUES (?, ?, 'text', ?, '', ?, 1, ?)",
            ((n, row[0], row[1], row[4], n) for n, row in enumerate(rows, 1)),
        )
        # sql: what sqlite3 is measured with
        database.executemany(
            "INSERT INTO exposures VALUES (?, ?, 'label', ?, 'imported_unknown', NULL, '', NULL, 0, ?)",
            ((n, n, row[3], at) for n, row in enumerate(rows, 1)),
        )
        # sql: what sqlite3 is measured with
        database.executemany(
            "INSERT INTO reviews VALUES (?, ?, ?, 'label', ?, 'choose', ?, ?, ?, NULL, 'imported_unknown', 0, '', "
            "'{}', 1, '', NULL, 1, 0, NULL, 'cli', '', NULL, ?)",
            ((n, n, n, row[3], VALUES[row[2]], row[2], row[2], at) for n, row in enumerate(rows, 1)),
        )
    seconds = time.perf_counter() - began
    database.close()
    return seconds


def _checked_rows(source: Path) -> Iterator[tuple[str, str, str, str, str]]:
    """Key, text, label, annotator and meta of each row, under the checks that our import makes of every row."""
    encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
    seen: set[str] = set()
    with source.open(newline="", encoding="utf-8") as stream:
        reader = csv.reader(stream)
        width = len(next(reader))
        for row in reader:
            if len(row) != width:
                raise ValueError("a row is too short or too long")
            key, text, label, split, annotator = row
            key = key.strip()
            if key in seen or not text.strip() or label not in VALUES or not annotator or "\0" in text:
                raise ValueError(f"row {key} cannot be taken")
            seen.add(key)
            yield key, text, label, annotator, encode({"split": split})


# The arithmetic of corpus.py in SQL, so that ten million rows need no Python object each.
# sql: what sqlite3 is measured with
_FILL = f"""
WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ? * {ANNOTATORS}),
said AS (SELECT n, n / {ANNOTATORS} + 1 AS item, n % {ANNOTATORS} AS who FROM numbers),
told AS (SELECT n, item, who, 'label_' || ((item * 7 +
    CASE WHEN (item * 13 + who * 29) % 40 = 0 THEN who + 1 ELSE 0 END) % {LABEL_COUNT}) AS label FROM said)
INSERT INTO reviews SELECT n + 1, n + 1, item, 'label', 'annotator_' || who, 'choose', '{{"label":"' || label || '"}}',
    label, label, NULL, 'imported_independent', 0, '', '{{}}', 1, '', NULL, (item - 1) / 100000 + 1, 0, NULL, 'cli', '',
    NULL, ({START_S} + ((item * 37 + who * 11) % {DAYS}) * 86400 + item % 86400) * 1000000 FROM told"""  # noqa: S608


def fill(target: Path, items: int) -> None:
    """Write the reviews of the corpus, as fast as sqlite3 can; this is not measured."""
    database = connect(target)
    # sql: what sqlite3 is measured with
    database.executescript("PRAGMA synchronous = OFF;" + TABLES + STANDING)
    with database:
        database.execute(_FILL, [items])
    database.close()


# sql: what sqlite3 is measured with
_ROW = "INSERT INTO {} VALUES ({})"


def ask(database: sqlite3.Connection, sql: str) -> list[Any]:
    """All rows of a query."""
    return database.execute(sql).fetchall()


def commit_rows(target: Path, times: int) -> list[float]:
    """Seconds of each of so many commits of one review and one audit row."""
    seconds = []
    review, event = (_ROW.format(table, ",".join("?" * width)) for table, width in (("reviews", 24), ("audit", 7)))
    with contextlib.closing(connect(target)) as database:
        database.executescript(TABLES)
        for number in range(times):
            began = time.perf_counter()
            with database:
                database.execute(review, [number] * 24)
                database.execute(event, [number] * 7)
            seconds.append(time.perf_counter() - began)
    return seconds


def commit_together(target: Path, people: int, times: int) -> list[float]:
    """The same from so many threads at once, each with a connection of its own and ``times`` commits."""
    seconds: list[float] = []
    with contextlib.closing(connect(target)) as database:
        # sql: what sqlite3 is measured with
        database.executescript("PRAGMA journal_mode = WAL;" + TABLES)
    threads = [threading.Thread(target=_commit_often, args=(target, times, seconds)) for _ in range(people)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seconds


def _commit_often(target: Path, times: int, seconds: list[float]) -> None:
    review, event = (_ROW.format(table, ",".join("?" * width)) for table, width in (("reviews", 24), ("audit", 7)))
    with contextlib.closing(connect(target)) as database:
        # sql: what sqlite3 is measured with
        database.executescript("PRAGMA busy_timeout = 60000; PRAGMA synchronous = FULL;")
        for number in range(times):
            began = time.perf_counter()
            database.execute("BEGIN IMMEDIATE")
            database.execute(review, [number] * 24)
            database.execute(event, [number] * 7)
            database.commit()
            seconds.append(time.perf_counter() - began)
