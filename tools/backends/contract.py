"""What every back-end keeps to: one protocol per ability, and the records that go in and come out.

A labeller is bound to one field. ``fit`` learns from what people confirmed and returns a frozen artefact; ``predict``
answers from the artefact alone, so that a job gives the same answers on every machine and after a restart. Back-ends
that do not learn return a constant artefact.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

import numpy as np
import numpy.typing as npt

from tools.content import Content, ImageFile, Text, image_of, text_of
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
class Input:
    """One item as a labeller sees it.

    ``vector`` is the row its embedder made of the content, where the caller has it already. ``spans`` are the regions
    that a relation may join.
    """

    item_id: int
    content: Content
    spans: tuple[Mapping[str, JsonValue], ...] = ()
    vector: Matrix | None = field(default=None, compare=False, repr=False)

    @classmethod
    def of_text(
        cls,
        item_id: int,
        words: str,
        spans: tuple[Mapping[str, JsonValue], ...] = (),
        vector: Matrix | None = None,
    ) -> Input:
        """A text."""
        return cls(item_id, Text(words), spans, vector)

    @classmethod
    def of_image(cls, item_id: int, path: Path | str) -> Input:
        """An image file."""
        return cls(item_id, ImageFile(Path(path)))

    @property
    def text(self) -> str:
        """Its words; only back-ends that read texts ask."""
        return text_of(self.content)

    @property
    def image(self) -> Path:
        """Where its image lies; only back-ends that look at images ask."""
        return image_of(self.content)


@dataclass(frozen=True, slots=True)
class Example:
    """A confirmed value. ``calibrates`` says that nobody and no model steered it."""

    input: Input
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


class Embedder(Protocol):
    """Turns what items consist of into vectors whose inner product is their likeness.

    All rows have length 1, shape (n, dimension), float32; what says nothing or cannot be read gives a row of zeros.
    """

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
        """Items a second, roughly; decides how many are embedded while somebody waits."""

    @property
    def knows_words(self) -> bool:
        """Whether words have vectors among those of the items, as with texts or CLIP."""

    def embed_contents(self, contents: Sequence[Content]) -> Matrix:
        """Rows of items of the sort that it reads."""

    def embed_words(self, words: Sequence[str]) -> Matrix:
        """Rows of words in the space of the items; zeros where words say nothing."""


class TextEmbedder(Embedder, Protocol):
    """Turns texts into vectors."""

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Rows of texts."""


class ImageEmbedder(Embedder, Protocol):
    """Turns image files into vectors."""

    def embed(self, paths: Sequence[Path | str]) -> Matrix:
        """Rows of image files."""


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

    def fit(self, examples: Sequence[Example], pool: Sequence[Input], seed: int) -> Artefact:
        """Learn from confirmed values and from unlabelled items; the same arguments give the same artefact."""

    def predict(self, artefact: Artefact, inputs: Sequence[Input]) -> list[Draft]:
        """One draft for each input, in order, no more and no fewer."""
