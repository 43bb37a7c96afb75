"""One arithmetic of the budget: whatever happens to calls in whatever order, the books add up."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from assistant.store.calls import Budget, StoredCalls, charged_tokens, possibly_paid
from tests.store.opened import create, reopen
from tools.errors import BudgetSpent

KEYS = st.sampled_from([f"call {n}" for n in range(4)])


def most_of(key: str) -> int:
    """What a call takes at most: the same each time that it is sent."""
    return 100 + 50 * int(key[-1])


class BudgetMachine(RuleBasedStateMachine):
    """Calls that are booked, answered, refused, lost and sent again, over restarts, within a budget and a limit."""

    @initialize(budget=st.integers(100, 1500), most=st.integers(100, 1500))
    def begin(self, budget: int, most: int) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.project = create(self.folder / "p", 1)
        self.budget, self.most = budget, most
        self.open: dict[str, int] = {}
        self.spent = self.taken = 0
        self.log = self._log()

    def _log(self) -> StoredCalls:
        return StoredCalls(self.project.store.database, 1, Budget(self.budget), self.most)

    @property
    def booked(self) -> int:
        return sum(most_of(key) * number for key, number in self.open.items())

    @rule(key=KEYS)
    def reserve(self, key: str) -> None:
        tokens = most_of(key)
        fits = self.spent + self.booked + tokens <= self.budget and self.taken + tokens <= self.most
        if not fits:
            with pytest.raises(BudgetSpent):
                self.log.reserve(key, tokens)
            return
        self.log.reserve(key, tokens)
        self.open[key] = self.open.get(key, 0) + 1
        self.taken += tokens

    @precondition(lambda self: self.booked)
    @rule(data=st.data(), share=st.floats(0, 1))
    def receive(self, data: st.DataObject, share: float) -> None:
        key = self._settled(data)
        spent = int(most_of(key) * share)
        self.log.received(key, f"reply to {key}", spent // 2, spent - spent // 2)
        self.spent += spent
        self.taken += spent

    @precondition(lambda self: self.booked)
    @rule(data=st.data())
    def fail(self, data: st.DataObject) -> None:
        self.log.failed(self._settled(data))

    def _settled(self, data: st.DataObject) -> str:
        key = data.draw(st.sampled_from(sorted(key for key, number in self.open.items() if number)))
        self.open[key] -= 1
        self.taken = max(0, self.taken - most_of(key))
        return key

    @rule()
    def restart(self) -> None:
        """What was out when the process ended stays booked in the project; the limit is for the new go at the work."""
        self.project.__exit__(None, None, None)
        self.project = reopen(self.folder / "p")
        self.lost = dict(self.open)
        self.taken = 0
        self.log = self._log()
        self._forget_lost()

    def _forget_lost(self) -> None:
        """Nobody will settle these: release them, as a person does who knows that nothing comes."""
        for key, number in self.lost.items():
            for _ in range(number):
                self.log.failed(key)
        self.open = {}

    @rule(more=st.integers(0, 500))
    def raise_budget(self, more: int) -> None:
        self.budget += more
        self.log.budget = Budget(self.budget)

    @invariant()
    def the_books_add_up(self) -> None:
        if not hasattr(self, "log"):
            return
        charged = charged_tokens(self.project.store.database)
        assert charged == self.spent + self.booked
        assert 0 <= charged <= self.budget
        assert 0 <= self.taken <= self.most
        assert possibly_paid(self.project.store.database) == sorted(key for key, n in self.open.items() if n)

    def teardown(self) -> None:
        if not hasattr(self, "log"):
            return
        for key, number in self.open.items():
            for _ in range(number):
                self.log.failed(key)
        assert charged_tokens(self.project.store.database) == self.spent
        assert possibly_paid(self.project.store.database) == []
        self.project.__exit__(None, None, None)
        shutil.rmtree(self.folder)


TestBudget = BudgetMachine.TestCase
TestBudget.settings = settings(
    max_examples=6, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
)
