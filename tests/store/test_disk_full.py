"""A disk without room: one sentence, nothing lost, and work goes on as soon as there is room."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import duckdb
import pytest

from assistant.store.file import faults
from assistant.store.file.opening import connect
from tests.store.opened import ANN, REFUND, Opened, broken_checks, create, decide, reopen
from tools.errors import Conflict, DiskFull, ProjectGone

NO_ROOM = 'IO Error: Could not write file "project.duckdb.wal": No space left on device'


@pytest.fixture
def no_room() -> Iterator[list[str]]:
    """Name a point in the list, and DuckDB finds no room there."""
    points: list[str] = []

    def fail(point: faults.Point) -> None:
        if point in points:
            raise duckdb.FatalException(f"Failed to create checkpoint because of error: {NO_ROOM}")

    faults.install(fail)
    yield points
    faults.install(None)


def test_a_decision_without_room_is_one_sentence_and_works_as_soon_as_there_is(
    project: Opened, no_room: list[str]
) -> None:
    decide(project, ANN, 1, REFUND)
    no_room.append("before_commit")
    with pytest.raises(DiskFull, match=r"^The disk is full: nothing that was saved is lost"):
        decide(project, ANN, 2, REFUND)
    no_room.clear()
    decide(project, ANN, 3, REFUND)
    assert [line.item_id for line in project.desk.history(ANN)] == [3, 1]
    assert broken_checks(project) == []


def test_after_a_fold_that_failed_everything_goes_on_without_a_restart(project: Opened, no_room: list[str]) -> None:
    decide(project, ANN, 1, REFUND)
    no_room.append("before_checkpoint")
    with pytest.raises(DiskFull):
        project.store.database.checkpoint()
    assert project.store.items.count() == 6
    decide(project, ANN, 2, REFUND)
    no_room.clear()
    project.store.database.checkpoint()
    assert [line.item_id for line in project.desk.history(ANN)] == [2, 1]
    assert broken_checks(project) == []


def test_a_question_that_runs_while_the_file_is_opened_again_is_asked_anew_and_nothing_stays_broken(
    project: Opened, no_room: list[str]
) -> None:
    begun, asked = threading.Event(), list[str]()

    def ask(cursor: duckdb.DuckDBPyConnection) -> int:
        asked.append("SELECT count(*) FROM range(100000000000000)" if not asked else "SELECT count(*) FROM items")
        begun.set()
        return int(cursor.execute(asked[-1]).fetchall()[0][0])

    with ThreadPoolExecutor(1) as apart:
        answer = apart.submit(project.store.database._file.read, ask)
        assert begun.wait(60)
        no_room.append("before_commit")
        with pytest.raises(DiskFull):
            decide(project, ANN, 2, REFUND)
        no_room.clear()
        decide(project, ANN, 3, REFUND)
        assert answer.result(120) == 6
    assert [line.item_id for line in project.desk.history(ANN)] == [3]
    assert broken_checks(project) == []


def test_a_file_that_is_still_open_is_not_set_up_a_second_time(project: Opened) -> None:
    file = project.store.path / "project.duckdb"
    with pytest.raises(Conflict, match="is just being opened again"):
        connect(file, project.store.path / "cache" / "spill", "1200MB")
    decide(project, ANN, 1, REFUND)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes."""
    place = tmp_path / "small"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(place)], capture_output=True)
    if made.returncode:
        pytest.skip("only the administrator of the machine can make a small file system")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)


def test_on_a_disk_that_is_really_full_nothing_acknowledged_is_lost(small_disk: Path) -> None:
    project = create(small_disk / "p", items=40)
    decided = []
    with project:
        filler = small_disk / "filler"
        with filler.open("wb") as stream:
            left = shutil.disk_usage(small_disk).free
            stream.write(os.urandom(max(0, left - 8_192)))
        refused = 0
        for item_id in range(1, 31):
            try:
                decide(project, ANN, item_id, REFUND)
                decided.append(item_id)
            except DiskFull:
                refused += 1
        assert refused > 0
        filler.unlink()
        for item_id in range(31, 36):
            decide(project, ANN, item_id, REFUND)
            decided.append(item_id)
    with reopen(small_disk / "p") as again:
        stored = again.store.database.rows("SELECT item_id FROM reviews ORDER BY 1")
        assert [item_id for (item_id,) in stored] == decided
        assert broken_checks(again) == []


def test_a_folder_that_went_is_told_and_nothing_is_acknowledged(project: Opened) -> None:
    folder = project.store.path
    away = folder.with_name("elsewhere")
    decide(project, ANN, 1, REFUND)
    folder.rename(away)
    with pytest.raises(ProjectGone, match="was moved or deleted: nothing is saved until it is back"):
        decide(project, ANN, 2, REFUND)
    away.rename(folder)
    decide(project, ANN, 3, REFUND)
    assert [line.item_id for line in project.desk.history(ANN)] == [3, 1]


def test_a_folder_that_was_deleted_acknowledges_nothing(project: Opened) -> None:
    shutil.rmtree(project.store.path)
    with pytest.raises(ProjectGone):
        decide(project, ANN, 1, REFUND)
