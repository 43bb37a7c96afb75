"""How many calls an endpoint gets at a time: learned from how long it takes, halved where it does not answer."""

from __future__ import annotations

import heapq
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.backends.remote.gate import FIRST, Gate, Ticket
from tools.errors import JobStopped

MOST = 16


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def serve(gate: Gate, clock: Clock, calls: int, seconds: float, at_once: int, timeout: float = 60.0) -> list[int]:
    """Play calls to a server that works on ``at_once`` at a time; returns how many were allowed after each answer.

    Calls that time out are hung up and sent again; the server skips those that were hung up.
    """
    waiting, out, allowed, left = 0, [], [], calls
    free = [0.0] * at_once
    while left or out:
        while left and len(out) < min(MOST, gate.allowed or MOST):
            left -= 1
            begun = max(clock.now, free[0])
            ends = begun + seconds
            if ends - clock.now <= timeout:
                heapq.heapreplace(free, ends)
            waiting += 1
            heapq.heappush(out, (min(ends, clock.now + timeout), waiting, Ticket(clock.now, len(out) + 1), ends))
        now, _, ticket, ends = heapq.heappop(out)
        clock.now = now
        if ends > now:
            gate.timed_out(ticket, MOST)
            left += 1
        else:
            gate.answered(ticket, MOST, timeout)
        allowed.append(gate.allowed or MOST)
    return allowed


def test_a_server_that_takes_one_call_after_the_other_is_given_two_at_most() -> None:
    clock = Clock()
    allowed = serve(Gate(True, clock), clock, calls=40, seconds=10.0, at_once=1)
    assert len(allowed) == 40  # not one timed out
    assert max(allowed) <= 2


def test_a_server_that_takes_many_at_once_soon_gets_as_many_as_the_settings_say() -> None:
    clock = Clock()
    allowed = serve(Gate(True, clock), clock, calls=60, seconds=2.0, at_once=64)
    assert allowed[0] == FIRST and allowed[-1] == MOST


def test_a_server_with_four_places_gets_about_four() -> None:
    clock = Clock()
    allowed = serve(Gate(True, clock), clock, calls=400, seconds=2.0, at_once=4)
    assert 3 <= sum(allowed[100:]) / len(allowed[100:]) <= 8


def test_a_slow_server_is_not_given_two_where_the_second_would_come_too_late() -> None:
    clock = Clock()
    assert set(serve(Gate(True, clock), clock, calls=10, seconds=40.0, at_once=1)) == {1}


def test_a_server_elsewhere_gets_what_the_settings_say_until_something_times_out() -> None:
    clock = Clock()
    gate = Gate(False, clock)
    assert gate.allowed is None
    clock.now = 5.0
    assert gate.timed_out(Ticket(1.0, MOST), MOST) is True
    assert gate.allowed == MOST // 2
    # The others that were out then say nothing new.
    gate.timed_out(Ticket(2.0, MOST), MOST)
    assert gate.allowed == MOST // 2
    clock.now = 9.0
    gate.timed_out(Ticket(6.0, 8), MOST)
    assert gate.allowed == MOST // 4


def test_what_was_lowered_rises_again_one_at_a_time() -> None:
    clock = Clock()
    gate = Gate(False, clock)
    clock.now = 1.0
    gate.timed_out(Ticket(0.5, MOST), MOST)
    allowed = serve(gate, clock, calls=200, seconds=0.5, at_once=64)
    assert allowed[0] == 8 and allowed[-1] == MOST
    assert {after - before for before, after in pairwise(allowed)} == {0, 1}


def test_a_call_that_was_alone_and_timed_out_tells_of_the_model() -> None:
    clock = Clock()
    gate = Gate(True, clock)
    clock.now = 60.0
    gate.timed_out(Ticket(0.5, 2), MOST)
    assert gate.allowed == 1
    clock.now = 130.0
    assert gate.timed_out(Ticket(61.0, 1), MOST) is False


@settings(deadline=None, max_examples=60)
@given(
    seconds=st.floats(0.01, 70), at_once=st.integers(1, 40), timeout=st.floats(80, 300), calls=st.integers(1, 80),
    is_own=st.booleans(),
)  # fmt: skip
def test_the_number_stays_between_one_and_the_settings_and_every_call_is_answered(
    seconds: float, at_once: int, timeout: float, calls: int, is_own: bool
) -> None:
    clock = Clock()
    allowed = serve(Gate(is_own, clock), clock, calls, seconds, at_once, timeout)
    assert all(1 <= one <= MOST for one in allowed)


def test_whoever_waits_for_a_place_can_give_up() -> None:
    gate, looks = Gate(True), []

    def look() -> None:
        looks.append(1)
        if len(looks) == 3:
            raise JobStopped("enough")

    with gate.place(1, lambda: None), pytest.raises(JobStopped), gate.place(1, look):
        pass
    with gate.place(1, look):
        assert len(looks) == 3
