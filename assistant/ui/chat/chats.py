"""The chats of the people on the page: a sentence said while an answer runs waits its turn, is shown, and is answered.

A chat belongs to a person, wherever they signed in; it is rebuilt from the stored messages. Answers are made here, in
threads of the chats' own, so that closing the page or reloading it ends none of them.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict, deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from assistant.agent.stopping import watch_for_stop
from assistant.agent.words.sentence import say_too_long
from assistant.ui.chat.transcript import Message, Transcript
from assistant.ui.chat.turns import Turns
from assistant.ui.ports import ConversationFactory, OpenProject, Talker
from assistant.ui.said import Said, fates
from tools.errors import AssistantError, InputError, NotFound
from tools.records import Actor, Role
from tools.sentences import excerpt

_LOG = logging.getLogger(__name__)
_MOST_CHATS = 200
_MOST_WAITING = 20
_LOOK_BACK = 60


@dataclass
class Sentence:
    """Something said, with the card that was in hand."""

    text: str
    actor: Actor
    exposure: int | None = None
    is_changed: bool = False
    is_stopped: bool = False
    did: list[str] = field(default_factory=list)
    message: int | None = None


class Chat:
    """One person's chat; every method may be called from any thread."""

    def __init__(
        self, talker: Talker, transcript: Transcript, turns: Turns | None = None, said: Said | None = None
    ) -> None:
        """Nothing was said yet in this process. ``turns`` are shared with the chats of others, ``said`` stores what is
        said.
        """
        self._said, self._saying = said, threading.Lock()
        self._talker = talker
        self._turns = turns or Turns()
        self._transcript = transcript
        self._waiting: deque[Sentence] = deque()
        self._running: Sentence | None = None
        self._signals: list[str] = []
        self._heard = set[str](said.heard if said is not None else ())
        self._lock = threading.RLock()
        self._version = 0

    def say(self, sentence: Sentence, number: str = "") -> None:
        """Take a sentence; the same ``number`` again is the same sentence, sent a second time."""
        if too_long := say_too_long(sentence.text):
            raise InputError(too_long)
        with self._saying:
            if not self._is_new(number):
                return
            # Outside the lock of the chat: nobody who looks waits for the disk.
            if self._said is not None:
                sentence.message = self._said.keep(sentence.text, sentence.actor, sentence.exposure, number)
            self._take(sentence, number)

    def _is_new(self, number: str) -> bool:
        with self._lock:
            if number and number in self._heard:
                return False
            if len(self._waiting) >= _MOST_WAITING:
                raise InputError(
                    f"{_MOST_WAITING} sentences wait already; let some of them be answered, or press Stop."
                )
            return True

    def _take(self, sentence: Sentence, number: str) -> None:
        with self._lock:
            self._heard.add(number)
            self._waiting.append(sentence)
            self._version += 1
            if self._running is None:
                self._next()

    def stop(self) -> None:
        """End the answer in hand; what was done stays and is said. What waits is answered after it."""
        with self._lock:
            running = self._running
            if running is None:
                return
            running.is_stopped = True
            self._transcript.fail(_stopped(running))
            self._finish()

    def state(self, signals_from: int = 0) -> dict[str, Any]:
        """What the page needs to follow the chat; ``signals`` are those for the card from a number on."""
        with self._lock:
            return {
                "version": self._version,
                "running": self._running is not None,
                "waiting": len(self._waiting),
                "signals": self._signals[signals_from:] if signals_from >= 0 else [],
                "signal_count": len(self._signals),
            }

    @property
    def version(self) -> int:
        """Grows whenever something is to be shown anew."""
        return self._version

    def messages(self, job_line: Any = None) -> list[Message]:
        """Everything said, and what waits at the end; ``job_line`` says where a job stands by now."""
        with self._lock:
            if job_line is not None:
                self._transcript.follow_jobs(job_line)
            return [*self._transcript.messages, *map(self._transcript.waiting, (one.text for one in self._waiting))]

    def _next(self) -> None:
        if self._waiting:
            self._running = self._waiting.popleft()
            self._transcript.ask(self._running.text)
            self._turns.take(self, partial(self._answer, self._running))

    def _answer(self, sentence: Sentence) -> None:
        """One turn: whatever happens ends in a sentence."""
        if sentence.is_stopped:  # while it waited for its time
            self._settle(sentence)
            return
        watch_for_stop(lambda: sentence.is_stopped)
        about = {} if sentence.message is None else {"said": sentence.message}
        try:
            steps = self._talker.turn(sentence.text, sentence.actor, sentence.exposure, sentence.is_changed, **about)
            for event in steps:
                if not self._hear(sentence, event):
                    steps.close()  # type: ignore[attr-defined]
                    return
            self._end(sentence, "")
        except AssistantError as error:
            self._end(sentence, str(error))
        except Exception:  # noqa: BLE001  a defect must not end the chat without a word
            _LOG.exception("a turn of the chat failed")
            self._end(sentence, "Something went wrong inside, and it was logged. Nothing was changed by this sentence.")

    def _settle(self, sentence: Sentence) -> None:
        if self._said is not None and sentence.message is not None:
            with suppress(AssistantError):
                self._said.settle(sentence.message, sentence.actor, _stopped(sentence))

    def _hear(self, sentence: Sentence, event: Any) -> bool:
        """Show an event; false where nobody wants this answer any more."""
        with self._lock:
            if sentence.is_stopped:
                return False
            if event.kind == "tool_finished":
                sentence.did.append(event.tool.replace("_", " "))
            self._transcript.hear(event)
            self._version += 1
            return True

    def _end(self, sentence: Sentence, problem: str) -> None:
        with self._lock:
            if sentence.is_stopped:
                return
            if problem:
                self._transcript.fail(problem)
            self._finish()

    def _finish(self) -> None:
        self._transcript.end()
        self._signals.append(self._transcript.signal)
        self._running = None
        self._version += 1
        self._next()


