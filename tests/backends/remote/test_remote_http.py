"""What holds for every call to an endpoint, whatever the other side does: its time, its size, its host, its end."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import httpx
import pytest

from tests.backends.remote.raw_server import RawServer, Send, dripping
from tests.openai_server import OpenAIServer, say
from tools.backends.remote import http as remote_http
from tools.backends.remote.http import BoundedClient, ReplyTooLong, SentElsewhere, Unwanted, is_own, unless

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
LONG = 60.0
"""Far more than a test takes; what ends before it ended for another reason."""


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (HEAD + b"Content-Length: 100000\r\n\r\n", b" "),
        (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (HEAD, b"X-More: 1\r\n"),
        (b"", b""),
    ],
    ids=["body", "chunks", "headers", "silence"],
)
def test_a_reply_that_drips_ends_with_the_time_of_the_call(head: bytes, piece: bytes) -> None:
    with RawServer(dripping(head, piece, 0.05)) as server, BoundedClient(0.6) as client:
        with pytest.raises(httpx.ReadTimeout):
            client.post(server.address, content=b"{}")
        assert len(server.requests) == 1


def test_a_call_that_nobody_wants_any_more_ends_long_before_its_time() -> None:
    asked, unwanted = threading.Event(), threading.Event()

    def answer(send: Send, closing: threading.Event) -> None:
        asked.set()
        dripping(HEAD + b"Content-Length: 100000\r\n\r\n", b" ", 0.05)(send, closing)

    def lose_interest() -> None:
        asked.wait(LONG)
        unwanted.set()

    with RawServer(answer) as server, BoundedClient(LONG) as client, unless(unwanted.is_set):
        threading.Thread(target=lose_interest, daemon=True).start()
        # Without the end that is asked for this would be a time-out.
        with pytest.raises(Unwanted):
            client.post(server.address, content=b"{}")
        # Hanging up is how a server learns that it need not go on.
        assert server.hung_up.wait(LONG)


def test_a_reply_is_cut_off_while_it_comes_in_not_when_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_http, "MOST_BYTES", 1_000_000)
    sent = []

    def answer(send: Send, closing: threading.Event) -> None:
        send(HEAD + b"Content-Length: 600000000\r\n\r\n")
        while not closing.is_set():
            send(b" " * 100_000)
            sent.append(100_000)

    with RawServer(answer) as server, BoundedClient(LONG) as client:
        with pytest.raises(ReplyTooLong, match="more than"):
            client.post(server.address, content=b"{}")
        assert server.hung_up.wait(LONG)
    # What stood in the buffers of the network is all that came beside the limit.
    assert sum(sent) < 20_000_000


def test_a_packed_reply_is_not_unpacked() -> None:
    def answer(send: Send, closing: threading.Event) -> None:
        send(HEAD + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc")

    with RawServer(answer) as server, BoundedClient(LONG) as client:
        with pytest.raises(ReplyTooLong, match="packed"):
            client.post(server.address, content=b"{}")
        assert b"accept-encoding: identity" in server.requests[0].lower()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nothing_goes_to_another_host_and_the_sentence_names_it(status: int) -> None:
    with OpenAIServer() as other:

        def answer(send: Send, closing: threading.Event) -> None:
            target = f"{other.address}/chat/completions".encode()
            send(b"HTTP/1.1 %d Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % (status, target))

        with (
            RawServer(answer) as server,
            BoundedClient(LONG) as client,
            pytest.raises(SentElsewhere, match="sends its callers on to") as caught,
        ):
            client.post(server.address, content=b'{"secret": 1}')
        assert other.requests == []
    assert other.address.removesuffix("/v1") in str(caught.value)


def test_a_redirect_within_the_host_is_followed_with_the_whole_question() -> None:
    def answer(send: Send, closing: threading.Event) -> None:
        if b"POST /v1/there" in server.requests[-1]:
            send(HEAD + b"Content-Length: 2\r\n\r\n{}")
        else:
            send(b"HTTP/1.1 307 Moved\r\nLocation: /v1/there\r\nContent-Length: 0\r\n\r\n")

    with RawServer(answer) as server, BoundedClient(LONG) as client:
        assert client.post(server.address, content=b"asked").json() == {}
        assert [request.rpartition(b"\r\n\r\n")[2] for request in server.requests] == [b"asked", b"asked"]


def test_redirects_in_a_circle_end_in_a_sentence() -> None:
    def answer(send: Send, closing: threading.Event) -> None:
        send(b"HTTP/1.1 307 Moved\r\nLocation: /v1\r\nContent-Length: 0\r\n\r\n")

    with (
        RawServer(answer) as server,
        BoundedClient(LONG) as client,
        pytest.raises(SentElsewhere, match="in a circle"),
    ):
        client.post(server.address, content=b"{}")


def test_a_proxy_of_the_environment_is_used_within_the_same_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    with RawServer(dripping(HEAD + b"Content-Length: 100000\r\n\r\n", b" ", 0.05)) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.address.removesuffix("/v1"))
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        with BoundedClient(0.6) as client, pytest.raises(httpx.ReadTimeout):
            client.post("http://models.example/v1", content=b"{}")
        assert proxy.requests[0].startswith(b"POST http://models.example/v1 ")


def test_a_connection_is_used_again_for_the_next_call() -> None:
    ports = set()

    def answer(send: Send, closing: threading.Event) -> None:
        ports.add(id(send))
        for _ in range(2):
            send(HEAD + b"Content-Length: 2\r\n\r\n{}")
            closing.wait(0.2)

    with RawServer(answer) as server, BoundedClient(LONG) as client:
        for _ in range(2):
            assert client.post(server.address, content=b"{}").json() == {}
        assert len(server.requests) == len(ports) == 1


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://127.0.0.1:8000/v1", True),
        ("http://localhost:11434/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://192.168.1.20:8000/v1", True),
        ("http://nas.local/v1", True),
        ("https://api.openai.com/v1", False),
        ("http://8.8.8.8/v1", False),
    ],
)
def test_a_server_of_ones_own_is_on_this_machine_or_in_its_network(address: str, expected: bool) -> None:
    assert is_own(address) is expected


def test_the_reply_of_a_usual_server_is_the_same_as_ever(tmp_path: Path) -> None:
    with OpenAIServer([say("grüß dich")]) as server, BoundedClient(LONG) as client:
        found = client.post(f"{server.address}/chat/completions", content=json.dumps({"messages": []}).encode())
    assert found.json()["choices"][0]["message"]["content"] == "grüß dich"
