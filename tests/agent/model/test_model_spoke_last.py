"""A model spoke last: what could be an answer to it decides nothing on the card, however it asked and was answered."""

from __future__ import annotations

import pytest

from assistant.agent.events import TurnEvent
from assistant.agent.outright import TO_ASSISTANT
from assistant.agent.turn.conversation import Conversation
from tests.agent.project import ANA, Project, suggest
from tests.openai_server import Answer, OpenAIServer, call
from tests.openai_server import say as says

SPOKEN: dict[str, tuple[Answer, ...]] = {
    "no mark": (says("Shall I list more items for you. Say yes and I go on."),),
    "full-width": (call("project_status", {}), says("Shall I list more items for you？")),
    "another language": (says("Soll ich weitermachen"),),
    "which": (call("project_status", {}), says("Do you want the refunds or the deliveries listed?")),
    # Not shown, because its numbers are nobody's.
    "suppressed": (says("Which of these do you mean: 1, 2 or 3?"),),
}
ANSWERS = (
    "yes", "Ok.", "refund", "Delivery", "2", "safety", "I agree", "skip it", "skip", "keep it", "looks good", "right",
    "reject it", "confirm", "it's a refund", "call it safety", "set it to refund", "yes, correct", "flag it", "no",
    "accept", "go back",
)  # fmt: skip


def turn(project: Project, text: str, exposure: int | None, *script: Answer) -> list[TurnEvent]:
    with OpenAIServer(list(script)) as server:
        return list(Conversation(project, f"openai:m@{server.address}").turn(text, ANA, exposure))


def in_hand(project: Project, item: int = 1) -> int:
    suggest(project)
    return project.desk.open_card(ANA, item, "intent").exposure.exposure_id


def decided(project: Project) -> list[tuple[str, str | None]]:
    return project.store.database.rows("SELECT verdict, label FROM reviews ORDER BY review_id")


@pytest.mark.parametrize("way", SPOKEN)
def test_an_answer_to_a_model_decides_nothing_said_once_or_twice(project: Project, way: str) -> None:
    exposure = in_hand(project)
    turn(project, "how far are we", exposure, *SPOKEN[way])
    # Each answer once after a plain text; of the other ways of speaking some are enough.
    for words in ANSWERS if way == "no mark" else ANSWERS[::4]:
        for _ in range(2):
            events = turn(project, words, exposure)
            assert (events[-1].kind, events[-1].options[-1]) == ("options", f"{TO_ASSISTANT}{words}")
    assert decided(project) == []


@pytest.mark.parametrize(
    ("words", "reply", "stored"),
    [
        ("yes", "accept Refund on M001", ("accept", "refund")),
        ("refund", "accept Refund on M001", ("accept", "refund")),
        ("safety", "label: Safety on M001", ("choose", "safety")),
        ("2", "label: Billing on M001", ("choose", "billing")),
        ("skip it", "skip M001", ("skip", None)),
        ("reject it", "reject M001", ("reject", None)),
        ("flag it because it is odd", "flag M001: it is odd", ("flag", None)),
        ("refund because of the word", "answer: Refund because of the word", ("accept", "refund")),
    ],
)
def test_the_quick_reply_says_outright_what_was_meant(
    project: Project, words: str, reply: str, stored: tuple[str, str | None]
) -> None:
    exposure = in_hand(project)
    turn(project, "good morning", exposure, *SPOKEN["no mark"])
    assert turn(project, words, exposure)[-1].options[0] == reply
    turn(project, reply, exposure)
    assert decided(project) == [stored]


@pytest.mark.parametrize(
    ("words", "stored"),
    [
        ("accept this", ("accept", "refund")),
        ("label it delivery", ("choose", "delivery")),
        ("M001 is delivery", ("choose", "delivery")),
        ("accept M001", ("accept", "refund")),
        ("skip this card", ("skip", None)),
        ("label: Safety", ("choose", "safety")),
        ("this message is a delivery", ("choose", "delivery")),
    ],
)
def test_a_sentence_that_names_the_decision_decides_also_then(
    project: Project, words: str, stored: tuple[str, str | None]
) -> None:
    exposure = in_hand(project)
    turn(project, "good morning", exposure, *SPOKEN["no mark"])
    turn(project, words, exposure)
    assert decided(project) == [stored]


def test_the_answer_reaches_the_model_and_what_is_said_next_decides_nothing_either(project: Project) -> None:
    exposure = in_hand(project)
    turn(project, "good morning", exposure, *SPOKEN["no mark"])
    with OpenAIServer([says("Thank you.")]) as server:
        list(Conversation(project, f"openai:m@{server.address}").turn(f"{TO_ASSISTANT}yes", ANA, exposure))
    assert str(server.requests[0]["messages"][-1]["content"]).endswith("\n\nyes")
    turn(project, "yes", exposure)
    assert decided(project) == []


def test_a_plain_yes_with_no_item_in_hand_goes_to_the_model_and_a_second_one_decides_nothing(project: Project) -> None:
    exposure = in_hand(project)
    turn(project, "good morning", None, *SPOKEN["no mark"])
    assert turn(project, "yes", None, says("Thank you."))[-1].text.endswith("“Thank you.”")
    assert turn(project, "yes", exposure)[-1].kind == "options"
    assert decided(project) == []


def test_once_the_program_spoke_last_a_yes_is_about_the_item_again(project: Project) -> None:
    exposure = in_hand(project)
    turn(project, "good morning", exposure, *SPOKEN["no mark"])
    turn(project, "accept this", exposure)
    turn(project, "yes", project.desk.open_card(ANA, 2, "intent").exposure.exposure_id)
    assert decided(project) == [("accept", "refund"), ("accept", "refund")]


def test_an_older_change_is_not_dismissed_by_an_answer_to_the_model(project: Project) -> None:
    turn(project, "rename fault to broken thing", None, says(""), says(""))
    turn(project, "good morning", None, says("Shall I forget the report?"))
    assert turn(project, "forget it", None)[-1].options == ("dismiss the card", f"{TO_ASSISTANT}forget it")
    assert len(project.executor.pending()) == 1
    turn(project, "dismiss the card", None)
    assert project.executor.pending() == []
