"""One DuckDB file, one writer: connections, transactions, ids and the audit chain inside each transaction."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from assistant.store import audit, faults
from assistant.store.migrations import MIGRATIONS, Migration
from tools.errors import ProjectDamaged, ProjectInUse
from tools.records import JsonValue, to_json

Params = Sequence[Any] | Mapping[str, Any]
Rows = list[tuple[Any, ...]]
_ROW_GROUP = 122_880  # DuckDB's own number of rows in a piece of a table

_ID_COLUMNS = {
    "items": "item_id",
    "imports": "import_id",
    "runs": "run_id",
    "replies": "reply_id",
    "proposals": "proposal_id",
    "exposures": "exposure_id",
    "reviews": "review_id",
    "undos": "undo_id",
    "gold_marks": "gold_id",
    "findings": "finding_id",
    "pending_actions": "action_id",
    "messages": "message_id",
    "jobs": "job_id",
}


def stored_time(moment: datetime) -> datetime:
    """UTC without a zone: what the TIMESTAMP columns hold."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def utc_now() -> datetime:
    """The present, timezone-aware."""
    return datetime.now(UTC)


class Transaction:
    """What can be done while the writer lock is held; committed as a whole or not at all."""

    def __init__(self, database: Database, cursor: duckdb.DuckDBPyConnection, now: datetime) -> None:
        """Made by :meth:`Database.write` only."""
        self._database = database
        self._cursor = cursor
        self.now = now
        self._events: list[tuple[str, str, str]] = []
        self._left_behind: list[str] = []

    def execute(self, sql: str, params: Params = ()) -> None:
        """Run one statement."""
        self._cursor.execute(sql, params)

    def rows(self, sql: str, params: Params = ()) -> Rows:
        """Rows as the transaction sees them."""
        return self._cursor.execute(sql, params).fetchall()

    def arrow(self, sql: str, params: Params = ()) -> pa.Table:
        """The result as an Arrow table, as the transaction sees it."""
        return self._cursor.sql(sql, params=params).to_arrow_table()

    def numpy(self, sql: str, params: Params = ()) -> dict[str, Any]:
        """The result as one NumPy array a column, as the transaction sees it."""
        return dict(self._cursor.execute(sql, params).fetchnumpy())

    def new_ids(self, table: str, count: int = 1) -> range:
        """The next ``count`` ids of a table."""
        return self._database.take_ids(table, count)

    def insert(self, table: str, **columns: Any) -> None:
        """Insert one row."""
        names = ", ".join(columns)
        marks = ", ".join("?" for _ in columns)
        sql = f"INSERT INTO {table} ({names}) VALUES ({marks})"  # sql: callers name table and columns in code
        self._cursor.execute(sql, list(columns.values()))

    def append(self, table: str, rows: pa.Table) -> None:
        """Insert many rows by column name, in order."""
        with self.staged("incoming", rows):
            self._cursor.execute(f"INSERT INTO {table} BY NAME SELECT * FROM incoming")  # sql: table is named in code

    @contextmanager
    def staged(self, name: str, rows: pa.Table) -> Iterator[None]:
        """Make an Arrow table readable under ``name`` for the statements inside."""
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
        """Add an audit event, written with this transaction; ids and digests only, no item text."""
        self._events.append((actor, kind, to_json(payload)))

    def write_events(self, seq: int, prev_hash: str) -> tuple[int, str]:
        """Link the recorded events to the chain; returns its new head."""
        at = self.now.isoformat()
        for actor, kind, payload in self._events:
            seq += 1
            digest = audit.link_hash(prev_hash, seq, at, actor, kind, payload)
            self.insert(
                "audit", seq=seq, made_at=at, actor=actor, kind=kind, payload=payload, prev_hash=prev_hash, hash=digest
            )
            prev_hash = digest
        return seq, prev_hash


# DuckDB lets one process open a file twice, but two owners would hand out the same ids.
_open_here: weakref.WeakValueDictionary[Path, Database] = weakref.WeakValueDictionary()
_opening = threading.Lock()


