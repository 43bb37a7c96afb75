"""What a sampling strategy needs to know of the project: vectors, and what a model fitted on the labels thinks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from tools.backends.contract import Embedder, Matrix
from tools.backends.learning.material import POOL_SIZE, make_inputs
from tools.backends.texts.builtin_few_shot import FewShotClassifier
from tools.content import UNREAD
from tools.context import ToolContext
from tools.errors import Conflict
from tools.learning.material import labelled_examples
from tools.records import JsonValue
from tools.schema import FieldSpec


@dataclass(frozen=True)
class Learned:
    """Probabilities (n, K) of the candidates, (n, 0) where none were asked for; vectors (m, d) of what is labelled."""

    shares: Matrix
    labelled: Matrix
    labels: int
    names: tuple[str, ...] = ()
    said: Mapping[str, JsonValue] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


SECONDS_FOR_LABELLED = 15
"""Time for vectors of labelled items in one call; labels whose item has none yet wait for the next."""


def learn_shares(
    ctx: ToolContext,
    spec: FieldSpec,
    embedder: Embedder,
    candidates: Matrix,
    wants_shares: bool,
    rng: np.random.Generator,
) -> Learned:
    """Fit the few-shot classifier on all labels of the field and ask it about the candidates, rows (n, d)."""
    table = ctx.labels.training(spec.id)
    found = labelled_examples(ctx, embedder, table, embedder.pace * SECONDS_FOR_LABELLED, rng)
    if not wants_shares:
        return Learned(np.zeros((len(candidates), 0), np.float32), found.vectors, len(found.examples))
    if not spec.record.has_labels and not len(table):
        raise Conflict(f"No rating of {spec.name!r} is there to learn from yet; sample typical or random items first.")
    classifier = FewShotClassifier(spec, embedder, calibrate=False)
    looked_at = rng.permutation(len(candidates))[:POOL_SIZE]
    pool = make_inputs(looked_at, [UNREAD] * len(looked_at), candidates[looked_at])
    artefact = classifier.fit(found.examples, pool, ctx.seed)
    note = "" if len(table) else "Nobody has labelled yet: the model goes by label names and descriptions only."
    return Learned(
        classifier.probabilities(artefact, candidates),
        found.vectors,
        len(found.examples),
        tuple(_name(spec, one) for one in classifier.classes),
        {"mode": artefact.json["mode"]},
        (note,) if note else (),
    )


def _name(spec: FieldSpec, class_id: str) -> str:
    return spec.label(class_id).name if spec.record.has_labels else class_id
