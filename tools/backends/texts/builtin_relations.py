"""Relations learned from confirmed ones: every pair of spans that the schema lets be joined is one question."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import ClassVar

import numpy as np

from tools.backends.contract import BackendIdentity, Example, Input, Material
from tools.backends.learning.threads import limited_threads
from tools.backends.texts.pair_features import Pair, PairDescriber, Span
from tools.backends.texts.pair_training import (
    Lessons,
    PairModel,
    Relations,
    allowed_answers,
    count_answers,
    from_record,
    learn_pairs,
    may_join,
    relations_of,
    to_record,
)
from tools.backends.texts.sparse_linear import Columns
from tools.backends.texts.word_classes import REVISION as WORDS
from tools.backends.texts.word_classes import WordClasses, is_installed, word_classes
from tools.errors import Conflict
from tools.records import Draft, JsonValue, ScoreSource
from tools.results import Artefact
from tools.schema import FieldSpec
from tools.sentences import count_of
from tools.statistics import softmax
from tools.values import Value

REFERENCE = "builtin:relations"
REVISION = "2"

_MOST_PAIRS = 50_000


@dataclass(frozen=True)
class _Example:
    """The pairs of a confirmed item with the answer to each, and whether nobody steered it."""

    text: str
    pairs: list[Pair]
    answers: list[Relations]
    calibrates: bool


class PairRelationTagger:
    """Softmax regression on words, heads and word classes of span pairs; only what the schema allows is proposed."""

    learns_from: ClassVar[Material] = "texts"
    states: ClassVar[tuple[str, ...]] = ("labels", "relations", "c")
    needs_answers = True

    def __init__(self, field: FieldSpec) -> None:
        """Bind the tagger to a relations field."""
        self.field = field

    @property
    def identity(self) -> BackendIdentity:
        """Name, revision and which word classes there are."""
        return BackendIdentity(REFERENCE, REVISION, {"word_classes": WORDS if is_installed() else ""})

    def fit(self, examples: Sequence[Example], pool: Sequence[Input], seed: int) -> Artefact:
        """Learn from confirmed relations; at least one is needed. Pairs that nobody joined say what is no relation."""
        read = [self._read(one) for one in examples]
        joined = sum(len(answer) for one in read for answer in one.answers)
        if not joined:
            raise Conflict(
                f"Relations are learned from confirmed ones: join spans in field {self.field.name!r} on about 10 items "
                f"first, then {REFERENCE} can suggest more."
            )
        classes, rng = word_classes(), np.random.default_rng(seed)
        with limited_threads():
            learned = learn_pairs(self._lessons(_within_reach(read, rng), PairDescriber(classes)), rng)
        said: dict[str, JsonValue] = {
            "backend": REFERENCE,
            "labels": len(examples),
            "relations": joined,
            "c": learned.c,
            "calibrated_on": learned.calibrated_on,
            "answers": to_record(learned.model.answers),
            "lean": learned.model.lean,
            "power": learned.model.power,
        }
        arrays = {f"classes/{name}": array for name, array in classes.to_arrays().items()}
        arrays |= {"columns": learned.model.columns.to_array(), "weights": learned.model.weights}
        return Artefact(said, arrays)

    def predict(self, artefact: Artefact, inputs: Sequence[Input]) -> list[Draft]:
        """One draft for each input; an item with fewer than two spans has no relations."""
        if not inputs:
            return []
        said, arrays = artefact.json, artefact.arrays
        columns, weights = Columns.from_array(arrays["columns"]), np.asarray(arrays["weights"], dtype=np.float32)
        model = PairModel(columns, weights, from_record(said["answers"]), float(said["lean"]), float(said["power"]))
        classes = WordClasses.from_arrays({name: arrays[f"classes/{name}"] for name in ("words", "codes")})
        describer = PairDescriber(classes)
        return [self._draft(artefact, one, model, describer) for one in inputs]

    def pairs(self, spans: Sequence[Span]) -> list[Pair]:
        """All pairs, earlier span first, that some label may join in some direction."""
        ordered = sorted(spans, key=lambda span: (span["start"], span["end"], str(span["id"])))
        found = [Pair(one, other) for one, other in combinations(ordered, 2) if one["id"] != other["id"]]
        return [pair for pair in found if self._joinable(pair)]

    def _joinable(self, pair: Pair) -> bool:
        both = (pair.ends(True), pair.ends(False))
        return any(may_join(self.field, label.id, *ends) for label in self.field.labels for ends in both)

    def _read(self, example: Example) -> _Example:
        known = set(self.field.label_ids)
        given: dict[tuple[str, str], set[str]] = {}
        for relation in example.value["relations"]:
            if relation["label"] in known:
                given.setdefault((str(relation["from"]), str(relation["to"])), set()).add(str(relation["label"]))
        pairs = self.pairs(example.input.spans)
        answers = [frozenset(self._answer(pair, given)) for pair in pairs]
        return _Example(example.input.text, pairs, answers, example.calibrates)

    def _answer(self, pair: Pair, given: dict[tuple[str, str], set[str]]) -> list[tuple[str, bool]]:
        found = []
        for forward in (True, False):
            source, target = pair.ends(forward)
            labels = given.get((str(source["id"]), str(target["id"])), set())
            found += [(label, forward) for label in sorted(labels) if may_join(self.field, label, source, target)]
        return found

    def _lessons(self, read: Sequence[_Example], describer: PairDescriber) -> Lessons:
        given = [answer for one in read for answer in one.answers]
        answers = count_answers(given)
        numbers = {answer: code for code, answer in enumerate(answers)}
        return Lessons(
            rows=[row for one in read for row in describer.describe(one.text, one.pairs)],
            codes=np.array([numbers[answer] for answer in given], dtype=np.int64),
            allowed=np.array(
                [allowed_answers(self.field, answers, pair) for one in read for pair in one.pairs], dtype=np.bool_
            ),
            items=np.repeat(np.arange(len(read)), [len(one.pairs) for one in read]),
            answers=answers,
            calibrates=np.array([one.calibrates for one in read], dtype=np.bool_),
        )

    def _draft(self, artefact: Artefact, one: Input, model: PairModel, describer: PairDescriber) -> Draft:
        pairs = self.pairs(one.spans)
        made: dict[str, Value] = {}
        log_chance = 0.0
        if pairs:
            allowed = np.array([allowed_answers(self.field, model.answers, pair) for pair in pairs], dtype=np.bool_)
            shares = softmax(model.logits(list(describer.describe(one.text, pairs)), allowed))
            for pair, row in zip(pairs, shares, strict=True):
                code = int(np.argmax(row))
                log_chance += math.log(max(float(row[code]), 1e-12))
                made |= _relations(model.answers[code], pair)
        source: ScoreSource = "calibrated" if artefact.json["calibrated_on"] else "uncalibrated"
        score = math.exp(model.power * log_chance)
        value = {"relations": sorted(made.values(), key=lambda one: (one["from"], one["to"], one["label"]))}
        return Draft(one.item_id, self.field.id, value, score, source, (), _reason(artefact, one, len(pairs)))


def _within_reach(read: Sequence[_Example], rng: np.random.Generator) -> list[_Example]:
    """Items with no more pairs than fit in memory, those with relations first; all of them where they are not many."""
    if sum(len(one.pairs) for one in read) <= _MOST_PAIRS:
        return list(read)
    drawn = sorted(rng.permutation(len(read)).tolist(), key=lambda at: not any(read[at].answers))
    total = np.cumsum([len(read[at].pairs) for at in drawn])
    kept = drawn[: max(1, int(np.searchsorted(total, _MOST_PAIRS, side="right")))]
    return [read[at] for at in sorted(kept)]


def _relations(answer: Relations, pair: Pair) -> dict[str, Value]:
    made: dict[str, Value] = {}
    for label, source, target in relations_of(answer, pair):
        relation_id = f"r_{source['id']}_{target['id']}_{label}"
        made[relation_id] = {"id": relation_id, "label": label, "from": str(source["id"]), "to": str(target["id"])}
    return made


def _reason(artefact: Artefact, one: Input, pairs: int) -> str:
    said = artefact.json
    if len(one.spans) < 2:
        return f"the item has {len(one.spans) or 'no'} spans that could be joined"
    if not pairs:
        return "no two of the item's spans may be joined"
    learned = count_of(said["relations"], "confirmed relation")
    return f"learned from {learned} on {count_of(said['labels'], 'item')}; looked at {count_of(pairs, 'pair')} of spans"
