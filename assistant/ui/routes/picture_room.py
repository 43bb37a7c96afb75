"""How much of pictures may be decoded at once: pixels over all requests, and requests of one person.

Whoever comes when there is no room waits a little. Where that is not enough, or too many wait already, the answer is a
sentence and a time to try again, instead of a server that runs out of memory.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from tools.errors import AssistantError

PIXELS_AT_ONCE = 100_000_000
"""Decoding takes up to 10 bytes a pixel. A picture that has more of them alone is decoded alone."""

OF_ONE_PERSON, OF_ALL = 12, 24
"""Requests that decode or wait to; a browser asks for six pictures at a time."""

_PATIENCE_SECONDS = 20.0
RETRY_SECONDS = 2
_BUSY = "Many large pictures are being opened just now; this one is shown in a moment."


class NoRoom(AssistantError):
    """More pictures were asked for at once than there is memory for."""


class PictureRoom:
    """The room of one server."""

    def __init__(self, pixels: int = PIXELS_AT_ONCE, patience: float = _PATIENCE_SECONDS) -> None:
        """Nothing is decoded yet."""
        self._pixels, self._patience = pixels, patience
        self._taken = 0
        self._asking: Counter[str] = Counter()
        self._changed = threading.Condition()

    @contextmanager
    def asking(self, person: str) -> Iterator[None]:
        """A request that decodes, or waits for another one to do it; :class:`NoRoom` where there are too many."""
        with self._changed:
            if self._asking[person] >= OF_ONE_PERSON or self._asking.total() >= OF_ALL:
                raise NoRoom(_BUSY)
            self._asking[person] += 1
        try:
            yield
        finally:
            with self._changed:
                self._asking[person] -= 1
                self._asking += Counter()  # forgets whoever asks for nothing

    @contextmanager
    def decoding(self, pixels: int) -> Iterator[None]:
        """Room for so many pixels; :class:`NoRoom` where there is none for too long."""
        wanted = min(pixels, self._pixels)
        self._take(wanted)
        try:
            yield
        finally:
            self._give(wanted)

    def _take(self, pixels: int) -> None:
        until = time.monotonic() + self._patience
        with self._changed:
            while self._taken + pixels > self._pixels:
                if not self._changed.wait(max(0.0, until - time.monotonic())):
                    raise NoRoom(_BUSY)
            self._taken += pixels

    def _give(self, pixels: int) -> None:
        with self._changed:
            self._taken -= pixels
            self._changed.notify_all()
