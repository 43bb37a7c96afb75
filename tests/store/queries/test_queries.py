"""Every named query against a recount in pandas that knows only the bare tables."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest

from assistant.store.queries.queries import QUERIES
from tests.store.queries import recount
from tests.store.queries.scenario import SEEDS, busy_project
from tests.store.rows import START, Rows, choice, spans
from tools.errors import NotAllowed
from tools.records import Actor


@pytest.fixture(scope="module", params=SEEDS)
def busy(request: pytest.FixtureRequest) -> Rows:
    return busy_project(request.param)


def asked(rows: Rows, query: str, **params: Any) -> list[dict[str, Any]]:
    return rows.ask(query, **params).as_dicts()


@pytest.mark.parametrize("name", sorted(QUERIES))
def test_every_query_runs_on_an_empty_project_and_says_what_it_answers(name: str) -> None:
    query = QUERIES[name]
    used = set(re.findall(r"\$([a-z_]+)", re.sub(r"'[^']*'", "", query.sql)))
    assert used == set(query.parameters)
    assert query.name == name and query.answers.endswith(".")
    assert Rows().ask(name).columns


def test_progress_counts_every_state_as_a_recount_does(busy: Rows) -> None:
    items = len(busy.frame("items"))
    notes, live = recount.annotations(busy), recount.live_proposals(busy)
    reviews, flags = recount.standing_reviews(busy), recount.live_reviews(busy)
    for row in asked(busy, "progress", overlap=2):
        field = row["field"]
        mine = notes[notes.field == field]
        decided = set(mine.item_id)
        proposed = live[live.field == field]
        agreed = mine[mine.state == "agreed"]
        skips = reviews[(reviews.field == field) & (reviews.verdict == "skip")]
        assert row == {
            "field": field,
            "items": items,
            "undecided": items - len(decided),
            "decided": len(decided),
            "agreed": len(agreed),
            "conflict": int((mine.state == "conflict").sum()),
            "done": int((mine.reviewers >= 2).sum()),
            "suggested": len(set(proposed[proposed.state == "ok"].item_id) - decided),
            "unread": proposed[proposed.state != "ok"].item_id.nunique(),
            "skipped": len(set(skips.item_id) - decided),
            "flagged": _flagged(flags, field),
            "gold": int((recount.gold(busy).field == field).sum()),
        }


def _flagged(live: pd.DataFrame, field: str) -> int:
    mine = live[(live.field == field)]
    flags = mine[(mine.verdict == "flag") & (mine.exposure != "probe")]
    settled = mine[mine.adjudicates].groupby("item_id").review_id.max()
    return len({f.item_id for f in flags.itertuples() if settled.get(f.item_id, 0) < f.review_id})


def test_export_states_add_up_to_all_items(busy: Rows) -> None:
    notes = recount.annotations(busy)
    for field in ("intent", "entities", "mood"):
        counts = {row["state"]: row["items"] for row in asked(busy, "export_counts", field=field)}
        states = Counter(notes[notes.field == field].state)
        assert counts == {
            "agreed": states["agreed"],
            "conflict": states["conflict"],
            "undecided": len(busy.frame("items")) - sum(states.values()),
        }


def test_labels_are_counted_on_agreed_items(busy: Rows) -> None:
    notes = recount.annotations(busy)
    agreed = notes[(notes.field == "intent") & (notes.state == "agreed")]
    found = {row["label"]: row["items"] for row in asked(busy, "label_counts", field="intent")}
    assert found == dict(Counter(agreed.label))


def test_labels_of_spans_are_counted_by_item_and_by_use() -> None:
    rows = Rows()
    rows.items(2)
    rows.review(1, "ann", spans((0, 1, "product"), (2, 3, "product")), field="entities")
    rows.review(2, "ann", spans((0, 1, "product"), (2, 3, "place")), field="entities")
    found = [(r["label"], r["items"], r["uses"]) for r in asked(rows, "label_counts", field="entities")]
    assert found == [("product", 2, 3), ("place", 1, 1)]


def test_given_labels_are_those_that_stand_by_person(busy: Rows) -> None:
    said = recount.standing(busy)
    expected = Counter(zip(*(said[said.field == "intent"][c] for c in ("label", "reviewer")), strict=True))
    found = {(r["label"], r["reviewer"]): r["items"] for r in asked(busy, "given_labels", field="intent")}
    assert found == dict(expected)
    ann = asked(busy, "given_labels", field="intent", reviewer="ann")
    assert {row["reviewer"] for row in ann} == {"ann"}


def test_a_time_narrows_the_decisions_down(busy: Rows) -> None:
    said = recount.standing(busy)
    said = said[said.field == "intent"]
    middle = said.made_at.sort_values().iloc[len(said) // 2].to_pydatetime()
    found = sum(row["items"] for row in asked(busy, "given_labels", field="intent", since=middle.isoformat()))
    assert found == int((said.made_at >= middle).sum())


def test_recent_runs_tell_what_became_of_their_proposals(busy: Rows) -> None:
    proposals, notes = busy.frame("proposals"), recount.annotations(busy)
    decided = set(zip(notes.item_id, notes.field, strict=True))
    withdrawn = recount.undone(busy, "run")
    found = asked(busy, "recent_runs", limit=3)
    assert [row["run_id"] for row in found] == [4, 3, 2]
    for row in found:
        mine = proposals[proposals.run_id == row["run_id"]]
        states = Counter(mine.state)
        assert (row["usable"], row["invalid"], row["unread"]) == (states["ok"], states["invalid"], states["unread"])
        usable = mine[mine.state == "ok"]
        assert row["undecided"] == sum((i, "intent") not in decided for i in usable.item_id)
        assert row["withdrawn"] == (row["run_id"] in withdrawn)


def test_the_newest_queue_of_a_field_counts_what_waits() -> None:
    rows = Rows()
    rows.items(4)
    rows.queue(rows.run(tool="sample"), [1, 2, 3, 4])
    newest = rows.run(tool="sample")
    rows.queue(newest, [2, 3])
    withdrawn = rows.run(tool="sample")
    rows.queue(withdrawn, [1])
    rows.undo("run", withdrawn)
    rows.say(3, "ann", "refund")
    assert asked(rows, "queues") == [{"field": "intent", "run_id": newest, "items": 2, "waiting": 1}]


def test_jobs_tell_how_much_is_done() -> None:
    rows = Rows()
    rows.items(2)
    run = rows.run()
    rows.job(run, 2)
    rows.proposal(run, 1, choice("refund"))
    job = asked(rows, "recent_jobs")[0]
    assert (job["done"], job["total"], job["state"]) == (1, 2, "running")


def test_people_are_counted_by_what_stands(busy: Rows) -> None:
    reviews = recount.standing_reviews(busy)
    lead = Actor("lea", "lead", "cli")
    found = {row["reviewer"]: row for row in busy.ask("reviewers", lead).as_dicts()}
    assert set(found) == set(reviews.reviewer)
    for person, mine in reviews.groupby("reviewer"):
        valued = mine[mine.value.notna()]
        row = found[str(person)]
        assert row["decisions"] == len(valued)
        assert row["skipped"] == int((mine.verdict == "skip").sum())
        assert row["bulk"] == int(mine.exposure.isin(recount.BULK).sum())
        assert row["median_seconds"] == (
            pytest.approx(valued.seconds.median()) if valued.seconds.notna().any() else None
        )


def test_other_peoples_work_is_for_leads_and_ones_own_for_everybody(busy: Rows) -> None:
    ann = Actor("ann", "reviewer", "chat")
    with pytest.raises(NotAllowed):
        busy.ask("reviewers", ann)
    assert [row["reviewer"] for row in busy.ask("own_work", ann).as_dicts()] == ["ann"]


def test_days_count_decisions_by_verdict() -> None:
    rows = Rows()
    rows.items(4)
    rows.say(1, "ann", "refund", verdict="accept", at=START)
    rows.say(2, "ann", "refund", at=START + timedelta(days=1))
    rows.event(3, "bob", "skip", at=START + timedelta(days=1))
    rows.say(4, "eve", "refund", import_id=1, exposure="imported_unknown")
    found = asked(rows, "decisions_per_day", field="intent")
    assert [(r["day"], r["accepted"], r["chosen"], r["skipped"]) for r in found] == [
        ("2026-03-02", 1, 0, 0),
        ("2026-03-03", 0, 1, 1),
    ]


def test_what_was_shown_is_counted_by_person(busy: Rows) -> None:
    said = recount.standing(busy)
    said = said[said.field == "intent"]
    found = {(r["reviewer"], r["exposure"]): r["decisions"] for r in asked(busy, "exposure_mix", field="intent")}
    assert found == dict(Counter(zip(said.reviewer, said.exposure, strict=True)))


def test_pauses_are_no_work() -> None:
    rows = Rows()
    rows.items(5)
    for item_id, seconds in ((1, 0), (2, 10), (3, 30), (4, 1000), (5, 1005)):
        rows.say(item_id, "ann", "refund", at=START + timedelta(seconds=seconds))
    assert asked(rows, "pace", field="intent") == [{"reviewer": "ann", "decisions": 3, "active_seconds": 35.0}]


def test_the_least_sure_are_ordered_by_the_shown_proposal() -> None:
    rows = Rows()
    rows.items(4)
    run = rows.run()
    for item_id, score in ((1, 0.9), (2, 0.2), (3, None), (4, 0.5)):
        rows.proposal(run, item_id, choice("refund"), score)
    found = asked(rows, "least_sure", field="intent", ids=[1, 2, 3, 4], limit=2)
    assert [row["item_id"] for row in found] == [2, 4]


def test_a_ledger_never_carries_the_value_of_a_proposal(busy: Rows) -> None:
    told = asked(busy, "item_ledger", item_id=1)
    assert {row["what"] for row in told} >= {"import", "exposure", "review"}
    assert all(row["value"] is None for row in told if row["what"] == "proposal")


def test_the_ledger_of_an_item_has_every_row_about_it(busy: Rows) -> None:
    for item_id in (1, 2, 3):
        told = Counter(row["what"] for row in asked(busy, "item_ledger", item_id=item_id))
        for what, table in (
            ("review", "reviews"),
            ("exposure", "exposures"),
            ("proposal", "proposals"),
            ("gold", "gold_marks"),
            ("queue", "queue_entries"),
        ):
            assert told[what] == int((busy.frame(table).item_id == item_id).sum()), what


def test_uses_of_labels_count_undone_decisions_and_leave_out_withdrawn_runs() -> None:
    rows = Rows()
    rows.items(2)
    run = rows.run()
    rows.proposal(run, 1, choice("fault"))
    rows.undo("run", run)
    rows.undo("review", rows.say(1, "ann", "refund"))
    rows.review(2, "ann", spans((0, 1, "place")), field="entities")
    rows.gold(2, choice("refund"))
    found = {(r["field"], r["label"]): (r["reviews"], r["proposals"], r["gold"]) for r in asked(rows, "label_uses")}
    assert found == {("intent", "refund"): (1, 0, 1), ("entities", "place"): (1, 0, 0)}


def test_columns_are_listed_with_the_number_of_their_items() -> None:
    rows = Rows()
    rows.item(meta={"channel": "email", "day": 1})
    rows.item(meta={"channel": "chat"})
    assert [(r["name"], r["items"]) for r in asked(rows, "columns")] == [("channel", 2), ("day", 1)]


def test_what_stands_for_an_item_says_which_answer_is_gold() -> None:
    rows = Rows()
    rows.items(2)
    for item_id in (1, 2):
        rows.say(item_id, "ann", "refund")
    rows.gold(1, choice("refund"))
    assert [asked(rows, "item_annotations", item_id=one)[0]["is_gold"] for one in (1, 2)] == [True, False]


def test_pairs_of_reviewers_stand_by_their_shared_items_and_then_by_name() -> None:
    rows = Rows()
    rows.items(3)
    for item_id, people in ((1, ("ann", "bob", "cy")), (2, ("bob", "cy")), (3, ("ann",))):
        for person in people:
            rows.review(item_id, person, spans((0, 2, "product")), field="entities")
    found = asked(rows, "region_pairs", field="entities")
    assert [(one["one"], one["two"], one["n"]) for one in found] == [
        ("bob", "cy", 2), ("ann", "bob", 1), ("ann", "cy", 1)]  # fmt: skip
