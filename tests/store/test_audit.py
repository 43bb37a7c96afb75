"""The audit chain and ``verify``: whatever is changed behind the program's back is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.store.chain.audit import GENESIS, first_break, link_hash
from assistant.store.checks.verify import verify
from tests.store.opened import ANN, BOB, LEAD, REFUND, Opened, broken_checks, decide, reopen, suggest
from tools.records import Draft

WORDS = st.text(max_size=20)


def chain(told: list[tuple[str, str, str]]) -> list[tuple[int, str, str, str, str, str, str]]:
    """A whole chain over (actor, kind, payload)."""
    events, head = [], GENESIS
    for seq, (actor, kind, payload) in enumerate(told, start=1):
        digest = link_hash(head, seq, "2026-01-01T00:00:00", actor, kind, payload)
        events.append((seq, "2026-01-01T00:00:00", actor, kind, payload, head, digest))
        head = digest
    return events


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=5), st.data())
def test_a_change_of_any_cell_of_any_event_breaks_the_chain(told: list[tuple[str, str, str]], data: Any) -> None:
    events = chain(told)
    assert first_break(events) is None
    row, column = data.draw(st.integers(0, len(events) - 1)), data.draw(st.integers(0, 6))
    cells: list[Any] = list(events[row])
    cells[column] = cells[column] + 1 if column == 0 else cells[column] + "x"
    assert first_break([*events[:row], tuple(cells), *events[row + 1 :]]) is not None


@given(st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=2, max_size=5), st.data())
def test_an_event_taken_out_before_the_last_breaks_the_chain(told: list[tuple[str, str, str]], data: Any) -> None:
    events = chain(told)
    row = data.draw(st.integers(0, len(events) - 2))
    assert first_break(events[:row] + events[row + 1 :]) is not None


def test_what_is_written_makes_a_whole_chain(project: Opened) -> None:
    suggest(project, {1: REFUND})
    decide(project, ANN, 1, REFUND)
    project.desk.undo(ANN)
    assert first_break(project.store.database.audit_events()) is None


def test_the_chain_goes_on_after_reopening(folder: Path) -> None:
    with reopen(folder) as project:
        decide(project, ANN, 1, REFUND)
    with reopen(folder) as project:
        decide(project, ANN, 2, REFUND)
        assert broken_checks(project) == []


def test_the_audit_holds_no_item_text_and_no_value(project: Opened) -> None:
    decide(project, ANN, 1, {"text": "a secret remark"}, field="note")
    payloads = " ".join(event[4] for event in project.store.database.audit_events())
    assert "message number" not in payloads and "secret" not in payloads


def test_a_transaction_that_fails_leaves_no_audit_event(project: Opened) -> None:
    head = project.store.database.audit_head
    with pytest.raises(ZeroDivisionError), project.store.database.write() as transaction:
        transaction.record("lea", "test", {})
        raise ZeroDivisionError
    assert project.store.database.audit_head == head
    decide(project, ANN, 1, REFUND)
    assert broken_checks(project) == []


CHAIN = "the audit chain is whole"
TAMPERINGS = [
    ("UPDATE audit SET made_at = made_at || 'x' WHERE seq = 2", CHAIN),
    ("UPDATE audit SET actor = 'bob' WHERE seq = 2", CHAIN),
    ("UPDATE audit SET kind = 'setting2' WHERE seq = 2", CHAIN),
    ("UPDATE audit SET payload = '{}' WHERE seq = 2", CHAIN),
    ("UPDATE audit SET prev_hash = 'x' WHERE seq = 2", CHAIN),
    ("UPDATE audit SET hash = 'x' WHERE seq = 2", CHAIN),
    ("UPDATE audit SET seq = 200 WHERE seq = 2", CHAIN),
    ("DELETE FROM audit WHERE seq = 2", CHAIN),
    ("DELETE FROM audit WHERE kind = 'review'", "every review is in the audit"),
    ('UPDATE reviews SET value = \'{"label":"praise"}\'', "every review is as the audit tells it"),
    ("UPDATE reviews SET verdict = 'edit'", "every review is as the audit tells it"),
    ("UPDATE reviews SET exposure = 'blind'", "every review says how it was exposed, as its exposure does"),
    ("UPDATE reviews SET adaptive = true", "every review says how it was exposed, as its exposure does"),
    (
        "UPDATE reviews SET reviewer = 'eve'",
        "every review has an exposure of the same person, item and field",
    ),
    ("UPDATE reviews SET value = NULL", "accept, choose and edit carry a value, other verdicts none"),
    ("UPDATE reviews SET schema_version = 9", "every row names a schema version that exists"),
    ("UPDATE reviews SET action_id = 99", "every batch of reviews has its action"),
    ("INSERT INTO reviews SELECT * FROM reviews LIMIT 1", "review ids are unique"),
    (
        "INSERT INTO reviews BY NAME SELECT * REPLACE (review_id + 100 AS review_id) FROM reviews LIMIT 1",
        "one click made one review",
    ),
    (
        "INSERT INTO reviews BY NAME SELECT * REPLACE (review_id + 100 AS review_id) FROM reviews LIMIT 1",
        "a review names the same person's review of the item and field before it",
    ),
    ("DELETE FROM exposures", "every review has an exposure of the same person, item and field"),
    ("INSERT INTO exposures SELECT * FROM exposures LIMIT 1", "exposure ids are unique"),
    ("UPDATE exposures SET proposal_id = 99", "every shown proposal exists"),
    ("UPDATE exposures SET item_id = 99", "every exposure belongs to one of the items"),
    ("UPDATE proposals SET item_id = 99", "every proposal belongs to one of the items"),
    ("UPDATE proposals SET run_id = 99", "every proposal belongs to one of the runs"),
    ("INSERT INTO proposals SELECT * FROM proposals", "a run has one proposal an item and field"),
    ("DELETE FROM items WHERE item_id = 3", "item numbers run from 1 without gaps"),
    ("DELETE FROM items WHERE item_id = 6", "every item of an import is there"),
    ("UPDATE items SET key = 'K1'", "item keys are unique"),
    ('UPDATE imports SET counts = \'{"read":7,"new":6,"known":0,"rejected":0}\'', "every import adds up"),
]


@pytest.fixture(scope="module")
def decided_project(finished_project: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One project with a suggestion and two decisions, shared: every test takes its change back."""
    import shutil

    path = tmp_path_factory.mktemp("audit") / "project"
    shutil.copytree(finished_project, path)
    with reopen(path) as project:
        suggest(project, {1: REFUND})
        decide(project, ANN, 1, REFUND)
        decide(project, BOB, 2, None, verdict="skip")
        assert broken_checks(project) == []
        yield project
        # Every change was taken back, so that each was named by itself.
        assert broken_checks(project) == []


