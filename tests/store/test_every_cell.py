"""Of every table of the database: a cell that was changed, a row that went, one that came and one that came twice.

Tables and columns are read from the database itself: a new one that ``verify`` does not cover fails here.
"""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.store.calls import Budget, StoredCalls
from assistant.store.chain.covering import ALL_COVERED, NAMES
from assistant.store.checks.verify import Check, rows_as_saved, verify
from assistant.store.file.database import Database
from tests.store.opened import ANN, BOB, LEAD, REFUND, Opened, batch, broken_checks, decide, reopen, suggest
from tools.filters import ItemFilter
from tools.findings import Finding, FindingBatch
from tools.records import RunIdentity
from tools.results import Change, QueueOrder

FROZEN = Path(__file__).parents[1] / "frozen"
CHANGED = {
    "VARCHAR": "coalesce({0}, '') || 'x'",
    "BIGINT": "coalesce({0}, 0) + 1000",
    "INTEGER": "coalesce({0}, 0) + 1000",
    "DOUBLE": "coalesce({0}, 0) + 0.25",
    "BOOLEAN": "NOT coalesce({0}, false)",
    "TIMESTAMP": "{0} + INTERVAL 1 HOUR",
}
"""Another value for a cell of each type."""

BY_OTHER_MEANS = {
    "settings": "every setting is as it was set",
    "project": "the project is the one that it was",
    "users": "every user is as the audit tells",
    "logins": "every sign-in is as the audit tells",
    "audit": "the audit chain is whole",
}
"""Tables that the audit tells of by what people call their rows, and the audit itself."""

NOT_COVERED: dict[str, str] = {}
"""Columns, as ``table.column``, that nothing tells of, each with the reason why nobody's decision is in them."""

PASSWORD = "correct horse"


def checks_of(table: str) -> set[str]:
    """The checks one of which must fail when a row of the table is not as it was."""
    names = {f"every {ALL_COVERED[name].word} is as it was saved" for name in NAMES.get(table, ())}
    return names | ({BY_OTHER_MEANS[table]} if table in BY_OTHER_MEANS else set())


def fill(project: Opened) -> None:
    """Put a row into every table."""
    store = project.store
    run = suggest(project, {1: REFUND, 4: REFUND})
    decide(project, ANN, 1, REFUND)
    decide(project, BOB, 2, None, verdict="skip")
    project.desk.undo(BOB)
    store.reviews.paint(1)
    store.reviews.paint(1)
    store.reviews.mark_gold([(1, "intent", REFUND)], LEAD, None)
    store.users.add("una", "reviewer", PASSWORD, LEAD)
    store.users.log_in("una")
    store.users.remember_device("una")
    store.users.remember_device("una")
    waiting = store.actions.add("bulk_accept", Change("bulk", "Accept 1 suggestion", {}, role="lead"), LEAD)
    store.actions.answer(waiting.action_id, "dismissed", LEAD, "")
    store.talk.add_message("page:lea", "lea", "person", "accept that one", {})
    store.talk.save_filter("mine", ItemFilter(words="refund"), LEAD)
    store.jobs.set(store.jobs.add(run, "prelabel", "intent", [[1], [2]], 2, LEAD), "running", "learning")
    store.runs.add_details(run, {"learned_from": 3})
    store.runs.add_details(run, {"learned_from": 4})
    identity = RunIdentity("sample", 1, "random", "1", {})
    store.runs.add_queue(QueueOrder(identity, "intent", (3, 1, 2), ("a", "b", "c"), "random"), {}, 1, LEAD)
    calls = StoredCalls(store.database, run, Budget(tokens=1000))
    calls.reserve("one", 10)
    calls.received("one", "{}", 4, 5)
    rejects = [{"row": 2, "reason": "it is empty", "excerpt": ""}]
    store.take_in(batch(["a seventh message"], ["K7"], rejects=rejects, source="second.csv"), LEAD, {})
    mistake = Finding("mistake", 1, "intent", "It may be wrong.", score=0.5, person="ann", region="r1", value=REFUND)
    both = FindingBatch(identity, "intent", (mistake, replace(mistake, proposal_id=1)))
    found = store.findings.add(both, None, store.schema, {}, 1, LEAD)
    for one in store.findings.of_run(found, LEAD):
        store.findings.dismiss(one.finding_id, LEAD, "it is right")
        store.findings.dismiss(one.finding_id, LEAD, dismissed=False)
    with store.database.write() as transaction:
        # No reader of pictures is part of these tests: the rows are what it would write.
        sizes = {name: 8 for name in ("width", "height", "orientation", "bits", "frames", "size")}
        transaction.insert("media", item_id=1, digest="d", mime="image/png", place="", **sizes)
        transaction.insert("recordings", item_id=1, length=900, rate=8000, channels=1)


