"""Calls side by side within one budget: one that finds no room waits for those that are out before it gives up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from tools.errors import BudgetSpent

Made = TypeVar("Made")


class Room:
    """What is reserved for calls in flight is more than they will take, so a full budget may have room again soon."""

    def __init__(self) -> None:
        """Nobody is at work."""
        self._changed = threading.Condition()
        self._at_work = 0
        self._settled = 0

    def work(self, task: Callable[[], Made]) -> Made:
        """Do a task that may find the budget full; :class:`BudgetSpent` once nobody else can make room."""
        while True:
            with self._changed:
                self._at_work += 1
                before = self._settled
            try:
                made = task()
            except BudgetSpent:
                if not self._is_worth_waiting(before):
                    raise
            except BaseException:
                self._leave()
                raise
            else:
                self._leave()
                return made

    def _leave(self) -> None:
        with self._changed:
            self._at_work -= 1
            self._settled += 1
            self._changed.notify_all()

    def _is_worth_waiting(self, before: int) -> bool:
        """Wait until another task has ended; false where none is left and none ended meanwhile."""
        with self._changed:
            self._at_work -= 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self._settled > before or self._at_work == 0)
            return self._settled > before
