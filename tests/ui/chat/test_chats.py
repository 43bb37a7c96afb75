"""What is said while an answer runs waits its turn, Stop ends the answer in hand, and a chat comes back when stored."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any

import pytest

from assistant.agent.stopping import refuse_if_stopped
from assistant.review import Decision
from assistant.ui.chat.chats import Chat, Chats, Sentence
from assistant.ui.chat.transcript import Transcript
from tests.ui.projects import INTENT, Opened
from tests.ui.scripted_chat import Event
from tools.errors import AssistantError, InputError
from tools.records import Actor

ANA = Actor("ana", "lead", "chat", "s1")
PATIENCE = 20


class Slow:
    """Answers every sentence after it was let go; ``began`` tells that it is at it."""

    def __init__(self) -> None:
        self.began, self.go, self.ended = threading.Event(), threading.Event(), threading.Event()
        self.heard: list[str] = []
        self.late = ""

    def turn(
        self, text: str, actor: Actor, exposure_id: int | None = None, is_changed: bool = False, **_about: object
    ) -> Iterator[Event]:
        self.heard.append(text)
        yield Event("tool_finished", tool="find_items")
        self.began.set()
        assert self.go.wait(PATIENCE)
        try:
            refuse_if_stopped()
        except AssistantError as error:
            self.late = str(error)
        self.ended.set()
        yield Event("text", f"answer to {text}")


def contents(chat: Chat) -> list[str]:
    return [unescape(one["content"]) for one in chat.messages() if "metadata" not in one][1:]


def until(chat: Chat, is_true: Callable[[], bool]) -> None:
    """Wait for what a thread of the chat does."""
    pause = threading.Event()
    for _ in range(PATIENCE * 50):
        if is_true():
            return
        pause.wait(0.02)
    raise AssertionError(f"still {chat.state()}")


@pytest.fixture
def slow() -> Iterator[tuple[Chat, Slow]]:
    talker = Slow()
    yield Chat(talker, Transcript()), talker
    talker.go.set()


def test_what_is_said_during_an_answer_is_shown_at_once_and_answered_after_it(slow: tuple[Chat, Slow]) -> None:
    chat, talker = slow
    chat.say(Sentence("one", ANA))
    assert talker.began.wait(PATIENCE)
    chat.say(Sentence("two", ANA))
    chat.say(Sentence("three", ANA))
    assert contents(chat) == ["one", "two\n\n*waits*", "three\n\n*waits*"]
    assert {key: chat.state()[key] for key in ("running", "waiting")} == {"running": True, "waiting": 2}
    talker.go.set()
    until(chat, lambda: not chat.state()["running"])
    assert contents(chat) == ["one", "answer to one", "two", "answer to two", "three", "answer to three"]
    assert (talker.heard, chat.state()["signal_count"]) == (["one", "two", "three"], 3)


def test_the_same_sentence_sent_twice_is_taken_once(slow: tuple[Chat, Slow]) -> None:
    chat, talker = slow
    for _ in range(3):
        chat.say(Sentence("one", ANA), "n1")
    talker.go.set()
    until(chat, lambda: not chat.state()["running"])
    assert talker.heard == ["one"]


def test_stop_says_what_was_done_begins_nothing_more_and_answers_what_waits(slow: tuple[Chat, Slow]) -> None:
    chat, talker = slow
    chat.say(Sentence("one", ANA))
    assert talker.began.wait(PATIENCE)
    chat.say(Sentence("two", ANA))
    chat.stop()
    assert contents(chat)[:2] == [
        "one",
        "Stopped. Finished before: find items. What waits for you or runs in the background stays.",
    ]
    talker.go.set()
    until(chat, lambda: not chat.state()["running"])
    assert contents(chat)[2:] == ["two", "answer to two"]
    assert talker.ended.wait(PATIENCE)
    until(chat, lambda: talker.late != "")
    assert talker.late == "This answer was stopped; nothing more is begun for it."


def test_too_many_sentences_are_refused_and_none_is_dropped(slow: tuple[Chat, Slow]) -> None:
    chat, _ = slow
    for number in range(21):
        chat.say(Sentence(str(number), ANA))
    with pytest.raises(InputError, match="20 sentences wait already"):
        chat.say(Sentence("one too many", ANA))
    assert chat.state()["waiting"] == 20


def test_a_chat_comes_back_from_what_is_stored_for_the_person(made: Callable[..., Opened]) -> None:
    project = made(INTENT, [{"text": "one"}])
    talk = project.store.talk
    talk.add_message("page:ana", "ana", "person", "how far are we?", {})
    talk.add_message("page:ana", "ana", "assistant", "Half is done.", {"calls": [{"job": 7}]})
    talk.add_message("page:ben", "ben", "person", "not ana's", {})
    talk.add_message("cli:ana", "ana", "person", "not the page's", {})
    talk.add_message("page:ana", "ana", "person", "and the rest?", {})
    chat = Chats(project, lambda session: Slow()).of("ana")  # type: ignore[arg-type]
    shown = chat.messages(lambda job: (f"job {job} is done", True))
    assert [unescape(one["content"]) for one in shown][1:] == [
        "how far are we?",
        "Half is done.",
        "job 7 is done",
        "and the rest?",
        "The program ended before this was answered. Say it again if it still matters.",
    ]
    assert shown[-1]["options"] == [{"label": "and the rest?", "value": "and the rest?"}]


def test_the_line_of_a_job_moves_and_ends_where_it_stands() -> None:
    transcript = Transcript()
    transcript.ask("suggest labels")
    told: list[Any] = [
        Event("text", "I will suggest labels.", tool="prelabel"),
        Event("progress", "0 of 50", tool="prelabel", job_id=3),
        Event("text", "20 of 50. It goes on.", tool="prelabel", job_id=3),
    ]
    for event in told:
        transcript.hear(event)
    transcript.end()
    transcript.ask("how far are we?")
    transcript.hear(Event("text", "Not far."))
    transcript.follow_jobs(lambda job: ("Done: 50 of 50. “Undo run 9” takes it back.", True))
    assert [unescape(one["content"]) for one in transcript.messages][2:] == [
        "I will suggest labels.",
        "Done: 50 of 50. “Undo run 9” takes it back.",
        "how far are we?",
        "Not far.",
    ]


def test_a_sentence_that_is_too_long_is_refused_and_nothing_of_it_is_kept(slow: tuple[Chat, Slow]) -> None:
    chat, talker = slow
    with pytest.raises(InputError) as refused:
        chat.say(Sentence("x" * 8_001, ANA), "number")
    assert str(refused.value) == (
        "A sentence has at most 8,000 letters, this one has 8,001. Nothing of it was read; say it in fewer words."
    )
    talker.go.set()
    chat.say(Sentence("x" * 8_000, ANA), "number")
    until(chat, lambda: talker.heard == ["x" * 8_000])
    assert contents(chat)[0] == "x" * 8_000


def test_a_sentence_is_stored_before_it_is_acknowledged_and_every_unanswered_one_comes_back(
    made: Callable[..., Opened],
) -> None:
    project = made(INTENT, [{"text": "one"}])
    talker = Slow()
    chat = Chats(project, lambda session: talker).of("ana")  # type: ignore[arg-type]
    for number, words in (("n1", "first"), ("n2", "second"), ("n2", "second")):
        chat.say(Sentence(words, ANA, 7 if words == "second" else None), number)
    stored = project.store.talk.messages("page:ana", 9)
    assert [(one["text"], one["record"]["exposure"]) for one in stored] == [("first", None), ("second", 7)]
    again = Chats(project, lambda session: Slow()).of("ana")  # type: ignore[arg-type]
    offer = "The program ended before this was answered. Say it again if it still matters."
    assert contents(again) == ["first", offer, "second", offer]
    again.say(Sentence("first", ANA), "n1")
    assert len(project.store.talk.messages("page:ana", 9)) == 2
    talker.go.set()
    until(chat, lambda: not chat.state()["running"])


def test_an_answer_stands_behind_its_question_and_not_behind_what_was_said_meanwhile(
    made: Callable[..., Opened],
) -> None:
    talk = made(INTENT, [{"text": "one"}]).store.talk
    first, second = (talk.add_message("page:ana", "ana", "person", words, {}) for words in ("one", "two"))
    talk.add_message("page:ana", "ana", "assistant", "to one", {"answers": first, "action": 5})
    assert [one["text"] for one in talk.messages("page:ana", 9)] == ["one", "to one", "two"]
    assert [one["text"] for one in talk.messages("page:ana", 9, before=second)] == ["one", "to one"]
    assert talk.asked_for([5]) == {5: "one"}


def test_a_sentence_that_was_carried_out_is_not_offered_again(made: Callable[..., Opened]) -> None:
    project = made(INTENT, [{"text": "one"}])
    project.store.talk.add_message("page:ana", "ana", "person", "it's a refund", {})
    card = project.desk.open_card(ANA, 1, "intent")
    project.desk.decide(ANA, Decision(card.exposure.exposure_id, "k", "choose", {"label": "refund"}))
    project.desk.undo(ANA)
    shown = Chats(project, lambda session: Slow()).of("ana").messages()  # type: ignore[arg-type]
    key = project.store.items.keys([1])[0]
    assert unescape(shown[-1]["content"]) == (
        "The program ended before this was answered. "
        f"Stored after it: a decision on {key}; an undo. Look there before you say it again."
    )
    assert "options" not in shown[-1]
