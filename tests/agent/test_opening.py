"""Items named by key, number or place; answers for another item than the one in hand; sentences that are too long."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.agent.events import TurnEvent
from assistant.agent.planner.planner import plan
from assistant.agent.turn.conversation import Conversation
from assistant.agent.words.world import LastResult
from assistant.review import Decision
from tests.agent.doubles import world
from tests.agent.project import ANA, Project, open_project, suggest
from tests.agent.test_picture_planner import pictures
from tools.exchange.options import ImportOptions
from tools.exchange.reading import read_file
from tools.records import Actor

BEN = Actor("ben", "reviewer", "chat", "s2")
TERMINAL = Actor("ana", "lead", "cli", "cli:ana")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    yield open_project(tmp_path)


def say(project: Project, text: str, exposure: int | None = None, actor: Actor = ANA) -> list[TurnEvent]:
    return list(Conversation(project).turn(text, actor, exposure))


def card_shown(project: Project, events: list[TurnEvent]) -> tuple[str, str]:
    (moved,) = (one for one in events if one.kind == "moved")
    assert moved.exposure_id is not None
    exposure = project.store.reviews.exposure(moved.exposure_id)
    return project.store.items.keys([exposure.item_id])[0], exposure.field


def decide(project: Project, actor: Actor, item_id: int, label: str) -> None:
    card = project.desk.open_card(actor, item_id, "intent")
    project.desk.decide(actor, Decision(card.exposure.exposure_id, f"k{item_id}", "choose", {"label": label}))


@pytest.mark.parametrize("said", ["open M005", "show me M005", "please open m005"])
def test_an_item_that_shall_be_opened_is_on_the_card(project: Project, said: str) -> None:
    assert card_shown(project, say(project, said)) == ("M005", "intent")


def test_an_item_that_is_asked_about_stays_where_it_is(project: Project) -> None:
    assert [one.kind for one in say(project, "why is M005 not labelled")].count("moved") == 0


def test_in_the_terminal_the_text_is_shown(project: Project) -> None:
    events = say(project, "show me M005", actor=TERMINAL)
    result = next(one.result for one in events if one.kind == "tool_finished")
    assert result is not None
    assert result.tables[0].rows == (("Please refund order LF-1021.",),)
    assert all(one.kind != "moved" for one in events)


@pytest.mark.parametrize("said", ["open item 2", "open the second one", "open 2", "open #2"])
def test_a_number_is_a_row_of_the_list_that_was_shown(project: Project, said: str) -> None:
    say(project, "show the newest 3 messages")
    assert card_shown(project, say(project, said)) == ("M011", "intent")


def test_without_a_list_a_number_is_the_items_own(project: Project) -> None:
    assert card_shown(project, say(project, "open 3")) == ("M003", "intent")


def test_what_was_only_told_of_one_item_is_no_list(project: Project) -> None:
    say(project, "explain M005")
    assert card_shown(project, say(project, "open item 1")) == ("M001", "intent")


@pytest.mark.parametrize("said", ["open mail-999", "go to M999", "open 999", "show me M999"])
def test_an_item_that_is_not_there_is_said_in_one_sentence(project: Project, said: str) -> None:
    (event,) = say(project, said)
    assert (event.kind, event.text.startswith("There is no item '")) == ("text", True)


def test_an_item_that_somebody_has_in_hand_stays_with_them(project: Project) -> None:
    project.desk.open_card(BEN, 5, "intent")
    (event,) = say(project, "open M005")
    assert (event.kind, event.text) == (
        "text", "M005 cannot be put on your card: ben has this item in hand. Nothing was decided."
    )  # fmt: skip


def test_an_item_that_is_decided_is_not_served_again_to_a_reviewer(project: Project) -> None:
    decide(project, ANA, 5, "refund")
    (event,) = say(project, "open M005", actor=BEN)
    assert event.text == (
        "M005 cannot be put on your card: another person decided Intent of this item already. Nothing was decided."
    )


def test_a_reviewer_opens_what_they_may_be_served(project: Project) -> None:
    assert card_shown(project, say(project, "open M005", actor=BEN)) == ("M005", "intent")


@pytest.fixture
def numbered(tmp_path: Path) -> Project:
    """Two more items whose keys are numbers: 14 is the thirteenth item, 3 the fourteenth."""
    project = open_project(tmp_path)
    source = tmp_path / "rev.csv"
    source.write_text("id,text\n14,parcel is late\n3,please cancel my plan\n", encoding="utf-8")
    options = ImportOptions(key_column="id", text_column="text")
    project.store.take_in(read_file(source, project.store.schema, options), ANA, {})
    return project


@pytest.mark.parametrize("said", ["explain item 3", "why is #3 not labelled"])
def test_where_keys_are_numbers_the_key_wins_and_both_are_named(numbered: Project, said: str) -> None:
    told = "\n".join(one.text for one in say(numbered, said))
    assert "Item 3 (number 14; number 3 is the item with the key M003):" in told


@pytest.mark.parametrize("said", ["open #3", "open item 3", "explain item 3", "why is #3 not labelled"])
def test_what_is_shown_wins_over_a_key_and_that_is_said(numbered: Project, said: str) -> None:
    say(numbered, "show the newest 5 messages")
    first = say(numbered, said)[0]
    assert "3 is row 3 of the list shown: M012. For the other item say “key 3”." in first.text
    assert card_shown(numbered, say(numbered, "open key 3")) == ("3", "intent")


@pytest.mark.parametrize("said", ["M002 is a refund", "set M002 to refund", "label M002 as refund"])
def test_an_answer_for_another_item_brings_it_onto_the_card_and_decides_nothing(project: Project, said: str) -> None:
    suggest(project)
    in_hand = project.desk.open_card(ANA, 1, "intent").exposure.exposure_id
    events = say(project, said, in_hand)
    assert card_shown(project, events) == ("M002", "intent")
    assert "nothing is decided yet: say “Refund”" in events[-1].text
    assert project.counts()["reviews"] == 0


def test_an_answer_for_the_item_in_hand_by_its_key_is_a_decision(project: Project) -> None:
    in_hand = project.desk.open_card(ANA, 1, "intent").exposure.exposure_id
    say(project, "M001 is a refund", in_hand)
    rows = project.store.database.rows("SELECT item_id, label FROM standing_reviews")
    assert rows == [(1, "refund")]


@pytest.mark.parametrize("said", ["accept the suggestion for M001", "accept M001"])
def test_the_suggestion_of_the_item_in_hand_is_accepted_by_its_key(project: Project, said: str) -> None:
    suggest(project)
    in_hand = project.desk.open_card(ANA, 1, "intent").exposure.exposure_id
    say(project, said, in_hand)
    rows = project.store.database.rows("SELECT item_id, label FROM standing_reviews")
    assert rows == [(1, "refund")]


def test_who_leads_confirms_the_suggestion_of_a_named_item(project: Project) -> None:
    suggest(project)
    events = say(project, "accept the suggestion for M002")
    result = next(one.result for one in events if one.kind == "tool_finished")
    assert result is not None
    assert result.change is not None
    assert len(result.items) == 1
    assert project.counts()["reviews"] == 0


def test_a_reviewer_gets_the_named_item_onto_the_card_to_accept_it_there(project: Project) -> None:
    suggest(project)
    (event,) = say(project, "accept the suggestion for M002", actor=BEN)
    assert (event.kind, event.text) == ("moved", "M002 is on the card now, and nothing is decided yet: say “accept”.")
    (event,) = say(project, "accept the suggestion for M009", actor=BEN)
    assert event.text.endswith("nothing is suggested on it, so say its label.")
    assert project.counts()["reviews"] == 0


@pytest.mark.parametrize("said", ["find the people in these pictures", "suggest boxes for these pictures"])
def test_these_pictures_are_those_of_the_project_where_nothing_was_listed(said: str) -> None:
    found = plan(said, pictures())
    (call,) = found.calls
    assert (call.tool, call.on_last, call.arguments["field"]) == ("prelabel", "", "objects")
    assert "No list was shown, so these are the pictures of the project; show some first to mean only those." in (
        found.notes
    )


@pytest.mark.parametrize("said", ["find the people in these pictures", "suggest boxes for these pictures"])
def test_these_pictures_are_those_that_were_listed(said: str) -> None:
    found = plan(said, replace(pictures(), last=LastResult("find_items", {}, (1, 2), listed=(1, 2))))
    (call,) = found.calls
    assert (call.tool, call.on_last, found.notes) == ("prelabel", "items", ())


def test_a_sentence_that_is_too_long_is_not_read_in_part(project: Project) -> None:
    suggest(project)
    in_hand = project.desk.open_card(ANA, 1, "intent").exposure.exposure_id
    events = say(project, "accept" + " " * 8_000 + "no", in_hand)
    assert [(one.kind, "has at most 8,000 letters, this one has 8,008" in one.text) for one in events] == [
        ("error", True)
    ]
    assert project.counts()["reviews"] == 0


def test_what_the_planner_cannot_read_whole_is_not_carried_out() -> None:
    found = plan("export everything as csv" + " " * 2_000 + "but not yet", world())
    assert (found.kind, found.calls) == ("talk", ())
    assert "up to 2,000 letters" in found.text
