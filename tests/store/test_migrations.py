"""Migrations: all of a step or nothing of it, and nothing of a newer program's file."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from assistant.store.file import faults
from assistant.store.file import migrating as migrating_module
from assistant.store.file.database import Database
from assistant.store.file.migrations import MIGRATIONS, Migration
from tests.store.opened import Opened, broken_checks, create, reopen
from tools.errors import ProjectDamaged

NEXT = Migration(MIGRATIONS[-1].number + 1, "next", "CREATE TABLE extra (n INTEGER); INSERT INTO extra VALUES (7);")


def with_next(monkeypatch: pytest.MonkeyPatch, migration: Migration = NEXT) -> None:
    """Let the program know one step more."""
    monkeypatch.setattr(migrating_module, "MIGRATIONS", (*MIGRATIONS, migration))


def tables(path: Path) -> set[str]:
    database = Database(path / "project.duckdb", path / "cache" / "spill")
    try:
        return {row[0] for row in database.rows("SELECT table_name FROM information_schema.tables")}
    finally:
        database.close()


def test_every_step_is_recorded_with_its_number_and_name(project: Opened) -> None:
    rows = project.store.database.rows("SELECT number, name FROM migrations ORDER BY number")
    assert rows == [(one.number, one.name) for one in MIGRATIONS]


def test_the_numbers_of_the_steps_count_up_from_one() -> None:
    assert [one.number for one in MIGRATIONS] == list(range(1, len(MIGRATIONS) + 1))


def test_a_project_of_an_older_program_is_brought_up_to_date(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_next(monkeypatch)
    with reopen(folder) as project:
        assert project.store.database.rows("SELECT n FROM extra") == [(7,)]
        assert project.store.items.count() == 6


def test_a_project_of_before_ids_gets_one_that_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrating_module, "MIGRATIONS", MIGRATIONS[:3])
    create(tmp_path / "old").store.close()
    monkeypatch.undo()
    with reopen(tmp_path / "old") as project:
        given = project.store.project_id
    with reopen(tmp_path / "old") as project:
        assert project.store.project_id == given
    assert re.fullmatch("[0-9a-f]{32}", given)


def test_a_step_that_fails_half_way_leaves_nothing_behind(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = Migration(NEXT.number, "broken", "CREATE TABLE extra (n INTEGER); SELECT no_such_column FROM items;")
    with_next(monkeypatch, broken)
    with pytest.raises(Exception, match="no_such_column"):
        reopen(folder)
    monkeypatch.undo()
    assert "extra" not in tables(folder)


def test_a_step_that_was_cut_off_is_done_again_at_the_next_opening(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_next(monkeypatch)

    def cut_off(point: faults.Point) -> None:
        if point == "mid_migration":
            raise KeyboardInterrupt

    faults.install(cut_off)
    try:
        with pytest.raises(KeyboardInterrupt):
            reopen(folder)
    finally:
        faults.install(None)
    with reopen(folder) as project:
        assert project.store.database.rows("SELECT n FROM extra") == [(7,)]
        assert broken_checks(project) == []


def test_views_that_an_older_program_made_otherwise_are_made_anew(folder: Path) -> None:
    with reopen(folder) as project, project.store.database.write() as transaction:
        transaction.execute("DROP VIEW annotations")
        transaction.execute("CREATE VIEW annotations AS SELECT item_id, field, value FROM standing")
        transaction.execute("DELETE FROM migrations WHERE number = 5")
    with reopen(folder) as project:
        names, _ = project.store.database.described("SELECT * FROM annotations")
        numbers = project.store.database.rows("SELECT number FROM migrations ORDER BY number")
    assert names == (
        "item_id", "field", "state", "value", "label", "adjudicated", "reviewers", "calibrates", "is_bulk", "made_at",
    )  # fmt: skip
    assert [number for (number,) in numbers] == [one.number for one in MIGRATIONS]


def test_a_project_of_a_newer_program_is_refused_and_not_touched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_next(monkeypatch)
    with reopen(folder):
        pass
    monkeypatch.undo()
    before = (folder / "project.duckdb").read_bytes()
    with pytest.raises(ProjectDamaged, match="newer version of the program"):
        reopen(folder)
    assert (folder / "project.duckdb").read_bytes() == before


def test_after_a_refusal_the_file_is_free_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with_next(monkeypatch)
    with reopen(folder):
        pass
    monkeypatch.setattr(migrating_module, "MIGRATIONS", MIGRATIONS)
    with pytest.raises(ProjectDamaged):
        reopen(folder)
    with_next(monkeypatch)
    with reopen(folder) as project:
        assert project.store.items.count() == 6
