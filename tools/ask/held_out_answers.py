"""What the built-in classifier says about labels that it did not learn from, made once for each set of labels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from tools.backends.builtin_few_shot import REVISION, FewShotClassifier
from tools.backends.contract import TextEmbedder
from tools.backends.held_out import Judged, held_out_of
from tools.backends.material import LANGUAGE_SAMPLE, POOL_SIZE, make_examples, make_inputs, spread
from tools.backends.registry import choose_embedder
from tools.backends.vectors import vectors_of
from tools.context import LabelTable, ToolContext
from tools.records import to_json
from tools.schema import FieldSpec

SECONDS_FOR_VECTORS = 8
"""Time for vectors of labelled items in one question; labels whose item has none yet are left out and counted."""


@dataclass(frozen=True)
class HeldOutAnswers:
    """Answers kept aside, and how many labels were left out because their items have no vector yet."""

    judged: Judged
    left_out: int


def held_out_answers(field: FieldSpec, ctx: ToolContext) -> HeldOutAnswers:
    """Judge the labels of a choice, multi_choice or rating field, each by a model that did not learn from it."""
    looked_at = spread(ctx.items.all_ids(), LANGUAGE_SAMPLE)
    embedder = choose_embedder(str(ctx.settings.get("backend.embedder") or ""), ctx.items.texts(looked_at)).embedder
    table = ctx.labels.training(field.id)
    key = _key(field, table, embedder, ctx.seed)
    stored = ctx.cache.get(key)
    if stored is not None and stored.ndim == 2 and len(stored) == 3:
        return HeldOutAnswers(Judged(stored[0].astype(np.float32), stored[1] > 0, stored[2] > 0), 0)
    judged, left_out = _judge(field, table, embedder, ctx)
    if not left_out:
        ctx.cache.put(key, np.vstack([judged.scores, judged.right, judged.calibrates]).astype(np.float32))
    return HeldOutAnswers(judged, left_out)


def _judge(field: FieldSpec, table: LabelTable, embedder: TextEmbedder, ctx: ToolContext) -> tuple[Judged, int]:
    rng = np.random.default_rng(ctx.seed)
    texts = ctx.items.texts(table.item_ids.tolist())
    most = embedder.pace * SECONDS_FOR_VECTORS
    found = vectors_of(ctx.cache, embedder, table.item_ids, texts, most, rng)
    rows = np.flatnonzero(found.present)
    inputs = make_inputs(table.item_ids[rows], [""] * len(rows), found.matrix[rows])
    examples = make_examples(inputs, [table.values[row] for row in rows], table.calibrates[rows].tolist())
    around = np.array(spread(ctx.items.all_ids(), POOL_SIZE), dtype=np.int64)
    pool = vectors_of(ctx.cache, embedder, around, ctx.items.texts(around.tolist()), 0)
    kept = np.flatnonzero(pool.present)
    beside = make_inputs(around[kept], [""] * len(kept), pool.matrix[kept])
    artefact = FewShotClassifier(field, embedder).fit(examples, beside, ctx.seed)
    return held_out_of(artefact), len(table) - len(rows)


def _key(field: FieldSpec, table: LabelTable, embedder: TextEmbedder, seed: int) -> str:
    """Where the answers for exactly these labels are kept."""
    digest = hashlib.sha256(to_json(field.model_dump(mode="json", by_alias=True)).encode())
    digest.update(table.item_ids.tobytes() + table.calibrates.tobytes())
    for value in table.values:
        digest.update(to_json(dict(value)).encode("utf-8", "surrogatepass") + b"\n")
    return f"held-out/{REVISION}/{embedder.reference}/{embedder.revision}/{seed}/{digest.hexdigest()}"
