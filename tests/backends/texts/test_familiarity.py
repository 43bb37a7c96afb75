"""Texts that none of the labels was made for: found by their sign, said in words, never labelled by themselves."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.backends.texts.messages import INTENT, MOOD, examples_of, inputs_of
from tools.backends.contract import Example, Input, Matrix
from tools.backends.learning.vectors import unit_rows
from tools.backends.texts.builtin_few_shot import FewShotClassifier
from tools.backends.texts.builtin_ngrams import NgramEmbedder
from tools.backends.texts.doubts import UNCLEAR, UNLIKE, mark, with_doubts
from tools.backends.texts.familiarity import (
    KEPT,
    Familiarity,
    Known,
    Scale,
    learn_familiarity,
    nearest_likeness,
)
from tools.labels import NONE_OF_THESE
from tools.records import Alternative, Draft
from tools.results import Artefact

NGRAMS = NgramEmbedder()
FOREIGN = [Input.of_text(900 + n, text) for n, text in enumerate(("zyx wvu qqq", "1234 5678", "ōōō ūūū ēēē"))]


def fitted(count: int = 150, calibrates: bool = True) -> tuple[FewShotClassifier, Artefact]:
    classifier = FewShotClassifier(INTENT, NGRAMS)
    return classifier, classifier.fit(examples_of(INTENT, count, calibrates), [], 1)


def rows_of(count: int, width: int, seed: int) -> Matrix:
    return unit_rows(np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32))


def test_a_foreign_text_is_said_to_be_unlike_what_was_labelled_and_keeps_its_best_label() -> None:
    classifier, artefact = fitted()
    for draft in classifier.predict(artefact, FOREIGN):
        assert draft.reason.startswith(UNLIKE + "; learned from 150 confirmed labels")
        assert draft.value is not None and draft.value["label"] in ("refund", "delivery", "password")
        assert draft.alternatives[0] == Alternative(NONE_OF_THESE, 0.0)
        assert draft.score_source == "uncalibrated" and "the score was compared" not in draft.reason


def test_texts_of_the_labelled_kind_are_left_as_they_are() -> None:
    classifier, artefact = fitted()
    drafts = classifier.predict(artefact, inputs_of(INTENT, 60))
    marked = [draft for draft in drafts if UNLIKE in draft.reason or UNCLEAR in draft.reason]
    assert len(marked) <= 6
    usual = [draft for draft in drafts if draft not in marked]
    assert {draft.score_source for draft in usual} == {"calibrated"}
    source = "learned from 150 confirmed labels; right on 100 % of 150 answers that people gave without a suggestion"
    assert all(draft.reason == f"{source}; the score was compared with these" for draft in usual)


def test_a_field_that_does_not_offer_none_of_these_is_not_given_it() -> None:
    field = INTENT.model_copy(update={"none_of_these": False})
    classifier = FewShotClassifier(field, NGRAMS)
    draft = classifier.predict(classifier.fit(examples_of(field, 150), [], 1), FOREIGN)[0]
    assert draft.reason.startswith(UNLIKE)
    assert NONE_OF_THESE not in [one.label for one in draft.alternatives]


def test_nothing_is_called_foreign_on_few_labels_or_before_the_first() -> None:
    for count in (0, 60):
        classifier, artefact = fitted(count)
        assert all(UNLIKE not in draft.reason for draft in classifier.predict(artefact, FOREIGN))
        assert classifier.familiarity(artefact, rows_of(4, NGRAMS.dimension, 0)).tolist() == [0.0] * 4


def test_ratings_know_no_foreign_texts() -> None:
    classifier = FewShotClassifier(MOOD, NGRAMS)
    artefact = classifier.fit(examples_of(MOOD, 150), [], 1)
    assert all(draft.reason.startswith("learned from") for draft in classifier.predict(artefact, FOREIGN))


def test_confirmed_none_of_these_trains_and_is_then_proposed_by_itself() -> None:
    nothing = [Example(Input.of_text(500 + n, f"zyx wvu qqq {n}"), {"label": NONE_OF_THESE}, True) for n in range(30)]
    classifier = FewShotClassifier(INTENT, NGRAMS)
    artefact = classifier.fit([*examples_of(INTENT, 150), *nothing], [], 1)
    draft = classifier.predict(artefact, [Input.of_text(1, "zyx wvu qqq 99")])[0]
    assert draft.value == {"label": NONE_OF_THESE}
    assert UNLIKE not in draft.reason


def test_an_artefact_survives_storing_and_gives_the_same_drafts() -> None:
    classifier, artefact = fitted()
    stored: Artefact = pickle.loads(pickle.dumps(artefact))
    assert json.loads(json.dumps(artefact.json)) == artefact.json
    assert classifier.predict(stored, FOREIGN) == classifier.predict(artefact, FOREIGN)


@given(st.integers(100, 400), st.integers(0, 1000))
def test_the_stated_share_of_the_labelled_texts_stays_above_the_cut(count: int, seed: int) -> None:
    rows = rows_of(count, 8, seed)
    energy = np.random.default_rng(seed).normal(size=count).astype(np.float32)
    found = learn_familiarity(Known(rows, np.arange(count), energy), rows[:0], np.random.default_rng(0))
    assert found is not None
    signs = found.sign(energy, nearest_likeness(rows, rows, np.arange(count)))
    assert (signs >= found.least).mean() >= KEPT
    assert (signs < found.least).mean() >= 1 - KEPT - 2 / count


def test_too_few_judged_texts_set_no_cut() -> None:
    rows = rows_of(99, 8, 0)
    known = Known(rows, np.arange(99), np.ones(99, np.float32))
    assert learn_familiarity(known, rows[:0], np.random.default_rng(0)) is None


def test_a_text_of_a_label_nobody_has_used_yet_is_familiar_by_its_name() -> None:
    rows = rows_of(120, 8, 1)
    name = unit_rows(-rows.mean(axis=0, keepdims=True))
    known = Known(rows, np.arange(120), np.ones(120, np.float32))
    without = learn_familiarity(known, rows[:0], np.random.default_rng(0))
    beside = learn_familiarity(known, name, np.random.default_rng(0))
    assert without is not None and beside is not None
    assert without.likeness_of(name)[0] < beside.likeness_of(name)[0] == pytest.approx(1, abs=1e-5)


def test_a_row_is_no_neighbour_of_itself() -> None:
    rows = np.eye(3, dtype=np.float32)
    assert nearest_likeness(rows, rows).tolist() == [1, 1, 1]
    assert nearest_likeness(rows, rows, np.arange(3)).tolist() == [0, 0, 0]
    assert nearest_likeness(rows, rows[:0]).tolist() == [0, 0, 0]


def test_a_hard_text_with_a_near_neighbour_is_not_called_unlike_everything() -> None:
    familiar = Familiarity(np.eye(2, dtype=np.float32), Scale(5, 1), Scale(0.8, 0.1), least=-1, usual=0.8)
    drafts = [Draft(n, "intent", {"label": "refund"}, 0.4, "calibrated", (), "why") for n in (1, 2)]
    rows = unit_rows(np.array([[1, 0.1], [1, 1.0]], dtype=np.float32))
    near, far = with_doubts(drafts, familiar, INTENT, rows, np.array([1, 1], np.float32))
    assert near.reason == f"{UNCLEAR}; why"
    assert far.reason == f"{UNLIKE}; why"


def test_none_of_these_keeps_its_share_and_the_number_of_alternatives() -> None:
    others = tuple(Alternative(label, score) for label, score in (("a", 0.3), ("b", 0.2), (NONE_OF_THESE, 0.1)))
    marked = mark(Draft(1, "intent", {"label": "refund"}, 0.4, "calibrated", others), UNLIKE, INTENT)
    assert [one.label for one in marked.alternatives] == [NONE_OF_THESE, "a", "b"]
    assert marked.alternatives[0].score == 0.1
