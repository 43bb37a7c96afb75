"""Names by which this computer is called in its network."""

from __future__ import annotations

import ipaddress
import socket
import threading

_PATIENCE_SECONDS = 1.5


def own_names() -> tuple[str, ...]:
    """The computer's name, short, full and as a local network announces it."""
    plain = socket.gethostname()
    found = {plain, plain.partition(".")[0]}
    found |= {f"{one}.local" for one in tuple(found) if "." not in one}
    asked: list[str] = []
    # A name server that does not answer must not keep the page from starting.
    asking = threading.Thread(target=lambda: asked.append(socket.getfqdn()), daemon=True)
    asking.start()
    asking.join(_PATIENCE_SECONDS)
    return tuple(sorted(one.casefold() for one in {*found, *asked} if one))


def is_address(host: str) -> bool:
    """Whether it is a bare address: no foreign site's name can be made to lead here by it."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
