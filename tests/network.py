"""No test talks to another machine: sockets reach this machine only, and each attempt at more is kept and reported."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


class NetworkForbidden(OSError):
    """A test tried to reach another machine."""


class NetworkGuard:
    """Patches the ways out of the process and remembers who tried them, also when a library swallows the error."""

    def __init__(self) -> None:
        self.attempts: list[str] = []

    def refuse(self, host: object) -> None:
        """Raise unless `host` is this machine."""
        if is_this_machine(host):
            return
        self.attempts.append(str(host))
        raise NetworkForbidden(
            f"A test tried to reach {host!r}. Tests use loopback only: use a double, or a server on 127.0.0.1."
        )

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Guard look-ups and connections while the block runs."""
        saved = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex", "sendto")}
        look_up = socket.getaddrinfo
        for name, original in saved.items():
            setattr(socket.socket, name, self._guarded_method(original))
        socket.getaddrinfo = self._guarded_look_up(look_up)
        try:
            yield
        finally:
            socket.getaddrinfo = look_up
            for name, original in saved.items():
                setattr(socket.socket, name, original)

    def _guarded_method(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(sock: socket.socket, *args: Any) -> Any:
            # The address comes last in connect(address), sendto(bytes, address) and sendto(bytes, flags, address).
            if sock.family in (socket.AF_INET, socket.AF_INET6):
                self.refuse(args[-1][0])
            return original(sock, *args)

        return guarded

    def _guarded_look_up(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(host: object, *args: Any, **kwargs: Any) -> Any:
            self.refuse(host)
            return original(host, *args, **kwargs)

        return guarded


def is_this_machine(host: object) -> bool:
    """True for loopback, for the address that means every interface, and for this machine's own name."""
    if host is None:
        return True
    name = host.decode() if isinstance(host, bytes) else str(host)
    if name in ("", "localhost", socket.gethostname()):
        return True
    try:
        address = ipaddress.ip_address(name.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified
