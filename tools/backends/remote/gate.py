"""How many calls an endpoint is given at a time: more while it keeps pace, half as many after a time-out.

A small server of one's own answers one call after the other. What waits in its queue looks like a model that does not
answer, so the number of connections is learned (additive increase, multiplicative decrease: Chiu and Jain, 1989), and
on this machine or its network it also goes down when answers take longer the more calls are out.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

FIRST = 2
"""Calls at a time at first where the server is one's own."""

_CROWDED = 1.7
# Answers this quick are not worth a thought about queues.
_QUICK = 0.25
# A call that queues behind the others must still be answered well within its time.
_SHARE_OF_TIME = 0.7
_NEWS = 0.3
_LOOK = 0.2


@dataclass(frozen=True, slots=True)
class Ticket:
    """A call that is out: when it was sent and how many were out then, itself included."""

    sent: float
    beside: int


class Gate:
    """The connections of one endpoint, shared by every run of the process."""

    def __init__(self, is_own: bool, clock: Callable[[], float] = time.monotonic) -> None:
        """``is_own``: the server is on this machine or its network."""
        self._changed = threading.Condition()
        self._clock = clock
        self._is_own = is_own
        self._allowed: int | None = FIRST if is_own else None
        self._out = 0
        self._took: list[float] = []
        self._alone: float | None = None
        self._lowered = float("-inf")
        self._doubles = True

    @property
    def allowed(self) -> int | None:
        """How many may be out now; ``None``: as many as the settings say."""
        return self._allowed

    @contextmanager
    def place(self, most: int, look: Callable[[], None]) -> Iterator[None]:
        """Hold one of at most ``most`` connections; ``look`` is called while waiting and may raise to give up."""
        with self._changed:
            while self._out >= min(most, self._allowed or most):
                look()
                self._changed.wait(_LOOK)
            self._out += 1
        try:
            yield
        finally:
            with self._changed:
                self._out -= 1
                self._changed.notify_all()

    def ticket(self) -> Ticket:
        """A call is sent now."""
        with self._changed:
            return Ticket(self._clock(), self._out)

    def answered(self, ticket: Ticket, most: int, timeout: float) -> None:
        """An answer came; after as many as are allowed at a time it is settled whether that number is right."""
        with self._changed:
            took = self._clock() - ticket.sent
            self._know_alone(ticket, took, timeout)
            allowed = self._allowed
            if allowed is None or ticket.beside < min(allowed, most):
                return  # it had more of the server than a full house would leave it
            self._took.append(took)
            if len(self._took) >= min(allowed, most):
                self._allowed = self._settled(allowed, most, timeout)
                self._changed.notify_all()

    def _know_alone(self, ticket: Ticket, took: float, timeout: float) -> None:
        """How long an answer takes with nobody beside it, which the first call of all finds out."""
        if self._alone is None:
            self._alone = took
            if self._allowed is not None:
                # As many as a server that takes one after the other would answer in time.
                self._allowed = max(1, min(self._allowed, int(_SHARE_OF_TIME * timeout / max(took, 1e-6))))
        elif ticket.beside == 1:
            self._alone += _NEWS * (took - self._alone)

    def _settled(self, allowed: int, most: int, timeout: float) -> int:
        """The next number of calls, given how long the answers since the last change took."""
        usual, self._took = statistics.median(self._took), []
        assert self._alone is not None
        if self._is_own and usual > max(_QUICK, _CROWDED * self._alone):
            self._doubles = False
            return max(1, allowed - 1)
        more = min(most, allowed * 2 if self._doubles else allowed + 1)
        # At worst the server takes one after the other, so that all wait as long as their number.
        return more if more > allowed and usual * more / allowed < _SHARE_OF_TIME * timeout else min(allowed, most)

    def timed_out(self, ticket: Ticket, most: int) -> bool:
        """No answer came in time. Whether the call may have waited behind others, which says nothing of the model."""
        with self._changed:
            now = min(most, self._allowed or most)
            # Those that were sent before the number went down are no news.
            if ticket.sent > self._lowered:
                self._allowed, self._doubles = max(1, now // 2), False
                self._lowered, self._took = self._clock(), []
            return ticket.beside > 1 or now > 1
