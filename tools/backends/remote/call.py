"""One call until it is answered or given up: booked before it is sent, repeated where that may help, ended at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from tools.backends.contract import ReplyLog
from tools.backends.remote.dialect import Dialect, read_body
from tools.backends.remote.pace import pause_of, rest, terms_of
from tools.backends.remote.request import (
    NoAnswer,
    Overlong,
    Passing,
    Refusal,
    Request,
    RequestRefused,
    estimate_tokens,
)
from tools.errors import JobStopped, WaitAsked
from tools.moments import said_day
from tools.sentences import seconds_of

MOST_TRIES = 6
"""Tries of one call that may each have cost something, or that were refused without a time to wait."""

MOST_LATE = 3
"""Tries of one call that took too long although it was alone: each may be charged, and more time is what is missing."""

MOST_QUEUED = 4
"""Tries of one call that took too long behind others; fewer are sent after each of them."""

MOST_WAITS = 30
"""Times that one call waits because the server said for how long: such a refusal costs nothing."""

LONGEST_WAIT = 300.0
"""Seconds that are waited because the server says so; for longer ones the work stops and says until when."""

STOPPED = "The job was stopped before the reply came."


class Asked(Protocol):
    """What a call needs to know of its endpoint."""

    @property
    def model(self) -> str:
        """Its name."""

    @property
    def address(self) -> str:
        """Where it is."""

    @property
    def shown_address(self) -> str:
        """The same without what is secret."""

    @property
    def timeout(self) -> float:
        """Seconds for one call."""

    @property
    def connections(self) -> int:
        """Most calls at a time."""

    @property
    def can_bill(self) -> bool:
        """Whether a call without a reply may have cost something."""

    @property
    def sleep(self) -> Callable[[float], None] | None:
        """What stands in for waiting."""

    @property
    def clock(self) -> Callable[[], float]:
        """What time it is."""

    def call_key(self, request: Request) -> str:
        """What makes two calls the same."""

    def post(self, request: Request, dialect: Dialect, is_unwanted: Callable[[], bool]) -> str:
        """Send it once."""


class Call:
    """What happens to one request of one endpoint."""

    def __init__(self, endpoint: Asked, request: Request, calls: ReplyLog) -> None:
        """Nothing is sent yet."""
        self._endpoint, self._request, self._calls = endpoint, request, calls
        self._terms = terms_of(endpoint.address, endpoint.model)
        self._dialect = self._terms.dialect or Dialect()
        self._refused: set[Dialect] = set()
        self._key = self._booking = endpoint.call_key(request)
        self._tries = self._waits = self._queued = self._late = self._charged = 0

    def raw(self) -> str:
        """The raw body of the answer."""
        while True:
            with self._terms.in_turn():
                found = self._attempt()
            if isinstance(found, str):
                return found
            self._try_later(found)

    def _attempt(self) -> str | Passing:
        """The raw body or a passing trouble, after as many refusals as there are forms of the question."""
        while True:
            try:
                raw = self._send()
            except Refusal as refusal:
                self._ask_otherwise(refusal)
            except Passing as trouble:
                self._terms.probed()
                return trouble
            else:
                self._terms.worked(self._dialect)
                self._terms.probed()
                return raw

    def _send(self) -> str:
        endpoint, terms = self._endpoint, self._terms
        shared = terms.dialect
        if shared is not None and shared not in self._refused:
            self._dialect = shared  # others may have found out while this call waited for its turn
        with terms.gate.place(endpoint.connections, self._look):
            terms.wait(endpoint.sleep, endpoint.clock, self._look, self._calls.say)
            self._look()
            self._calls.reserve(self._booking, self._request.most_tokens)
            return self._posted()

    def _posted(self) -> str:
        """The raw body, kept before anything else; the booking of a call that failed is settled."""
        endpoint, gate = self._endpoint, self._terms.gate
        ticket = gate.ticket()
        try:
            raw = endpoint.post(self._request, self._dialect, lambda: self._calls.stopping() == "now")
        except Exception as trouble:
            if isinstance(trouble, Passing) and trouble.is_late:
                trouble.was_crowded = gate.timed_out(ticket, endpoint.connections)
            self._unbook(trouble)
            raise
        self._keep(raw)
        gate.answered(ticket, endpoint.connections, endpoint.timeout)
        return raw

    def _unbook(self, trouble: Exception) -> None:
        """What was refused cost nothing. What broke off may have, unless there is nobody who could bill it."""
        broke_off = isinstance(trouble, JobStopped | Overlong) or (isinstance(trouble, Passing) and trouble.paid)
        if broke_off and self._endpoint.can_bill:
            # A call that may have been paid stays booked; the next try is booked beside it.
            self._charged += 1
            self._booking = f"{self._key}#{self._charged}"
        else:
            self._calls.failed(self._booking)

    def _keep(self, raw: str) -> None:
        reply, request = read_body(raw), self._request
        asked = request.prompt_tokens if reply.prompt_tokens is None else reply.prompt_tokens
        answered = estimate_tokens(reply.text) if reply.answer_tokens is None else reply.answer_tokens
        self._calls.received(self._key, raw, asked, answered)

    def _ask_otherwise(self, refusal: Refusal) -> None:
        self._refused.add(self._dialect)
        weaker = self._dialect.after_refusal(refusal.whole)
        if weaker is None:
            self._terms.probed()
            raise RequestRefused(f"remote:{self._endpoint.model} refused the request: {refusal}")
        self._dialect = weaker

    def _try_later(self, trouble: Passing) -> None:
        if trouble.wait is not None and trouble.wait > LONGEST_WAIT:
            raise WaitAsked(self._asked_for(trouble.wait))
        if trouble.wait is not None and not trouble.paid and self._waits < MOST_WAITS:
            self._waits += 1
            self._terms.hold(trouble.wait, self._endpoint.clock)
            return
        if trouble.was_crowded and self._queued < MOST_QUEUED:
            self._queued += 1
            return
        self._tries += 1
        self._late += trouble.is_late
        if self._tries >= MOST_TRIES or self._late >= MOST_LATE:
            tries = self._tries + self._waits + self._queued
            told = f"remote:{self._endpoint.model} did not answer in {tries} tries: {trouble}"
            raise NoAnswer(told, trouble.is_down)
        rest(pause_of(self._tries), self._endpoint.sleep, self._look)

    def _asked_for(self, seconds: float) -> str:
        until = datetime.now() + timedelta(seconds=min(seconds, 10**8))
        return (
            f"{self._endpoint.shown_address} asks to wait until {until:%H:%M} on {said_day(until)} "
            f"({seconds_of(seconds)} from now). Nothing is "
            "lost; resume the job then."
        )

    def _look(self) -> None:
        """Give up where nobody wants the answer any more."""
        if self._calls.stopping():
            raise JobStopped(STOPPED)
