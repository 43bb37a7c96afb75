"""The HTTP of a server on this machine that stands for a language model; what it answers is for others to say."""

from __future__ import annotations

import json
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

Body = dict[str, Any]
Sent = tuple[int, Mapping[str, str], str]
"""Status, headers and text of an answer; it is JSON where the headers name nothing else."""


class LoopbackServer(ABC):
    """A context manager that listens on a free port. With HTTP/1.0 no connection outlives its answer."""

    def __init__(self, protocol: str = "HTTP/1.0") -> None:
        """Take a port."""
        self._at_once = 0
        self._changed = threading.Condition()
        self._closing = threading.Event()
        self._http = _QuietServer(("127.0.0.1", 0), _handler_for(self, protocol))
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @abstractmethod
    def reply(self, path: str, body: Body) -> Sent:
        """What a request gets, after as long as it takes; called in a thread of its own."""

    def listing(self) -> Sent:
        """What a GET gets."""
        return 200, {}, '{"object": "list", "data": []}'

    @property
    def address(self) -> str:
        """The base address of the endpoint."""
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self) -> Self:
        """Start to listen."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop listening."""
        self._closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def settle(self) -> None:
        """Wait until no request is being answered, those included that a killed client had just sent."""
        time.sleep(0.05)
        with self._changed:
            self._changed.wait_for(lambda: self._at_once == 0, timeout=10)

    def served(self, path: str, body: Body) -> Sent:
        """The reply, counted as long as it is in the making."""
        with self._changed:
            self._at_once += 1
        try:
            return self.reply(path, body)
        finally:
            with self._changed:
                self._at_once -= 1
                self._changed.notify_all()


class _QuietServer(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A killed client leaves connections that break; anything else is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


def _handler_for(server: LoopbackServer, protocol: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = protocol

        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            asked = self.rfile.read(size)
            if len(asked) < size:
                self.close_connection = True  # the client was killed while it asked
                return
            self._send(*server.served(self.path, json.loads(asked or b"{}")))

        def do_GET(self) -> None:
            self._send(*server.listing())

        def _send(self, status: int, headers: Mapping[str, str], text: str) -> None:
            content = text.encode()
            try:
                self.send_response(status)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True  # the client gave up or was killed, which such a server is for

        def log_message(self, format: str, *args: Any) -> None:
            """Whoever runs the server says what happened."""

    return Handler
