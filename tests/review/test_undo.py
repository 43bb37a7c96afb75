"""Taking decisions back, by key and by number, and looking at them again."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.cards import card_record
from tests.store.opened import (
    ANN,
    BOB,
    LEAD,
    PRAISE,
    REFUND,
    Opened,
    annotation,
    broken_checks,
    decide,
    reopen,
    suggest,
)
from tools.errors import LeaseTaken, NotAllowed, NotFound

SPANS = {
    "spans": [
        {"id": "s1", "start": 0, "end": 7, "label": "product"},
        {"id": "s2", "start": 8, "end": 12, "label": "product"},
    ]
}


def test_undo_takes_back_the_last_decision_and_shows_its_card(project: Opened) -> None:
    decide(project, ANN, 1, REFUND)
    decide(project, ANN, 2, REFUND)
    undone = project.desk.undo(ANN)
    assert undone.card is not None and undone.card.item.item_id == 2
    assert undone.sentence == "Undone: choose on K2."
    assert (annotation(project, 1), annotation(project, 2)) == (("agreed", "refund"), None)


def test_undo_reopens_the_answer_as_it_was_whoever_asks_for_the_card(project: Opened) -> None:
    suggest(project, {1: SPANS}, "entities")
    answer = {"spans": [SPANS["spans"][0], {"id": "n1", "start": 8, "end": 10, "label": "product"}]}
    verdicts = {"s1": "accept", "s2": "reject", "n1": "choose"}
    decide(project, ANN, 1, answer, "entities", verdict="edit", regions=verdicts)
    undone = project.desk.undo(ANN).card
    assert undone is not None and undone.standing is None
    for card in (undone, project.desk.open_card(ANN, 1, "entities")):
        assert card_record(card)["former"] == {"value": answer, "regions": verdicts}
    assert project.desk.open_card(LEAD, 2, "entities").former is None


def test_an_answer_that_was_replaced_is_not_offered_again(project: Opened) -> None:
    decide(project, ANN, 1, REFUND)
    project.desk.undo(ANN)
    decide(project, ANN, 1, PRAISE)
    card = project.desk.open_card(ANN, 1, "intent")
    assert (card.former, card.standing) == (None, PRAISE)


def test_an_answer_that_a_lead_took_back_is_not_offered_again(project: Opened) -> None:
    review_id = decide(project, ANN, 1, REFUND)
    project.store.reviews.undo([("review", review_id)], LEAD)
    assert project.desk.open_card(ANN, 1, "intent").former is None


def test_a_decision_is_put_back_as_it_was_by_a_row_of_its_own(project: Opened) -> None:
    review_id = decide(project, ANN, 1, REFUND)
    project.desk.undo(ANN)
    assert project.desk.redo(ANN).sentence == "Redone: choose on K1."
    assert annotation(project, 1) == ("agreed", "refund")
    undos = project.store.database.rows("SELECT target_id, undone FROM undos ORDER BY undo_id")
    assert undos == [(review_id, True), (review_id, False)]
    assert project.desk.next_cards(ANN, "intent").done == 1
    assert broken_checks(project) == []
    with pytest.raises(NotFound, match="nothing of yours to do again"):
        project.desk.redo(ANN)


def test_several_undone_decisions_are_put_back_one_by_one(project: Opened) -> None:
    for item_id in (1, 2):
        decide(project, ANN, item_id, REFUND)
    project.desk.undo(ANN)
    project.desk.undo(ANN)
    assert [project.desk.redo(ANN).review.item_id for _ in range(2)] == [1, 2]


def test_a_decision_made_since_the_undo_ends_doing_again(project: Opened) -> None:
    decide(project, ANN, 1, REFUND)
    project.desk.undo(ANN)
    decide(project, ANN, 2, PRAISE)
    with pytest.raises(NotFound, match="a decision made since the undo ends that"):
        project.desk.redo(ANN)
    assert annotation(project, 1) is None


def test_nothing_is_put_back_over_the_answer_of_somebody_else(project: Opened) -> None:
    project.store.settings.put("overlap", 1, LEAD)
    decide(project, ANN, 1, REFUND)
    card = project.desk.undo(ANN).card
    assert card is not None
    project.desk.release(ANN, [card.exposure.exposure_id])
    decide(project, BOB, 1, PRAISE)
    with pytest.raises(LeaseTaken, match="another person decided"):
        project.desk.redo(ANN)
    assert annotation(project, 1) == ("agreed", "praise")


def test_undo_again_goes_one_decision_further_back(project: Opened) -> None:
    for item_id in (1, 2):
        decide(project, ANN, item_id, REFUND)
    cards = [project.desk.undo(ANN).card, project.desk.undo(ANN).card]
    assert [card.item.item_id for card in cards if card] == [2, 1]
    with pytest.raises(NotFound, match="nothing of yours left to undo"):
        project.desk.undo(ANN)


def test_undo_brings_back_the_answer_that_was_given_before(project: Opened) -> None:
    decide(project, ANN, 1, REFUND)
    decide(project, ANN, 1, PRAISE)
    card = project.desk.undo(ANN).card
    assert card is not None and card.standing == REFUND
    assert annotation(project, 1) == ("agreed", "refund")


def test_undo_leaves_the_decisions_of_others_alone(project: Opened) -> None:
    decide(project, ANN, 1, REFUND)
    decide(project, BOB, 2, REFUND)
    project.desk.undo(ANN)
    assert annotation(project, 2) == ("agreed", "refund")


def test_a_decision_can_be_undone_by_its_number(project: Opened) -> None:
    first = decide(project, ANN, 1, REFUND)
    decide(project, ANN, 2, REFUND)
    project.desk.undo(ANN, first)
    assert (annotation(project, 1), annotation(project, 2)) == (None, ("agreed", "refund"))


def test_nobody_undoes_the_decision_of_somebody_else_at_the_desk(project: Opened) -> None:
    review_id = decide(project, ANN, 1, REFUND)
    with pytest.raises(NotAllowed, match="is ann's; ask a lead"):
        project.desk.undo(BOB, review_id)
    assert annotation(project, 1) == ("agreed", "refund")


def test_undoing_twice_by_number_is_the_same_as_once(project: Opened) -> None:
    review_id = decide(project, ANN, 1, REFUND)
    for _ in range(2):
        project.desk.undo(ANN, review_id)
    assert annotation(project, 1) is None
    assert project.desk.next_cards(ANN, "intent").progress.done == 0


def test_an_undone_undo_stands_again(project: Opened) -> None:
    review_id = decide(project, ANN, 1, REFUND)
    project.desk.undo(ANN)
    project.store.reviews.undo([("review", review_id)], ANN, undone=False)
    assert annotation(project, 1) == ("agreed", "refund")


def test_undo_says_so_when_somebody_else_has_decided_the_item_since(project: Opened) -> None:
    project.store.settings.put("overlap", 1, LEAD)
    review_id = decide(project, ANN, 1, REFUND)
    decide(project, LEAD, 1, PRAISE)
    undone = project.desk.undo(ANN, review_id)
    assert undone.card is None
    assert "another person decided Intent of this item already" in undone.sentence
    assert annotation(project, 1) == ("agreed", "praise")


def test_undo_says_so_when_somebody_else_has_the_item_in_hand(project: Opened) -> None:
    project.store.settings.put("overlap", 2, LEAD)
    review_id = decide(project, ANN, 1, REFUND)
    project.desk.open_card(BOB, 1, "intent")
    project.store.settings.put("overlap", 1, LEAD)
    undone = project.desk.undo(ANN, review_id)
    assert undone.card is None and "another person has this item in hand" in undone.sentence


def test_after_an_undo_the_item_is_served_again(project: Opened) -> None:
    for item_id in (1, 2, 3):
        decide(project, ANN, item_id, REFUND)
    project.desk.undo(ANN, 1)
    project.desk.release(ANN, [project.desk.open_card(ANN, 1, "intent").exposure.exposure_id])
    assert project.desk.next_cards(ANN, "intent").cards[0].item.item_id == 1


def test_the_history_lists_what_stands_newest_first(project: Opened) -> None:
    suggest(project, {1: REFUND})
    decide(project, ANN, 1, None, verdict="reject", reason="wrong label")
    decide(project, ANN, 2, PRAISE)
    decide(project, ANN, 3, PRAISE)
    project.desk.undo(ANN)
    found = [(line.key, line.verdict, line.answer) for line in project.desk.history(ANN)]
    assert found == [("K2", "choose", "Praise"), ("K1", "reject", "wrong label")]


def test_the_history_is_of_one_person_and_as_long_as_asked(project: Opened) -> None:
    for item_id in (1, 2, 3):
        decide(project, ANN, item_id, REFUND)
    decide(project, BOB, 4, REFUND)
    assert [line.item_id for line in project.desk.history(ANN, 2)] == [3, 2]


def test_decisions_and_undo_survive_a_restart(folder: Path) -> None:
    with reopen(folder) as project:
        decide(project, ANN, 1, REFUND)
        decide(project, ANN, 2, REFUND)
        project.desk.undo(ANN)
    with reopen(folder) as project:
        assert [line.item_id for line in project.desk.history(ANN)] == [1]
        batch = project.desk.next_cards(ANN, "intent")
        assert (batch.cards[0].item.item_id, batch.progress.done) == (2, 1)


def test_a_card_that_is_opened_again_shows_what_the_person_said(project: Opened) -> None:
    decide(project, ANN, 1, REFUND)
    assert project.desk.open_card(ANN, 1, "intent").standing == REFUND


def test_a_painted_card_is_recorded_for_its_own_person_only(project: Opened) -> None:
    exposure = project.desk.open_card(ANN, 1, "intent").exposure.exposure_id
    with pytest.raises(NotAllowed):
        project.desk.painted(BOB, exposure)
    project.desk.painted(ANN, exposure)
    assert project.store.database.rows("SELECT exposure_id FROM paints") == [(exposure,)]
