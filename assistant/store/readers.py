"""Who reads from the database file now, so that it is let go only when nobody does.

DuckDB keeps the file open as long as a query runs in it, on whichever cursor: opened again meanwhile, the path gives
the same instance back, with the failure that it has to be opened again for.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

_GRACE_SECONDS = 0.5
_PATIENCE_SECONDS = 10.0


class Readers:
    """The cursors on which somebody reads; every method may be called from any thread."""

    def __init__(self) -> None:
        """Nothing is open yet."""
        self._changed = threading.Condition()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._cursors = list[duckdb.DuckDBPyConnection]()

    def admit(self, connection: duckdb.DuckDBPyConnection) -> None:
        """From now on people read here."""
        with self._changed:
            self._connection = connection

    @contextmanager
    def one(self) -> Iterator[duckdb.DuckDBPyConnection | None]:
        """A cursor for one question; ``None`` where nobody is admitted."""
        with self._changed:
            cursor = self._connection.cursor() if self._connection is not None else None
            if cursor is not None:
                self._cursors.append(cursor)
        try:
            yield cursor
        finally:
            if cursor is not None:
                self._leave(cursor)

    def _leave(self, cursor: duckdb.DuckDBPyConnection) -> None:
        try:
            cursor.close()
        finally:
            with self._changed:
                self._cursors = [one for one in self._cursors if one is not cursor]
                self._changed.notify_all()

    def send_out(self) -> bool:
        """Admit nobody any more and wait until nobody reads; long questions are broken off. False where some go on."""
        with self._changed:
            self._connection = None
            if self._changed.wait_for(lambda: not self._cursors, _GRACE_SECONDS):
                return True
            until = time.monotonic() + _PATIENCE_SECONDS
            while self._cursors and time.monotonic() < until:
                for cursor in self._cursors:
                    cursor.interrupt()
                self._changed.wait(0.05)
            return not self._cursors
