"""Who has not decided learns nothing of what others answered: the answer to any question is the same whatever it was.

Two projects are built alike in everything but the answers that others gave where Ann has not decided. Whatever Ann asks
must then be answered alike.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from assistant.executor import Outcome
from assistant.store.file import database
from assistant.store.reviews import ExposureRequest, ReviewRequest
from tests.store.opened import ANN, BOB, DELIVERY, LEAD, PRAISE, REFUND, Opened, create, suggest
from tools.ask.explain import explain_item
from tools.ask.find import find_items
from tools.ask.measure import METRICS, measure
from tools.ask.status import project_status
from tools.decide.take_back import undo
from tools.errors import AssistantError, NotAllowed
from tools.filters import STATES, ItemFilter
from tools.records import Actor, Verdict
from tools.sample.tool import sample

CID = Actor("cid", "reviewer", "key", "s-cid")
ENGINEER = Actor("ann", "engineer", "chat", "s-ann")
TOOLS = (find_items, measure, explain_item, project_status, undo, sample)
ITEMS = 8
LABELS = (REFUND, DELIVERY, PRAISE)
SPANS = tuple(
    {"spans": [{"id": "s1", "start": start, "end": start + 3, "label": label}]}
    for start, label in ((0, "product"), (4, "place"))
)
VALUES: dict[str, tuple[Mapping[str, Any], ...]] = {
    "intent": LABELS,
    "topics": ({"labels": ["price"]}, {"labels": ["speed"]}, {"labels": []}),
    "entities": SPANS,
    "mood": ({"rating": 1}, {"rating": 4}),
    "note": ({"text": "fine"}, {"text": "bad"}),
}


class Clock:
    """A second passes each time somebody looks, so that two projects get the same times."""

    def __init__(self) -> None:
        self._at = datetime(2026, 3, 1, 9, tzinfo=UTC)

    def __call__(self) -> datetime:
        self._at += timedelta(seconds=1)
        return self._at


def say(
    project: Opened, who: Actor, item_id: int, value: Mapping[str, Any] | None, field: str = "intent", **more: Any
) -> int:
    """Store a decision as the desk does, whoever has the item in hand."""
    kind, proposal = more.pop("kind", "blind"), more.pop("proposal", None)
    exposure = project.store.reviews.expose([ExposureRequest(item_id, field, kind, proposal)], who)[0]
    verdict: Verdict = more.pop("verdict", "choose" if value is not None else "skip")
    request = ReviewRequest(exposure.exposure_id, verdict, value, more.pop("reason", ""), {}, "k", 2.0, **more)
    return project.store.reviews.add(request, exposure, project.store.schema_version, who).review_id


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Opened]:
    """Bob answered items 1 to 3; Ann has decided item 1 only."""
    with create(tmp_path / "two", 4, TOOLS, overlap=2) as project:
        for item_id in (1, 2, 3):
            say(project, BOB, item_id, REFUND)
        say(project, ANN, 1, PRAISE)
        yield project


def ask(project: Opened, actor: Actor, tool: str, **arguments: Any) -> Outcome:
    return project.executor.call(tool, arguments, actor)


def test_finding_by_label_leaves_out_what_the_asker_has_not_decided_and_says_so(two: Opened) -> None:
    found = ask(two, ANN, "find_items", label="refund").result
    assert found.items == (1,)
    assert (
        "2 items are left out: others have answered them and you have not decided them yet; what others answer is "
        "shown only after that." in found.text
    )


def test_whoever_leads_finds_every_answer(two: Opened) -> None:
    found = ask(two, LEAD, "find_items", label="refund").result
    assert found.items == (1, 2, 3)
    assert "left out" not in found.text


def test_ones_own_answers_are_always_found(two: Opened) -> None:
    assert ask(two, ANN, "find_items", label="praise").result.items == (1,)


def test_that_something_is_decided_is_no_secret(two: Opened) -> None:
    assert ask(two, ANN, "find_items", state="decided").result.items == (1, 2, 3)
    assert ask(two, ANN, "find_items", state="undecided").result.items == (4,)


def test_a_filter_that_a_lead_saved_shows_a_reviewer_no_more(two: Opened) -> None:
    for name, where in {"bobs": {"reviewer": "bob"}, "any": {}}.items():
        two.store.talk.save_filter(name, ItemFilter(field="intent", label="refund", **where), LEAD)
    assert ask(two, ANN, "find_items", saved="any").result.items == (1,)
    drawn = ask(two, ANN, "sample", saved="bobs", state="any", strategy="random").result
    assert drawn.items == (1,)


def test_conflicts_are_listed_only_where_the_asker_has_decided(two: Opened) -> None:
    say(two, CID, 2, DELIVERY)
    assert ask(two, ANN, "find_items", state="conflict").result.items == (1,)
    assert ask(two, LEAD, "find_items", state="conflict").result.items == (1, 2)


def test_shares_of_labels_count_only_what_the_asker_may_see(two: Opened) -> None:
    measured = ask(two, CID, "measure", metric="label_distribution").result
    assert "Nothing is labelled" in measured.text
    assert "3 items are left out" in measured.text


def test_an_explanation_tells_neither_the_answer_nor_how_it_was_given(two: Opened) -> None:
    run = suggest(two, {2: REFUND, 4: REFUND})
    proposal = two.store.runs.of_run(run)[1].proposal_id
    say(two, BOB, 4, REFUND, verdict="accept", kind="suggested", proposal=proposal, reason="clearly a refund")
    ledger = next(t for t in ask(two, ANN, "explain_item", item="#4").result.tables if t.title == "What happened")
    decision = next(row for row in ledger.rows if row[1] == "answered")
    assert decision[3:] == ("another person", "decided", "hidden until you decide")
    text = ask(two, ANN, "explain_item", item="#4").result.text
    assert "What others answered for Intent is shown to you once you have decided it." in text
    assert "not what is suggested" not in text


def test_refusing_to_undo_another_persons_decision_does_not_say_what_it_was(two: Opened) -> None:
    review = say(two, BOB, 4, REFUND, verdict="accept")
    with pytest.raises(NotAllowed) as refusal:
        ask(two, ANN, "undo", what="review", id=review)
    assert "(decided)" in str(refusal.value)
    assert "accept" not in str(refusal.value)


# -- whatever is asked ----------------------------------------------------------------------------------------------


def build(folder: Path, seed: int, answers: int, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """A project from a seed; ``answers`` chooses what others said, and only where Ann has not decided."""
    monkeypatch.setattr(database, "utc_now", Clock())
    chance, secret = random.Random(seed), random.Random(f"{seed}/{answers}")
    project = create(folder, ITEMS, TOOLS, overlap=3, blind_share=0.3, seed=seed)
    suggested = {item_id: chance.choice(LABELS) for item_id in chance.sample(range(1, ITEMS + 1), 5)}
    run = suggest(project, suggested, score=0.7, score_source="calibrated")
    shown = {one.draft.item_id: one for one in project.store.runs.of_run(run)}
    anns = {(item_id, field) for field in VALUES for item_id in range(1, ITEMS + 1) if chance.random() < 0.4}
    for (field, values), item_id, who in product(VALUES.items(), range(1, ITEMS + 1), (BOB, CID, LEAD)):
        usual, is_silent = chance.choice(values), chance.random() < 0.35
        value = usual if (item_id, field) in anns else secret.choice(values)
        proposal = shown.get(item_id) if field == "intent" and chance.random() < 0.5 else None
        if is_silent:
            continue
        is_same = proposal is not None and proposal.draft.value == value
        more = {"kind": "suggested", "proposal": proposal.proposal_id} if proposal else {"kind": "blind"}
        reason = "" if (item_id, field) in anns else secret.choice(("", "surely", "hm"))
        verdict = "accept" if is_same else "choose"
        say(project, who, item_id, value, field, verdict=verdict, reason=reason, adjudicates=who is LEAD, **more)
        if chance.random() < 0.3:
            project.store.reviews.mark_gold([(item_id, field, value)], LEAD, None)
    for item_id, field in sorted(anns):
        say(project, ANN, item_id, chance.choice(VALUES[field]), field)
    project.store.reviews.undo([("review", chance.randint(1, 30))], LEAD)
    for name, where in saved_filters().items():
        project.store.talk.save_filter(name, where, LEAD)
    return project


def saved_filters() -> dict[str, ItemFilter]:
    """Filters that Ann could not ask for herself."""
    return {
        "bob": ItemFilter(field="intent", reviewer="bob", label="refund"),
        "pair": ItemFilter(field="intent", reviewer="bob, cid", state="conflict"),
        "gold": ItemFilter(field="intent", state="gold", label="refund"),
        "recent": ItemFilter(field="intent", label="refund", since="2026-03-01T09:01:00"),
        "spans": ItemFilter(field="entities", label="place", regions_min=1),
    }


def questions() -> list[tuple[str, dict[str, Any]]]:
    """Every filter, every metric in every split, every item, and what else says something of others' work."""
    asked: list[tuple[str, dict[str, Any]]] = [("project_status", {})]
    asked += [("find_items", {"saved": name}) for name in saved_filters()]
    labels = {"intent": ("", "refund"), "topics": ("", "price"), "entities": ("place", "place>0"), "mood": ("", "4")}
    for field, some in labels.items():
        states = STATES if field == "intent" else ("any", "agreed", "conflict", "decided", "gold")
        asked += [
            ("find_items", {"field": field, "state": state, "label": label}) for state, label in product(states, some)
        ]
    asked += [
        ("find_items", {"label": "refund", "reviewer": "ann"}),
        ("find_items", {"label": "refund", "reviewer": "bob"}),
    ]
    asked += [("find_items", {"state": "suggested", "sort": "least_sure"})]
    asked += [("find_items", {"state": "conflict", "sort": "newest", "words": "number 3"})]
    for name, metric in METRICS.items():
        asked += [("measure", {"metric": name, "by": by}) for by in ("", *metric.by)]
        asked.append(("measure", {"metric": name, "since": "2026-03-01T09:01:00"}))
        asked += [("measure", {"metric": name, "field": field}) for field in VALUES if field != "intent"]
        asked += [("measure", {"metric": name, "label": "refund"})] if metric.takes_label else []
    asked += [("explain_item", {"item": f"#{item_id}"}) for item_id in range(1, ITEMS + 1)]
    asked += [("undo", {"what": "review", "id": review}) for review in range(1, 25)]
    return asked


