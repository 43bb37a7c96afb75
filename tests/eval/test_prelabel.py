"""The benchmark of suggestions: fair draws, honest judging, and a sentence where the texts are not there."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.bench import suite
from eval.bench.texts import prelabel_trials
from eval.bench.texts.labelled_texts import OUT_OF_SCOPE, TextSet, balanced_draw, vectors_for
from eval.bench.texts.prelabel_ratings import EMOTIONS, emotion_lines
from eval.bench.texts.prelabel_trials import Collection, Covered, collect, cover, cover_split, learn_drawn, tell_foreign
from tests.backends.texts.messages import intents
from tools.backends.contract import Matrix
from tools.backends.texts import builtin_minilm
from tools.backends.texts.builtin_ngrams import NgramEmbedder

NGRAMS = NgramEmbedder()


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of its own for what is kept between runs."""
    monkeypatch.setattr(tempfile, "gettempdir", lambda: str(tmp_path))
    return tmp_path


@pytest.fixture
def messages(kept: Path) -> Collection:
    """Three intents and some texts that belong to none of them, half of each for the test."""
    known = intents(360)
    foreign = [(f"zyx wvu {n} qqq", OUT_OF_SCOPE) for n in range(20)]
    texts, labels = zip(*[*known, *foreign], strict=True)
    split = tuple("train" if at % 2 else "test" for at in range(len(texts)))
    names = {label: label for label in dict.fromkeys(labels)}
    return collect(TextSet("messages", texts, labels, split, names), NGRAMS)


@given(st.lists(st.integers(0, 4), min_size=1, max_size=60), st.integers(1, 5), st.integers(0, 20))
def test_every_class_is_drawn_as_often_as_wanted_or_as_it_occurs(codes: list[int], per_class: int, seed: int) -> None:
    given_codes = np.array(codes, dtype=np.int64)
    drawn = balanced_draw(given_codes, per_class, np.random.default_rng(seed))
    assert len(set(drawn.tolist())) == len(drawn)
    for code in set(codes):
        assert int((given_codes[drawn] == code).sum()) == min(per_class, codes.count(code))


def test_out_of_scope_is_no_label_and_splits_do_not_overlap(messages: Collection) -> None:
    assert [label.name for label in messages.field.labels] == ["refund", "delivery", "password"]
    assert messages.field.none_of_these
    train, test = messages.rows("train"), messages.rows("test")
    assert not set(train) & set(test)
    assert (messages.codes[np.concatenate([train, test])] >= 0).all()
    assert len(messages.rows("test", in_scope=False)) == 10


def test_what_is_judged_was_neither_labelled_nor_used_to_set_the_cut(
    messages: Collection, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[set[int]] = []
    fit = prelabel_trials.learn

    def spy(collection: Collection, labelled: Any, *others: Any) -> Any:
        seen.append(set(labelled.tolist()))
        return fit(collection, labelled, *others)

    monkeypatch.setattr(prelabel_trials, "learn", spy)
    judged: list[set[int]] = []
    monkeypatch.setattr(prelabel_trials, "cover", lambda fitted, rows: judged.append(set(rows.tolist())))
    cover_split(messages, 20, seed=1)
    assert len(seen[0]) == 60 and not seen[0] & judged[0]
    assert seen[0] | judged[0] == set(messages.in_scope.tolist())


def test_an_easy_collection_is_learned_its_foreign_texts_caught_and_its_promise_kept(messages: Collection) -> None:
    fitted = learn_drawn(messages, 50, seed=0)
    test = messages.rows("test")
    assert fitted.accuracy(test) > 0.95
    assert fitted.calibration_error(test) < 0.1
    foreign = tell_foreign(fitted)
    assert foreign.caught > 0.9 and foreign.kept_by_cut > 0.85
    covered = cover(fitted, test)
    assert covered.coverage > 0.5 and not covered.is_broken


def test_a_promise_is_broken_below_what_was_promised_and_never_by_accepting_nothing(messages: Collection) -> None:
    assert Covered(0.5, 0.969).is_broken and not Covered(0.5, 0.97).is_broken
    found = cover(learn_drawn(messages, 5, seed=0), messages.rows("test"))
    assert (found.coverage, found.is_broken) == (0.0, False)


class Counting(NgramEmbedder):
    """Counts the texts it is asked for."""

    asked = 0

    def embed(self, texts: Any) -> Matrix:
        self.asked += len(texts)
        return super().embed(texts)


def test_vectors_are_made_once_and_again_for_other_texts(kept: Path) -> None:
    embedder = Counting()
    first = vectors_for(["a", "b"], embedder)
    assert (vectors_for(["a", "b"], embedder) == first).all() and embedder.asked == 2
    vectors_for(["a", "c"], embedder)
    assert embedder.asked == 4
    for place in (kept / "annotation-assistant-bench").iterdir():
        place.write_bytes(b"cut short")
    assert (vectors_for(["a", "b"], embedder) == first).all()


def test_without_the_sample_files_the_benchmark_says_where_they_should_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not builtin_minilm.is_installed():
        pytest.skip(f"no sentence model: {builtin_minilm.REMEDY}")
    for place, words in ((tmp_path / "absent", "The sample files are not at"), (tmp_path, "There is no file")):
        monkeypatch.setenv("ASSISTANT_SHARED_DATA", str(place))
        outcome = suite.BENCHES["prelabel"](tmp_path, True)
        assert outcome.lines == () and words in outcome.notes[0]


def test_ratings_and_sets_of_labels_are_judged_beside_the_usual_recipe(kept: Path, tmp_path: Path) -> None:
    folder = tmp_path / "crowd"
    folder.mkdir()
    words = ("joyful party", "awful war", "plain report")
    headlines = [f"{words[n % 3]} number {n}" for n in range(45)]
    rows = [f'{n},"{text}"' for n, text in enumerate(headlines)]
    (folder / "affect_headlines.csv").write_text("item,headline\n" + "\n".join(rows) + "\n")
    lines = ["item,dimension,worker,rating,gold"]
    for n in range(45):
        lines += [f"{n},valence,w,{(90, -90, 0)[n % 3]},0"]
        lines += [f"{n},{emotion},w,{60 if (emotion == 'joy') == (n % 3 == 0) else 0},0" for emotion in EMOTIONS]
    (folder / "affect_ratings.csv").write_text("\n".join(lines) + "\n")
    same, distance, several = emotion_lines(tmp_path, NGRAMS)
    assert same.ours > 0.9 and same.peer is not None and same.peer > 0.9
    assert distance.ours < 0.2
    assert several.ours > 0.9
