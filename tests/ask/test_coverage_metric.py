"""What could be accepted unseen: told with its bound where it can be promised, else what is missing for it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.backends.texts.messages import SCHEMA, intents
from tests.fake_context import FakeContext
from tools.ask.measure import measure
from tools.context import Answer
from tools.errors import InputError
from tools.results import Fact, ToolResult


def project(count: int, wrong_every: int = 0, steered: int = 0, **settings: Any) -> FakeContext:
    """``count`` blind labels, one in ``wrong_every`` of them another label than its likes have, and steered ones."""
    ctx = FakeContext(SCHEMA, [text for text, _ in intents(count + steered)], **settings)
    names = ("refund", "delivery", "password")
    for item, (_, label) in enumerate(intents(count + steered), start=1):
        is_wrong = wrong_every and item % wrong_every == 0
        given = names[(names.index(label) + 1) % 3] if is_wrong else label
        ctx.decide(item, {"label": given}, steered=item > count)
    return counted(ctx, count)


def counted(ctx: FakeContext, calibrating: int) -> FakeContext:
    ctx.answers["calibrating_labels"] = Answer(("labels", "calibrating"), ((calibrating, calibrating),), "SELECT 1", {})
    return ctx


def ask(ctx: FakeContext, **given: Any) -> ToolResult:
    return measure.run(measure.read_arguments({"metric": "coverage", "field": "intent", **given}), ctx)


def fact(result: ToolResult, name: str) -> Fact:
    return next(one for one in result.facts if one.name == name)


def test_a_share_is_told_with_its_bound_its_cut_and_the_advice_to_check() -> None:
    result = ask(project(300))
    covered, agreement, cut = (fact(result, name) for name in ("coverage", "agreement", "score_threshold"))
    assert covered.value is not None and covered.value > 0.9 and covered.n == 300
    assert agreement.low is not None and agreement.low >= 0.97
    assert "With 90 % certainty at least" in result.text
    assert f"a score of at least {cut.value:.3f}" in result.text
    assert "have 176 of them drawn at random and labelled without the suggestion" in result.text
    assert covered.where is not None and covered.where.score_min == cut.value
    assert result.figures[0].series["wanted"][0] == 0.97


def test_the_figure_shows_agreement_and_what_is_certain_of_it_by_share() -> None:
    figure = ask(project(300, wrong_every=9)).figures[0]
    agreement, least = figure.series["agreement when held out"], figure.series["at least, with 90 % certainty"]
    assert len(figure.x) == len(agreement) == len(least)
    assert figure.x[-1] == 1.0
    assert all(low <= value for low, value in zip(least, agreement, strict=True))


def test_too_few_blind_labels_say_how_many_more_are_needed() -> None:
    result = ask(project(60))
    assert "there are 60 such labels, so 40 more at least" in result.text
    assert fact(result, "coverage").value is None


def test_labels_that_a_suggestion_steered_do_not_count() -> None:
    with_steered = project(150, steered=100)
    assert fact(ask(with_steered), "coverage").n == 150


def test_people_who_disagree_with_each_other_leave_no_promise_and_the_way_out_is_told() -> None:
    result = ask(project(240, wrong_every=4))
    assert "No share of Intent can be promised at 97 % agreement yet" in result.text
    assert (
        "more labels given without a suggestion would be enough" in result.text or "labels to learn from" in result.text
    )
    assert fact(result, "coverage").value is None


def test_no_promise_names_the_set_that_was_tested_and_what_it_said() -> None:
    # 150 answers: the rule tests the 76 surest first, of which none may be wrong at 97 %, and two more score the same.
    text = ask(project(150, wrong_every=4)).text
    assert (
        "of the 78 surest held-out suggestions 47 were the person's answer (60.3 %; all in all 75.3 % of 150)" in text
    )


def test_a_lower_agreement_covers_at_least_as_much() -> None:
    ctx = project(300, wrong_every=12)
    found = [fact(ask(ctx, target=target), "coverage").value or 0.0 for target in (0.97, 0.9, 0.8)]
    assert found == sorted(found) and found[-1] > 0


def test_the_same_labels_are_judged_once_and_a_new_label_is_judged_again() -> None:
    ctx = project(150)
    first = ask(ctx)
    made = [key for key in ctx.cache if key.startswith("held-out/")]
    assert ask(ctx) == first
    assert [key for key in ctx.cache if key.startswith("held-out/")] == made
    ctx.decide(1, {"label": "password"})
    ask(ctx)
    assert len([key for key in ctx.cache if key.startswith("held-out/")]) == 2


@pytest.mark.parametrize(("field", "words"), [("things", "right in parts"), ("bought", "right in parts")])
def test_fields_that_are_right_in_parts_say_that_no_share_is_told(field: str, words: str) -> None:
    assert words in ask(project(120), field=field).text


def test_another_back_end_is_told_where_its_number_is() -> None:
    result = ask(project(120, **{"backend.intent": "remote:gpt"}))
    assert "suggested by remote:gpt" in result.text and "accuracy_on_gold" in result.text


@pytest.mark.parametrize("target", [0.2, 1.0, 97])
def test_an_agreement_that_cannot_be_promised_is_one_sentence(target: float) -> None:
    with pytest.raises(InputError, match=r"between 0\.5 and 0\.999"):
        ask(project(10), target=target)


def test_a_person_or_a_time_narrows_nothing_and_that_is_said() -> None:
    assert "Labels of everybody and of all times are counted." in ask(project(150), since="2026-01-01").text


def test_ratings_and_several_labels_have_a_share_too() -> None:
    ctx = FakeContext(SCHEMA, [text for text, _ in intents(240)])
    for item, (_, label) in enumerate(intents(240), start=1):
        place = ("refund", "delivery", "password").index(label)
        ctx.decide(item, {"rating": place + 1}, "mood")
        ctx.decide(item, {"labels": [("money", "parcel", "login")[place]]}, "topics")
    for name in ("mood", "topics"):
        value = fact(ask(counted(ctx, 240), field=name), "coverage").value
        assert value is not None and value > 0.5


def test_the_cut_that_is_told_is_the_cut_that_was_tested() -> None:
    result = ask(project(300, wrong_every=15), target=0.9)
    cut = fact(result, "score_threshold").value
    assert cut is not None and cut == np.round(cut, 3)
    assert f"{cut:.3f}" in result.text
