"""From a filter to SQL: each condition finds what it says, all of them together, and nothing gets into the text."""

from __future__ import annotations

import pytest

from assistant.store.queries.filters import filter_sql
from tests.store.rows import Rows, choice, spans
from tools.errors import InputError, NotFound
from tools.filters import STATES, ItemFilter
from tools.schema import LabelSchema, read_schema

SCHEMA = read_schema(
    """
name: Messages
fields:
  - {id: intent, kind: choice, labels: [refund, delivery, fault]}
  - {id: topics, kind: multi_choice, labels: [price, speed]}
  - {id: entities, kind: spans, labels: [product, place]}
  - {id: mood, kind: rating}
  - {id: note, kind: text, required: false}
"""
)


def found(rows: Rows, where: ItemFilter, schema: LabelSchema = SCHEMA) -> list[int]:
    condition, params = filter_sql(where, schema)
    sql = f"SELECT i.item_id FROM items i WHERE {condition} ORDER BY i.item_id"
    return [row[0] for row in rows.connection.execute(sql, params).fetchall()]


@pytest.fixture
def rows() -> Rows:
    return Rows()


def test_an_empty_filter_finds_every_item(rows: Rows) -> None:
    rows.items(3)
    assert found(rows, ItemFilter()) == [1, 2, 3]


def test_all_words_must_occur_in_any_order_and_case(rows: Rows) -> None:
    rows.item("The LAMP is broken")
    rows.item("broken promise")
    assert found(rows, ItemFilter(words="broken lamp")) == [1]


def test_a_quoted_phrase_must_occur_as_it_stands(rows: Rows) -> None:
    rows.item("not working at all")
    rows.item("working, but not well")
    assert found(rows, ItemFilter(words='"not working"')) == [1]


@pytest.mark.parametrize("hostile", ["'; DROP TABLE items; --", "%", "_", "$label", "\\", '"'])
def test_hostile_words_are_only_looked_for(rows: Rows, hostile: str) -> None:
    rows.item("plain")
    rows.item(f"odd {hostile} text")
    condition, _params = filter_sql(ItemFilter(words=hostile), SCHEMA)
    assert "DROP" not in condition
    expected = [1, 2] if hostile == '"' else [2]  # a lone quotation mark holds no word
    assert found(rows, ItemFilter(words=hostile)) == expected


def test_letters_beyond_ascii_are_matched_without_regard_to_case(rows: Rows) -> None:
    rows.item("Die GRÜNE Lampe 😡")
    assert found(rows, ItemFilter(words="grüne 😡")) == [1]


def test_keys_and_ids_name_items(rows: Rows) -> None:
    rows.items(4)
    assert found(rows, ItemFilter(keys=("K2", "K9"))) == [2]
    assert found(rows, ItemFilter(ids=(1, 4, 99))) == [1, 4]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("channel=email", [1]),
        ("channel=EMAIL", [1]),
        ("a/b~c=x", [1]),
        ("count=5", [2]),
        ("urgent=true", [2]),
        ("channel=", [2]),
        ("odd name=a=b", [2]),
        ("missing=1", []),
    ],
)
def test_a_column_condition_compares_the_items_own_column(rows: Rows, condition: str, expected: list[int]) -> None:
    rows.item(meta={"channel": "email", "a/b~c": "x"})
    rows.item(meta={"count": 5, "urgent": True, "odd name": "a=b"})
    assert found(rows, ItemFilter(meta=condition)) == expected


def tour(rows: Rows) -> None:
    """One item a state: 1 untouched, 2 suggested, 3 decided, 4 conflict, 5 skipped, 6 flagged, 7 gold, 8 unread,
    9 rejected."""
    rows.items(9)
    run = rows.run()
    rows.proposal(run, 2, choice("refund"), 0.7)
    rows.say(3, "ann", "refund")
    rows.say(4, "ann", "refund")
    rows.say(4, "bob", "fault")
    rows.event(5, "ann", "skip")
    rows.event(6, "bob", "flag")
    rows.gold(7, choice("delivery"))
    rows.proposal(run, 8, None, state="unread", problem="no answer")
    rows.event(9, "ann", "reject")


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        ("any", [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        ("undecided", [1, 2, 5, 6, 7, 8, 9]),
        ("decided", [3, 4]),
        ("agreed", [3]),
        ("conflict", [4]),
        ("suggested", [2]),
        ("unsuggested", [1, 5, 6, 7, 8, 9]),
        ("skipped", [5]),
        ("rejected", [9]),
        ("flagged", [6]),
        ("gold", [7]),
        ("unread", [8]),
    ],
)
def test_each_state_finds_its_items(rows: Rows, state: str, expected: list[int]) -> None:
    tour(rows)
    assert found(rows, ItemFilter(state=state)) == expected  # type: ignore[arg-type]


