"""A person's yes is theirs: words press only what that person's own last words asked for."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from assistant.agent.events import TurnEvent
from assistant.agent.turn import model_turn
from assistant.agent.turn.conversation import Conversation
from tests.agent.project import ANA, Project, suggest
from tests.openai_server import OpenAIServer, call
from tests.openai_server import say as says

ASKED = {
    "bulk": "accept all refunds above 0.9",
    "rename": "rename fault to broken thing",
    "gold": "mark M006 as gold",
    "export": "export as csv",
}
WISHED: dict[str, tuple[str, dict[str, Any]]] = {
    "bulk": ("bulk_accept", {"label": "refund"}),
    "rename": ("change_schema", {"operation": "rename_label", "label": "fault", "value": "Broken"}),
    "gold": ("mark_gold", {"items": ["M006"]}),
    "export": ("export_data", {"format": "csv"}),
    "undo": ("undo", {"what": "last"}),
}
pytestmark = pytest.mark.usefixtures("every_tool")
ASKS = says("Would you like a chart?")


@pytest.fixture
def every_tool(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model is offered every tool, whatever was said."""
    monkeypatch.setattr(model_turn, "likely_tools", lambda text, world: None)


def say(project: Project, text: str, exposure: int | None = None, **who: Any) -> list[TurnEvent]:
    return list(Conversation(project).turn(text, replace(ANA, **who), exposure))


def with_model(project: Project, script: Any, text: str, exposure: int | None = None) -> list[TurnEvent]:
    with OpenAIServer(script) as server:
        return list(Conversation(project, f"openai:m@{server.address}").turn(text, ANA, exposure))


def texts(events: list[TurnEvent]) -> str:
    return "\n".join(one.text for one in events if one.text)


def decided(project: Project) -> int:
    """Decisions of ana's that could be gold or be undone; returns the card of another item in her hand."""
    suggest(project)
    say(project, "feedback", project.desk.open_card(ANA, 6, "intent").exposure.exposure_id)
    say(project, "accept", project.desk.open_card(ANA, 1, "intent").exposure.exposure_id)
    return project.desk.open_card(ANA, 2, "intent").exposure.exposure_id


@pytest.mark.parametrize("kind", ASKED)
def test_yes_presses_what_the_persons_own_last_sentence_asked_for(project: Project, kind: str) -> None:
    decided(project)
    say(project, ASKED[kind])
    (waiting,) = project.executor.pending()
    say(project, "yes, do it")
    assert project.executor.action(waiting.action_id).decision == "confirmed"


@pytest.mark.parametrize("words", ["yes", "yes, do it", "go ahead", "do it", "ok", "sure", "confirm", "yes please"])
@pytest.mark.parametrize("kind", WISHED)
def test_what_a_model_wished_for_needs_its_button(project: Project, kind: str, words: str) -> None:
    exposure = decided(project)
    with_model(project, [call(*WISHED[kind]), ASKS], "good morning")
    before, waiting = project.counts(), len(project.executor.pending())
    # Without a model, with one that says it again, and with an item in hand that has a suggestion.
    say(project, words)
    assert (project.counts(), len(project.executor.pending())) == (before, waiting)
    say(project, words, exposure)
    assert (project.counts(), len(project.executor.pending())) == (before, waiting)


def test_the_answer_to_a_models_question_decides_nothing(project: Project) -> None:
    exposure = decided(project)
    before = project.counts()
    with_model(project, [call("project_status", {}), ASKS], "good morning")
    with_model(project, [says("A chart of what?")], "yes", exposure)
    assert project.counts() == before


def test_the_button_sentence_says_whose_wish_it_was(project: Project) -> None:
    decided(project)
    with_model(project, [call(*WISHED["bulk"]), ASKS], "take over what is certain")
    told = texts(say(project, "yes, do it"))
    assert told.startswith("This change waits for its button, because it was not you who asked for it")
    assert told.endswith("Nothing was changed.")


@pytest.mark.parametrize("between", ["how far are we", "hello", "show flagged ones"])
def test_after_another_sentence_only_the_button_presses(project: Project, between: str) -> None:
    say(project, ASKED["rename"])
    say(project, between)
    told = texts(say(project, "go ahead"))
    assert "something else was said since" in told
    assert len(project.executor.pending()) == 1
    assert project.store.schema_version == 1


def test_a_yes_from_another_sign_in_presses_nothing_and_is_told_why(project: Project) -> None:
    say(project, ASKED["rename"])
    told = texts(say(project, "yes, do it", session="another browser"))
    assert project.store.schema_version == 1
    assert told.startswith("This change waits for its button, because you asked for it in another sign-in: ")


