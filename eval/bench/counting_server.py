"""An OpenAI-compatible chat server on this machine that counts what it was asked, text by text."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

ANSWER = {"choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "refund"}}]}
USAGE = {"prompt_tokens": 9, "completion_tokens": 1, "total_tokens": 10}


class CountingServer:
    """A context manager. ``asked`` counts requests by the text of their last message, from the moment they arrive."""

    def __init__(self, seconds: float = 0.01) -> None:
        """Every answer takes that long."""
        self.asked: Counter[str] = Counter()
        self._seconds = seconds
        self._at_once = 0
        self._changed = threading.Condition()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    @property
    def address(self) -> str:
        """The base address of the endpoint."""
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self) -> CountingServer:
        """Start to listen."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, body: dict[str, Any]) -> bytes:
        """Count one request and answer it after a while."""
        with self._changed:
            self.asked[str(body["messages"][-1]["content"])] += 1
            self._at_once += 1
        time.sleep(self._seconds)
        with self._changed:
            self._at_once -= 1
            self._changed.notify_all()
        return json.dumps(
            {"id": "1", "object": "chat.completion", "created": 1, "model": "m", **ANSWER, "usage": USAGE}
        ).encode()

    def settle(self) -> None:
        """Wait until no request is being answered, those included that a killed client had just sent."""
        time.sleep(0.05)
        with self._changed:
            self._changed.wait_for(lambda: self._at_once == 0, timeout=10)


def _handler_for(server: CountingServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            answer = server.answer(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            try:
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client was killed, which is what this server is for

        def log_message(self, format: str, *args: Any) -> None:
            """The account says what happened."""

    return Handler
