"""Turns of many people's chats: so many threads at once, and nobody's first sentence behind another's many."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from assistant.ui.chat.chats import Chat, Sentence
from assistant.ui.chat.transcript import Transcript
from assistant.ui.chat.turns import Turns
from tests.ui.chat.test_chats import ANA, PATIENCE, contents, until
from tests.ui.scripted_chat import Event
from tools.records import Actor


class Counted:
    """Answers what was let go; knows how many turns run at once and in which order they began."""

    def __init__(self) -> None:
        self.now, self.most, self.began = 0, 0, list[str]()
        self.go = threading.Semaphore(0)
        self._lock = threading.Lock()

    def turn(
        self, text: str, actor: Actor, exposure_id: int | None = None, is_changed: bool = False, **_about: object
    ) -> Iterator[Event]:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
            self.began.append(text)
        assert self.go.acquire(timeout=PATIENCE)
        with self._lock:
            self.now -= 1
        yield Event("text", f"answer to {text}")


def test_a_hundred_people_have_sixteen_threads_and_everybody_gets_an_answer() -> None:
    talker, turns = Counted(), Turns()
    chats = [Chat(talker, Transcript(), turns) for _ in range(100)]
    before = threading.active_count()
    for number, chat in enumerate(chats):
        chat.say(Sentence(str(number), ANA))
    until(chats[0], lambda: talker.now == 16)
    assert threading.active_count() - before == 16
    for _ in chats:
        talker.go.release()
    for chat in chats:
        until(chat, lambda chat=chat: not chat.state()["running"])  # type: ignore[misc]
    assert talker.most == 16
    assert [contents(chat) for chat in chats] == [[str(n), f"answer to {n}"] for n in range(100)]


def test_the_first_sentence_of_one_is_answered_before_the_second_of_another() -> None:
    talker, turns = Counted(), Turns(at_once=1)
    ana, ben, cid = (Chat(talker, Transcript(), turns) for _ in range(3))
    for number in range(5):
        ana.say(Sentence(f"ana {number}", ANA))
    for chat, name in ((ben, "ben"), (cid, "cid")):
        chat.say(Sentence(f"{name} 0", ANA))
    for _ in range(7):
        talker.go.release()
    until(ana, lambda: not ana.state()["running"])
    assert talker.began == ["ana 0", "ben 0", "cid 0", "ana 1", "ana 2", "ana 3", "ana 4"]


def test_what_is_stopped_before_its_time_is_never_begun() -> None:
    talker, turns = Counted(), Turns(at_once=1)
    ana, ben = Chat(talker, Transcript(), turns), Chat(talker, Transcript(), turns)
    ana.say(Sentence("ana", ANA))
    until(ana, lambda: talker.now == 1)
    ben.say(Sentence("ben", ANA))
    ben.stop()
    ben.say(Sentence("ben again", ANA))
    talker.go.release()
    talker.go.release()
    until(ben, lambda: not ben.state()["running"])
    assert talker.began == ["ana", "ben again"]


def test_who_presses_stop_again_and_again_takes_two_places_at_most() -> None:
    talker, turns = Counted(), Turns()
    ana, ben = Chat(talker, Transcript(), turns), Chat(talker, Transcript(), turns)
    for number in range(20):
        ana.say(Sentence(str(number), ANA))
        ana.stop()
    ben.say(Sentence("ben", ANA))
    until(ben, lambda: "ben" in talker.began)
    assert talker.began[-1] == "ben"
    assert len(talker.began) <= 3
    for _ in range(25):
        talker.go.release()
