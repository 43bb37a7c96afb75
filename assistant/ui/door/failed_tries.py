"""Wrong passwords in the project's record: that they happened and how often, not a row for each.

A name is written only where somebody bears it: what else is typed there is often a password.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from assistant.ui.ports import Users
from tools.errors import NotFound

_EVERY_SECONDS = 60.0


class FailedTries:
    """Counts wrong passwords; the first of a person is written at once, then one row a minute at most."""

    def __init__(self, users: Users, clock: Callable[[], float] = time.monotonic) -> None:
        """Keep where to write."""
        self._users, self._clock = users, clock
        self._waiting: dict[str, tuple[int, str]] = {}
        self._written: dict[str, float] = {}
        self._lock = threading.Lock()

    def note(self, name: str, address: str) -> None:
        """Remember a wrong password, and write what is due."""
        try:
            person = self._users.find(name).name
        except NotFound:
            person = ""
        with self._lock:
            count, _ = self._waiting.get(person, (0, ""))
            self._waiting[person] = (count + 1, address)
            is_due = self._clock() - self._written.get(person, -_EVERY_SECONDS) >= _EVERY_SECONDS
        if is_due:
            self.write()

    def write(self) -> None:
        """Write what was not written yet."""
        with self._lock:
            waiting, self._waiting = self._waiting, {}
            self._written.update(dict.fromkeys(waiting, self._clock()))
        for person, (count, address) in waiting.items():
            self._users.note(person or "nobody", "sign_in_failed", {"name": person, "count": count, "address": address})
