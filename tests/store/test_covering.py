"""From the audit to every row: what is forged, changed or taken away behind the program's back is named."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.store.chain.covering import (
    ALL_COVERED,
    COVERING_STEP,
    number_of,
    number_sql,
    table_of,
)
from assistant.store.checks.verify import verify
from assistant.store.file import migrating as migrating_module
from assistant.store.file.migrating import migrate
from assistant.store.file.migrations import MIGRATIONS
from tests.examples import examples
from tests.store.damaging import as_before_that_step, damaged
from tests.store.opened import ANN, BOB, LEAD, REFUND, Opened, broken_checks, create, decide, reopen, suggest
from tools.results import Change

CELLS = {
    "text": st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    "whole": st.integers(-(2**31), 2**31 - 1),
    "real": st.floats(allow_nan=True, allow_infinity=True, width=64),
    "time": st.datetimes(datetime(1971, 1, 1), datetime(2200, 1, 1)),
    "truth": st.booleans(),
}


@pytest.fixture(scope="module")
def tables() -> Any:
    """The tables of a project in memory, free of conditions, so that any cell may be empty."""
    with duckdb.connect(config={"threads": 1}) as connection:
        migrate(connection, Path("an empty project"))
        for name in ALL_COVERED:
            connection.execute(f"CREATE TABLE free_{name} AS SELECT * FROM {table_of(name)}")
        yield connection


@pytest.mark.parametrize("table", list(ALL_COVERED))
def test_the_number_of_a_row_is_the_same_in_python_and_in_sql(tables: Any, table: str) -> None:
    columns = ALL_COVERED[table].columns

    @settings(max_examples=examples(40), deadline=None)
    @given(st.fixed_dictionaries({name: st.none() | CELLS[kind] for name, kind in columns.items()}))
    def holds(row: dict[str, Any]) -> None:
        tables.execute(f"DELETE FROM free_{table}")
        names, marks = ", ".join(row), ", ".join("?" for _ in row)
        tables.execute(f"INSERT INTO free_{table} ({names}) VALUES ({marks})", list(row.values()))
        found = tables.execute(f"SELECT {number_sql(table)} FROM free_{table}").fetchone()[0]
        assert found == number_of(table, row)

    holds()


@pytest.fixture(scope="module")
def worked_on(finished_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Suggestions, decisions, an undo, gold and a setting; shared, every test takes its change back."""
    path = tmp_path_factory.mktemp("covering") / "project"
    shutil.copytree(finished_project, path)
    with reopen(path) as project:
        suggest(project, {1: REFUND, 4: REFUND})
        decide(project, ANN, 1, REFUND)
        decide(project, BOB, 2, None, verdict="skip")
        decide(project, ANN, 2, REFUND)
        project.desk.undo(ANN)
        project.store.reviews.mark_gold([(1, "intent", REFUND)], LEAD, None)
        project.store.settings.put("overlap", 2, LEAD)
        project.store.users.add("una", "reviewer", PASSWORD, LEAD)
        project.store.users.add("udo", "reviewer", PASSWORD, LEAD)
        project.store.users.set_active("udo", False, LEAD)
        project.store.users.log_in("una")
        project.store.actions.add("bulk_accept", Change("bulk", "Accept 1 suggestion", {}, role="lead"), LEAD)
        project.store.talk.add_message("page:lea", "lea", "person", "accept that one", {})
        yield project


