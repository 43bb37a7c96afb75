"""What the few-shot classifier asks of the way in which a field is answered.

The classes are the words that the field's kind has. A way trains, and turns what the model says into answers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from tools.backends.contract import Embedder, Matrix
from tools.backends.learning.held_out import HeldOut
from tools.backends.learning.label_names import knows_words, name_vectors
from tools.backends.learning.linear import Flags, Linear
from tools.backends.texts.choice_training import Evidence
from tools.backends.texts.familiarity import set_energy
from tools.errors import Conflict
from tools.labels import RESERVED
from tools.records import Alternative, JsonValue
from tools.results import Artefact
from tools.schema import FieldSpec
from tools.values import value_labels

MOST_OTHERS = 3
FIRST_PICTURES = 3
"""Pictures of each label that are asked for where names say nothing."""


@dataclass(frozen=True)
class Taught:
    """What training came to: for the artefact's JSON part, for its arrays, and what labels kept aside have shown."""

    said: Mapping[str, JsonValue]
    arrays: Mapping[str, npt.NDArray[Any]]
    held: HeldOut | None


@dataclass(frozen=True, slots=True)
class Answer:
    """Words that answer a field, how sure that is, and other words, the likeliest first."""

    words: Sequence[str]
    score: float
    others: tuple[Alternative, ...]


class Way:
    """One way of answering.

    ``uses_pool`` says that training looks at unlabelled items. ``knows_strangers`` says that texts can be told for
    which no label is made.
    """

    uses_pool: ClassVar[bool] = False
    knows_strangers: ClassVar[bool] = True

    def __init__(self, field: FieldSpec) -> None:
        """Take the classes from the field."""
        self.field = field
        self.classes = field.record.words(field)

    def needs_answers(self, embedder: Embedder) -> bool:
        """Whether nothing can be said before people have answered."""
        return not knows_words(embedder)

    def refuse_nothing(self, embedder: Embedder, reference: str) -> None:
        """:class:`Conflict` where there is no answer to learn from and names say nothing either."""
        if self.needs_answers(embedder):
            raise Conflict(
                f"The names of the labels say nothing to {embedder.reference}, which compares pictures by how "
                f"they look: answer {self.field.name!r} for about {FIRST_PICTURES} items of each label first, then "
                f"{reference} can learn from them. A CLIP model knows names: set backend.embedder to hub:FOLDER."
            )

    def names(self, embedder: Embedder) -> Matrix:
        """What the names of the classes say, (K, d), or no row at all."""
        return name_vectors(self.field, embedder)

    def usual(self) -> Flags | None:
        """Which classes say what an item is, (K,); ``None`` where that is not asked."""
        return np.array([one not in RESERVED for one in self.classes])

    def target(self, value: Mapping[str, JsonValue]) -> list[int] | None:
        """Class numbers of a value, ``None`` where it does not belong to the field as it is now."""
        given = value_labels(value)
        is_known = set(given) <= set(self.classes) and (given or self.may_be_empty)
        return [self.classes.index(one) for one in given] if is_known else None

    @property
    def may_be_empty(self) -> bool:
        """Whether an answer may name no class at all."""
        return False

    def train(self, evidence: Evidence, targets: Flags, rng: np.random.Generator, calibrate: bool) -> Taught:
        """Learn from targets (n, K)."""
        raise NotImplementedError

    def shares(self, logits: Matrix) -> Matrix:
        """Probabilities (n, K)."""
        raise NotImplementedError

    def answers(self, artefact: Artefact, logits: Matrix) -> list[Answer]:
        """One answer for each row of logits."""
        raise NotImplementedError

    def others(self, row: Matrix, order: Sequence[int]) -> tuple[Alternative, ...]:
        """The classes with these numbers and their shares of a row (K,)."""
        # What cannot be predicted yet, such as 'cannot tell' before somebody used it, has no share at all.
        return tuple(Alternative(self.classes[at], float(row[at])) for at in order if row[at] > 0)

    def plainly(self, shares: Matrix) -> list[list[str]]:
        """The words of each row of shares (n, K) that are likelier than not, without anything learned about them."""
        return [[self.classes[at]] for at in shares.argmax(axis=1)]

    def energy(self, logits: Matrix) -> Matrix:
        """Energy over the labels that say what a text is, shape (n,), from logits (n, K)."""
        return set_energy(self.telling(logits))

    def telling(self, logits: Matrix) -> Matrix:
        """The columns of the labels that say what a text is."""
        return logits[:, [at for at, one in enumerate(self.classes) if one not in RESERVED]]


def linear_of(artefact: Artefact) -> Linear:
    """The model of an artefact."""
    return Linear(floats(artefact, "weights"), floats(artefact, "bias"))


def floats(artefact: Artefact, name: str) -> Matrix:
    """One array of an artefact."""
    return np.asarray(artefact.arrays[name], dtype=np.float32)
