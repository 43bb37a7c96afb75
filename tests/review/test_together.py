"""Decisions of several people that arrive at the same time: one commit, and to each what it would be alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from assistant.review import Decision
from assistant.store.file import faults
from tests.store.opened import ANN, BOB, DELIVERY, LEAD, REFUND, Opened, annotation, batch, broken_checks, decide
from tools.errors import AssistantError
from tools.records import Actor


@pytest.fixture
def commits() -> Iterator[list[str]]:
    seen: list[str] = []
    faults.install(lambda point: seen.append(point) if point == "before_commit" else None)
    yield seen
    faults.install(None)


def deciding(project: Opened, actor: Actor, exposure: int, value: Any, key: str = "") -> Callable[[], int]:
    decision = Decision(exposure, key or f"key{exposure}", "choose", value)
    return lambda: project.desk.decide(actor, decision).review.review_id


def while_somebody_writes(project: Opened, calls: list[Callable[[], int]]) -> list[Any]:
    """What becomes of calls that all come while the disk is busy."""
    outcomes: list[Any] = [None] * len(calls)

    def ask(at: int) -> None:
        try:
            outcomes[at] = calls[at]()
        except AssistantError as error:
            outcomes[at] = str(error)

    threads = [threading.Thread(target=ask, args=(at,)) for at in range(len(calls))]
    with project.store.database.write():
        for thread in threads:
            thread.start()
            time.sleep(0.1)
    for thread in threads:
        thread.join()
    return outcomes


def cards(project: Opened, actor: Actor, count: int) -> list[int]:
    return [card.exposure.exposure_id for card in project.desk.next_cards(actor, "intent", count).cards]


def test_decisions_that_wait_for_the_disk_share_a_commit(project: Opened, commits: list[str]) -> None:
    ann, bob = cards(project, ANN, 2), cards(project, BOB, 1)
    commits.clear()
    calls = [deciding(project, ANN, one, REFUND) for one in ann] + [deciding(project, BOB, bob[0], DELIVERY)]
    outcomes = while_somebody_writes(project, calls)
    assert sorted(outcomes) == [1, 2, 3]
    assert len(commits) == 3  # whoever held the disk, the first, and the two behind it
    assert [annotation(project, item_id) for item_id in (1, 2, 3)] == [
        ("agreed", "refund"), ("agreed", "refund"), ("agreed", "delivery")
    ]  # fmt: skip
    assert broken_checks(project) == []


def test_the_same_click_twice_at_once_is_one_decision(project: Opened) -> None:
    (card,) = cards(project, ANN, 1)
    calls = [deciding(project, ANN, card, REFUND, "one click") for _ in range(3)]
    assert while_somebody_writes(project, calls) == [1, 1, 1]
    assert project.store.database.rows("SELECT count(*) FROM reviews") == [(1,)]


def test_two_answers_of_one_person_to_one_card_follow_one_another(project: Opened) -> None:
    (card,) = cards(project, ANN, 1)
    calls = [deciding(project, ANN, card, value, key) for value, key in ((REFUND, "first"), (DELIVERY, "second"))]
    assert while_somebody_writes(project, calls) == [1, 2]
    assert project.store.database.rows("SELECT supersedes FROM reviews ORDER BY review_id") == [(None,), (1,)]
    assert annotation(project, 1) == ("agreed", "delivery")
    assert project.desk.next_cards(BOB, "intent").left == 5


def test_an_item_that_is_on_its_way_to_the_disk_is_nobody_elses(project: Opened) -> None:
    other_window = Actor("ann", "reviewer", "key", "another session")
    (card,) = cards(project, ANN, 1)
    calls = [
        deciding(project, ANN, card, REFUND),
        lambda: project.desk.next_cards(BOB, "intent").cards[0].item.item_id,
        lambda: project.desk.next_cards(other_window, "intent").cards[0].item.item_id,
    ]
    assert while_somebody_writes(project, calls) == [1, 2, 3]


def test_a_decision_that_could_not_be_stored_leaves_the_item_open(project: Opened) -> None:
    (card,) = cards(project, ANN, 1)

    def fail(point: faults.Point) -> None:
        if point == "before_commit":
            raise OSError("no space left")

    faults.install(fail)
    with pytest.raises(OSError, match="no space left"):
        deciding(project, ANN, card, REFUND)()
    faults.install(None)
    assert project.desk.next_cards(ANN, "intent").left == 6
    assert deciding(project, ANN, card, REFUND)() > 0
    assert project.desk.next_cards(ANN, "intent", held=()).left == 5


def test_counts_stay_right_when_the_queue_is_built_anew_while_a_decision_is_stored(project: Opened) -> None:
    (card,) = cards(project, ANN, 1)

    def after_an_import() -> int:
        project.queues.stir()
        return project.desk.next_cards(BOB, "intent").left

    assert while_somebody_writes(project, [deciding(project, ANN, card, REFUND), after_an_import]) == [1, 5]
    assert project.desk.next_cards(BOB, "intent").done == 1


def test_an_undo_waits_for_the_decision_that_is_being_stored(project: Opened) -> None:
    decide(project, ANN, 1, REFUND)
    card = project.desk.open_card(ANN, 1, "intent").exposure.exposure_id
    calls = [
        deciding(project, ANN, card, DELIVERY),
        lambda: project.desk.undo(ANN, 1).review.review_id,
    ]
    assert while_somebody_writes(project, calls) == [2, 1]
    assert annotation(project, 1) == ("agreed", "delivery")
    assert project.desk.next_cards(BOB, "intent").done == 1


def test_what_an_import_or_a_bulk_brought_is_superseded_like_everything_else(project: Opened) -> None:
    decide(project, ANN, 2, REFUND)
    label = {"row": 1, "value": REFUND, "annotator": "ann"}
    project.store.take_in(batch(["message number 1"], ["K1"], [label], source="second.csv"), LEAD, {})
    project.queues.stir()
    decide(project, ANN, 1, DELIVERY)
    rows = project.store.database.rows("SELECT item_id, supersedes FROM reviews ORDER BY review_id")
    assert rows == [(2, None), (1, None), (1, 2)]
