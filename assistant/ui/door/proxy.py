"""Behind a proxy: who really asks, by which name, and whether by https, if the proxy is one to be believed.

What anybody else says about that in a header is taken away, so that nothing behind this can believe it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Receive, Scope, Send

from tools.errors import InputError

_TOLD = frozenset({"forwarded", "x-real-ip"})
_TOLD_PREFIX = "x-forwarded-"
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def read_networks(written: Iterable[str]) -> tuple[Network, ...]:
    """Addresses or networks; :class:`InputError` names the first that is none."""
    found = []
    for one in written:
        try:
            found.append(ipaddress.ip_network(one.strip(), strict=False))
        except ValueError:
            raise InputError(
                f"A trusted proxy is an address like 10.0.0.5 or a network like 10.0.0.0/24; got {one!r}."
            ) from None
    return tuple(found)


class Proxied:
    """ASGI middleware outside of everything else."""

    def __init__(self, app: ASGIApp, trusted: Iterable[str] = (), always_https: bool = False) -> None:
        """``trusted`` are addresses of proxies; ``always_https`` says that everybody comes by https."""
        self._app = app
        self._trusted = read_networks(trusted)
        self._always_https = always_https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Put what a trusted proxy says in the place of what the connection says."""
        if scope["type"] in ("http", "websocket"):
            scope = self._seen(scope)
        await self._app(scope, receive, send)

    def _seen(self, scope: Scope) -> Scope:
        told = Headers(scope=scope)
        peer = scope["client"][0] if scope.get("client") else ""
        seen = dict(scope)
        seen["headers"] = [(name, value) for name, value in scope["headers"] if not _is_told(name.decode("latin-1"))]
        if self._is_trusted(peer):
            seen["client"] = (self._asker(told.getlist("x-forwarded-for"), peer), 0)
            if told.get("x-forwarded-proto", "").split(",")[-1].strip().casefold() == "https":
                seen["scheme"] = "https"
            if host := told.get("x-forwarded-host", "").split(",")[-1].strip():
                MutableHeaders(scope=seen)["host"] = host
        if self._always_https:
            seen["scheme"] = "https"
        return seen

    def _asker(self, lists: list[str], peer: str) -> str:
        """The last address in the way that is not a trusted proxy's: whatever stands before it, its sender made up."""
        asker = peer
        for one in reversed([part.strip() for line in lists for part in line.split(",")]):
            try:
                asker = str(ipaddress.ip_address(one.strip('[]"')))
            except ValueError:
                break
            if not self._is_trusted(asker):
                break
        return asker

    def _is_trusted(self, address: str) -> bool:
        try:
            found = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(found in network for network in self._trusted)


def _is_told(name: str) -> bool:
    return name in _TOLD or name.startswith(_TOLD_PREFIX)
