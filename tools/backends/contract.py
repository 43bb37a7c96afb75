"""What every back-end keeps to: one protocol per ability, and the records that go in and come out.

A labeller is bound to one field. ``fit`` learns from what people confirmed and returns a frozen artefact; ``predict``
answers from the artefact alone, so that a job gives the same answers on every machine and after a restart. Back-ends
that do not learn return a constant artefact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
import numpy.typing as npt

from tools.records import Draft, JsonValue, Stopping
from tools.results import Artefact

Matrix = npt.NDArray[np.float32]
Ability = str
"""What a back-end does, in a word for the doctor: embed, classify, detect, segment, chat or what it proposes."""

Material = Literal["", "vectors", "texts", "images", "replies"]
"""What a labeller learns from: nothing; vectors of texts or images; texts; images; what people answered to things that
it was asked before."""

CALIBRATING_LABELS = 100
"""Scores are called calibrated only from this many labels that may calibrate."""


@dataclass(frozen=True, slots=True)
class TextInput:
    """One item as a labeller sees it.

    ``text`` is what a model reads: the item's text, or for images the path of the file on this machine.
    ``vector`` is the row its embedder made of the text, where the caller has it already. ``spans`` are the regions that
    a relation may join.
    """

    item_id: int
    text: str
    spans: tuple[Mapping[str, JsonValue], ...] = ()
    vector: Matrix | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Example:
    """A confirmed value. ``calibrates`` says that nobody and no model steered it."""

    input: TextInput
    value: Mapping[str, JsonValue]
    calibrates: bool = False


@dataclass(frozen=True, slots=True)
class BackendIdentity:
    """Name, revision and settings of a back-end; they go into the identity of every run."""

    reference: str
    revision: str
    settings: Mapping[str, JsonValue] = field(default_factory=dict)
    prompt: str = ""
    prompt_hash: str = ""


class VectorCache(Protocol):
    """Where vectors are kept between runs; may be emptied at any time."""

    def get(self, key: str) -> npt.NDArray[Any] | None:
        """The array stored under ``key``, or ``None``."""

    def put(self, key: str, array: npt.NDArray[Any]) -> None:
        """Store ``array`` under ``key``."""


class ReplyLog(Protocol):
    """The durable log of paid calls, as a back-end uses it."""

    def known(self, key: str) -> str | None:
        """The raw reply stored for this call, or ``None``."""

    def reserve(self, key: str, tokens: int) -> None:
        """Take prompt and largest answer out of the budget before sending, or raise ``BudgetSpent``."""

    def received(self, key: str, raw: str, prompt_tokens: int, answer_tokens: int) -> None:
        """Store a reply, durably, and settle the reservation."""

    def failed(self, key: str) -> None:
        """Give the reservation back: the call certainly cost nothing."""

    def stopping(self) -> Stopping:
        """Whether the work is to end: ``soon`` sends nothing new, ``now`` waits for nothing that is out either."""

    def say(self, words: str) -> None:
        """Tell whoever follows the work what it waits for; ``""`` when it goes on."""


class TextEmbedder(Protocol):
    """Turns texts into vectors whose inner product is their likeness."""

    @property
    def reference(self) -> str:
        """``scheme:name``."""

    @property
    def revision(self) -> str:
        """Which weights or which recipe; a change makes stored vectors void."""

    @property
    def dimension(self) -> int:
        """Length of a vector."""

    @property
    def pace(self) -> int:
        """Short texts a second, roughly; decides how many are embedded while somebody waits."""

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Rows of length 1, shape (n, dimension), float32; a text without any content gives a row of zeros."""


class ImageEmbedder(TextEmbedder, Protocol):
    """Turns image files into vectors: the texts that it embeds are their paths on this machine."""

    @property
    def knows_words(self) -> bool:
        """Whether words have vectors among those of the images, as with CLIP."""

    def embed_words(self, words: Sequence[str]) -> Matrix:
        """Unit rows of words in the space of the images, shape (n, dimension); zeros where words say nothing."""


class Labeller(Protocol):
    """What every back-end that proposes values has in common.

    ``states`` are the keys of its artefact's JSON part that describe a run, for the run's settings.
    """

    learns_from: ClassVar[Material]
    states: ClassVar[tuple[str, ...]]

    @property
    def identity(self) -> BackendIdentity:
        """What made the drafts."""

    @property
    def needs_answers(self) -> bool:
        """Whether nothing can be proposed before people have answered; ``fit`` then says so."""

    def fit(self, examples: Sequence[Example], pool: Sequence[TextInput], seed: int) -> Artefact:
        """Learn from confirmed values and from unlabelled items; the same arguments give the same artefact."""

    def predict(self, artefact: Artefact, inputs: Sequence[TextInput]) -> list[Draft]:
        """One draft for each input, in order, no more and no fewer."""
