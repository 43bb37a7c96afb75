from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.agent.planner.planner import plan
from assistant.agent.planner.plans import Plan
from assistant.agent.words.world import LastResult, PlannerWorld
from tests.agent.doubles import utc, world

CASES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("utterances.yaml").read_text(encoding="utf-8"))
BEFORE = {
    "find_items": LastResult("find_items", {"state": "flagged"}, (3, 5)),
    "measure": LastResult("measure", {"metric": "agreement"}),
}


def world_of(case: dict[str, Any]) -> PlannerWorld:
    more = {"item_in_hand": case["in_hand"], "field_in_hand": "intent"} if "in_hand" in case else {}
    return world(BEFORE.get(case.get("after", "")), **more)


def mismatch(case: dict[str, Any], found: Plan) -> str:
    """What differs from the case; empty where nothing does."""
    if "is" in case:
        allowed = case["is"] if isinstance(case["is"], list) else [case["is"]]
        return "" if found.kind in allowed else f"a {found.kind} ({found.intent}), not a {case['is']}: {found.calls}"
    wanted = [next(iter(one.items())) for one in case["calls"]]
    if [name for name, _ in wanted] != [one.tool for one in found.calls]:
        return f"calls {[(one.tool, dict(one.arguments)) for one in found.calls]} as {found.intent} ({found.kind})"
    for (_, arguments), call in zip(wanted, found.calls, strict=True):
        for name, value in arguments.items():
            value = utc(value) if name in ("since", "until") else value
            got = list(call.items) if name == "listed" else call.arguments.get(name)
            if got != value:
                return f"{name} is {got!r}, not {value!r}: {dict(call.arguments)}"
    return ""


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["say"][:50])
def test_an_everyday_request_becomes_the_right_calls(case: dict[str, Any]) -> None:
    assert mismatch(case, plan(case["say"], world_of(case))) == ""


CHANGE_WORDS = re.compile(
    r"accept|approve|confirm|sign off|take over|export|exprot|download|dump|save|format|\bas\b|csv|parquet|json|gold|"
    r"undo|redo|revert|roll back|take back|throw away|withdraw|cancel|rename|name of|call the|label|describe|delete|"
    r"remove|get rid|fold",
    re.IGNORECASE,
)
HARMLESS = (
    "refunds", "everything", "all of them", "those", "yes of course", "the last one", "M012", "ana", "12", "0.9",
    "refund above 0.9", "is it right?", "next please", "after lunch", "since yesterday", "batch 12", "run 3", "more",
    "what would happen if I took all of them", "should I take the refunds", "how sure are you", "delivery and billing",
    "the whole list", "I am done", "go on", "stop", "hm", "good work today", "the guideline is unclear",
    "M001 M002 M003", "who is ben", "intent", "topics please", "a hundred", "what about the rest", "one more time",
    "again", "sure",
)  # fmt: skip


def change_calls(found: Plan, here: PlannerWorld) -> list[str]:
    """Change tools that a plan would run or offer."""
    planned = [*found.calls, *(call for choice in found.choices for call in choice.calls)]
    return [one.tool for one in planned if here.tools[one.tool].effect == "change"]


@pytest.mark.parametrize("text", HARMLESS)
def test_no_change_is_planned_or_offered_without_words_for_it(text: str) -> None:
    for last in (None, *BEFORE.values()):
        here = world(last, item_in_hand="M012", field_in_hand="intent")
        assert change_calls(plan(text, here), here) == []


def test_every_planned_change_was_asked_for_in_words() -> None:
    for case in CASES:
        here = world_of(case)
        assert not change_calls(plan(case["say"], here), here) or CHANGE_WORDS.search(case["say"]), case["say"]


@given(st.lists(st.sampled_from(" ".join(HARMLESS).split()), max_size=9))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_harmless_words_in_any_order_plan_no_change(words: list[str]) -> None:
    here = world(BEFORE["find_items"], item_in_hand="M012", field_in_hand="intent")
    assert [one.tool for one in plan(" ".join(words), here).calls if here.tools[one.tool].effect == "change"] == []


@given(st.text(max_size=80))
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_text_gets_a_plan(text: str) -> None:
    found = plan(text, world())
    assert found.calls or found.text


def test_a_reviewer_is_told_that_a_tool_is_not_theirs() -> None:
    everything = world().tools
    own = {name: spec for name, spec in everything.items() if spec.role == "reviewer"}
    found = plan("export everything as csv", replace(world(), role="reviewer", tools=own))
    assert (found.kind, found.calls) == ("talk", ())
    assert "reviewer" in found.text


def test_nothing_of_a_half_understood_request_runs() -> None:
    found = plan("suggest labels for 50 items then paint the fence green", world())
    assert found.kind in ("question", "help")
    assert found.calls == ()


def test_choices_of_a_question_are_calls_that_pass_the_check() -> None:
    here = world()
    found = plan("add label complaint", here)
    assert len(found.choices) == 4
    for choice in found.choices:
        for call in choice.calls:
            here.tools[call.tool].read_arguments(dict(call.arguments))


def test_there_are_enough_utterances() -> None:
    assert len(CASES) >= 60


def test_planned_arguments_pass_the_tools_own_check() -> None:
    checked = 0
    for case in CASES:
        here = world_of(case)
        for call in plan(case["say"], here).calls:
            here.tools[call.tool].read_arguments(dict(call.arguments))
            checked += 1
    assert checked > 60


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("/nothing", "There is no command /nothing."),
        ("/help", "These commands exist; arguments may be named, as in /find state=flagged."),
        ("/undo-all x", "There is no command /undo-all."),
        ("/status banana", "/status: 'banana' fits no argument. It takes field."),
    ],
)
def test_a_slash_command_that_is_wrong_is_answered_with_what_it_takes(text: str, told: str) -> None:
    assert plan(text, world()).text == told