@pytest.mark.parametrize(("change", "check"), TAMPERINGS)
def test_a_change_behind_the_programs_back_is_named(decided_project: Opened, change: str, check: str) -> None:
    database = decided_project.store.database
    cursor = database._file.ready().cursor()
    cursor.execute("BEGIN TRANSACTION")
    try:
        cursor.execute(change)
        database.rows = lambda sql, params=(): cursor.execute(sql, params).fetchall()  # type: ignore[method-assign]
        database.audit_events = lambda: iter(  # type: ignore[method-assign]
            cursor.execute(
                "SELECT seq, made_at, actor, kind, payload, prev_hash, hash FROM audit ORDER BY seq"
            ).fetchall()
        )
        found = {one.name: one for one in verify(database) if not one.holds}
    finally:
        del database.rows, database.audit_events
        cursor.execute("ROLLBACK")
        cursor.close()
    assert check in found and found[check].example


def test_verify_writes_nothing(project: Opened) -> None:
    decide(project, ANN, 1, REFUND)
    head, path = project.store.database.audit_head, project.store.path / "project.duckdb"
    project.store.database.checkpoint()
    before = path.read_bytes()
    verify(project.store.database)
    assert (project.store.database.audit_head, path.read_bytes()) == (head, before)


def test_an_answer_that_was_given_twice_to_one_action_is_named(project: Opened) -> None:
    for _ in range(2):
        project.store.actions.answer(1, "confirmed", LEAD, "")
    assert "every action was answered once at most" in broken_checks(project)


def test_a_run_may_propose_for_many_items(project: Opened) -> None:
    suggest(project, {1: REFUND, 2: REFUND})
    drafts = [Draft(1, "topics", {"labels": ["price"]})]
    texts = {1: project.store.items.texts([1])[0]}
    project.store.runs.add_drafts(1, drafts, project.store.schema, 1, texts)
    assert broken_checks(project) == []
