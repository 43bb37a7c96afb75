"""Several labels at once and ratings: what holds whatever was learned, and as right as the usual recipe."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.backends.contract import Example, Input, Matrix
from tools.backends.learning.vectors import unit_rows
from tools.backends.texts.builtin_few_shot import FewShotClassifier
from tools.backends.texts.builtin_ngrams import NgramEmbedder
from tools.backends.texts.flag_training import middle_rating
from tools.content import UNREAD
from tools.labels import CANNOT_TELL, NONE_OF_THESE
from tools.schema import FieldSpec
from tools.values import check_value

NGRAMS = NgramEmbedder()
SETS = FieldSpec.model_validate(
    {"id": "topics", "kind": "multi_choice", "labels": ["a", "b", "c", "d"], "none_of_these": True, "cannot_tell": True}
)
STARS = FieldSpec.model_validate({"id": "stars", "kind": "rating", "min": 0, "max": 4})


def made_up(count: int, seed: int) -> tuple[Matrix, Matrix]:
    """Unit rows and four directions in them that say how much of each label there is."""
    rng = np.random.default_rng(seed)
    rows = unit_rows(rng.normal(size=(count, NGRAMS.dimension)).astype(np.float32))
    return rows, np.asarray(rows[:, :4] * NGRAMS.dimension**0.5, dtype=np.float32)


def inputs_of(rows: Matrix) -> list[Input]:
    return [Input(n, UNREAD, vector=row) for n, row in enumerate(rows, start=1)]


def set_of(strength: Matrix) -> Mapping[str, Any]:
    return {"labels": [SETS.labels[at].id for at in np.flatnonzero(strength > 0.5)] or [NONE_OF_THESE]}


def stars_of(strength: float) -> Mapping[str, Any]:
    return {"rating": int(np.searchsorted((-1.0, -0.3, 0.3, 1.0), strength))}


def learned(field: FieldSpec, count: int, seed: int) -> tuple[FewShotClassifier, Any]:
    rows, strength = made_up(count, seed)
    values = [set_of(one) if field is SETS else stars_of(float(one[0])) for one in strength]
    classifier = FewShotClassifier(field, NGRAMS)
    examples = [Example(one, value, True) for one, value in zip(inputs_of(rows), values, strict=True)]
    return classifier, classifier.fit(examples, [], 1)


@settings(max_examples=12, deadline=None)
@given(st.sampled_from([SETS, STARS]), st.integers(1, 130), st.integers(0, 99))
def test_every_draft_fits_the_field_and_its_score_is_a_chance(field: FieldSpec, count: int, seed: int) -> None:
    classifier, artefact = learned(field, count, seed)
    for draft in classifier.predict(artefact, inputs_of(made_up(20, seed + 1)[0])):
        assert draft.value is not None
        check_value(field, draft.value, "")
        assert draft.score is not None and 0 <= draft.score <= 1
        given_labels = draft.value.get("labels", [])
        assert len(given_labels) == 1 or not {NONE_OF_THESE, CANNOT_TELL} & set(given_labels)
        assert not set(given_labels) & {one.label for one in draft.alternatives}


@given(st.integers(2, 7), st.integers(0, 200))
def test_the_middle_of_a_rating_has_the_smallest_expected_distance(steps: int, seed: int) -> None:
    shares = np.random.default_rng(seed).dirichlet(np.ones(steps), 5).astype(np.float32)
    distance = shares @ np.abs(np.arange(steps)[:, None] - np.arange(steps))
    chosen = middle_rating(shares)
    assert distance[np.arange(5), chosen] == pytest.approx(distance.min(axis=1), abs=1e-4)


def test_ratings_come_nearer_than_a_regression_that_knows_no_order() -> None:
    from sklearn.linear_model import LogisticRegression

    rows, strength = made_up(600, 0)
    wanted = np.array([stars_of(float(one[0]))["rating"] for one in strength])
    classifier, artefact = learned(STARS, 600, 0)
    new_rows, new_strength = made_up(400, 1)
    truth = np.array([stars_of(float(one[0]))["rating"] for one in new_strength])
    ours = np.array([(draft.value or {})["rating"] for draft in classifier.predict(artefact, inputs_of(new_rows))])
    peer = LogisticRegression(C=20.0, max_iter=500).fit(rows, wanted).predict(new_rows)
    assert np.abs(ours - truth).mean() < np.abs(peer - truth).mean()


def test_sets_of_labels_are_as_right_as_one_regression_for_each_label() -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    rows, strength = made_up(600, 0)
    classifier, artefact = learned(SETS, 600, 0)
    new_rows, new_strength = made_up(400, 1)
    truth = new_strength > 0.5
    drafts = classifier.predict(artefact, inputs_of(new_rows))
    ours = np.array([[label.id in (draft.value or {})["labels"] for label in SETS.labels] for draft in drafts])
    peer = OneVsRestClassifier(LogisticRegression(C=20.0, max_iter=500)).fit(rows, strength > 0.5).predict(new_rows)

    def f1(found: Any) -> float:
        return float(2 * (found.astype(bool) & truth).sum() / (found.sum() + truth.sum()))

    assert f1(ours) >= f1(peer) - 0.02
