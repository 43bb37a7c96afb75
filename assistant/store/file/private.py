"""A project is its owner's: what it holds is closed to the other accounts of the computer."""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

_OTHERS = 0o007
_MASK = threading.Lock()


def make_private(folder: Path) -> None:
    """Make a folder that only its owner can read."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def keep_private(folder: Path, *files: Path) -> None:
    """Take from everybody else what they may do with the folder and these files, where they are ours.

    A group that was let in on purpose stays in.
    """
    for place in (folder, *files):
        try:
            found = place.stat()
        except OSError:
            continue
        mode = stat.S_IMODE(found.st_mode)
        if found.st_uid == os.geteuid() and mode & _OTHERS:
            place.chmod(mode & ~_OTHERS)


def make_like(folder: Path, project: Path) -> None:
    """Make a folder that is as open as the project is, and never to everybody; what is there already stays."""
    if not folder.parent.exists():
        make_like(folder.parent, project)
    folder.mkdir(mode=stat.S_IMODE(project.stat().st_mode) & 0o770, exist_ok=True)


def write_private(place: Path, content: bytes) -> None:
    """Write a file that was never open to everybody, not even while it was empty."""
    with open(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o660), "wb") as file:
        file.write(content)
    keep_private(place)


def prepare_like(place: Path, other: Path) -> None:
    """Have a file that is as open as another one: an empty one where there is none, before somebody else makes it."""
    with contextlib.suppress(FileNotFoundError):
        wanted = stat.S_IMODE(other.stat().st_mode) & ~_OTHERS
        handle = os.open(place, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            if os.fstat(handle).st_uid == os.geteuid() and stat.S_IMODE(os.fstat(handle).st_mode) != wanted:
                os.fchmod(handle, wanted)
        finally:
            os.close(handle)


@contextlib.contextmanager
def closed_to_others() -> Iterator[None]:
    """What this process makes inside is closed to everybody else, also what a library makes.

    Meant for moments: it holds for all threads.
    """
    with _MASK:
        before = os.umask(0o077)
        try:
            os.umask(before | _OTHERS)
            yield
        finally:
            os.umask(before)
