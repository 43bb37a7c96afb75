"""Answers about labels that were kept aside: complete, honest, and stored with what was learned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.backends.texts.messages import INTENT, MOOD, TOPICS, examples_of, inputs_of
from tools.backends.contract import Example, Input
from tools.backends.learning.held_out import HalfAsMany, compare_half, half_mask, half_of, held_out_of
from tools.backends.texts.builtin_few_shot import FewShotClassifier
from tools.backends.texts.builtin_ngrams import NgramEmbedder
from tools.results import Artefact
from tools.schema import FieldSpec

NGRAMS = NgramEmbedder()
WRONG: Mapping[str, tuple[Mapping[str, Any], ...]] = {
    "intent": tuple({"label": label} for label in ("delivery", "password", "refund")),
    "topics": tuple({"labels": [label]} for label in ("parcel", "login", "money")),
    "mood": tuple({"rating": rating} for rating in (3, 1, 2)),
}


@pytest.mark.parametrize("field", [INTENT, TOPICS, MOOD], ids=lambda one: str(one.id))
def test_every_label_is_judged_once_and_marked_where_nobody_steered_it(field: FieldSpec) -> None:
    examples = [*examples_of(field, 60), *examples_of(field, 30, calibrates=False)]
    artefact = FewShotClassifier(field, NGRAMS).fit(examples, [], 1)
    found = held_out_of(artefact)
    assert len(found.scores) == len(found.right) == 90
    assert int(found.calibrates.sum()) == 60
    assert artefact.json["blind_answers"] == 60
    assert artefact.json["blind_right"] == int(found.right[found.calibrates].sum())
    assert ((found.scores >= 0) & (found.scores <= 1)).all()


@pytest.mark.parametrize("field", [INTENT, TOPICS, MOOD], ids=lambda one: str(one.id))
def test_labels_that_contradict_what_their_likes_say_are_found_wrong(field: FieldSpec) -> None:
    honest = examples_of(field, 90)
    wrong = [
        Example(Input.of_text(500 + n, one.input.text), WRONG[field.id][n % 3], True)
        for n, one in enumerate(honest[:9])
    ]
    judged = held_out_of(FewShotClassifier(field, NGRAMS).fit([*honest, *wrong], [], 1))
    assert judged.right.mean() < 0.95
    clean = held_out_of(FewShotClassifier(field, NGRAMS).fit(honest, [], 1))
    assert clean.right.mean() > judged.right.mean()


@pytest.mark.parametrize("field", [INTENT, TOPICS, MOOD], ids=lambda one: str(one.id))
def test_nothing_is_held_out_where_only_an_order_is_wanted(field: FieldSpec) -> None:
    classifier = FewShotClassifier(field, NGRAMS, calibrate=False)
    artefact = classifier.fit(examples_of(field, 120), [], 1)
    assert not len(held_out_of(artefact).scores)
    assert "half" not in artefact.json and "known" not in artefact.arrays
    vectors = NGRAMS.embed([one.text for one in inputs_of(field, 6)])
    shares = classifier.probabilities(artefact, vectors)
    assert shares.shape == (6, len(classifier.classes)) and np.isfinite(shares).all()


def test_an_artefact_without_held_out_answers_has_none() -> None:
    found = held_out_of(Artefact())
    assert (len(found.scores), len(found.right), len(found.calibrates)) == (0, 0, 0)


def test_what_half_of_the_labels_are_worth_is_told_over_the_same_texts() -> None:
    artefact = FewShotClassifier(INTENT, NGRAMS).fit(examples_of(INTENT, 100), [], 1)
    half = half_of(artefact.json["half"])
    assert half is not None
    assert (half.labels, half.n) == (40, 100)
    assert 0 <= half.gained <= half.right <= half.n and half.right + half.lost <= half.n
    assert half_of(half.to_record()) == half == HalfAsMany(**half.to_record())
    assert half_of(None) is None


@given(st.lists(st.integers(0, 3), min_size=1, max_size=60), st.integers(0, 20))
def test_half_of_the_rows_are_taken_from_those_that_learn_and_from_every_class(codes: list[int], seed: int) -> None:
    given_codes = np.array(codes, dtype=np.int64)
    rng = np.random.default_rng(seed)
    learns = rng.random(len(codes)) < 0.8
    chosen = half_mask(given_codes, learns, rng)
    assert not (chosen & ~learns).any()
    assert int(chosen.sum()) == (int(learns.sum()) + 1) // 2
    for code in set(codes):
        of_class, taken = int((learns & (given_codes == code)).sum()), int((chosen & (given_codes == code)).sum())
        assert abs(2 * taken - of_class) <= 1


def test_what_the_second_half_gained_and_lost_is_counted_text_by_text() -> None:
    codes, folds = np.zeros(10, dtype=np.int64), np.arange(10) % 2
    right = np.arange(10) < 6
    everything, rng = np.ones(10, dtype=np.bool_), np.random.default_rng(0)
    found = compare_half(codes, folds, right, 2, lambda _, inside: np.flatnonzero(inside) > 4, rng, everything)
    assert found == HalfAsMany(labels=3, n=10, right=6, gained=5, lost=4)


def test_what_half_is_worth_is_looked_at_on_unsteered_rows_only() -> None:
    codes, folds, counts = np.zeros(10, dtype=np.int64), np.arange(10) % 2, np.arange(10) >= 5
    right, rng = np.arange(10) < 6, np.random.default_rng(0)
    found = compare_half(codes, folds, right, 2, lambda _, inside: np.flatnonzero(inside) > 4, rng, counts)
    assert found == HalfAsMany(labels=3, n=5, right=1, gained=0, lost=4)
    none = compare_half(codes, folds, right, 2, lambda _, inside: np.flatnonzero(inside) > 4, rng, ~(counts | ~counts))
    assert none == HalfAsMany(labels=3, n=0, right=0, gained=0, lost=0)
