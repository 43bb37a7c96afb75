"""Whatever holds data is closed to the other accounts of the computer, in every state of the project."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from assistant.store.file import file as file_module
from assistant.store.file.copying import copy_synced
from assistant.store.file.rescue import restore
from assistant.store.project import ProjectStore
from tests.store.opened import ANN, REFUND, Opened, create, decide, reopen

LOG = "project.duckdb.wal"


def mode(place: Path) -> int:
    """Who may do what with a file or folder."""
    return stat.S_IMODE(place.stat().st_mode)


@pytest.fixture(autouse=True)
def _usual_mask() -> object:
    before = os.umask(0o022)
    yield
    os.umask(before)


def files_of(project: Opened) -> dict[str, int]:
    """The modes of the database and its log."""
    folder = project.store.path
    return {name: mode(folder / name) for name in ("project.duckdb", LOG) if (folder / name).exists()}


def test_the_log_is_as_private_as_the_database_in_every_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    private = {"project.duckdb": 0o600, LOG: 0o600}
    with create(tmp_path / "p") as project:
        assert files_of(project) == private
        decide(project, ANN, 1, REFUND)
        assert files_of(project) == private
        project.store.database.checkpoint()
        decide(project, ANN, 2, REFUND)
        assert files_of(project) == private
        monkeypatch.setattr(file_module, "_FOLD_AT", 1)
        project.store.database._file._fold_at = 1
        decide(project, ANN, 3, REFUND)
        assert (project.store.path / LOG).stat().st_size == 0
        with project.store.database.held_still():
            project.desk.undo(ANN)
            assert (project.store.path / LOG).stat().st_size > 0
            assert files_of(project) == private
        project.store.database._file.give_up()
        project.desk.undo(ANN)
        assert files_of(project) == private
    assert not (tmp_path / "p" / LOG).exists()


def test_a_log_that_an_older_program_left_open_to_all_is_closed(tmp_path: Path) -> None:
    create(tmp_path / "p").__exit__(None, None, None)
    with reopen(tmp_path / "p") as project:
        decide(project, ANN, 1, REFUND)
        for name in ("project.duckdb", LOG):
            copy_synced(tmp_path / "p" / name, tmp_path / name)
    for name in ("project.duckdb", LOG):
        (tmp_path / name).replace(tmp_path / "p" / name)
        (tmp_path / "p" / name).chmod(0o644)
    with reopen(tmp_path / "p") as project:
        decide(project, ANN, 2, REFUND)
        assert files_of(project) == {"project.duckdb": 0o640, LOG: 0o640}
        assert len(project.desk.history(ANN)) == 2


def test_what_a_group_may_read_of_the_database_it_may_read_of_the_log(tmp_path: Path) -> None:
    create(tmp_path / "p").__exit__(None, None, None)
    (tmp_path / "p" / "project.duckdb").chmod(0o660)
    with reopen(tmp_path / "p") as project:
        decide(project, ANN, 1, REFUND)
        assert files_of(project) == {"project.duckdb": 0o660, LOG: 0o660}


def open_to_all(folder: Path) -> list[str]:
    """What in a folder, and the folder itself, is open to everybody."""
    found = [folder, *folder.rglob("*")]
    return sorted(str(one.relative_to(folder)) for one in found if mode(one) & 0o007)


def test_a_backup_is_closed_to_everybody_else_wherever_it_lies(tmp_path: Path) -> None:
    with create(tmp_path / "p") as project:
        project.store.backup(tmp_path / "elsewhere" / "copy")
        own = project.store.backups.own("Small", keep=3)
        assert open_to_all(own.parent) == []
    assert open_to_all(tmp_path / "elsewhere" / "copy") == []
    assert mode(tmp_path / "elsewhere" / "copy" / "project.duckdb") == 0o600


def test_what_is_brought_back_and_set_aside_stays_closed_and_a_group_stays_in(tmp_path: Path) -> None:
    with create(tmp_path / "p") as project:
        project.store.backups.own("Small", keep=3)
    (tmp_path / "p" / "project.duckdb").chmod(0o660)
    restore(tmp_path / "p", "", "lea")
    assert mode(tmp_path / "p" / "project.duckdb") == 0o660
    assert open_to_all(tmp_path / "p") == []


def test_a_new_project_in_a_folder_that_was_there_was_never_open_to_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from assistant.store.file import opening
    from tests.store.opened import SCHEMA

    seen: list[int] = []
    connect = opening.duckdb.connect

    def watched(*given: object, **more: object) -> object:
        connection = connect(*given, **more)
        seen.append(mode(Path(str(given[0]))) & 0o007)
        return connection

    (tmp_path / "p").mkdir()
    monkeypatch.setattr(opening.duckdb, "connect", watched)
    ProjectStore.create(tmp_path / "p", "p", SCHEMA, "lea").close()
    assert seen == [0, 0]
    assert open_to_all(tmp_path / "p") == []
    assert os.umask(0o022) == 0o022
