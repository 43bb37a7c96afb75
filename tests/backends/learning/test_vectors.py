"""Text vectors: their law, their cache, and which embedder is chosen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fake_context import MemoryCache
from tools.backends.contract import Matrix
from tools.backends.learning.threads import thread_count
from tools.backends.learning.vectors import BLOCK, vectors_of
from tools.backends.registry import choose_embedder
from tools.backends.texts import builtin_minilm
from tools.backends.texts.builtin_minilm import MiniLMEmbedder, check_weights
from tools.backends.texts.builtin_ngrams import DIMENSION, MixedEmbedder, NgramEmbedder
from tools.content import texts
from tools.errors import BackendFailed, BackendMissing

needs_minilm = pytest.mark.skipif(
    not builtin_minilm.is_installed(), reason=f"no sentence model: {builtin_minilm.REMEDY}"
)


class CountingEmbedder(NgramEmbedder):
    """Remembers what it was asked to embed."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> Matrix:
        self.asked += texts
        return super().embed(texts)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(max_size=40), max_size=6))
def test_every_vector_has_length_one_or_is_zero(texts: list[str]) -> None:
    made = NgramEmbedder().embed(texts)
    assert made.shape == (len(texts), DIMENSION)
    assert made.dtype == np.float32
    lengths = np.linalg.norm(made, axis=1)
    assert all(abs(length - 1) < 1e-5 or length == 0 for length in lengths)


def test_texts_with_common_letters_are_more_alike() -> None:
    one, near, far = NgramEmbedder().embed(["my order is late", "my orders are late", "Grüße aus Berlin"])
    assert one @ near > 0.5 > one @ far


def test_vectors_come_from_the_cache_the_second_time() -> None:
    cache, embedder = MemoryCache(), CountingEmbedder()
    first = vectors_of(cache, embedder, [3, BLOCK + 1], texts(["apple", "pear"]))
    again = vectors_of(cache, embedder, [BLOCK + 1, 3], texts(["pear", "apple"]))
    assert embedder.asked == ["apple", "pear"]
    assert (first.made, again.made) == (2, 0)
    assert (again.matrix == first.matrix[::-1]).all()


def test_a_changed_text_is_embedded_again() -> None:
    cache, embedder = MemoryCache(), CountingEmbedder()
    vectors_of(cache, embedder, [1, 2], texts(["apple", "pear"]))
    changed = vectors_of(cache, embedder, [1, 2], texts(["apple", "plum"]))
    assert embedder.asked == ["apple", "pear", "plum"]
    assert (changed.matrix[1] == NgramEmbedder().embed(["plum"])[0]).all()


def test_a_damaged_block_is_made_again() -> None:
    cache, embedder = MemoryCache(), CountingEmbedder()
    vectors_of(cache, embedder, [1], texts(["apple"]))
    for key in cache:
        cache[key] = cache[key][:1]
    assert vectors_of(cache, embedder, [1], texts(["apple"])).made == 1


def test_the_number_of_new_vectors_can_be_bounded() -> None:
    many = texts(f"text {number}" for number in range(30))
    found = vectors_of(MemoryCache(), NgramEmbedder(), range(30), many, most_new=10, rng=np.random.default_rng(1))
    assert found.present.sum() == found.made == 10
    assert not found.matrix[~found.present].any()


def test_two_threads_that_fill_one_block_keep_each_others_rows() -> None:
    from concurrent.futures import ThreadPoolExecutor

    cache, embedder = MemoryCache(), NgramEmbedder()
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda item: vectors_of(cache, embedder, [item], texts([f"text {item}"])), range(1, 60)))
    again = vectors_of(cache, embedder, range(1, 60), texts(f"text {item}" for item in range(1, 60)))
    assert again.made == 0


def test_without_the_sentence_model_the_choice_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtin_minilm, "is_installed", lambda: False)
    chosen = choose_embedder("", ["hello there"])
    assert chosen.embedder.reference == "builtin:ngrams"
    assert "not installed" in chosen.notes[0] and builtin_minilm.REMEDY in chosen.notes[0]
    with pytest.raises(BackendMissing, match="pip install"):
        choose_embedder("builtin:minilm", [])


def test_texts_in_other_languages_get_letters_mixed_in_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builtin_minilm, "is_installed", lambda: True)
    english = choose_embedder("", ["where is it", "what is this"])
    mixed = choose_embedder("", ["where is it", "wo ist das", "où est mon colis"])
    assert (english.embedder.reference, english.notes) == ("builtin:minilm", ())
    assert mixed.embedder.reference == "builtin:minilm+ngrams"
    assert "67 %" in mixed.notes[0] and "English only" in mixed.notes[0]


def test_mixed_vectors_have_length_one_and_share_their_likeness() -> None:
    mixed = MixedEmbedder(NgramEmbedder(), share=0.25)
    one, other = mixed.embed(["late parcel", "late parcels"])
    plain = NgramEmbedder().embed(["late parcel", "late parcels"])
    assert one.shape == (2 * DIMENSION,)
    assert one @ other == pytest.approx(plain[0] @ plain[1], abs=1e-5)


def test_threads_are_half_of_the_cores_unless_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSISTANT_THREADS", "3")
    assert thread_count() == 3
    monkeypatch.setenv("ASSISTANT_THREADS", "none")
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)), raising=False)
    assert thread_count() == 4


def test_weights_that_are_not_the_published_ones_are_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    place = tmp_path / "model.safetensors"
    place.write_bytes(b"something else")
    with pytest.raises(BackendFailed, match="not the published ones"):
        check_weights(place)


@needs_minilm
def test_the_sentence_model_knows_meaning_and_gives_zeros_for_nothing() -> None:
    late, slow, cat, empty = MiniLMEmbedder().embed(
        ["delivery arrived two weeks late", "package took far too long to ship", "a cat sleeps on the sofa", " "]
    )
    assert late @ slow > 0.5
    assert late @ cat < 0.2
    assert np.linalg.norm(late) == pytest.approx(1, abs=1e-5)
    assert not empty.any()


@needs_minilm
def test_a_text_has_the_same_vector_alone_and_in_company() -> None:
    embedder = MiniLMEmbedder()
    alone = embedder.embed(["where is my parcel"])[0]
    company = embedder.embed(["a much longer text about something else entirely " * 5, "where is my parcel"])[1]
    assert alone == pytest.approx(company, abs=1e-5)
