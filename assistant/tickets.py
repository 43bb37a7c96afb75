"""What a card carries so that a decision about it can never be stored about another one.

The number of a card is only a number: a project restored from an older backup hands out the same numbers again, for
other items. The ticket is a digest of everything that makes a card this one: which project, which item and question,
who saw it, and to the microsecond when. Cards issued before the backup was taken are the same in both; no card issued
after it is.
"""

from __future__ import annotations

import hashlib
from datetime import UTC

from assistant.store.project import ProjectStore
from tools.errors import CardUnknown, NotFound
from tools.records import Exposure

_DIGITS = 32
UNKNOWN = (
    "This card is not known here: the project was put back to an earlier state since it was shown. "
    "Open the item again and decide it anew."
)


def ticket_of(project_id: str, exposure: Exposure) -> str:
    """The ticket of a card; the same whenever it is calculated again."""
    parts = (
        project_id,
        str(exposure.exposure_id),
        str(exposure.item_id),
        exposure.field,
        exposure.reviewer,
        exposure.issued_at.astimezone(UTC).isoformat(timespec="microseconds"),
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:_DIGITS]


def known_exposure(store: ProjectStore, exposure_id: int, ticket: str | None, item_id: int | None = None) -> Exposure:
    """The card of that number; :class:`CardUnknown` where ``ticket``, or the item named with it, is not that card's.

    Without a ticket, as inside the program, the number alone counts.
    """
    try:
        exposure = store.reviews.exposure(exposure_id)
    except NotFound:
        raise NotFound(UNKNOWN) if ticket is None else CardUnknown(UNKNOWN) from None
    is_item = item_id is None or item_id == exposure.item_id
    if ticket is not None and not (is_item and ticket == ticket_of(store.project_id, exposure)):
        raise CardUnknown(UNKNOWN)
    return exposure
