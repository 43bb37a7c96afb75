"""Paid calls: a reply that arrived is never asked again, and the budget is never exceeded."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from assistant.store.calls import Budget, StoredCalls, budget_from, charged_tokens, possibly_paid
from assistant.store.file.transaction import Transaction
from tests.store.opened import LEAD, Opened, reopen
from tools.errors import BudgetSpent, InputError


def calls(project: Opened, budget: int = 1000, run_id: int = 1) -> StoredCalls:
    return StoredCalls(project.store.database, run_id, Budget(budget))


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


def test_a_budget_in_money_counts_what_replies_cost_and_reserves_at_the_dearer_price(project: Opened) -> None:
    log = StoredCalls(project.store.database, 1, Budget(0, 0.01, prompt_price=1.0, answer_price=10.0))
    log.reserve("a", 900)
    with pytest.raises(BudgetSpent, match=r"The budget is 0.01 .* 0.0090 are spent or reserved"):
        log.reserve("b", 101)
    log.received("a", "reply", 800, 100)  # 0.0018 of the 0.0090 that were reserved
    log.reserve("b", 820)
    with pytest.raises(BudgetSpent, match="budget_money"):
        log.reserve("c", 1)


def test_both_limits_hold_where_both_are_set_and_money_without_prices_is_none(project: Opened) -> None:
    both = StoredCalls(project.store.database, 1, Budget(50, 1.0, 1.0, 1.0))
    with pytest.raises(BudgetSpent, match="budget_tokens"):
        both.reserve("a", 51)
    unpriced = StoredCalls(project.store.database, 1, Budget(0, 1.0, None, 1.0))
    with pytest.raises(BudgetSpent, match="The budget is 0 tokens"):
        unpriced.reserve("a", 1)


def test_the_budget_of_a_project_is_read_from_its_settings(project: Opened) -> None:
    for key, value in {"budget_money": 2.5, "price_per_million_prompt": 1, "price_per_million_answer": 4}.items():
        project.store.settings.put(key, value, LEAD)
    found = budget_from(project.store.settings.all())
    assert found == Budget(0, 2.5, 1.0, 4.0) and found.is_in_money


@pytest.mark.parametrize(
    ("key", "value"),
    [("budget_money", -1), ("remote_connections", 0), ("remote_connections", 2.5), ("remote_timeout", 0),
     ("remote_repeats", 21), ("remote_answer_tokens", "many")],
)  # fmt: skip
def test_settings_of_remote_models_out_of_range_are_refused(project: Opened, key: str, value: object) -> None:
    with pytest.raises(InputError, match=key):
        project.store.settings.put(key, value, LEAD)


def test_what_is_counted_in_memory_is_what_the_tables_say(project: Opened) -> None:
    at_once = threading.Barrier(16)

    def call(number: int) -> None:
        log = calls(project, budget=10**6, run_id=number % 3 + 1)
        at_once.wait(timeout=60)
        log.reserve(f"call {number}", 10 + number)
        if number % 3 == 0:
            log.received(f"call {number}", f"reply {number}", number, 1)
        elif number % 3 == 1:
            log.failed(f"call {number}")

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(call, range(16)))
    charged = charged_tokens(project.store.database)
    assert charged == sum(n + 1 if n % 3 == 0 else 10 + n if n % 3 == 2 else 0 for n in range(16))
    with pytest.raises(BudgetSpent, match=f"{charged:,} are spent or reserved"):
        calls(project, budget=charged).reserve("one more", 1)
    assert {calls(project).known(f"call {n}") for n in range(16)} == {
        None, *(f"reply {n}" for n in range(0, 16, 3))
    }  # fmt: skip


def test_a_write_that_fails_gives_the_reservation_back_and_is_told_to_whoever_waits(
    project: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = calls(project, budget=100)
    with monkeypatch.context() as broken:
        broken.setattr(Transaction, "insert", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            log.reserve("a", 100)
    log.reserve("a", 100)
    assert charged_tokens(project.store.database) == 100
