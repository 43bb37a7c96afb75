"""A project is its owner's: what it holds is closed to the other accounts of the computer."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_OTHERS = 0o007


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
