"""Few-shot classification of texts: vectors, label names and a linear model that learns from the first label on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tools.backends.choice_training import Evidence, train_choice
from tools.backends.contract import BackendIdentity, Example, Matrix, TextEmbedder, TextInput
from tools.backends.flag_training import (
    TrainedFlags,
    choose_labels,
    middle_rating,
    rating_shares,
    train_flags,
    train_rating,
)
from tools.backends.label_names import name_vectors
from tools.backends.linear import Linear
from tools.backends.threads import limited_threads
from tools.errors import Conflict
from tools.records import Alternative, Draft, JsonValue, ScoreSource
from tools.results import Artefact
from tools.schema import CANNOT_TELL, NONE_OF_THESE, FieldSpec
from tools.statistics import sigmoid, softmax

REFERENCE = "builtin:few-shot"
ZERO_SHOT = "builtin:zero-shot"
"""The same without labels: only names and descriptions, to see what the labels are worth."""

REVISION = "1"
_ALTERNATIVES = 3


class FewShotClassifier:
    """Embeddings and logistic regression for choice, multi_choice and rating fields.

    Before the first label the names and descriptions of the labels decide, and the drafts say so.
    """

    def __init__(
        self, field: FieldSpec, embedder: TextEmbedder, calibrate: bool = True, reference: str = REFERENCE
    ) -> None:
        """``calibrate`` costs five more fits and is not needed to rank items."""
        self.field = field
        self.reference = reference
        self._embedder = embedder
        self._calibrate = calibrate
        self.classes = _classes(field)

    @property
    def identity(self) -> BackendIdentity:
        """Name, revision and the embedder with its weights."""
        embedder = {"embedder": self._embedder.reference, "embedder_revision": self._embedder.revision}
        return BackendIdentity(self.reference, REVISION, embedder)

    def fit(self, examples: Sequence[Example], pool: Sequence[TextInput], seed: int) -> Artefact:
        """Learn; values with labels that the field no longer has are left out. Ratings need labels to begin with."""
        learns = self.reference != ZERO_SHOT
        usable = [one for one in examples if learns and self._target(one) is not None]
        if self.field.kind == "rating" and not usable:
            raise Conflict(
                f"Numbers say nothing by themselves: rate about 10 items of field {self.field.name!r} first, "
                f"then {REFERENCE} can learn from them."
            )
        evidence = Evidence(
            names=self._names(),
            rows=self._vectors([one.input for one in usable]),
            calibrates=np.array([one.calibrates for one in usable], dtype=np.bool_),
            pool=self._vectors(pool)
            if self.field.kind == "choice"
            else np.zeros((0, self._embedder.dimension), np.float32),
        )
        rng = np.random.default_rng(seed)
        with limited_threads():
            return self._train(evidence, [self._target(one) for one in usable], rng)

    def predict(self, artefact: Artefact, inputs: Sequence[TextInput]) -> list[Draft]:
        """One draft for each input."""
        if not inputs:
            return []
        logits = _linear(artefact).logits(self._vectors(inputs))
        made = {"choice": self._choices, "multi_choice": self._sets, "rating": self._ratings}[self.field.kind]
        return made(artefact, inputs, logits)

    def probabilities(self, artefact: Artefact, vectors: Matrix) -> Matrix:
        """Shape (n, K) for rows (n, d): of the classes of a choice or rating; of each label by itself for the rest."""
        logits = _linear(artefact).logits(vectors)
        if self.field.kind == "choice":
            return np.asarray(softmax(logits), dtype=np.float32)
        if self.field.kind == "rating":
            return rating_shares(logits)
        return np.asarray(sigmoid(logits), dtype=np.float32)

    def _names(self) -> Matrix:
        if self.field.kind == "rating":
            return np.zeros((0, self._embedder.dimension), dtype=np.float32)
        return name_vectors(self.field, self._embedder)

    def _vectors(self, inputs: Sequence[TextInput]) -> Matrix:
        made = np.zeros((len(inputs), self._embedder.dimension), dtype=np.float32)
        missing = [at for at, one in enumerate(inputs) if one.vector is None]
        for at, one in enumerate(inputs):
            if one.vector is not None:
                made[at] = one.vector
        if missing:
            made[missing] = self._embedder.embed([inputs[at].text for at in missing])
        return made

    def _target(self, example: Example) -> list[int] | None:
        """Class numbers of a value, ``None`` where it does not belong to the field as it is now."""
        value = example.value
        if self.field.kind == "rating":
            given = [str(value.get("rating"))]
        else:
            given = list(value["labels"]) if "labels" in value else [str(value.get("label"))]
        return [self.classes.index(one) for one in given] if set(given) <= set(self.classes) else None

    def _train(self, evidence: Evidence, targets: Sequence[Any], rng: np.random.Generator) -> Artefact:
        said: dict[str, JsonValue] = {"backend": self.reference, "labels": len(targets)}
        if self.field.kind == "choice":
            codes = np.array([target[0] for target in targets], dtype=np.int64)
            found = train_choice(evidence, codes, rng, self._calibrate)
            said |= {"mode": found.mode, "c": found.c, "calibrated_on": found.calibrated_on}
            return Artefact(said, {"weights": found.linear.weights, "bias": found.linear.bias})
        if self.field.kind == "rating":
            codes = np.array([target[0] for target in targets], dtype=np.int64)
            flags = train_rating(evidence, codes, len(self.classes), rng, self._calibrate)
        else:
            rows = np.zeros((len(targets), len(self.classes)), dtype=np.bool_)
            for row, target in zip(rows, targets, strict=True):
                row[target] = True
            flags = train_flags(evidence, rows, rng, self._calibrate)
        said |= {"mode": "regression" if targets else "names", "calibrated_on": flags.calibrated_on}
        said |= {"power": flags.power, "may_be_empty": flags.may_be_empty}
        arrays = {"weights": flags.linear.weights, "bias": flags.linear.bias, "thresholds": flags.thresholds}
        return Artefact(said, arrays)

    def _choices(self, artefact: Artefact, inputs: Sequence[TextInput], logits: Matrix) -> list[Draft]:
        shares = softmax(logits)
        ranked = np.argsort(-shares, axis=1, kind="stable")[:, : _ALTERNATIVES + 1]
        return [
            self._draft(
                artefact, one, {"label": self.classes[order[0]]}, float(row[order[0]]), self._others(row, order[1:])
            )
            for one, row, order in zip(inputs, shares, ranked, strict=True)
        ]

    def _sets(self, artefact: Artefact, inputs: Sequence[TextInput], logits: Matrix) -> list[Draft]:
        shares = np.asarray(sigmoid(logits), dtype=np.float32)
        chosen, scores = choose_labels(shares, _flags(artefact))
        drafts = []
        for one, row, flags, score in zip(inputs, shares, chosen, scores, strict=True):
            labels = [self.classes[at] for at in np.flatnonzero(flags)]
            left_out = [at for at in np.argsort(-row, kind="stable") if not flags[at]][:_ALTERNATIVES]
            value = {"labels": _alone(labels, row, self.classes)}
            drafts.append(self._draft(artefact, one, value, float(score), self._others(row, left_out)))
        return drafts

    def _ratings(self, artefact: Artefact, inputs: Sequence[TextInput], logits: Matrix) -> list[Draft]:
        shares = rating_shares(logits)
        drafts = []
        for one, row, best in zip(inputs, shares, middle_rating(shares), strict=True):
            score = float(row[best]) ** float(artefact.json["power"])
            others = [at for at in np.argsort(-row, kind="stable") if at != best][:_ALTERNATIVES]
            value = {"rating": int(self.classes[best])}
            drafts.append(self._draft(artefact, one, value, score, self._others(row, others)))
        return drafts

    def _others(self, row: Matrix, order: Sequence[int]) -> tuple[Alternative, ...]:
        # What cannot be predicted yet, such as 'cannot tell' before somebody used it, has no share at all.
        return tuple(Alternative(self.classes[at], float(row[at])) for at in order if row[at] > 0)

    def _draft(
        self,
        artefact: Artefact,
        one: TextInput,
        value: dict[str, JsonValue],
        score: float,
        others: tuple[Alternative, ...],
    ) -> Draft:
        source: ScoreSource = "calibrated" if artefact.json["calibrated_on"] else "uncalibrated"
        return Draft(
            one.item_id, self.field.id, value, min(1.0, max(0.0, score)), source, others, learned_from(artefact)
        )


def learned_from(artefact: Artefact) -> str:
    """What a draft rests on, in words."""
    labels = int(artefact.json["labels"])
    if not labels:
        return "from the names and descriptions of the labels only"
    return f"learned from {labels} confirmed {'label' if labels == 1 else 'labels'}"


def _classes(field: FieldSpec) -> tuple[str, ...]:
    if field.kind == "rating":
        return tuple(str(rating) for rating in range(field.min, field.max + 1))
    return field.label_ids


def _linear(artefact: Artefact) -> Linear:
    return Linear(_floats(artefact, "weights"), _floats(artefact, "bias"))


def _flags(artefact: Artefact) -> TrainedFlags:
    said = artefact.json
    return TrainedFlags(
        _linear(artefact), _floats(artefact, "thresholds"), float(said["power"]), bool(said["may_be_empty"])
    )


def _floats(artefact: Artefact, name: str) -> Matrix:
    return np.asarray(artefact.arrays[name], dtype=np.float32)


def _alone(labels: list[str], row: Matrix, classes: tuple[str, ...]) -> list[str]:
    """'none of these' and 'cannot tell' cannot stand beside others: the likelier side is kept."""
    reserved = [one for one in labels if one in (NONE_OF_THESE, CANNOT_TELL)]
    plain = [one for one in labels if one not in reserved]
    if not reserved or len(labels) == 1:
        return labels
    best = max(labels, key=lambda one: float(row[classes.index(one)]))
    return [best] if best in reserved else plain
