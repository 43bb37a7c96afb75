"""One person's many sentences stand before nobody else's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from assistant.ui.blocks import MOST_TURNS, Chats, _turn
from tools.records import Actor


class Slow:
    """A conversation whose answers come when the test says so."""

    def __init__(self, go: threading.Event) -> None:
        self._go = go

    def turn(self, text: str, actor: Actor, exposure: int | None, changed: bool) -> Iterator[Any]:
        self._go.wait(20)
        yield SimpleNamespace(kind="text", text=f"heard {text}", options=(), exposure_id=None)


def last_of(chats: Chats, person: str, words: str) -> tuple[str, str]:
    """The last message after a turn, and what is in the box then."""
    who: Any = SimpleNamespace(
        by_chat=lambda cookie: Actor(cookie, "reviewer", "chat", f"s-{cookie}"), cookie=lambda raw: raw
    )
    request: Any = SimpleNamespace(request=person)
    *_, (messages, box, _signal) = _turn(chats, who, words, (None, None), request)
    return messages[-1]["content"], box


def test_who_sends_too_many_at_once_keeps_the_sentence_and_others_are_answered() -> None:
    go = threading.Event()
    session: Any = SimpleNamespace()
    chats = Chats(session, lambda _: Slow(go))
    threads = [threading.Thread(target=last_of, args=(chats, "ann", f"{n}")) for n in range(MOST_TURNS)]
    for thread in threads:
        thread.start()
    while chats._turns["ann"] < MOST_TURNS:
        pass
    said, box = last_of(chats, "ann", "one more")
    assert said.startswith("3 of your sentences are still being answered, so this one was not taken")
    assert box == "one more"
    threading.Timer(0.2, go.set).start()
    assert last_of(chats, "bob", "hello") == ("heard hello", "")
    for thread in threads:
        thread.join()
    assert last_of(chats, "ann", "again") == ("heard again", "")
    assert dict(chats._turns) == {}
