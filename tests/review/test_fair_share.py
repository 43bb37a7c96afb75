"""Several people on few items: everybody has something to do for as long as anything is undecided."""

from __future__ import annotations

import pytest

from assistant.cards import Card, CardBatch
from assistant.fair_share import fair_count
from assistant.review import Decision
from tests.store.opened import ANN, BOB, REFUND, Opened
from tools.errors import LeaseTaken
from tools.records import Actor

CLEO = Actor("cleo", "reviewer", "key", "s-cleo")


def items(batch: CardBatch) -> list[int]:
    return [card.item.item_id for card in batch.cards]


def fetch(project: Opened, actor: Actor, count: int = 5, held: tuple[Card, ...] = ()) -> CardBatch:
    return project.desk.next_cards(actor, "intent", count, [card.exposure.exposure_id for card in held])


def decide(project: Opened, actor: Actor, card: Card) -> None:
    exposure = card.exposure.exposure_id
    project.desk.decide(actor, Decision(exposure, f"key-{exposure}", "choose", REFUND))


@pytest.mark.parametrize(
    ("wanted", "in_hand", "open_to_me", "others", "overlap", "count"),
    [
        (5, 0, 3, 0, 1, 5),
        (5, 0, 100, 1, 1, 5),
        (5, 0, 6, 1, 1, 3),
        (5, 1, 6, 1, 1, 2),
        (5, 0, 3, 1, 1, 1),
        (5, 1, 3, 1, 1, 0),
        (5, 0, 2, 4, 1, 1),
        (5, 0, 6, 1, 2, 5),
    ],
)
def test_a_fair_share_of_what_is_left(
    wanted: int, in_hand: int, open_to_me: int, others: int, overlap: int, count: int
) -> None:
    assert fair_count(wanted, in_hand, open_to_me, others, overlap) == count


def test_who_comes_second_gets_what_the_first_only_fetched_ahead(project: Opened) -> None:
    ann = fetch(project, ANN, 6).cards
    assert items(fetch(project, BOB)) == [6]
    assert items(fetch(project, CLEO)) == [5]
    answer = fetch(project, ANN, 1, ann)
    assert list(answer.outdated) == [ann[4].exposure.exposure_id, ann[5].exposure.exposure_id]
    with pytest.raises(LeaseTaken, match="another person has this item in hand"):
        project.desk.painted(ANN, ann[5].exposure.exposure_id)
    assert project.desk.renew(ANN, [card.exposure.exposure_id for card in ann]) == list(answer.outdated)


def test_a_card_that_is_looked_at_is_taken_over_by_nobody(project: Opened) -> None:
    ann = fetch(project, ANN, 6).cards
    for card in ann:
        project.desk.painted(ANN, card.exposure.exposure_id)
    batch = fetch(project, BOB)
    assert (items(batch), batch.finished) == ([], False)
    for card in ann:
        decide(project, ANN, card)
    assert project.store.database.rows("SELECT count(*) FROM reviews WHERE reviewer = 'ann'") == [(6,)]


def test_beside_others_nobody_fetches_the_rest_ahead(project: Opened) -> None:
    bob = fetch(project, BOB, 1).cards
    ann = fetch(project, ANN).cards
    assert [card.item.item_id for card in ann] == [2, 3, 4]
    assert items(fetch(project, ANN, 5, ann)) == []
    assert items(fetch(project, BOB, 5, bob)) == [5, 6]


def test_six_items_and_three_people_end_with_six_decisions_and_nobody_refused(project: Opened) -> None:
    hands: dict[Actor, list[Card]] = {ANN: list(fetch(project, ANN, 6).cards), BOB: [], CLEO: []}
    for turn in range(12):
        actor = (ANN, BOB, CLEO)[turn % 3]
        hand = hands[actor]
        answer = fetch(project, actor, 5, tuple(hand))
        hand[:] = [card for card in hand if card.exposure.exposure_id not in answer.outdated] + list(answer.cards)
        if hand:
            project.desk.painted(actor, hand[0].exposure.exposure_id)
            decide(project, actor, hand.pop(0))
    counted = project.store.database.rows("SELECT reviewer, count(*) FROM reviews GROUP BY 1 ORDER BY 1")
    assert counted == [("ann", 2), ("bob", 2), ("cleo", 2)]