def _stopped(sentence: Sentence) -> str:
    if not sentence.did:
        return "Stopped. No step was finished, and nothing was changed by this sentence."
    return f"Stopped. Finished before: {', '.join(sentence.did)}. What waits for you or runs in the background stays."


class Chats:
    """One chat a person, kept in memory; the oldest are forgotten and come back from what is stored."""

    def __init__(self, session: OpenProject, factory: ConversationFactory) -> None:
        """Keep how conversations are made."""
        self._session, self._factory = session, factory
        self._open: OrderedDict[str, tuple[Role, Chat]] = OrderedDict()
        self._lock = threading.Lock()
        self._turns = Turns()

    def of(self, person: str, role: Role = "admin") -> Chat:
        """The person's chat. With another role than before it begins anew, with what that role may see."""
        with self._lock:
            known = self._open.get(person)
            if known is None or known[0] != role:
                transcript = Transcript(self._locate, self._texts)
                store = self._session.store
                kept = store.talk.messages(f"page:{person}", _LOOK_BACK)
                transcript.restore(kept, role, fates(store.database, kept))
                said = Said(store.talk, kept)
                self._open[person] = role, Chat(self._factory(self._session), transcript, self._turns, said)
            self._open.move_to_end(person)
            while len(self._open) > _MOST_CHATS:
                self._open.popitem(last=False)
            return self._open[person][1]

    def _locate(self, exposure_id: int) -> tuple[int, str]:
        exposure = self._session.store.reviews.exposure(exposure_id)
        return exposure.item_id, exposure.field

    def _texts(self, keys: Sequence[str]) -> Sequence[str]:
        """What a list shows of the texts of these items."""
        items = self._session.store.items
        try:
            return [excerpt(text) for text in items.texts(items.resolve(keys))]
        except NotFound:
            return [""] * len(keys)
