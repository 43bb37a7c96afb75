"""A condition that was said is applied, or named in a sentence that says nothing was done; it is never dropped."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.agent.planner.planner import plan
from assistant.agent.words.world import LastResult
from assistant.review import Decision
from tests.agent.doubles import world
from tests.agent.project import ANA, open_project, suggest

DROPPED = (
    ("show me corrected items", "“corrected”"),
    ("show refunds from yesterday", "“from yesterday”"),
    ("show refunds above 0.9", "“above 0.9”"),
    ("show refunds with high confidence", "“high confidence”"),
    ("show refunds and billing", "“billing”"),
    ("messages not labelled as refund", "“not labelled as refund”"),
    ("show everything but skipped", "“skipped”"),
    ("show items that are not flagged", "“flagged”"),
    ("show items labelled refund but not from email", "“but not from email”"),
    ("show me the messages that need attention", "“attention”"),
    ("show items from the north region", "“from the north”"),
    ("show flagged items from run 7", "“run 7”"),
    ("suggest topics with at least 80 % confidence", "“at least 80 %”"),
    ("suggest labels for the emails", "“emails”"),
    ("suggest labels for 20 random items", "“random”"),
    ("suggest labels for 10 % of the items", "“10 %”"),
    ("suggest labels for the gold items", "“gold”"),
    ("suggest labels for what ben flagged", "“ben”"),
    ("20 uncertain refunds", "“refunds”"),
    ("accept all refunds from email", "“email”"),
    ("accept the refunds that ben flagged", "“ben”"),
    ("export only refunds as csv", "“refunds”"),
    ("export the gold labels as csv", "“gold”"),
    ("export what ben did as csv", "“ben”"),
    ("export what was decided since monday as csv", "“since monday”"),
    ("agreement for refunds", "“refunds”"),
    ("learning curve in March 2026", "“in March 2026”"),
    ("learning curve last week", "“last week”"),
    ("kappa of the last 200 messages", "“200 messages”"),
    ("acceptance rate of run 7", "“run 7”"),
)


@pytest.mark.parametrize(("said", "condition"), DROPPED, ids=[said for said, _ in DROPPED])
def test_a_condition_that_cannot_be_applied_is_named_and_nothing_runs(said: str, condition: str) -> None:
    found = plan(said, world())
    assert (found.kind, found.calls) == ("talk", ())
    assert condition in found.text
    assert "so nothing was" in found.text


@pytest.mark.parametrize(
    ("said", "tool", "wanted"),
    [
        ("show rejected items", "find_items", {"state": "rejected"}),
        ("which messages were rejected?", "find_items", {"state": "rejected"}),
        ("suggest labels for up to 30 items", "prelabel", {"limit": 30}),
        ("agreement since monday", "measure", {"metric": "agreement", "since": "2026-11-22T23:00:00+00:00"}),
        ("show all items", "find_items", {}),
        ("how many suggestions did people reject", "measure", {"metric": "acceptance"}),
    ],
)
def test_a_condition_that_can_be_applied_is(said: str, tool: str, wanted: dict[str, object]) -> None:
    assert [(one.tool, dict(one.arguments)) for one in plan(said, world()).calls] == [(tool, wanted)]


def test_several_named_items_are_the_ones_that_are_shown() -> None:
    (call,) = plan("show M001 and M002", world()).calls
    assert (call.tool, call.items) == ("find_items", ("M001", "M002"))


def test_a_follow_up_drops_no_condition_either() -> None:
    found = plan("only refunds from yesterday", world(LastResult("find_items", {"state": "flagged"}, (3, 5))))
    assert found.calls == ()


def test_the_step_that_cannot_be_done_says_why_before_the_other_is_offered() -> None:
    found = plan("show flagged items and then export only refunds as csv", world())
    assert found.calls == ()
    assert "“refunds”" in found.text
    assert [choice.text for choice in found.choices] == ["only show flagged items"]


def test_a_filter_that_is_narrowed_down_further_is_not_used_alone() -> None:
    assert plan("show the saved filter late ones by ben", world()).calls == ()


def test_rejected_items_are_those_where_the_last_word_was_a_rejection(tmp_path: Path) -> None:
    project = open_project(tmp_path)
    suggest(project)
    for key, verdict in (("M001", "reject"), ("M002", "skip"), ("M003", "accept")):
        item_id = project.store.items.resolve([key])[0]
        card = project.desk.open_card(ANA, item_id, "intent")
        value = {"label": "refund"} if verdict == "accept" else None
        project.desk.decide(ANA, Decision(card.exposure.exposure_id, key, verdict, value))  # type: ignore[arg-type]
    result = project.executor.call("find_items", {"state": "rejected", "field": "intent"}, ANA).result
    assert project.store.items.keys(list(result.items)) == ["M001"]


def test_reviewers_are_told_the_same() -> None:
    here = replace(world(), role="reviewer", people=("ana",))
    assert plan("show corrected items", here).calls == ()
