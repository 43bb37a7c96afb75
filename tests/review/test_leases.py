"""Two people and one item: one wins, the other is told."""

from __future__ import annotations

import pytest

from assistant.review import Decision
from assistant.store import leases as leases_module
from tests.store.opened import ANN, BOB, LEAD, PRAISE, REFUND, Opened, decide
from tools.errors import AnsweredElsewhere, LeaseTaken, NotAllowed
from tools.records import Actor

ANN_ELSEWHERE = Actor("ann", "reviewer", "key", "s-ann-2")


def let_time_pass(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Move the clock of the leases."""
    now = leases_module.time.monotonic()

    class Clock:
        @staticmethod
        def monotonic() -> float:
            return now + seconds

    monkeypatch.setattr(leases_module, "time", Clock)


def test_two_people_are_served_different_items(project: Opened) -> None:
    first = project.desk.next_cards(ANN, "intent", 3).cards
    second = project.desk.next_cards(BOB, "intent", 3).cards
    assert not {card.item.item_id for card in first} & {card.item.item_id for card in second}


def test_when_all_items_are_in_other_hands_the_message_says_so(project: Opened) -> None:
    for card in project.desk.next_cards(ANN, "intent", 6).cards:
        project.desk.painted(ANN, card.exposure.exposure_id)
    batch = project.desk.next_cards(BOB, "intent")
    assert batch.cards == () and not batch.finished
    assert batch.message == "The remaining Intent items are in other people's hands at the moment."


def test_who_has_an_item_in_hand_is_told_by_name_to_leads_only(project: Opened) -> None:
    project.desk.open_card(ANN, 1, "intent")
    with pytest.raises(LeaseTaken, match="another person has this item in hand"):
        project.desk.open_card(BOB, 1, "intent")
    with pytest.raises(LeaseTaken, match=r"^ann has this item in hand"):
        project.desk.open_card(LEAD, 1, "intent")


def test_another_window_of_the_same_person_takes_the_item_over_and_the_first_one_learns_it(project: Opened) -> None:
    first = project.desk.open_card(ANN, 1, "intent").exposure.exposure_id
    second = project.desk.open_card(ANN_ELSEWHERE, 1, "intent").exposure.exposure_id
    assert project.desk.renew(ANN, [first]) == [first]
    assert project.desk.renew(ANN_ELSEWHERE, [second]) == []


def test_two_windows_of_one_person_are_served_different_items(project: Opened) -> None:
    first = project.desk.next_cards(ANN, "intent", 2).cards
    second = project.desk.next_cards(ANN_ELSEWHERE, "intent", 2, held=()).cards
    assert [card.item.item_id for card in (*first, *second)] == [1, 2, 3, 4]


def test_when_the_last_items_are_in_another_window_of_mine_the_message_says_so(project: Opened) -> None:
    project.desk.next_cards(ANN, "intent", 6)
    batch = project.desk.next_cards(ANN_ELSEWHERE, "intent")
    assert batch.cards == () and not batch.finished
    assert batch.message == "The remaining Intent items are open in another window of yours."


def test_a_window_that_was_closed_leaves_its_items_to_the_other_one(project: Opened) -> None:
    cards = project.desk.next_cards(ANN, "intent", 6).cards
    project.desk.release(ANN, [card.exposure.exposure_id for card in cards])
    assert project.desk.next_cards(ANN_ELSEWHERE, "intent").cards[0].item.item_id == 1


def test_the_second_window_does_not_silently_replace_the_answer_of_the_first(project: Opened) -> None:
    first, second = (project.desk.open_card(one, 1, "intent").exposure.exposure_id for one in (ANN, ANN_ELSEWHERE))
    project.desk.decide(ANN, Decision(first, "k1", "choose", REFUND))
    with pytest.raises(AnsweredElsewhere, match="You answered this already as Refund"):
        project.desk.decide(ANN_ELSEWHERE, Decision(second, "k2", "choose", PRAISE))
    rows = "SELECT reviewer, label FROM reviews"
    assert project.store.database.rows(rows) == [("ann", "refund")]
    again = project.desk.open_card(ANN_ELSEWHERE, 1, "intent")
    assert again.standing == REFUND
    project.desk.decide(ANN_ELSEWHERE, Decision(again.exposure.exposure_id, "k3", "choose", PRAISE))
    assert project.store.database.rows(rows)[1:] == [("ann", "praise")]


def test_the_second_window_may_say_why_or_answer_what_the_first_one_skipped(project: Opened) -> None:
    first, second = (project.desk.open_card(one, 1, "intent").exposure.exposure_id for one in (ANN, ANN_ELSEWHERE))
    project.desk.decide(ANN, Decision(first, "k1", "skip"))
    project.desk.decide(ANN_ELSEWHERE, Decision(second, "k2", "choose", PRAISE))
    project.desk.decide(ANN, Decision(first, "k3", "comment", reason="doubtful"))
    assert project.store.database.rows("SELECT verdict FROM reviews") == [("skip",), ("choose",), ("comment",)]


def test_a_lease_is_for_one_field_only(project: Opened) -> None:
    project.desk.open_card(ANN, 1, "intent")
    assert project.desk.open_card(BOB, 1, "topics").item.item_id == 1


def test_a_lease_that_ran_out_goes_to_the_next_person(project: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    card = project.desk.open_card(ANN, 1, "intent")
    let_time_pass(monkeypatch, 121)
    project.desk.open_card(BOB, 1, "intent")
    with pytest.raises(LeaseTaken, match="another person has this item in hand"):
        project.desk.decide(ANN, Decision(card.exposure.exposure_id, "k", "choose", REFUND))


@pytest.mark.parametrize("late", [ANN, LEAD])
def test_after_a_lease_ran_out_the_first_to_decide_wins(
    project: Opened, monkeypatch: pytest.MonkeyPatch, late: Actor
) -> None:
    card = project.desk.open_card(late, 1, "intent")
    let_time_pass(monkeypatch, 121)
    decide(project, BOB, 1, PRAISE)
    who = "bob" if late is LEAD else "another person"
    with pytest.raises(LeaseTaken, match=f"^{who} decided Intent of this item already"):
        project.desk.decide(late, Decision(card.exposure.exposure_id, "k", "choose", REFUND))
    assert project.store.database.rows("SELECT reviewer FROM reviews") == [("bob",)]


def test_a_lease_that_ran_out_and_that_nobody_took_still_counts(
    project: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = project.desk.open_card(ANN, 1, "intent")
    let_time_pass(monkeypatch, 5000)
    assert project.desk.decide(ANN, Decision(card.exposure.exposure_id, "k", "choose", REFUND)).progress.done == 1


def test_renewing_keeps_a_card_in_hand(project: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    exposure = project.desk.open_card(ANN, 1, "intent").exposure.exposure_id
    let_time_pass(monkeypatch, 100)
    assert project.desk.renew(ANN, [exposure]) == []
    let_time_pass(monkeypatch, 100)
    with pytest.raises(LeaseTaken):
        project.desk.open_card(BOB, 1, "intent")


def test_renewing_names_the_cards_that_were_lost(project: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    exposures = [project.desk.open_card(ANN, item_id, "intent").exposure.exposure_id for item_id in (1, 2)]
    let_time_pass(monkeypatch, 121)
    project.desk.open_card(BOB, 2, "intent")
    assert project.desk.renew(ANN, exposures) == exposures[1:]


def test_a_card_that_was_given_back_is_free(project: Opened) -> None:
    exposure = project.desk.open_card(ANN, 1, "intent").exposure.exposure_id
    project.desk.release(ANN, [exposure])
    assert project.desk.open_card(BOB, 1, "intent").item.item_id == 1


def test_nobody_can_give_back_or_hold_the_card_of_somebody_else(project: Opened) -> None:
    exposure = project.desk.open_card(ANN, 1, "intent").exposure.exposure_id
    with pytest.raises(NotAllowed):
        project.desk.release(BOB, [exposure])
    with pytest.raises(NotAllowed):
        project.desk.next_cards(BOB, "intent", 1, held=[exposure])


def test_cards_in_hand_are_not_served_again_and_stay_leased(project: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    held = project.desk.next_cards(ANN, "intent", 2).cards
    let_time_pass(monkeypatch, 100)
    more = project.desk.next_cards(ANN, "intent", 2, held=[card.exposure.exposure_id for card in held]).cards
    assert [card.item.item_id for card in more] == [3, 4]
    let_time_pass(monkeypatch, 100)
    with pytest.raises(LeaseTaken):
        project.desk.open_card(BOB, held[0].item.item_id, "intent")


def test_a_decision_frees_the_item_and_ends_it_for_others(project: Opened) -> None:
    decide(project, ANN, 1, REFUND)
    assert project.desk.next_cards(BOB, "intent").cards[0].item.item_id == 2
    with pytest.raises(LeaseTaken, match="another person decided Intent of this item already"):
        project.desk.open_card(BOB, 1, "intent")


@pytest.mark.parametrize("overlap", [2, 3])
def test_an_item_is_served_to_as_many_people_as_the_project_wants(project: Opened, overlap: int) -> None:
    project.store.settings.put("overlap", overlap, LEAD)
    people = [Actor(f"r{number}", "reviewer", "key", f"s{number}") for number in range(overlap + 1)]
    served = [project.desk.next_cards(one, "intent").cards[0] for one in people]
    assert [card.item.item_id for card in served] == [1] * overlap + [2]
    for person, card in zip(people[:overlap], served, strict=False):
        project.desk.decide(person, Decision(card.exposure.exposure_id, "k", "choose", REFUND))
    assert project.desk.next_cards(people[0], "intent").progress.done == 1


def test_one_person_counts_once_whatever_the_overlap(project: Opened) -> None:
    project.store.settings.put("overlap", 2, LEAD)
    decide(project, ANN, 1, REFUND)
    decide(project, ANN, 1, PRAISE)
    assert project.desk.next_cards(BOB, "intent").cards[0].item.item_id == 1


def test_an_answer_that_is_replaced_by_a_skip_opens_the_item_for_others(project: Opened) -> None:
    for item_id in (1, 2, 3):
        decide(project, ANN, item_id, REFUND)
    assert project.desk.next_cards(BOB, "intent").cards[0].item.item_id == 4
    decide(project, ANN, 1, None, verdict="skip")
    held = [card.exposure.exposure_id for card in project.desk.next_cards(BOB, "intent").cards]
    assert len(held) == 1
    assert project.store.reviews.exposure(held[0]).item_id == 1
