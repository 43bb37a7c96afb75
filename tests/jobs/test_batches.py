"""Units computed ahead: stored in order, stopped by a problem, nothing begun twice."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest

from assistant.batches import Batch, computed, left_of
from tools.errors import BackendFailed, BudgetSpent
from tools.records import Draft

UNITS = [[1, 2], [3], [4, 5], [6]]


def drafts_of(unit: Sequence[int]) -> list[Draft]:
    return [Draft(item, "f", {"label": "x"}) for item in unit]


def always() -> bool:
    return True


@pytest.mark.parametrize("at_once", [1, 3, 9])
def test_every_unit_comes_once_and_in_order(at_once: int) -> None:
    found = list(computed(UNITS, lambda unit: None, lambda unit, _: drafts_of(unit), at_once, always))
    assert [batch.unit for batch in found] == UNITS
    assert all(batch.problem is None and len(batch.drafts) == len(batch.unit) for batch in found)


def test_a_slow_unit_keeps_the_next_ones_from_being_given_and_not_from_being_made() -> None:
    others_are_done, made = threading.Event(), []

    def compute(unit: Sequence[int], payload: None) -> list[Draft]:
        if unit == [1, 2]:
            assert others_are_done.wait(30)
        made.append(unit)
        if len(made) == 2:
            others_are_done.set()
        return drafts_of(unit)

    found = list(computed(UNITS, lambda unit: None, compute, 3, always))
    assert [batch.unit for batch in found] == UNITS
    assert made.index([1, 2]) == 2


@pytest.mark.parametrize("at_once", [1, 2])
def test_after_a_problem_nothing_more_is_begun_and_what_was_made_is_given(at_once: int) -> None:
    begun = []

    def compute(unit: Sequence[int], payload: None) -> list[Draft]:
        begun.append(unit)
        if unit == [3]:
            raise BudgetSpent("empty", drafts_of([3]))
        return drafts_of(unit)

    found: list[Batch] = list(computed(UNITS, lambda unit: None, compute, at_once, always))
    assert [6] not in begun
    assert list(found[1].drafts) == drafts_of([3]) and isinstance(found[1].problem, BudgetSpent)
    assert sum(len(batch.drafts) for batch in found) == sum(map(len, begun))


def test_any_other_failure_is_the_problem_of_its_batch() -> None:
    def compute(unit: Sequence[int], payload: None) -> list[Draft]:
        raise BackendFailed("nobody there")

    found = list(computed(UNITS, lambda unit: None, compute, 1, always))
    assert len(found) == 1 and isinstance(found[0].problem, BackendFailed) and found[0].drafts == ()


@pytest.mark.parametrize("at_once", [1, 2])
def test_a_wish_to_stop_lets_finish_what_was_begun(at_once: int) -> None:
    asked = []

    def twice() -> bool:
        asked.append(1)
        return len(asked) <= 2

    found = list(computed(UNITS, lambda unit: None, lambda unit, _: drafts_of(unit), at_once, twice))
    assert [batch.unit for batch in found] == UNITS[:2]


def test_what_is_finished_or_stands_twice_is_left_out() -> None:
    assert left_of([[1, 2], [2, 3, 3], [1], [4]], {4}) == [[1, 2], [3]]
