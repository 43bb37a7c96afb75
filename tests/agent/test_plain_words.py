"""Plain words that were not understood: a dismissal of nothing, people per item, a month, a name that is nobody's."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from assistant.agent.planner.planner import plan
from assistant.agent.turn.conversation import Conversation
from assistant.agent.words.times import read_time, say_period
from tests.agent.doubles import world
from tests.agent.project import ANA, Project, suggest
from tests.agent.test_conversation import BEN, say, texts
from tests.openai_server import OpenAIServer
from tests.openai_server import say as says

NOW = datetime(2026, 11, 23, 15, 30, tzinfo=timezone(timedelta(hours=1)))


@pytest.mark.parametrize("words", ["dismiss", "no", "cancel", "never mind", "dismiss the card", "forget it", "nope"])
def test_a_dismissal_of_nothing_says_that_nothing_waits(project: Project, words: str) -> None:
    assert texts(say(project, words)) == "Nothing is waiting."


def test_a_dismissal_with_a_card_in_hand_is_said_too_and_a_no_is_about_the_card(project: Project) -> None:
    suggest(project)
    exposure = project.desk.open_card(ANA, 1, "intent").exposure.exposure_id
    assert texts(say(project, "dismiss", exposure)) == "Nothing is waiting."
    assert texts(say(project, "no", exposure)).startswith("What is it instead?")


def test_a_no_to_a_question_of_the_assistant_does_nothing(project: Project) -> None:
    say(project, "suggest labels for these items")
    assert texts(say(project, "no")) == "All right, nothing was done."


def test_a_no_some_turns_after_a_change_came_up_says_that_it_waits(project: Project) -> None:
    say(project, "rename fault to Defect")
    say(project, "how far are we")
    assert texts(say(project, "no")).startswith("A change still waits: Put version 2 of the schema in force")
    assert len(project.executor.pending()) == 1


@pytest.mark.parametrize(
    "words",
    [
        "two people per item",
        "2 people per item",
        "every item should be labelled by two people",
        "label every item twice",
    ],
)
def test_people_per_item_is_understood_and_waits_for_a_yes(project: Project, words: str) -> None:
    say(project, words)
    (waiting,) = project.executor.pending()
    assert waiting.change.sentence == "2 people decide each item from now on, instead of 1."
    assert project.store.settings.get("overlap") == 1
    assert texts(say(project, "yes, do it")) == "Done: 2 people decide each item from now on, instead of 1."
    assert project.store.settings.get("overlap") == 2


def test_of_two_wishes_for_people_per_item_the_newer_one_waits(project: Project) -> None:
    say(project, "two people per item")
    say(project, "three people per item")
    (waiting,) = project.executor.pending()
    assert waiting.change.arguments == {"key": "overlap", "value": 3}


def test_how_many_people_see_each_item_is_answered_and_who_may_change_it_is_said(project: Project) -> None:
    assert texts(say(project, "how many people see each item?")).startswith(
        "1 person decides each item. To change it say"
    )
    assert (
        texts(say(project, "how many people per item?", actor=BEN))
        == "1 person decides each item. A lead may change that."
    )
    assert "Only a lead may change that" in texts(say(project, "two people per item", actor=BEN))
    assert project.executor.pending() == []


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("in march 2026", "March 2026"),
        ("in 2025,", "2025"),
        ("yesterday", "22 November 2026"),
        ("last week", "16 November 2026 to 22 November 2026"),
        ("since monday", "since 23 November 2026"),
        ("before 2026-03-05", "before 5 March 2026"),
        ("since 14:00", "since 23 November 2026, 14:00"),
    ],
)
def test_a_stretch_of_time_is_said_as_it_was_read(words: str, told: str) -> None:
    found = read_time(words, NOW)
    assert found is not None and say_period(found) == told


def test_an_answer_about_a_month_names_the_month(project: Project) -> None:
    told = texts(say(project, "How accurate was everybody in March 2026"))
    assert told.startswith("For March 2026:\n")


@pytest.mark.parametrize("words", ["how many did zoe do?", "what did Zoe do today", "how many has zoe labelled?"])
def test_a_name_that_is_nobodys_is_said_with_who_there_is(words: str) -> None:
    told = plan(words, world()).text.lower()
    assert told == "nobody in this project is called “zoe”, so nothing was looked up. i know ana, ben and chloe."


def test_these_items_without_a_list_asks_which(project: Project) -> None:
    events = say(project, "suggest labels for these items")
    assert events[-1].text.startswith("Which items? No list was shown")
    assert events[-1].options == ("suggest labels for all items",)
    assert project.jobs.recent(1) == []


@pytest.mark.parametrize("words", ["accept all sure ones", "accept everything you are sure about"])
def test_bulk_words_go_the_same_way_with_a_model_and_without(project: Project, words: str) -> None:
    suggest(project)
    plain = texts(say(project, words))
    with OpenAIServer([says("I accepted them all.")]) as server:
        events = list(Conversation(project, f"openai:m@{server.address}").turn(words, ANA, None))
        assert server.requests == []
    assert texts(events) == plain
