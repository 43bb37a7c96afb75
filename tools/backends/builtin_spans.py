"""Spans learned from confirmed ones: a conditional random field over words, with the confirmed forms as a gazetteer."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from tools.backends.contract import BackendIdentity, Example, TextInput
from tools.backends.span_tags import (
    Gazetteer,
    Region,
    collect_forms,
    form_of,
    have_overlap,
    read_regions,
    to_regions,
    to_tags,
)
from tools.backends.tokens import Token, tokenize, word_shape
from tools.errors import BackendMissing, Conflict
from tools.records import Draft
from tools.results import Artefact
from tools.schema import FieldSpec

REFERENCE = "builtin:spans"
REVISION = "1"
REMEDY = "pip install sklearn-crfsuite"
JOINT = "*"

_ROUNDS = 60
_WINDOW = 2
_SURE_FORM = 0.7


class CrfSpanTagger:
    """A linear-chain CRF (Lafferty et al., ICML 2001; trained by crfsuite) over word forms, shapes and neighbours.

    Where confirmed spans overlap, each label gets a model of its own; else one model knows them all.
    """

    def __init__(self, field: FieldSpec) -> None:
        """Bind the tagger to a spans field."""
        self.field = field

    @property
    def identity(self) -> BackendIdentity:
        """Name and revision; there is nothing to set."""
        return BackendIdentity(REFERENCE, REVISION, {"iterations": _ROUNDS})

    def fit(self, examples: Sequence[Example], pool: Sequence[TextInput], seed: int) -> Artefact:
        """Learn from confirmed spans; at least one is needed. ``pool`` and ``seed`` change nothing."""
        known = set(self.field.label_ids)
        texts = [one.input.text for one in examples]
        regions = [[r for r in read_regions(one.value["spans"]) if r.label in known] for one in examples]
        if not any(regions):
            raise Conflict(
                f"Spans are learned from confirmed ones: mark field {self.field.name!r} on about 10 items first, "
                f"then {REFERENCE} can suggest more."
            )
        forms = collect_forms(texts, regions)
        apart = any(have_overlap(found) for found in regions)
        labels = sorted({r.label for found in regions for r in found}) if apart else [JOINT]
        arrays = {f"crf/{label}": _train(texts, [_only(found, label) for found in regions], forms) for label in labels}
        said = {"backend": REFERENCE, "labels": len(examples), "spans": sum(map(len, regions)), "apart": apart}
        return Artefact(said | {"forms": dict(forms.forms), "seen": dict(forms.seen)}, arrays)

    def predict(self, artefact: Artefact, inputs: Sequence[TextInput]) -> list[Draft]:
        """One draft for each input; its score is the chance the model gives to the whole answer."""
        forms = Gazetteer(artefact.json["forms"], artefact.json["seen"])
        taggers = [_Model(model) for _, model in sorted(artefact.arrays.items())]
        return [self._draft(artefact, one, forms, taggers) for one in inputs]

    def _draft(self, artefact: Artefact, one: TextInput, forms: Gazetteer, taggers: Sequence[_Model]) -> Draft:
        tokens = tokenize(one.text)
        features = describe_tokens(tokens, forms)
        regions: list[Region] = []
        log_chance = 0.0
        for tagger in taggers:
            tags, log_share = tagger.tag(features)
            regions += to_regions(tokens, tags)
            log_chance += log_share
        regions += _by_form(tokens, forms, regions)
        if not self.field.overlap:
            regions = without_overlap(regions)
        spans = [
            {"id": f"s{r.start}_{r.end}_{r.label}", "start": r.start, "end": r.end, "label": r.label}
            for r in sorted(set(regions), key=lambda r: (r.start, r.end, r.label))
        ]
        reason = f"learned from {artefact.json['spans']} confirmed spans on {artefact.json['labels']} items"
        return Draft(one.item_id, self.field.id, {"spans": spans}, math.exp(log_chance), "uncalibrated", (), reason)


def describe_tokens(tokens: Sequence[Token], forms: Gazetteer, own: Sequence[str] = ()) -> list[dict[str, bool | str]]:
    """Features of each token: the word, its ends and shape, the same of its neighbours, and gazetteer matches.

    ``own`` are the forms confirmed in this very text; see :meth:`~tools.backends.span_tags.Gazetteer.matches`.
    """
    marks = [""] * len(tokens)
    for first, after, form in forms.matches(tokens, own):
        for at in range(first, after):
            marks[at] = f"{'B' if at == first else 'I'}-{forms.label_of(form)}"
    words = [_word_features(token.text) for token in tokens]
    return [_with_neighbours(words, marks, at) for at in range(len(tokens))]


def _word_features(word: str) -> dict[str, str]:
    low = word.casefold()
    return {"w": low, "shape": word_shape(word), "p3": low[:3], "s3": low[-3:], "s2": low[-2:]}


def _with_neighbours(words: Sequence[dict[str, str]], marks: Sequence[str], at: int) -> dict[str, bool | str]:
    made: dict[str, bool | str] = {"bias": True, **words[at]}
    if marks[at]:
        made["form"] = marks[at]
    for step in range(-_WINDOW, _WINDOW + 1):
        near = at + step
        if step == 0:
            continue
        if not 0 <= near < len(words):
            made[f"edge{step}"] = True
            continue
        made[f"w{step}"] = words[near]["w"]
        made[f"shape{step}"] = words[near]["shape"]
        if marks[near]:
            made[f"form{step}"] = marks[near]
    return made


def _only(regions: Sequence[Region], label: str) -> list[Region]:
    return [region for region in regions if label in (JOINT, region.label)]


def _by_form(tokens: Sequence[Token], forms: Gazetteer, found: Sequence[Region]) -> list[Region]:
    """Confirmed forms that the model passed over: where nearly every occurrence so far was confirmed."""
    made = []
    for first, after, form in forms.matches(tokens):
        region = Region(tokens[first].start, tokens[after - 1].end, forms.label_of(form))
        is_free = all(region.end <= other.start or other.end <= region.start for other in found)
        if is_free and forms.precision(form) >= _SURE_FORM:
            made.append(region)
    return made


def without_overlap(regions: Sequence[Region]) -> list[Region]:
    """The longest of the regions that overlap, the earlier of two equally long ones."""
    kept: list[Region] = []
    for region in sorted(regions, key=lambda r: (r.start - r.end, r.start, r.label)):
        if all(region.end <= other.start or other.end <= region.start for other in kept):
            kept.append(region)
    return kept


def _train(texts: Sequence[str], regions: Sequence[Sequence[Region]], forms: Gazetteer) -> Any:
    """The trained model's bytes, shape (n,), uint8."""
    trainer = _crfsuite().Trainer(verbose=False)
    for text, found in zip(texts, regions, strict=True):
        tokens = tokenize(text)
        own = [form_of(tokens, region) for region in found]
        if tokens:
            trainer.append(describe_tokens(tokens, forms, own), to_tags(tokens, found))
    # Little regularisation: a missed span costs a person more than a wrong one, which takes one key to reject.
    trainer.set_params({"c1": 0.0, "c2": 0.003, "max_iterations": _ROUNDS})
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "model.crfsuite"
        trainer.train(str(place))
        return np.frombuffer(place.read_bytes(), dtype=np.uint8)


class _Model:
    """A CRF held in memory. The bytes are kept beside the tagger, which only points into them."""

    def __init__(self, model: Any) -> None:
        self._bytes = np.asarray(model, dtype=np.uint8).tobytes()
        self._tagger = _crfsuite().Tagger()
        self._tagger.open_inmemory(self._bytes)

    def tag(self, features: Sequence[dict[str, bool | str]]) -> tuple[list[str], float]:
        """The likeliest tags and the logarithm of their chance; no tags for no tokens."""
        if not features:
            return [], 0.0
        tags: list[str] = self._tagger.tag(features)
        return tags, math.log(max(float(self._tagger.probability(tags)), 1e-12))


def _crfsuite() -> Any:
    try:
        return import_module("pycrfsuite")
    except ImportError:
        raise BackendMissing(f"{REFERENCE} needs crfsuite, which is not installed.", REMEDY) from None
