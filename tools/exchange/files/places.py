"""What a path leads to; links in a circle, names that are too long and pipes get an answer and no error."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from tools.errors import InputError

_KINDS = (
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
_REFUSED = {
    errno.ELOOP: "is a link that leads back to itself",
    errno.ENAMETOOLONG: "has a name that is too long for a file",
    errno.EACCES: "may not be read by this account",
}


def is_file(path: Path) -> bool:
    """Whether the path leads to a regular file; ``False`` for whatever cannot be looked at."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def is_folder(path: Path) -> bool:
    """Whether the path leads to a folder; ``False`` for whatever cannot be looked at."""
    try:
        return path.is_dir()
    except (OSError, ValueError):
        return False


def lies_in(path: Path, root: Path) -> bool:
    """Whether the path, its links followed, lies below ``root``, which is resolved."""
    try:
        return path.resolve().is_relative_to(root)
    except (OSError, RuntimeError, ValueError):
        # A link that leads in a circle lies nowhere.
        return False


def refuse_unreadable(path: Path) -> None:
    """:class:`InputError` where the path is neither a regular file nor a folder that this account may read.

    Opening a pipe would wait for ever for somebody to write into it, so it is never opened.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        raise InputError(f"There is no file {path}.") from None
    except (OSError, ValueError) as error:
        why = _REFUSED.get(getattr(error, "errno", 0) or 0, "cannot be looked at")
        raise InputError(f"{_short(path)} {why}; name another file or folder.") from None
    kind = next((words for is_kind, words in _KINDS if is_kind(mode)), "")
    if kind:
        raise InputError(f"{path} is no file but {kind}; name a file or a folder.")
    if not os.access(path, os.R_OK):
        raise InputError(f"{path} {_REFUSED[errno.EACCES]}; name another file or folder.")


def _short(path: Path) -> str:
    written = str(path)
    return written if len(written) <= 120 else f"{written[:117]}…"
