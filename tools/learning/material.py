"""What models of a project's items learn from: its embedder, and labels and pool of the project with their vectors.

Suggestions, sampling and what is measured of both begin here, so that all of them speak of the same vectors.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.backends.contract import Embedder, Example, Input, Matrix
from tools.backends.learning.material import LANGUAGE_SAMPLE, POOL_SIZE, make_examples, make_inputs, spread
from tools.backends.learning.vectors import Vectors, vectors_of
from tools.backends.registry import ChosenEmbedder, embedder_for
from tools.content import UNREAD
from tools.context import IdArray, LabelTable, ToolContext


@dataclass(frozen=True)
class Labelled:
    """Examples of a label table whose items have a vector, with these, (n, d); ``late`` labels have none yet."""

    examples: list[Example]
    vectors: Matrix
    late: int


def project_embedder(ctx: ToolContext) -> ChosenEmbedder:
    """The embedder of the project: the one it sets, else what fits its images or the language of its texts."""
    wanted = str(ctx.settings.get("backend.embedder") or "")
    return embedder_for(ctx.schema.modality, wanted, lambda: _some_texts(ctx))


def _some_texts(ctx: ToolContext) -> list[str]:
    return ctx.items.texts(spread(ctx.items.all_ids(), LANGUAGE_SAMPLE))


def vectors_for(
    ctx: ToolContext,
    embedder: Embedder,
    ids: IdArray,
    most_new: int | None = None,
    rng: np.random.Generator | None = None,
) -> Vectors:
    """Vectors of items, from the cache or made and kept; at most ``most_new`` new ones, drawn with ``rng``."""
    return vectors_of(ctx.cache, embedder, ids, ctx.items.contents(ids.tolist()), most_new, rng)


def labelled_examples(
    ctx: ToolContext, embedder: Embedder, table: LabelTable, most_new: int, rng: np.random.Generator
) -> Labelled:
    """The labels to learn from; at most ``most_new`` vectors are made for them."""
    found = vectors_for(ctx, embedder, table.item_ids, most_new, rng)
    rows = np.flatnonzero(found.present)
    vectors = found.matrix[rows]
    inputs = make_inputs(table.item_ids[rows], [UNREAD] * len(rows), vectors)
    examples = make_examples(inputs, [table.values[row] for row in rows], table.calibrates[rows].tolist())
    return Labelled(examples, vectors, len(table) - len(rows))


def pool_inputs(
    ctx: ToolContext,
    embedder: Embedder,
    most_new: int,
    rng: np.random.Generator,
    without: IdArray | None = None,
) -> list[Input]:
    """Items spread over the project, labelled or not, that have a vector; none of ``without``."""
    ids = np.array(spread(ctx.items.all_ids(), POOL_SIZE), dtype=np.int64)
    if without is not None:
        ids = ids[~np.isin(ids, without)]
    found = vectors_for(ctx, embedder, ids, most_new, rng)
    kept = np.flatnonzero(found.present)
    return make_inputs(ids[kept], [UNREAD] * len(kept), found.matrix[kept])
