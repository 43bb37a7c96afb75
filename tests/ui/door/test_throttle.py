"""Guessing does not pay, and nobody's team is locked out by it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from assistant.ui.door import throttle
from assistant.ui.door.throttle import Throttle
from assistant.ui.problems import TooManyTries


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def let_through(found: Throttle, tries: list[tuple[str, str, str]]) -> int:
    """How many of these tries (name, address, device) were let through to the password."""
    passed = 0
    for name, address, device in tries:
        try:
            found.take(name, address, device)
        except TooManyTries:
            continue
        passed += 1
    return passed


def test_a_hundred_guesses_at_the_same_moment_are_five() -> None:
    found = Throttle()
    together = threading.Barrier(20)

    def guess(number: int) -> int:
        if number < 20:
            together.wait(timeout=30)
        return let_through(found, [("ann", "10.0.0.9", "")])

    with ThreadPoolExecutor(20) as pool:
        assert sum(pool.map(guess, range(100))) == throttle.PAIR_TRIES == 5


def test_after_a_minute_there_are_five_again_and_the_refusal_says_how_long(clock: Clock) -> None:
    found = Throttle(clock)
    assert let_through(found, [("ann", "a", "")] * 7) == 5
    clock.now = 20.0
    with pytest.raises(TooManyTries, match="wait 40 seconds") as refused:
        found.take("ann", "a")
    assert refused.value.seconds == 40
    clock.now = 60.0
    assert let_through(found, [("ann", "a", "")] * 7) == 5


def test_strangers_from_many_addresses_wait_longer_each_time(clock: Clock) -> None:
    found = Throttle(clock)
    assert let_through(found, [("ann", f"10.0.0.{number}", "") for number in range(200)]) == 10
    waits = []
    for number in range(8):
        with pytest.raises(TooManyTries) as refused:
            found.take("ann", f"10.0.1.{number}")
        waits.append(refused.value.seconds)
        clock.now += refused.value.seconds
        found.take("ann", f"10.0.1.{number}")
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]


def test_a_known_browser_is_not_kept_waiting_by_a_strangers_guesses(clock: Clock) -> None:
    found = Throttle(clock)
    let_through(found, [("ann", f"10.0.0.{number % 40}", "") for number in range(300)])
    one = found.take("ann", "10.0.0.1", "her laptop")
    found.give_back(one)
    assert let_through(found, [("ann", "10.0.0.1", "her laptop")] * 30) == throttle.DEVICE_TRIES


def test_thirty_people_behind_one_address_who_slip_once_all_get_in(clock: Clock) -> None:
    found = Throttle(clock)
    for number in range(30):
        found.take(f"person{number}", "192.168.1.1")
        found.give_back(found.take(f"person{number}", "192.168.1.1"))
    assert let_through(found, [("somebody", "192.168.1.1", "")]) == 1


def test_one_address_that_tries_all_names_is_stopped(clock: Clock) -> None:
    found = Throttle(clock)
    assert let_through(found, [(f"name{number}", "10.0.0.9", "") for number in range(500)]) == throttle.ADDRESS_TRIES


def test_a_right_password_forgives_the_slips_before_it_and_only_these(clock: Clock) -> None:
    found = Throttle(clock)
    let_through(found, [("ann", "a", "")] * 4 + [("bob", "a", "")] * 5)
    found.give_back(found.take("ann", "a"))
    assert let_through(found, [("ann", "a", "")] * 9) == 5
    assert let_through(found, [("bob", "a", "")]) == 0


def test_what_is_remembered_is_bounded(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throttle, "_MOST_KEYS", 50)
    found = Throttle(clock)
    let_through(found, [(f"name{number}", f"10.0.{number // 250}.{number % 250}", "") for number in range(500)])
    assert (len(found._tries), len(found._delays)) == (50, 50)
