"""Connections that say nothing take no place from people."""

from __future__ import annotations

import asyncio
import http.client
import resource
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from assistant.ui.door import connections
from assistant.ui.door.connections import Waiting, connection_class, raise_file_limit


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Reads the body, takes its time where that is asked for, and answers with the length of the body."""
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] != "http.request":
            return
        size, more = size + len(message["body"]), message.get("more_body", False)
    await asyncio.sleep(1.5 if scope["path"] == "/slow" else 0)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1")]})
    await send({"type": "http.response.body", "body": str(size % 10).encode()})


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.5)
    monkeypatch.setattr(connections, "BODY_SECONDS", 0.5)
    monkeypatch.setattr(connections, "_EVERY_SECONDS", 0.1)
    monkeypatch.setattr(connections, "_LEAST", 8)
    config = uvicorn.Config(
        app, port=0, log_level="critical", lifespan="off", http=connection_class(Waiting(8)), timeout_keep_alive=30
    )
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=lambda: server.run(sockets=[listening]))
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield listening.getsockname()[1]
    server.should_exit = True
    thread.join()
    listening.close()


def is_ended(line: socket.socket, seconds: float = 20.0) -> bool:
    """Whether the other side ends the connection without a word."""
    line.settimeout(seconds)
    try:
        return line.recv(1) == b""
    except ConnectionResetError:
        return True
    except TimeoutError:
        return False


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\nab"])
def test_a_connection_without_a_whole_request_is_ended(port: int, said: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(said)
        assert is_ended(line)


def test_where_too_many_wait_the_longest_silent_go_and_people_are_served(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 600.0)
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(20)]
    person = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    person.request("POST", "/", b"12345")
    assert person.getresponse().read() == b"5"
    assert [is_ended(line, 0.5) for line in silent].count(True) >= 12
    assert not is_ended(silent[-1], 0.1)
    for line in silent:
        line.close()
    person.close()


def test_nobody_is_cut_off_while_an_answer_is_on_its_way(port: int) -> None:
    person = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    person.request("GET", "/slow")
    assert person.getresponse().read() == b"0"
    person.close()


def test_a_body_that_keeps_coming_may_take_its_time(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 80007\r\n\r\n1234567")
        for _ in range(10):
            line.sendall(b"x" * 8000)
            time.sleep(0.1)
        line.settimeout(20)
        assert line.recv(1000).startswith(b"HTTP/1.1 200")


def test_as_many_files_are_used_as_the_system_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: asked[-1] if asked else (256, 4096))
    monkeypatch.setattr(resource, "setrlimit", lambda _, wanted: asked.append(wanted))
    assert raise_file_limit() == 4096
    assert asked == [(4096, 4096)]
