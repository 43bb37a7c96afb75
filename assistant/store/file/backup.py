"""Backups: the whole project on request, and the database every so often by itself; nobody waits for either."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from assistant.store.chain.head import HEAD, Head
from assistant.store.file.clock import utc_now
from assistant.store.file.copying import DAMAGED, FULL
from assistant.store.file.database import Database
from assistant.store.file.private import make_like, write_private
from assistant.store.file.trouble import BACKUPS, FULL_SENTENCE, STAMP, UNFINISHED, damaged, is_full, kept_backups
from tools.errors import Conflict, DiskFull, InputError

DATABASE = "project.duckdb"
NOTE = "BACKUP.txt"
_FOLDERS = ("media", "prompts", "artefacts")


class Backups:
    """Makes the backups of one open project."""

    def __init__(self, folder: Path, database: Database) -> None:
        """Keep both; nothing runs yet."""
        self._folder, self._database = folder, database
        self._is_ending = threading.Event()

    def stop(self) -> None:
        """Give up what is being copied, for good."""
        self._is_ending.set()

    def whole(self, target: Path, name: str) -> list[str]:
        """Copy everything into a new folder; returns what was copied."""
        if target.exists():
            raise InputError(f"{target} exists; a backup goes into a new folder.")
        return self._make(target, name, shutil.copy2, _FOLDERS, "Everything is in it, pictures too.")

    def own(self, name: str, keep: int) -> Path:
        """Copy all but the pictures into the project's folder of backups, and remove the oldest beyond ``keep``.

        Pictures lie under their hash and are never changed or removed: the project's own are those of its backups.
        """
        place = self._folder / BACKUPS
        make_like(place, self._folder)
        for left in place.glob(f"*{UNFINISHED}"):
            shutil.rmtree(left, ignore_errors=True)
        target = place / utc_now().strftime(STAMP)
        self._make(target, name, _linked, _FOLDERS[1:], "The pictures are in the folder media of the project.")
        for old in kept_backups(self._folder)[:-keep]:
            shutil.rmtree(old, ignore_errors=True)
        return target

    def _make(
        self, target: Path, name: str, copy: Callable[[str, str], object], folders: tuple[str, ...], said: str
    ) -> list[str]:
        unfinished = target.with_name(target.name + UNFINISHED)
        shutil.rmtree(unfinished, ignore_errors=True)
        try:
            unfinished.parent.mkdir(parents=True, exist_ok=True)
            make_like(unfinished, self._folder)
            with self._database.held_still() as head:
                self._copy_database(unfinished / DATABASE, head)
            # What rows name was written before the rows, so that what is copied after them is complete.
            for folder in folders:
                if (self._folder / folder).is_dir():
                    _copy_tree(self._folder / folder, unfinished / folder, copy)
            write_private(unfinished / HEAD, head.line())
            told = f"Project: {name}\nTaken: {utc_now().isoformat()}\nAudit head: {head.hash}\n{said}\n"
            write_private(unfinished / NOTE, told.encode())
            _sync_folder(unfinished)
            unfinished.rename(target)
        except OSError as error:
            raise DiskFull(FULL_SENTENCE) if is_full(error) else error from None
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        return sorted(one.name for one in target.iterdir())

    def _copy_database(self, target: Path, head: Head) -> None:
        command = [sys.executable, "-m", "assistant.store.file.copying"]
        command += [str(self._folder / DATABASE), str(target), str(head.seq), head.hash]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True) as process:
            try:
                said = self._ended(process)
            finally:
                process.kill()
        if process.returncode == FULL:
            raise DiskFull(FULL_SENTENCE)
        if process.returncode == DAMAGED:
            raise damaged(self._folder, f"a part of {DATABASE} cannot be read, so that no backup was made")
        if process.returncode:
            raise Conflict(f"The backup was not made: {said.strip() or 'it was stopped'}.")

    def _ended(self, process: subprocess.Popen[str]) -> str:
        while True:
            try:
                return process.communicate(timeout=0.2)[0]
            except subprocess.TimeoutExpired:
                if self._is_ending.is_set():
                    process.kill()


def _linked(source: str, target: str) -> None:
    """A second name for a file that is only ever replaced as a whole; a copy where there are none."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _copy_tree(source: Path, target: Path, copy: Callable[[str, str], object]) -> None:
    """Copy a folder in which files may come and go; half-written ones are left out."""

    def one(here: str, there: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            copy(here, there)

    shutil.copytree(source, target, copy_function=one, ignore=shutil.ignore_patterns("*.part", "*.tmp"))


def _sync_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
