"""Hashed character n-grams as text vectors: no weights, any language, works wherever numpy does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tools.backends.contract import Matrix, TextEmbedder
from tools.backends.learning.embedding import OfTexts
from tools.backends.learning.vectors import unit_rows

DIMENSION = 512
_BATCH = 2048


class NgramEmbedder(OfTexts):
    """Signed hashing of character 3- to 5-grams inside words (Weinberger et al., ICML 2009), square-root counts.

    512 dimensions: on short texts 2^18 of them gain about one point of few-shot accuracy and cost 500 times the memory.
    """

    reference = "builtin:ngrams"
    revision = f"char_wb-3-5-{DIMENSION}-v1"
    dimension = DIMENSION
    pace = 10_000

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Unit rows, shape (n, 512); an empty text gives zeros."""
        from sklearn.feature_extraction.text import HashingVectorizer  # slow to import

        counter = HashingVectorizer(
            analyzer="char_wb", ngram_range=(3, 5), n_features=DIMENSION, norm=None, dtype=np.float32
        )
        made = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        for start in range(0, len(texts), _BATCH):
            counts = counter.transform(texts[start : start + _BATCH]).toarray()
            made[start : start + _BATCH] = np.sign(counts) * np.sqrt(np.abs(counts))
        return unit_rows(made)


class MixedEmbedder(OfTexts):
    """Sentence vectors and n-grams side by side, for texts in a language that the sentence model does not know."""

    def __init__(self, first: TextEmbedder, share: float = 0.5) -> None:
        """``share`` is what the n-grams contribute to the likeness of two texts, 0..1."""
        self._parts = (first, NgramEmbedder())
        self._weights = (float(np.sqrt(1 - share)), float(np.sqrt(share)))
        self.reference = f"{first.reference}+ngrams"
        self.revision = f"{first.revision}+{NgramEmbedder.revision}+{share}"
        self.dimension = first.dimension + DIMENSION
        self.pace = first.pace

    def embed(self, texts: Sequence[str]) -> Matrix:
        """Unit rows, shape (n, dimension)."""
        made = [weight * part.embed(texts) for part, weight in zip(self._parts, self._weights, strict=True)]
        return unit_rows(np.hstack(made).astype(np.float32, copy=False))
