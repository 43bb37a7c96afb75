"""What was said on the page is stored before it is acknowledged, and found again after a restart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from assistant.store.traces import stored_by_words
from tools.records import Actor

Kept = Sequence[Mapping[str, Any]]
_BROKEN_OFF = "The program ended before this was answered."
_OFFERED = "Say it again if it still matters."
_STORED = "Stored after it: {}. Look there before you say it again."


def unanswered(kept: Kept) -> list[int]:
    """Places of the sentences that no answer follows."""
    speakers = [*(one["speaker"] for one in kept), "person"]
    return [at for at in range(len(kept)) if speakers[at] == "person" and speakers[at + 1] == "person"]


def fates(database: Any, kept: Kept) -> dict[int, str]:
    """What to say under each of them; it may be offered again only where it ends with the offer."""
    open_ones = set(unanswered(kept))
    told: dict[int, str] = {}
    for at in open_ones:
        later = range(at + 1, len(kept))
        until = next((kept[i]["at"] for i in later if kept[i]["speaker"] == "person" and i not in open_ones), None)
        told[at] = fate(stored_by_words(database, str(kept[at]["person"]), kept[at]["at"], until))
    return told


def fate(stored: Sequence[str] = ()) -> str:
    """The words for a sentence after which this was stored."""
    return f"{_BROKEN_OFF} {_STORED.format('; '.join(stored)) if stored else _OFFERED}"


def is_offered(words: str) -> bool:
    """Whether the sentence may be said again at a click."""
    return words.endswith(_OFFERED)


class Said:
    """Keeps the sentences of one person's chat; ``kept`` are those of before."""

    def __init__(self, talk: Any, kept: Kept) -> None:
        """Know by its number what came before, so that what is sent a second time is not stored a second time."""
        self._talk = talk
        places = set(unanswered(kept))
        numbered = [(at, one, one["record"].get("number")) for at, one in enumerate(kept)]
        self.heard = {str(number) for at, _, number in numbered if number and at not in places}
        self._open = {str(number): int(one["id"]) for at, one, number in numbered if number and at in places}

    def keep(self, text: str, actor: Actor, exposure: int | None, number: str) -> int:
        """Store a sentence; on disk when this returns."""
        if number in self._open:
            return self._open.pop(number)
        record = {"exposure": exposure, "number": number}
        return int(self._talk.add_message(f"page:{actor.person}", actor.person, "person", text, record))

    def settle(self, message_id: int, actor: Actor, text: str) -> None:
        """Store that a sentence was stopped before anybody began with it."""
        record = {"answers": message_id, "role": actor.role}
        self._talk.add_message(f"page:{actor.person}", actor.person, "assistant", text, record)
