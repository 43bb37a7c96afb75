"""The guard around every test keeps the network out and this machine in."""

from __future__ import annotations

import socket
import threading

import pytest

from tests.network import NetworkForbidden


def test_a_look_up_of_another_machine_is_refused(network_attempts: list[str]) -> None:
    with pytest.raises(NetworkForbidden, match="loopback only"):
        socket.getaddrinfo("example.org", 443)
    assert network_attempts.pop() == "example.org"


@pytest.mark.parametrize("method", ["connect", "connect_ex"])
def test_a_connection_to_another_machine_is_refused(method: str, network_attempts: list[str]) -> None:
    with socket.socket() as sock, pytest.raises(NetworkForbidden):
        getattr(sock, method)(("192.0.2.1", 80))
    assert network_attempts.pop() == "192.0.2.1"


def test_an_attempt_is_kept_when_a_library_swallows_the_error(network_attempts: list[str]) -> None:
    def swallow() -> None:
        try:
            socket.create_connection(("example.org", 80))
        except OSError:
            return

    thread = threading.Thread(target=swallow)
    thread.start()
    thread.join()
    assert network_attempts.pop() == "example.org"


def test_this_machine_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()
