"""The database file while it is open: opened again after a failure, refused when it is gone, folded when it grows."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import duckdb

from assistant.store.file import faults
from assistant.store.file.opening import connect
from assistant.store.file.private import closed_to_others, keep_private, prepare_like
from assistant.store.file.trouble import FULL_SENTENCE, gone, is_full, is_invalid, misshapen, said, still_busy
from assistant.store.readers import Readers
from tools.errors import DiskFull

_FOLD_AT = 16 * 1024 * 1024  # size of the log from which it is folded into the file
_TRIES = 3  # of a question that the opening of the file breaks off
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
        self._readers = Readers()
        self._is_invalid, self._is_copied = False, False
        self._why: Exception | None = None
        self._copying = threading.Lock()
        self._fold_at = _FOLD_AT
        try:
            self._connect()
            self._identity = path.stat()
        except BaseException:
            self._disconnect()
            raise

    def _connect(self) -> None:
        """Open it and let readers in; where that fails, nothing of it is left open."""
        try:
            self._open()
        except BaseException as error:
            self._disconnect()
            if isinstance(error, OSError) and is_full(error):
                raise DiskFull(FULL_SENTENCE) from None
            raise

    def _open(self) -> None:
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
            raise said(error, self.path.parent) or misshapen(self.path.parent, error) from error
        self._readers.admit(self._connection)

    def _disconnect(self) -> bool:
        """Let the file go; false where somebody still reads from it."""
        is_left = self._readers.send_out()
        connection, self._connection = self._connection, None
        for one in (getattr(self, "cursor", None), connection):
            if one is not None:
                with contextlib.suppress(duckdb.Error):
                    one.close()
        return is_left

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
        if not self._disconnect():
            raise self._why or still_busy(self.path.parent)
        self.refuse_gone()
        self._connect()
        self._is_invalid, self._why = False, None

    def refuse_gone(self) -> None:
        """:class:`ProjectGone` where the folder was moved or deleted."""
        if not self.is_there():
            raise gone(self.path.parent)

    def failed(self, error: duckdb.Error) -> Exception:
        """What to raise for it; remembers if the file has to be opened again."""
        told = said(error, self.path.parent)
        if self._connection is not None and is_invalid(error):
            self._is_invalid = True
        if self._is_invalid:
            self._why = self._why or told
            return told or self._why or still_busy(self.path.parent)
        return told or error

    def give_up(self) -> None:
        """Open the file again before it is used the next time."""
        self._is_invalid = True

    def read(self, ask: Callable[[duckdb.DuckDBPyConnection], _Answer]) -> _Answer:
        """Ask on a cursor of its own; again if the file was let go meanwhile, for what happened elsewhere."""
        for tries_left in reversed(range(_TRIES)):
            self.ready()
            with self._readers.one() as cursor:
                if cursor is None:
                    continue
                try:
                    return ask(cursor)
                except duckdb.Error as error:
                    told = self.failed(error)
                    if not tries_left or not self._is_invalid:
                        raise told from error
        raise self._why or still_busy(self.path.parent)

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
