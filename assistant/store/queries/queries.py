"""Every question that tools and pages may ask the state by name. Pure SQL over the views; the store runs it."""

from __future__ import annotations

from assistant.store.queries.findings import FINDING_QUERIES
from assistant.store.queries.item import ITEM_QUERIES
from assistant.store.queries.learning import LEARNING_QUERIES
from assistant.store.queries.named import NamedQuery, by_name
from assistant.store.queries.objects import OBJECT_QUERIES
from assistant.store.queries.progress import PROGRESS_QUERIES
from assistant.store.queries.quality import QUALITY_QUERIES
from assistant.store.queries.undo import UNDO_QUERIES

QUERIES: dict[str, NamedQuery] = by_name(
    *PROGRESS_QUERIES.values(),
    *ITEM_QUERIES.values(),
    *QUALITY_QUERIES.values(),
    *OBJECT_QUERIES.values(),
    *LEARNING_QUERIES.values(),
    *UNDO_QUERIES.values(),
    *FINDING_QUERIES.values(),
)
