"""Ways back for a project that is damaged: a backup in its place, or going on with what can still be read."""

from __future__ import annotations

import contextlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb

from assistant.store.chain.head import HEAD, Head, read_note
from assistant.store.file.backup import DATABASE
from assistant.store.file.clock import utc_now
from assistant.store.file.copying import copy_synced, whole_head
from assistant.store.file.database import Database
from assistant.store.file.lock import ProjectLock
from assistant.store.file.opening import connect, stored_head
from assistant.store.file.private import make_like, make_private, prepare_like, write_private
from assistant.store.file.trouble import BACKUPS, FULL_SENTENCE, STAMP, is_full, kept_backups
from tools.errors import DiskFull, InputError, NotFound, ProjectDamaged

SET_ASIDE = "set-aside"
LOG = f"{DATABASE}.wal"
_FOLDERS = ("media", "prompts", "artefacts")


@dataclass(frozen=True, slots=True)
class Rescued:
    """``missing`` counts the entries that were saved once and are not there now; ``None`` where nobody knows."""

    source: Path
    missing: int | None
    aside: Path | None


def restore(project: Path, backup: str, person: str) -> Rescued:
    """Put a backup in the place of the database; what lay there is kept beside. Pictures that are there stay."""
    source = _backup(project, backup)
    make_private(project)
    lock = ProjectLock(project)
    try:
        head = _head_of(source)
        _refuse_other(project, source)
        noted = read_note(project)[0]
        aside = _replace(project, source, head)
    except OSError as error:
        raise DiskFull(FULL_SENTENCE) if is_full(error) else error from None
    finally:
        lock.release()
    missing = max(0, noted.seq - head.seq) if noted is not None else None
    _record(project, person, "restored", missing, accept_loss=False)
    return Rescued(source, missing, aside)


def accept_loss(project: Path, person: str) -> Rescued:
    """Go on with what the database holds, after keeping a copy of its log; recorded in the audit."""
    if not (project / DATABASE).is_file():
        raise NotFound(f"{project} holds no {DATABASE}.")
    lock = ProjectLock(project)
    try:
        noted = read_note(project)[0]
        aside = _keep_log(project)
        found = _readable(project)
    finally:
        lock.release()
    missing = max(0, noted.seq - found.seq) if noted is not None else None
    _record(project, person, "loss_accepted", missing, accept_loss=True)
    return Rescued(project, missing, aside)


def _backup(project: Path, named: str) -> Path:
    """The backup that is meant: the newest of the project's own, one of them by name, or a folder."""
    kept = kept_backups(project)
    if not named:
        if not kept:
            raise NotFound(f"There is no backup in {project / BACKUPS}; name the folder of one.")
        return kept[-1]
    found = next((one for one in kept if one.name == named), Path(named))
    if not (found / DATABASE).is_file():
        raise NotFound(f"{found} is no backup: it holds no {DATABASE}.")
    if found.resolve() == project.resolve():
        raise InputError("A project cannot be brought back from itself; name the folder of a backup.")
    return found


def _head_of(backup: Path) -> Head:
    try:
        return whole_head(backup / DATABASE)
    except ValueError:
        raise ProjectDamaged(f"The backup {backup} is damaged itself; bring back another one.") from None


def _refuse_other(project: Path, backup: Path) -> None:
    here, there = _identity(project), _identity(backup)
    if here and there and here != there:
        raise InputError(f"{backup} is a backup of another project than {project.name}.")


def _identity(folder: Path) -> str:
    """The project's id, ``""`` where it cannot be read."""
    if not (folder / DATABASE).is_file() or (folder / DATABASE).stat().st_size == 0:
        return ""
    try:
        with duckdb.connect(str(folder / DATABASE), read_only=True) as connection:
            rows = connection.execute("SELECT value FROM project WHERE key = 'id'").fetchall()
    except duckdb.Error:
        return ""
    return str(rows[0][0]) if rows else ""


def _replace(project: Path, backup: Path, head: Head) -> Path | None:
    fresh = project / f"{DATABASE}.part"
    try:
        copy_synced(backup / DATABASE, fresh)
        if (project / DATABASE).is_file():  # whoever was let in before stays in
            prepare_like(fresh, project / DATABASE)
        for folder in _FOLDERS:
            if (backup / folder).is_dir():
                shutil.copytree(backup / folder, project / folder, copy_function=_copy_new, dirs_exist_ok=True)
        aside = _set_aside(project)
        fresh.replace(project / DATABASE)
        if (backup / LOG).is_file():  # somebody opened the backup as a project
            copy_synced(backup / LOG, project / LOG)
        write_private(project / HEAD, head.line())
    finally:
        fresh.unlink(missing_ok=True)
    return aside


def _copy_new(source: str, target: str) -> None:
    if not Path(target).exists():
        shutil.copy2(source, target)


def _set_aside(project: Path) -> Path | None:
    """Move the files of the database into a folder of their own; the log first, which is nothing without the file."""
    there = [project / name for name in (LOG, DATABASE, HEAD) if (project / name).exists()]
    if not there:
        return None
    aside = _new_aside(project)
    for one in there:
        one.replace(aside / one.name)
    return aside


def _new_aside(project: Path) -> Path:
    aside = project / SET_ASIDE / utc_now().strftime(STAMP)
    make_like(aside.parent, project)
    make_like(aside, project)
    return aside


def _keep_log(project: Path) -> Path | None:
    if not (project / LOG).is_file():
        return None
    aside = _new_aside(project)
    shutil.copy2(project / LOG, aside / LOG)
    return aside


def _readable(project: Path) -> Head:
    """The newest entry that can be read, once the log is cut before its first broken part, or taken away."""
    log = project / LOG
    for _ in range(2):
        try:
            return _look(project)
        except ProjectDamaged:
            position = _broken_at(project)
            if position is None or not log.is_file():
                break
            with log.open("rb+") as stream:
                stream.truncate(position)
    log.unlink(missing_ok=True)
    return _look(project)


def _look(project: Path) -> Head:
    connection = connect(project / DATABASE, project / "cache" / "spill", "1200MB")
    try:
        return stored_head(connection)
    finally:
        connection.close()


def _broken_at(project: Path) -> int | None:
    """Where DuckDB says that the log is broken."""
    try:
        duckdb.connect(str(project / DATABASE), read_only=True).close()
    except duckdb.Error as error:
        found = re.search(r"byte position (\d+)", str(error))
        return int(found.group(1)) if found else None
    return None


def _record(project: Path, person: str, kind: str, missing: int | None, *, accept_loss: bool) -> None:
    with (
        contextlib.closing(
            Database(project / DATABASE, project / "cache" / "spill", accept_loss=accept_loss)
        ) as database,
        database.write() as transaction,
    ):
        transaction.record(person, kind, {"missing": missing})
