"""The one writer: all or nothing, errors as they were, ids that nobody gets twice."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyarrow as pa
import pytest

from assistant.store.file.database import Database
from tests.store.opened import LEAD, Opened, broken_checks, reopen


def test_the_error_of_a_bulk_statement_is_the_one_that_is_raised(project: Opened) -> None:
    rows = pa.table({"item_id": [1], "no_such_column": ["x"]})
    with (
        pytest.raises(Exception, match="no_such_column"),
        project.store.database.write() as transaction,
    ):
        transaction.append("items", rows)


def test_after_a_failed_bulk_statement_the_next_one_works(project: Opened) -> None:
    with pytest.raises(Exception, match="nowhere"), project.store.database.write() as transaction:
        transaction.append("nowhere", pa.table({"n": [1]}))
    with project.store.database.write() as transaction:
        transaction.append(
            "saved_filters",
            pa.table({"name": ["a"], "record": ["{}"], "actor": ["lea"]}).append_column(
                "made_at", pa.array([0], pa.timestamp("us"))
            ),
        )
    assert project.store.talk.filter_names() == ["a"]


def test_readers_do_not_see_what_is_not_committed(project: Opened) -> None:
    count = "SELECT count(*) FROM messages"
    with project.store.database.write() as transaction:
        transaction.execute("INSERT INTO messages VALUES (1, 's', 'ann', 'person', 'hello', '{}', now()::TIMESTAMP)")
        inside, outside = transaction.rows(count), project.store.database.rows(count)
    assert (inside, outside) == ([(1,)], [(0,)])


def test_ids_are_given_once_also_over_a_restart(folder: Path) -> None:
    with reopen(folder) as project:
        first = project.store.talk.add_message("s", "ann", "person", "one", {})
    with reopen(folder) as project:
        assert project.store.talk.add_message("s", "ann", "person", "two", {}) == first + 1


def test_many_threads_write_one_after_the_other(project: Opened) -> None:
    def say(number: int) -> int:
        return project.store.talk.add_message("s", "ann", "person", str(number), {})

    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(say, range(40)))
    assert sorted(ids) == list(range(1, 41))


def test_many_threads_leave_one_audit_chain(project: Opened) -> None:
    def put(number: int) -> None:
        project.store.settings.put("seed", number, LEAD)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(put, range(24)))
    assert broken_checks(project) == []
    assert project.store.database.rows("SELECT count(*) FROM settings WHERE key = 'seed'") == [(1,)]


def test_no_query_can_read_a_file_of_the_machine(project: Opened, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    with pytest.raises(Exception, match=r"(?i)disabled|permission"):
        project.store.database.rows(f"SELECT * FROM read_csv('{tmp_path / 'secret.csv'}')")


def test_no_query_can_lift_the_lock_on_files(project: Opened) -> None:
    with pytest.raises(Exception, match=r"(?i)locked|cannot"):
        project.store.database.rows("SET enable_external_access = true")


def test_a_database_that_nobody_holds_any_more_is_free(folder: Path) -> None:
    database = Database(folder / "project.duckdb", folder / "cache" / "spill")
    del database
    gc.collect()
    with reopen(folder) as project:
        assert project.store.items.count() == 6
