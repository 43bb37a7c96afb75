"""What the calls to one endpoint share while the process lives: how it wants to be asked, and when it may be.

A limit of requests is a limit of the whole key, so a server that names a time to wait holds back every call to it, not
only the one it refused; what it leaves open is a pause of that call alone, twice as long each time and spread at random
so that calls refused together do not come back together (Brooker, "Exponential backoff and jitter", 2015).
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tools.backends.remote.dialect import Dialect
from tools.backends.remote.gate import Gate
from tools.backends.remote.http import is_own
from tools.backends.remote.room import Room
from tools.sentences import seconds_of

_LONGEST_PAUSE = 60.0
_LOOK = 0.2
# Shorter waits are over before anybody has read of them.
_WORTH_SAYING = 2.0
_FIRST_PAUSE = 0.5
_SPREAD = 0.25
_SURE = 3


class Terms:
    """The terms of one endpoint and model; one object for all threads."""

    def __init__(self, gate: Gate) -> None:
        """Nothing is known yet. ``gate`` is shared with the other models of the endpoint: they queue together."""
        self._lock = threading.Lock()
        self._first = threading.Lock()
        self._is_probed = False
        self._dialect: Dialect | None = None
        self._weaker = 0
        self._free_at = float("-inf")
        self.gate = gate
        self.room = Room()

    @property
    def dialect(self) -> Dialect | None:
        """What worked before, ``None`` where nothing did yet."""
        return self._dialect

    def worked(self, dialect: Dialect) -> None:
        """Remember what worked. One call that needed something weaker is its own affair; several in a row are not."""
        with self._lock:
            if self._dialect is None or self._dialect == dialect:
                self._dialect, self._weaker = dialect, 0
                return
            self._weaker += 1
            if self._weaker >= _SURE:
                self._dialect, self._weaker = dialect, 0

    @contextmanager
    def in_turn(self) -> Iterator[None]:
        """Ask alone until the first answer of any kind is there: one call finds out how to ask, for all of them."""
        if not self._is_probed:
            with self._first:
                # Whoever queued here while the first asked goes on beside the others.
                is_first = not self._is_probed
                if is_first:
                    yield
            if is_first:
                return
        yield

    def probed(self) -> None:
        """The endpoint answered or failed for a reason that has nothing to do with the form of the question."""
        self._is_probed = True

    def hold(self, seconds: float, clock: Callable[[], float]) -> None:
        """Nobody asks for that long."""
        with self._lock:
            self._free_at = max(self._free_at, clock() + seconds)

    def wait(
        self,
        sleep: Callable[[float], None] | None,
        clock: Callable[[], float],
        look: Callable[[], None] = lambda: None,
        say: Callable[[str], None] = lambda words: None,
    ) -> None:
        """Return when asking is allowed; another hold during the wait makes it longer. ``say`` tells of long ones."""
        is_told = False
        while True:
            with self._lock:
                left = self._free_at - clock()
            if left <= 0:
                break
            if left >= _WORTH_SAYING:
                say(f"the endpoint asks to wait {seconds_of(left)}")
                is_told = True
            rest(left, sleep, look)
        if is_told:
            say("")


def rest(seconds: float, sleep: Callable[[float], None] | None, look: Callable[[], None]) -> None:
    """Wait, looking several times a second whether that is still worth it; ``sleep`` stands in for the wait."""
    if sleep is not None:
        sleep(seconds)
        return look()
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        look()
        time.sleep(min(_LOOK, left))


_TERMS: dict[tuple[str, str], Terms] = {}
_GATES: dict[str, Gate] = {}
_LOCK = threading.Lock()


def terms_of(address: str, model: str) -> Terms:
    """The terms of an endpoint and model, the same object for every caller in the process."""
    with _LOCK:
        gate = _GATES.setdefault(address, Gate(is_own(address)))
        return _TERMS.setdefault((address, model), Terms(gate))


def forget_terms() -> None:
    """Begin anew with every endpoint."""
    with _LOCK:
        _TERMS.clear()
        _GATES.clear()


def pause_of(tries: int) -> float:
    """Seconds before the next try of a call that failed ``tries`` times, where the server named none."""
    usual = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (tries - 1))
    return usual * random.uniform(1 - _SPREAD, 1 + _SPREAD)
