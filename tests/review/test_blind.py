"""Blind means blind: no suggestion on a blind card, and no blind label from somebody who has seen one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.cards import card_record
from assistant.review import Decision
from assistant.view import ProjectView, blind_mask
from tests.store.opened import ANN, BOB, LEAD, PRAISE, REFUND, Opened, create, decide, suggest
from tools.errors import ExposureStale, NotFound
from tools.filters import ItemFilter


@pytest.fixture
def blind(tmp_path: Path) -> Iterator[Opened]:
    """A project in which every item is blind and has a suggestion."""
    with create(tmp_path / "blind", 4, blind_share=1.0) as project:
        suggest(project, {item_id: REFUND for item_id in range(1, 5)}, score=0.9, score_source="calibrated")
        yield project


def test_a_blind_card_shows_no_suggestion_and_no_reason(blind: Opened) -> None:
    card = blind.desk.next_cards(ANN, "intent").cards[0]
    assert (card.exposure.kind, card.suggestion, card.why) == ("blind", None, "")
    assert "refund" not in str({**card_record(card), "field": None})


def test_a_blind_exposure_stores_no_proposal_but_its_probability(blind: Opened) -> None:
    blind.desk.next_cards(ANN, "intent")
    assert blind.store.database.rows("SELECT kind, proposal_id, inclusion_p FROM exposures") == [("blind", None, 1.0)]


def test_a_tool_that_asks_for_a_blind_person_gets_no_suggestion(blind: Opened) -> None:
    view = ProjectView(blind.store, ANN)
    assert view.proposals.latest("intent", [1, 2]) == {}
    assert view.proposals.of_run(1) == []
    assert len(view.items.find(ItemFilter(label="refund", of_proposal=True)).ids) == 0
    assert len(view.items.find(ItemFilter(score_min=0.1)).ids) == 0


def test_who_has_decided_may_see_the_suggestion(blind: Opened) -> None:
    decide(blind, ANN, 1, PRAISE)
    assert list(ProjectView(blind.store, ANN).proposals.latest("intent", [1, 2])) == [1]


def test_others_may_see_it_once_enough_people_have_decided(blind: Opened) -> None:
    blind.store.settings.put("overlap", 2, LEAD)
    decide(blind, ANN, 1, PRAISE)
    assert ProjectView(blind.store, BOB).proposals.latest("intent", [1]) == {}
    decide(blind, LEAD, 1, PRAISE)
    assert list(ProjectView(blind.store, BOB).proposals.latest("intent", [1])) == [1]


@pytest.mark.parametrize("verdict", ["skip", "flag", "comment"])
def test_an_event_opens_no_eyes(blind: Opened, verdict: str) -> None:
    decide(blind, ANN, 1, None, verdict=verdict, reason="hm")
    assert ProjectView(blind.store, ANN).proposals.latest("intent", [1]) == {}


def test_a_revealed_card_shows_the_suggestion_and_counts_as_revealed(blind: Opened) -> None:
    card = blind.desk.next_cards(ANN, "intent").cards[0]
    shown = blind.desk.reveal(ANN, card.exposure.exposure_id)
    assert shown.suggestion is not None and shown.suggestion.draft.value == REFUND
    receipt = blind.desk.decide(ANN, Decision(shown.exposure.exposure_id, "k", "accept"))
    kinds = "SELECT exposure FROM reviews WHERE review_id = ?"
    assert blind.store.database.rows(kinds, [receipt.review.review_id]) == [("revealed",)]


def test_after_revealing_the_blind_card_cannot_be_decided_any_more(blind: Opened) -> None:
    card = blind.desk.next_cards(ANN, "intent").cards[0]
    blind.desk.reveal(ANN, card.exposure.exposure_id)
    with pytest.raises(ExposureStale, match="was shown to you since"):
        blind.desk.decide(ANN, Decision(card.exposure.exposure_id, "k", "choose", REFUND))
    assert blind.store.database.rows("SELECT count(*) FROM reviews") == [(0,)]


def test_an_item_once_revealed_is_never_blind_to_that_person_again(blind: Opened) -> None:
    card = blind.desk.next_cards(ANN, "intent").cards[0]
    shown = blind.desk.reveal(ANN, card.exposure.exposure_id)
    blind.desk.decide(ANN, Decision(shown.exposure.exposure_id, "k", "accept"))
    again = blind.desk.undo(ANN).card
    assert again is not None and again.exposure.kind == "revealed"
    blind.desk.release(ANN, [again.exposure.exposure_id])
    assert blind.desk.open_card(LEAD, card.item.item_id, "intent").exposure.kind == "blind"


def test_revealing_where_nothing_was_suggested_says_so(project: Opened) -> None:
    card = project.desk.next_cards(ANN, "intent").cards[0]
    with pytest.raises(NotFound, match="no suggestion for this item"):
        project.desk.reveal(ANN, card.exposure.exposure_id)


def test_a_card_without_a_suggestion_counts_as_blind(project: Opened) -> None:
    assert project.desk.next_cards(ANN, "intent").cards[0].exposure.kind == "blind"


def test_a_suggestion_that_was_seen_and_withdrawn_leaves_no_blind_card(project: Opened) -> None:
    run_id = suggest(project, {1: REFUND})
    assert project.desk.open_card(ANN, 1, "intent").exposure.kind == "suggested"
    project.store.reviews.undo([("run", run_id)], LEAD)
    card = project.desk.open_card(ANN, 1, "intent")
    assert (card.exposure.kind, card.suggestion) == ("revealed", None)


def test_the_blind_share_is_drawn_by_the_seed_alone(tmp_path: Path) -> None:
    with create(tmp_path / "p", 2000, blind_share=0.1, seed=5) as project:
        ids = project.store.items.all_ids()
        before = blind_mask(project.store, "intent", ids)
        suggest(project, {item_id: REFUND for item_id in range(1, 50)})
        decide(project, ANN, 3, REFUND)
        assert (blind_mask(project.store, "intent", ids) == before).all()
        assert (blind_mask(project.store, "topics", ids) != before).any()
        assert 140 < before.sum() < 260


def test_a_score_that_is_not_calibrated_is_kept_from_the_reviewer(project: Opened) -> None:
    suggest(project, {1: REFUND}, score=0.9, score_source="uncalibrated")
    suggest(project, {2: REFUND}, score=0.9, score_source="calibrated")
    shown = [card_record(project.desk.open_card(ANN, item_id, "intent"))["suggestion"]["score"] for item_id in (1, 2)]
    assert shown == [None, 0.9]
