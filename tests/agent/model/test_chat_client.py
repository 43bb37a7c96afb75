"""The client of the chat: a time and a size for each turn, no other host, and the form that the endpoint takes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from assistant.agent.model.chat_models import ANSWER_TOKENS, ChatEndpoint, forget_forms, open_chat_model
from tests.backends.remote.raw_server import RawServer, Send, dripping
from tests.openai_server import Answer, Body, OpenAIServer, hang, say, status
from tools.backends.remote import http as remote_http
from tools.errors import BackendFailed

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MESSAGES = [("system", "Be brief."), ("human", "Hello?")]


@pytest.fixture(autouse=True)
def _no_memory() -> Iterator[None]:
    forget_forms()
    yield
    forget_forms()


def ask(address: str, timeout: float = 60.0, times: int = 1) -> str:
    client = open_chat_model(ChatEndpoint(address, "m", timeout=timeout), frozenset())
    return [str(client.invoke(MESSAGES).content) for _ in range(times)][-1]


def test_a_dripping_reply_ends_with_the_time_of_the_turn_and_is_not_asked_for_again() -> None:
    with RawServer(dripping(HEAD + b"Content-Length: 100000\r\n\r\n", b" ", 0.05)) as server:
        with pytest.raises(BackendFailed, match=r"took longer than 0\.7 seconds.* chat_timeout gives it more time"):
            ask(server.address, timeout=0.7)
        assert len(server.requests) == 1


def test_a_busy_server_is_not_asked_again_behind_the_persons_back() -> None:
    with OpenAIServer([status(503)]) as server, pytest.raises(Exception, match="503"):
        ask(server.address)


def test_the_time_is_for_all_calls_of_a_turn_together() -> None:
    slow = Answer(body=say("Hi").body, hang=0.6)
    with OpenAIServer(lambda _: slow) as server, pytest.raises(BackendFailed, match="took longer than 1 seconds"):
        ask(server.address, timeout=1.0, times=5)


def test_an_answer_has_a_length_and_the_old_name_of_it_for_servers_of_ones_own() -> None:
    with OpenAIServer([say("Hi")]) as server:
        ask(server.address)
        assert server.requests[0]["max_tokens"] == ANSWER_TOKENS
        assert "max_completion_tokens" not in server.requests[0]


def test_what_the_endpoint_refuses_is_asked_otherwise_and_remembered() -> None:
    def script(body: Body) -> Answer:
        if "max_tokens" in body:
            return status(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        has_system = any(one["role"] == "system" for one in body["messages"])
        return status(400, "System role not supported") if has_system else say("Hi")

    with OpenAIServer(script) as server:
        assert [ask(server.address), ask(server.address)] == ["Hi", "Hi"]
        last = server.requests[-1]
        assert len(server.requests) == 3 + 1
    assert last["max_completion_tokens"] == ANSWER_TOKENS
    assert last["messages"] == [{"role": "user", "content": "Be brief.\n\nHello?"}]


def test_nothing_of_the_conversation_goes_to_another_host() -> None:
    with OpenAIServer() as other:

        def answer(send: Send, closing: threading.Event) -> None:
            target = f"{other.address}/chat/completions".encode()
            send(b"HTTP/1.1 307 Moved\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % target)

        with RawServer(answer) as server, pytest.raises(BackendFailed, match="sends its callers on to"):
            ask(server.address)
        assert other.requests == []


def test_a_reply_without_end_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_http, "MOST_BYTES", 100_000)

    def answer(send: Send, closing: threading.Event) -> None:
        send(HEAD + b"Content-Length: 60000000\r\n\r\n")
        while not closing.is_set():
            send(b" " * 100_000)

    with RawServer(answer) as server, pytest.raises(BackendFailed, match="was cut off there"):
        ask(server.address)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, (60.0, 1024)),
        ({"chat_timeout": 5, "chat_answer_tokens": 99}, (5.0, 99)),
        ({"chat_timeout": None}, (60.0, 1024)),
    ],
)
def test_a_project_sets_how_long_and_how_much(settings: dict[str, Any], expected: tuple[float, int]) -> None:
    made = ChatEndpoint("http://127.0.0.1:9/v1", "m").set_by(settings)
    assert (made.timeout, made.answer_tokens) == expected


def test_a_model_that_hangs_is_said_with_the_setting_that_helps() -> None:
    with OpenAIServer([hang(30)]) as server, pytest.raises(BackendFailed, match=r"m at 127\.0\.0\.1"):
        ask(server.address, timeout=0.5)
