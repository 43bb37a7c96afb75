"""Connections that ask for nothing: closed after a while, and the oldest of them first where there are too many.

A browser sends its request as soon as it is connected, and its body without long pauses. Whoever opens connections and
says nothing, or a letter a minute, would otherwise take every file descriptor of the process, and with them the page
from everybody.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

HEAD_SECONDS = 15.0
"""From the connection, or from the end of the answer before, until the head of a request is whole."""

BODY_SECONDS, BODY_BYTES_A_SECOND = 30.0, 1024
"""A body may take so long, and longer as long as it arrives at this pace at least."""

_EVERY_SECONDS = 2.0
_SHARE = 0.5  # of the file descriptors; the rest is for people, the database and pictures
_LEAST = 32


def raise_file_limit() -> int:
    """Use as many file descriptors as the system allows without asking anybody; how many that are."""
    try:
        import resource
    except ImportError:  # there is no such limit on this system
        return 4096
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else hard
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    found = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return 65_536 if found == resource.RLIM_INFINITY else found


class Waiting:
    """The connections of a server on which no request is being answered, the longest silent first."""

    def __init__(self, most: int) -> None:
        """At most so many are kept."""
        self._most = max(most, _LEAST)
        self._since: OrderedDict[Connection, float] = OrderedDict()
        self._timer: asyncio.TimerHandle | None = None

    def add(self, connection: Connection) -> None:
        """A connection says nothing from now on."""
        loop = asyncio.get_running_loop()
        self._since.pop(connection, None)
        self._since[connection] = loop.time()
        while len(self._since) > self._most:
            self._since.popitem(last=False)[0].close()
        if self._timer is None:
            self._timer = loop.call_later(_EVERY_SECONDS, self._look)

    def drop(self, connection: Connection) -> None:
        """It has asked for something whole, or is gone."""
        self._since.pop(connection, None)

    def _look(self) -> None:
        loop, self._timer = asyncio.get_running_loop(), None
        for connection, since in list(self._since.items()):
            if connection.is_late(loop.time() - since):
                self.drop(connection)
                connection.close()
        if self._since:
            self._timer = loop.call_later(_EVERY_SECONDS, self._look)


def connection_class(waiting: Waiting) -> type[Connection]:
    """The protocol of one server, for uvicorn, which makes one of it for every connection."""
    return type("ServedConnection", (Connection,), {"waiting": waiting})


class Connection(H11Protocol):
    """One connection of a browser."""

    waiting: Waiting
    _received = 0

    def connection_made(self, transport: Any) -> None:
        """Somebody connects, and has said nothing yet."""
        super().connection_made(transport)
        self._begin_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """They are gone."""
        self.waiting.drop(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Something arrives; with a whole request nobody waits for them any longer."""
        had_head = self._has_head
        self._received += len(data)
        super().data_received(data)
        if self._has_head and not had_head:
            self._begin_waiting()  # for the body, from now on
        if self._has_head and not self.cycle.more_body:
            self.waiting.drop(self)

    def on_response_complete(self) -> None:
        """They have their answer, and may ask again."""
        if not self.transport.is_closing():
            self._begin_waiting()
        super().on_response_complete()

    @property
    def _has_head(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # there is none before the first request
        return cycle is not None and not cycle.response_complete

    def _begin_waiting(self) -> None:
        self._received = 0
        self.waiting.add(self)

    def is_late(self, seconds: float) -> bool:
        """Whether more should have come in that time."""
        if not self._has_head:
            return seconds > HEAD_SECONDS
        if not self.cycle.more_body:
            return False  # it is our turn: the request came along with the one before
        return seconds > BODY_SECONDS and self._received < BODY_BYTES_A_SECOND * (seconds - BODY_SECONDS)

    def close(self) -> None:
        """End it without an answer; whoever meant something tries again."""
        if not self.transport.is_closing():
            self.transport.close()


def served_by(descriptors: int) -> type[Connection]:
    """The protocol for a process that may have so many files open."""
    return connection_class(Waiting(int(descriptors * _SHARE)))
