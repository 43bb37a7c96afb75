"""An OpenAI-compatible chat server for tests: real HTTP on this machine, answers from a script, and counts everything.

::

    with OpenAIServer([say('{"label": "refund"}'), status(429, retry_after=0), say("…")]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.address)

A script is a list that is used up from the front (running out is an error that the test sees), or a function of the
request's body. What the server does not understand it refuses with status 400, as real ones do.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

Body = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """One HTTP answer. ``hang`` seconds pass before it is sent; ``raw`` replaces the JSON body."""

    status: int = 200
    body: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    hang: float = 0.0
    raw: str | None = None


Script = Iterable[Answer] | Callable[[Body], Answer]


def message(content: Mapping[str, Any], logprobs: Sequence[Mapping[str, Any]] | None = None, **more: Any) -> Answer:
    """A chat completion with an arbitrary message object; ``more`` overrides keys of the body."""
    choice: Body = {"index": 0, "message": {"role": "assistant", **content}, "finish_reason": "stop"}
    if logprobs is not None:
        choice["logprobs"] = {"content": list(logprobs)}
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    body = {"id": "c1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": usage}
    return Answer(body=body | more)


def say(text: str, logprobs: Sequence[tuple[str, float]] | None = None, **more: Any) -> Answer:
    """A completion that says ``text``; ``logprobs`` are (token, logprob) pairs."""
    scored = None
    if logprobs is not None:
        scored = [{"token": t, "logprob": p, "top_logprobs": [{"token": t, "logprob": p}]} for t, p in logprobs]
    return message({"content": text}, scored, **more)


def call(name: str, arguments: Any, call_id: str = "call_1", **more: Any) -> Answer:
    """A completion that calls a tool; arguments that are no string are written as JSON."""
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    function = {"name": name, "arguments": text}
    return message({"content": None, "tool_calls": [{"id": call_id, "type": "function", "function": function}]}, **more)


def status(code: int, text: str = "no", retry_after: float | None = None) -> Answer:
    """An error answer."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Answer(code, {"error": {"message": text, "type": "error", "code": None}}, headers)


def hang(seconds: float) -> Answer:
    """An answer that comes too late."""
    return Answer(hang=seconds, body={"choices": []})


def garbage(text: str = "<html>gateway</html>") -> Answer:
    """Status 200 with a body that is no JSON."""
    return Answer(raw=text)


class OpenAIServer:
    """The server; a context manager. ``requests`` are the bodies it got, in order of arrival, refused ones included.

    ``refuses`` names keys of a request that it does not understand: ``json_schema``, ``json_object``, ``tools``,
    ``logprobs``, ``temperature``, ``max_tokens``.
    """

    def __init__(self, script: Script = (), refuses: Iterable[str] = (), refusal_status: int = 400) -> None:
        self.requests: list[Body] = []
        self.answered: list[Body] = []
        self.complaints: list[str] = []
        self.most_at_once = 0
        self._at_once = 0
        self._refuses = set(refuses)
        self._refusal_status = refusal_status
        self._script = script if callable(script) else iter(script)
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def address(self) -> str:
        """What belongs into OPENAI_BASE_URL."""
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self) -> OpenAIServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()
        if kind is None and self.complaints:
            raise AssertionError("; ".join(self.complaints))

    def answer(self, path: str, body: Body) -> Answer:
        """What one request gets."""
        with self._lock:
            self.requests.append(body)
            if not path.endswith("/chat/completions"):
                return status(404, f"no route {path}")
            refused = sorted(self._refuses & _features(body))
            if refused:
                return status(self._refusal_status, f"{refused[0]} is not supported")
            self.answered.append(body)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            made = self._next(body)
            if made.hang:
                self._closing.wait(made.hang)
            return made
        finally:
            with self._lock:
                self._at_once -= 1

    def _next(self, body: Body) -> Answer:
        if callable(self._script):
            return self._script(body)
        with self._lock:
            made = next(self._script, None)
            if made is None:
                self.complaints.append(f"the script ended, but call {len(self.answered)} came")
                return status(400, "the script of the test server has ended")
            return made


def _features(body: Body) -> set[str]:
    found = {key for key in ("tools", "logprobs", "temperature", "max_tokens") if key in body}
    return found | {str(body.get("response_format", {}).get("type", ""))}


def _handler_for(server: OpenAIServer) -> type[BaseHTTPRequestHandler]:
    # HTTP/1.0 on purpose: every connection ends with its answer, so that none outlives the server.
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            made = server.answer(self.path, json.loads(self.rfile.read(size) or b"{}"))
            self._send(made, made.raw if made.raw is not None else json.dumps(made.body))

        def do_GET(self) -> None:
            models = {"object": "list", "data": [{"id": "m", "object": "model", "created": 1, "owned_by": "test"}]}
            self._send(Answer(), json.dumps(models))

        def _send(self, made: Answer, text: str) -> None:
            content = text.encode("utf-8")
            try:
                self.send_response(made.status)
                for name, value in {"Content-Type": "application/json", **made.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except (BrokenPipeError, ConnectionResetError):
                # The client stopped waiting, which is what a test of time-outs is about.
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            """Tests say themselves what they need to know."""

    return Handler


def slowly(answer: Answer, seconds: float) -> Callable[[Body], Answer]:
    """A script that gives the same answer to everybody after a while."""

    def script(body: Body) -> Answer:
        time.sleep(seconds)
        return answer

    return script