DECISION = "every decision is as it was saved"
UNDO = "every undo is as it was saved"
GOLD = "every gold mark is as it was saved"
ITEM = "every item is as it was saved"
RUN = "every run is as it was saved"
SUGGESTION = "every suggestion is as it was saved"
IMPORT = "every import is as it was saved"
VERSION = "every version of the schema is as it was saved"
SETTING = "every setting is as it was set"
USER = "every user is as the audit tells"
SHOWN = "every card shown is as it was saved"
SENTENCE = "every sentence of a change is as it was saved"
MESSAGE = "every message is as it was saved"
ITSELF = "the project is the one that it was"
SIGN_IN = "every sign-in is as the audit tells"
STEP = "every step of the shape is as it was saved"
UNTIL_THEN = "what was changed in them until then cannot be told"
PASSWORD = "correct horse"
FORGERIES = [
    ("DELETE FROM reviews WHERE review_id = (SELECT max(review_id) FROM reviews)", DECISION),
    ("UPDATE reviews SET answer = 'praise' WHERE review_id = 1", DECISION),
    ("UPDATE reviews SET label = 'praise' WHERE review_id = 1", DECISION),
    ("UPDATE reviews SET made_at = made_at - INTERVAL 1 DAY WHERE review_id = 1", DECISION),
    ("UPDATE reviews SET seconds = 99.5 WHERE review_id = 1", DECISION),
    ("UPDATE reviews SET reason = 'x' WHERE review_id = 2", DECISION),
    ("INSERT INTO reviews BY NAME SELECT * REPLACE (900 AS review_id) FROM reviews LIMIT 1", DECISION),
    ("DELETE FROM undos", UNDO),
    ("UPDATE undos SET undone = false", UNDO),
    ("INSERT INTO undos BY NAME SELECT * REPLACE (900 AS undo_id, 1 AS target_id) FROM undos", UNDO),
    ("UPDATE gold_marks SET value = '{\"label\":\"praise\"}'", GOLD),
    ("INSERT INTO gold_marks BY NAME SELECT * REPLACE (900 AS gold_id, 2 AS item_id) FROM gold_marks", GOLD),
    ("UPDATE items SET text = text || '!' WHERE item_id = 3", ITEM),
    ("UPDATE items SET meta = '{\"a\":\"b\"}' WHERE item_id = 3", ITEM),
    ("UPDATE items SET key = 'other' WHERE item_id = 3", ITEM),
    ("INSERT INTO items BY NAME SELECT * REPLACE (7 AS item_id, 'new' AS key) FROM items LIMIT 1", ITEM),
    ("UPDATE imports SET source_name = 'other.csv'", IMPORT),
    ("UPDATE schema_versions SET source = replace(source, 'Praise', 'Blame')", VERSION),
    ("UPDATE proposals SET value = '{\"label\":\"praise\"}', label = 'praise' WHERE item_id = 4", SUGGESTION),
    ("UPDATE proposals SET score = 0.999 WHERE item_id = 4", SUGGESTION),
    ("DELETE FROM proposals WHERE item_id = 4", SUGGESTION),
    ("UPDATE runs SET backend = 'other'", RUN),
    ("UPDATE settings SET value = '1' WHERE key = 'overlap'", SETTING),
    ("UPDATE settings SET value = '7' WHERE key = 'seed'", SETTING),
    ("DELETE FROM settings WHERE key = 'overlap'", SETTING),
    ("INSERT INTO settings VALUES ('train_on_bulk', 'true')", SETTING),
    ("INSERT INTO settings VALUES ('overlap', '2')", SETTING),
    ("UPDATE users SET role = 'admin' WHERE name = 'una'", USER),
    ("UPDATE users SET is_active = true WHERE name = 'udo'", USER),
    ("UPDATE users SET password = (SELECT password FROM users WHERE name = 'udo') WHERE name = 'una'", USER),
    ("UPDATE users SET made_at = made_at - INTERVAL 1 DAY WHERE name = 'una'", USER),
    ("UPDATE users SET name = 'Una' WHERE name = 'una'", USER),
    ("INSERT INTO users BY NAME SELECT * REPLACE ('eve' AS name, 'admin' AS role) FROM users LIMIT 1", USER),
    ("INSERT INTO users BY NAME SELECT * FROM users LIMIT 1", USER),
    ("DELETE FROM users WHERE name = 'una'", USER),
    ("DELETE FROM users", USER),
    ("UPDATE exposures SET kind = 'blind', proposal_id = NULL WHERE exposure_id = 1", SHOWN),
    ("UPDATE exposures SET reviewer = 'bob' WHERE exposure_id = 1", SHOWN),
    ("UPDATE exposures SET adaptive = NOT adaptive WHERE exposure_id = 1", SHOWN),
    ("UPDATE exposures SET inclusion_p = 0.5 WHERE exposure_id = 1", SHOWN),
    ("UPDATE exposures SET issued_at = issued_at - INTERVAL 1 DAY WHERE exposure_id = 1", SHOWN),
    ("DELETE FROM exposures WHERE exposure_id = 1", SHOWN),
    ("INSERT INTO exposures BY NAME SELECT * REPLACE (900 AS exposure_id) FROM exposures LIMIT 1", SHOWN),
    ("UPDATE pending_actions SET sentence = 'Accept nothing'", SENTENCE),
    ("UPDATE pending_actions SET preview = '[]x'", SENTENCE),
    ("UPDATE pending_actions SET via = 'key', session = 'other'", SENTENCE),
    ("UPDATE messages SET text = 'accept all of them'", MESSAGE),
    ("INSERT INTO messages BY NAME SELECT * REPLACE (900 AS message_id) FROM messages", MESSAGE),
    ("UPDATE project SET value = 'Other' WHERE key = 'name'", ITSELF),
    ("UPDATE project SET value = 'f00d' WHERE key = 'id'", ITSELF),
    ("DELETE FROM project WHERE key = 'id'", ITSELF),
    ("INSERT INTO project SELECT * FROM project WHERE key = 'id'", ITSELF),
    ("UPDATE logins SET name = 'udo'", SIGN_IN),
    ("UPDATE logins SET until = until + INTERVAL 1 DAY", SIGN_IN),
    ("UPDATE logins SET address = '10.0.0.5'", SIGN_IN),
    ("INSERT INTO logins BY NAME SELECT * REPLACE ('0123456789abcdef' AS token_hash) FROM logins", SIGN_IN),
    ("INSERT INTO logins BY NAME SELECT * FROM logins", SIGN_IN),
    ("DELETE FROM logins", SIGN_IN),
]  # fmt: skip


