"""Who has which item in hand: short promises kept in memory, so that two people do not decide the same item.

A restart forgets them, which is safe: what counts is checked again when a decision is stored.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tools.naming import people_told
from tools.records import Actor, Exposure


@dataclass(frozen=True, slots=True)
class _Lease:
    """``is_shown``: on a card that is looked at, not only fetched ahead. ``number`` grows with every new lease."""

    person: str
    session: str
    until: float
    is_shown: bool
    number: int


class Leases:
    """Leases by (item, field); several people may hold one where items are reviewed more than once.

    A person holds an item once, in the window that took it last: a new window is never shut out by an old one.
    """

    def __init__(self) -> None:
        """Start with none."""
        self._held: dict[tuple[int, str], list[_Lease]] = {}
        self._number = 0

    def take(self, item_id: int, field: str, actor: Actor, seconds: float, is_shown: bool = False) -> None:
        """Hold or renew for ``seconds``, in place of any other window of the same person."""
        live = self._live(item_id, field)
        own = next((one for one in live if _is_of(one, actor)), None)
        self._number += 1
        is_shown, number = (is_shown or own.is_shown, own.number) if own else (is_shown, self._number)
        kept = [one for one in live if one.person != actor.person]
        kept.append(_Lease(actor.person, actor.session, time.monotonic() + seconds, is_shown, number))
        self._held[item_id, field] = kept

    def keep(self, exposures: Sequence[Exposure], actor: Actor, seconds: float) -> None:
        """Renew the leases of cards that are prefetched, those aside that another window or person took."""
        for exposure in exposures:
            spot = (exposure.item_id, exposure.field)
            is_taken = not self.holds(*spot, actor) and self.others(*spot, actor) > 0
            if not is_taken and not self.elsewhere(*spot, actor):
                self.take(*spot, actor, seconds)

    def show(self, item_id: int, field: str, actor: Actor) -> bool:
        """Note that a card is looked at; whether this window holds it."""
        live = self._live(item_id, field)
        if not any(_is_of(one, actor) for one in live):
            return False
        self._held[item_id, field] = [replace(one, is_shown=one.is_shown or _is_of(one, actor)) for one in live]
        return True

    def holds(self, item_id: int, field: str, actor: Actor) -> bool:
        """Whether this window of the person holds it."""
        return any(_is_of(one, actor) for one in self._live(item_id, field))

    def others_at(self, item_id: int, field: str, actor: Actor) -> int:
        """How many other people have it on a card that they look at."""
        return sum(one.is_shown and one.person != actor.person for one in self._live(item_id, field))

    def ahead_of_others(self, field: str, actor: Actor) -> list[int]:
        """Items that other people have only fetched ahead, those first that they fetched last."""
        found = [
            (one.number, held[0])
            for held in list(self._held)
            if held[1] == field
            for one in self._live(*held)
            if one.person != actor.person and not one.is_shown
        ]
        return [item_id for _, item_id in sorted(found, reverse=True)]

    def give_way(self, item_id: int, field: str, actor: Actor, room: int) -> None:
        """Let others go who have only fetched it ahead, the last first, until one of ``room`` is free."""
        live = self._live(item_id, field)
        ahead = [one for one in live if one.person != actor.person and not one.is_shown]
        for one in sorted(ahead, key=lambda lease: lease.number, reverse=True):
            if sum(held.person != actor.person for held in live) < room:
                break
            live.remove(one)
        self._keep(item_id, field, live)

    def at_work(self, field: str, actor: Actor) -> int:
        """How many other people hold anything of the field."""
        people = {one.person for held in list(self._held) if held[1] == field for one in self._live(*held)}
        return len(people - {actor.person})

    def drop(self, item_id: int, field: str, actor: Actor) -> None:
        """Let go, where this window of the person holds it."""
        self._keep(item_id, field, [one for one in self._live(item_id, field) if not _is_of(one, actor)])

    def end(self, item_id: int, field: str, person: str) -> None:
        """Let go in whatever window: the person has decided."""
        self._keep(item_id, field, [one for one in self._live(item_id, field) if one.person != person])

    def _keep(self, item_id: int, field: str, kept: list[_Lease]) -> None:
        if kept:
            self._held[item_id, field] = kept
        else:
            self._held.pop((item_id, field), None)

    def others(self, item_id: int, field: str, actor: Actor) -> int:
        """How many other people hold it now."""
        return sum(one.person != actor.person for one in self._live(item_id, field))

    def elsewhere(self, item_id: int, field: str, actor: Actor) -> bool:
        """Whether another window of the same person holds it."""
        return any(one.person == actor.person and not _is_of(one, actor) for one in self._live(item_id, field))

    def any_elsewhere(self, field: str, actor: Actor) -> bool:
        """Whether another window of the same person holds any item of the field."""
        return any(held[1] == field and self.elsewhere(*held, actor) for held in list(self._held))

    def holder(self, item_id: int, field: str, actor: Actor) -> str:
        """Who else holds it, as the person may hear of it; for the sentence."""
        others = [one.person for one in self._live(item_id, field) if one.person != actor.person]
        return people_told(others[:1], actor) or "nobody"

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
