"""Labellers out of transformers models: fine-tuned classifiers, zero-shot by entailment, token classification."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from tools.backends.contract import BackendIdentity, Example, Input, Material, Matrix
from tools.backends.hub_model import CLASSIFIER, LOCK, TAGGER, HubModel, open_model
from tools.backends.texts.span_tags import Region
from tools.errors import InputError
from tools.labels import slug
from tools.records import Alternative, Draft
from tools.results import Artefact
from tools.schema import FieldSpec
from tools.statistics import sigmoid, softmax

HYPOTHESIS = "This text is about {}."
_ALTERNATIVES = 3


class _HubLabeller:
    """What the labellers of this module share: they learn nothing and are named after their model."""

    kind = CLASSIFIER

    learns_from: ClassVar[Material] = ""
    states: ClassVar[tuple[str, ...]] = ()
    needs_answers = False

    def __init__(self, field: FieldSpec, name: str) -> None:
        """Load the model; :class:`BackendMissing` says what is lacking."""
        self.field = field
        self.name = name
        self.hub: HubModel = open_model(name, self.kind)

    @property
    def identity(self) -> BackendIdentity:
        """Model and revision; of a folder, the digest of its weights."""
        return BackendIdentity(f"hub:{self.name}", self.hub.revision, {"most_tokens": self.hub.limit})

    def fit(self, examples: Sequence[Example], pool: Sequence[Input], seed: int) -> Artefact:
        """Nothing is learned: the same artefact for all examples."""
        return Artefact({"backend": f"hub:{self.name}", "revision": self.hub.revision})


class HubClassifier(_HubLabeller):
    """A sequence classifier whose own labels are the field's, or an entailment model asked about each label."""

    def __init__(self, field: FieldSpec, name: str) -> None:
        """Refuse a model that knows none of the field's labels."""
        super().__init__(field, name)
        self._entailment = next((at for at, one in enumerate(self.hub.labels) if one.lower().startswith("entail")), -1)
        self._columns = {} if self._entailment >= 0 else match_labels(field, self.hub.labels)
        if self._entailment >= 0 and not field.record.has_labels:
            raise InputError(f"hub:{name} judges entailment, which says nothing about a {field.kind}.")
        self._takes_several = field.record.learns_as == "flags"
        if self._entailment < 0 and not self._columns:
            raise InputError(
                f"hub:{name} answers with {', '.join(self.hub.labels[:8])}; none of these is an answer of field "
                f"{field.id!r}."
            )

    def predict(self, artefact: Artefact, inputs: Sequence[Input]) -> list[Draft]:
        """One draft for each input; an answer that the field does not have is ``invalid``."""
        if not inputs:
            return []
        if self._entailment >= 0:
            names = [label.id for label in self.field.labels]
            return [self._draft(one, names, row) for one, row in zip(inputs, self._entailed(inputs), strict=True)]
        logits = self.hub.logits([one.text for one in inputs])
        shares = sigmoid(logits) if self._takes_several else softmax(logits)
        names = [self._columns.get(at, own) for at, own in enumerate(self.hub.labels)]
        return [self._draft(one, names, row) for one, row in zip(inputs, shares, strict=True)]

    def _entailed(self, inputs: Sequence[Input]) -> Matrix:
        """Share of each label, (n, K): against the other labels for one choice, against the contrary for several."""
        hypotheses = [HYPOTHESIS.format(label.name) for label in self.field.labels]
        texts = [one.text for one in inputs for _ in hypotheses]
        logits = self.hub.logits(texts, hypotheses * len(inputs))
        shaped = logits.reshape(len(inputs), len(hypotheses), -1)
        if self._takes_several:
            return np.asarray(softmax(logits)[:, self._entailment].reshape(len(inputs), -1), dtype=np.float32)
        return np.asarray(softmax(shaped[:, :, self._entailment]), dtype=np.float32)

    def _draft(self, one: Input, names: Sequence[str], row: Matrix) -> Draft:
        order = [int(at) for at in np.argsort(-row, kind="stable")]
        if self._takes_several:
            chosen = [at for at in order if row[at] >= 0.5]
            score = float(np.prod(np.maximum(row, 1 - row)))
        else:
            chosen, score = order[:1], float(row[order[0]])
        record = self.field.record
        known = set(record.words(self.field))
        others = [Alternative(names[at], float(row[at])) for at in order if at not in chosen and names[at] in known]
        foreign = [names[at] for at in chosen if names[at] not in known]
        return Draft(
            one.item_id,
            self.field.id,
            {record.key: record.of_words(self.field, [names[at] for at in chosen])},
            score,
            "uncalibrated",
            tuple(others[:_ALTERNATIVES]),
            f"hub:{self.name}",
            "invalid" if foreign else "ok",
            f"the model answered {foreign[0]!r}, which is no answer of the field" if foreign else "",
        )


