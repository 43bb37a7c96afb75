"""What label names and descriptions say before anybody has labelled: vectors of the labels themselves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tools.backends.contract import Embedder, Matrix
from tools.backends.learning.vectors import unit_rows
from tools.schema import FieldSpec


def name_vectors(field: FieldSpec, embedder: Embedder) -> Matrix:
    """One unit row for each of ``field.answers``, shape (K, d); zeros for 'none of these' and 'cannot tell'.

    A row is the mean of the name alone and of the name with its description, where there is one.
    """
    rows = np.zeros((len(field.answers), embedder.dimension), dtype=np.float32)
    if not field.labels:
        return rows
    names = [label.name.replace("_", " ") for label in field.labels]
    full = [f"{name}: {label.description}" for name, label in zip(names, field.labels, strict=True)]
    described = [at for at, label in enumerate(field.labels) if label.description]
    rows[: len(names)] = word_vectors(embedder, names)
    if described:
        rows[described] += word_vectors(embedder, [full[at] for at in described])
    return unit_rows(rows)


def word_vectors(embedder: Embedder, words: Sequence[str]) -> Matrix:
    """Rows of words (n, d): an embedder of images reads them by another way than its items, or not at all (zeros)."""
    return embedder.embed_words(words)


def knows_words(embedder: Embedder) -> bool:
    """Whether words say anything to an embedder; those of images alone know none."""
    return embedder.knows_words
