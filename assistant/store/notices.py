"""What the program has to tell everybody who works on the open project, kept in memory."""

from __future__ import annotations

import threading

_KEPT = 50


class Notices:
    """Numbered sentences. A restart forgets them: they speak of the running program only."""

    def __init__(self) -> None:
        """Start with none."""
        self._lock = threading.Lock()
        self._said: list[tuple[int, str]] = []
        self._last = 0

    @property
    def last(self) -> int:
        """Number of the latest one, 0 before the first."""
        return self._last

    def add(self, sentence: str) -> None:
        """Say something."""
        with self._lock:
            self._last += 1
            self._said = [*self._said, (self._last, sentence)][-_KEPT:]

    def after(self, number: int) -> list[str]:
        """Sentences with a higher number, oldest first."""
        return [sentence for at, sentence in self._said if at > number]
