"""Taking decisions back and putting them back: which one is meant, and what an undone card starts from.

Nothing is rewritten: both are one more row about the decision, which itself stays as it was made.
"""

from __future__ import annotations

from dataclasses import dataclass

from assistant.cards import Card
from assistant.progress import Progress
from assistant.store.project import ProjectStore
from assistant.store.taken_back import TakenBack
from tools.errors import NotAllowed, NotFound
from tools.records import Actor, Review


@dataclass(frozen=True)
class Undone:
    """What was undone, and the card to show again; ``None`` when somebody else has the item in hand by now."""

    review: Review
    sentence: str
    card: Card | None
    progress: Progress


@dataclass(frozen=True)
class Redone:
    """The decision that stands again."""

    review: Review
    sentence: str
    progress: Progress


def review_to_undo(store: ProjectStore, actor: Actor, review_id: int | None) -> Review:
    """The decision named, or the person's last one; refused where there is none, or it is somebody else's."""
    if review_id is None:
        latest = store.reviews.latest_of(actor.person, 1)
        if not latest:
            raise NotFound("There is nothing of yours left to undo.")
        return latest[0]
    review = store.reviews.get(review_id)
    if review.reviewer != actor.person:
        raise NotAllowed(f"Decision {review_id} is {review.reviewer}'s; ask a lead to undo it.")
    return review


def review_to_redo(store: ProjectStore, actor: Actor) -> Review:
    """What the person took back last, as long as they have decided nothing since."""
    review = TakenBack(store.database, store.reviews).last(actor.person)
    if review is None:
        raise NotFound("There is nothing of yours to do again: a decision made since the undo ends that.")
    return review
