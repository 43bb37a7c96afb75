"""The private socket in the project folder: the command line works while a page is served.

One request a connection, as one line of JSON; the answer is lines of JSON, the last one closes it. Only the owner of
the folder can open the socket.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from assistant.cli.owner import METHODS, Owner, Record
from tools import errors
from tools.errors import AssistantError, BackendFailed, InputError
from tools.records import to_json

_LOG = logging.getLogger(__name__)
_LONGEST_PATH = 100  # the kernel's limit for socket names is 108 bytes on Linux, 104 on macOS
SERVER_GONE = "The process that serves the project ended before it answered; say it again."
_MOST_BYTES = 64 * 1024 * 1024


def socket_path(project: Path) -> Path:
    """Where the socket of a project lies; long folder names fall back to a private place under the temp folder."""
    plain = project.resolve() / "assistant.sock"
    if len(str(plain).encode()) <= _LONGEST_PATH:
        return plain
    digest = hashlib.sha256(str(project.resolve()).encode()).hexdigest()[:24]
    return Path(tempfile.gettempdir()) / f"assistant-{os.getuid()}-{digest}.sock"


class WireServer:
    """Answers requests of the command line for the process that owns the project."""

    def __init__(self, owner: Owner) -> None:
        """Listen at once; a socket left behind by a killed process is replaced."""
        self._owner = owner
        self._path = socket_path(owner.session.path)
        self._path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            self._socket.bind(str(self._path))
        finally:
            os.umask(before)
        self._socket.listen(16)
        threading.Thread(target=self._listen, name="wire", daemon=True).start()

    def close(self) -> None:
        """Stop listening and remove the socket."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._path.unlink(missing_ok=True)

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        # Whoever asked may go away at any moment; what was stored by then stays stored.
        with contextlib.suppress(OSError), connection, connection.makefile("rwb") as stream:
            line = stream.readline(_MOST_BYTES)
            if not line:
                return
            for record in self._answers(line):
                stream.write(to_json(record).encode() + b"\n")
                stream.flush()

    def _answers(self, line: bytes) -> Iterator[Record]:
        """The records of one answer, closed by an end or by an error."""
        try:
            yield from self._records(json.loads(line))
        except AssistantError as error:
            yield {"error": str(error), "kind": type(error).__name__}
        except (ValueError, TypeError, KeyError) as error:
            yield {"error": f"The request could not be carried out: {error}.", "kind": "InputError"}
        except Exception:  # noqa: BLE001  a defect must not look as if the server had ended
            _LOG.exception("a request of the command line failed")
            yield {"error": "Something went wrong inside the process that serves the project; its log has more.",
                   "kind": "AssistantError"}  # fmt: skip
        else:
            yield {"end": True}

    def _records(self, request: Any) -> Iterator[Record]:
        method = str(request["method"])
        if method not in METHODS:
            raise InputError(f"There is no request {method!r}.")
        is_owner = bool(request.get("is_owner", False))
        actor = self._owner.actor(str(request["person"]), str(request["session"]), is_owner=is_owner)
        answer = getattr(self._owner, method)(actor, **request["arguments"])
        if isinstance(answer, dict):
            yield {"answer": answer}
        else:
            for one in answer:
                yield {"answer": one}


class WireClient:
    """Calls the owner's methods through the socket."""

    def __init__(self, path: Path) -> None:
        """Remember where; each call opens a connection of its own."""
        self._path = path

    def is_answering(self) -> bool:
        """Whether somebody listens."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
            try:
                probe.connect(str(self._path))
            except OSError:
                return False
        return True

    def stream(self, method: str, asker: Record, arguments: Record) -> Iterator[Record]:
        """The records of an answer as they come; errors are raised as what they were. ``asker`` is who asks."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.connect(str(self._path))
            with connection.makefile("rwb") as stream:
                request = {"method": method, **asker, "arguments": arguments}
                stream.write(to_json(request).encode() + b"\n")
                stream.flush()
                yield from _until_end(stream.readline)


def _until_end(readline: Callable[[], bytes]) -> Iterator[Record]:
    while line := readline():
        record: Record = json.loads(line)
        if "error" in record:
            kind = getattr(errors, str(record["kind"]), AssistantError)
            error = AssistantError(record["error"]) if not issubclass(kind, AssistantError) else kind(record["error"])
            raise error
        if record.get("end"):
            return
        yield record["answer"]
    raise BackendFailed(SERVER_GONE)
