"""What is said not to be done, or only asked about, starts and prepares nothing; rightful requests are none of both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from assistant.agent.planner.held_back import is_asked_about, read_denial, read_stop
from assistant.agent.planner.planner import plan
from assistant.agent.turn.conversation import Conversation
from assistant.agent.words.sentence import read_sentence
from assistant.agent.words.world import LastResult
from tests.agent.doubles import world
from tests.agent.project import ANA, Project

CASES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("held_back.yaml").read_text(encoding="utf-8"))
FLAGGED = LastResult("find_items", {"state": "flagged"}, (3, 5), listed=(3, 5))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["say"])
def test_only_what_is_ordered_is_planned(case: dict[str, Any]) -> None:
    last = FLAGGED if case.get("after") else None
    found = plan(case["say"], world(last, item_in_hand="M012", field_in_hand="intent"))
    if "runs" in case:
        assert [one.tool for one in found.calls] == [case["runs"]]
        return
    assert (found.kind, found.calls, found.choices) == ("talk", (), ())
    assert found.intent == {"held": "held_back", "asked": "asked_about"}[case["is"]]
    assert "nothing was started and nothing was prepared" in found.text


def test_there_are_enough_sentences_of_all_three_kinds() -> None:
    kinds = [case.get("is", "runs") for case in CASES]
    assert min(kinds.count(kind) for kind in ("held", "asked", "runs")) >= 25


def test_a_question_about_doing_is_answered_with_how() -> None:
    found = plan("how do I get suggestions?", world())
    assert "“Suggest labels for 50 items” starts suggestions in the background." in found.text


def test_what_is_ordered_instead_is_planned() -> None:
    (call,) = plan("I don't want to label these by hand; suggest labels for 20 items", world()).calls
    assert (call.tool, dict(call.arguments)) == ("prelabel", {"limit": 20})


def test_how_a_thing_is_not_to_be_done_is_not_dropped() -> None:
    denial = read_denial(read_sentence("do not use the remote model, suggest labels for 20 items"))
    assert denial is not None
    assert denial.rest == ""


def test_stop_suggesting_ends_the_work_that_runs() -> None:
    for words in ("stop suggesting labels", "please stop suggesting", "stop making suggestions"):
        assert (plan(words, world()).kind, plan(words, world()).text) == ("jobs", "cancel")
    assert read_stop(read_sentence("suggest labels for 20 items")) is None


def test_search_words_and_new_names_are_no_orders() -> None:
    assert read_denial(read_sentence('find messages saying "do not export"')) is None
    assert not is_asked_about(read_sentence("rename refund to Should I export"))


@pytest.mark.parametrize("words", [case["say"] for case in CASES if "is" in case][::3])
def test_nothing_runs_or_waits_after_a_no_or_a_question(project: Project, words: str) -> None:
    talker = Conversation(project)
    list(talker.turn(words, ANA))
    list(talker.turn("ok", ANA))
    assert project.jobs.recent() == []
    assert project.executor.pending() == []
    assert project.store.database.rows("SELECT count(*) FROM runs") == [(0,)]
