"""A learned span model: chains over groups of layers, the gazetteer and how both are read; storable as an artefact."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tools.backends.contract import Matrix
from tools.backends.texts.crf import Chain, Settings, best_paths, fit_chain
from tools.backends.texts.span_features import Describer
from tools.backends.texts.span_layers import group_layers, label_of, to_layers
from tools.backends.texts.span_tags import (
    Gazetteer,
    Region,
    are_apart,
    collect_forms,
    form_of,
    to_regions,
    to_tags,
)
from tools.backends.texts.tokens import Token, tokenize, tokenize_coarsely
from tools.backends.texts.word_classes import WordClasses
from tools.records import JsonValue
from tools.results import Artefact

SURE_FORM = 0.7
_COARSE_FITS = 0.98


@dataclass(frozen=True)
class Manner:
    """How a model is read: how far "O" is pushed down, whether sure forms are added, and the power on the scores."""

    lean: float
    adds_forms: bool
    power: float = 1.0


@dataclass(frozen=True)
class Answer:
    """The regions found in a text and the chance that all of them are right and none is missing, 0..1.

    ``known`` are those whose words were confirmed before.
    """

    regions: tuple[Region, ...]
    chance: float
    known: frozenset[Region] = frozenset()


@dataclass(frozen=True)
class Sight:
    """A text as the chains see it: its tokens and the (T, L) scores of each chain."""

    tokens: Sequence[Token]
    emissions: Sequence[Matrix]


@dataclass(frozen=True)
class SpanModel:
    """Everything that reading takes. ``coarse`` says which tokens the model was trained on."""

    coarse: bool
    chains: tuple[Chain, ...]
    forms: Gazetteer
    classes: WordClasses

    def look_at(self, texts: Sequence[Sequence[Token]]) -> Iterator[Sight]:
        """The scores of each text, given as tokens; the costly half of reading."""
        describer = Describer(self.forms, self.classes)
        for tokens in texts:
            described = describer.describe(tokens)
            yield Sight(tokens, [chain.emissions(described) for chain in self.chains])

    def answer(self, sights: Sequence[Sight], manner: Manner) -> list[Answer]:
        """The regions of each text."""
        found: list[list[Region]] = [[] for _ in sights]
        logs = [0.0] * len(sights)
        for number, chain in enumerate(self.chains):
            readings = best_paths(chain, [sight.emissions[number] for sight in sights], manner.lean)
            for at, (sight, reading) in enumerate(zip(sights, readings, strict=True)):
                found[at] += (Region(r.start, r.end, label_of(r.label)) for r in to_regions(sight.tokens, reading.tags))
                logs[at] += reading.log_chance
        return [self._answer(*one, manner) for one in zip(sights, found, logs, strict=True)]

    def _answer(self, sight: Sight, regions: list[Region], log_chance: float, manner: Manner) -> Answer:
        if manner.adds_forms:
            for region, precision in self._sure_forms(sight.tokens):
                if all(are_apart(region, other) for other in regions):
                    regions.append(region)
                    log_chance += math.log(precision)
        ordered = sorted(set(regions), key=lambda r: (r.start, r.end, r.label))
        known = frozenset(region for region in ordered if form_of(sight.tokens, region) in self.forms.forms)
        return Answer(tuple(ordered), math.exp(log_chance * manner.power), known)

    def _sure_forms(self, tokens: Sequence[Token]) -> Iterator[tuple[Region, float]]:
        """Confirmed forms of which nearly every occurrence so far was confirmed, with that share."""
        for first, after, form in self.forms.matches(tokens):
            precision = self.forms.precision(form)
            if precision >= SURE_FORM:
                yield Region(tokens[first].start, tokens[after - 1].end, self.forms.label_of(form)), min(1.0, precision)


def cut(text: str, coarse: bool) -> list[Token]:
    """The tokens of a text."""
    return tokenize_coarsely(text) if coarse else tokenize(text)


def coarse_fits(texts: Sequence[str], regions: Sequence[Sequence[Region]]) -> bool:
    """Whether nearly all confirmed spans begin and end where coarse tokens do."""
    total = fitting = 0
    for text, found in zip(texts, regions, strict=True):
        if found:
            tokens = tokenize_coarsely(text)
            starts, ends = {token.start for token in tokens}, {token.end for token in tokens}
            total += len(found)
            fitting += sum(region.start in starts and region.end in ends for region in found)
    return fitting >= _COARSE_FITS * total


def train_model(
    texts: Sequence[Sequence[Token]],
    regions: Sequence[Sequence[Region]],
    coarse: bool,
    classes: WordClasses,
    settings: Settings,
) -> SpanModel:
    """Learn from the tokens and the confirmed regions of each text."""
    forms = collect_forms(texts, regions)
    describer = Describer(forms, classes)
    described = [
        describer.describe(tokens, [form_of(tokens, region) for region in found])
        for tokens, found in zip(texts, regions, strict=True)
    ]
    layered = [to_layers(found) for found in regions]
    chains = []
    for group in group_layers(layered):
        tags = [
            to_tags(tokens, [region for region in found if region.label in group])
            for tokens, found in zip(texts, layered, strict=True)
        ]
        chains.append(fit_chain(described, tags, settings))
    return SpanModel(coarse, tuple(chains), forms, classes)


def freeze(model: SpanModel, manner: Manner, said: dict[str, JsonValue]) -> Artefact:
    """Model and manner as an artefact; ``said`` is added to its JSON part."""
    arrays = {f"classes/{name}": array for name, array in model.classes.to_arrays().items()}
    for number, chain in enumerate(model.chains):
        arrays |= {f"chain{number}/{name}": array for name, array in chain.to_arrays().items()}
    frozen: dict[str, JsonValue] = {
        "coarse": model.coarse,
        "chains": len(model.chains),
        "lean": manner.lean,
        "adds_forms": manner.adds_forms,
        "power": manner.power,
        "forms": {form: dict(counts) for form, counts in model.forms.forms.items()},
        "seen": dict(model.forms.seen),
    }
    return Artefact(frozen | said, arrays)


def thaw(artefact: Artefact) -> tuple[SpanModel, Manner]:
    """The inverse of :func:`freeze`."""
    said = artefact.json

    def under(prefix: str) -> dict[str, Matrix]:
        return {name[len(prefix) :]: one for name, one in artefact.arrays.items() if name.startswith(prefix)}  # type: ignore[misc]

    chains = tuple(Chain.from_arrays(under(f"chain{number}/")) for number in range(int(said["chains"])))
    forms = Gazetteer(said["forms"], said["seen"])
    model = SpanModel(bool(said["coarse"]), chains, forms, WordClasses.from_arrays(under("classes/")))
    return model, Manner(float(said["lean"]), bool(said["adds_forms"]), float(said["power"]))
