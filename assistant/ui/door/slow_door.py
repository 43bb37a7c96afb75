"""Passwords are slow to check on purpose: a few at a time, on threads of their own, so that nobody else waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import anyio
import anyio.to_thread

from assistant.ui.problems import TooManyTries

AT_ONCE = 2
"""Each takes 19 MiB and a core while it is checked."""

_MOST_WAITING = 1000
Found = TypeVar("Found")


class SlowDoor:
    """Runs what checks or makes a password; one for a server."""

    def __init__(self) -> None:
        """The limiter is made in the event loop that uses it."""
        self._limiter: anyio.CapacityLimiter | None = None
        self._waiting = 0

    async def run(self, work: Callable[[], Found]) -> Found:
        """Wait for a place, then run on a thread that no other request is served by."""
        if self._limiter is None:
            self._limiter = anyio.CapacityLimiter(AT_ONCE)
        if self._waiting >= _MOST_WAITING:
            raise TooManyTries("Very many people are signing in just now; try again in a few seconds.", 5)
        self._waiting += 1
        try:
            return await anyio.to_thread.run_sync(work, limiter=self._limiter)
        finally:
            self._waiting -= 1
