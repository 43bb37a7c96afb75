"""Metrics: the numbers and their receipts, the sentences around them, and what is said when there is nothing to say."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, get_args

import pytest

from tests.store.queries import recount
from tests.store.queries.scenario import SEEDS, busy_project
from tests.store.rows import START, choice, spans
from tests.store.tool_context import SmallProject
from tools.ask.measure import METRICS, MetricName, measure
from tools.errors import ArgumentsRefused, InputError, NotAllowed
from tools.filters import ItemFilter
from tools.results import Fact, ToolResult


def ask(project: SmallProject, metric: str, **args: Any) -> ToolResult:
    return measure.run(measure.read_arguments({"metric": metric, **args}), project)


def fact(result: ToolResult, name: str) -> Fact:
    return next(one for one in result.facts if one.name == name)


@pytest.fixture
def project() -> SmallProject:
    return SmallProject()


@pytest.fixture(scope="module", params=SEEDS)
def busy(request: pytest.FixtureRequest) -> SmallProject:
    return SmallProject(busy_project(request.param))


def test_the_names_of_the_metrics_are_those_offered() -> None:
    assert set(METRICS) == set(get_args(MetricName))


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_without_anything_done_no_metric_has_a_number(project: SmallProject, metric: str) -> None:
    project.rows.items(3)
    result = ask(project, metric)
    shares = [one for one in result.facts if one.unit != "count" and one.name != "decided_share"]
    assert all(one.value is None and ("no " in one.note or "yet" in one.note) for one in shares)
    assert not re.search(r"\b0 %", result.text)


@pytest.mark.parametrize("metric", sorted(METRICS))
@pytest.mark.parametrize("field", ["intent", "entities", "mood", "note", "topics"])
def test_every_metric_answers_for_every_field_in_full_sentences(busy: SmallProject, metric: str, field: str) -> None:
    result = ask(busy, metric, field=field)
    assert re.fullmatch(r"[A-Z].*[.]", result.text, re.DOTALL)
    assert "None" not in result.text and "nan" not in result.text and "  " not in result.text
    for table in result.tables:
        assert all(len(row) == len(table.columns) for row in table.rows)


@pytest.mark.parametrize("metric", sorted(METRICS))
def test_every_number_comes_with_the_query_that_gives_it_again(busy: SmallProject, metric: str) -> None:
    for one in ask(busy, metric).facts:
        assert one.sql
        assert busy.rows.connection.execute(one.sql, dict(one.params)).description
        if one.low is not None and one.high is not None and one.value is not None:
            assert one.low <= one.value <= one.high and one.method and one.n is not None


def test_the_same_question_gives_the_same_answer(busy: SmallProject) -> None:
    assert all(ask(busy, metric) == ask(busy, metric) for metric in METRICS)


def test_a_few_observations_are_shown_and_not_concluded_from(project: SmallProject) -> None:
    project.rows.items(7)
    for item_id in range(1, 8):
        project.rows.say(item_id, "ann", "refund")
    found = fact(ask(project, "label_distribution"), "share[refund]")
    assert (found.value, found.n, found.note) == (1.0, 7, "too few (n=7) to say")


def test_a_changed_project_changes_the_text(project: SmallProject) -> None:
    project.rows.items(3)
    project.rows.say(1, "ann", "refund")
    before = ask(project, "progress").text
    project.rows.say(2, "ann", "refund")
    assert ask(project, "progress").text != before


def test_progress_counts_equal_the_items_they_open(busy: SmallProject) -> None:
    for one in ask(busy, "progress").facts:
        assert one.where is not None
        if one.unit == "count":
            assert busy.items.find(one.where).total == one.value, one.name


def test_progress_says_what_is_done_and_to_go(project: SmallProject) -> None:
    project.rows.items(4)
    project.rows.say(1, "ann", "refund", at=START)
    project.rows.say(2, "ann", "refund", at=START + timedelta(days=1))
    result = ask(project, "progress")
    assert result.text == (
        "Intent: 2 of 4 items are decided (50 %), 2 agreed and 0 in conflict; 2 to go. "
        "People made 2 decisions on 2 days with any work, 1.0 a day on average."
    )
    assert result.figures[0].x == ("2026-03-02", "2026-03-03")


def test_label_shares_open_the_items_they_count(busy: SmallProject) -> None:
    result = ask(busy, "label_distribution")
    assert sum(one.value or 0 for one in result.facts) == pytest.approx(1)
    for one in result.facts:
        assert one.where is not None and one.n is not None and one.value is not None
        assert busy.items.find(one.where).total == round(one.value * one.n)


def test_one_label_can_be_asked_for_even_if_nobody_used_it(project: SmallProject) -> None:
    project.rows.items(1)
    project.rows.say(1, "ann", "refund")
    result = ask(project, "label_distribution", label="Broken thing")
    assert fact(result, "share[fault]").value == 0
    assert result.text.startswith("Broken thing has 0 % (95 % interval 0 % to ")


def test_agreement_is_alpha_with_interval_and_reason(busy: SmallProject) -> None:
    result = ask(busy, "agreement")
    alpha = fact(result, "alpha")
    assert alpha.value == pytest.approx(recount.alpha(busy.rows, "intent"))
    assert alpha.where == ItemFilter(field="intent", state="conflict")
    assert f"Krippendorff's alpha of Intent is {alpha.value:.2f}" in result.text
    assert "Most often confused are" in result.text
    assert "with a suggestion in sight" in result.text


def test_agreement_of_two_people_has_kappa_and_both_are_named_to_leads_only(project: SmallProject) -> None:
    project.rows.items(50)
    pairs = (
        [("refund", "refund")] * 20 + [("fault", "fault")] * 15 + [("refund", "fault")] * 5 + [("fault", "refund")] * 10
    )
    for item_id, (one, other) in enumerate(pairs, 1):
        project.rows.say(item_id, "ann", one, exposure="blind")
        project.rows.say(item_id, "bob", other, exposure="blind")
    result = ask(project, "agreement")
    assert result.tables[0].rows[0][:5] == ("ann", "bob", 50, "70 %", "0.40")
    assert fact(result, "percent_agreement").value == 0.7
    assert ask(project.seen_by("ann"), "agreement").tables == ()


def test_agreement_without_suggestions_is_told_apart(project: SmallProject) -> None:
    project.rows.items(4)
    for item_id, (one, other) in enumerate((("refund", "refund"), ("fault", "refund"), ("fault", "fault")), 1):
        exposure = "blind" if item_id < 3 else "suggested"
        project.rows.say(item_id, "ann", one, exposure=exposure)
        project.rows.say(item_id, "bob", other, exposure=exposure)
    result = ask(project, "agreement")
    assert (fact(result, "alpha").n, fact(result, "alpha_without_suggestion").n) == (3, 2)
    assert "2 of the 6 opinions were given with a suggestion in sight" in result.text


def test_undefined_agreement_is_a_sentence(project: SmallProject) -> None:
    project.rows.items(2)
    assert "undefined: no item has two opinions" in ask(project, "agreement").text
    for who in ("ann", "bob"):
        project.rows.say(1, who, "refund")
    result = ask(project, "agreement")
    assert "undefined, because only one answer was ever given" in result.text
    assert "100 % of the pairs of answers are equal" in result.text
    assert fact(result, "alpha").value is None


def test_agreement_on_spans_is_pairwise_f1(project: SmallProject) -> None:
    project.rows.items(3)
    marked = {"ann": [(0, 4, "product"), (6, 9, "place")], "bob": [(0, 4, "product"), (6, 8, "place")]}
    for who, regions in marked.items():
        project.rows.review(1, who, spans(*regions), field="entities")
        project.rows.review(2, who, spans((1, 2, "place")), field="entities")
    result = ask(project, "agreement", field="entities")
    assert fact(result, "pairwise_f1").value == pytest.approx(2 * 2 / 6)
    assert "mean pairwise F1 of Entities is 0.67" in result.text
    assert result.tables[0].rows == (("ann", "bob", 2, "0.67"),)


def test_ratings_agree_by_distance(project: SmallProject) -> None:
    project.rows.items(20)
    for item_id in range(1, 21):
        rating = item_id % 5 + 1
        project.rows.review(item_id, "ann", {"rating": rating}, field="mood")
        project.rows.review(item_id, "bob", {"rating": min(5, rating + 1)}, field="mood")
    result = ask(project, "agreement", field="mood")
    assert "near misses count less" in result.text
    assert "interval" in fact(result, "alpha").method
    assert (fact(result, "alpha").value or 0) > (fact(result, "percent_agreement").value or 0)


def judged(project: SmallProject) -> None:
    """30 gold items; ann is right on 24 of them, bob labelled five blind before they were gold; a model 15 of 30."""
    rows = project.rows
    rows.items(30)
    run = rows.run("remote:model-a")
    for item_id in range(1, 31):
        rows.proposal(run, item_id, choice("refund" if item_id <= 15 else "fault"), 0.5)
    for item_id in range(1, 6):
        rows.say(item_id, "bob", "refund", exposure="blind")
    for item_id in range(1, 31):
        rows.gold(item_id, choice("refund"))
    for item_id in range(1, 31):
        rows.say(item_id, "ann", "refund" if item_id <= 24 else "fault")


def test_accuracy_on_gold_is_told_for_people_and_back_ends(project: SmallProject) -> None:
    judged(project)
    result = ask(project, "accuracy_on_gold")
    ann = fact(result, "accuracy[ann]")
    assert (ann.value, ann.n, ann.method) == (0.8, 30, "Wilson 95 %")
    assert ann.low == pytest.approx(0.627, abs=1e-3) and ann.high == pytest.approx(0.905, abs=1e-3)
    assert fact(result, "accuracy[bob]").value is None
    assert fact(result, "accuracy_on_gold[remote:model-a]").value == 0.5
    blind = fact(result, "accuracy_on_blind[remote:model-a]")
    assert (blind.value, blind.n) == (1.0, 5)
    assert "5 blind labels given before the mark are left out" in result.text
    assert result.text.startswith("Intent has 30 gold items. Accuracy of the one person who labelled gold")


def test_a_reviewer_sees_only_their_own_accuracy(project: SmallProject) -> None:
    judged(project)
    own = ask(project.seen_by("bob"), "accuracy_on_gold")
    assert not any("ann" in one.name for one in own.facts)
    assert not any("ann" in str(cell) for table in own.tables for row in table.rows for cell in row)


def test_without_gold_there_is_a_sentence_and_no_zero(project: SmallProject) -> None:
    project.rows.items(1)
    result = ask(project, "accuracy_on_gold")
    assert result.text.startswith("There is no gold for Intent yet")


def test_accuracy_on_gold_spans_is_f1(project: SmallProject) -> None:
    project.rows.items(2)
    project.rows.gold(1, spans((0, 4, "product"), (6, 9, "place")), field="entities")
    project.rows.review(1, "ann", spans((0, 4, "product")), field="entities")
    found = fact(ask(project, "accuracy_on_gold", field="entities"), "accuracy[ann]")
    assert found.value == pytest.approx(2 / 3) and "F1" in found.method


def accepted(project: SmallProject) -> None:
    """Run 1: 20 of 25 unchanged, 4 changed, 1 rejected; run 2: 5 of 5. One skip, one blind."""
    rows = project.rows
    rows.items(40)
    first, second = rows.run("builtin:few-shot"), rows.run("remote:model-a")
    for item_id in range(1, 31):
        proposal = rows.proposal(first if item_id <= 25 else second, item_id, choice("refund"), 0.5)
        if item_id == 25:
            rows.event(item_id, "ann", "reject", proposal=proposal)
        else:
            label = "fault" if 21 <= item_id <= 24 else "refund"
            verdict = "choose" if label == "fault" else "accept"
            rows.say(item_id, "ann" if item_id % 2 else "bob", label, verdict=verdict, proposal=proposal)
    rows.event(31, "ann", "skip", proposal=rows.proposal(first, 31, choice("refund")))
    rows.say(32, "ann", "refund", exposure="blind", proposal=rows.proposal(first, 32, choice("refund")))


def test_acceptance_splits_suggestions_by_what_became_of_them(project: SmallProject) -> None:
    accepted(project)
    result = ask(project, "acceptance")
    assert [(fact(result, name).value, fact(result, name).n) for name in ("unchanged", "changed", "rejected")] == [
        (25 / 30, 30),
        (4 / 30, 30),
        (1 / 30, 30),
    ]
    assert [row[:6] for row in result.tables[0].rows] == [
        (1, "builtin:few-shot", 20, 4, 1, 1),
        (2, "remote:model-a", 5, 0, 0, 0),
    ]
    assert "1 more was skipped." in result.text
    assert fact(result, "unchanged[1]").where == ItemFilter(field="intent", run=1)


@pytest.mark.parametrize("by", ["backend", "label", "reviewer"])
def test_acceptance_adds_up_however_it_is_split(project: SmallProject, by: str) -> None:
    accepted(project)
    table = ask(project, "acceptance", by=by).tables[0]
    assert [sum(row[at] for row in table.rows) for at in (1, 2, 3, 4)] == [25, 4, 1, 1]


def timed(project: SmallProject, blind: int, saved: float) -> None:
    project.rows.items(80)
    for number in range(40):
        project.rows.say(number + 1, "ann", "refund", seconds=2 + number * 0.02)
    for number in range(blind):
        project.rows.say(number + 41, "ann", "refund", exposure="blind", seconds=2 + saved + number * 0.02)


def test_time_saved_is_measured_against_blind_items(project: SmallProject) -> None:
    timed(project, 40, 1.5)
    result = ask(project, "time_per_item")
    saved = fact(result, "seconds_saved")
    assert saved.value == pytest.approx(1.5) and (saved.low or 0) > 0
    assert "The median is 1.5 seconds less with a suggestion (95 % interval" in result.text
    assert result.text.endswith("Blind items are the comparison.")


def test_no_difference_is_said_where_none_can_be_told(project: SmallProject) -> None:
    timed(project, 40, 0.01)
    assert "No difference can be told (95 % interval" in ask(project, "time_per_item").text


def test_without_blind_times_nothing_is_said_to_be_saved(project: SmallProject) -> None:
    timed(project, 0, 0)
    result = ask(project, "time_per_item")
    assert "Time saved on Intent cannot be told: there are no timed blind decisions yet." in result.text
    assert fact(result, "seconds_saved").value is None


def test_people_with_only_one_kind_of_time_are_left_out_of_the_comparison(project: SmallProject) -> None:
    timed(project, 20, 1.0)
    for item_id in range(61, 81):
        project.rows.say(item_id, "slow", "refund", seconds=100.0)
    result = ask(project, "time_per_item", by="reviewer")
    assert fact(result, "with_suggestion").n == 40
    assert "The times of one person who decided only with or only without suggestions are left out." in result.text
    assert [row[0] for row in result.tables[0].rows] == ["ann", "slow"]


def test_what_was_shown_says_how_much_may_judge_models(project: SmallProject) -> None:
    project.rows.items(4)
    for item_id, exposure in enumerate(("blind", "suggested", "suggested", "bulk_listed"), 1):
        project.rows.say(item_id, "ann", "refund", exposure=exposure)
    result = ask(project, "exposure_mix")
    assert result.text == (
        "The 4 labels of Intent were given: 50 % with a suggestion in sight, 25 % without a suggestion and 25 % in a "
        "batch without being looked at one by one. 1 label can be used to judge models, which is too few: about 20 "
        "are the least."
    )


def test_pace_and_time_left_come_with_intervals(project: SmallProject) -> None:
    project.rows.items(161)
    for number in range(61):
        project.rows.say(number + 1, "ann", "refund", at=START + timedelta(seconds=30 * number))
    result = ask(project, "pace", by="reviewer")
    pace, left = fact(result, "pace"), fact(result, "time_left")
    assert (pace.value, pace.n) == (120.0, 60)
    assert left.n == 100 and left.value == pytest.approx(3000)
    assert left.low is not None and left.high is not None and left.low < 3000 < left.high
    assert "At this pace the 100 decisions to go take 50 minutes (" in result.text
    assert result.tables[0].rows[0][:3] == ("ann", 60, "120")


def test_a_lead_may_ask_about_anybody_and_a_reviewer_about_themselves(project: SmallProject) -> None:
    project.rows.items(2)
    project.rows.say(1, "ann", "refund")
    assert ask(project, "exposure_mix", reviewer="ann").facts[0].n == 1
    assert ask(project.seen_by("ann"), "exposure_mix", reviewer="ann").facts[0].n == 1
    with pytest.raises(NotAllowed, match="Only a lead"):
        ask(project.seen_by("bob"), "exposure_mix", reviewer="ann")


def test_splitting_by_person_shows_a_reviewer_only_themselves(busy: SmallProject) -> None:
    for metric in ("exposure_mix", "acceptance", "time_per_item", "pace"):
        seen = ask(busy.seen_by("ann"), metric, by="reviewer")
        assert {row[0] for row in seen.tables[0].rows} <= {"ann"}, metric


def test_a_split_or_label_the_metric_does_not_have_is_refused(project: SmallProject) -> None:
    with pytest.raises(InputError, match="by run, backend, label, reviewer, not by day"):
        ask(project, "acceptance", by="day")
    with pytest.raises(InputError, match="leave the label out"):
        ask(project, "agreement", label="refund")
    with pytest.raises(ArgumentsRefused):
        ask(project, "beauty")


def test_a_time_is_read_in_any_zone_and_nonsense_is_refused(project: SmallProject) -> None:
    project.rows.items(2)
    project.rows.say(1, "ann", "refund", at=START)
    assert ask(project, "exposure_mix", since="2026-03-02T11:00:00+02:00").facts[0].n == 1
    assert ask(project, "exposure_mix", since="2026-03-02T09:00:01").facts[0].value is None
    with pytest.raises(InputError, match="A time looks like"):
        ask(project, "progress", since="after lunch")
