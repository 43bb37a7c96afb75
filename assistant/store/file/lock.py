"""The lock of a project folder: one owner at a time, for as long as it lives.

It is a lock of our own because DuckDB's goes away with any handle on the database file that this process closes. The
kernel drops it when its owner ends, however that happens, so nothing stale is left behind.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from tools.errors import ProjectInUse

LOCK = "project.lock"


class ProjectLock:
    """Held from the moment it is made until :meth:`release`; ``ProjectInUse`` where somebody else holds it."""

    def __init__(self, folder: Path) -> None:
        """Take the lock of a folder that exists."""
        self._fd = -1
        while not self._takes(folder / LOCK):
            pass

    def _takes(self, place: Path) -> bool:
        """Whether the lock was taken on the file that lies there now, and not on one that was removed meanwhile."""
        fd = os.open(place, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(fd)
        except (BlockingIOError, PermissionError):
            os.close(fd)
            raise in_use(place.parent) from None
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(fd), os.stat(place)):
                self._fd = fd
                return True
        os.close(fd)
        return False

    def release(self) -> None:
        """Let the next one in; may be called twice."""
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def __del__(self) -> None:
        """A holder that was forgotten keeps nobody out."""
        self.release()


if sys.platform == "win32":
    import msvcrt

    def _lock(fd: int) -> None:
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    def _lock(fd: int) -> None:
        # Of the whole file and bound to this handle: locks by fcntl would go with any other handle on the file.
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)


def in_use(folder: Path) -> ProjectInUse:
    """What is said to the second one."""
    return ProjectInUse(f"The project {folder.name} is open already; close it or use the page that serves it.")
