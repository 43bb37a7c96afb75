"""The newest audit event, noted beside the database: what was lost from the database is missed.

The note is written after each commit and synced within a second. It may stay behind the database by what was committed
last; the database never stays behind the note unless something was lost.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

HEAD = "project.head"
_LONGEST_BEHIND = timedelta(seconds=60)
_SYNC_AFTER = 1.0  # a sync with every commit would make each decision wait for the disk a second time


@dataclass(frozen=True, slots=True)
class Head:
    """Number and hash of an audit event; ``seq`` 0 stands for an audit without events."""

    seq: int
    hash: str

    def line(self) -> bytes:
        """The note as it is stored."""
        said = f"{self.seq:020d} {self.hash}"
        return f"{said} {_check(said)}\n".encode()


def _check(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def read_note(folder: Path) -> tuple[Head | None, str]:
    """What is noted, and a sentence where the note cannot be read; without a file there is neither."""
    try:
        said, _, check = (folder / HEAD).read_text(encoding="ascii").rstrip("\n").rpartition(" ")
    except FileNotFoundError:
        return None, ""
    except (OSError, ValueError):
        said, check = "", "-"
    seq, _, digest = said.partition(" ")
    if _check(said) != check or not seq.isdigit():
        return None, f"the note of the newest entry ({HEAD}) cannot be read"
    return Head(int(seq), digest), ""


def put_back(reader: Any, noted: Head) -> str:
    """A sentence where the note says less than it must have said once, while the database went on."""
    sql = "SELECT count(*), arg_min(made_at, seq), arg_max(made_at, seq) FROM audit WHERE seq > ?"
    count, first, last = reader.rows(sql, [noted.seq])[0]
    try:
        behind = datetime.fromisoformat(last) - datetime.fromisoformat(first) if count else timedelta()
    except (ValueError, TypeError):
        return ""  # altered by hand, which the chain tells
    # Only what was committed within the last second can be missing from it, after a power loss.
    if behind <= _LONGEST_BEHIND:
        return ""
    return f"the note of the newest entry ({HEAD}) is {count:,} entries old: it was put back, or could not be written"


class HeadNote:
    """Keeps the note of one project."""

    def __init__(self, folder: Path) -> None:
        """Nothing is written before the first :meth:`write`."""
        self._place = folder / HEAD
        self._fd = -1
        self._steering = threading.Lock()
        self._unsynced = threading.Event()
        self._is_closed = threading.Event()
        self._syncing: threading.Thread | None = None

    def write(self, head: Head) -> None:
        """Note a head that is on disk already. A note that cannot be written stays behind, which is no damage."""
        with self._steering, contextlib.suppress(OSError):
            if self._fd < 0:
                self._fd = os.open(self._place, os.O_RDWR | os.O_CREAT, 0o600)
            os.pwrite(self._fd, head.line(), 0)
            self._unsynced.set()
            if self._syncing is None:
                self._syncing = threading.Thread(target=self._sync_often, name="head", daemon=True)
                self._syncing.start()

    def close(self) -> None:
        """Sync and let go."""
        self._is_closed.set()
        self._unsynced.set()
        if self._syncing is not None:
            self._syncing.join()
        with self._steering:
            self._sync()
            fd, self._fd = self._fd, -1
            if fd >= 0:
                os.close(fd)

    def _sync_often(self) -> None:
        while self._unsynced.wait() and not self._is_closed.wait(_SYNC_AFTER):
            self._unsynced.clear()
            self._sync()

    def _sync(self) -> None:
        if self._fd >= 0:
            with contextlib.suppress(OSError):
                os.fsync(self._fd)
