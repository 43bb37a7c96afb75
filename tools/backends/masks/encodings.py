"""Encodings of images on disk, by content of the image and revision of the model, bounded in size.

They lie in the project's cache of arrays, which has no deletion: what is given up is overwritten with nothing. One
process writes; others may read at the same time.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import numpy.typing as npt

from tools.backends.contract import BackendIdentity, VectorCache
from tools.backends.masks.contract_images import Encoding
from tools.results import as_bytes, from_bytes

MOST_BYTES = 4 << 30
"""Four GiB: about a thousand images of segment-anything."""

_INDEX = "encodings/index"
_LOCK = threading.Lock()
_NOTHING: npt.NDArray[np.uint8] = np.zeros(0, dtype=np.uint8)


def encoding_key(identity: BackendIdentity, digest: str) -> str:
    """Under which an encoding is kept; ``digest`` is that of the image file."""
    return key_from(identity.reference, identity.revision, digest)


def key_from(reference: str, revision: str, digest: str) -> str:
    """The same from the parts."""
    return f"encodings/{reference}/{revision}/{digest}"


class EncodingCache:
    """Encodings in a cache of arrays."""

    def __init__(self, arrays: VectorCache, most_bytes: int = MOST_BYTES) -> None:
        """``most_bytes`` is how much all encodings of the project may take; the least recently made go first."""
        self._arrays = arrays
        self._most = most_bytes

    def get(self, key: str) -> Encoding | None:
        """The encoding, ``None`` where there is none, or not all of it."""
        names = self._arrays.get(key)
        if names is None or not names.size:
            return None
        found: dict[str, npt.NDArray[Any]] = {}
        for name in from_bytes(names):
            array = self._arrays.get(f"{key}/{name}")
            if array is None or not array.size:
                return None
            found[name] = array
        return found

    def has(self, key: str) -> bool:
        """Whether the encoding is there; looks at its list of names only."""
        names = self._arrays.get(key)
        return names is not None and bool(names.size)

    def put(self, key: str, encoding: Encoding) -> None:
        """Keep an encoding; the names come last, so that half an encoding is never found."""
        for name, array in encoding.items():
            self._arrays.put(f"{key}/{name}", array)
        self._arrays.put(key, as_bytes(sorted(encoding)))
        with _LOCK:
            self._bound(key, sum(array.nbytes for array in encoding.values()))

    def _bound(self, key: str, size: int) -> None:
        index = self._arrays.get(_INDEX)
        sizes: dict[str, int] = dict(from_bytes(index)) if index is not None and index.size else {}
        sizes.pop(key, None)
        sizes[key] = size
        while len(sizes) > 1 and sum(sizes.values()) > self._most:
            self._drop(next(iter(sizes)), sizes)
        self._arrays.put(_INDEX, as_bytes(list(sizes.items())))

    def _drop(self, key: str, sizes: dict[str, int]) -> None:
        sizes.pop(key)
        names = self._arrays.get(key)
        self._arrays.put(key, _NOTHING)
        for name in from_bytes(names) if names is not None and names.size else ():
            self._arrays.put(f"{key}/{name}", _NOTHING)
