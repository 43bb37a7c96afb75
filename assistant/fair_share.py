"""Several people on few items: nobody reserves ahead more than a fair share, and what lies ahead gives way to a card.

A card that somebody has on the screen is theirs. One that was only fetched ahead, so that the next card comes at once,
goes to whoever would otherwise have nothing to do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from assistant.queueing import FieldQueue, Queues, Served
from assistant.store.leases import Leases
from tools.errors import LeaseTaken
from tools.records import Actor, Exposure


def fair_count(wanted: int, in_hand: int, open_to_me: int, others: int, overlap: int) -> int:
    """How many cards of those wanted somebody may have who has ``in_hand`` already, beside ``others`` at work."""
    if not others:
        return wanted
    share = max(1, open_to_me * overlap // (others + 1))
    return max(0, min(wanted, share - in_hand))


def take_over(
    queues: Queues, leases: Leases, queue: FieldQueue, actor: Actor, overlap: int, is_free: Callable[[int], bool]
) -> list[Served]:
    """One item that others have only fetched ahead, the one that they would have come to last; ``is_free`` says
    whether anything else is in its way."""
    for item_id in leases.ahead_of_others(queue.field, actor):
        room = overlap - int(queue.counts[item_id - 1])
        if leases.others_at(item_id, queue.field, actor) >= room or not is_free(item_id):
            continue
        found = queues.serve(queue, actor.person, overlap, item_id.__eq__, 1)
        if found:
            leases.give_way(item_id, queue.field, actor, room)
            return found
    return []


def undecided(queues: Queues, queue: FieldQueue, person: str, in_hand: Sequence[Exposure]) -> list[Exposure]:
    """Those of the cards in hand that the person has not answered."""
    status = queues.mine(queue, person).status
    return [one for one in in_hand if one.field == queue.field and not status[one.item_id - 1]]


def lost(leases: Leases, queue: FieldQueue, actor: Actor, overlap: int, in_hand: Sequence[Exposure]) -> set[int]:
    """Those of the undecided cards in hand, by exposure, that went to others meanwhile."""
    gone = set()
    for one in in_hand:
        room = overlap - int(queue.counts[one.item_id - 1])
        if not leases.holds(one.item_id, one.field, actor) and leases.others(one.item_id, one.field, actor) >= room:
            gone.add(one.exposure_id)
    return gone


def refuse_away(leases: Leases, queue: FieldQueue, actor: Actor, overlap: int, exposure: Exposure) -> None:
    """:class:`LeaseTaken` where a card went to somebody else, or to another window of the same person."""
    if lost(leases, queue, actor, overlap, [exposure]) or leases.elsewhere(exposure.item_id, exposure.field, actor):
        raise LeaseTaken("This item is in hand elsewhere; the next one is shown.")


def put_on_screen(
    queues: Queues, leases: Leases, queue: FieldQueue, actor: Actor, overlap: int, exposure: Exposure
) -> None:
    """The card is looked at now and gives way to nobody; :class:`LeaseTaken` where it went to somebody before."""
    if leases.show(exposure.item_id, exposure.field, actor):
        return
    if not lost(leases, queue, actor, overlap, undecided(queues, queue, actor.person, [exposure])):
        return
    if leases.others(exposure.item_id, exposure.field, actor):
        holder = leases.holder(exposure.item_id, exposure.field, actor)
        raise LeaseTaken(f"{holder} has this item in hand; the next one is shown.")
    raise LeaseTaken("Others decided this item meanwhile; the next one is shown.")
