"""Encodings on disk: whole or not at all, and never more than is allowed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from assistant.arrays import DiskArrays
from tools.backends.contract import BackendIdentity
from tools.backends.masks.encodings import EncodingCache, encoding_key

ENCODING = {"fine": np.arange(64, dtype=np.float32).reshape(8, 8), "coarse": np.ones(3, dtype=np.float32)}


def test_an_encoding_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    cache = EncodingCache(DiskArrays(tmp_path))
    cache.put("k", ENCODING)
    found = EncodingCache(DiskArrays(tmp_path)).get("k")
    assert found is not None and set(found) == {"fine", "coarse"} and (found["fine"] == ENCODING["fine"]).all()


def test_another_revision_or_image_has_another_key() -> None:
    keys = {
        encoding_key(BackendIdentity("hub:a", revision), digest) for revision in ("1", "2") for digest in ("x", "y")
    }
    assert len(keys) == 4


def test_half_an_encoding_is_none(tmp_path: Path) -> None:
    arrays = DiskArrays(tmp_path)
    cache = EncodingCache(arrays)
    cache.put("k", ENCODING)
    arrays.put("k/fine", np.zeros(0, dtype=np.uint8))
    assert cache.get("k") is None


def test_the_oldest_give_way_when_there_is_too_much(tmp_path: Path) -> None:
    size = sum(one.nbytes for one in ENCODING.values())
    cache = EncodingCache(DiskArrays(tmp_path), most_bytes=2 * size)
    for key in "abc":
        cache.put(key, ENCODING)
    assert [cache.has(key) for key in "abc"] == [False, True, True]
    assert sum(place.stat().st_size for place in tmp_path.iterdir()) < 2 * size + 2500
