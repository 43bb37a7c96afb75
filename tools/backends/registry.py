"""Which back-ends there are: ``scheme:name`` to a loader that runs late, and what would make the missing ones usable.

Nothing moves from one scheme to another by itself, and where the usual embedder is missing the run says so.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec

from tools.backends import hub_model
from tools.backends.contract import Embedder, Labeller, ReplyLog
from tools.backends.images import builtin_images
from tools.backends.images.registry_images import (
    SIMILAR,
    BackendStatus,
    is_image_model,
    open_box_labeller,
    open_image_embedder,
    status_of,
    usable_for_images,
)
from tools.backends.masks.registry_segment import usable_segmenters
from tools.backends.remote.endpoint import REMEDY as REMOTE_REMEDY
from tools.backends.remote.endpoint import endpoint_of
from tools.backends.remote.labeller import RemoteLabeller, RemoteSettings
from tools.backends.remote.prompts import Prompt
from tools.backends.speech.registry_speech import usable_transcribers
from tools.backends.texts import builtin_minilm, builtin_relations, builtin_spans, hub_embedder
from tools.backends.texts.builtin_few_shot import REFERENCE as FEW_SHOT
from tools.backends.texts.builtin_few_shot import ZERO_SHOT, FewShotClassifier, can_learn
from tools.backends.texts.builtin_ngrams import MixedEmbedder, NgramEmbedder
from tools.backends.texts.language import FOREIGN_LIMIT, foreign_share
from tools.errors import BudgetSpent, InputError, NotFound
from tools.kinds.boxes import Boxes
from tools.kinds.contract import Kind
from tools.kinds.relations import Relations
from tools.kinds.spans import Spans
from tools.modalities.contract import Modality
from tools.records import Stopping
from tools.schema import FieldSpec
from tools.sentences import percent

SCHEMES = ("builtin", "hub", "remote")
_LANGUAGE_SAMPLE = 500
_MINILM_MIXED = "builtin:minilm+ngrams"


class NoPaidCalls:
    """A reply log for work that may cost nothing."""

    def known(self, key: str) -> str | None:
        """Nothing is known."""
        return None

    def reserve(self, key: str, tokens: int) -> None:
        """Refuse."""
        raise BudgetSpent("This step may make no paid calls.")

    def received(self, key: str, raw: str, prompt_tokens: int, answer_tokens: int) -> None:
        """Nothing can arrive."""

    def failed(self, key: str) -> None:
        """Nothing was reserved."""

    def stopping(self) -> Stopping:
        """Nothing is waited for."""
        return ""

    def say(self, words: str) -> None:
        """Nobody follows."""


@dataclass(frozen=True)
class Resources:
    """What a labeller may need beside its field: the embedder for few-shot, the rest for language models."""

    embedder: str = ""
    prompt: Prompt | None = None
    calls: ReplyLog = field(default_factory=NoPaidCalls)
    secret: int = 0
    remote: RemoteSettings = field(default_factory=RemoteSettings)


@dataclass(frozen=True)
class ChosenEmbedder:
    """An embedder with what has to be said about the choice, one sentence each."""

    embedder: Embedder
    notes: tuple[str, ...] = ()


def split_reference(reference: str) -> tuple[str, str]:
    """(scheme, name); one sentence says what a reference looks like."""
    scheme, colon, name = reference.partition(":")
    if not colon or scheme not in SCHEMES or not name:
        raise InputError(
            f"A back-end is written as builtin:NAME, hub:NAME-or-folder or remote:MODEL; got {reference!r}."
        )
    return scheme, name


def default_reference(spec: FieldSpec) -> str:
    """The built-in back-end for a field."""
    return _family_of(spec).usual


def _family_of(spec: FieldSpec) -> Family:
    found = next((family for family in FAMILIES if family.serves(spec.record)), None)
    if found is not None:
        return found
    record = spec.record
    if record.marks == "image":
        raise InputError(
            f"prelabel proposes no {spec.kind}: for field {spec.name!r}, {record.by_hand}. It "
            "proposes boxes, choices and ratings of images."
        )
    raise InputError(f"Nothing built in proposes {record.called} for field {spec.name!r}; {record.by_hand}.")


def open_labeller(reference: str, spec: FieldSpec, resources: Resources) -> Labeller:
    """The labeller of that name for a field; :class:`BackendMissing` carries the line that would make it usable."""
    scheme, name = split_reference(reference)
    family = _family_of(spec)
    if scheme == "remote":
        if resources.prompt is None:
            raise InputError(f"{reference} needs a prompt.")
        endpoint = endpoint_of(name, resources.remote.timeout, resources.remote.connections)
        return RemoteLabeller(
            spec, endpoint, resources.prompt, resources.calls, resources.secret, settings=resources.remote
        )
    return family.open(reference, spec, resources)


@dataclass(frozen=True)
class Family:
    """What proposes values of the kinds that it serves.

    ``usual`` is the reference that needs nothing but the package. ``open`` makes the labeller of a ``builtin:`` or
    ``hub:`` reference, or says in one sentence why there is none.
    """

    usual: str
    serves: Callable[[Kind], bool]
    open: Callable[[str, FieldSpec, Resources], Labeller]


def _open_classifier(reference: str, spec: FieldSpec, resources: Resources) -> Labeller:
    scheme, name = split_reference(reference)
    if scheme == "hub":
        from tools.backends.texts.hub_text import HubClassifier

        return HubClassifier(spec, name)
    if reference != ZERO_SHOT:
        _refuse_other(reference, FEW_SHOT, spec)
    return FewShotClassifier(spec, open_embedder(resources.embedder or NgramEmbedder.reference), reference=reference)


def _open_span_tagger(reference: str, spec: FieldSpec, resources: Resources) -> Labeller:
    scheme, name = split_reference(reference)
    if scheme == "hub":
        from tools.backends.texts.hub_text import HubSpanTagger

        return HubSpanTagger(spec, name)
    _refuse_other(reference, builtin_spans.REFERENCE, spec)
    return builtin_spans.CrfSpanTagger(spec)


def _open_relation_tagger(reference: str, spec: FieldSpec, resources: Resources) -> Labeller:
    if split_reference(reference)[0] == "hub":
        usual = builtin_relations.REFERENCE
        raise InputError(f"{reference} proposes no relations; use {usual} or remote:MODEL.")
    _refuse_other(reference, builtin_relations.REFERENCE, spec)
    return builtin_relations.PairRelationTagger(spec)


def _open_boxes(reference: str, spec: FieldSpec, resources: Resources) -> Labeller:
    return open_box_labeller(reference, spec)


def _refuse_other(reference: str, usual: str, spec: FieldSpec) -> None:
    """One sentence for a built-in reference that is not the one of a family."""
    if reference == usual:
        return
    known = {ZERO_SHOT, *USUAL}
    if reference not in known:
        raise NotFound(f"There is no back-end {reference!r}; built in are {', '.join(sorted(known))}.")
    raise InputError(f"{reference} does not propose {spec.kind} values; for field {spec.name!r} use {usual}.")


FAMILIES = (
    Family(FEW_SHOT, can_learn, _open_classifier),
    Family(builtin_spans.REFERENCE, lambda kind: isinstance(kind, Spans), _open_span_tagger),
    Family(builtin_relations.REFERENCE, lambda kind: isinstance(kind, Relations), _open_relation_tagger),
    Family(SIMILAR, lambda kind: isinstance(kind, Boxes), _open_boxes),
)
"""What proposes values, one line for each sort of back-end."""

USUAL = frozenset(family.usual for family in FAMILIES)
"""The back-ends that fields have where nobody names one."""


def open_embedder(reference: str) -> Embedder:
    """The embedder of that name."""
    scheme, name = split_reference(reference)
    if reference == builtin_images.REFERENCE or (scheme == "hub" and is_image_model(name)):
        return open_image_embedder(reference)
    if scheme == "hub":
        return hub_embedder.HubEmbedder(name)
    if reference == NgramEmbedder.reference:
        return NgramEmbedder()
    if reference == builtin_minilm.MiniLMEmbedder.reference:
        return builtin_minilm.MiniLMEmbedder()
    if reference == _MINILM_MIXED:
        return MixedEmbedder(builtin_minilm.MiniLMEmbedder())
    raise NotFound(
        f"There is no embedder {reference!r}; there are builtin:minilm, builtin:ngrams and hub:NAME-or-folder."
    )


def choose_image_embedder(wanted: str) -> ChosenEmbedder:
    """The embedder of images that is wanted, else the one without weights, which says how little it knows."""
    if wanted and wanted != builtin_images.REFERENCE:
        return ChosenEmbedder(open_image_embedder(wanted))
    return ChosenEmbedder(builtin_images.ImageFeatures(), (builtin_images.NOTE,))


def choose_embedder(wanted: str, texts: Sequence[str]) -> ChosenEmbedder:
    """The embedder for these texts: the one that is wanted, else the best one that is there.

    A missing sentence model and texts that it does not understand are said, and character n-grams step in or beside.
    """
    if wanted:
        return ChosenEmbedder(open_embedder(wanted))
    if not builtin_minilm.is_installed():
        note = (
            "The sentence model is not installed, so texts are compared by their letters (builtin:ngrams), which is "
            f"much weaker. To change that: {builtin_minilm.REMEDY}."
        )
        return ChosenEmbedder(NgramEmbedder(), (note,))
    share = foreign_share(texts[:_LANGUAGE_SAMPLE])
    if share < FOREIGN_LIMIT:
        return ChosenEmbedder(builtin_minilm.MiniLMEmbedder())
    note = (
        f"About {percent(round(share, 2))} of the texts do not look English, and builtin:minilm knows English only: "
        "letter n-grams are mixed in, and suggestions lean on confirmed labels more than on label names."
    )
    return ChosenEmbedder(MixedEmbedder(builtin_minilm.MiniLMEmbedder()), (note,))


def embedder_for(modality: Modality, wanted: str, some_texts: Callable[[], Sequence[str]]) -> ChosenEmbedder:
    """The embedder of a project's items; :class:`InputError` where nothing compares items of that sort yet."""
    choose = _EMBEDDING.get(modality.content)
    if choose is None:
        raise InputError(f"Nothing compares {modality.many} with each other yet.")
    return choose(wanted, some_texts)


