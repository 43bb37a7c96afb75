"""Which item comes next: sampled, then suggested, then the rest, with the blind share mixed in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant import queueing
from assistant.queueing import FieldQueue, Queues, build_queue
from tests.store.opened import (
    ANN,
    BOB,
    IDENTITY,
    LEAD,
    REFUND,
    Opened,
    batch,
    create,
    decide,
    reopen,
    suggest,
)
from tools.draws import uniform_of
from tools.results import QueueOrder


def sample(project: Opened, item_ids: Sequence[int], adaptive: bool = True, p: float | None = None) -> int:
    order = QueueOrder(
        IDENTITY, "intent", tuple(item_ids), tuple(f"because {one}" for one in item_ids), "margin", adaptive, p
    )
    run_id = project.store.runs.add_queue(order, {}, 1, LEAD)
    project.queues.stir()
    return run_id


def order_of(project: Opened) -> list[int]:
    return build_queue(project.store, "intent").main.tolist()


def test_sampled_items_come_first_then_suggested_ones_then_the_rest(project: Opened) -> None:
    suggest(project, {5: REFUND, 4: REFUND})
    sample(project, [6, 3])
    assert order_of(project) == [6, 3, 4, 5, 1, 2]


def test_a_newer_sample_stands_before_an_older_one(project: Opened) -> None:
    sample(project, [6, 3])
    sample(project, [2, 6])
    assert order_of(project) == [2, 6, 3, 1, 4, 5]


def test_a_newer_suggestion_run_stands_before_an_older_one(project: Opened) -> None:
    suggest(project, {2: REFUND, 3: REFUND})
    suggest(project, {5: REFUND, 3: REFUND})
    assert order_of(project) == [3, 5, 2, 1, 4, 6]


def test_a_withdrawn_sample_or_run_moves_nothing(project: Opened) -> None:
    runs = [sample(project, [6]), suggest(project, {5: REFUND})]
    project.store.reviews.undo([("run", run_id) for run_id in runs], LEAD)
    assert order_of(project) == [1, 2, 3, 4, 5, 6]


def test_the_card_says_why_its_item_is_next(project: Opened) -> None:
    suggest(project, {3: REFUND})
    sample(project, [3])
    assert project.desk.next_cards(ANN, "intent").cards[0].why == "because 3"


def test_a_random_sample_keeps_its_probability_and_may_calibrate(project: Opened) -> None:
    sample(project, [4], adaptive=False, p=0.25)
    sample(project, [2], adaptive=True)
    project.desk.next_cards(ANN, "intent", 2)
    rows = project.store.database.rows("SELECT item_id, adaptive, inclusion_p FROM exposures ORDER BY exposure_id")
    assert rows == [(2, True, None), (4, False, 0.25)]


def test_the_queue_follows_a_new_import(project: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queueing, "_REBUILD_SECONDS", 0.0)
    assert project.desk.next_cards(ANN, "intent").progress.left == 6
    project.store.take_in(batch(["a", "b"], keys=["x", "y"], source="more"), LEAD, {})
    project.queues.stir()
    assert project.desk.next_cards(ANN, "intent").progress.left == 8


def test_a_busy_job_does_not_make_the_queue_be_built_again_at_once(project: Opened) -> None:
    first = project.queues.of("intent")
    project.queues.drift()
    assert project.queues.of("intent") is first


def test_the_blind_lane_is_in_the_order_of_the_draw_over_the_whole_pool(tmp_path: Path) -> None:
    with create(tmp_path / "p", 3000, blind_share=0.2, seed=11) as project:
        queue = build_queue(project.store, "intent")
        draw = uniform_of(11, "blind:intent", project.store.items.all_ids())
        wanted = [int(one) + 1 for one in np.argsort(draw, kind="stable") if draw[one] < 0.2]
        assert queue.blind.tolist() == wanted
        assert sorted([*queue.blind.tolist(), *queue.main.tolist()]) == list(range(1, 3001))


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_as_many_blind_items_are_served_as_the_share_says(tmp_path: Path, share: float) -> None:
    with create(tmp_path / "p", 400, blind_share=share, seed=3) as project:
        queue = project.queues.of("intent")
        served = project.queues.serve(queue, "ann", 1, lambda _: True, 100)
        assert sum(one.is_blind for one in served) == pytest.approx(100 * share, abs=1)
        assert len({one.item_id for one in served}) == 100


def test_when_the_main_lane_is_empty_the_blind_lane_is_served(tmp_path: Path) -> None:
    with create(tmp_path / "p", 40, blind_share=0.3, seed=3) as project:
        served = project.queues.serve(project.queues.of("intent"), "ann", 1, lambda _: True, 100)
        assert sorted(one.item_id for one in served) == list(range(1, 41))


def big_queue(size: int, counts: np.ndarray) -> FieldQueue:
    empty = np.zeros(0, dtype=np.int64)
    main = np.arange(1, size + 1, dtype=np.int64)
    return FieldQueue("intent", size, main, empty, counts.astype(np.int16), {}, 0.0)


@pytest.mark.parametrize("gap", [10, 4096, 9000])
def test_an_item_in_other_hands_does_not_hide_those_far_behind_it(project: Opened, gap: int) -> None:
    counts = np.ones(12_000)
    counts[[5, 5 + gap]] = 0
    queue = big_queue(12_000, counts)
    queue.mine["ann"] = queueing._Mine(np.zeros(12_000, dtype=np.int8))
    served = Queues(project.store).serve(queue, "ann", 1, lambda item_id: item_id != 6, 1)
    assert [one.item_id for one in served] == [6 + gap]


@given(
    counts=st.lists(st.integers(0, 2), min_size=1, max_size=30),
    status=st.lists(st.integers(0, 2), min_size=30, max_size=30),
    taken=st.sets(st.integers(1, 30)),
    overlap=st.integers(1, 2),
)
def test_what_is_served_is_open_to_the_person_and_in_order(
    counts: list[int], status: list[int], taken: set[int], overlap: int
) -> None:
    size = len(counts)
    queue = big_queue(size, np.array(counts))
    queue.mine["ann"] = queueing._Mine(np.array(status[:size], dtype=np.int8))
    queues = Queues.__new__(Queues)
    served = [one.item_id for one in queues.serve(queue, "ann", overlap, lambda item_id: item_id not in taken, size)]
    wanted = [
        item_id
        for item_id in range(1, size + 1)
        if counts[item_id - 1] < overlap and status[item_id - 1] == 0 and item_id not in taken
    ]
    assert served == wanted


def test_the_queue_after_a_restart_is_the_queue_before_it(folder: Path) -> None:
    with reopen(folder) as project:
        suggest(project, {4: REFUND})
        decide(project, ANN, 1, REFUND)
        decide(project, BOB, 2, None, verdict="skip")
        before = project.queues.of("intent")
        mine = project.queues.mine(before, "bob").status.tolist()
    with reopen(folder) as project:
        after = project.queues.of("intent")
        assert after.counts.tolist() == before.counts.tolist() == [1, 0, 0, 0, 0, 0]
        assert project.queues.mine(after, "bob").status.tolist() == mine
