"""How a command reaches a project: directly, or through the process that serves it."""

from __future__ import annotations

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.cli.owner import Owner, Record
from assistant.cli.wire import WireClient, socket_path
from assistant.session import Session
from assistant.store.people.people import OWN_NAME
from assistant.store.people.person_names import person_key
from tools.errors import NotAllowed, ProjectInUse
from tools.records import Actor


def local_name() -> str:
    """The name of who sits at the terminal: ASSISTANT_USER, else the login name."""
    try:
        name = os.environ.get("ASSISTANT_USER", "").strip() or getpass.getuser()
    except (OSError, KeyError):  # a container without a password entry
        return "local"
    # An account may be called as the program is; its decisions must not pass for the program's.
    return "owner" if person_key(name) == OWN_NAME else name


class Link:
    """One command's connection to one project; use as a context manager."""

    def __init__(self, project: Path, person: str = "", model: str = "") -> None:
        """Open the project, or find the process that has it open; ``ProjectInUse`` if that one does not answer."""
        self.person = person or local_name()
        # Whoever can run a command on the folder owns the project; a name says as whom they act.
        self._is_owner = not person
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
            with self._hinting():
                answer: Record = getattr(self._owner, method)(self._actor(self._owner), **arguments)
            return answer
        return next(iter(self.stream(method, **arguments)), {})

    def stream(self, method: str, **arguments: Any) -> Iterator[Record]:
        """Call a method of the owner that gives many records."""
        with self._hinting():
            if self._owner is not None:
                yield from getattr(self._owner, method)(self._actor(self._owner), **arguments)
            else:
                assert self._client is not None
                asker = {"person": self.person, "session": self._session, "is_owner": self._is_owner}
                yield from self._client.stream(method, asker, arguments)

    def _actor(self, owner: Owner) -> Actor:
        return owner.actor(self.person, is_owner=self._is_owner)

    @contextmanager
    def _hinting(self) -> Iterator[None]:
        """Say the way out to an owner who acts as somebody who may not."""
        try:
            yield
        except NotAllowed as refusal:
            if self._is_owner:
                raise
            raise NotAllowed(f"{refusal} Without --as you act as the owner of the folder, who may.") from None