def test_every_state_of_the_contract_is_known_to_the_sql(rows: Rows) -> None:
    tour(rows)
    assert all(found(rows, ItemFilter(state=state)) for state in STATES)  # type: ignore[arg-type]


def test_states_are_about_the_named_field_only(rows: Rows) -> None:
    rows.items(2)
    rows.review(1, "ann", {"rating": 4}, field="mood")
    assert found(rows, ItemFilter(field="mood", state="decided")) == [1]
    assert found(rows, ItemFilter(state="decided")) == []


def test_an_undone_decision_leaves_the_item_undecided(rows: Rows) -> None:
    rows.items(1)
    review = rows.say(1, "ann", "refund")
    rows.undo("review", review)
    assert found(rows, ItemFilter(state="undecided")) == [1]
    rows.undo("review", review, undone=False)
    assert found(rows, ItemFilter(state="undecided")) == []


def test_a_withdrawn_run_suggests_nothing(rows: Rows) -> None:
    rows.items(1)
    run = rows.run()
    rows.proposal(run, 1, choice("refund"))
    rows.undo("run", run)
    assert found(rows, ItemFilter(state="suggested")) == []


def test_a_flag_counts_until_the_item_is_adjudicated(rows: Rows) -> None:
    rows.items(1)
    rows.event(1, "bob", "flag")
    rows.say(1, "lea", "refund", adjudicates=True)
    assert found(rows, ItemFilter(state="flagged")) == []


def test_a_label_is_looked_for_in_what_stands(rows: Rows) -> None:
    rows.items(3)
    rows.say(1, "ann", "refund")
    rows.say(2, "ann", "fault")
    rows.say(3, "ann", "refund")
    rows.say(3, "bob", "fault")
    assert found(rows, ItemFilter(field="intent", label="refund")) == [1, 3]
    assert found(rows, ItemFilter(field="intent", label="refund", state="agreed")) == [1]


def test_a_label_that_was_overruled_is_not_found(rows: Rows) -> None:
    rows.items(1)
    rows.say(1, "ann", "refund")
    rows.say(1, "lea", "fault", adjudicates=True)
    assert found(rows, ItemFilter(label="refund")) == []
    assert found(rows, ItemFilter(label="fault")) == [1]


def test_a_label_with_a_person_is_what_that_person_said(rows: Rows) -> None:
    rows.items(2)
    rows.say(1, "ann", "refund")
    rows.say(2, "bob", "refund")
    assert found(rows, ItemFilter(label="refund", reviewer="bob")) == [2]


def test_a_label_of_the_gold_is_looked_for_among_gold(rows: Rows) -> None:
    rows.items(2)
    rows.gold(1, choice("refund"))
    rows.gold(2, choice("fault"))
    assert found(rows, ItemFilter(label="refund", state="gold")) == [1]


@pytest.mark.parametrize(
    ("field", "value", "label"),
    [
        ("topics", {"labels": ["price", "speed"]}, "speed"),
        ("entities", spans((0, 4, "place"), (5, 9, "product")), "place"),
        ("mood", {"rating": 3}, "3"),
    ],
)
def test_labels_are_found_in_every_kind_of_value(rows: Rows, field: str, value: dict[str, object], label: str) -> None:
    rows.items(2)
    rows.review(2, "ann", value, field=field)
    assert found(rows, ItemFilter(field=field, label=label)) == [2]
    assert found(rows, ItemFilter(field=field, label="another")) == []


