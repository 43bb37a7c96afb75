"""Spans learned from confirmed ones: a conditional random field over words, with the confirmed forms as a gazetteer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from tools.backends.contract import BackendIdentity, Example, Input, Material
from tools.backends.texts import crf
from tools.backends.texts.span_model import Answer, coarse_fits, cut, freeze, thaw
from tools.backends.texts.span_tags import Region, read_regions, without_overlap
from tools.backends.texts.span_training import Lessons, train, tune
from tools.backends.texts.word_classes import REVISION as WORDS
from tools.backends.texts.word_classes import is_installed, word_classes
from tools.errors import Conflict
from tools.records import Draft, ScoreSource
from tools.results import Artefact
from tools.schema import FieldSpec
from tools.sentences import count_of, verb

REFERENCE = "builtin:spans"
REVISION = "2"
REMEDY = crf.REMEDY

_SETTINGS = crf.Settings()


class CrfSpanTagger:
    """A linear-chain CRF over words, affixes, shapes, word classes, neighbours and forms that were confirmed before.

    Labels that were confirmed over each other get models of their own; all others share one. How many spans are
    proposed, and what the score of an item is worth, is found on confirmed items that the model did not see.
    """

    learns_from: ClassVar[Material] = "texts"
    states: ClassVar[tuple[str, ...]] = ("labels", "spans")
    needs_answers = True

    def __init__(self, field: FieldSpec) -> None:
        """Bind the tagger to a spans field."""
        self.field = field

    @property
    def identity(self) -> BackendIdentity:
        """Name, revision, how it is trained and which word classes there are."""
        words = WORDS if is_installed() else ""
        settings = {"c1": _SETTINGS.c1, "c2": _SETTINGS.c2, "rounds": _SETTINGS.rounds, "word_classes": words}
        return BackendIdentity(REFERENCE, REVISION, settings)

    def fit(self, examples: Sequence[Example], pool: Sequence[Input], seed: int) -> Artefact:
        """Learn from confirmed spans; at least one is needed. ``pool`` changes nothing."""
        texts = [one.input.text for one in examples]
        regions = [self._regions(one) for one in examples]
        if not any(regions):
            raise Conflict(
                f"Spans are learned from confirmed ones: mark field {self.field.name!r} on about 10 items first, "
                f"then {REFERENCE} can suggest more."
            )
        coarse = coarse_fits(texts, regions)
        calibrates = np.array([one.calibrates for one in examples], dtype=np.bool_)
        lessons = Lessons([cut(text, coarse) for text in texts], regions, calibrates, coarse)
        classes = word_classes()
        tuned = tune(lessons, classes, _SETTINGS, np.random.default_rng(seed))
        said = {
            "backend": REFERENCE,
            "labels": len(examples),
            "spans": sum(map(len, regions)),
            "calibrated_on": tuned.calibrated_on,
        }
        return freeze(train(lessons, classes, _SETTINGS), tuned.manner, said)

    def predict(self, artefact: Artefact, inputs: Sequence[Input]) -> list[Draft]:
        """One draft for each input; its score is the chance that the whole answer is right."""
        if not inputs:
            return []
        model, manner = thaw(artefact)
        sights = list(model.look_at([cut(one.text, model.coarse) for one in inputs]))
        answers = model.answer(sights, manner)
        return [self._draft(artefact, one, answer) for one, answer in zip(inputs, answers, strict=True)]

    def _regions(self, example: Example) -> list[Region]:
        """The spans of labels that the field still has, without those that mark nothing but blanks."""
        known, text = set(self.field.label_ids), example.input.text
        found = {region for region in read_regions(example.value["spans"]) if region.label in known}
        return sorted((r for r in found if text[r.start : r.end].strip()), key=lambda r: (r.start, r.end, r.label))

    def _draft(self, artefact: Artefact, one: Input, answer: Answer) -> Draft:
        regions = answer.regions if self.field.overlap else without_overlap(answer.regions)
        spans = [
            {"id": f"s{r.start}_{r.end}_{r.label}", "start": r.start, "end": r.end, "label": r.label}
            for r in sorted(regions, key=lambda r: (r.start, r.end, r.label))
        ]
        source: ScoreSource = "calibrated" if artefact.json["calibrated_on"] else "uncalibrated"
        reason = rests_on(artefact, len(regions), sum(region in answer.known for region in regions))
        return Draft(one.item_id, self.field.id, {"spans": spans}, answer.chance, source, (), reason)


def rests_on(artefact: Artefact, found: int, known: int) -> str:
    """What a draft rests on, in words; ``known`` of the ``found`` spans were confirmed before in the same words."""
    said = artefact.json
    learned = f"learned from {count_of(said['spans'], 'confirmed span')} on {count_of(said['labels'], 'item')}"
    if not found:
        return f"{learned}; nothing here is like them"
    if found == 1:
        return f"{learned}; the same words were confirmed before" if known else f"{learned}; these words are new"
    words = f"{known:,}" if known else "none"
    return f"{learned}; {words} of the {found:,} {verb(known, 'has', 'have')} words that were confirmed before"
