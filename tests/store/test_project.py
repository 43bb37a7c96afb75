"""A project's folder: one owner, whole or not there, copied while it is open."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from assistant.store import project as project_module
from assistant.store.project import ProjectStore
from tests.store.opened import ANN, BOB, LEAD, REFUND, SCHEMA, Opened, broken_checks, create, decide, reopen
from tools.errors import InputError, NotAllowed, NotFound, ProjectDamaged, ProjectInUse

OPEN = """
import sys
from pathlib import Path
from assistant.store.project import ProjectStore
from tools.errors import ProjectInUse
try:
    ProjectStore(Path(sys.argv[1]))
except ProjectInUse as error:
    print(error)
"""


def test_a_second_process_is_told_that_the_project_is_in_use(project: Opened) -> None:
    checkout = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", OPEN, str(project.store.path)]
    found = subprocess.run(command, capture_output=True, text=True, check=True, cwd=checkout)
    assert "The project project is open already" in found.stdout


def test_a_second_owner_in_the_same_process_is_refused_too(project: Opened) -> None:
    with pytest.raises(ProjectInUse):
        reopen(project.store.path)


IMPORT_A_NAME = """
import sys
from pathlib import Path
from assistant.store.file.database import Database
from tools.errors import ProjectInUse
path = Path(sys.argv[1]) / "project.duckdb"
try:
    Database(path, path.parent / "cache" / "spill")
except ProjectInUse as error:
    print(error)
"""


def told_in_another_process(script: str, folder: Path) -> str:
    checkout = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-c", script, str(folder)]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=checkout).stdout


def test_a_backup_does_not_let_a_second_owner_in(project: Opened, tmp_path: Path) -> None:
    project.store.backup(tmp_path / "copy")
    for script in (OPEN, IMPORT_A_NAME):
        assert "The project project is open already" in told_in_another_process(script, project.store.path)


def test_no_handle_on_the_database_that_is_closed_here_lets_a_second_owner_in(project: Opened) -> None:
    (project.store.path / "project.duckdb").read_bytes()
    assert "The project project is open already" in told_in_another_process(OPEN, project.store.path)


def test_a_closed_project_can_be_opened_again(folder: Path) -> None:
    with reopen(folder):
        pass
    with reopen(folder) as again:
        assert again.store.items.count() == 6


def test_a_folder_without_a_database_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="is no project"):
        ProjectStore(tmp_path)


def test_a_file_that_is_no_database_is_named_as_damaged(tmp_path: Path) -> None:
    (tmp_path / "project.duckdb").write_bytes(b"this is no database at all" * 1000)
    with pytest.raises(ProjectDamaged, match=r"is damaged: project\.duckdb is no database"):
        ProjectStore(tmp_path)


def test_a_folder_with_something_in_it_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(InputError, match="not an empty folder"):
        ProjectStore.create(tmp_path, "x", SCHEMA, "lea")
    assert [one.name for one in tmp_path.iterdir()] == ["letter.txt"]


def test_a_project_that_could_not_be_made_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(project_module, "new_project", fail)
    with pytest.raises(RuntimeError):
        ProjectStore.create(tmp_path / "new", "x", SCHEMA, "lea")
    assert not (tmp_path / "new").exists()


def test_who_asks_a_query_cannot_say_that_they_are_somebody_else(project: Opened) -> None:
    decide(project, ANN, 1, REFUND)
    mine = project.store.ask("own_work", {"viewer": "ann"}, BOB)
    assert mine.rows == () and mine.params["viewer"] == "bob"


def test_a_query_above_the_persons_role_is_refused(project: Opened) -> None:
    with pytest.raises(NotAllowed, match="needs the role lead"):
        project.store.ask("reviewers", {}, ANN)


def test_a_query_of_no_known_name_is_refused(project: Opened) -> None:
    with pytest.raises(NotFound, match="no query"):
        project.store.ask("SELECT 1", {}, LEAD)


def test_a_new_schema_version_is_in_force_after_reopening(folder: Path) -> None:
    slim = SCHEMA.model_copy(update={"name": "Slim", "fields": SCHEMA.fields[:1]})
    with reopen(folder) as project:
        assert project.store.change_schema(slim, LEAD) == 2
    with reopen(folder) as project:
        assert (project.store.schema_version, project.store.schema) == (2, slim)


def test_a_backup_taken_while_the_project_is_open_is_a_whole_project(project: Opened, tmp_path: Path) -> None:
    decide(project, ANN, 1, REFUND)
    project.store.backup(tmp_path / "copy")
    head = project.store.database.audit_head
    decide(project, ANN, 2, REFUND)
    with reopen(tmp_path / "copy") as copy:
        assert broken_checks(copy) == []
        assert copy.store.database.audit_head == head
        assert [line.item_id for line in copy.desk.history(ANN)] == [1]


def test_a_backup_holds_the_media_the_prompts_and_what_paused_jobs_need(project: Opened, tmp_path: Path) -> None:
    for name in ("media", "prompts", "artefacts"):
        (project.store.path / name).mkdir(exist_ok=True)
        (project.store.path / name / "one").write_text(name)
    copied = project.store.backup(tmp_path / "copy")
    assert {"project.duckdb", "project.head", "media", "prompts", "artefacts", "BACKUP.txt"} == set(copied)
    assert (tmp_path / "copy" / "artefacts" / "one").read_text() == "artefacts"


def test_two_projects_have_different_ids_and_a_backup_has_that_of_its_project(tmp_path: Path) -> None:
    for name in ("one", "two"):
        create(tmp_path / name).store.close()
    with reopen(tmp_path / "one") as one, reopen(tmp_path / "two") as two:
        one.store.backup(tmp_path / "copy")
        ids = (one.store.project_id, two.store.project_id)
    with reopen(tmp_path / "copy") as copy:
        assert copy.store.project_id == ids[0] != ids[1]


def test_a_backup_names_the_head_of_the_audit(project: Opened, tmp_path: Path) -> None:
    project.store.backup(tmp_path / "copy")
    assert project.store.database.audit_head in (tmp_path / "copy" / "BACKUP.txt").read_text()


def test_a_backup_does_not_overwrite(project: Opened, tmp_path: Path) -> None:
    (tmp_path / "copy").mkdir()
    with pytest.raises(InputError, match="a backup goes into a new folder"):
        project.store.backup(tmp_path / "copy")
