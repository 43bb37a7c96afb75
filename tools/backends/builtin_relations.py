"""Relations learned from confirmed ones: every allowed pair of spans is a yes-or-which question to a linear model."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tools.backends.contract import BackendIdentity, Example, Matrix, TextInput
from tools.backends.linear import Linear, fit_softmax
from tools.backends.threads import limited_threads
from tools.backends.tokens import tokenize
from tools.errors import Conflict
from tools.records import Draft, JsonValue
from tools.results import Artefact
from tools.schema import FieldSpec
from tools.statistics import softmax
from tools.values import Value

REFERENCE = "builtin:relations"
REVISION = "1"
NO_RELATION = 0

_WIDTH = 2048
_C = 10.0
_MOST_WORDS = 12
_MOST_TRAINING_PAIRS = 20_000
_DISTANCES = (0, 1, 2, 4, 8, 16)
Span = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Pair:
    """An ordered pair of spans of one item."""

    source: Span
    target: Span

    @property
    def ends(self) -> tuple[str, str]:
        """The ids of both spans."""
        return str(self.source["id"]), str(self.target["id"])


class PairRelationTagger:
    """Logistic regression on hashed features of span pairs; only pairs that the schema allows are asked about."""

    def __init__(self, field: FieldSpec) -> None:
        """Bind the tagger to a relations field."""
        self.field = field
        self._labels = tuple(label.id for label in field.labels)

    @property
    def identity(self) -> BackendIdentity:
        """Name and revision."""
        return BackendIdentity(REFERENCE, REVISION, {"features": _WIDTH})

    def fit(self, examples: Sequence[Example], pool: Sequence[TextInput], seed: int) -> Artefact:
        """Learn from confirmed relations; at least one is needed. Pairs that nobody joined say what is no relation."""
        rows: list[Matrix] = []
        codes: list[int] = []
        for one in examples:
            joined = {(r["from"], r["to"]): str(r["label"]) for r in one.value["relations"]}
            for pair in self.pairs(one.input.spans):
                rows.append(describe_pair(one.input.text, pair))
                codes.append(self._code(joined.get(pair.ends, "")))
        if not any(codes):
            raise Conflict(
                f"Relations are learned from confirmed ones: join spans in field {self.field.name!r} on about 10 items "
                f"first, then {REFERENCE} can suggest more."
            )
        with limited_threads():
            linear = _train(np.array(rows), np.array(codes, dtype=np.int64), len(self._labels) + 1, seed)
        said = {"backend": REFERENCE, "labels": len(examples), "relations": sum(code > 0 for code in codes)}
        return Artefact(said, {"weights": linear.weights, "bias": linear.bias})

    def predict(self, artefact: Artefact, inputs: Sequence[TextInput]) -> list[Draft]:
        """One draft for each input; an item with fewer than two spans has no relations."""
        linear = Linear(np.asarray(artefact.arrays["weights"]), np.asarray(artefact.arrays["bias"]))
        return [self._draft(artefact, one, linear) for one in inputs]

    def pairs(self, spans: Sequence[Span]) -> Iterator[Pair]:
        """All ordered pairs that some label may join."""
        for source in spans:
            for target in spans:
                if source["id"] != target["id"] and self._allowed(source, target):
                    yield Pair(source, target)

    def _allowed(self, source: Span, target: Span) -> list[int]:
        """Codes of the labels that may join these two."""
        return [
            code
            for code, label in enumerate(self.field.labels, start=1)
            if (not label.from_ or source["label"] in label.from_) and (not label.to or target["label"] in label.to)
        ]

    def _code(self, label: str) -> int:
        return self._labels.index(label) + 1 if label in self._labels else NO_RELATION

    def _draft(self, artefact: Artefact, one: TextInput, linear: Linear) -> Draft:
        pairs = list(self.pairs(one.spans))
        made, log_chance = [], 0.0
        if pairs:
            logits = linear.logits(np.array([describe_pair(one.text, pair) for pair in pairs]))
            for pair, row in zip(pairs, logits, strict=True):
                code, chance = self._choose(pair, row)
                log_chance += math.log(max(chance, 1e-12))
                if code != NO_RELATION:
                    made.append(self._relation(pair, self._labels[code - 1]))
        reason = f"learned from {artefact.json['relations']} confirmed relations on {artefact.json['labels']} items"
        if len(one.spans) < 2:
            reason = f"the item has {len(one.spans) or 'no'} spans that could be joined"
        return Draft(one.item_id, self.field.id, {"relations": made}, math.exp(log_chance), "uncalibrated", (), reason)

    def _choose(self, pair: Pair, logits: Matrix) -> tuple[int, float]:
        """The likeliest of 'none' and the labels that may join the pair, with its share."""
        possible = [NO_RELATION, *self._allowed(pair.source, pair.target)]
        shares = softmax(logits[possible][None, :])[0]
        best = int(np.argmax(shares))
        return possible[best], float(shares[best])

    def _relation(self, pair: Pair, label: str) -> Value:
        source, target = pair.ends
        return {"id": f"r_{source}_{target}_{label}", "label": label, "from": source, "to": target}


def _train(rows: Matrix, codes: Any, classes: int, seed: int) -> Linear:
    """Thin out the pairs without a relation where there are too many, then fit."""
    keep = np.arange(len(codes))
    if len(codes) > _MOST_TRAINING_PAIRS:
        none = np.flatnonzero(codes == NO_RELATION)
        rest = np.flatnonzero(codes != NO_RELATION)
        most = max(0, _MOST_TRAINING_PAIRS - len(rest))
        keep = np.sort(np.concatenate([rest, np.random.default_rng(seed).permutation(none)[:most]]))
    seen = np.unique(np.append(codes[keep], NO_RELATION))
    weights = np.ones(len(keep), dtype=np.float32)
    found = fit_softmax(rows[keep], np.searchsorted(seen, codes[keep]), len(seen), weights, _C)
    full = Linear(np.zeros((classes, rows.shape[1]), np.float32), np.full(classes, -1e4, dtype=np.float32))
    full.weights[seen], full.bias[seen] = found.weights, found.bias
    return full


def describe_pair(text: str, pair: Pair) -> Matrix:
    """Hashed features of a pair, shape (2048,): labels, order, distance, words between, before and after, the ends."""
    row = np.zeros(_WIDTH, dtype=np.float32)
    for feature in _features(text, pair):
        digest = hashlib.blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        number = int.from_bytes(digest, "little")
        row[number % _WIDTH] += 1.0 if number >> 63 else -1.0
    return row / np.float32(max(1.0, float(np.linalg.norm(row))))


def _features(text: str, pair: Pair) -> Iterator[str]:
    source, target = pair.source, pair.target
    first, second = sorted((source, target), key=lambda span: (span["start"], span["end"]))
    order = "forward" if first is source else "backward"
    kinds = f"{source['label']}>{target['label']}"
    between = [token.text.casefold() for token in tokenize(text[first["end"] : max(first["end"], second["start"])])]
    distance = sum(len(between) > limit for limit in _DISTANCES)
    yield from (f"kinds {kinds}", f"order {order} {kinds}", f"distance {distance} {order}")
    nested = second["start"] < first["end"]
    yield f"nested {nested}"
    for word in between[:_MOST_WORDS]:
        yield f"between {word}"
        yield f"between {order} {word}"
    yield f"all between {order} {' '.join(between[:_MOST_WORDS])}"
    yield from (
        f"before {t.text.casefold()}" for t in tokenize(text[max(0, first["start"] - 40) : first["start"]])[-2:]
    )
    yield from (f"after {t.text.casefold()}" for t in tokenize(text[second["end"] : second["end"] + 40])[:2])
    yield f"source {text[source['start'] : source['end']].casefold()}"
    yield f"target {text[target['start'] : target['end']].casefold()}"
