"""Turns of the chat over all people: so many at once, the rest in the order in which they came.

A person has one sentence here at a time, whatever else of theirs waits in their chat. So one who said twenty things
holds back nobody's first: after each answer their next sentence stands behind everybody else's.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Hashable

AT_ONCE = 16
_OF_ONE = 2
"""A turn that was stopped may still be at its last step while the person's next one begins."""


class Turns:
    """Threads for turns; every method may be called from any thread and returns at once."""

    def __init__(self, at_once: int = AT_ONCE) -> None:
        """Nobody says anything yet."""
        self._at_once = at_once
        self._lock = threading.Lock()
        self._waiting: list[tuple[Hashable, Callable[[], None]]] = []
        self._running: Counter[Hashable] = Counter()

    def take(self, whose: Hashable, turn: Callable[[], None]) -> None:
        """Carry out a turn of a chat in a thread, as soon as it is this one's time."""
        with self._lock:
            self._waiting.append((whose, turn))
            self._begin()

    def _begin(self) -> None:
        while self._running.total() < self._at_once:
            at = next((at for at, (whose, _) in enumerate(self._waiting) if self._running[whose] < _OF_ONE), None)
            if at is None:
                return
            whose, turn = self._waiting.pop(at)
            self._running[whose] += 1
            threading.Thread(target=self._carry_out, args=(whose, turn), name="chat", daemon=True).start()

    def _carry_out(self, whose: Hashable, turn: Callable[[], None]) -> None:
        try:
            turn()
        finally:
            with self._lock:
                self._running[whose] -= 1
                self._running += Counter()  # forgets whoever says nothing
                self._begin()
