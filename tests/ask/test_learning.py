"""The learning curve: its arithmetic, the order and arms of the labels behind it, and what is said about it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import numpy as np
import pytest

from tests.backends.texts.messages import intents
from tests.store.rows import START, choice
from tests.store.tool_context import SmallProject
from tools.ask.measure import measure
from tools.errors import InputError
from tools.learning import random_arm
from tools.learning.curves import FARTHEST, fit_power_law, halving_counts, labels_needed, paired_gain
from tools.learning.random_arm import FEWEST_TESTED, LabelOrder, curve_counts, folds_of, has_strategy, read_order, room
from tools.results import Fact, ToolResult

COUNTS = np.array([25, 50, 100, 200, 400])


def answers(accuracies: Any, tested: int = 400, seed: int = 0) -> Any:
    """Right and wrong answers, shape (p, t), that a tested label keeps once it is right."""
    ease = np.random.default_rng(seed).permutation(tested) / tested
    return np.array([ease < one for one in accuracies])


def test_points_are_halves_of_what_there_is() -> None:
    assert halving_counts(400, 10, 6) == [12, 25, 50, 100, 200, 400]
    assert halving_counts(400, 60, 6) == [100, 200, 400]
    assert halving_counts(3, 10, 6) == [3]


@pytest.mark.parametrize(("limit", "drop", "bend"), [(0.95, 1.5, 0.5), (0.85, 3.0, 0.8), (1.0, 0.9, 0.3)])
def test_a_power_law_is_found_again(limit: float, drop: float, bend: float) -> None:
    law = fit_power_law(COUNTS, np.array([limit - drop * COUNTS.astype(float) ** -bend]))
    assert law.limit[0] == pytest.approx(limit, abs=0.01) and law.bend[0] == pytest.approx(bend, abs=0.03)
    target = limit - 0.05
    assert law.labels_for(target)[0] == pytest.approx((drop / 0.05) ** (1 / bend), rel=0.1)


def test_no_limit_is_above_one_and_no_curve_falls() -> None:
    law = fit_power_law(COUNTS, np.array([[0.1, 0.3, 0.6, 0.95, 1.0], [0.9, 0.8, 0.7, 0.6, 0.5]]))
    assert (law.limit <= 1).all() and (law.drop >= 0).all()
    assert law.labels_for(0.9)[1] == np.inf


def test_labels_needed_lie_on_the_curve_with_an_interval() -> None:
    curve = 0.95 - 1.5 * COUNTS.astype(float) ** -0.5
    found = labels_needed(COUNTS, answers(curve), 0.9, np.random.default_rng(0))
    assert found.value == pytest.approx(900, rel=0.12)
    assert found.low is not None and found.low <= found.value
    assert found.high is None or found.high >= found.value


def test_nothing_is_said_far_beyond_the_labels_there_are() -> None:
    curve = 0.95 - 1.5 * COUNTS.astype(float) ** -0.5
    found = labels_needed(COUNTS, answers(curve), 0.94, np.random.default_rng(0))
    assert found.value is None and f"beyond {FARTHEST:g} times" in found.reason


@pytest.mark.parametrize(
    ("counts", "accuracies", "reason"),
    [([50, 100, 200], [0.5, 0.6, 0.7], "3 of the 4 points"), ([25, 50, 100, 200], [0.7, 0.6, 0.6, 0.5], "not rise")],
)
def test_too_few_points_and_a_falling_curve_are_refused(
    counts: list[int], accuracies: list[float], reason: str
) -> None:
    found = labels_needed(np.array(counts), answers(accuracies), 0.9, np.random.default_rng(0))
    assert found.value is None and reason in found.reason


def test_the_interval_of_a_gain_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(3)
    kept = 0
    for _ in range(400):
        # 20 % are won, 10 % are lost: a gain of ten points.
        drawn = rng.random(60)
        one, other = drawn < 0.2, (drawn >= 0.2) & (drawn < 0.3)
        _, ends = paired_gain(one, other)
        kept += ends.low <= 0.1 <= ends.high
    assert kept >= 365


def test_no_difference_at_all_still_has_an_interval() -> None:
    gain, ends = paired_gain(np.ones(40, bool), np.ones(40, bool))
    assert gain == 0 and ends.low < 0 < ends.high
    assert paired_gain(np.zeros(0, bool), np.zeros(0, bool))[1].low == -1


def project(random: int, chosen: int, pick: Any = None) -> SmallProject:
    """``random`` labels given blind by turns with ``chosen`` ones that a strategy asked for."""
    made = SmallProject()
    made.settings = {"overlap": 1, "backend.embedder": "builtin:ngrams"}
    words = {"refund": "refund", "delivery": "delivery", "password": "fault"}
    texts = intents(400)
    made.rows.connection.execute(
        "INSERT INTO items SELECT n, 'K' || n, 'text', t, '[]', '{}', 1, n FROM (SELECT unnest($ids) AS n, "
        "unnest($texts) AS t)",
        {"ids": list(range(1, 401)), "texts": [text for text, _ in texts]},
    )
    steered = pick or list(range(200, 400))
    order = [("blind", n) for n in range(random)] + [("suggested", steered[n]) for n in range(chosen)]
    for at, (exposure, row) in enumerate(sorted(order, key=lambda one: one[1] % 200 / (random + chosen))):
        made.rows.say(
            row + 1,
            "ann",
            words[texts[row][1]],
            exposure=exposure,
            adaptive=exposure != "blind",
            at=START + timedelta(minutes=at),
        )
    return made


def ask(made: SmallProject, **args: Any) -> ToolResult:
    return measure.run(measure.read_arguments({"metric": "learning_curve", **args}), made)


def fact(result: ToolResult, name: str) -> Fact:
    return next(one for one in result.facts if one.name == name)


def order_of(made: SmallProject) -> LabelOrder:
    return read_order(made, made.schema.field("intent"))


def test_labels_come_in_the_order_in_which_they_were_given() -> None:
    made = project(0, 0)
    for at, item_id in enumerate([7, 3, 9]):
        made.rows.say(item_id, "ann", "refund", exposure="blind", at=START + timedelta(hours=at))
    made.rows.say(5, "ann", "refund", adaptive=True, at=START + timedelta(hours=9))
    made.rows.say(3, "bob", "fault", at=START + timedelta(hours=10))
    order = order_of(made)
    # Item 3 is in conflict and is nobody's label.
    assert order.item_ids.tolist() == [7, 9, 5]
    assert order.tested.tolist() == order.drawn.tolist() == [True, True, False]
    assert len(order.before(START + timedelta(hours=2))) == 1


def test_labels_of_one_moment_are_shuffled_and_always_in_the_same_way() -> None:
    made = project(0, 0)
    for item_id in range(1, 61):
        made.rows.say(item_id, "ann", "refund", exposure="imported_independent", at=START)
    ids = order_of(made).item_ids.tolist()
    assert sorted(ids) == list(range(1, 61)) and ids != sorted(ids)
    assert order_of(made).item_ids.tolist() == ids


def test_of_very_many_labels_an_even_draw_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random_arm, "MOST_LABELS", 40)
    made = project(30, 30)
    order = order_of(made)
    assert (len(order), order.total) == (40, 60)
    assert order.moments == tuple(sorted(order.moments)) and order.tested.any() and not order.tested.all()


def test_an_item_drawn_by_a_random_sample_is_in_the_random_arm_without_testing_anything() -> None:
    made = project(0, 0)
    review = made.rows.say(4, "ann", "refund", exposure="suggested")
    made.rows.connection.execute("UPDATE exposures SET inclusion_p = 0.1 WHERE exposure_id = (SELECT exposure_id "
                                 "FROM reviews WHERE review_id = ?)", [review])  # fmt: skip
    order = order_of(made)
    assert order.drawn.tolist() == [True] and order.tested.tolist() == [False]


def test_labels_given_in_a_batch_count_only_where_the_project_says_so() -> None:
    made = project(0, 0)
    made.rows.say(4, "ann", "refund", exposure="bulk_listed", action=made.rows.action())
    assert len(order_of(made)) == 0
    made.settings = {**made.settings, "train_on_bulk": True}
    assert len(order_of(made)) == 1


def test_folds_hold_out_what_may_test_and_leave_the_rest_to_learn_from() -> None:
    order = order_of(project(60, 30))
    folds = folds_of(order, 7, "intent")
    assert ((folds >= 0) == order.tested).all()
    assert np.bincount(folds[folds >= 0]).tolist() == [20, 20, 20]
    assert room(order, folds) == (70, 40)
    counts, shared = curve_counts(order, folds)
    assert counts[-1] == 70 and counts[shared - 1] == 40 and has_strategy(order)


def test_without_a_strategy_there_is_one_curve() -> None:
    order = order_of(project(60, 2))
    assert not has_strategy(order)
    assert curve_counts(order, folds_of(order, 7, "intent"))[1] == 0


def test_too_few_random_labels_are_counted_and_no_number_is_given() -> None:
    result = ask(project(FEWEST_TESTED - 1, 40))
    assert f"there are {FEWEST_TESTED - 1} among {FEWEST_TESTED + 39} labels" in result.text
    assert fact(result, "accuracy").value is None


def test_the_curve_comes_with_both_arms_intervals_and_a_figure() -> None:
    result = ask(project(90, 60))
    accuracy, gain = fact(result, "accuracy"), fact(result, "gain")
    assert accuracy.n == gain.n == 90 and accuracy.value is not None and accuracy.value > 0.8
    assert fact(result, "labels").value == 150
    (figure,) = result.figures
    assert set(figure.series) == {"as they came", "random only"}
    assert figure.x[-1] == 120 and len(figure.series["random only"]) < len(figure.x)
    assert all(low <= high for pairs in figure.bands.values() for low, high in pairs)
    assert len(result.tables[0].rows) == len(figure.x)


def test_a_strategy_that_asks_for_one_kind_only_is_said_not_to_pay() -> None:
    same = [row for row in range(200, 400) if row % 3 == 0]
    made = project(90, 60, same)
    result = ask(made)
    gain = fact(result, "gain")
    assert gain.value is not None and gain.value <= 0
    assert "The strategy does not pay here" in result.text and "Sample at random." in result.text


def test_the_same_answer_is_read_from_the_cache_and_a_new_label_makes_a_new_one() -> None:
    made = project(45, 20)
    first = ask(made)
    kept = {key for key in made.cache if key.startswith("learning/")}
    assert ask(made) == first and {key for key in made.cache if key.startswith("learning/")} == kept
    made.rows.say(190, "ann", "refund", exposure="blind")
    ask(made)
    assert len({key for key in made.cache if key.startswith("learning/")}) == len(kept) + 1


def test_a_target_may_be_said_in_per_cent_and_one_that_is_reached_is_said_to_be() -> None:
    made = project(60, 0)
    assert "50 % asked for already" in ask(made, target=50).text
    assert ask(made, target=50).text == ask(made, target=0.5).text


@pytest.mark.parametrize("given", [{"target": 100}, {"target": -0.5}, {"reviewer": "ann"}, {"since": "2026-01-01"}])
def test_what_the_metric_cannot_answer_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        ask(project(60, 0), **given)


@pytest.mark.parametrize("field", ["mood", "topics"])
def test_ratings_and_several_labels_have_a_curve_too(field: str) -> None:
    made = project(0, 0)
    kinds = ["refund", "delivery", "password"]
    for row, (_, label) in enumerate(intents(60)):
        at = kinds.index(label)
        value = {"rating": at + 1} if field == "mood" else {"labels": [["price"], ["speed"], ["price", "speed"]][at]}
        made.rows.review(row + 1, "ann", value, field=field, exposure="blind", at=START + timedelta(minutes=row))
    accuracy = fact(ask(made, field=field), "accuracy")
    assert accuracy.n == 60 and accuracy.value is not None and accuracy.value > 0.5


def test_a_label_that_the_schema_no_longer_has_is_left_out() -> None:
    made = project(60, 0)
    made.rows.review(300, "ann", choice("gone"), exposure="blind")
    assert fact(ask(made), "accuracy").n == 60


def test_every_sentence_is_whole() -> None:
    for random, chosen in ((0, 0), (40, 0), (40, 40)):
        text = ask(project(random, chosen)).text
        assert re.fullmatch(r"[A-Z].*[.]", text) and "None" not in text and "nan" not in text and "  " not in text
