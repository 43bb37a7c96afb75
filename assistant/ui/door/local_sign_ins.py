"""The browsers of the one local person, remembered over a restart of the server.

Whoever opened the printed address once has a random cookie. Its digest is kept in the project's cache folder, in a file
that only the owner of the account may read, so that a page that waited through a restart is let in again by itself.

What that means for safety: the cookie itself is in the browser alone and is of no use elsewhere; whoever can read the
file learns nothing that opens the page; whoever can write it can write the database beside it as well. A copy or a
backup of a project does not carry the file, deleting it locks every browser out until the printed address is opened
again, and it opens nothing as soon as the project has users, who sign in with a password. A cookie that was not used
for a week is forgotten. Browsers send cookies to every port of a computer: that was so before, and a program that
listens on this computer's loopback address runs as somebody who is let in here already.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

LOCAL_IDLE_SECONDS = 7 * 24 * 3600
_MOST = 50
# Using a cookie moves its time; writing that down once an hour is enough.
_WRITE_EVERY = 3600.0


class LocalSignIns:
    """Digests of the cookies of the local person and when each was used last."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        """Read what an earlier server left in ``folder``; what cannot be read is as good as absent."""
        self._file = folder / "sign_ins.json"
        self._clock = clock
        self._used = self._read()
        self._written = dict(self._used)

    def open(self) -> str:
        """A fresh cookie."""
        cookie = secrets.token_urlsafe(32)
        self._used[_digest(cookie)] = self._clock()
        self._write()
        return cookie

    def is_live(self, cookie: str) -> bool:
        """Whether the cookie lets its holder in; asking counts as using it."""
        key, now = _digest(cookie), self._clock()
        seen = self._used.get(key)
        if seen is None:
            return False
        if now - seen > LOCAL_IDLE_SECONDS:
            self.close(cookie)
            return False
        self._used[key] = now
        if now - self._written.get(key, 0.0) > _WRITE_EVERY:
            self._write()
        return True

    def close(self, cookie: str) -> None:
        """Make the cookie worthless."""
        if self._used.pop(_digest(cookie), None) is not None:
            self._write()

    def _read(self) -> dict[str, float]:
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))
            return {str(key): float(at) for key, at in found.items()}
        except (OSError, ValueError, AttributeError, TypeError):
            return {}

    def _write(self) -> None:
        newest = sorted(self._used.items(), key=lambda one: one[1])[-_MOST:]
        self._used = dict(newest)
        self._written = dict(newest)
        # Where the disk is full or the folder read-only, the sign-in holds until the server ends.
        with contextlib.suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._file.with_name(f"{self._file.name}.{secrets.token_hex(4)}")
            with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                json.dump(self._used, file)
            fresh.replace(self._file)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
