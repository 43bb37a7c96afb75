"""What the audit says of the people who may sign in: a digest of a person's row with whatever changed it.

A digest tells nobody the password: what is stored of that has a secret of its own mixed in.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from assistant.store.file.database import Database
from assistant.store.file.transaction import Transaction
from tools.records import JsonValue, to_json

USER_ROW = "user_row"
"""The name under which an event tells of somebody's row."""
_ACTIVE = {"user": True, "user_enabled": True, "user_disabled": False, "user_removed": False}
USER_KINDS = frozenset({*_ACTIVE, "user_role"})
"""Events that said what became of somebody before they carried a digest."""
_COLUMNS = "name, role, is_active, password, made_at"


@dataclass(slots=True)
class ToldUser:
    """What the events so far say of somebody: the digest of the row, or only the role and whether they may sign in."""

    role: str = ""
    is_active: bool = False
    was_removed: bool = False
    digest: str | None = None


def row_told(transaction: Transaction, name: str) -> dict[str, JsonValue]:
    """For the payload of an event: what is stored of somebody from now on, an empty digest where nothing is."""
    rows = transaction.rows(f"SELECT {_COLUMNS} FROM users WHERE name = ?", [name])  # sql: named above
    return {USER_ROW: {"name": name, "digest": _digest(rows) if rows else ""}}


def _digest(rows: list[tuple[Any, ...]]) -> str:
    told = sorted(to_json([name, role, active, password, str(at)]) for name, role, active, password, at in rows)
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def take_note(users: dict[str, ToldUser], kind: str, record: dict[str, Any]) -> None:
    """Follow what one event says of somebody."""
    row = record.get(USER_ROW)
    if isinstance(row, dict):
        users.setdefault(str(row.get("name")), ToldUser()).digest = str(row.get("digest"))
    elif kind in USER_KINDS and "name" in record:
        told = users.setdefault(str(record["name"]), ToldUser())
        told.role = str(record.get("role", told.role))
        told.is_active = _ACTIVE.get(kind, told.is_active)
        told.was_removed, told.digest = kind == "user_removed", None


def changed_users(database: Database, users: dict[str, ToldUser]) -> tuple[list[str], int]:
    """Who is not as the events tell, came without one or is gone; and how many are there of whom no digest tells."""
    stored: dict[str, list[tuple[Any, ...]]] = {}
    for row in database.rows(f"SELECT {_COLUMNS} FROM users"):  # sql: named above
        stored.setdefault(str(row[0]), []).append(row)
    wrong = sorted(
        name for name in {*stored, *users} if name not in users or not _is_as_told(users[name], stored.get(name, []))
    )
    return wrong, sum(name in users and users[name].digest is None for name in stored)


def _is_as_told(told: ToldUser, rows: list[tuple[Any, ...]]) -> bool:
    if told.digest is not None:
        return told.digest == (_digest(rows) if rows else "")
    if not rows:
        return told.was_removed
    return [row[1:3] for row in rows] == [(told.role, told.is_active)]
