"""What people were shown and have touched, kept in memory so that a decision asks the database nothing about it.

Everything here is a copy of rows: read when it is first asked for, added to after each commit of
:class:`assistant.store.reviews.ReviewStore`, and forgotten when rows came in by another way (an import, a bulk
acceptance).
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from assistant.store.file.database import Database
from tools.records import Exposure

_MOST_ISSUED = 20_000
_MOST_MARKS = 500
_SEEN = """SELECT DISTINCT item_id FROM exposures
    WHERE reviewer = ? AND field = ? AND proposal_id IS NOT NULL"""
_TOLD = """SELECT DISTINCT item_id FROM exposures
    WHERE reviewer = ? AND field = ? AND kind = 'revealed' AND proposal_id IS NULL"""
_TOUCHED = "SELECT DISTINCT item_id FROM reviews WHERE reviewer = ? AND field = ?"


@dataclass
class Issued:
    """A card that was handed out, and the clicks on it that are stored, as review ids by their keys."""

    exposure: Exposure
    adaptive: bool
    clicks: dict[str, int] = field(default_factory=dict)


class Marks:
    """A set of item ids, one byte an item."""

    def __init__(self, item_ids: Sequence[int] = ()) -> None:
        """Start with some."""
        self._marks = bytearray((max(item_ids) if len(item_ids) else 0) + 1)
        for item_id in item_ids:
            self._marks[item_id] = 1

    def __contains__(self, item_id: int) -> bool:
        """Whether the item is one of them."""
        return item_id < len(self._marks) and bool(self._marks[item_id])

    def take(self, others: Marks) -> None:
        """Take in all of the others."""
        for item_id, mark in enumerate(others._marks):
            if mark:
                self.add(item_id)

    def add(self, item_id: int) -> None:
        """Take one in."""
        if item_id >= len(self._marks):
            self._marks.extend(bytes(item_id + 1 - len(self._marks) + len(self._marks) // 8))
        self._marks[item_id] = 1


class Footprints:
    """The memory of one open project."""

    def __init__(self, database: Database) -> None:
        """Start with nothing; rows that are there are read when somebody asks about them."""
        self._database = database
        self._lock = threading.Lock()
        self._issued: OrderedDict[int, Issued] = OrderedDict()
        self._marks: OrderedDict[tuple[str, str, str], Marks] = OrderedDict()
        self._arriving: list[tuple[tuple[str, str, str], Marks]] = []
        self._since = 0
        # Up to these ids everything is accounted for here; a higher one in the database came by another way.
        self._known = {"exposures": database.newest_id("exposures"), "reviews": database.newest_id("reviews")}

    def issued(self, exposure_id: int) -> Issued | None:
        """A card of this session; ``None`` where it is older, or so many were issued since that it was forgotten."""
        with self._lock:
            return self._issued.get(exposure_id)

    def has_seen(self, reviewer: str, field: str, item_ids: Sequence[int]) -> set[int]:
        """Those of the items of which the person was shown a suggestion at any time."""
        return self._among("seen", _SEEN, reviewer, field, item_ids)

    def was_told(self, reviewer: str, field: str, item_ids: Sequence[int]) -> set[int]:
        """Those of the items of which the person was shown others' answers before deciding."""
        return self._among("told", _TOLD, reviewer, field, item_ids)

    def has_touched(self, reviewer: str, field: str, item_id: int) -> bool:
        """Whether the person ever stored anything about the field of the item, taken back or not."""
        return bool(self._among("touched", _TOUCHED, reviewer, field, [item_id]))

    def _among(self, what: str, sql: str, reviewer: str, field: str, item_ids: Sequence[int]) -> set[int]:
        key = (what, reviewer, field)
        with self._lock:
            self._forget_if_outdated()
            marks = self._marks.get(key)
            if marks is None:
                return self._read(key, sql, item_ids)
            self._marks.move_to_end(key)
            return {int(one) for one in item_ids if int(one) in marks}

    def _read(self, key: tuple[str, str, str], sql: str, item_ids: Sequence[int]) -> set[int]:
        """Ask the database, and keep the answer with what was committed meanwhile.

        The lock is not held while it is asked: a commit that is noted here holds the lock of the file.
        """
        arriving, since = (key, Marks()), self._since
        self._arriving.append(arriving)
        self._lock.release()
        try:
            found = [int(one) for one in self._database.numpy(sql, list(key[1:]))["item_id"]]
        finally:
            self._lock.acquire()
            self._arriving.remove(arriving)
        marks = Marks(found)
        marks.take(arriving[1])
        if since == self._since:  # else rows came in by another way, and who knows whether they were read
            self._marks[key] = marks
        while len(self._marks) > _MOST_MARKS:
            self._marks.popitem(last=False)
        return {int(one) for one in item_ids if int(one) in marks}

    def _forget_if_outdated(self) -> None:
        now = {table: self._database.newest_id(table) for table in self._known}
        if any(now[table] > known for table, known in self._known.items()):
            self._marks.clear()
            self._since += 1
            self._known = now

    def note_issued(self, issued: Sequence[Issued]) -> None:
        """Cards were committed; called before anybody else may write."""
        with self._lock:
            for one in issued:
                exposure = one.exposure
                self._issued[exposure.exposure_id] = one
                if exposure.proposal_id is not None:
                    self._mark("seen", exposure)
                elif exposure.kind == "revealed":
                    self._mark("told", exposure)
            while len(self._issued) > _MOST_ISSUED:
                self._issued.popitem(last=False)
            self._account("exposures", issued[0].exposure.exposure_id, issued[-1].exposure.exposure_id)

    def note_click(self, review_id: int, exposure: Exposure, key: str) -> None:
        """A decision was committed; called before anybody else may write."""
        with self._lock:
            if exposure.exposure_id in self._issued:
                self._issued[exposure.exposure_id].clicks[key] = review_id
            self._mark("touched", exposure)
            self._account("reviews", review_id, review_id)

    def _mark(self, what: str, exposure: Exposure) -> None:
        key = (what, exposure.reviewer, exposure.field)
        if key in self._marks:
            self._marks[key].add(exposure.item_id)
        for other, marks in self._arriving:
            if other == key:
                marks.add(exposure.item_id)

    def _account(self, table: str, first: int, last: int) -> None:
        if self._known[table] == first - 1:
            self._known[table] = last