class Database:
    """The file, its one writer and any number of readers in this process."""

    def __init__(self, path: Path, scratch: Path, memory_limit: str = "1200MB") -> None:
        """Open or create the file, bring it to the newest migration and read the heads of ids and audit.

        Raises :class:`ProjectInUse` if another process, or this one, has it.
        """
        self.path = path
        self._lock = threading.RLock()
        scratch.mkdir(parents=True, exist_ok=True)
        with _opening:
            if path.resolve() in _open_here:
                raise _in_use(path)
            self._connection = _connect(path, scratch, memory_limit)
            _open_here[path.resolve()] = self
        try:
            self._cursor = self._connection.cursor()
            self._migrate()
            self._ids = {table: self._highest(table, column) for table, column in _ID_COLUMNS.items()}
            self._head = self._read_head()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Release the file."""
        with self._lock:
            self._connection.close()
            _open_here.pop(self.path.resolve(), None)

    def rows(self, sql: str, params: Params = ()) -> Rows:
        """All rows of a query, read on a cursor of its own."""
        with self._connection.cursor() as cursor:
            return cursor.execute(sql, params).fetchall()

    def described(self, sql: str, params: Params = ()) -> tuple[tuple[str, ...], Rows]:
        """Column names and rows of a query."""
        with self._connection.cursor() as cursor:
            cursor.execute(sql, params)
            names = tuple(column[0] for column in cursor.description or ())
            return names, cursor.fetchall()

    def arrow(self, sql: str, params: Params = ()) -> pa.Table:
        """The result of a query as an Arrow table."""
        with self._connection.cursor() as cursor:
            return cursor.sql(sql, params=params).to_arrow_table()

    def joined(self, sql: str, wanted: pa.Table, params: Params = ()) -> Rows:
        """Rows of a query that may name the table ``wanted``."""
        with self._connection.cursor() as cursor:
            cursor.register("wanted", wanted)
            return cursor.execute(sql, params).fetchall()

    def numpy(self, sql: str, params: Params = ()) -> dict[str, Any]:
        """The result of a query as one NumPy array a column."""
        with self._connection.cursor() as cursor:
            return dict(cursor.execute(sql, params).fetchnumpy())

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Hold the writer lock; commit at the end, roll everything back on any error, ids excepted."""
        with self._lock:
            self._cursor.execute("BEGIN TRANSACTION")
            transaction = Transaction(self, self._cursor, utc_now())
            try:
                yield transaction
                head = transaction.write_events(*self._head)
                faults.reach("before_commit")
                self._cursor.execute("COMMIT")
            except BaseException:
                self._cursor.execute("ROLLBACK")
                transaction.forget_staged()
                raise
            self._head = head
            faults.reach("after_commit")

    def take_ids(self, table: str, count: int) -> range:
        """Reserve ids; called inside :meth:`write`. A rolled-back transaction leaves a gap."""
        first = self._ids[table] + 1
        self._ids[table] += count
        return range(first, first + count)

    @property
    def audit_head(self) -> str:
        """Hash of the latest audit event."""
        return self._head[1]

    def audit_events(self) -> Iterator[tuple[int, str, str, str, str, str, str]]:
        """The audit chain in order, a block at a time."""
        with self._connection.cursor() as cursor:
            cursor.execute("SELECT seq, made_at, actor, kind, payload, prev_hash, hash FROM audit ORDER BY seq")
            while block := cursor.fetchmany(10_000):
                yield from block

    def checkpoint(self) -> None:
        """Fold the write-ahead log into the file."""
        with self._lock:
            faults.reach("before_checkpoint")
            self._cursor.execute("CHECKPOINT")
            faults.reach("after_checkpoint")

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """Hold the writer lock with the file checkpointed, so that it can be copied."""
        with self._lock:
            self.checkpoint()
            yield

    def _highest(self, table: str, column: str) -> int:
        sql = f"SELECT coalesce(max({column}), 0) FROM {table}"  # sql: both come from _ID_COLUMNS
        return int(self.rows(sql)[0][0])

    def _read_head(self) -> tuple[int, str]:
        found = self.rows("SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1")
        return (int(found[0][0]), str(found[0][1])) if found else (0, audit.GENESIS)

    def _migrate(self) -> None:
        self._cursor.execute(
            "CREATE TABLE IF NOT EXISTS migrations "
            "(number INTEGER NOT NULL, name VARCHAR NOT NULL, made_at TIMESTAMP NOT NULL)"
        )
        done = {int(row[0]) for row in self._cursor.execute("SELECT number FROM migrations").fetchall()}
        newest = MIGRATIONS[-1].number
        if done and max(done) > newest:
            raise ProjectDamaged(
                f"{self.path.parent.name} was written by a newer version of the program (step {max(done)}, this one "
                f"knows {newest}); install that version or a later one."
            )
        for migration in MIGRATIONS:
            if migration.number not in done:
                self._apply(migration)

    def _apply(self, migration: Migration) -> None:
        self._cursor.execute("BEGIN TRANSACTION")
        try:
            for statement in self._cursor.extract_statements(migration.sql):
                self._cursor.execute(statement)
            faults.reach("mid_migration")
            self._cursor.execute(
                "INSERT INTO migrations VALUES (?, ?, ?)", [migration.number, migration.name, stored_time(utc_now())]
            )
            self._cursor.execute("COMMIT")
        except BaseException:
            self._cursor.execute("ROLLBACK")
            raise


def _connect(path: Path, scratch: Path, memory_limit: str) -> duckdb.DuckDBPyConnection:
    # Nothing outside the file may be read or loaded by a query, and no query may change that.
    config: dict[str, str | bool | int | float | list[str]] = {
        "enable_external_access": "false",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "python_enable_replacements": "false",
        "memory_limit": memory_limit,
        "temp_directory": str(scratch),
        "lock_configuration": "true",
    }
    try:
        return duckdb.connect(str(path), config=config)
    except duckdb.IOException as error:
        if "lock" not in str(error).casefold():
            raise ProjectDamaged(f"{path} cannot be opened: {str(error).splitlines()[0]}.") from None
        raise _in_use(path) from None


def _in_use(path: Path) -> ProjectInUse:
    return ProjectInUse(f"The project {path.parent.name} is open already; close it or use the page that serves it.")
