"""Image vectors without any weights: colours, texture and outlines, compared as they are."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from tools.backends.contract import Matrix
from tools.backends.images.image_features import DIMENSION, REVISION, image_vector
from tools.backends.learning.embedding import OfImages
from tools.backends.learning.threads import thread_count
from tools.errors import InputError
from tools.images.pixels import read_pixels

REFERENCE = "builtin:image-features"
MOST_SIDE = 512
"""Pixels of the longer side that are looked at: more are averaged away in any case."""

NOTE = (
    "Pictures are compared by colours, texture and outlines (builtin:image-features), which knows no things and no "
    "words. For a model that does, name a folder with CLIP or DINO weights: backend.embedder = hub:FOLDER."
)


class ImageFeatures(OfImages):
    """The vectors of :mod:`tools.backends.images.image_features` for image files that are named by their paths."""

    reference = REFERENCE
    revision = REVISION
    dimension = DIMENSION
    pace = 60
    knows_words = False

    def embed(self, paths: Sequence[Path | str]) -> Matrix:
        """Unit rows, shape (n, dimension), for paths of image files; zeros where one cannot be read."""
        if not paths:
            return np.zeros((0, DIMENSION), dtype=np.float32)
        with ThreadPoolExecutor(thread_count()) as threads:
            return np.stack(list(threads.map(_vector, paths)))

    def embed_words(self, words: Sequence[str]) -> Matrix:
        """Zeros: words say nothing about colours and outlines."""
        return np.zeros((len(words), DIMENSION), dtype=np.float32)


def _vector(path: Path | str) -> Matrix:
    try:
        return image_vector(read_pixels(path, MOST_SIDE))
    except InputError:
        return np.zeros(DIMENSION, dtype=np.float32)
