"""A socket that answers as a script says, byte by byte: for what a proper HTTP server cannot do."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType

Send = Callable[[bytes], None]


class RawServer:
    """Calls ``answer(send, closing)`` for each request; ``requests`` are their bytes. A context manager."""

    def __init__(self, answer: Callable[[Send, threading.Event], None]) -> None:
        self.requests: list[bytes] = []
        self.hung_up = threading.Event()
        self._answer = answer
        self._closing = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._listen, daemon=True)]

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    def __enter__(self) -> RawServer:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(10)

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._talk, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _talk(self, connection: socket.socket) -> None:
        with connection:
            try:
                self.requests.append(_request(connection))
                self._answer(connection.sendall, self._closing)
            except OSError:
                self.hung_up.set()


def _request(connection: socket.socket) -> bytes:
    got = b""
    while b"\r\n\r\n" not in got:
        got += connection.recv(65536)
    head, _, body = got.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def dripping(head: bytes, piece: bytes, every: float) -> Callable[[Send, threading.Event], None]:
    """An answer that begins with ``head`` and never ends, one piece after the other."""

    def answer(send: Send, closing: threading.Event) -> None:
        send(head)
        while not closing.wait(every):
            send(piece)

    return answer
