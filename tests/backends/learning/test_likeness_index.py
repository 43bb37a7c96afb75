"""The index of likeness: the order of the exact product, kept between questions, new items added to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tests.fake_context import MemoryCache
from tools.backends.contract import Matrix
from tools.backends.learning.likeness_index import most_alike
from tools.backends.texts.builtin_ngrams import NgramEmbedder
from tools.content import Content, texts

TEXTS = [
    "where is my parcel",
    "my parcel is late",
    "a refund please",
    "please refund the fee",
    "thanks a lot",
    "where is the parcel of my mother",
]


class Counting(NgramEmbedder):
    """Counts the texts that are embedded."""

    made = 0

    def embed(self, texts: Sequence[str]) -> Matrix:
        self.made += len(texts)
        return super().embed(texts)


def texts_of(ids: Sequence[int]) -> list[Content]:
    return texts(TEXTS[one - 1] for one in ids)


def ask(
    cache: MemoryCache,
    ids: Sequence[int],
    words: str,
    limit: int = 3,
    most_new: int = 100,
    embedder: Counting | None = None,
) -> list[tuple[int, float]]:
    embedder = embedder or Counting()
    wanted = NgramEmbedder().embed([words])[0]
    return most_alike(cache, embedder, np.array(ids, dtype=np.int64), texts_of, wanted, limit, most_new)


def test_the_answer_is_that_of_the_exact_product() -> None:
    found = ask(MemoryCache(), range(1, 7), "where is my parcel?", limit=6)
    exact = NgramEmbedder().embed(TEXTS) @ NgramEmbedder().embed(["where is my parcel?"])[0]
    assert [one for one, _ in found] == [int(row) + 1 for row in np.argsort(-exact, kind="stable")]
    assert [likeness for _, likeness in found] == pytest.approx(sorted(exact, reverse=True), abs=1e-3)


def test_only_the_items_asked_about_are_found() -> None:
    cache = MemoryCache()
    ask(cache, range(1, 7), "parcel")
    assert {one for one, _ in ask(cache, [3, 4], "where is my parcel")} == {3, 4}


def test_items_that_came_since_are_added_and_old_ones_are_not_made_again() -> None:
    cache, embedder = MemoryCache(), Counting()
    ask(cache, [1, 2, 3], "parcel", embedder=embedder)
    assert embedder.made == 3
    found = ask(cache, range(1, 7), "the parcel of my mother", embedder=embedder)
    assert embedder.made == 6
    assert found[0][0] == 6
    assert ask(cache, range(1, 7), "the parcel of my mother", embedder=embedder) == found
    assert embedder.made == 6


def test_what_is_too_much_for_one_question_is_found_by_the_next() -> None:
    cache = MemoryCache()
    assert {one for one, _ in ask(cache, range(1, 7), "parcel", limit=6, most_new=4)} == {1, 2, 3, 4}
    assert len(ask(cache, range(1, 7), "parcel", limit=6, most_new=4)) == 6


@pytest.mark.parametrize("broken", [np.zeros(9, dtype=np.uint8), np.zeros((2, 2))])
def test_an_index_that_cannot_be_read_is_made_anew(broken: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    cache = MemoryCache()
    first = ask(cache, range(1, 7), "parcel")
    (key,) = [one for one in cache if one.startswith("likeness/")]
    later = MemoryCache(cache)
    later.put(key, broken)
    assert ask(later, range(1, 7), "parcel") == first


def test_another_run_of_the_program_reads_what_was_kept() -> None:
    cache, embedder = MemoryCache(), Counting()
    first = ask(cache, range(1, 7), "parcel")
    assert ask(MemoryCache(cache), range(1, 7), "parcel", embedder=embedder) == first
    assert embedder.made == 0


def test_nothing_is_found_among_nothing() -> None:
    assert ask(MemoryCache(), [], "parcel") == []
