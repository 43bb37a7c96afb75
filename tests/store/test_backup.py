"""Backups that hold nobody up, and the ways back from them."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.keeping import Keeping
from assistant.store.chain.head import read_note
from assistant.store.file.backup import Backups
from assistant.store.file.clock import utc_now
from assistant.store.file.rescue import accept_loss, restore
from assistant.store.file.trouble import kept_backups
from assistant.store.project import ProjectStore
from tests.store.opened import ANN, LEAD, REFUND, SCHEMA, Opened, broken_checks, decide, reopen
from tools.errors import EntriesMissing, InputError, NotFound, ProjectDamaged, ProjectInUse


def flip(path: Path, at: int, count: int = 64) -> None:
    """Turn over some bytes of a file."""
    with path.open("rb+") as stream:
        stream.seek(at)
        before = stream.read(count)
        stream.seek(at)
        stream.write(bytes(one ^ 0xFF for one in before))


@contextlib.contextmanager
def meanwhile(project: Opened, monkeypatch: pytest.MonkeyPatch, item_id: int) -> Iterator[None]:
    """Somebody decides while the file is being copied."""
    copies = Backups._copy_database

    def copy(self: Backups, *given: Any) -> None:
        decide(project, ANN, item_id, REFUND)
        copies(self, *given)

    monkeypatch.setattr(Backups, "_copy_database", copy)
    yield


def test_decisions_go_on_while_a_backup_is_made_and_it_holds_the_state_before_them(
    project: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(project, ANN, 1, REFUND)
    head = project.store.database.audit_head
    with meanwhile(project, monkeypatch, 2):
        project.store.backup(tmp_path / "copy")
    assert [line.item_id for line in project.desk.history(ANN)] == [2, 1]
    with reopen(tmp_path / "copy") as copy:
        assert copy.store.database.audit_head == head
        assert [line.item_id for line in copy.desk.history(ANN)] == [1]
        assert broken_checks(copy) == []


def test_the_log_is_not_folded_into_a_file_that_is_being_copied(project: Opened) -> None:
    with project.store.database.held_still():
        decide(project, ANN, 1, REFUND)
        before = (project.store.path / "project.duckdb").stat().st_mtime_ns
        project.store.database.checkpoint()
        assert (project.store.path / "project.duckdb").stat().st_mtime_ns == before
    project.store.database.checkpoint()
    assert (project.store.path / "project.duckdb").stat().st_mtime_ns > before


def test_no_backup_is_made_of_a_damaged_project(folder: Path, tmp_path: Path) -> None:
    with reopen(folder) as project:
        project.store.database.checkpoint()
        for at in range(16_000, (folder / "project.duckdb").stat().st_size, 262_144):
            flip(folder / "project.duckdb", at)
        with pytest.raises(ProjectDamaged, match="no backup was made"):
            project.store.backup(tmp_path / "copy")
    assert not (tmp_path / "copy").exists() and not (tmp_path / "copy.unfinished").exists()


def test_the_oldest_of_the_projects_own_backups_goes_when_a_new_one_is_there(project: Opened) -> None:
    taken = []
    for item_id in (1, 2, 3):
        decide(project, ANN, item_id, REFUND)
        made = project.store.backups.own("Small", keep=2)
        # Names tell the second: as if an hour had passed in between.
        earlier = made.with_name(f"2026-01-01T0{item_id}-00-00")
        made.rename(earlier)
        taken.append(earlier)
    project.store.backups.own("Small", keep=2)
    names = [one.name for one in kept_backups(project.store.path)]
    assert names[0] == taken[-1].name and len(names) == 2


def test_an_own_backup_has_no_second_copy_of_the_pictures(project: Opened) -> None:
    (project.store.path / "media" / "ab").mkdir(parents=True)
    (project.store.path / "media" / "ab" / "picture.png").write_bytes(b"x")
    made = project.store.backups.own("Small", keep=1)
    assert not (made / "media").exists()
    assert "pictures are in the folder media" in (made / "BACKUP.txt").read_text()


def test_a_backup_is_due_after_a_day_or_after_enough_and_never_without_news(project: Opened) -> None:
    keeping, now = Keeping(project.store), utc_now()
    assert keeping.is_due(now)
    keeping.make()
    assert not keeping.is_due(now + timedelta(hours=30))
    decide(project, ANN, 1, REFUND)
    assert not keeping.is_due(now + timedelta(hours=1))
    assert keeping.is_due(now + timedelta(hours=25))
    project.store.settings.put("backup_after", 1, LEAD)
    assert not keeping.is_due(now + timedelta(minutes=5))
    assert keeping.is_due(now + timedelta(hours=1))
    project.store.settings.put("backups_kept", 0, LEAD)
    assert not keeping.is_due(now + timedelta(hours=1000))


def test_a_backup_that_finds_no_room_is_told_and_tried_again(project: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    keeping = Keeping(project.store)
    tight = shutil.disk_usage(project.store.path)._replace(free=1000)
    with monkeypatch.context() as patched:
        patched.setattr("assistant.keeping.shutil.disk_usage", lambda _path: tight)
        keeping.make()
    assert "no room for a backup" in keeping.problem and kept_backups(project.store.path) == []
    keeping.make()
    assert keeping.problem == "" and len(kept_backups(project.store.path)) == 1


def test_a_damaged_project_names_its_newest_backup_and_that_command_brings_it_back(folder: Path) -> None:
    with reopen(folder) as project:
        decide(project, ANN, 1, REFUND)
        project.store.backups.own("Small", keep=3)
        decide(project, ANN, 2, REFUND)
    os.truncate(folder / "project.duckdb", 20_000)
    with pytest.raises(ProjectDamaged, match=f"bring it back with: assistant restore {folder.resolve()}$"):
        reopen(folder)
    found = restore(folder, "", "lea")
    assert found.missing == 2  # the card and the decision on it
    assert found.aside is not None and (found.aside / "project.duckdb").stat().st_size == 20_000
    with reopen(folder) as project:
        assert [line.item_id for line in project.desk.history(ANN)] == [1]
        assert broken_checks(project) == []


def test_a_backup_made_elsewhere_makes_a_project_anew(project: Opened, tmp_path: Path) -> None:
    decide(project, ANN, 1, REFUND)
    (project.store.path / "media" / "one").write_text("picture")
    project.store.backup(tmp_path / "copy")
    restore(tmp_path / "again", str(tmp_path / "copy"), "lea")
    with reopen(tmp_path / "again") as again:
        assert [line.item_id for line in again.desk.history(ANN)] == [1]
        assert broken_checks(again) == []
    assert (tmp_path / "again" / "media" / "one").read_text() == "picture"


def test_a_backup_of_another_project_is_refused(folder: Path, tmp_path: Path) -> None:
    ProjectStore.create(tmp_path / "other", "Other", SCHEMA, "lea").close()
    with pytest.raises(InputError, match="backup of another project"):
        restore(folder, str(tmp_path / "other"), "lea")


def test_a_served_project_is_not_restored(project: Opened, tmp_path: Path) -> None:
    project.store.backup(tmp_path / "copy")
    with pytest.raises(ProjectInUse):
        restore(project.store.path, str(tmp_path / "copy"), "lea")


def test_without_any_backup_restore_says_so(folder: Path) -> None:
    with pytest.raises(NotFound, match="There is no backup in"):
        restore(folder, "", "lea")


def test_a_damaged_backup_takes_no_projects_place(folder: Path, tmp_path: Path) -> None:
    with reopen(folder) as project:
        project.store.backup(tmp_path / "copy")
    os.truncate(tmp_path / "copy" / "project.duckdb", 20_000)
    before = (folder / "project.duckdb").read_bytes()
    with pytest.raises(ProjectDamaged, match="is damaged itself"):
        restore(folder, str(tmp_path / "copy"), "lea")
    assert (folder / "project.duckdb").read_bytes() == before


def killed_after(folder: Path, count: int) -> None:
    """A project as a process leaves it that is killed after so many decisions: they are in the log."""
    place = folder.with_name("alive")
    shutil.copytree(folder, place)
    with reopen(place) as project:
        for item_id in range(1, count + 1):
            decide(project, ANN, item_id, REFUND)
        for name in ("project.duckdb", "project.duckdb.wal", "project.head"):
            shutil.copy(place / name, folder / name)
    shutil.rmtree(place)


def test_a_log_that_went_is_missed_and_can_be_gone_on_without(folder: Path) -> None:
    killed_after(folder, 3)
    (folder / "project.duckdb.wal").unlink()
    with pytest.raises(EntriesMissing, match="its newest 6 entries") as told:
        reopen(folder)
    assert str(told.value).endswith(f"assistant verify {folder.resolve()} --accept-loss")
    assert accept_loss(folder, "lea").missing == 6  # three cards and the decisions on them
    with reopen(folder) as project:
        assert project.desk.history(ANN) == []
        assert broken_checks(project) == []
        kinds = project.store.database.rows("SELECT payload FROM audit WHERE kind = 'loss_accepted'")
    assert kinds == [('{"missing":6}',)]


def test_a_log_that_was_altered_is_read_up_to_there_when_somebody_says_so(folder: Path) -> None:
    killed_after(folder, 3)
    log = folder / "project.duckdb.wal"
    flip(log, log.stat().st_size - 200, 4)
    with pytest.raises(ProjectDamaged):
        reopen(folder)
    found = accept_loss(folder, "lea")
    assert found.missing == 1 and found.aside is not None and (found.aside / log.name).is_file()
    with reopen(folder) as project:
        assert [line.item_id for line in project.desk.history(ANN)] == [2, 1]


def test_a_note_that_stayed_behind_is_no_damage(folder: Path) -> None:
    note = (folder / "project.head").read_bytes()
    with reopen(folder) as project:
        decide(project, ANN, 1, REFUND)
    (folder / "project.head").write_bytes(note)
    with reopen(folder) as project:
        assert broken_checks(project) == []
        assert len(project.desk.history(ANN)) == 1


@pytest.mark.parametrize(("seconds", "broken"), [(59, []), (61, ["the newest entry is noted beside the database"])])
def test_a_note_alone_put_back_to_an_earlier_moment_is_named_by_verify(
    folder: Path, monkeypatch: pytest.MonkeyPatch, seconds: int, broken: list[str]
) -> None:
    note = (folder / "project.head").read_bytes()
    began = datetime(2030, 1, 1, tzinfo=UTC)
    with reopen(folder) as project:
        for later in (0, seconds):
            moment = began + timedelta(seconds=later)
            monkeypatch.setattr("assistant.store.file.database.utc_now", lambda moment=moment: moment)
            project.store.settings.put("seed", later, LEAD)
    (folder / "project.head").write_bytes(note)
    with reopen(folder) as project:
        assert broken_checks(project) == broken


def test_a_note_that_was_altered_is_named_by_verify(folder: Path) -> None:
    flip(folder / "project.head", 30, 1)
    with reopen(folder) as project:
        assert broken_checks(project) == ["the newest entry is noted beside the database"]


def test_the_note_says_what_the_audit_ends_with(project: Opened) -> None:
    decide(project, ANN, 1, REFUND)
    noted, problem = read_note(project.store.path)
    assert problem == "" and noted is not None
    assert (noted.seq, noted.hash) == (project.store.database.audit_seq, project.store.database.audit_head)
