"""One DuckDB file, one writer: connections, ids, and one transaction at a time with its part of the audit chain."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from assistant.store.chain import audit
from assistant.store.chain.covering_begins import begin_covering, steps_to_tell
from assistant.store.chain.head import HEAD, Head, HeadNote, put_back, read_note
from assistant.store.file import faults
from assistant.store.file.clock import utc_now
from assistant.store.file.file import DatabaseFile
from assistant.store.file.grouping import Group
from assistant.store.file.lock import ProjectLock
from assistant.store.file.migrating import migrate
from assistant.store.file.opening import refuse_loss, stored_head
from assistant.store.file.private import make_like
from assistant.store.file.transaction import Params, Rows, Transaction
from assistant.store.file.trouble import entries_missing, misshapen
from tools.errors import InputError
from tools.writable import HALF_CHARACTER

_T = TypeVar("_T")

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


class Database:
    """The file, its one writer and any number of readers in this process."""

    def __init__(self, path: Path, scratch: Path, memory_limit: str = "1200MB", *, accept_loss: bool = False) -> None:
        """Open or create the file, bring it to the newest migration and read the heads of ids and audit.

        Raises :class:`ProjectInUse` if another process, or this one, has it, and :class:`EntriesMissing` where the
        file holds less than was noted beside it, unless ``accept_loss``.
        """
        self.path = path
        self._group = Group(self.write)
        self._types: dict[str, dict[str, str]] = {}
        make_like(scratch, path.parent)
        self._held = ProjectLock(path.parent)
        self._note = HeadNote(path.parent)
        self._ids: dict[str, int] = {}
        self._committed_ids: dict[str, int] = {}
        self._head = Head(0, audit.GENESIS)
        self._migrated: list[int] = []
        self._accept_loss = accept_loss
        try:
            noted, self.note_problem = read_note(path.parent)
            self._file = DatabaseFile(path, scratch, memory_limit, self._opened)
        except BaseException:
            self._let_go()
            raise
        self._lock = self._file.lock
        try:
            self._begin(noted)
        except duckdb.Error as error:
            self.close()
            raise misshapen(path.parent, error) from error
        except BaseException:
            self.close()
            raise

    def _begin(self, noted: Head | None) -> None:
        """Compare with what was noted, and tell the audit of the steps that were just applied."""
        if noted is not None:
            self.note_problem = put_back(self, noted)
        if steps := steps_to_tell(self, self._migrated):
            begin_covering(self, steps)
        if not self.note_problem and noted is None and not self._migrated:
            self.note_problem = f"the note of the newest entry ({HEAD}) is missing"
        if self._migrated or self._accept_loss:
            self._note.write(self._head)

    def _opened(self, cursor: duckdb.DuckDBPyConnection) -> None:
        """Look at the file that was just opened, at first or after a failure."""
        if not self._accept_loss:
            refuse_loss(cursor, self.path.parent)
        self._migrated += migrate(cursor, self.path.parent)
        head = stored_head(cursor)
        if head.seq < self._head.seq:
            raise entries_missing(self.path.parent, head.seq, self._head.seq)
        self._head = head
        for table, column in _ID_COLUMNS.items():
            sql = f"SELECT coalesce(max({column}), 0) FROM {table}"  # sql: both come from _ID_COLUMNS
            highest = cursor.execute(sql).fetchall()[0][0]
            self._ids[table] = max(self._ids.get(table, 0), int(highest))
        self._committed_ids = dict(self._ids)

    def close(self) -> None:
        """Release the project."""
        self._file.close()
        self._let_go()

    def _let_go(self) -> None:
        self._note.close()
        self._held.release()

    def rows(self, sql: str, params: Params = ()) -> Rows:
        """All rows of a query, read on a cursor of its own."""
        return self._file.read(lambda cursor: cursor.execute(sql, params).fetchall())

    def described(self, sql: str, params: Params = ()) -> tuple[tuple[str, ...], Rows]:
        """Column names and rows of a query."""

        def ask(cursor: duckdb.DuckDBPyConnection) -> tuple[tuple[str, ...], Rows]:
            cursor.execute(sql, params)
            names = tuple(column[0] for column in cursor.description or ())
            return names, cursor.fetchall()

        return self._file.read(ask)

    def arrow(self, sql: str, params: Params = ()) -> pa.Table:
        """The result of a query as an Arrow table."""
        return self._file.read(lambda cursor: cursor.sql(sql, params=params).to_arrow_table())

    def joined(self, sql: str, wanted: pa.Table, params: Params = ()) -> Rows:
        """Rows of a query that may name the table ``wanted``."""

        def ask(cursor: duckdb.DuckDBPyConnection) -> Rows:
            cursor.register("wanted", wanted)
            return cursor.execute(sql, params).fetchall()

        return self._file.read(ask)

    def numpy(self, sql: str, params: Params = ()) -> dict[str, Any]:
        """The result of a query as one NumPy array a column."""
        return self._file.read(lambda cursor: dict(cursor.execute(sql, params).fetchnumpy()))

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Hold the writer lock; commit at the end, roll everything back on any error, ids excepted.

        :class:`DiskFull` if there was no room, :class:`ProjectGone` if the folder is not there any more.
        """
        with self._lock:
            try:
                self._file.ready()
                self._file.refuse_gone()
                with self._transaction() as transaction:
                    yield transaction
            except UnicodeEncodeError:
                raise InputError(HALF_CHARACTER) from None
            except duckdb.Error as error:
                if "surrogate" in str(error):
                    raise InputError(HALF_CHARACTER) from None
                raise self._file.failed(error) from error
            # What was written to a file that nobody can find any more must not be acknowledged.
            self._file.refuse_gone()
            self._note.write(self._head)
            self._file.fold_if_large()

    @contextmanager
    def _transaction(self) -> Iterator[Transaction]:
        cursor = self._file.cursor
        cursor.execute("BEGIN TRANSACTION")
        transaction = Transaction(self, cursor, utc_now())
        try:
            yield transaction
            head = Head(*transaction.write_events(self._head.seq, self._head.hash))
            faults.reach("before_commit")
            cursor.execute("COMMIT")
        except BaseException:
            self._roll_back(cursor, transaction)
            raise
        self._head = head
        self._committed_ids = dict(self._ids)
        for hook in transaction.hooks:
            hook()
        faults.reach("after_commit")

    def _roll_back(self, cursor: duckdb.DuckDBPyConnection, transaction: Transaction) -> None:
        try:
            cursor.execute("ROLLBACK")
            transaction.forget_staged()
        except duckdb.Error:
            # There is nothing to roll back any more: the failure has ended the connection.
            self._file.give_up()

    @contextmanager
    def nobody_writes(self) -> Iterator[None]:
        """Have everybody wait who wants to write; it must be short."""
        with self._lock:
            yield

    def together(self, work: Callable[[Transaction], _T]) -> _T:
        """Carry out a short write, in one commit with others that wait at the same time; on disk when this returns.

        ``work`` must obey :meth:`Group.run`.
        """
        return self._group.run(work)

    def newest_id(self, table: str) -> int:
        """The highest id of a table that may be committed; unchanged as long as nothing was added to the table."""
        return self._committed_ids[table]

    def types_of(self, table: str) -> dict[str, str]:
        """Type of each column of a table."""
        if table not in self._types:
            rows = self.rows("SELECT column_name, data_type FROM duckdb_columns() WHERE table_name = ?", [table])
            self._types[table] = {str(name): str(kind) for name, kind in rows}
        return self._types[table]

    def take_ids(self, table: str, count: int) -> range:
        """Reserve ids; called inside :meth:`write`. A rolled-back transaction leaves a gap."""
        first = self._ids[table] + 1
        self._ids[table] += count
        return range(first, first + count)

    @property
    def audit_head(self) -> str:
        """Hash of the latest audit event."""
        return self._head.hash

    @property
    def audit_seq(self) -> int:
        """Number of the latest audit event."""
        return self._head.seq

    def audit_events(self) -> Iterator[tuple[int, str, str, str, str, str, str]]:
        """The audit chain in order, a block at a time."""
        # No cursor stays open between two blocks: whoever wants to open the file again waits for those who read.
        upto = "SELECT max(seq) FROM (SELECT seq FROM audit WHERE seq > ? ORDER BY seq LIMIT 10000)"
        block = """SELECT seq, made_at, actor, kind, payload, prev_hash, hash FROM audit
            WHERE seq > ? AND seq <= ? ORDER BY seq"""
        seq = -(2**63)
        while (last := self.rows(upto, [seq])[0][0]) is not None:
            yield from self.rows(block, [seq, last])
            seq = int(last)

    def checkpoint(self) -> None:
        """Fold the write-ahead log into the file, unless the file is being copied."""
        self._file.checkpoint()

    @contextmanager
    def held_still(self) -> Iterator[Head]:
        """The file as of its newest event, which it keeps to the end; meanwhile what others write goes to the log."""
        head, release = self._file.hold_still(lambda: self._head)
        try:
            yield head
        finally:
            release()
