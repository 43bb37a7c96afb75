"""Writes that wait at the same time share a commit, and each keeps its own outcome."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assistant.store.checks.verify import verify
from assistant.store.file import faults
from assistant.store.file.database import Database
from assistant.store.file.transaction import Transaction
from tools.errors import InputError

EARLY = datetime(2026, 1, 1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "project.duckdb", tmp_path / "spill")
    yield opened
    opened.close()


@pytest.fixture
def commits() -> Iterator[list[str]]:
    seen: list[str] = []
    faults.install(lambda point: seen.append(point) if point == "before_commit" else None)
    yield seen
    faults.install(None)


def paint(number: int) -> Callable[[Transaction], int]:
    def work(transaction: Transaction) -> int:
        transaction.insert("paints", exposure_id=number, painted_at=EARLY)
        transaction.record("ann", "paint", {"exposure": number})
        return number

    return work


def refuse(transaction: Transaction) -> int:
    transaction.insert("paints", exposure_id=99, painted_at=EARLY)
    transaction.record("ann", "paint", {"exposure": 99})
    raise InputError("Not this one.")


def together(database: Database, works: list[Callable[[Transaction], int]]) -> list[Any]:
    """What becomes of writes that all wait while somebody else writes."""
    outcomes: list[Any] = [None] * len(works)

    def ask(at: int) -> None:
        try:
            outcomes[at] = database.together(works[at])
        except InputError as error:
            outcomes[at] = str(error)

    threads = [threading.Thread(target=ask, args=(at,)) for at in range(len(works))]
    with database.write():
        # The first leads and waits for the lock with itself alone; the others come together behind it.
        for thread in threads:
            thread.start()
            time.sleep(0.05)
    for thread in threads:
        thread.join()
    return outcomes


def painted(database: Database) -> list[int]:
    return [row[0] for row in database.rows("SELECT exposure_id FROM paints ORDER BY exposure_id")]


def test_writes_that_wait_share_one_commit(database: Database, commits: list[str]) -> None:
    assert together(database, [paint(number) for number in range(1, 8)]) == [1, 2, 3, 4, 5, 6, 7]
    assert painted(database) == [1, 2, 3, 4, 5, 6, 7]
    # One of whoever held the lock, one of the first that led, one of the six behind it.
    assert len(commits) == 3


def test_the_refusal_of_one_is_its_own_and_leaves_the_others(database: Database) -> None:
    outcomes = together(database, [paint(1), paint(2), refuse, paint(3)])
    assert outcomes == [1, 2, "Not this one.", 3]
    assert painted(database) == [1, 2, 3]
    told = [json.loads(event[4])["exposure"] for event in database.audit_events() if event[3] != "covered"]
    assert told == [1, 2, 3]
    assert [one.name for one in verify(database) if one.name.startswith("the audit") and not one.holds] == []


def test_nothing_of_a_group_is_acknowledged_or_stored_when_its_commit_fails(database: Database) -> None:
    def fail(point: faults.Point) -> None:
        if point == "before_commit" and threading.current_thread() is not threading.main_thread():
            raise InputError("The disk is full.")

    faults.install(fail)
    try:
        outcomes = together(database, [paint(1), paint(2), paint(3)])
    finally:
        faults.install(None)
    assert outcomes == ["The disk is full."] * 3
    assert painted(database) == []


def test_what_is_to_follow_a_commit_follows_it_once_and_never_a_roll_back(database: Database) -> None:
    heard: list[int] = []

    def told(number: int) -> Callable[[Transaction], int]:
        def work(transaction: Transaction) -> int:
            transaction.after(lambda: heard.append(number))
            return paint(number)(transaction)

        return work

    together(database, [paint(1), told(2), refuse, told(3)])
    assert heard == [2, 3]


@pytest.mark.parametrize("count", [1, 4, 5, 60])
def test_rows_inserted_one_by_one_arrive_whole_and_in_order(database: Database, count: int) -> None:
    with database.write() as transaction:
        for n in range(count):
            transaction.insert(
                "exposures",
                exposure_id=n,
                item_id=n * 2**40,
                field="ä'\n",
                reviewer=f"r{n}",
                kind="blind",
                proposal_id=None if n % 2 else n,
                session="",
                inclusion_p=None if n % 3 else n / 7,
                adaptive=n % 2 == 0,
                issued_at=EARLY + timedelta(microseconds=n),
            )
    rows = database.rows("SELECT * FROM exposures")
    assert rows == [
        (n, n * 2**40, "ä'\n", f"r{n}", "blind", None if n % 2 else n, "", None if n % 3 else n / 7, n % 2 == 0,
         EARLY + timedelta(microseconds=n))
        for n in range(count)
    ]  # fmt: skip


def test_a_row_is_there_for_the_next_statement_of_its_transaction(database: Database) -> None:
    with database.write() as transaction:
        transaction.insert("paints", exposure_id=1, painted_at=EARLY)
        transaction.execute("DELETE FROM paints WHERE exposure_id = 1")
        transaction.insert("paints", exposure_id=2, painted_at=EARLY)
        assert transaction.rows("SELECT exposure_id FROM paints") == [(2,)]
    assert painted(database) == [2]