def test_undo_that_takes_back_what_was_just_done_and_not_what_only_waits(project: Project) -> None:
    decided(project)
    say(project, ASKED["rename"])
    (older,) = project.executor.pending()
    say(project, "accept all refunds above 0.9")
    say(project, "yes, do it")
    assert len(project.store.database.rows("SELECT 1 FROM standing_reviews WHERE action_id IS NOT NULL")) == 4
    say(project, "undo that")
    assert project.store.database.rows("SELECT target, target_id FROM undos") == [("action", older.action_id + 1)]
    assert project.executor.pending() == [older]


def test_undo_that_some_turns_after_a_batch_asks_which(project: Project) -> None:
    decided(project)
    say(project, ASKED["rename"])
    say(project, "accept all refunds above 0.9")
    say(project, "yes, do it")
    say(project, "how far are we")
    events = say(project, "undo that")
    assert events[-1].options == ("dismiss the card", "undo action 2")
    assert (project.counts()["undos"], len(project.executor.pending())) == (0, 1)
    say(project, "undo action 2")
    assert (project.counts()["undos"], len(project.executor.pending())) == (1, 1)


@pytest.mark.parametrize(
    "words", ["undo that", "undo", "no", "no wait", "cancel", "dismiss", "never mind", "take that back"]
)
@pytest.mark.parametrize("kind", ASKED)
def test_a_no_to_a_card_dismisses_it_and_undoes_nothing(project: Project, kind: str, words: str) -> None:
    decided(project)
    say(project, ASKED[kind])
    before = project.counts()
    (waiting,) = project.executor.pending()
    told = texts(say(project, words))
    assert told == f"Dismissed: {waiting.change.sentence}"
    assert project.counts() == {**before, "action_decisions": before["action_decisions"] + 1}
    assert project.executor.pending() == []


@pytest.mark.parametrize("words", ["undo that", "cancel", "dismiss the card"])
def test_a_card_is_dismissed_in_words_also_later(project: Project, words: str) -> None:
    decided(project)
    say(project, ASKED["bulk"])
    say(project, "how far are we")
    say(project, words)
    assert project.executor.pending() == []
    assert project.counts()["undos"] == 0


def test_undo_after_a_later_decision_asks_which(project: Project) -> None:
    exposure = decided(project)
    say(project, ASKED["rename"])
    say(project, "accept", exposure)
    events = say(project, "undo that")
    assert events[-1].options == ("dismiss the card", "undo my last decision")
    assert (project.counts()["undos"], len(project.executor.pending())) == (0, 1)
    say(project, "undo my last decision")
    assert (project.counts()["undos"], len(project.executor.pending())) == (1, 1)


def test_what_a_model_wished_for_is_dismissed_in_words(project: Project) -> None:
    decided(project)
    with_model(project, [call(*WISHED["bulk"]), ASKS], "good morning")
    say(project, "no")
    assert project.executor.pending() == []


def test_a_yes_to_several_answers_is_asked_back_and_decides_nothing(project: Project) -> None:
    exposure = decided(project)
    before = project.counts()
    asked = say(project, "export", exposure)[-1].options
    assert say(project, "yes", exposure)[-1].options == asked
    assert project.counts() == before
    assert [one.arguments["format"] for one in say(project, "2", exposure) if one.kind == "tool_started"]


@pytest.mark.parametrize("words", ["undo the last export", "undo my export", "revert the export"])
def test_exports_are_recorded_and_not_undone(project: Project, words: str) -> None:
    decided(project)
    say(project, "export as csv")
    say(project, "yes, do it")
    before = project.counts()
    assert texts(say(project, words)).startswith("Exports are recorded and not undone")
    assert project.counts() == before


def test_undo_that_after_an_export_undoes_nothing_else(project: Project) -> None:
    decided(project)
    say(project, "export as csv")
    say(project, "yes, do it")
    assert "exports are recorded and cannot be undone" in texts(say(project, "undo that"))
    assert project.counts()["undos"] == 0


@pytest.mark.parametrize(
    ("words", "undone"),
    [
        ("undo my last skip", [("review", 3)]),
        ("undo the last rejection", []),
        ("undo the last sample", [("run", 2)]),
        ("undo the rename", []),
        ("undo my last message", []),
        ("undo the last bicycle", []),
        ("undo my last decision", [("review", 3)]),
    ],
)
def test_what_is_undone_is_what_was_named(project: Project, words: str, undone: list[tuple[str, int]]) -> None:
    exposure = decided(project)
    say(project, "skip", exposure)
    say(project, "sample 3 random items")
    say(project, words)
    assert project.store.database.rows("SELECT target, target_id FROM undos") == undone


def test_a_newer_change_of_the_same_thing_withdraws_the_older_with_a_line(project: Project) -> None:
    decided(project)
    say(project, "accept all refunds above 0.9")
    first = project.executor.pending()[0]
    told = texts(say(project, "accept all refunds above 0.5"))
    assert told.endswith(f"Withdrawn, because a newer change takes its place: {first.change.sentence}")
    say(project, "yes, do it")
    assert (first.action_id, project.executor.pending()) == (1, [])
    assert project.executor.action(1).decision == ""
