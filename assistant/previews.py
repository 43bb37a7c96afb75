"""Answers for somebody who points and looks: the newest question counts, older ones are given up."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tools.errors import Superseded

_MOST_SESSIONS = 1000


class Newest:
    """Which question of each session is the newest, and one at a time of each being answered."""

    def __init__(self) -> None:
        """Nobody has asked yet."""
        self._numbers: OrderedDict[str, int] = OrderedDict()
        self._turns: dict[str, threading.Lock] = {}
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, session: str) -> Iterator[Callable[[], bool]]:
        """Wait for one's turn in a session; gives a test whether the question is still the newest.

        :class:`Superseded` where a newer one came while this one waited, so that of many quick clicks only the first
        and the last are computed.
        """
        with self._lock:
            number = self._numbers.get(session, 0) + 1
            self._numbers[session] = number
            self._numbers.move_to_end(session)
            turn = self._turns.setdefault(session, threading.Lock())
            self._forget()

        def is_newest() -> bool:
            return self._numbers.get(session) == number

        with turn:
            if not is_newest():
                raise Superseded("A newer question took the place of this one.")
            yield is_newest
            if not is_newest():
                raise Superseded("A newer question took the place of this one.")

    def _forget(self) -> None:
        """The sessions that have been quiet for longest."""
        while len(self._numbers) > _MOST_SESSIONS:
            oldest = next(iter(self._numbers))
            if self._turns[oldest].locked():
                break
            del self._numbers[oldest], self._turns[oldest]
