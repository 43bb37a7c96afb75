"""Seeded draws from the whole pool: the same item is drawn or not whatever else happens, with a known probability."""

from __future__ import annotations

import hashlib

import numpy as np
import numpy.typing as npt


def uniform_of(seed: int, purpose: str, item_ids: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """A number in [0, 1) for each item, shape (n,), fixed by seed, purpose and id.

    The ids go through the finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014) keyed by a digest of seed and
    purpose, so that draws for different purposes are independent of each other.
    """
    digest = hashlib.sha256(f"{seed}:{purpose}".encode()).digest()
    key = np.uint64(int.from_bytes(digest[:8], "little"))
    with np.errstate(over="ignore"):
        z = (item_ids.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) ^ key
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53


def is_drawn(seed: int, purpose: str, item_ids: npt.NDArray[np.int64], share: float) -> npt.NDArray[np.bool_]:
    """Whether each item belongs to the drawn share, shape (n,); each does with probability ``share``."""
    return uniform_of(seed, purpose, item_ids) < share
