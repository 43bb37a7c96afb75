"""Who has which item in hand: short promises kept in memory, so that two people do not decide the same item.

A restart forgets them, which is safe: what counts is checked again when a decision is stored.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

from tools.records import Actor, Exposure


@dataclass(frozen=True, slots=True)
class _Lease:
    person: str
    session: str
    until: float


class Leases:
    """Leases by (item, field); several people may hold one where items are reviewed more than once."""

    def __init__(self) -> None:
        """Start with none."""
        self._held: dict[tuple[int, str], list[_Lease]] = {}

    def take(self, item_id: int, field: str, actor: Actor, seconds: float) -> None:
        """Hold or renew for ``seconds``."""
        kept = [one for one in self._live(item_id, field) if not _is_of(one, actor)]
        kept.append(_Lease(actor.person, actor.session, time.monotonic() + seconds))
        self._held[item_id, field] = kept

    def keep(self, exposures: Sequence[Exposure], actor: Actor, seconds: float) -> None:
        """Renew the leases of cards that are prefetched."""
        for exposure in exposures:
            self.take(exposure.item_id, exposure.field, actor, seconds)

    def drop(self, item_id: int, field: str, actor: Actor) -> None:
        """Let go."""
        kept = [one for one in self._live(item_id, field) if not _is_of(one, actor)]
        if kept:
            self._held[item_id, field] = kept
        else:
            self._held.pop((item_id, field), None)

    def others(self, item_id: int, field: str, actor: Actor) -> int:
        """How many others hold it now."""
        return sum(not _is_of(one, actor) for one in self._live(item_id, field))

    def holder(self, item_id: int, field: str, actor: Actor) -> str:
        """Name of one who holds it, for the sentence."""
        names = [one.person for one in self._live(item_id, field) if not _is_of(one, actor)]
        return "another window of yours" if names and names[0] == actor.person else (names[0] if names else "nobody")

    def live(self) -> list[tuple[int, str, str, float]]:
        """Every lease that holds now, as (item, field, person, seconds left)."""
        now = time.monotonic()
        return [
            (item_id, field, one.person, one.until - now)
            for (item_id, field), held in list(self._held.items())
            for one in held
            if one.until > now
        ]

    def _live(self, item_id: int, field: str) -> list[_Lease]:
        now = time.monotonic()
        return [one for one in self._held.get((item_id, field), []) if one.until > now]


def _is_of(lease: _Lease, actor: Actor) -> bool:
    return lease.person == actor.person and lease.session == actor.session
