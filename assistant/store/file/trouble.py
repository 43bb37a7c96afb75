"""What is said when the files of a project are damaged, gone or have no room: one sentence, and the way back."""

from __future__ import annotations

import errno
import os
import shlex
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from tools.errors import AssistantError, Conflict, DiskFull, EntriesMissing, ProjectDamaged, ProjectGone
from tools.moments import said_moment

BACKUPS = "backups"
UNFINISHED = ".unfinished"
STAMP = "%Y-%m-%dT%H-%M-%S"
FULL_SENTENCE = "The disk is full: nothing that was saved is lost, but nothing new can be saved; free some space."
_NO_ROOM = ("no space left", "disk quota exceeded", "not enough space", "file too large")
_INVALID = ("invalidated", "connection already closed", "connection error")
_BROKEN: tuple[type[duckdb.Error], ...] = (duckdb.IOException, duckdb.FatalException, duckdb.InternalException)


def kept_backups(folder: Path) -> list[Path]:
    """The finished backups that the project made by itself, oldest first."""
    place = folder / BACKUPS
    if not place.is_dir():
        return []
    found = (one for one in place.iterdir() if one.is_dir() and not one.name.endswith(UNFINISHED))
    return sorted(one for one in found if backup_time(one) is not None)


def backup_time(backup: Path) -> datetime | None:
    """When a backup was taken, as its name says; ``None`` where it has another name."""
    try:
        return datetime.strptime(backup.name, STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def damaged(folder: Path, reason: str) -> ProjectDamaged:
    """The database cannot be read: why, and what to do."""
    return ProjectDamaged(f"The project {folder.name} is damaged: {reason}. {way_back(folder)}")


def entries_missing(folder: Path, found: int, noted: int) -> EntriesMissing:
    """The database ends before the note of its newest entry."""
    lost = noted - found
    if lost > 0:
        entries = "entry was" if lost == 1 else f"{lost:,} entries (decisions, cards shown, imports and the like) were"
        reason = f"its newest {entries} saved and {'is' if lost == 1 else 'are'} not there any more"
    else:
        reason = "its entries are not those that were saved last"
    go_on = f"assistant verify {shlex.quote(str(folder.resolve()))} --accept-loss"
    told = f"{reason}. {way_back(folder)} – or go on without what is missing with: {go_on}"
    return EntriesMissing(f"The project {folder.name} is damaged: {told}")


def way_back(folder: Path) -> str:
    """The newest backup and the command that brings it back."""
    command = f"assistant restore {shlex.quote(str(folder.resolve()))}"
    kept = kept_backups(folder)
    if not kept:
        return f"There is no backup in its folder; bring back one that was made elsewhere with: {command} BACKUP"
    taken = backup_time(kept[-1])
    assert taken is not None
    when = f"{said_moment(taken)} UTC"
    return f"The newest backup is of {when}; bring it back with: {command}"


def gone(folder: Path) -> ProjectGone:
    """The folder is not where it was."""
    return ProjectGone(
        f"The folder of the project {folder.name} was moved or deleted: nothing is saved until it is back at {folder}."
    )


def misshapen(folder: Path, error: Exception) -> ProjectDamaged:
    """What is stored does not have the shape that the program gave it."""
    first = (str(error).splitlines() or [""])[0].split("Error: ")[-1].rstrip("!.")
    return damaged(folder, f"project.duckdb does not have the shape that it should have ({first})")


def still_busy(folder: Path) -> Conflict:
    """The file has to be opened again, and somebody still reads from it."""
    return Conflict(f"The project {folder.name} is just being opened again; nothing was saved by this, try it again.")


def is_full(error: BaseException) -> bool:
    """Whether a disk had no room."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return True
    return isinstance(error, duckdb.Error) and any(words in str(error).casefold() for words in _NO_ROOM)


def is_invalid(error: BaseException) -> bool:
    """Whether DuckDB has to be opened again after this."""
    if isinstance(error, (duckdb.FatalException, duckdb.InternalException, duckdb.ConnectionException)):
        return True
    return isinstance(error, duckdb.Error) and any(words in str(error).casefold() for words in _INVALID)


def said(error: duckdb.Error, folder: Path) -> AssistantError | None:
    """The error in words, where the files are its reason; ``None`` for a defect of the program."""
    if is_full(error):
        return DiskFull(FULL_SENTENCE)
    first = str(error).splitlines()[0] if str(error) else ""
    if isinstance(error, _BROKEN) or "corrupt" in first.casefold() or " wal" in first.casefold():
        return damaged(folder, _reason(folder, first))
    return None


def _reason(folder: Path, first: str) -> str:
    """The reason without the words of the engine."""
    low = first.casefold()
    if "wal" in low:
        return "the file of its newest decisions (project.duckdb.wal) was altered or cut"
    if "not a valid duckdb" in low:
        return "project.duckdb is no database"
    if "enough bytes" in low or "truncated" in low:
        return "project.duckdb was cut short"
    if "checksum" in low or "corrupt" in low:
        return "a part of project.duckdb was altered"
    if "permission denied" in low or not os.access(folder, os.R_OK | os.W_OK):
        return "project.duckdb may not be read or written by you"
    return f"project.duckdb cannot be read ({first.removeprefix('IO Error: ').rstrip('.')})"
