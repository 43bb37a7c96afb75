"""Whatever was done to the file by hand: a sentence, never a traceback."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from assistant.store.checks.verify import verify
from tests.store.opened import Opened, reopen
from tools.errors import ProjectDamaged


def altered(project: Opened, *statements: str) -> Path:
    """The project, closed and changed behind the program's back."""
    path = project.store.path
    project.store.close()
    with duckdb.connect(str(path / "project.duckdb")) as by_hand:
        for statement in statements:
            by_hand.execute(statement)
    return path


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("UPDATE settings SET value = '{'", "the stored setting [a-z_]+ cannot be read"),
        ("DROP TABLE reviews CASCADE", "does not have the shape that it should have"),
        ("DELETE FROM migrations WHERE number = 2", "does not have the shape that it should have"),
        ("ALTER TABLE migrations DROP COLUMN made_at", "does not have the shape that it should have"),
        ("ALTER TABLE audit DROP COLUMN made_at", "does not have the shape that it should have"),
        ("UPDATE schema_versions SET source = ': :'", "version 1 of its stored label schema cannot be read"),
    ],
)
def test_a_project_that_cannot_be_opened_any_more_says_so(project: Opened, change: str, reason: str) -> None:
    path = altered(project, change)
    with pytest.raises(ProjectDamaged, match=f"^The project {path.name} is damaged: .*{reason}"):
        reopen(path)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ("UPDATE imports SET counts = '{'", "every import adds up"),
        ("ALTER TABLE media DROP COLUMN size", "every picture is as it was saved"),
    ],
)
def test_a_check_that_cannot_be_made_does_not_hold_and_the_others_are_made(
    project: Opened, change: str, name: str
) -> None:
    with reopen(altered(project, change)) as again:
        checks = {check.name: check for check in verify(again.store.database)}
    assert checks[name].example.startswith("this could not be checked (")
    assert checks["the audit chain is whole"].holds
    assert len(checks) == 65


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ("CREATE OR REPLACE VIEW live_reviews AS SELECT * FROM reviews", "view live_reviews"),
        ("DROP TABLE paints", "column paints.exposure_id"),
        ("DROP VIEW standing", "view standing"),
        ("ALTER TABLE reviews ADD COLUMN more INTEGER", "column reviews.more"),
        ("CREATE TABLE extra (x INTEGER)", "column extra.x"),
    ],
)
def test_a_view_or_table_that_is_not_the_programs_is_named(project: Opened, change: str, named: str) -> None:
    with reopen(altered(project, change)) as again:
        checks = {check.name: check for check in verify(again.store.database)}
    assert checks["tables, columns and views are those that the program makes"].example == named


def test_a_sound_project_has_the_shape_that_the_program_makes(project: Opened) -> None:
    checks = {check.name: check for check in verify(project.store.database)}
    assert checks["tables, columns and views are those that the program makes"].holds