def match_labels(field: FieldSpec, own: Sequence[str]) -> dict[int, str]:
    """Output number to label id, by id or name in any case; for ratings by the first number in the output's name."""
    if field.record.is_ordered:
        found = {at: re.search(r"\d+", name) for at, name in enumerate(own)}
        numbers = {at: int(match.group()) for at, match in found.items() if match}
        return {at: str(number) for at, number in numbers.items() if field.min <= number <= field.max}
    ids = {slug(label.name): label.id for label in field.answers} | {one: one for one in field.label_ids}
    return {at: ids[slug(name)] for at, name in enumerate(own) if slug(name) in ids}


class HubSpanTagger(_HubLabeller):
    """A token classifier with begin/inside tags; offsets come from its tokenizer and are exact."""

    kind = TAGGER

    def __init__(self, field: FieldSpec, name: str) -> None:
        """Refuse a model whose tags mean none of the field's labels."""
        super().__init__(field, name)
        bare = [re.sub(r"^[BILSEU]-", "", one) for one in self.hub.labels]
        self._columns = match_labels(field, bare)
        if not self._columns:
            raise InputError(
                f"hub:{name} tags {', '.join(sorted(set(bare) - {'O'})[:8])}; none of these is a label of field "
                f"{field.id!r}."
            )

    def predict(self, artefact: Artefact, inputs: Sequence[Input]) -> list[Draft]:
        """One draft for each input; tags that mean no label of the field are passed over."""
        return [self._draft(one) for one in inputs]

    def _draft(self, one: Input) -> Draft:
        import torch

        with LOCK, torch.inference_mode():
            encoded = self.hub.tokenizer(
                one.text, truncation=True, max_length=self.hub.limit, return_offsets_mapping=True, return_tensors="pt"
            )
            offsets = encoded.pop("offset_mapping")[0].tolist()
            logits = self.hub.model(**encoded).logits[0].float().numpy()
        shares = softmax(logits)
        best = shares.argmax(axis=1)
        real = [at for at, (start, end) in enumerate(offsets) if start < end]
        chance = math.exp(sum(math.log(max(float(shares[at, best[at]]), 1e-12)) for at in real))
        pieces = [(*offsets[at], self._columns.get(int(best[at]), ""), self._begins(int(best[at]))) for at in real]
        spans = [
            {"id": f"s{r.start}_{r.end}_{r.label}", "start": r.start, "end": r.end, "label": r.label}
            for r in join_pieces(one.text, pieces)
        ]
        was_cut = bool(real) and int(offsets[real[-1]][1]) < len(one.text.rstrip())
        reason = f"hub:{self.name}" + ("; the model was shown the beginning only" if was_cut else "")
        return Draft(one.item_id, self.field.id, {"spans": spans}, chance, "uncalibrated", (), reason)

    def _begins(self, column: int) -> bool:
        return self.hub.labels[column].startswith(("B-", "S-", "U-"))


def join_pieces(text: str, pieces: Sequence[tuple[int, int, str, bool]]) -> list[Region]:
    """Regions out of (start, end, label or "", whether it begins a span) of word pieces, in order.

    A piece that touches the one before is part of the same word and never begins a span of the same label. White
    space at the ends is trimmed, because some tokenizers count the blank before a word to the word.
    """
    found: list[Region] = []
    previous = ""
    for start, end, label, begins in pieces:
        touches = bool(found) and found[-1].end == start and not text[start].isspace()
        if label and label == previous and (touches or not begins):
            found[-1] = Region(found[-1].start, end, label)
        elif label:
            found.append(Region(start, end, label))
        previous = label
    trimmed = (_trimmed(text, region) for region in found)
    return [region for region in trimmed if region.start < region.end]


def _trimmed(text: str, region: Region) -> Region:
    inside = text[region.start : region.end]
    start = region.start + len(inside) - len(inside.lstrip())
    return Region(start, max(start, region.start + len(inside.rstrip())), region.label)