def test_a_text_field_has_no_labels_to_look_for() -> None:
    with pytest.raises(InputError, match="answered in text"):
        filter_sql(ItemFilter(field="note", label="x"), SCHEMA)


def test_an_unknown_field_is_named() -> None:
    with pytest.raises(NotFound, match="colour"):
        filter_sql(ItemFilter(field="colour", state="decided"), SCHEMA)


def test_scores_bound_the_newest_usable_proposal_inclusively(rows: Rows) -> None:
    rows.items(3)
    old, new = rows.run(), rows.run()
    rows.proposal(old, 1, choice("refund"), 0.9)
    rows.proposal(new, 1, choice("refund"), 0.4)
    rows.proposal(old, 2, choice("refund"), 0.6)
    rows.proposal(new, 2, None, 0.1, state="unread")
    assert found(rows, ItemFilter(score_min=0.6, score_max=0.9)) == [2]
    assert found(rows, ItemFilter(score_max=0.4)) == [1]


def test_the_preferred_back_end_decides_which_proposal_counts(rows: Rows) -> None:
    rows.items(1)
    rows.proposal(rows.run("builtin:few-shot"), 1, choice("refund"), 0.9)
    rows.proposal(rows.run("remote:model"), 1, choice("fault"), 0.2)
    assert found(rows, ItemFilter(label="fault", of_proposal=True)) == [1]
    rows.setting("backend.intent", "builtin:few-shot")
    assert found(rows, ItemFilter(label="refund", of_proposal=True)) == [1]
    assert found(rows, ItemFilter(score_max=0.5)) == []


def test_asking_about_suggestions_sets_no_condition_by_itself(rows: Rows) -> None:
    rows.items(2)
    assert found(rows, ItemFilter(ids=(2,), of_proposal=True)) == [2]


def test_a_run_finds_its_proposals_and_its_queue(rows: Rows) -> None:
    rows.items(3)
    first, second = rows.run(), rows.run(tool="sample")
    rows.proposal(first, 1, None, state="unread")
    rows.queue(second, [3])
    assert found(rows, ItemFilter(run=first)) == [1]
    assert found(rows, ItemFilter(run=second)) == [3]


def test_a_person_is_found_by_what_they_decided_and_skipped(rows: Rows) -> None:
    rows.items(3)
    rows.say(1, "ann", "refund")
    rows.event(2, "ann", "skip")
    rows.say(3, "bob", "refund")
    assert found(rows, ItemFilter(reviewer="ann")) == [1, 2]
    assert found(rows, ItemFilter(reviewer="ann", state="decided")) == [1]
    assert found(rows, ItemFilter(reviewer="ann", state="undecided")) == [2, 3]
    assert found(rows, ItemFilter(reviewer="ann", state="skipped")) == [2]


def test_a_range_of_time_is_half_open_and_reads_zones(rows: Rows) -> None:
    rows.items(3)
    for item_id, hour in ((1, 9), (2, 10), (3, 11)):
        rows.say(item_id, "ann", "refund", at=rows._clock.replace(hour=hour, minute=0, second=0))
    day = "2026-03-02"
    assert found(rows, ItemFilter(since=f"{day}T10:00:00", until=f"{day}T11:00:00")) == [2]
    assert found(rows, ItemFilter(since=f"{day}T12:00:00+02:00", state="decided")) == [2, 3]
    assert found(rows, ItemFilter(until=day)) == []


def test_a_time_that_is_none_is_refused() -> None:
    with pytest.raises(InputError, match="A time looks like"):
        filter_sql(ItemFilter(since="after lunch"), SCHEMA)


def test_all_conditions_hold_together(rows: Rows) -> None:
    for number in range(4):
        rows.item("broken lamp" if number < 3 else "fine", meta={"channel": "email" if number < 2 else "chat"})
    run = rows.run()
    for item_id, score in ((1, 0.9), (2, 0.3), (3, 0.9), (4, 0.9)):
        rows.proposal(run, item_id, choice("fault"), score)
    where = ItemFilter(
        words="lamp",
        meta="channel=email",
        field="intent",
        state="suggested",
        label="fault",
        of_proposal=True,
        score_min=0.5,
        run=run,
    )
    assert found(rows, where) == [1]