def can_compare(modality: Modality) -> bool:
    """Whether there is an embedder for items of this sort."""
    return modality.content in _EMBEDDING


_EMBEDDING: Mapping[str, Callable[[str, Callable[[], Sequence[str]]], ChosenEmbedder]] = {
    "text": lambda wanted, some_texts: choose_embedder(wanted, some_texts()),
    "image": lambda wanted, _: choose_image_embedder(wanted),
}
"""By the sort of content."""


def usable() -> list[BackendStatus]:
    """Every back-end with whether it can be used here and now, and if not, what to do. Nothing heavy is imported."""
    has_minilm, has_hub, has_crf = builtin_minilm.is_installed(), hub_model.is_installed(), _has("pycrfsuite")
    has_endpoint = bool(os.environ.get("OPENAI_API_KEY") or os.environ.get("OPENAI_BASE_URL"))
    hub, remote = "hub:NAME-or-folder", "remote:MODEL"
    return [
        status_of("builtin:minilm", "embed", has_minilm, builtin_minilm.REMEDY),
        status_of("builtin:ngrams", "embed", True),
        status_of(FEW_SHOT, "classify", True),
        status_of(ZERO_SHOT, "classify", True),
        status_of(builtin_spans.REFERENCE, "spans", has_crf, builtin_spans.REMEDY),
        status_of(builtin_relations.REFERENCE, "relations", True),
        status_of(hub, "embed", hub_embedder.is_installed(), hub_model.REMEDY),
        status_of(hub, "classify", has_hub, hub_model.REMEDY),
        status_of(hub, "spans", has_hub, hub_model.REMEDY),
        status_of(remote, "chat", has_endpoint, REMOTE_REMEDY),
        *usable_for_images(),
        *usable_segmenters(),
        *usable_transcribers(),
    ]


def _has(module: str) -> bool:
    return find_spec(module) is not None
