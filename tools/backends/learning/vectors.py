"""Vectors of items, made once and kept in blocks by model; each row carries the digest of the text it was made from."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from tools.backends.contract import Embedder, Matrix, VectorCache
from tools.content import Content

BLOCK = 512
"""Items with neighbouring ids share a block, so that one unit of work touches one or two of them."""

_DIGEST = 16
_CHUNK = 512
# Two threads that fill the same block must not undo each other's rows.
_LOCK = threading.Lock()


@dataclass(frozen=True)
class Vectors:
    """Rows (n, d), float32, aligned with the items asked for; ``present`` (n,) is false where there is no vector.

    ``made`` counts the vectors that were not in the cache.
    """

    matrix: Matrix
    present: npt.NDArray[np.bool_]
    made: int


def vectors_of(
    cache: VectorCache,
    embedder: Embedder,
    item_ids: Sequence[int] | npt.NDArray[np.int64],
    contents: Sequence[Content],
    most_new: int | None = None,
    rng: np.random.Generator | None = None,
) -> Vectors:
    """Vectors of items from the cache; missing ones are made and stored.

    ``most_new`` bounds how many are made: which ones is drawn with ``rng``, the rest stays absent.
    """
    ids = np.asarray(item_ids, dtype=np.int64)
    digests = _digests(contents)
    matrix, present = _stored(cache, embedder, ids, digests)
    missing = np.flatnonzero(~present)
    if most_new is not None and len(missing) > most_new:
        chosen = (rng or np.random.default_rng(0)).choice(len(missing), most_new, replace=False)
        missing = np.sort(missing[chosen])
    for start in range(0, len(missing), _CHUNK):
        rows = missing[start : start + _CHUNK]
        matrix[rows] = embedder.embed_contents([contents[row] for row in rows])
        present[rows] = True
        _store(cache, embedder, ids[rows], digests[rows], matrix[rows])
    return Vectors(matrix, present, len(missing))


def unit_rows(matrix: Matrix) -> Matrix:
    """Rows of (n, d) scaled to length 1; rows of zeros stay."""
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    return np.asarray(matrix / np.where(lengths == 0, 1, lengths), dtype=np.float32)


def _digests(contents: Sequence[Content]) -> npt.NDArray[np.uint8]:
    """Shape (n, 16)."""
    marks = (one.mark.encode("utf-8", "surrogatepass") for one in contents)
    joined = b"".join(hashlib.blake2b(mark, digest_size=_DIGEST).digest() for mark in marks)
    return np.frombuffer(joined, dtype=np.uint8).reshape(len(contents), _DIGEST)


def _stored(
    cache: VectorCache, embedder: Embedder, ids: npt.NDArray[np.int64], digests: npt.NDArray[np.uint8]
) -> tuple[Matrix, npt.NDArray[np.bool_]]:
    matrix = np.zeros((len(ids), embedder.dimension), dtype=np.float32)
    present = np.zeros(len(ids), dtype=np.bool_)
    for block, rows in _rows_by_block(ids):
        stored = _read(cache, embedder, block)
        if stored is None:
            continue
        found = stored[ids[rows] % BLOCK]
        same = (found[:, :_DIGEST] == digests[rows]).all(axis=1)
        present[rows] = same
        matrix[rows[same]] = np.ascontiguousarray(found[same, _DIGEST:]).view(np.float32)
    return matrix, present


def _store(
    cache: VectorCache,
    embedder: Embedder,
    ids: npt.NDArray[np.int64],
    digests: npt.NDArray[np.uint8],
    matrix: Matrix,
) -> None:
    lines = np.hstack([digests, np.ascontiguousarray(matrix).view(np.uint8)])
    for block, rows in _rows_by_block(ids):
        with _LOCK:
            stored = _read(cache, embedder, block)
            if stored is None:
                stored = np.zeros((BLOCK, lines.shape[1]), dtype=np.uint8)
            stored[ids[rows] % BLOCK] = lines[rows]
            cache.put(_key(embedder, block), stored)


def _read(cache: VectorCache, embedder: Embedder, block: int) -> npt.NDArray[np.uint8] | None:
    """A block: one line an item, 16 bytes of digest, then the vector's bytes. One array, so that a write is whole."""
    stored = cache.get(_key(embedder, block))
    if stored is None or stored.shape != (BLOCK, _DIGEST + 4 * embedder.dimension) or stored.dtype != np.uint8:
        return None
    return np.array(stored)


def _key(embedder: Embedder, block: int) -> str:
    return f"vectors/{embedder.reference}/{embedder.revision}/{block}"


def _rows_by_block(ids: npt.NDArray[np.int64]) -> list[tuple[int, npt.NDArray[np.int64]]]:
    """(block, positions in ``ids``) for every block touched."""
    if not len(ids):
        return []
    blocks = ids // BLOCK
    order = np.argsort(blocks, kind="stable")
    numbers, starts = np.unique(blocks[order], return_index=True)
    return [(int(n), rows) for n, rows in zip(numbers, np.split(order, starts[1:]), strict=True)]
