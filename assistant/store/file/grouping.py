"""Writes that wait at the same time share one transaction and one sync; each keeps its own outcome.

Whoever finds nobody at work leads: the leader carries out what waits, its own write among it, commits once, and hands
over to the first of those that came in between. A write returns only after the commit it is part of. If one of a group
fails, all of it is rolled back and each is carried out by itself, so that a refusal takes nobody else down.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar

_T = TypeVar("_T")
_MOST = 200


class _Ticket(Generic[_T]):
    """One write that waits."""

    def __init__(self, work: Callable[[Any], _T]) -> None:
        """Nothing has happened yet."""
        self.work = work
        self.value: _T | None = None
        self.error: BaseException | None = None
        self.leads = False
        self.woken = threading.Event()


class Group:
    """The writes of one database that may share a commit."""

    def __init__(self, write: Callable[[], AbstractContextManager[Any]]) -> None:
        """``write`` opens the transaction: committed at its end, rolled back on any error."""
        self._write = write
        self._waiting: deque[_Ticket[Any]] = deque()
        self._lock = threading.Lock()
        self._is_led = False

    def run(self, work: Callable[[Any], _T]) -> _T:
        """What ``work`` returns, after the commit; what it raises, with nothing of it stored.

        ``work`` may be called twice and in another thread: it may read and write by its transaction only, and leaves
        what shall happen in memory to :meth:`Transaction.after`.
        """
        ticket = _Ticket(work)
        with self._lock:
            self._waiting.append(ticket)
            ticket.leads = not self._is_led
            self._is_led = True
        if not ticket.leads:
            ticket.woken.wait()
        if ticket.leads:
            self._lead()
        if ticket.error is not None:
            raise ticket.error
        return ticket.value  # type: ignore[return-value]  # there is a value where there is no error

    def _lead(self) -> None:
        with self._lock:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), _MOST))]
        try:
            self._carry_out(batch)
        except BaseException as error:  # noqa: BLE001  nobody may be left waiting for good
            for ticket in batch:
                ticket.error = error
        finally:
            self._hand_over(batch)

    def _hand_over(self, batch: list[_Ticket[Any]]) -> None:
        with self._lock:
            if self._waiting:
                self._waiting[0].leads = True
                self._waiting[0].woken.set()
            else:
                self._is_led = False
        for ticket in batch:
            ticket.leads = False
            ticket.woken.set()

    def _carry_out(self, batch: list[_Ticket[Any]]) -> None:
        try:
            with self._write() as transaction:
                values = [ticket.work(transaction) for ticket in batch]
        except Exception as error:  # noqa: BLE001  whatever it was belongs to one of them, or to none
            if len(batch) == 1:
                batch[0].error = error
                return
        else:
            for ticket, value in zip(batch, values, strict=True):
                ticket.value = value
            return
        for ticket in batch:
            self._carry_out([ticket])
