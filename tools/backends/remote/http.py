"""HTTP to an endpoint within limits, the same for labels and for the chat: a time for the whole call, a size for its
reply, and no other host than the one that was named.

A time-out of a socket starts anew with every byte, so a body that drips never ends by it. Here every wait for the
network is cut to what is left of the whole call, and looks several times a second whether anybody still wants it.
Proxies come from the environment as usual (``HTTPS_PROXY``, ``NO_PROXY`` …).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import httpcore
import httpx

from tools.errors import BackendFailed

MOST_BYTES = 8 * 1024 * 1024
"""Bytes of one reply; a long answer with the probabilities of its tokens takes about one million."""

CONNECTING = 10.0
"""Seconds until an address that does not answer counts as not there."""

_LOOK = 0.2
_PIECE = 64 * 1024
_HOPS = 3
_IDLE = 64


class ReplyTooLong(BackendFailed):
    """The reply was cut off because it did not end."""


class SentElsewhere(BackendFailed):
    """The endpoint wanted the request to go to another host."""


class Unwanted(Exception):
    """Nobody waits for the reply any more."""


@dataclass(frozen=True, slots=True)
class _Limits:
    ends: float
    is_unwanted: Callable[[], bool]

    def left(self) -> float:
        """Seconds that are left; raises what ends the call."""
        if self.is_unwanted():
            raise Unwanted
        left = self.ends - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the time of the whole call is over")
        return left


_HERE = threading.local()


@contextmanager
def unless(is_unwanted: Callable[[], bool]) -> Iterator[None]:
    """Calls of this thread end with :class:`Unwanted` as soon as ``is_unwanted`` says so."""
    before = getattr(_HERE, "is_unwanted", None)
    _HERE.is_unwanted = is_unwanted
    try:
        yield
    finally:
        _HERE.is_unwanted = before


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Calls of this thread take at most so long each, even where their client has more patience."""
    before = getattr(_HERE, "seconds", None)
    _HERE.seconds = seconds
    try:
        yield
    finally:
        _HERE.seconds = before


class BoundedClient(httpx.Client):
    """A client whose calls take at most ``seconds`` each, from the first byte that is sent to the last that is read."""

    def __init__(self, seconds: float, headers: dict[str, str] | None = None) -> None:
        """``headers`` go with every request."""
        self._seconds = seconds
        # A packed reply could be small on the wire and fill the memory.
        plain = {"Accept-Encoding": "identity", **(headers or {})}
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=_IDLE)
        super().__init__(headers=plain, timeout=seconds, limits=limits, follow_redirects=False)
        for transport in (self._transport, *self._mounts.values()):
            _bound(transport)

    def send(self, request: httpx.Request, **given: Any) -> httpx.Response:
        """The whole response; redirects within the host are followed, those to another raise ``SentElsewhere``."""
        given |= {"stream": True, "follow_redirects": False}
        before = getattr(_HERE, "limits", None)
        wanted = getattr(_HERE, "is_unwanted", None) or (lambda: False)
        seconds = min(self._seconds, self._seconds if (least := getattr(_HERE, "seconds", None)) is None else least)
        _HERE.limits = limits = _Limits(time.monotonic() + seconds, wanted)
        try:
            for _ in range(_HOPS):
                response = super().send(request, **given)
                try:
                    target = _target_of(request, response)
                    if target is None:
                        return _whole(request, response, limits)
                finally:
                    response.close()
                request = httpx.Request(request.method, target, headers=request.headers, content=request.content)
            raise SentElsewhere(f"{request.url.host} sends its callers round in a circle; look at its address.")
        finally:
            _HERE.limits = before


def _target_of(request: httpx.Request, response: httpx.Response) -> httpx.URL | None:
    """Where a redirect leads, ``None`` where the response is none."""
    if not response.has_redirect_location:
        return None
    target = request.url.join(response.headers["location"])
    here, there = request.url, target
    is_same_host = (here.scheme, here.host, here.port) == (there.scheme, there.host, there.port)
    if is_same_host and response.status_code in (307, 308):
        return target
    raise SentElsewhere(
        f"{_origin(here)} sends its callers on to {_origin(there)}{there.path if is_same_host else ''}; nothing was "
        "sent there. If that is the right address, set OPENAI_BASE_URL to it."
    )


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}"


def _whole(request: httpx.Request, response: httpx.Response, limits: _Limits) -> httpx.Response:
    """The response with its body read, never more than the most bytes of it."""
    if response.headers.get("content-encoding", "identity").lower() not in ("", "identity"):
        raise ReplyTooLong(f"{request.url.host} packed its reply although it was asked not to; the reply was not read.")
    parts, size = [], 0
    for part in response.iter_raw():
        try:
            limits.left()
        except httpcore.ReadTimeout as over:
            raise httpx.ReadTimeout(str(over), request=request) from None
        size += len(part)
        if size > MOST_BYTES:
            raise ReplyTooLong(
                f"{request.url.host} sent more than {MOST_BYTES // 2**20} MB for one answer; it was cut off there."
            )
        parts.append(part)
    return httpx.Response(
        response.status_code, headers=_as_read(response.headers), content=b"".join(parts), request=request
    )


def _as_read(headers: httpx.Headers) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers.multi_items() if name.lower() != "transfer-encoding"]


def is_own(address: str) -> bool:
    """Whether an address is on this machine or in its private network."""
    host = httpx.URL(address).host
    if host == "localhost" or host.endswith((".localhost", ".local")):
        return True
    try:
        return ip_address(host.strip("[]")).is_private
    except ValueError:
        return False


def _bound(transport: httpx.BaseTransport | None) -> None:
    """Put our own sockets under a transport; httpx has no argument for that."""
    if transport is None:
        return
    pool = transport._pool  # type: ignore[attr-defined]
    if not hasattr(pool, "_network_backend"):
        raise TypeError("this version of httpcore keeps its network elsewhere; no call would have a limit")
    pool._network_backend = _Network(pool._network_backend)


class _Network(httpcore.NetworkBackend):
    """Connects within the limits of the call that this thread is in."""

    def __init__(self, inner: httpcore.NetworkBackend) -> None:
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection, within the time for that."""
        wait = min(CONNECTING, _left(timeout))
        return _Stream(self._inner.connect_tcp(host, port, wait, local_address, socket_options))

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """The same through a socket file."""
        return _Stream(self._inner.connect_unix_socket(path, _left(timeout), socket_options))

    def sleep(self, seconds: float) -> None:
        """Between tries to connect."""
        self._inner.sleep(min(seconds, _left(seconds)))


class _Stream(httpcore.NetworkStream):
    """Reads and writes in steps, between which it looks whether the call goes on."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """What comes first: bytes, the end of the call's time, or that nobody wants it."""
        while True:
            left = _left(timeout)
            try:
                return self._inner.read(max_bytes, min(_LOOK, left))
            except httpcore.ReadTimeout:
                continue

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """In pieces: a server that reads slowly must not hold the call longer than its time."""
        for start in range(0, len(buffer), _PIECE):
            self._inner.write(buffer[start : start + _PIECE], _left(timeout))

    def close(self) -> None:
        """Hang up."""
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same, encrypted."""
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        """What the connection says of itself."""
        return self._inner.get_extra_info(info)


def _left(timeout: float | None) -> float:
    """What may still be waited: of the whole call where this thread is in one."""
    limits: _Limits | None = getattr(_HERE, "limits", None)
    if limits is not None:
        return limits.left()
    return CONNECTING if timeout is None else timeout
