"""Decisions on their way to the disk: checked, and not yet committed.

The desk lets go of its lock while they are written, so that those of several people share one commit. What must not
change under a decision waits here: another decision on the same field of the same item, and a queue that would be built
anew from rows of which nobody can say whether they count the decision already.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from assistant.queueing import FieldQueue, Queues


class Landing:
    """Which (item, field) somebody's decision is on its way for. Every method is called with the lock held."""

    def __init__(self, lock: threading.RLock, queues: Queues) -> None:
        """Share the lock of the desk."""
        self._lock = lock
        self._queues = queues
        self._on_their_way: set[tuple[int, str]] = set()
        self._landed = threading.Condition(lock)

    def __contains__(self, spot: tuple[int, str]) -> bool:
        """Whether a decision about it is on its way."""
        return spot in self._on_their_way

    def queue(self, field_id: str) -> FieldQueue:
        """The queue of a field; where it must be built anew, after everything on its way has landed."""
        while not self._queues.is_fresh(field_id):
            if not self._on_their_way:
                return self._queues.of(field_id)
            self._landed.wait()
        return self._queues.now(field_id)

    def ready(self, item_id: int, field_id: str) -> FieldQueue:
        """The queue of a field, once no decision about this item is on its way."""
        queue = self.queue(field_id)
        while (item_id, field_id) in self._on_their_way:
            self._landed.wait()
            queue = self.queue(field_id)
        return queue

    @contextmanager
    def away(self, item_id: int, field_id: str) -> Iterator[None]:
        """The lock is released inside; the decision has landed when it is held again."""
        spot = (item_id, field_id)
        self._on_their_way.add(spot)
        self._lock.release()
        try:
            yield
        finally:
            self._lock.acquire()
            self._on_their_way.discard(spot)
            self._landed.notify_all()
