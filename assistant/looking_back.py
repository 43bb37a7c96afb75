"""What a reviewer looks up beside the card: the last decisions, and items that look like this one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PastDecision:
    """A line of the list of last decisions."""

    review_id: int
    item_id: int
    key: str
    field: str
    verdict: str
    answer: str
    excerpt: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SimilarItem:
    """A look-alike of an item."""

    item_id: int
    key: str
    excerpt: str
