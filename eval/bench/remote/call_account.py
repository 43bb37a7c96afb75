"""Calls that a server was asked, against what a project has written about them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from assistant.store.calls import possibly_paid
from assistant.store.project import ProjectStore

# The tries of a call that may have been paid are booked under its key with a number behind it.
# sql: read past the store, which is on trial
_BOOKED = """SELECT split_part(call_key, '#', 1),
        count(*) FILTER (what = 'reserved') - count(*) FILTER (what = 'released')
    FROM call_events GROUP BY 1"""


@dataclass
class CallAccount:
    """``repeated`` calls were made again after their reply was kept, ``unlisted`` ones were never booked."""

    calls: int = 0
    replies: int = 0
    repeated: int = 0
    unlisted: int = 0
    possibly_paid: int = 0

    def compare(self, store: ProjectStore, asked: Mapping[str, int], answered: Counter[str]) -> None:
        """``asked`` counts calls by key, ``answered`` how many there were when their reply was first found."""
        # sql: read past the store, which is on trial
        replied = {str(row[0]) for row in store.database.rows("SELECT call_key FROM replies")}
        # sql: read past the store, which is on trial
        booked = {str(key): int(count) for key, count in store.database.rows(_BOOKED)}
        self.calls, self.replies = sum(asked.values()), len(replied.intersection(asked))
        for key, count in asked.items():
            self.unlisted += count > booked.get(key, 0)
            if key in answered:
                self.repeated += count - answered[key]
            if key in replied:
                answered[key] = count
        self.possibly_paid = len(possibly_paid(store.database))
