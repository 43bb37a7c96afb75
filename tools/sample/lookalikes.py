"""Undecided items like one at hand: texts by their letters, quick and without a model; images as the project compares
them."""

from __future__ import annotations

from tools.backends.learning.likeness_index import most_alike
from tools.backends.texts.builtin_ngrams import NgramEmbedder
from tools.context import ToolContext
from tools.filters import ItemFilter
from tools.learning.material import project_embedder

SECONDS_FOR_VECTORS = 2
"""Time for new vectors in one question; what was not looked at is looked at the next time."""


def lookalikes(ctx: ToolContext, item_id: int, field: str, limit: int) -> list[int]:
    """Ids of undecided items whose words or looks are most like the item's, most alike first.

    The item itself is not among them, nor are items that share nothing with it.
    """
    ids = ctx.items.find(ItemFilter(field=field, state="undecided")).ids
    ids = ids[ids != item_id]
    if not len(ids) or limit < 1:
        return []
    embedder = project_embedder(ctx).embedder if ctx.schema.modality.has_file else NgramEmbedder()
    wanted = embedder.embed_contents(ctx.items.contents([item_id]))[0]
    most_new = embedder.pace * SECONDS_FOR_VECTORS
    found = most_alike(ctx.cache, embedder, ids, ctx.items.contents, wanted, limit, most_new)
    return [one for one, likeness in found if likeness > 0]
