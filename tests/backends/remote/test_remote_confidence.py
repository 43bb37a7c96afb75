"""Scores of language models: the temperature that blind labels ask for, and what repeats agree on."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.backends.texts.messages import INTENT, MOOD, TOPICS
from tools.backends.contract import CALIBRATING_LABELS
from tools.backends.remote.confidence import (
    Calibration,
    Confidence,
    calibrate,
    calibration_of,
    from_votes,
    possible_answers,
)
from tools.backends.remote.replies import ReadAnswer
from tools.records import Alternative
from tools.statistics import ece_equal_mass


def overconfident(count: int, seed: int) -> tuple[list[float], list[bool]]:
    """Scores whose logits are three times too large."""
    chance = np.random.default_rng(seed)
    logits = chance.normal(1.0, 1.0, count)
    right = chance.random(count) < 1 / (1 + np.exp(-logits))
    return (1 / (1 + np.exp(-3 * logits))).tolist(), right.tolist()


def test_one_temperature_mends_scores_that_are_too_sure_on_labels_it_never_saw() -> None:
    found = calibrate(TOPICS, *overconfident(3000, 1), repeats=1)
    assert found is not None and found.temperature == pytest.approx(3.0, rel=0.15)
    scores, right = overconfident(4000, 2)
    mended = np.array([found.apply(Confidence(score, "logprob")).score for score in scores])
    assert ece_equal_mass(mended, np.array(right), 10) < 0.04 < ece_equal_mass(np.array(scores), np.array(right), 10)


def test_a_model_that_is_always_sure_and_mostly_wrong_ends_at_its_share_of_right_answers() -> None:
    scores, right = [0.9999] * 200, [number % 5 == 0 for number in range(200)]
    found = calibrate(MOOD, scores, right, repeats=1)
    assert found is not None
    # Three answers: chance alone is a third, and no temperature goes below it.
    assert found.apply(Confidence(0.9999, "logprob")).score == pytest.approx(1 / 3, abs=0.08)


def test_too_few_labels_calibrate_nothing() -> None:
    scores, right = overconfident(CALIBRATING_LABELS - 1, 1)
    assert calibrate(INTENT, scores, right, repeats=1) is None


def test_agreement_of_all_is_not_certainty() -> None:
    found = calibrate(INTENT, [1.0] * 150, [True] * 150, repeats=5)
    assert found is not None
    certain = found.apply(Confidence(1.0, "agreement", (Alternative("delivery", 0.0),)))
    assert certain.score is not None and 0.97 < certain.score < 1 and certain.source == "calibrated"
    assert 0 < certain.others[0].score < certain.score


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.05, 50), st.integers(2, 200))
def test_a_temperature_keeps_the_order_of_scores_and_their_bounds(
    one: float, other: float, temperature: float, classes: int
) -> None:
    made = Calibration(temperature, classes, 1e-6, 100)
    low, high = (made.apply(Confidence(score, "logprob")).score for score in sorted((one, other)))
    assert low is not None and high is not None and 0 <= low <= high <= 1


def test_a_calibration_survives_its_record() -> None:
    made = Calibration(1.5, 4, 0.1, 120)
    assert calibration_of(json.loads(json.dumps(made.to_record()))) == made
    assert calibration_of(None) is None
    assert made.apply(Confidence()) == Confidence()


def test_the_answer_given_most_often_wins_and_the_first_of_equals() -> None:
    one, other = ReadAnswer({"label": "refund"}), ReadAnswer({"label": "delivery"})
    answer, confidence = from_votes(INTENT, [other, one, one, other], 5)
    assert answer == other
    assert (confidence.score, confidence.source) == (0.4, "agreement")
    assert [(label.label, label.score) for label in confidence.others] == [("refund", 0.4)]


def test_answers_are_counted_where_a_field_has_few() -> None:
    assert [possible_answers(field) for field in (INTENT, MOOD, TOPICS)] == [4, 3, 2]
