"""What can be done in one write, and what its part of the audit chain tells of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Protocol

import duckdb
import pyarrow as pa

from assistant.store.chain import audit
from assistant.store.chain.covering import NAMES, Cover
from assistant.store.chain.covering_rows import cover_older, cover_rows, cover_sums
from assistant.store.file.inserting import insert_sql
from tools.records import JsonValue, to_json

Params = Sequence[Any] | Mapping[str, Any]
Rows = list[tuple[Any, ...]]
_ROW_GROUP = 122_880  # DuckDB's own number of rows in a piece of a table


class TableBook(Protocol):
    """Who knows of each table which ids are free and what its columns hold."""

    def take_ids(self, table: str, count: int) -> range:
        """Reserve ids."""

    def types_of(self, table: str) -> dict[str, str]:
        """Type of each column."""


class Transaction:
    """What can be done while the writer lock is held; committed as a whole or not at all."""

    def __init__(self, tables: TableBook, cursor: duckdb.DuckDBPyConnection, now: datetime) -> None:
        """Made by ``Database.write`` only."""
        self._tables = tables
        self._cursor = cursor
        self.now = now
        self._events: list[tuple[str, str, str]] = []
        self._cover = Cover()
        self._left_behind: list[str] = []
        # Rows that wait for their statement: those of one table are inserted together.
        self._rows_of: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        self.hooks: list[Callable[[], None]] = []
        self.told: dict[Any, Any] = {}
        """What writes that share this transaction must know of one another."""

    def after(self, hook: Callable[[], None]) -> None:
        """Have something done once this is committed, before anybody else may write; it must be quick."""
        self.hooks.append(hook)

    def execute(self, sql: str, params: Params = ()) -> None:
        """Run one statement."""
        self.flush()
        self._cursor.execute(sql, params)

    def rows(self, sql: str, params: Params = ()) -> Rows:
        """Rows as the transaction sees them."""
        self.flush()
        return self._cursor.execute(sql, params).fetchall()

    def arrow(self, sql: str, params: Params = ()) -> pa.Table:
        """The result as an Arrow table, as the transaction sees it."""
        self.flush()
        return self._cursor.sql(sql, params=params).to_arrow_table()

    def numpy(self, sql: str, params: Params = ()) -> dict[str, Any]:
        """The result as one NumPy array a column, as the transaction sees it."""
        self.flush()
        return dict(self._cursor.execute(sql, params).fetchnumpy())

    def new_ids(self, table: str, count: int = 1) -> range:
        """The next ``count`` ids of a table."""
        return self._tables.take_ids(table, count)

    def insert(self, table: str, **columns: Any) -> None:
        """Insert one row; it is there for every later statement of this transaction."""
        self._rows_of.setdefault((table, *columns), []).append(tuple(columns.values()))
        self._cover.add(table, columns)

    def flush(self) -> None:
        """Send the rows that wait, one statement a table."""
        waiting, self._rows_of = self._rows_of, {}
        for (table, *columns), rows in waiting.items():
            sql, params = insert_sql(table, columns, self._tables.types_of(table), rows)
            self._cursor.execute(sql, params)

    def cover(self, table: str, first: int, last: int) -> None:
        """Have the next event tell of the rows with these keys, which were just written by a statement."""
        for name in NAMES[table]:
            cover_rows(self, self._cover, name, first, last)

    @contextmanager
    def changing(self, table: str, condition: str, params: Params) -> Iterator[None]:
        """Have the next event tell what becomes of the rows that meet a condition; inside, none of them is inserted."""
        cover_sums(self, self._cover, table, condition, params, -1)
        yield
        cover_sums(self, self._cover, table, condition, params, 1)

    def cover_older(self, name: str, last: int | None = None) -> None:
        """Have the next event tell of all rows that are there, up to a key where one is named."""
        cover_older(self, self._cover, name, last)

    def append(self, table: str, rows: pa.Table) -> None:
        """Insert many rows by column name, in order."""
        with self.staged("incoming", rows):
            self._cursor.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")  # sql: table is named in code

    @contextmanager
    def staged(self, name: str, rows: pa.Table) -> Iterator[None]:
        """Make an Arrow table readable under ``name`` for the statements inside."""
        self.flush()
        # A batch is what one thread reads, so a table in one piece would be read by one thread.
        self._cursor.register(name, pa.Table.from_batches(rows.to_batches(max_chunksize=_ROW_GROUP), rows.schema))
        try:
            yield
        except BaseException:
            # DuckDB takes no name away in a transaction that failed, and says so instead of what failed.
            self._left_behind.append(name)
            raise
        self._cursor.unregister(name)

    def forget_staged(self) -> None:
        """Take away the names that a failure left behind; called after the roll-back."""
        for name in self._left_behind:
            self._cursor.unregister(name)

    def record(self, actor: str, kind: str, payload: Mapping[str, JsonValue]) -> None:
        """Add an audit event, written with this transaction; ids and digests only, no item text.

        It tells of the rows that were inserted since the event before it.
        """
        self._events.append((actor, kind, to_json({**payload, **self._cover.tell()})))

    def write_events(self, seq: int, prev_hash: str) -> tuple[int, str]:
        """Link the recorded events to the chain; returns its new head."""
        at = self.now.isoformat()
        if rest := self._cover.tell():
            self._events.append(("program", "rows", to_json(rest)))
        for actor, kind, payload in self._events:
            seq += 1
            digest = audit.link_hash(prev_hash, seq, at, actor, kind, payload)
            self.insert(
                "audit", seq=seq, made_at=at, actor=actor, kind=kind, payload=payload, prev_hash=prev_hash, hash=digest
            )
            prev_hash = digest
        self.flush()
        return seq, prev_hash
