"""What the built-in classifier says about labels that it did not learn from, made once for each set of labels."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from tools.backends.contract import Embedder
from tools.backends.learning.held_out import Judged, held_out_of
from tools.backends.texts.builtin_few_shot import REVISION, FewShotClassifier
from tools.context import LabelTable, ToolContext
from tools.learning.material import labelled_examples, pool_inputs, project_embedder
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
    embedder = project_embedder(ctx).embedder
    table = ctx.labels.seen(field.id)
    key = _key(field, table, embedder, ctx.seed)
    stored = ctx.cache.get(key)
    if stored is not None and stored.ndim == 2 and len(stored) == 3:
        return HeldOutAnswers(Judged(stored[0].astype(np.float32), stored[1] > 0, stored[2] > 0), 0)
    judged, left_out = _judge(field, table, embedder, ctx)
    if not left_out:
        ctx.cache.put(key, np.vstack([judged.scores, judged.right, judged.calibrates]).astype(np.float32))
    return HeldOutAnswers(judged, left_out)


def _judge(field: FieldSpec, table: LabelTable, embedder: Embedder, ctx: ToolContext) -> tuple[Judged, int]:
    rng = np.random.default_rng(ctx.seed)
    found = labelled_examples(ctx, embedder, table, embedder.pace * SECONDS_FOR_VECTORS, rng)
    pool = pool_inputs(ctx, embedder, 0, rng)
    artefact = FewShotClassifier(field, embedder).fit(found.examples, pool, ctx.seed)
    return held_out_of(artefact), found.late


def _key(field: FieldSpec, table: LabelTable, embedder: Embedder, seed: int) -> str:
    """Where the answers for exactly these labels are kept."""
    digest = hashlib.sha256(to_json(field.model_dump(mode="json", by_alias=True)).encode())
    digest.update(table.item_ids.tobytes() + table.calibrates.tobytes())
    for value in table.values:
        digest.update(to_json(dict(value)).encode("utf-8", "surrogatepass") + b"\n")
    return f"held-out/{REVISION}/{embedder.reference}/{embedder.revision}/{seed}/{digest.hexdigest()}"
