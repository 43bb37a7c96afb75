"""Messages of the chat, and filters saved by name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from assistant.store.file.clock import stored_time
from assistant.store.file.database import Database
from assistant.store.file.transaction import Transaction
from tools.errors import InputError, NotAllowed, NotFound
from tools.filters import ItemFilter, filter_from
from tools.records import Actor, JsonValue, to_json
from tools.writable import mended, mended_text

_NO_ID = 2**62  # above every id
OWN_NAME = "assistant"
"""The author of what the program does by itself, because somebody asked for it once."""


class TalkStore:
    """What was said in the chat, and filters saved by name."""

    def __init__(self, database: Database) -> None:
        """Keep the one database."""
        self._database = database

    def add_message(self, session: str, person: str, speaker: str, text: str, record: Mapping[str, JsonValue]) -> int:
        """Keep one message; ``record`` holds ids and structured results only.

        What cannot be written down is mended: a message that was said must not end the conversation.
        """
        cells = {"session": session, "person": person, "speaker": speaker}
        cells |= {"text": mended_text(text), "record": to_json(mended(record))}

        def write(transaction: Transaction) -> int:
            message_id = transaction.new_ids("messages")[0]
            transaction.insert("messages", message_id=message_id, **cells, made_at=stored_time(transaction.now))
            return message_id

        return self._database.together(write)

    def messages(self, session: str, limit: int, before: int = _NO_ID) -> list[dict[str, Any]]:
        """The last messages of a session, oldest first, each answer behind its question.

        Those ``before`` a sentence were said, or answer what was said, before it.
        """
        sql = """SELECT message_id, speaker, text, record, person, made_at FROM messages WHERE session = ?
            AND coalesce(CAST(record->>'$.answers' AS BIGINT), message_id) < ? ORDER BY message_id DESC LIMIT ?"""
        found = [
            {"id": id_, "speaker": speaker, "text": text, "record": json.loads(record), "person": person, "at": at}
            for id_, speaker, text, record, person, at in self._database.rows(sql, [session, before, limit])
        ]
        return sorted(found, key=lambda one: (one["record"].get("answers") or one["id"], one["id"]))

    def asked_for(self, action_ids: Sequence[int]) -> dict[int, str]:
        """What a person had said where an action came up, by action; others are left out."""
        sql = """SELECT CAST(a.record->>'$.action' AS BIGINT) AS action, p.text FROM messages a JOIN messages p
            ON p.session = a.session AND p.person = a.person AND p.speaker = 'person' AND p.message_id < a.message_id
            WHERE a.speaker = 'assistant' AND action IN (SELECT unnest(CAST(? AS BIGINT[])))
            QUALIFY row_number() OVER (PARTITION BY action ORDER BY a.message_id,
                p.message_id = CAST(a.record->>'$.answers' AS BIGINT) DESC NULLS LAST, p.message_id DESC) = 1"""
        return {int(action): str(text) for action, text in self._database.rows(sql, [list(action_ids)])}

    def save_filter(self, name: str, where: ItemFilter, actor: Actor) -> None:
        """Keep a filter under a name; the newest of a name counts. Only a lead may put one in place of another's."""
        if not name.strip() or len(name) > 60:
            raise InputError("The name of a filter has 1 to 60 characters.")
        if not name.isprintable():
            raise InputError(f"The name of a filter has letters that can be seen, got {name!r}; choose another name.")
        sql = "SELECT actor FROM filters WHERE lower(name) = lower(?)"
        owners = {str(row[0]) for row in self._database.rows(sql, [name.strip()])}
        if owners - {actor.person} and not actor.may("lead"):
            owner = sorted(owners - {actor.person})[0]
            raise NotAllowed(
                f"The filter {name.strip()!r} is {owner}'s, and only {owner} or a lead may replace it; choose another "
                "name."
            )
        with self._database.write() as transaction:
            transaction.insert(
                "saved_filters",
                name=name.strip(),
                record=to_json(where.to_record()),
                actor=actor.person,
                made_at=stored_time(transaction.now),
            )

    def saved_filter(self, name: str) -> ItemFilter:
        """The filter of that name; :class:`NotFound` lists those there are."""
        for saved, record, _actor, _at in self._database.rows("SELECT * FROM filters ORDER BY name"):
            if saved.casefold() == name.strip().casefold():
                return filter_from(json.loads(record))
        names = ", ".join(self.filter_names()) or "none yet"
        raise NotFound(f"There is no saved filter {name!r}; saved are: {names}.")

    def filter_names(self) -> list[str]:
        """Names of the saved filters."""
        return [str(row[0]) for row in self._database.rows("SELECT name FROM filters ORDER BY name")]