@pytest.mark.parametrize(("change", "check"), FORGERIES)
def test_a_row_that_is_not_as_it_was_saved_is_named(worked_on: Opened, change: str, check: str) -> None:
    database = worked_on.store.database
    cursor = database._file.ready().cursor()
    cursor.execute("BEGIN TRANSACTION")

    def read(ask: Any) -> Any:
        return ask(cursor)

    try:
        cursor.execute(change)
        database._file.read = read  # type: ignore[method-assign]
        found = {one.name: one for one in verify(database) if not one.holds}
    finally:
        del database._file.read
        cursor.execute("ROLLBACK")
        cursor.close()
    assert check in found and found[check].example


def test_a_project_in_which_nothing_was_forged_holds_in_every_check(worked_on: Opened) -> None:
    assert broken_checks(worked_on) == []
    assert [one.limit for one in verify(worked_on.store.database) if one.limit] == []


def test_an_undo_is_named_also_where_there_was_none_before(project: Opened) -> None:
    decide(project, ANN, 1, REFUND)
    with project.store.database.write() as transaction:
        transaction.execute("INSERT INTO undos VALUES (1, 'review', 1, true, 'eve', 'key', '', now()::TIMESTAMP)")
    assert broken_checks(project) == [UNDO]


def test_rows_of_an_older_program_are_told_apart_and_not_called_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "old"
    monkeypatch.setattr(migrating_module, "MIGRATIONS", MIGRATIONS[: COVERING_STEP - 1])
    with create(folder, 6) as project:
        decide(project, ANN, 1, REFUND)
        with project.store.database.write() as transaction:
            # As it was before the audit told of rows.
            transaction.execute("DELETE FROM audit")
    monkeypatch.undo()
    (folder / "project.head").unlink()
    with reopen(folder) as project:
        decide(project, ANN, 2, REFUND)
        checks = {one.name: one for one in verify(project.store.database)}
    assert (checks[DECISION].holds, checks[DECISION].limit) == (
        True,
        "1 of them were saved before this was kept; " + UNTIL_THEN,
    )
    assert (checks[ITEM].holds, checks[ITEM].limit) == (
        True,
        "6 of them were saved before this was kept; " + UNTIL_THEN,
    )
    assert checks[VERSION].holds


def test_which_of_many_rows_was_changed_is_not_claimed(project: Opened) -> None:
    found = damaged(project, "UPDATE items SET text = text || '!' WHERE item_id = 3")
    assert found == {ITEM: "one of the items 1–6"}


def test_a_row_that_is_gone_from_among_many_is_named(project: Opened) -> None:
    found = damaged(project, "DELETE FROM items WHERE item_id = 4", "UPDATE items SET meta = '{}' WHERE item_id = 2")
    assert found[ITEM] == "item 4"


def test_a_row_that_is_there_twice_among_many_is_named(project: Opened) -> None:
    found = damaged(project, "INSERT INTO items BY NAME SELECT * FROM items WHERE item_id = 5")
    assert found[ITEM] == "item 5"


def test_a_changed_row_that_came_alone_is_named(project: Opened) -> None:
    decide(project, ANN, 1, REFUND)
    decide(project, ANN, 2, REFUND)
    assert damaged(project, "UPDATE reviews SET reason = 'x' WHERE item_id = 2") == {DECISION: "decision 2"}


def test_a_decision_that_a_forged_row_made_blind_is_found(folder: Path) -> None:
    with reopen(folder) as project:
        project.store.settings.put("overlap", 2, LEAD)
        decide(project, BOB, 1, REFUND)
        project.store.reviews.note_told({"intent": [1]}, ANN)
        told = project.store.database.rows("SELECT exposure_id FROM exposures WHERE kind = 'revealed'")[0][0]
        with project.store.database.write() as transaction:
            transaction.execute("DELETE FROM exposures WHERE kind = 'revealed'")
    with reopen(folder) as project:
        review = decide(project, ANN, 1, REFUND)
        stored = project.store.database.rows("SELECT exposure FROM reviews WHERE review_id = ?", [review])
        assert stored == [("blind",)]
        found = {one.name: one.example for one in verify(project.store.database) if not one.holds}
    assert found == {SHOWN: f"card shown {told}"}