def answers_of(project: Opened, actor: Actor, tools: tuple[str, ...] = ()) -> dict[str, Any]:
    """Everything that the person can read of each answer, refusals too; of the named tools only where some are."""
    told: dict[str, Any] = {}
    for tool, arguments in questions():
        if tools and tool not in tools:
            continue
        try:
            result = project.executor.spec(tool).run(
                project.executor.spec(tool).read_arguments(arguments), view_of(project, actor)
            )
        except AssistantError as refusal:
            told[f"{tool} {arguments}"] = str(refusal)
            continue
        facts = [(f.name, f.value, f.n, f.low, f.high, f.note) for f in result.facts]
        tables = [(t.title, t.columns, t.rows) for t in result.tables]
        figures = [(f.title, f.x, dict(f.series)) for f in result.figures]
        told[f"{tool} {arguments}"] = (result.text, facts, tables, figures, result.items)
    return told


def view_of(project: Opened, actor: Actor) -> Any:
    from assistant.view import ProjectView

    view = ProjectView(project.store, actor)
    view._now = datetime(2026, 3, 2, tzinfo=UTC)
    return view


@pytest.mark.parametrize(("seed", "actor"), [(1, ANN), (2, ENGINEER), (3, ANN)], ids=["one", "two", "three"])
def test_whatever_others_answered_the_one_who_has_not_decided_is_told_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, actor: Actor
) -> None:
    with build(tmp_path / "one", seed, 1, monkeypatch) as one:
        first, all_of_it = answers_of(one, actor), answers_of(one, LEAD, ("explain_item",))
    with build(tmp_path / "other", seed, 2, monkeypatch) as other:
        second, others = answers_of(other, actor), answers_of(other, LEAD, ("explain_item",))
    assert {asked: (first[asked], second[asked]) for asked in first if first[asked] != second[asked]} == {}
    # The two projects do differ, and a lead is told so: the test would find a leak.
    assert sum(all_of_it[asked] != others[asked] for asked in all_of_it) > ITEMS // 2


@pytest.mark.parametrize(("labels", "told"), [(19, False), (20, True)])
def test_engineers_are_told_how_right_a_model_is_only_over_many_answers(
    tmp_path: Path, labels: int, told: bool
) -> None:
    with create(tmp_path / "engineer", labels, TOOLS) as project:
        suggest(project, dict.fromkeys(range(1, labels + 1), REFUND))
        for item_id in range(1, labels + 1):
            say(project, BOB, item_id, REFUND)
        found = ask(project, ENGINEER, "measure", metric="accuracy_on_gold").result
        blind = [fact for fact in found.facts if fact.name.startswith("accuracy_on_blind")]
        assert [(fact.value, fact.n) for fact in blind] == ([(1.0, 20)] if told else [])
        assert ask(project, ANN, "measure", metric="accuracy_on_gold").result.facts == ()
