"""What is served next: orders and standing kept in memory by the owner, rebuilt from the store.

Two lanes. The *blind lane* holds the items drawn for the blind share, in the order of their draw, so that what was
decided of it is at any time a random sample of the whole pool. The *main lane* holds the rest: what a sampling run
put forward, then what has a suggestion, then everything else by number. Every ``1 / blind_share``-th item served
comes from the blind lane.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from dataclasses import field as _default

import numpy as np
import numpy.typing as npt

from assistant.progress import Progress
from assistant.store.project import ProjectStore
from tools.context import IdArray
from tools.draws import uniform_of

BoolArray = npt.NDArray[np.bool_]
_REBUILD_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Entry:
    """Why an item stands where it stands."""

    reason: str
    adaptive: bool
    inclusion_p: float | None


@dataclass(frozen=True, slots=True)
class Served:
    """One item to be shown next. ``is_blind`` items come with their probability of being drawn."""

    item_id: int
    is_blind: bool
    entry: Entry | None
    inclusion_p: float | None


@dataclass
class _Mine:
    """What one reviewer has done in one field: 0 nothing, 1 a value, 2 an event only; indexed by item id - 1."""

    status: npt.NDArray[np.int8]
    served: int = 0
    served_blind: int = 0


@dataclass
class FieldQueue:
    """Order and standing of one field."""

    field: str
    size: int
    main: IdArray
    blind: IdArray
    counts: npt.NDArray[np.int16]
    entries: dict[int, Entry]
    share: float
    mine: dict[str, _Mine] = _default(default_factory=dict)
    # Everything before these positions is done by enough people for good (undo moves them back).
    main_from: int = 0
    blind_from: int = 0


def build_queue(store: ProjectStore, field_id: str) -> FieldQueue:
    """Read order and standing of one field from the store."""
    size = store.items.count()
    main, blind, entries, share = _order(store, field_id, size)
    return FieldQueue(field_id, size, main, blind, _counts(store, field_id, size), entries, share)


def _order(store: ProjectStore, field_id: str, size: int) -> tuple[IdArray, IdArray, dict[int, Entry], float]:
    """(main lane, blind lane, entries, blind share)."""
    ids = np.arange(1, size + 1, dtype=np.int64)
    share = float(store.settings.get("blind_share"))
    draw = uniform_of(int(store.settings.get("seed")), f"blind:{field_id}", ids)
    is_blind = draw < share
    blind = ids[is_blind][np.argsort(draw[is_blind], kind="stable")]
    entries, chosen = _entries(store, field_id)
    suggested = _suggested(store, field_id)
    front = np.concatenate([chosen, suggested])
    _, first = np.unique(front, return_index=True)
    front = front[np.sort(first)]
    rest = np.ones(size, dtype=bool)
    rest[front - 1] = False
    order = np.concatenate([front, ids[rest]])
    return order[~is_blind[order - 1]], blind, entries, share


def _entries(store: ProjectStore, field_id: str) -> tuple[dict[int, Entry], IdArray]:
    rows = store.orders.queued(field_id)
    entries = {int(item_id): Entry(reason, adaptive, share) for item_id, reason, adaptive, share in rows}
    return entries, np.fromiter(entries, dtype=np.int64, count=len(entries))


def _suggested(store: ProjectStore, field_id: str) -> IdArray:
    ids: IdArray = store.orders.suggested(field_id).astype(np.int64)
    return ids


def _counts(store: ProjectStore, field_id: str, size: int) -> npt.NDArray[np.int16]:
    found = store.standing.deciders_by_item(field_id)
    counts = np.zeros(size, dtype=np.int16)
    counts[found["item_id"].astype(np.int64) - 1] = found["deciders"].astype(np.int16)
    return counts


class Queues:
    """The queues of all fields, rebuilt when something else than a review changed the state."""

    def __init__(self, store: ProjectStore) -> None:
        """Start with none; each is built when first asked for."""
        self._store = store
        self._queues: dict[str, tuple[FieldQueue, int, float]] = {}
        self._pulse = self._urgent = 0
        self._swapping = threading.Lock()

    def stir(self) -> None:
        """Say that items, orders, batches or settings changed: the next card must already know."""
        with self._swapping:
            self._pulse += 1
            self._urgent = self._pulse

    def drift(self) -> None:
        """Say that a job stored a batch: the next card should know soon.

        The new order is read here, in the thread of the job, so that no key waits for it.
        """
        with self._swapping:
            self._pulse += 1
        now = time.monotonic()
        for field_id, (_, _, at) in list(self._queues.items()):
            if now - at >= _REBUILD_SECONDS:
                self.reorder(field_id)

    def reorder(self, field_id: str) -> None:
        """Read the order of a field again and put it in the place of the old one; what is issued is not touched.

        Standing stays what it is in memory: it is kept up to date by every decision. Safe in any thread, beside a
        desk that serves and decides.
        """
        with self._swapping:
            self._pulse += 1
            pulse, known = self._pulse, self._queues.get(field_id)
            if known is None or known[1] < self._urgent:
                return  # nobody asks, or standing changed too: the next card is served from a queue built anew
        before = known[0]
        size = self._store.items.count()
        main, blind, entries, share = _order(self._store, field_id, size)
        if size != before.size:
            return  # an import came in between; whoever asks next builds everything anew
        after = FieldQueue(field_id, size, main, blind, before.counts, entries, share, before.mine)
        with self._swapping:
            # Where somebody built the queue anew meanwhile, that one may know more; the pulse makes it be built again.
            if self._queues.get(field_id) is known:
                self._queues[field_id] = (after, pulse, time.monotonic())

    def of(self, field_id: str) -> FieldQueue:
        """The queue of a field, fresh enough: a busy job makes it rebuild at most every two seconds."""
        if self.is_fresh(field_id):
            return self.now(field_id)
        known, now, pulse = self._queues.get(field_id), time.monotonic(), self._pulse
        queue = build_queue(self._store, field_id)
        if known is not None:
            for name, mine in known[0].mine.items():
                queue.mine[name] = _load_mine(self._store, queue, name, mine)
        with self._swapping:
            self._queues[field_id] = (queue, pulse, now)
        return queue

    def is_fresh(self, field_id: str) -> bool:
        """Whether :meth:`of` would build nothing."""
        known = self._queues.get(field_id)
        if known is None:
            return False
        return known[1] == self._pulse or (known[1] >= self._urgent and time.monotonic() - known[2] < _REBUILD_SECONDS)

    def now(self, field_id: str) -> FieldQueue:
        """The queue of a field as it was last built."""
        return self._queues[field_id][0]

    def mine(self, queue: FieldQueue, reviewer: str) -> _Mine:
        """What the reviewer has done in the field."""
        if reviewer not in queue.mine:
            queue.mine[reviewer] = _load_mine(self._store, queue, reviewer, None)
        return queue.mine[reviewer]

    def serve(
        self, queue: FieldQueue, reviewer: str, overlap: int, is_free: Callable[[int], bool], count: int
    ) -> list[Served]:
        """Up to ``count`` items for the reviewer, best first; ``is_free`` says whether nobody else has it in hand."""
        found: list[Served] = []
        taken: set[int] = set()
        mine = self.mine(queue, reviewer)
        _advance(queue, overlap)

        def pick(lane: IdArray, start: int) -> int | None:
            for item_id in _eligible(queue, mine, lane, start, overlap):
                if item_id not in taken and is_free(item_id):
                    return item_id
            return None

        while len(found) < count:
            wants_blind = mine.served_blind + 1 <= queue.share * (mine.served + 1)
            blind = pick(queue.blind, queue.blind_from) if wants_blind else None
            item_id = blind if blind is not None else pick(queue.main, queue.main_from)
            if item_id is None:
                item_id = blind = pick(queue.blind, queue.blind_from)
            if item_id is None:
                break
            is_blind = blind is not None
            taken.add(item_id)
            mine.served += 1
            mine.served_blind += is_blind
            entry = None if is_blind else queue.entries.get(item_id)
            share = queue.share if is_blind else (entry.inclusion_p if entry else None)
            found.append(Served(item_id, is_blind, entry, share))
        return found

    def ahead(self, field_id: str, overlap: int) -> tuple[IdArray, IdArray]:
        """Undecided items of the main and of the blind lane, in order; none where nobody asked for a card yet.

        Reads what is in memory and builds nothing; safe in any thread.
        """
        nothing = np.zeros(0, dtype=np.int64)
        known = self._queues.get(field_id)
        if known is None:
            return nothing, nothing
        queue = known[0]
        main, blind = (lane[queue.counts[lane - 1] < overlap] for lane in (queue.main, queue.blind))
        return main, blind

    def open_to(self, queue: FieldQueue, reviewer: str, overlap: int) -> int:
        """How many items the reviewer could still be asked about."""
        open_ones = (queue.counts < overlap) & (self.mine(queue, reviewer).status == 0)
        return int(np.count_nonzero(open_ones))

    def progress(self, queue: FieldQueue, overlap: int) -> Progress:
        """How far the field is, for everybody."""
        return Progress(int(np.count_nonzero(queue.counts >= overlap)), queue.size)


def _load_mine(store: ProjectStore, queue: FieldQueue, reviewer: str, before: _Mine | None) -> _Mine:
    status = np.zeros(queue.size, dtype=np.int8)
    found = store.standing.done_by(reviewer, queue.field)
    status[found["item_id"].astype(np.int64) - 1] = np.where(found["has_value"].astype(bool), 1, 2)
    return _Mine(status, before.served if before else 0, before.served_blind if before else 0)


def _advance(queue: FieldQueue, overlap: int) -> None:
    queue.main_from = _skip_done(queue, queue.main, queue.main_from, overlap)
    queue.blind_from = _skip_done(queue, queue.blind, queue.blind_from, overlap)


def _skip_done(queue: FieldQueue, lane: IdArray, start: int, overlap: int) -> int:
    while start < len(lane):
        window = queue.counts[lane[start : start + 4096] - 1] < overlap
        if window.any():
            return start + int(window.argmax())
        start += len(window)
    return start


def _eligible(queue: FieldQueue, mine: _Mine, lane: IdArray, start: int, overlap: int) -> Iterator[int]:
    """The ids of the lane that the reviewer could decide; a window at a time so that big pools stay quick."""
    while start < len(lane):
        window = lane[start : start + 4096]
        is_open = (queue.counts[window - 1] < overlap) & (mine.status[window - 1] == 0)
        yield from window[is_open].tolist()
        start += len(window)
