"""Random work of three people at one desk: memory and store never come apart, and no item gets too many answers."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from assistant.queueing import _load_mine, build_queue
from assistant.review import Decision
from tests.store.opened import ANN, BOB, LEAD, PRAISE, REFUND, Opened, broken_checks, create, reopen, suggest
from tools.errors import Conflict, InputError, NotFound
from tools.records import Actor

CLEO = Actor("cleo", "reviewer", "key", "s-cleo")
PEOPLE = st.sampled_from([ANN, BOB, CLEO])
VERDICTS = st.sampled_from(["accept", "choose", "choose", "reject", "skip", "flag", "comment"])
ITEMS = 5


class Desk(RuleBasedStateMachine):
    """Cards are served, opened, decided, given back and undone in any order; now and then the process starts again."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        shutil.copytree(self.template, self.folder / "project")
        self.project: Opened = reopen(self.folder / "project")
        self.cards: dict[str, list[int]] = {ANN.person: [], BOB.person: [], CLEO.person: []}
        self.clicks = itertools.count()
        self.acknowledged: set[int] = set()

    @initialize(overlap=st.integers(1, 2))
    def want(self, overlap: int) -> None:
        self.overlap = overlap
        self.project.store.settings.put("overlap", overlap, LEAD)

    @rule(actor=PEOPLE, count=st.integers(1, 3))
    def serve(self, actor: Actor, count: int) -> None:
        for card in self.project.desk.next_cards(actor, "intent", count).cards:
            self.cards[actor.person].append(card.exposure.exposure_id)

    @rule(actor=PEOPLE, item_id=st.integers(1, ITEMS))
    def open(self, actor: Actor, item_id: int) -> None:
        try:
            card = self.project.desk.open_card(actor, item_id, "intent")
        except Conflict:
            return
        self.cards[actor.person].append(card.exposure.exposure_id)

    @rule(actor=PEOPLE, verdict=VERDICTS, value=st.sampled_from([REFUND, PRAISE]), at=st.integers(0, 50))
    def decide(self, actor: Actor, verdict: Any, value: Any, at: int) -> None:
        cards = self.cards[actor.person]
        if not cards:
            return
        click = Decision(cards[at % len(cards)], f"c{next(self.clicks)}", verdict, value, "why")
        try:
            receipt = self.project.desk.decide(actor, click)
        except (Conflict, InputError):
            return
        self.acknowledged.add(receipt.review.review_id)

    @rule(actor=PEOPLE)
    def undo(self, actor: Actor) -> None:
        try:
            card = self.project.desk.undo(actor).card
        except NotFound:
            return
        if card is not None:
            self.cards[actor.person].append(card.exposure.exposure_id)

    @rule(actor=PEOPLE, at=st.integers(0, 50))
    def give_back(self, actor: Actor, at: int) -> None:
        cards = self.cards[actor.person]
        if cards:
            self.project.desk.release(actor, [cards[at % len(cards)]])

    @rule()
    def start_again(self) -> None:
        self.project.__exit__(None, None, None)
        self.project = reopen(self.folder / "project")

    @invariant()
    def memory_is_what_the_store_says(self) -> None:
        memory, stored = self.project.queues.of("intent"), build_queue(self.project.store, "intent")
        assert memory.counts.tolist() == stored.counts.tolist()
        for person, mine in memory.mine.items():
            assert mine.status.tolist() == _load_mine(self.project.store, stored, person, None).status.tolist()

    @invariant()
    def no_item_has_more_answers_than_wanted(self) -> None:
        assert self.project.queues.of("intent").counts.max() <= getattr(self, "overlap", 1)

    @invariant()
    def what_was_acknowledged_is_there(self) -> None:
        stored = {row[0] for row in self.project.store.database.rows("SELECT review_id FROM reviews")}
        assert stored == self.acknowledged

    def teardown(self) -> None:
        try:
            assert broken_checks(self.project) == []
        finally:
            self.project.__exit__(None, None, None)
            shutil.rmtree(self.folder)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("desk") / "project"
    with create(path, ITEMS) as project:
        suggest(project, {1: REFUND, 2: PRAISE})
    return path


def test_memory_and_store_stay_together_whatever_people_do(template: Path) -> None:
    Desk.template = template
    plan = settings(max_examples=8, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Desk, settings=plan)
