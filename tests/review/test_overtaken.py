"""What was blind when a card was fetched may not be any more when it is decided."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.review import Decision
from tests.review.test_independence import TOOLS, say
from tests.store.opened import ANN, BOB, DELIVERY, LEAD, PRAISE, REFUND, Opened, broken_checks, create, decide, suggest
from tools.records import Actor


def kinds(project: Opened) -> list[str]:
    return [row[0] for row in project.store.database.rows("SELECT exposure FROM reviews ORDER BY review_id")]


def test_a_card_fetched_before_a_run_does_not_count_as_blind(project: Opened) -> None:
    first, second = project.desk.next_cards(ANN, "intent", 2).cards
    suggest(project, {1: REFUND, 2: REFUND})
    for card in (first, second):
        project.desk.decide(ANN, Decision(card.exposure.exposure_id, f"key{card.item.item_id}", "choose", PRAISE))
    assert kinds(project) == ["overtaken", "overtaken"]
    calibrating = project.store.ask("calibrating_labels", {"field": "intent"}, LEAD)
    assert calibrating.rows == ((2, 0),)
    assert broken_checks(project) == []


def test_what_the_blind_lane_drew_stays_blind_whatever_was_run_since(tmp_path: Path) -> None:
    with create(tmp_path / "drawn", 3, blind_share=1.0) as project:
        card = project.desk.next_cards(ANN, "intent").cards[0]
        suggest(project, {1: REFUND, 2: REFUND, 3: REFUND})
        project.desk.decide(ANN, Decision(card.exposure.exposure_id, "key", "choose", PRAISE))
        assert kinds(project) == ["blind"]
        assert project.desk.outdated(ANN, [card.exposure.exposure_id]) == []


def test_without_any_suggestion_an_answer_is_blind(project: Opened) -> None:
    decide(project, ANN, 1, PRAISE)
    assert kinds(project) == ["blind"]


def test_a_run_that_was_withdrawn_overtakes_nothing(project: Opened) -> None:
    card = project.desk.next_cards(ANN, "intent").cards[0]
    project.store.reviews.undo([("run", suggest(project, {1: REFUND}))], LEAD)
    project.desk.decide(ANN, Decision(card.exposure.exposure_id, "key", "choose", PRAISE))
    assert kinds(project) == ["blind"]


def test_the_same_click_twice_is_one_decision_though_the_card_was_overtaken(project: Opened) -> None:
    card = project.desk.next_cards(ANN, "intent").cards[0]
    suggest(project, {1: REFUND})
    decision = Decision(card.exposure.exposure_id, "key", "choose", PRAISE)
    assert project.desk.decide(ANN, decision).review == project.desk.decide(ANN, decision).review
    assert kinds(project) == ["overtaken"]


def test_cards_in_hand_that_a_run_overtook_are_named_and_come_again_with_the_suggestion(project: Opened) -> None:
    held = [card.exposure.exposure_id for card in project.desk.next_cards(ANN, "intent", 3).cards]
    assert project.desk.outdated(ANN, held) == []
    suggest(project, {2: REFUND, 3: REFUND})
    assert project.desk.outdated(ANN, held) == held[1:]
    assert project.desk.next_cards(ANN, "intent", 1, held).outdated == tuple(held[1:])
    again = project.desk.next_cards(ANN, "intent", 2, held[:1]).cards
    assert [(card.item.item_id, card.exposure.kind) for card in again] == [(2, "suggested"), (3, "suggested")]


def test_a_lead_who_was_told_what_others_answered_is_not_blind_any_more(tmp_path: Path) -> None:
    with create(tmp_path / "told", 3, TOOLS, overlap=3) as project:
        for item_id in (1, 2, 3):
            say(project, BOB, item_id, REFUND)
        held = project.desk.open_card(LEAD, 1, "intent").exposure.exposure_id
        chat = Actor("lea", "lead", "chat", "s-lea")
        project.executor.call("explain_item", {"item": "#1"}, chat)
        project.executor.call("find_items", {"label": "refund", "words": '"number 2"'}, chat)
        project.desk.decide(LEAD, Decision(held, "key", "choose", REFUND))
        decide(project, LEAD, 2, REFUND)
        decide(project, LEAD, 3, REFUND)
        rows = project.store.database.rows("SELECT item_id, exposure FROM reviews WHERE reviewer = 'lea' ORDER BY 1")
        assert rows == [(1, "revealed"), (2, "revealed"), (3, "blind")]
        assert broken_checks(project) == []


def test_who_explains_what_they_decided_themselves_leaves_no_mark(tmp_path: Path) -> None:
    with create(tmp_path / "own", 2, TOOLS, overlap=3) as project:
        say(project, BOB, 1, REFUND)
        say(project, LEAD, 1, DELIVERY)
        project.executor.call("explain_item", {"item": "#1"}, LEAD)
        project.executor.call("explain_item", {"item": "#2"}, LEAD)
        assert project.store.reviews.told_of("lea", "intent", [1, 2]) == set()


SPANS = {"spans": [{"id": "s1", "start": 0, "end": 7, "label": "product"}]}


@pytest.mark.parametrize(("overlap", "shown"), [(2, 0), (1, 1)])
def test_relations_join_others_spans_only_where_the_person_is_not_asked_for_spans_any_more(
    tmp_path: Path, overlap: int, shown: int
) -> None:
    with create(tmp_path / "links", 1, overlap=overlap) as project:
        say(project, BOB, 1, SPANS, "entities")
        card = project.desk.open_card(ANN, 1, "links")
        assert len(card.spans) == shown
        assert len(project.store.reviews.told_of("ann", "entities", [1])) == shown
