"""Taking an import in: every row accounted for, nothing twice, nothing attached to another text."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.store.intake.intake import ImportReport, report_table
from assistant.store.items import item_from
from tests.store.opened import (
    ANN,
    DELIVERY,
    LEAD,
    PRAISE,
    REFUND,
    Opened,
    annotation,
    batch,
    broken_checks,
    create,
    decide,
)
from tools.exchange.batch import DROPPED, ImportBatch
from tools.records import Item, Part


def take(project: Opened, found: ImportBatch) -> ImportReport:
    return project.store.take_in(found, LEAD, {})


def problems(project: Opened, import_id: int) -> list[tuple[Any, ...]]:
    """(row, what, field, reason) of one import."""
    sql = "SELECT source_row, what, field, reason FROM import_problems WHERE import_id = ? ORDER BY ALL"
    return project.store.database.rows(sql, [import_id])


def standing(project: Opened) -> list[tuple[Any, ...]]:
    return project.store.database.rows("SELECT item_id, field, reviewer, label FROM standing ORDER BY ALL")


def test_new_items_are_numbered_in_the_order_of_their_rows(project: Opened) -> None:
    report = take(project, batch(["c", "a", "b"], keys=["x", "y", "z"], source="new"))
    assert (report.read, report.new, report.known, report.rejected) == (3, 3, 0, 0)
    assert project.store.items.texts([7, 8, 9]) == ["c", "a", "b"]


def test_equal_texts_stay_separate_items(project: Opened) -> None:
    report = take(project, batch(["same words"] * 5, keys=[None] * 5, source="new"))
    assert report.new == 5
    assert project.store.items.texts(range(7, 12)) == ["same words"] * 5


def test_the_same_source_again_changes_nothing(project: Opened) -> None:
    labels = [{"row": 1, "value": REFUND}, {"row": 2, "value": None}, {"row": 3, "value": None, "verdict": "flag"}]
    proposals = [{"row": 1, "value": DELIVERY, "score": 0.5}]
    found = batch(["a", "b", "c"], keys=[None] * 3, labels=labels, proposals=proposals, source="again")
    take(project, found)
    counted = ("items", "reviews", "exposures", "proposals", "runs")
    before = [project.store.database.rows(f"SELECT count(*) FROM {table}") for table in counted]
    report = take(project, found)
    assert [project.store.database.rows(f"SELECT count(*) FROM {table}") for table in counted] == before
    assert (report.new, report.known, report.labels_taken, report.labels_known) == (0, 3, 0, 3)
    assert broken_checks(project) == []


def test_a_key_that_stands_twice_is_taken_once_and_named(project: Opened) -> None:
    report = take(project, batch(["a", "b", "a"], keys=["x", "y", " x "], source="new"))
    assert (report.new, report.rejected) == (2, 1)
    reason = "the key x stands twice in the file, first in row 1"
    assert problems(project, report.import_id) == [(3, "rejected", "", reason)]


def test_a_known_item_keeps_its_text_and_says_so(project: Opened) -> None:
    report = take(project, batch(["message number 1", "another text"], keys=["K1", "K2"], source="new"))
    assert (report.new, report.known) == (0, 2)
    assert project.store.items.texts([2]) == ["message number 2"]
    assert [row[3] for row in problems(project, report.import_id)] == [
        "already in the project",
        "already in the project with another text, which was kept",
    ]


def test_labels_of_a_known_item_are_taken_over(project: Opened) -> None:
    report = take(project, batch(["message number 2"], keys=["K2"], labels=[{"row": 1, "value": PRAISE}], source="new"))
    assert (report.known, report.labels_taken) == (1, 1)
    assert standing(project) == [(2, "intent", "ann", "praise")]


def test_labels_that_were_given_to_another_text_are_left_out_with_a_reason(project: Opened) -> None:
    labels = [{"row": 1, "value": PRAISE}]
    report = take(project, batch(["something else"], keys=["K2"], labels=labels, source="new"))
    assert (report.labels, report.labels_taken, report.labels_dropped) == (1, 0, 1)
    assert (1, "dropped", "intent") in [row[:3] for row in problems(project, report.import_id)]
    assert standing(project) == []


def test_a_label_of_a_row_that_became_no_item_is_left_out_with_a_reason(project: Opened) -> None:
    rejects = [{"row": 2, "reason": "the text is empty", "excerpt": ""}]
    labels = [{"row": 1, "value": PRAISE}, {"row": 2, "value": REFUND}]
    report = take(project, batch(["a"], labels=labels, rejects=rejects, keys=["new"], source="new"))
    assert (report.labels_taken, report.labels_dropped, report.rejected) == (1, 1, 1)
    assert (2, "dropped", "intent", "its row became no item") in problems(project, report.import_id)


def test_a_second_answer_of_one_annotator_is_listed_if_it_differs_and_known_if_not(project: Opened) -> None:
    labels = [{"row": row, "value": value} for row, value in ((1, REFUND), (2, PRAISE), (3, REFUND))]
    report = take(project, batch(["a", "a", "a"], keys=["x", "x ", " x"], labels=labels, source="new"))
    assert (report.labels_taken, report.labels_known, report.labels_dropped) == (1, 1, 1)
    assert standing(project) == [(7, "intent", "ann", "refund")]
    assert broken_checks(project) == []


def test_a_label_of_a_person_who_decided_already_is_known(project: Opened) -> None:
    decide(project, ANN, 1, DELIVERY)
    report = take(project, batch(["message number 1"], keys=["K1"], labels=[{"row": 1, "value": REFUND}], source="new"))
    assert (report.labels_taken, report.labels_known) == (0, 1)
    assert annotation(project, 1) == ("agreed", "delivery")


def test_labels_come_back_after_their_import_was_undone(project: Opened) -> None:
    found = batch(["a"], keys=["new"], labels=[{"row": 1, "value": REFUND}], source="new")
    first = take(project, found)
    project.store.reviews.undo([("import", first.import_id)], LEAD)
    assert annotation(project, 7) is None
    assert take(project, found).labels_taken == 1
    assert annotation(project, 7) == ("agreed", "refund")
    assert broken_checks(project) == []


def test_labels_of_different_annotators_that_differ_are_a_conflict(project: Opened) -> None:
    labels = [{"row": 1, "value": REFUND}, {"row": 1, "value": PRAISE, "annotator": "bob"}]
    take(project, batch(["a"], keys=["new"], labels=labels, source="new"))
    assert annotation(project, 7) == ("conflict", None)


def test_times_are_stored_in_utc_whatever_zone_they_came_in(project: Opened) -> None:
    at = datetime(2026, 5, 1, 12, 0, tzinfo=timezone(timedelta(hours=9)))
    labels = [{"row": 1, "value": REFUND, "decided_at": at.astimezone(UTC)}]
    take(project, batch(["a"], keys=["new"], labels=labels, source="new"))
    assert project.store.database.rows("SELECT made_at FROM reviews") == [(datetime(2026, 5, 1, 3, 0),)]


def test_proposals_become_one_run_a_back_end_and_field(project: Opened) -> None:
    proposals: list[dict[str, Any]] = [
        {"row": 1, "value": REFUND, "score": 0.9},
        {"row": 2, "value": REFUND},
        {"row": 1, "value": {"labels": ["price"]}, "field": "topics"},
        {"row": 1, "value": PRAISE, "backend": "older"},
    ]
    report = take(project, batch(["a", "b"], keys=["x", "y"], proposals=proposals, source="new"))
    runs = "SELECT backend, field, count(*) FROM runs JOIN proposals USING (run_id, field) GROUP BY ALL ORDER BY ALL"
    assert report.proposals_taken == 4
    assert project.store.database.rows(runs) == [
        ("older", "intent", 1),
        ("other", "intent", 2),
        ("other", "topics", 1),
    ]
    assert broken_checks(project) == []


def test_an_import_that_fails_leaves_nothing_and_the_next_one_has_no_gap(project: Opened) -> None:
    head = project.store.database.audit_head
    bad = batch(["a"], keys=["new"], labels=[{"row": 1, "value": REFUND}], source="new")
    broken = ImportBatch(**{**vars(bad), "source_name": None})  # type: ignore[arg-type]
    with pytest.raises(Exception, match="NOT NULL"):
        take(project, broken)
    assert (project.store.items.count(), project.store.database.audit_head) == (6, head)
    take(project, bad)
    assert broken_checks(project) == []


def test_two_items_of_one_source_row_are_a_defect_of_the_reader(project: Opened) -> None:
    found = batch(["a", "b"], keys=["x", "y"], source="new")
    twice = ImportBatch(**{**vars(found), "items": found.items.take([0, 0])})
    with pytest.raises(TypeError, match="one an item"):
        take(project, twice)


def test_the_account_in_words_holds_every_number(project: Opened) -> None:
    report = take(project, batch(["a"], keys=["new"], labels=[{"row": 1, "value": REFUND}], source="new"))
    told = dict(report_table(report))
    assert (told["rows in the source"], told["new items"], told["taken over"]) == (1, 1, 1)


KEYS = st.one_of(st.none(), st.sampled_from(["a", "b", "c", " a", "", "K1"]))
ROW = st.tuples(KEYS, st.sampled_from(["one text", "other text"]))
LABEL = st.tuples(st.integers(1, 6), st.sampled_from(["ann", "bob"]), st.sampled_from([REFUND, PRAISE, None]))
_COUNTER = itertools.count()


@pytest.fixture(scope="module")
def shared_project(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with create(tmp_path_factory.mktemp("intake") / "project", 1) as project:
        yield project


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(rows=st.lists(ROW, min_size=1, max_size=6), labels=st.lists(LABEL, max_size=6))
def test_every_account_adds_up_and_a_second_import_takes_nothing(
    shared_project: Opened, rows: list[tuple[str | None, str]], labels: list[tuple[int, str, Any]]
) -> None:
    project, number = shared_project, next(_COUNTER)
    keys = [key and f"{key}{number}" for key, _ in rows]
    given_labels = [{"row": row, "annotator": who, "value": value} for row, who, value in labels if row <= len(rows)]
    found = batch([text for _, text in rows], keys=keys, labels=given_labels, source=f"file {number}")
    first = take(project, found)
    before = standing(project)
    again = take(project, found)
    assert first.adds_up and again.adds_up
    assert first.read == len(rows) and first.labels == len(given_labels)
    assert (again.new, again.labels_taken, again.known) == (0, 0, first.new)
    assert standing(project) == before
    assert broken_checks(project) == []


def test_the_parts_of_the_account_are_what_the_tables_hold(tmp_path: Path) -> None:
    with create(tmp_path / "p", 2) as project:
        labels = [{"row": row, "value": REFUND, "annotator": who} for row in (1, 2, 3) for who in ("ann", "bob")]
        report = take(project, batch(["a", "b", "c"], keys=["x", "y", "z"], labels=labels, source="new"))
        counts = [project.store.database.rows(f"SELECT count(*) FROM {one}")[0][0] for one in ("items", "reviews")]
        assert counts == [2 + report.new, report.labels_taken]
        assert project.store.database.rows("SELECT count(DISTINCT exposure_id) FROM reviews")[0][0] == 6


def test_what_was_lost_is_listed_with_its_row_field_reason_and_excerpt(project: Opened) -> None:
    found = batch(["a"], keys=["new"], rejects=[{"row": 2, "reason": "the text is empty", "excerpt": "2, ,x"}])
    lost = {"row": 1, "field": "intent", "reason": "'other' is not a label of 'intent'", "excerpt": "other"}
    dropped = pa.Table.from_pylist([lost], schema=DROPPED)
    report = take(project, ImportBatch(**{**vars(found), "dropped": dropped}))
    sql = "SELECT source_row, what, field, reason, excerpt FROM import_problems WHERE import_id = ? ORDER BY ALL"
    assert project.store.database.rows(sql, [report.import_id]) == [
        (1, "dropped", "intent", "'other' is not a label of 'intent'", "other"),
        (2, "rejected", "", "the text is empty", "2, ,x"),
    ]
    assert (report.rejected, report.labels_dropped) == (1, 1)


def test_a_pair_keeps_its_parts_and_its_columns() -> None:
    parts = '[{"role":"first","start":0,"end":3},{"role":"second","start":5,"end":9}]'
    item = item_from((4, "k", "one\n\nmore", "pair", parts, '{"x":1}'))
    assert item == Item(4, "k", "one\n\nmore", "pair", (Part("first", 0, 3), Part("second", 5, 9)), {"x": 1})
    assert item_from((4, "k", "one", "text", "", "")) == Item(4, "k", "one")
