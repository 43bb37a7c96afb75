"""The ways in that people hold, and what the audit says of each: a digest when it begins, its number when it ends.

A digest opens nothing: of the secret itself only a hash is stored, and of that hash the audit has the beginning.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tools.records import JsonValue, to_json

BEGAN, ENDED = "sign_in_rows", "sign_ins_ended"
"""The names under which an event tells of sign-ins that began, and of those that ended."""
_COLUMNS = "token_hash, name, made_at, until, address, browser"


@dataclass(frozen=True, slots=True)
class ToldSignIn:
    """What the events so far say of a way in that nobody ended."""

    digest: str
    until: str


def number_of_sign_in(token_hash: str) -> str:
    """By what people and the audit tell one from another."""
    return token_hash[:16]


def begin_sign_in(transaction: Any, **row: Any) -> dict[str, JsonValue]:
    """Let somebody in, and take away what ran out; what the event has to tell of it."""
    transaction.execute("DELETE FROM logins WHERE until <= ?", [row["made_at"]])
    transaction.insert("logins", **row)
    return {BEGAN: told_rows(transaction, row["token_hash"])}


def told_rows(transaction: Any, token_hash: str = "") -> list[JsonValue]:
    """For the payload of an event: number, digest and end of one way in, or of all that there are."""
    sql = f"SELECT {_COLUMNS} FROM logins WHERE ? IN ('', token_hash) ORDER BY token_hash"  # sql: named above
    return [[_number(row), _digest(row), str(row[3])] for row in transaction.rows(sql, [token_hash])]


def end_sign_ins(transaction: Any, condition: str, params: Sequence[str]) -> dict[str, JsonValue]:
    """End those that meet a condition; what the event has to tell of it, empty where there were none."""
    found = transaction.rows(f"SELECT token_hash FROM logins WHERE {condition} ORDER BY 1", params)  # sql: from code
    transaction.execute(f"DELETE FROM logins WHERE {condition}", params)  # sql: from code
    return {ENDED: [number_of_sign_in(str(row[0])) for row in found]} if found else {}


def _number(row: tuple[Any, ...]) -> str:
    return number_of_sign_in(str(row[0]))


def _digest(row: tuple[Any, ...]) -> str:
    token_hash, name, made_at, until, address, browser = row
    text = to_json([token_hash, name, str(made_at), str(until), address or "", browser or ""])
    return hashlib.sha256(text.encode()).hexdigest()


def take_note_of_sign_ins(told: dict[str, ToldSignIn], record: dict[str, Any]) -> None:
    """Follow what one event says of sign-ins."""
    for number, digest, until in record.get(BEGAN, ()):
        told[str(number)] = ToldSignIn(str(digest), str(until))
    for number in record.get(ENDED, ()):
        told.pop(str(number), None)


def changed_sign_ins(database: Any, told: dict[str, ToldSignIn], now: datetime) -> list[str]:
    """Whose ways in are not as the events tell, came without one, or are gone although nobody ended them."""
    wrong, seen = set(), set()
    for row in database.rows(f"SELECT {_COLUMNS} FROM logins"):  # sql: named above
        number = _number(row)
        if number in seen or number not in told or told[number].digest != _digest(row):
            wrong.add(f"of {row[1]}, {number}")
        seen.add(number)
    wrong |= {number for number, one in told.items() if number not in seen and one.until > str(now)}
    return sorted(wrong)
