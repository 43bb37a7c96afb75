"""The queries about quality against a recount in pandas that knows only the bare tables."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.store.queries import recount
from tests.store.queries.scenario import SEEDS, busy_project
from tests.store.rows import Rows, choice
from tools.agreement import Pattern, krippendorff_alpha


@pytest.fixture(scope="module", params=SEEDS)
def busy(request: pytest.FixtureRequest) -> Rows:
    return busy_project(request.param)


def asked(rows: Rows, query: str, **params: Any) -> list[dict[str, Any]]:
    return rows.ask(query, **params).as_dicts()


def test_alpha_from_patterns_equals_the_recount(busy: Rows) -> None:
    patterns = [Pattern(tuple(r["answers"]), r["units"]) for r in asked(busy, "agreement_patterns", field="intent")]
    expected = recount.alpha(busy, "intent")
    assert expected is not None
    assert krippendorff_alpha(patterns).alpha == pytest.approx(expected)


def test_alpha_from_coincidences_equals_alpha_from_patterns(busy: Rows) -> None:
    cells = asked(busy, "coincidences", field="intent")
    totals: Counter[str] = Counter()
    for cell in cells:
        totals[cell["one"]] += cell["coincidences"]
    n = sum(totals.values())
    apart = sum(cell["coincidences"] for cell in cells if cell["one"] != cell["two"])
    by_chance = n * n - sum(count**2 for count in totals.values())
    assert 1 - (n - 1) * apart / by_chance == pytest.approx(recount.alpha(busy, "intent"))


def test_assisted_opinions_are_counted_and_independent_ones_can_be_asked_for(busy: Rows) -> None:
    said = recount.opinions(busy, "intent")
    several = said[said.groupby("item_id").item_id.transform("size") > 1]
    found = asked(busy, "agreement_patterns", field="intent")
    assert sum(row["assisted"] for row in found) == int((~several.exposure.isin(recount.CALIBRATING)).sum())
    blind = said[said.exposure.isin(recount.CALIBRATING)]
    units = blind.groupby("item_id").size()
    alone = asked(busy, "agreement_patterns", field="intent", independent=True)
    assert sum(row["units"] for row in alone) == int((units > 1).sum())


def test_kappa_parts_of_each_pair_equal_a_join(busy: Rows) -> None:
    said = recount.opinions(busy, "intent")
    joined = said.merge(said, on="item_id")
    joined = joined[joined.reviewer_x < joined.reviewer_y]
    found = {(r["one"], r["two"]): r for r in asked(busy, "pair_agreement", field="intent")}
    groups = dict(list(joined.groupby(["reviewer_x", "reviewer_y"])))
    assert set(found) == set(groups)
    for pair, mine in groups.items():
        one, other = Counter(mine.answer_x), Counter(mine.answer_y)
        row = found[pair]
        assert (row["n"], row["same"]) == (len(mine), int((mine.answer_x == mine.answer_y).sum()))
        assert row["expected"] == pytest.approx(sum(one[a] * other[a] for a in one) / len(mine) ** 2)


def test_span_f1_equals_the_recount(busy: Rows) -> None:
    row = asked(busy, "region_agreement", field="entities")[0]
    assert row["hits"] / row["size"] == pytest.approx(recount.pair_f1(busy, "entities"))
    pairs = asked(busy, "region_pairs", field="entities")
    assert sum(pair["size"] for pair in pairs) == row["size"]
    assert sum(pair["n"] for pair in pairs) == row["pairs"]


def test_people_on_gold_leave_out_what_gold_may_have_been_made_from(busy: Rows) -> None:
    said = recount.standing(busy)
    said = said[(said.field == "intent") & ~said.adjudicates & ~said.exposure.isin(recount.BULK)]
    joined = said.merge(recount.gold(busy), on=["item_id", "field"], suffixes=("", "_gold"))
    source = joined.exposure.isin(recount.CALIBRATING) & (joined.made_at <= joined.made_at_gold)
    found = {row["reviewer"]: row for row in asked(busy, "gold_reviewers", field="intent")}
    assert set(found) == set(joined.reviewer)
    for person, row in found.items():
        mine = joined[(joined.reviewer == person) & ~source]
        assert (row["n"], row["same"]) == (len(mine), int((mine.answer == mine.answer_gold).sum()))
        assert row["left_out"] == int(source[joined.reviewer == person].sum())


@pytest.mark.parametrize("query", ["gold_proposals", "blind_proposals"])
def test_models_are_judged_on_what_they_cannot_have_learned(busy: Rows, query: str) -> None:
    if query == "gold_proposals":
        marks = recount.gold(busy)
        truth = dict(zip(marks.item_id, marks.answer, strict=True))
    else:
        said = recount.standing(busy)
        said = said[
            (said.field == "intent") & said.exposure.isin(recount.CALIBRATING) & ~said.adaptive & ~said.adjudicates
        ].sort_values("review_id")
        first = said.drop_duplicates("item_id")
        truth = dict(zip(first.item_id, first.answer, strict=True))
    live = recount.live_reviews(busy)
    labelled = live[(live.field == "intent") & live.value.notna()].groupby("item_id").made_at.min()
    proposals = recount.live_proposals(busy).merge(busy.frame("runs")[["run_id", "backend"]], on="run_id")
    proposals = proposals[(proposals.state == "ok") & proposals.item_id.isin(truth)]
    expected: dict[str, list[int]] = {}
    for (backend, item_id), mine in proposals.sort_values("proposal_id").groupby(["backend", "item_id"]):
        first_at = labelled.get(item_id)
        free = mine if not str(backend).startswith("builtin:") or first_at is None else mine[mine.made_at < first_at]
        n, same, left_out = expected.setdefault(str(backend), [0, 0, 0])
        if len(free):
            expected[str(backend)] = [n + 1, same + (free.iloc[-1].label == truth[item_id]), left_out]
        else:
            expected[str(backend)] = [n, same, left_out + 1]
    found = {r["backend"]: [r["n"], r["same"], r["left_out"]] for r in asked(busy, query, field="intent")}
    assert found == expected


def test_a_back_end_that_learned_from_an_item_is_not_judged_on_it() -> None:
    rows = Rows()
    rows.items(2)
    for item_id in (1, 2):
        rows.gold(item_id, choice("refund"))
    early = rows.run("builtin:few-shot")
    rows.proposal(early, 1, choice("refund"))
    rows.say(1, "ann", "refund", exposure="blind")
    rows.say(2, "ann", "refund", exposure="blind")
    late = rows.run("builtin:few-shot")
    rows.proposal(late, 1, choice("fault"))
    rows.proposal(late, 2, choice("refund"))
    rows.proposal(rows.run("remote:model"), 2, choice("fault"))
    found = {r["backend"]: (r["n"], r["same"], r["left_out"]) for r in asked(rows, "gold_proposals", field="intent")}
    assert found == {"builtin:few-shot": (1, 1, 1), "remote:model": (1, 0, 0)}


def test_suggestions_are_counted_by_what_became_of_them(busy: Rows) -> None:
    reviews = recount.standing_reviews(busy)
    shown = reviews[
        reviews.exposure.isin(["suggested", "revealed"]) & reviews.proposal_id.notna() & reviews.action_id.isna()
    ].merge(busy.frame("proposals")[["proposal_id", "run_id", "label"]], on="proposal_id", suffixes=("", "_given"))
    same = shown.value.notna() & ((shown.verdict == "accept") | (shown.label == shown.label_given))
    found = asked(busy, "acceptance", field="intent")
    assert sum(row["unchanged"] for row in found) == int(same.sum()) > 0
    assert sum(row["changed"] for row in found) == int((shown.value.notna() & ~same).sum()) > 0
    assert sum(row["rejected"] for row in found) == int((shown.verdict == "reject").sum())


def test_blind_decisions_never_count_as_acceptance() -> None:
    rows = Rows()
    rows.items(1)
    proposal = rows.proposal(rows.run(), 1, choice("refund"))
    rows.say(1, "ann", "refund", exposure="blind", proposal=proposal)
    assert asked(rows, "acceptance", field="intent") == []


def test_choosing_the_suggested_label_by_its_key_is_acceptance_unchanged() -> None:
    rows = Rows()
    rows.items(2)
    run = rows.run(field="topics")
    topics = rows.proposal(run, 1, {"labels": ["price"]}, field="topics")
    rows.review(1, "ann", {"labels": ["price"]}, verdict="edit", field="topics", proposal=topics)
    proposal = rows.proposal(rows.run(), 2, choice("refund"))
    rows.say(2, "ann", "refund", verdict="choose", proposal=proposal)
    assert asked(rows, "acceptance", field="topics")[0]["unchanged"] == 1
    assert asked(rows, "acceptance", field="intent")[0]["unchanged"] == 1


def test_seconds_come_sorted_by_person_and_by_what_was_shown(busy: Rows) -> None:
    said = recount.standing(busy)
    said = said[(said.field == "intent") & said.seconds.notna() & said.exposure.isin(["blind", "suggested"])]
    expected = {key: sorted(group.seconds) for key, group in said.groupby(["reviewer", "exposure"])}
    found = {(r["reviewer"], r["shown"]): list(r["seconds"]) for r in asked(busy, "decision_seconds", field="intent")}
    assert found == expected


def test_labels_that_may_calibrate_are_counted_as_a_recount_does(busy: Rows) -> None:
    notes, said = recount.annotations(busy), recount.standing(busy)
    for field in ("intent", "mood", "topics"):
        agreed = set(notes[(notes.field == field) & (notes.state == "agreed")].item_id)
        mine = said[(said.field == field) & said.item_id.isin(agreed) & said.exposure.isin(recount.CALIBRATING)]
        free = {row.item_id for row in mine.itertuples() if not row.adaptive}
        (found,) = asked(busy, "calibrating_labels", field=field)
        assert (found["labels"], found["calibrating"]) == (len(agreed), len(free))
