"""Questions that name people: a name that was said is never dropped, so that nobody is answered about somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.agent.model.describing import describe
from assistant.agent.planner.planner import plan
from assistant.agent.surroundings import Surroundings
from assistant.agent.turn.conversation import Conversation
from tests.agent.doubles import world
from tests.agent.project import ANA, Project, open_project
from tests.agent.test_opening import decide
from tools.records import Actor

CLEO = Actor("cleo", "reviewer", "chat", "s3")
BEN = Actor("ben", "reviewer", "chat", "s2")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Ana leads; Ben and Cleo review, and Ben has decided two items."""
    project = open_project(tmp_path)
    for name, role in (("ana", "lead"), ("ben", "reviewer"), ("cleo", "reviewer")):
        project.store.users.add(name, role, "a long enough password", ANA)
    decide(project, BEN, 1, "refund")
    decide(project, BEN, 2, "delivery")
    yield project


def say(project: Project, text: str, actor: Actor) -> str:
    return "\n".join(one.text for one in Conversation(project).turn(text, actor) if one.text)


@pytest.mark.parametrize(
    "said",
    ["how good is ben?", "how many items did ben label refund?", "how fast is ben", "agreement between cleo and ben"],
)
def test_a_reviewer_is_refused_numbers_about_another_person(project: Project, said: str) -> None:
    told = say(project, said, CLEO)
    assert "Only a lead may ask about another person's work; ask about your own or about everybody's." in told


@pytest.mark.parametrize(
    "said", ["find items ben labelled refund", "where do ana and ben disagree?", "show ben's labels"]
)
def test_a_reviewer_is_refused_the_items_of_another_person(project: Project, said: str) -> None:
    told = say(project, said, CLEO)
    assert "Only a lead may look through another person's decisions; you can look through your own." in told


def test_a_reviewer_cannot_take_back_what_another_person_did(project: Project) -> None:
    assert "Only a lead may undo another person's work" in say(project, "undo ben's last decision", CLEO)
    assert project.counts()["undos"] == 0


def test_a_lead_is_answered_about_the_person_that_was_named(project: Project) -> None:
    assert say(project, "find items ben labelled refund", ANA).startswith("1 item matches.")


def test_ones_own_name_is_no_other_person(project: Project) -> None:
    assert say(project, "find items ben labelled refund", BEN).startswith("1 item matches.")


def test_a_person_who_may_no_longer_sign_in_is_still_read_as_a_person(project: Project) -> None:
    project.store.users.set_active("ben", False, ANA)
    assert "Only a lead may ask" in say(project, "how good is ben?", CLEO)


def test_who_has_decided_is_no_name_that_a_reviewer_knows(project: Project) -> None:
    around = Surroundings(project)
    decide(project, Actor("dan", "reviewer", "chat", "s4"), 3, "refund")
    assert around.people(CLEO) == ("ana", "ben", "cleo")
    assert around.people(ANA) == ("ana", "ben", "cleo", "dan")


STRANGE = (
    "how good is zoe?",
    "find items zoe labelled refund",
    "how many items did zoe label refund?",
    "where do ana and zoe disagree?",
    "where do zoe and chloe disagree?",
    "zoe's accuracy",
    "agreement between ana and zoe",
    "items labelled by zoe",
    "how far is zoe?",
)


@pytest.mark.parametrize("said", STRANGE)
def test_a_name_that_is_nobodys_is_not_dropped(said: str) -> None:
    found = plan(said, world())
    assert (found.kind, found.calls, "Nobody in this project is called “zoe”" in found.text) == ("talk", (), True)


@pytest.mark.parametrize("said", STRANGE)
def test_a_reviewer_is_not_told_who_else_there_is(said: str) -> None:
    found = plan(said, replace(world(people=("ana", "chloe")), role="reviewer"))
    assert found.calls == ()
    assert found.text == (
        "I know nobody called “zoe” whose work you could ask about; ask about your own or about everybody's."
    )


@pytest.mark.parametrize(
    "said", ["how good is everybody?", "how good is the model", "which items were labelled refund"]
)
def test_words_that_name_nobody_are_no_names(said: str) -> None:
    assert plan(said, world()).kind == "calls"


def test_a_model_is_told_the_names_of_people_only_for_those_who_lead() -> None:
    assert "People: ana, ben, chloe." in describe(world())
    assert "People:" not in describe(replace(world(), role="reviewer"))
