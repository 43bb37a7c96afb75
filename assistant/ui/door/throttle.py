"""How many wrong passwords are taken, and from whom, so that guessing does not pay and no team is locked out.

A try is counted before the password is looked at, and given back if it was right: a hundred tries at once are a hundred
tries. Three things are counted: tries from one address for one name (few), tries for one name from wherever (then each
has to wait longer than the one before), and tries from one address for anybody (many: a whole team may sit behind it).
A browser in which the person signed in before has a count of its own, which strangers cannot use up.
"""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from assistant.ui.problems import TooManyTries

WINDOW = 60.0
PAIR_TRIES, DEVICE_TRIES, ADDRESS_TRIES = 5, 10, 60
"""Wrong passwords a minute: from one address for one name, from one known browser, and from one address for anybody."""

FREE_TRIES = 10
"""Wrong passwords for one name, from all unknown browsers together, before they have to wait between each other."""

LONGEST_WAIT = 60.0
_FORGOTTEN = 3600.0
_MOST_KEYS = 20_000


@dataclass
class _Delay:
    tries: int = 0
    free_at: float = 0.0
    last: float = 0.0


@dataclass(frozen=True)
class Try:
    """One counted try, to be given back if the password was right."""

    keys: tuple[str, ...]
    name: str
    at: float


@dataclass
class Throttle:
    """Counts tries; one for a server."""

    clock: Callable[[], float] = time.monotonic
    _tries: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict)
    _delays: OrderedDict[str, _Delay] = field(default_factory=OrderedDict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, name: str, address: str, device: str = "") -> Try:
        """Count a try for a name (as it is compared); :class:`TooManyTries` if there were too many.

        ``device`` is what the browser is known by, where the person has signed in with it before.
        """
        with self._lock:
            now = self.clock()
            limits = {f"device:{name}:{device}": DEVICE_TRIES} if device else _limits(name, address)
            wait = max(self._wait(key, most, now) for key, most in limits.items())
            if not device:
                wait = max(wait, self._delay(name, now).free_at - now)
            if wait > 0:
                raise TooManyTries(_sentence(wait), math.ceil(wait))
            for key in limits:
                self._tries[key].append(now)
            if not device:
                self._count_delay(name, now)
            return Try(tuple(limits), "" if device else name, now)

    def give_back(self, one: Try) -> None:
        """The password was right: the try does not count, and those before it were the person's own slips."""
        with self._lock:
            for key in one.keys:
                tries = self._tries.get(key)
                if tries is not None and one.at in tries:
                    tries.remove(one.at)
            if one.keys and not one.keys[0].startswith("address:"):
                self._tries.pop(one.keys[0], None)
            self._delays.pop(one.name, None)

    def _wait(self, key: str, most: int, now: float) -> float:
        tries = self._tries.setdefault(key, deque())
        self._tries.move_to_end(key)
        while len(self._tries) > _MOST_KEYS:
            self._tries.popitem(last=False)
        while tries and now - tries[0] >= WINDOW:
            tries.popleft()
        return WINDOW - (now - tries[0]) if len(tries) >= most else 0.0

    def _delay(self, name: str, now: float) -> _Delay:
        delay = self._delays.setdefault(name, _Delay())
        self._delays.move_to_end(name)
        while len(self._delays) > _MOST_KEYS:
            self._delays.popitem(last=False)
        if now - delay.last > _FORGOTTEN:
            delay.tries = 0
        return delay

    def _count_delay(self, name: str, now: float) -> None:
        delay = self._delay(name, now)
        delay.tries += 1
        delay.last = now
        over = delay.tries - FREE_TRIES
        delay.free_at = now + min(LONGEST_WAIT, 2.0 ** min(over, 10)) if over >= 0 else now


def _limits(name: str, address: str) -> dict[str, int]:
    """The pair first: a right password forgives its slips, and those of nobody else behind the address."""
    return {f"pair:{name}:{address}": PAIR_TRIES, f"address:{address}": ADDRESS_TRIES}


def _sentence(seconds: float) -> str:
    whole = math.ceil(seconds)
    return f"Too many wrong passwords; wait {whole} {'second' if whole == 1 else 'seconds'} and try again."
