"""Users, their roles and their logins; messages of the chat; filters saved by name."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from assistant.store.database import Database, stored_time, utc_now
from tools.errors import InputError, NotFound
from tools.filters import ItemFilter, filter_from
from tools.records import ROLE_RANK, Actor, JsonValue, Role, to_json

_SCRYPT = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}
LOGIN_HOURS = 8


def hash_password(password: str, salt: bytes | None = None) -> str:
    """``salt$digest`` in hex, by scrypt (RFC 7914)."""
    salt = salt or secrets.token_bytes(16)
    return f"{salt.hex()}${hashlib.scrypt(password.encode(), salt=salt, **_SCRYPT).hex()}"


OWN_NAME = "assistant"
"""The author of what the program does by itself, because somebody asked for it once."""


class UserStore:
    """People who may log in. Without any there is one local lead."""

    def __init__(self, database: Database) -> None:
        """Keep the one database."""
        self._database = database

    def exist(self) -> bool:
        """Whether anybody was added."""
        return bool(self._database.rows("SELECT 1 FROM users WHERE is_active LIMIT 1"))

    def names(self) -> list[tuple[str, str]]:
        """Active people as (name, role), by name."""
        rows = self._database.rows("SELECT name, role FROM users WHERE is_active ORDER BY name")
        return [(str(name), str(role)) for name, role in rows]

    def add(self, name: str, role: str, password: str, actor: Actor) -> None:
        """Add somebody, or give them another role and password."""
        if role not in ROLE_RANK:
            raise InputError(f"There is no role {role!r}; there are {', '.join(ROLE_RANK)}.")
        if not name.strip() or len(name) > 60 or not name.isprintable():
            raise InputError("A name has 1 to 60 printable characters.")
        if name.strip().casefold() == OWN_NAME:
            raise InputError(f"The name {OWN_NAME!r} stands for what the program does by itself; choose another one.")
        if len(password) < 8:
            raise InputError("A password needs at least 8 characters.")
        with self._database.write() as transaction:
            transaction.execute("DELETE FROM users WHERE name = ?", [name])
            # Whoever got in with the old password or role has to log in again.
            transaction.execute("DELETE FROM logins WHERE name = ?", [name])
            transaction.insert(
                "users",
                name=name,
                role=role,
                password=hash_password(password),
                is_active=True,
                made_at=stored_time(transaction.now),
            )
            transaction.record(actor.person, "user", {"name": name, "role": role})

    def check(self, name: str, password: str) -> Role | None:
        """The person's role if the password is right; takes the same time if there is no such person."""
        rows = self._database.rows("SELECT password, role FROM users WHERE name = ? AND is_active", [name])
        stored = str(rows[0][0]) if rows else hash_password("nobody", b"\0" * 16)
        salt = bytes.fromhex(stored.split("$")[0])
        is_right = hmac.compare_digest(hash_password(password, salt), stored)
        return rows[0][1] if rows and is_right else None

    def role(self, name: str) -> Role:
        """The person's role; :class:`NotFound` if there is no such person."""
        rows = self._database.rows("SELECT role FROM users WHERE name = ? AND is_active", [name])
        if not rows:
            raise NotFound(f"There is no user {name!r}.")
        role: Role = rows[0][0]
        return role

    def log_in(self, name: str) -> str:
        """A fresh secret token for the person's cookie; only its digest is stored."""
        token = secrets.token_urlsafe(32)
        with self._database.write() as transaction:
            until = transaction.now + timedelta(hours=LOGIN_HOURS)
            transaction.insert(
                "logins",
                token_hash=_digest(token),
                name=name,
                made_at=stored_time(transaction.now),
                until=stored_time(until),
            )
        return token

    def whose(self, token: str) -> str | None:
        """Name of the person who holds the token, while it is valid."""
        rows = self._database.rows(
            "SELECT name FROM logins WHERE token_hash = ? AND until > ?", [_digest(token), stored_time(utc_now())]
        )
        return str(rows[0][0]) if rows else None

    def log_out(self, token: str) -> None:
        """Make the token worthless."""
        with self._database.write() as transaction:
            transaction.execute("DELETE FROM logins WHERE token_hash = ?", [_digest(token)])


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class TalkStore:
    """What was said in the chat, and filters saved by name."""

    def __init__(self, database: Database) -> None:
        """Keep the one database."""
        self._database = database

    def add_message(self, session: str, person: str, speaker: str, text: str, record: Mapping[str, JsonValue]) -> int:
        """Keep one message; ``record`` holds ids and structured results only."""
        with self._database.write() as transaction:
            message_id = transaction.new_ids("messages")[0]
            transaction.insert(
                "messages",
                message_id=message_id,
                session=session,
                person=person,
                speaker=speaker,
                text=text,
                record=to_json(record),
                made_at=stored_time(transaction.now),
            )
        return message_id

    def messages(self, session: str, limit: int) -> list[dict[str, Any]]:
        """The last messages of a session, oldest first."""
        sql = """SELECT speaker, text, record, person, made_at FROM messages WHERE session = ?
            ORDER BY message_id DESC LIMIT ?"""
        rows = self._database.rows(sql, [session, limit])
        return [
            {"speaker": speaker, "text": text, "record": json.loads(record), "person": person, "at": at}
            for speaker, text, record, person, at in reversed(rows)
        ]

    def save_filter(self, name: str, where: ItemFilter, actor: Actor) -> None:
        """Keep a filter under a name; the newest of a name counts."""
        if not name.strip() or len(name) > 60:
            raise InputError("The name of a filter has 1 to 60 characters.")
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
