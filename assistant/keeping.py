"""Backups that a project makes by itself while it is served: daily, and sooner where much was decided."""

from __future__ import annotations

import logging
import shutil
import threading
from datetime import datetime, timedelta

from assistant.store.chain.head import read_note
from assistant.store.file.backup import DATABASE
from assistant.store.file.clock import utc_now
from assistant.store.file.trouble import backup_time, kept_backups
from assistant.store.project import ProjectStore
from tools.errors import AssistantError, DiskFull

_LOG = logging.getLogger(__name__)
_FIRST_LOOK, _LOOK_EVERY, _LEAST_APART = 20.0, 60.0, timedelta(minutes=10)
_SPARE = 64 * 1024 * 1024  # room that a backup leaves for the decisions to come


class Keeping:
    """Looks every minute whether a backup is due, in a thread of its own."""

    def __init__(self, store: ProjectStore) -> None:
        """Nothing happens before :meth:`begin`."""
        self._store = store
        self._is_over = threading.Event()
        self._thread: threading.Thread | None = None
        self.problem = ""
        """Why the last backup was not made."""

    def begin(self) -> None:
        """Start looking."""
        self._thread = threading.Thread(target=self._look_often, name="backups", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Give up a backup that is being made, and wait until nothing of it is left."""
        self._is_over.set()
        self._store.backups.stop()
        if self._thread is not None and self._thread.ident is not None:
            self._thread.join()

    def is_due(self, now: datetime) -> bool:
        """Whether something was stored since the newest backup, and enough of it or long enough ago."""
        settings = self._store.settings
        newest = kept_backups(self._store.path)[-1:]
        seq = self._store.database.audit_seq
        if not settings.get("backups_kept"):
            return False
        if not newest:
            return True
        taken, noted = backup_time(newest[0]), read_note(newest[0])[0]
        assert taken is not None
        since = seq - (noted.seq if noted is not None else 0)
        age = now - taken
        is_old = age >= timedelta(hours=float(settings.get("backup_hours") or 0))
        is_much = since >= int(settings.get("backup_after") or 1) and age >= _LEAST_APART
        return since > 0 and (is_old or is_much)

    def make(self) -> None:
        """Make one now, if there is room for it; what went wrong is kept in ``problem`` and said once."""
        try:
            self._refuse_tight()
            self._store.backups.own(self._store.name, int(self._store.settings.get("backups_kept") or 1))
            self.problem = ""
        except (AssistantError, OSError) as error:
            if str(error) != self.problem and not self._is_over.is_set():
                _LOG.warning("No backup was made: %s", error)
            self.problem = str(error)

    def _refuse_tight(self) -> None:
        size = (self._store.path / DATABASE).stat().st_size
        if shutil.disk_usage(self._store.path).free < size + _SPARE:
            raise DiskFull("The disk has no room for a backup of the project; free some space.")

    def _look_often(self) -> None:
        pause = _FIRST_LOOK
        while not self._is_over.wait(pause):
            pause = _LOOK_EVERY
            try:
                if self.is_due(utc_now()):
                    self.make()
            except AssistantError as error:
                self.problem = str(error)
            except Exception:  # noqa: BLE001  what failed once must not end the backups for good
                _LOG.exception("whether a backup is due could not be found out")
