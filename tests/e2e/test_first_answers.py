"""Answers that a new user of the demo project gets from the built-in planner over the real tools."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from assistant.agent.events import TurnEvent
from assistant.agent.turn.conversation import Conversation
from assistant.session import Session
from tools.records import Actor

LEA = Actor("lea", "lead", "chat", "s1")


@pytest.fixture(scope="module")
def session(finished_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    place = tmp_path_factory.mktemp("answers") / "demo"
    shutil.copytree(finished_demo, place)
    with closing(Session.open(place)) as opened:
        yield opened


def turn(session: Session, words: str) -> list[TurnEvent]:
    return list(Conversation(session).turn(words, LEA))


def answer(session: Session, words: str) -> str:
    return "\n".join(one.text for one in turn(session, words) if one.text)


def test_where_two_people_disagree_finds_what_exactly_these_two_answered_differently(session: Session) -> None:
    differing = session.store.database.rows(
        """SELECT DISTINCT x.item_id FROM standing x JOIN standing y USING (item_id, field)
        WHERE field = 'intent' AND x.reviewer = 'ana' AND y.reviewer = 'ben' AND x.label <> y.label ORDER BY 1"""
    )
    found = next(one.result for one in turn(session, "where do ana and ben disagree?") if one.result is not None)
    assert differing
    assert sorted(found.items) == [item for (item,) in differing]


def test_a_label_that_is_called_something_is_called_that(session: Session) -> None:
    assert "Label spam is added to Intent" in answer(session, "add a label called spam to intent")


def test_fields_in_which_nothing_happened_are_told_in_one_sentence(session: Session) -> None:
    told = answer(session, "explain M002")
    assert "Item M002" in told
    assert "Nothing was suggested or decided yet for Intent, Topics, Entities, Links, Urgency and Note." in told
    assert len(told) < 300


def test_a_question_about_a_label_explains_the_field_of_that_label(session: Session) -> None:
    call = next(one for one in turn(session, "why was M020 suggested refund?") if one.kind == "tool_started")
    assert call.arguments == {"item": "M020", "field": "intent"}


def test_people_are_named_with_their_accuracy_on_gold(session: Session) -> None:
    told = answer(session, "how good are the labels?")
    assert all(person in told for person in ("ana", "ben", "chloe", "dev"))


def test_what_is_not_there_yet_is_said(session: Session) -> None:
    assert "yet" in answer(session, "check quality")


def test_recordings_are_asked_for_in_vain_where_items_are_texts(session: Session) -> None:
    assert "here they are texts" in answer(session, "transcribe the audio")


def test_pictures_are_asked_for_in_vain_where_items_are_texts(session: Session) -> None:
    assert "items of this project are texts" in answer(session, "segment the images")