def test_what_was_shown_before_it_was_kept_is_told_apart_and_the_rest_stays_covered(folder: Path) -> None:
    with reopen(folder) as project:
        decide(project, ANN, 1, REFUND)
        as_before_that_step(project)
    with reopen(folder) as project:
        decide(project, ANN, 2, REFUND)
        checks = {one.name: one for one in verify(project.store.database)}
        assert [one.name for one in checks.values() if not one.holds] == []
        assert checks[SHOWN].limit == "1 of them were saved before this was kept; " + UNTIL_THEN
        assert (checks[DECISION].limit, checks[ITEM].limit) == ("", "")
        changes = (
            "UPDATE reviews SET reason = 'x' WHERE item_id = 1",
            "UPDATE exposures SET session = 'x' WHERE item_id = 2",
            "UPDATE project SET value = 'Other' WHERE key = 'name'",
        )
        found = damaged(project, *changes)
    assert found == {DECISION: "decision 1", SHOWN: "card shown 2", ITSELF: "its name"}


def test_who_is_signed_in_when_covering_begins_stays_signed_in_and_is_covered(folder: Path) -> None:
    with reopen(folder) as project:
        project.store.users.add("una", "lead", PASSWORD, LEAD)
        token = project.store.users.log_in("una")
        as_before_that_step(project)
    with reopen(folder) as project:
        assert project.store.users.whose(token) == "una"
        assert broken_checks(project) == []
        assert SIGN_IN in damaged(project, "UPDATE logins SET until = until + INTERVAL 1 DAY")


def test_where_covering_begins_is_said_once_for_all(folder: Path) -> None:
    with reopen(folder) as project, project.store.database.write() as transaction:
        transaction.execute("INSERT INTO undos VALUES (1, 'review', 1, true, 'eve', 'key', '', now()::TIMESTAMP)")
        transaction.execute("DELETE FROM migrations WHERE number = ?", [COVERING_STEP])
    with reopen(folder) as project:
        assert broken_checks(project) == [UNDO, STEP]


def told_of_users(project: Opened) -> tuple[str, str]:
    """What ``verify`` says of the users: the first who is wrong, and what it cannot tell."""
    found = next(one for one in verify(project.store.database) if one.name == USER)
    return found.example, found.limit


def test_whatever_becomes_of_a_user_by_the_program_holds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with reopen(folder) as project:
        users = project.store.users
        steps: list[Any] = [
            lambda: users.add("una", "engineer", PASSWORD, LEAD),
            lambda: users.sign_in("una", PASSWORD),
            lambda: users.sign_in("una", PASSWORD),
            lambda: users.log_out(users.log_in("una")),
            lambda: users.sign_out("una", LEAD, keep=users.log_in("una")),
            lambda: users.set_role("una", "lead", LEAD),
            lambda: users.set_password("una", "another horse", LEAD),
            lambda: users.set_active("una", False, LEAD),
            lambda: users.set_active("una", True, LEAD),
            lambda: users.remove("una", LEAD),
            lambda: users.add("una", "reviewer", PASSWORD, LEAD),
        ]
        for step in steps:
            step()
            assert (told_of_users(project), broken_checks(project)) == (("", ""), [])
        monkeypatch.setattr("assistant.store.people.users.is_outdated", lambda _stored: True)
        kept = "SELECT password FROM users"
        before = project.store.database.rows(kept)
        assert users.sign_in("una", PASSWORD) is not None
        assert project.store.database.rows(kept) != before
        assert told_of_users(project) == ("", "")
    with reopen(folder) as project:
        assert told_of_users(project) == ("", "")


def test_of_users_of_an_older_program_the_role_and_the_state_are_compared(project: Opened) -> None:
    as_before = "INSERT INTO users VALUES (?, ?, ?, ?, now()::TIMESTAMP)"
    with project.store.database.write() as transaction:
        for name, role, kept, is_active in (("una", "lead", "x", True), ("udo", "reviewer", "", False)):
            transaction.execute(as_before, [name, role, kept, is_active])
            transaction.record("lea", "user", {"name": name, "role": role})
        transaction.record("lea", "user_removed", {"name": "udo"})
    limit = "of 2 users, last changed before this was kept, it tells the role and whether they may sign in, and "
    assert told_of_users(project) == ("", f"{limit}nothing of the password")
    with project.store.database.write() as transaction:
        transaction.execute("UPDATE users SET role = 'admin' WHERE name = 'una'")
    assert told_of_users(project)[0] == "user una"
    with project.store.database.write() as transaction:
        transaction.execute("UPDATE users SET role = 'lead' WHERE name = 'una'")
        transaction.execute("UPDATE users SET is_active = true WHERE name = 'udo'")
    assert told_of_users(project)[0] == "user udo"
