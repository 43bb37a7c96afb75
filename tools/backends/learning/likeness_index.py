"""Which items are most like a text: a faiss index of an embedder's vectors, kept in the cache and up to date.

Items that came since the last question are added before it is answered, so that old ones are neither read nor embedded
again. The index holds every row at half precision and compares with all of them: the order is that of the exact
product, but for differences below a thousandth.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from tools.backends.contract import Embedder, Matrix, VectorCache
from tools.backends.learning.vectors import vectors_of
from tools.content import Content

Ids = npt.NDArray[np.int64]
KEPT_ROWS = 200_000
"""Up to so many rows, 200 MB at 512 dimensions, the index stays in memory: reading it is most of a question."""

_KEPT: WeakKeyDictionary[VectorCache, dict[str, Any]] = WeakKeyDictionary()
# Two questions at once must not add the same items twice.
_LOCK = threading.Lock()


def most_alike(
    cache: VectorCache,
    embedder: Embedder,
    ids: Ids,
    contents_of: Callable[[Sequence[int]], Sequence[Content]],
    wanted: Matrix,
    limit: int,
    most_new: int,
) -> list[tuple[int, float]]:
    """(id, likeness) of at most ``limit`` of the items ``ids``, most alike first, equal ones by id; ``wanted`` (d,).

    At most ``most_new`` of them are added to the index for one question, by id; the rest is not found yet.
    """
    import faiss

    with _LOCK:
        index = _stored(cache, embedder)
        new = np.setdiff1d(ids, faiss.vector_to_array(index.id_map))[:most_new]
        if len(new):
            index.add_with_ids(vectors_of(cache, embedder, new, contents_of(new.tolist())).matrix, new)
            cache.put(_key(embedder), faiss.serialize_index(index))
        _KEPT.setdefault(cache, {})[_key(embedder)] = index if index.ntotal <= KEPT_ROWS else None
    if not index.ntotal or limit < 1:
        return []
    among = faiss.IDSelectorBatch(np.ascontiguousarray(ids, dtype=np.int64))
    chosen = faiss.SearchParameters()
    chosen.sel = among
    likeness, found = index.search(wanted[None], min(limit, len(ids)), params=chosen)
    # Where there are fewer than asked for, the rest of the answer is filled with -1.
    pairs = [(int(one), float(much)) for one, much in zip(found[0], likeness[0], strict=True) if one >= 0]
    return sorted(pairs, key=lambda pair: (-pair[1], pair[0]))


def _stored(cache: VectorCache, embedder: Embedder) -> Any:
    """The index in memory or in the cache, or an empty one where there is none that can be read."""
    import faiss

    in_memory = _KEPT.get(cache, {}).get(_key(embedder))
    if in_memory is not None:
        return in_memory
    kept = cache.get(_key(embedder))
    if kept is not None and kept.dtype == np.uint8:
        try:
            index = faiss.deserialize_index(kept)
        except RuntimeError:
            index = None
        if index is not None and index.d == embedder.dimension:
            return index
    return faiss.index_factory(embedder.dimension, "IDMap2,SQfp16", faiss.METRIC_INNER_PRODUCT)


def _key(embedder: Embedder) -> str:
    return f"likeness/{embedder.reference}/{embedder.revision}"
