"""Few-shot classification of texts: vectors, label names and a linear model that learns from the first label on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from tools.backends.contract import BackendIdentity, Example, Matrix, TextEmbedder, TextInput
from tools.backends.learning.blind_record import BlindRecord, blind_record
from tools.backends.learning.held_out import HeldOut
from tools.backends.learning.label_names import knows_words, name_vectors
from tools.backends.learning.linear import Flags, Linear
from tools.backends.learning.threads import limited_threads
from tools.backends.texts.choice_training import Evidence, calibration_scope, train_choice
from tools.backends.texts.doubts import familiarity_arrays, familiarity_of, familiarity_record, with_doubts
from tools.backends.texts.familiarity import Familiarity, Known, choice_energy, learn_familiarity, set_energy
from tools.backends.texts.flag_training import (
    TrainedFlags,
    choose_labels,
    middle_rating,
    rating_shares,
    train_flags,
    train_rating,
)
from tools.errors import Conflict
from tools.labels import RESERVED
from tools.records import Alternative, Draft, JsonValue, ScoreSource
from tools.results import Artefact
from tools.schema import FieldSpec
from tools.sentences import count_of
from tools.statistics import sigmoid, softmax
from tools.values import value_labels

REFERENCE = "builtin:few-shot"
ZERO_SHOT = "builtin:zero-shot"
"""The same without labels: only names and descriptions, to see what the labels are worth."""

LEARNABLE = ("choice", "multi_choice", "rating")
"""Kinds of fields that are answered by one or some of a few classes, and so can be learned."""

FIRST_PICTURES = 3
"""Pictures of each label that are asked for where names say nothing."""

REVISION = "2"
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
        read = [(one.input, one.calibrates, self._target(one)) for one in examples if learns]
        usable = [(given, calibrates, target) for given, calibrates, target in read if target is not None]
        if not usable:
            self._refuse_nothing()
        evidence = Evidence(
            names=self._names(),
            rows=self._vectors([given for given, _, _ in usable]),
            calibrates=np.array([calibrates for _, calibrates, _ in usable], dtype=np.bool_),
            pool=self._vectors(pool)
            if self.field.kind == "choice"
            else np.zeros((0, self._embedder.dimension), np.float32),
            usual=None if self.field.kind == "rating" else np.array([one not in RESERVED for one in self.classes]),
        )
        rng = np.random.default_rng(seed)
        with limited_threads():
            return self._train(evidence, [target for _, _, target in usable], rng)

    def _refuse_nothing(self) -> None:
        """Without a label there must be names that mean something to the embedder."""
        if self.field.kind == "rating":
            raise Conflict(
                f"Numbers say nothing by themselves: rate about 10 items of field {self.field.name!r} first, "
                f"then {REFERENCE} can learn from them."
            )
        if not knows_words(self._embedder):
            raise Conflict(
                f"The names of the labels say nothing to {self._embedder.reference}, which compares pictures by how "
                f"they look: answer {self.field.name!r} for about {FIRST_PICTURES} items of each label first, then "
                f"{REFERENCE} can learn from them. A CLIP model knows names: set backend.embedder to hub:FOLDER."
            )

    def predict(self, artefact: Artefact, inputs: Sequence[TextInput]) -> list[Draft]:
        """One draft for each input."""
        if not inputs:
            return []
        vectors = self._vectors(inputs)
        made = {"choice": self._choices, "multi_choice": self._sets, "rating": self._ratings}[self.field.kind]
        logits = _linear(artefact).logits(vectors)
        drafts, known = made(artefact, inputs, logits), familiarity_of(artefact)
        if known is not None:
            drafts = with_doubts(drafts, known, self.field, vectors, self._energy(logits))
        return [_sourced(one, artefact) for one in drafts]

    def probabilities(self, artefact: Artefact, vectors: Matrix) -> Matrix:
        """Shape (n, K) for rows (n, d): of the classes of a choice or rating; of each label by itself for the rest."""
        logits = _linear(artefact).logits(vectors)
        if self.field.kind == "choice":
            return np.asarray(softmax(logits), dtype=np.float32)
        if self.field.kind == "rating":
            return rating_shares(logits)
        return np.asarray(sigmoid(logits), dtype=np.float32)

    def familiarity(self, artefact: Artefact, vectors: Matrix) -> Matrix:
        """How much each of the rows (n, d) is like what was labelled, shape (n,); low for texts no label is made for.

        Without enough labels nothing is unlike them: 0, as for a usual text, for every row.
        """
        known = familiarity_of(artefact)
        if known is None:
            return np.zeros(len(vectors), dtype=np.float32)
        return known.sign(self._energy(_linear(artefact).logits(vectors)), known.likeness_of(vectors))

    def _energy(self, logits: Matrix) -> Matrix:
        """Energy over the labels that say what a text is, shape (n,), from logits (n, K); ratings are never asked."""
        usual = [at for at, one in enumerate(self.classes) if one not in RESERVED]
        return choice_energy(logits[:, usual]) if self.field.kind == "choice" else set_energy(logits[:, usual])

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
        given = value_labels(example.value)
        if not given and self.field.kind != "multi_choice":
            return None
        return [self.classes.index(one) for one in given] if set(given) <= set(self.classes) else None

    def _train(self, evidence: Evidence, targets: Sequence[Any], rng: np.random.Generator) -> Artefact:
        said: dict[str, JsonValue] = {"backend": self.reference, "labels": len(targets)}
        rows = np.zeros((len(targets), len(self.classes)), dtype=np.bool_)
        for row, target in zip(rows, targets, strict=True):
            row[target] = True
        codes = np.asarray(rows.argmax(axis=1), dtype=np.int64)
        if self.field.kind == "choice":
            found = train_choice(evidence, codes, rng, self._calibrate)
            said |= {"mode": found.mode, "c": found.c, "calibrated_on": found.calibrated_on}
            arrays = {"weights": found.linear.weights, "bias": found.linear.bias}
            return self._with_held_out(Artefact(said, arrays), found.held, evidence, rows, rng)
        if self.field.kind == "rating":
            flags = train_rating(evidence, codes, len(self.classes), rng, self._calibrate)
        else:
            flags = train_flags(evidence, rows, rng, self._calibrate)
        said |= {"mode": "regression" if targets else "names", "calibrated_on": flags.calibrated_on}
        said |= {"power": flags.power, "may_be_empty": flags.may_be_empty}
        arrays = {"weights": flags.linear.weights, "bias": flags.linear.bias, "thresholds": flags.thresholds}
        return self._with_held_out(Artefact(said, arrays), flags.held, evidence, rows, rng)

    def _with_held_out(
        self, artefact: Artefact, held: HeldOut | None, evidence: Evidence, targets: Flags, rng: np.random.Generator
    ) -> Artefact:
        """The artefact with what labels kept aside have shown; ``targets`` (n, K)."""
        if held is None:
            return artefact
        known = None if self.field.kind == "rating" else self._familiarity(held, evidence, targets, rng)
        said = {**artefact.json, **familiarity_record(known)}
        unsteered = np.asarray(evidence.calibrates[held.at], dtype=np.bool_)
        said |= BlindRecord(int(held.right[unsteered].sum()), int(unsteered.sum())).to_record()
        said |= {"half": held.half.to_record()} if held.half else {}
        arrays = {**artefact.arrays, **held.to_arrays(evidence.calibrates), **familiarity_arrays(known)}
        return Artefact(said, arrays)

    def _familiarity(
        self, held: HeldOut, evidence: Evidence, targets: Flags, rng: np.random.Generator
    ) -> Familiarity | None:
        """Texts whose answer is a usual label, and which of them were judged without a model that knew them."""
        usual = np.asarray(targets[:, evidence.telling].any(axis=1), dtype=np.bool_)
        place = np.cumsum(usual) - 1
        judged = usual[held.at] & calibration_scope(evidence.calibrates & usual)[0][held.at]
        known = Known(evidence.rows[usual], place[held.at[judged]], held.energy[judged])
        unused = evidence.names[evidence.named & ~targets.any(axis=0)]
        return learn_familiarity(known, unused, rng)

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
    told = f"learned from {count_of(labels, 'confirmed label')}"
    known = blind_record(artefact.json).short()
    return f"{told}; {known}" if known else told


def _sourced(draft: Draft, artefact: Artefact) -> Draft:
    """The draft with what its confidence was compared with, where it is one."""
    if draft.score_source != "calibrated":
        return draft
    return replace(draft, reason=f"{draft.reason}; the score was compared with these")


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
    reserved = [one for one in labels if one in RESERVED]
    plain = [one for one in labels if one not in reserved]
    if not reserved or len(labels) == 1:
        return labels
    best = max(labels, key=lambda one: float(row[classes.index(one)]))
    return [best] if best in reserved else plain