@pytest.fixture(scope="module")
def filled(finished_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """A project with rows in every table; shared, every forgery is taken back."""
    path = tmp_path_factory.mktemp("cells") / "project"
    shutil.copytree(finished_project, path)
    with reopen(path) as project:
        fill(project)
        yield project


@contextmanager
def forged(
    project: Opened, statements: Sequence[str], check: Callable[[Database], list[Check]]
) -> Iterator[dict[str, Check]]:
    """The checks that do not hold after the statements, which are taken back."""
    database = project.store.database
    cursor = database._file.ready().cursor()
    cursor.execute("BEGIN TRANSACTION")
    try:
        for statement in statements:
            cursor.execute(statement)
        database._file.read = lambda ask: ask(cursor)  # type: ignore[method-assign]
        yield {one.name: one for one in check(database) if not one.holds}
    finally:
        del database._file.read
        cursor.execute("ROLLBACK")
        cursor.close()


def columns(project: Opened) -> dict[str, dict[str, str]]:
    """Type by column, by table."""
    sql = "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE table_name IN "
    sql += "(SELECT table_name FROM duckdb_tables()) AND NOT internal ORDER BY table_name, column_index"
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in project.store.database.rows(sql):
        found.setdefault(table, {})[column] = kind
    return found


def changing(table: str, column: str, kind: str) -> str:
    """The statement that puts another value into one cell, of the last row."""
    last = f"(SELECT max(rowid) FROM {table})"
    return f"UPDATE {table} SET {column} = {CHANGED[kind].format(column)} WHERE rowid = {last}"


def unnoticed(project: Opened, statements: dict[str, str]) -> list[str]:
    """The tables of which no check of their own fails after the statement on each of them."""
    told = {table: one for table, one in statements.items() if table != "audit"}
    # A forged audit would take from the others what is told of them.
    chain = {table: one for table, one in statements.items() if table == "audit"}
    left = list[str]()
    for chosen, check in ((told, rows_as_saved), (chain, verify)):
        if chosen:
            with forged(project, list(chosen.values()), check) as broken:
                left += [table for table in chosen if not any(_is_found(broken.get(name)) for name in checks_of(table))]
    return left


def _is_found(check: Check | None) -> bool:
    return check is not None and bool(check.example) and not check.example.startswith("this could not be checked")


def test_the_filled_project_has_a_row_in_every_table_and_nothing_wrong(filled: Opened) -> None:
    tables = columns(filled)
    empty = [one for one in tables if not filled.store.database.rows(f"SELECT 1 FROM {one} LIMIT 1")]
    assert (empty, broken_checks(filled)) == ([], [])


def cells_unnoticed(project: Opened) -> list[str]:
    """Every column of which another value in the last row is found by no check, as ``table.column``."""
    tables = columns(project)
    left = list[str]()
    # One column of every table at a time: each table has checks of its own.
    for at in range(max(map(len, tables.values()))):
        chosen = {table: list(kinds)[at] for table, kinds in tables.items() if at < len(kinds)}
        statements = {table: changing(table, column, tables[table][column]) for table, column in chosen.items()}
        left += [f"{table}.{chosen[table]}" for table in unnoticed(project, statements)]
    return sorted(left)


def test_another_value_in_any_cell_is_found(filled: Opened) -> None:
    assert cells_unnoticed(filled) == sorted(NOT_COVERED)


def rows_unnoticed(project: Opened) -> list[str]:
    """Every table of which a row that went, came twice, or came as a copy under another key is found by no check."""
    tables = columns(project)
    last = "rowid = (SELECT max(rowid) FROM {0})"
    sentences = {
        "gone": "DELETE FROM {0} WHERE " + last,
        "twice": "INSERT INTO {0} SELECT * FROM {0} WHERE " + last,
        "new": "INSERT INTO {0} SELECT * REPLACE ({1} AS {2}) FROM {0} WHERE " + last,
        "negative": "INSERT INTO {0} SELECT * REPLACE (-5 AS {2}) FROM {0} WHERE " + last,
    }
    left = list[str]()
    for what, sentence in sentences.items():
        statements = dict[str, str]()
        for table, kinds in tables.items():
            key = next(iter(kinds))
            if what != "negative" or kinds[key] != "VARCHAR":
                statements[table] = sentence.format(table, CHANGED[kinds[key]].format(key), key)
        left += [f"{table}: {what}" for table in unnoticed(project, statements)]
    return sorted(left)


def test_any_row_that_went_or_came_is_found(filled: Opened) -> None:
    assert rows_unnoticed(filled) == []


def test_any_row_of_a_project_of_an_earlier_version_is_found_once_it_was_opened(tmp_path: Path) -> None:
    with tarfile.open(FROZEN / "texts.tar.xz") as packed:
        packed.extractall(tmp_path, filter="data")
    with reopen(tmp_path / "texts") as project:
        database = project.store.database
        is_empty = {one: not database.rows(f"SELECT 1 FROM {one} LIMIT 1") for one in columns(project)}
        missed = rows_unnoticed(project)
    assert len([one for one in is_empty if not is_empty[one]]) > 20
    assert [one for one in missed if not is_empty[one.split(":")[0]]] == []
