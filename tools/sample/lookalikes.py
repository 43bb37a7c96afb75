"""Undecided items that read like one at hand: by their letters, so that it is quick and needs no model."""

from __future__ import annotations

from tools.backends.builtin_ngrams import NgramEmbedder
from tools.backends.likeness_index import most_alike
from tools.context import ToolContext
from tools.filters import ItemFilter

SECONDS_FOR_VECTORS = 2
"""Time for new vectors in one question; what was not looked at is looked at the next time."""


def lookalikes(ctx: ToolContext, item_id: int, field: str, limit: int) -> list[int]:
    """Ids of undecided items whose words are most like the item's, most alike first; the item itself is not among them.

    Items that share nothing with it are not listed.
    """
    ids = ctx.items.find(ItemFilter(field=field, state="undecided")).ids
    ids = ids[ids != item_id]
    if not len(ids) or limit < 1:
        return []
    embedder = NgramEmbedder()
    wanted = embedder.embed(ctx.items.texts([item_id]))[0]
    most_new = embedder.pace * SECONDS_FOR_VECTORS
    found = most_alike(ctx.cache, embedder, ids, ctx.items.texts, wanted, limit, most_new)
    return [one for one, likeness in found if likeness > 0]
