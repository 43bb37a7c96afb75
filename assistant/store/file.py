"""The database file while it is open: opened again after a failure, refused when it is gone, folded when it grows."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import duckdb

from assistant.store import faults
from assistant.store.opening import connect
from assistant.store.private import closed_to_others, keep_private, prepare_like
from assistant.store.trouble import gone, is_invalid, said

_FOLD_AT = 16 * 1024 * 1024  # size of the log from which it is folded into the file
_Answer = TypeVar("_Answer")


class DatabaseFile:
    """One connection for the writer, cursors for readers; whoever makes it holds the project's lock.

    ``opened`` is called with the writer's cursor whenever the file was opened, at first or again.
    """

    cursor: duckdb.DuckDBPyConnection

    def __init__(
        self, path: Path, scratch: Path, memory_limit: str, opened: Callable[[duckdb.DuckDBPyConnection], None]
    ) -> None:
        """Open the file, or create it."""
        self.path, self._scratch, self._memory_limit, self._opened = path, scratch, memory_limit, opened
        self.lock = threading.RLock()
        self._log = path.with_name(f"{path.name}.wal")
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._is_invalid, self._is_copied = False, False
        self._copying = threading.Lock()
        self._fold_at = _FOLD_AT
        try:
            self._connect()
            self._identity = path.stat()
        except BaseException:
            self._disconnect()
            raise

    def _connect(self) -> None:
        if self.path.exists():
            keep_private(self.path)
            self._connection = connect(self.path, self._scratch, self._memory_limit)
        else:
            with closed_to_others():
                self._connection = connect(self.path, self._scratch, self._memory_limit)
        self._prepare_log()
        self.cursor = self._connection.cursor()
        try:
            self._opened(self.cursor)
        except duckdb.Error as error:
            raise said(error, self.path.parent) or error from error

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(duckdb.Error):
                connection.close()

    def close(self) -> None:
        """Fold the log into the file where that is possible, and let it go."""
        with self.lock:
            if self._connection is not None and not self._is_invalid and not self._is_copied and self.is_there():
                with contextlib.suppress(duckdb.Error):
                    self.cursor.execute("CHECKPOINT")
            self._disconnect()
            self._remove_empty_log()

    def _prepare_log(self) -> None:
        """Have the log ready before DuckDB makes one that everybody may read."""
        if self._connection is not None and self.path.exists():
            prepare_like(self._log, self.path)

    def _remove_empty_log(self) -> None:
        with contextlib.suppress(OSError):
            if self._log.stat().st_size == 0:
                self._log.unlink()

    def is_there(self) -> bool:
        """Whether the file lies where it lay when it was opened."""
        try:
            now = self.path.stat()
        except OSError:
            return False
        return (now.st_ino, now.st_dev) == (self._identity.st_ino, self._identity.st_dev)

    def ready(self) -> duckdb.DuckDBPyConnection:
        """The connection, opened again if a failure has ended it."""
        if self._is_invalid:
            with self.lock:
                self._again()
        if self._connection is None:
            raise duckdb.ConnectionException("Connection already closed")
        return self._connection

    def _again(self) -> None:
        if not self._is_invalid:
            return
        self._disconnect()
        self.refuse_gone()
        self._connect()
        self._is_invalid = False

    def refuse_gone(self) -> None:
        """:class:`ProjectGone` where the folder was moved or deleted."""
        if not self.is_there():
            raise gone(self.path.parent)

    def failed(self, error: duckdb.Error) -> Exception:
        """What to raise for it; remembers if the file has to be opened again."""
        self._is_invalid = self._is_invalid or (self._connection is not None and is_invalid(error))
        return said(error, self.path.parent) or error

    def give_up(self) -> None:
        """Open the file again before it is used the next time."""
        self._is_invalid = True

    def read(self, ask: Callable[[duckdb.DuckDBPyConnection], _Answer]) -> _Answer:
        """Ask on a cursor of its own; once more if the connection was ended by what happened elsewhere."""
        for is_last in (False, True):
            try:
                with self.ready().cursor() as cursor:
                    return ask(cursor)
            except duckdb.Error as error:
                told = self.failed(error)
                if is_last or not self._is_invalid:
                    raise told from error
        raise AssertionError

    def checkpoint(self) -> None:
        """Fold the write-ahead log into the file, unless the file is being copied."""
        with self.lock:
            if self._is_copied:
                return
            try:
                self.ready()
                self._fold()
            except duckdb.Error as error:
                self._is_invalid = True
                raise self.failed(error) from error

    def fold_if_large(self) -> None:
        """Fold the log into the file when it has grown; if that fails, what was committed is in the log as before."""
        size = self._log_size()
        if size < self._fold_at or self._is_copied or self._is_invalid:
            return
        self._fold_at = size + _FOLD_AT
        if shutil.disk_usage(self.path.parent).free < 2 * size:
            return
        try:
            self._fold()
        except duckdb.Error:
            self._is_invalid = True

    def _fold(self) -> None:
        faults.reach("before_checkpoint")
        self.cursor.execute("CHECKPOINT")
        self._prepare_log()
        self._fold_at = _FOLD_AT
        faults.reach("after_checkpoint")

    def _log_size(self) -> int:
        try:
            return self._log.stat().st_size
        except OSError:
            return 0

    def hold_still(self, look: Callable[[], _Answer]) -> tuple[_Answer, Callable[[], None]]:
        """Fold the log, ``look``, and keep the file as it is until the second of what is returned is called.

        Meanwhile what others write goes to the log.
        """
        self._copying.acquire()
        try:
            with self.lock:
                self.checkpoint()
                seen, self._is_copied = look(), True
        except BaseException:
            self._copying.release()
            raise

        def release() -> None:
            self._is_copied = False
            self._copying.release()

        return seen, release
