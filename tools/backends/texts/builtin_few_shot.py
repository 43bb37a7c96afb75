"""Few-shot classification of texts: vectors, label names and a linear model that learns from the first label on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import ClassVar

import numpy as np

from tools.backends.contract import BackendIdentity, Embedder, Example, Input, Material, Matrix
from tools.backends.learning.blind_record import ANSWERS, RIGHT, BlindRecord, blind_record
from tools.backends.learning.held_out import HeldOut
from tools.backends.learning.linear import Flags
from tools.backends.learning.threads import limited_threads
from tools.backends.texts.answering.one_class import OneClass
from tools.backends.texts.answering.scale import Scale
from tools.backends.texts.answering.several import Several
from tools.backends.texts.answering.way import Answer, Way, linear_of
from tools.backends.texts.choice_training import Evidence, calibration_scope
from tools.backends.texts.doubts import familiarity_arrays, familiarity_of, familiarity_record, with_doubts
from tools.backends.texts.familiarity import Familiarity, Known, learn_familiarity
from tools.kinds.contract import Kind, Learning
from tools.records import Draft, JsonValue, ScoreSource
from tools.results import Artefact
from tools.schema import FieldSpec
from tools.sentences import count_of

REFERENCE = "builtin:few-shot"
ZERO_SHOT = "builtin:zero-shot"
"""The same without labels: only names and descriptions, to see what the labels are worth."""

REVISION = "2"
WAYS: Mapping[Learning, type[Way]] = {"class": OneClass, "flags": Several, "scale": Scale}


def can_learn(kind: Kind) -> bool:
    """Whether answers of a kind are learned from a fixed list of words."""
    return kind.learns_as in WAYS


class FewShotClassifier:
    """Embeddings and logistic regression for fields that are answered by one or some of a few classes.

    Before the first label the names and descriptions of the labels decide, and the drafts say so.
    """

    learns_from: ClassVar[Material] = "vectors"
    states: ClassVar[tuple[str, ...]] = ("labels", "mode", "c", ANSWERS, RIGHT)

    def __init__(
        self, field: FieldSpec, embedder: Embedder, calibrate: bool = True, reference: str = REFERENCE
    ) -> None:
        """``calibrate`` costs five more fits and is not needed to rank items."""
        self.field = field
        self.reference = reference
        self._embedder = embedder
        self._calibrate = calibrate
        self._way = WAYS[field.record.learns_as](field)
        self.classes = self._way.classes

    @property
    def identity(self) -> BackendIdentity:
        """Name, revision and the embedder with its weights."""
        embedder = {"embedder": self._embedder.reference, "embedder_revision": self._embedder.revision}
        return BackendIdentity(self.reference, REVISION, embedder)

    @property
    def needs_answers(self) -> bool:
        """Whether nothing can be said before people have answered."""
        return self._way.needs_answers(self._embedder)

    def fit(self, examples: Sequence[Example], pool: Sequence[Input], seed: int) -> Artefact:
        """Learn; values with labels that the field no longer has are left out. Ratings need labels to begin with."""
        learns = self.reference != ZERO_SHOT
        read = [(one.input, one.calibrates, self._way.target(one.value)) for one in examples if learns]
        usable = [(given, calibrates, target) for given, calibrates, target in read if target is not None]
        if not usable:
            self._way.refuse_nothing(self._embedder, REFERENCE)
        evidence = Evidence(
            names=self._way.names(self._embedder),
            rows=self._vectors([given for given, _, _ in usable]),
            calibrates=np.array([calibrates for _, calibrates, _ in usable], dtype=np.bool_),
            pool=self._vectors(pool if self._way.uses_pool else []),
            usual=self._way.usual(),
        )
        rng = np.random.default_rng(seed)
        with limited_threads():
            return self._train(evidence, [target for _, _, target in usable], rng)

    def predict(self, artefact: Artefact, inputs: Sequence[Input]) -> list[Draft]:
        """One draft for each input."""
        if not inputs:
            return []
        vectors = self._vectors(inputs)
        logits = linear_of(artefact).logits(vectors)
        answers, known = self._way.answers(artefact, logits), familiarity_of(artefact)
        drafts = [self._draft(artefact, one, answer) for one, answer in zip(inputs, answers, strict=True)]
        if known is not None:
            drafts = with_doubts(drafts, known, self.field, vectors, self._way.energy(logits))
        return [_sourced(one, artefact) for one in drafts]

    def probabilities(self, artefact: Artefact, vectors: Matrix) -> Matrix:
        """Shape (n, K) for rows (n, d): of the classes of a choice or rating; of each label by itself for the rest."""
        return self._way.shares(linear_of(artefact).logits(vectors))

    def plainly(self, shares: Matrix) -> list[list[str]]:
        """The classes that rows of :meth:`probabilities` speak for."""
        return self._way.plainly(shares)

    def familiarity(self, artefact: Artefact, vectors: Matrix) -> Matrix:
        """How much each of the rows (n, d) is like what was labelled, shape (n,); low for texts no label is made for.

        Without enough labels nothing is unlike them: 0, as for a usual text, for every row.
        """
        known = familiarity_of(artefact)
        if known is None:
            return np.zeros(len(vectors), dtype=np.float32)
        return known.sign(self._way.energy(linear_of(artefact).logits(vectors)), known.likeness_of(vectors))

    def _vectors(self, inputs: Sequence[Input]) -> Matrix:
        made = np.zeros((len(inputs), self._embedder.dimension), dtype=np.float32)
        missing = [at for at, one in enumerate(inputs) if one.vector is None]
        for at, one in enumerate(inputs):
            if one.vector is not None:
                made[at] = one.vector
        if missing:
            made[missing] = self._embedder.embed_contents([inputs[at].content for at in missing])
        return made

    def _train(self, evidence: Evidence, targets: Sequence[list[int]], rng: np.random.Generator) -> Artefact:
        rows = np.zeros((len(targets), len(self.classes)), dtype=np.bool_)
        for row, target in zip(rows, targets, strict=True):
            row[target] = True
        taught = self._way.train(evidence, rows, rng, self._calibrate)
        said: dict[str, JsonValue] = {"backend": self.reference, "labels": len(targets), **taught.said}
        return self._with_held_out(Artefact(said, taught.arrays), taught.held, evidence, rows, rng)

    def _with_held_out(
        self, artefact: Artefact, held: HeldOut | None, evidence: Evidence, targets: Flags, rng: np.random.Generator
    ) -> Artefact:
        """The artefact with what labels kept aside have shown; ``targets`` (n, K)."""
        if held is None:
            return artefact
        known = self._familiarity(held, evidence, targets, rng) if self._way.knows_strangers else None
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

    def _draft(self, artefact: Artefact, one: Input, answer: Answer) -> Draft:
        record = self.field.record
        return Draft(
            one.item_id,
            self.field.id,
            {record.key: record.of_words(self.field, answer.words)},
            min(1.0, max(0.0, answer.score)),
            _source(artefact),
            answer.others,
            learned_from(artefact),
        )


def _source(artefact: Artefact) -> ScoreSource:
    return "calibrated" if artefact.json["calibrated_on"] else "uncalibrated"


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
