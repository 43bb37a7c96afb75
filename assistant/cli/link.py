"""How a command reaches a project: directly, or through the process that serves it."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from assistant.cli.owner import Owner, Record
from assistant.cli.wire import WireClient, socket_path
from assistant.session import Session
from tools.errors import ProjectInUse


def local_name() -> str:
    """The name of who sits at the terminal: ASSISTANT_USER, else the login name."""
    if name := os.environ.get("ASSISTANT_USER", "").strip():
        return name
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container without a password entry
        return "local"


class Link:
    """One command's connection to one project; use as a context manager."""

    def __init__(self, project: Path, person: str = "", model: str = "") -> None:
        """Open the project, or find the process that has it open; ``ProjectInUse`` if that one does not answer."""
        self.person = person or local_name()
        self._session = f"cli:{self.person}"
        self._owner: Owner | None = None
        self._client: WireClient | None = None
        try:
            self._owner = Owner(Session.open(project), model)
        except ProjectInUse:
            client = WireClient(socket_path(project))
            if not client.is_answering():
                raise
            self._client = client

    def __enter__(self) -> Link:
        """The link itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Release the project if this process opened it."""
        if self._owner is not None:
            self._owner.session.close()

    @property
    def is_remote(self) -> bool:
        """Whether another process owns the project."""
        return self._client is not None

    def ask(self, method: str, **arguments: Any) -> Record:
        """Call a method of the owner that gives one record."""
        if self._owner is not None:
            answer: Record = getattr(self._owner, method)(self._owner.actor(self.person), **arguments)
            return answer
        return next(iter(self.stream(method, **arguments)), {})

    def stream(self, method: str, **arguments: Any) -> Iterator[Record]:
        """Call a method of the owner that gives many records."""
        if self._owner is not None:
            yield from getattr(self._owner, method)(self._owner.actor(self.person), **arguments)
        else:
            assert self._client is not None
            yield from self._client.stream(method, self.person, self._session, arguments)
