"""Paid calls: a reply that arrived is never asked again, and the budget is never exceeded."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assistant.store.calls import StoredCalls, charged_tokens, possibly_paid
from tests.store.opened import Opened, reopen
from tools.errors import BudgetSpent


def calls(project: Opened, budget: int = 1000, run_id: int = 1) -> StoredCalls:
    return StoredCalls(project.store.database, run_id, budget)


def test_a_reply_is_known_after_a_restart_and_to_every_run(folder: Path) -> None:
    with reopen(folder) as project:
        log = calls(project)
        log.reserve("a", 10)
        log.received("a", "the reply", 4, 2)
    with reopen(folder) as project:
        assert calls(project, run_id=2).known("a") == "the reply"
        assert calls(project).known("b") is None


def test_a_reply_is_charged_with_what_it_took_not_with_what_was_reserved(project: Opened) -> None:
    log = calls(project)
    log.reserve("a", 500)
    assert charged_tokens(project.store.database) == 500
    log.received("a", "reply", 20, 5)
    assert charged_tokens(project.store.database) == 25


def test_a_call_that_certainly_cost_nothing_gives_its_reservation_back(project: Opened) -> None:
    log = calls(project)
    log.reserve("a", 500)
    log.failed("a")
    assert charged_tokens(project.store.database) == 0
    assert possibly_paid(project.store.database) == []


def test_a_call_in_flight_at_the_end_is_listed_and_stays_charged(folder: Path) -> None:
    with reopen(folder) as project:
        calls(project).reserve("a", 300)
    with reopen(folder) as project:
        assert possibly_paid(project.store.database) == ["a"]
        assert charged_tokens(project.store.database) == 300


def test_a_lost_call_stays_charged_when_it_is_sent_again_and_answered(project: Opened) -> None:
    calls(project).reserve("a", 300)
    again = calls(project)
    again.reserve("a", 300)
    again.received("a", "reply", 40, 10)
    assert possibly_paid(project.store.database) == ["a"]
    assert charged_tokens(project.store.database) == 350


def test_reserving_again_after_a_release_counts_once(project: Opened) -> None:
    log = calls(project)
    for _ in range(3):
        log.reserve("a", 100)
        log.failed("a")
    log.reserve("a", 100)
    assert charged_tokens(project.store.database) == 100


def test_a_call_that_could_exceed_the_budget_is_refused_and_not_reserved(project: Opened) -> None:
    log = calls(project, budget=100)
    log.reserve("a", 60)
    with pytest.raises(BudgetSpent, match="The budget is 100 tokens and 60 are spent or reserved"):
        log.reserve("b", 41)
    assert charged_tokens(project.store.database) == 60
    log.reserve("c", 40)


def test_nothing_may_be_spent_until_somebody_sets_a_budget(project: Opened) -> None:
    with pytest.raises(BudgetSpent):
        calls(project, budget=int(project.store.settings.get("budget_tokens"))).reserve("a", 1)


def test_sixteen_threads_of_two_runs_never_exceed_the_budget(project: Opened) -> None:
    logs = [calls(project, budget=70, run_id=run_id) for run_id in (1, 2)]
    at_once = threading.Barrier(16)

    def spend(number: int) -> bool:
        at_once.wait(timeout=60)
        try:
            logs[number % 2].reserve(f"call {number}", 10)
        except BudgetSpent:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        allowed = sum(pool.map(spend, range(16)))
    assert allowed == 7
    assert charged_tokens(project.store.database) == 70
