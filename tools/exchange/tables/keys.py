"""Which column identifies an item where nobody said so: by its usual name, else by a name that ends in "id"."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

KEY_NAMES: tuple[str, ...] = ("key", "id", "_id", "item_id", "uid", "uuid", "idx")
_OTHERS: tuple[str, ...] = (
    "user",
    "author",
    "customer",
    "client",
    "sender",
    "receiver",
    "agent",
    "person",
    "speaker",
    "patient",
    "student",
)
_OTHERS += ("annotator", "worker", "rater", "coder", "reviewer", "thread", "conversation", "session", "parent", "reply")
_OTHERS += (
    "group",
    "batch",
    "source",
    "order",
    "product",
    "label",
    "class",
    "category",
    "topic",
    "intent",
    "type",
    "kind",
)
_OTHERS += ("status", "channel", "language", "lang", "country", "team", "project", "task", "to")
_NAMED_AS_ID = re.compile(r"(.+?)[_\-. ](?:[iI][dD]|[uU]?[uU][iI][dD])|(.*[a-z])(?:Id|ID)")


def id_column(names: Sequence[str], taken: Collection[str] = ()) -> str:
    """The one column whose name says that it identifies the row's own thing (``mail_id``, ``ticketId``), else nothing.

    Ids of what several rows share (a user, a thread, a label) do not count, and two candidates leave it open.
    """
    found = [name for name in names if name not in taken and _is_own_id(name.strip())]
    return found[0] if len(found) == 1 else ""


def taken_as_key(name: str) -> str:
    """The sentence for the account of an import whose key was found by a name like ``mail_id``."""
    return f"Column {name!r} is taken as the key of the items."


def keys_of(names: Iterable[str]) -> tuple[str, ...]:
    """The usual names of a key among ``names``, and those that end like one."""
    return tuple(name for name in names if name.strip().casefold() in KEY_NAMES or _is_own_id(name.strip()))


def _is_own_id(name: str) -> bool:
    found = _NAMED_AS_ID.fullmatch(name)
    if found is None:
        return False
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+", found[1] or found[2])
    return not words or words[-1].casefold() not in _OTHERS
