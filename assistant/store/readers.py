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


class _Reader:
    """Somebody who asks a question; the cursor is there as soon as it could be opened."""

    __slots__ = ("cursor",)

    def __init__(self) -> None:
        self.cursor: duckdb.DuckDBPyConnection | None = None


class Readers:
    """The cursors on which somebody reads; every method may be called from any thread."""

    def __init__(self) -> None:
        """Nothing is open yet."""
        self._changed = threading.Condition()
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._there = set[_Reader]()

    def admit(self, connection: duckdb.DuckDBPyConnection) -> None:
        """From now on people read here."""
        with self._changed:
            self._connection = connection

    @contextmanager
    def one(self) -> Iterator[duckdb.DuckDBPyConnection | None]:
        """A cursor for one question; ``None`` where nobody is admitted."""
        reader = _Reader()
        with self._changed:
            connection = self._connection
            if connection is not None:
                self._there.add(reader)
        if connection is None:
            yield None
            return
        # Whoever is counted is waited for: the connection stays open, and others need not wait for this cursor.
        try:
            reader.cursor = connection.cursor()
            yield reader.cursor
        finally:
            self._leave(reader)

    def _leave(self, reader: _Reader) -> None:
        try:
            if reader.cursor is not None:
                reader.cursor.close()
        finally:
            with self._changed:
                self._there.discard(reader)
                if self._connection is None:
                    self._changed.notify_all()

    def send_out(self) -> bool:
        """Admit nobody any more and wait until nobody reads; long questions are broken off. False where some go on."""
        with self._changed:
            self._connection = None
            if self._changed.wait_for(lambda: not self._there, _GRACE_SECONDS):
                return True
            until = time.monotonic() + _PATIENCE_SECONDS
            while self._there and time.monotonic() < until:
                for reader in self._there:
                    if reader.cursor is not None:
                        reader.cursor.interrupt()
                self._changed.wait(0.05)
            return not self._there
