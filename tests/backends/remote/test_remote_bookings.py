"""Bookings of calls to an endpoint that does what it likes: none above the budget, none left without a reason."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.examples import examples
from tests.fake_context import MemoryCalls
from tools.backends.remote.call import Call
from tools.backends.remote.dialect import Dialect
from tools.backends.remote.pace import forget_terms
from tools.backends.remote.request import Overlong, Passing, Refusal, Request, RequestRefused
from tools.errors import BackendError, BackendFailed, JobStopped

ANSWER = json.dumps({"choices": [{"message": {"content": "x"}}], "usage": {"prompt_tokens": 5, "completion_tokens": 2}})
MADE: dict[str, Callable[[], Exception]] = {
    "busy": lambda: Passing("status 429", paid=False, wait=1.0),
    "for long": lambda: Passing("status 429", paid=False, wait=86400.0),
    "down": lambda: Passing("cannot be reached", paid=False, is_down=True),
    "lost": lambda: Passing("status 502", paid=True),
    "late": lambda: Passing("no reply within 60 seconds", paid=True, is_late=True),
    "form": lambda: Refusal("status 400: no such parameter"),
    "filtered": lambda: RequestRefused("stopped by the content filter"),
    "endless": lambda: Overlong("more than 8 MB"),
    "key": lambda: BackendFailed("refuses the key"),
    "stopped": lambda: JobStopped("stopped"),
    "defect": lambda: ZeroDivisionError("a defect"),
}
PERHAPS_PAID = ("lost", "late", "endless", "stopped")


class Scripted:
    """An endpoint that answers as it is told, then rightly."""

    model, address, shown_address = "m", "http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1"
    timeout, connections = 60.0, 4
    sleep = staticmethod(lambda seconds: None)
    clock = staticmethod(time.monotonic)

    def __init__(self, outcomes: list[str], can_bill: bool) -> None:
        self.left, self.seen, self.can_bill = list(outcomes), list[str](), can_bill

    def call_key(self, request: Request) -> str:
        return str(request.messages[0]["content"])

    def post(self, request: Request, dialect: Dialect, is_unwanted: Callable[[], bool]) -> str:
        outcome = self.left.pop(0) if self.left else "answer"
        self.seen.append(outcome)
        if outcome == "answer":
            return ANSWER
        raise MADE[outcome]()


@settings(deadline=None, max_examples=examples(150))
@given(st.lists(st.sampled_from([*MADE, "answer"]), max_size=14), st.booleans(), st.integers(0, 6))
def test_what_stays_booked_is_what_somebody_may_bill(outcomes: list[str], can_bill: bool, room: int) -> None:
    forget_terms()
    endpoint, replies = Scripted(outcomes, can_bill), 0
    most = Request(({"role": "user", "content": "0"},), {}, 10).most_tokens
    calls = MemoryCalls(budget=most * room)
    for number in range(4):
        request = Request(({"role": "user", "content": str(number)},), {}, 10)
        try:
            Call(endpoint, request, calls).raw()
        except (BackendError, ZeroDivisionError):
            continue
        replies += 1
    lost = sum(outcome in PERHAPS_PAID for outcome in endpoint.seen)
    assert len(calls.reserved) == (lost if can_bill else 0)
    assert calls.spent == 7 * replies
    assert calls.spent + sum(calls.reserved.values()) <= most * room
    assert len(endpoint.seen) == len([event for event, _ in calls.events if event == "reserve"])
