"""Times as people and programs write them: read into the one form that the state compares with, UTC without a zone, and
said to people in one form, too.
"""

from __future__ import annotations

from datetime import UTC, datetime

from tools.errors import InputError


def read_moment(text: str) -> str:
    """Turn ISO 8601 text into ``YYYY-MM-DDTHH:MM:SS[.ffffff]`` in UTC; a date alone is its first moment.

    Empty text stays empty. A time without a zone is taken as UTC.
    """
    if not text.strip():
        return ""
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError(f"A time looks like 2026-02-01 or 2026-02-01T14:00:00+00:00, got {text!r}.") from None
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat()


MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
          "December")  # fmt: skip


def said_day(moment: datetime) -> str:
    """``5 March 2026``; the page writes its days like this as well (``base/dates.js``)."""
    return f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"


def said_moment(moment: datetime, *, with_seconds: bool = False) -> str:
    """``5 March 2026, 14:03``, in the zone that the moment has."""
    return f"{said_day(moment)}, {moment:%H:%M:%S}" if with_seconds else f"{said_day(moment)}, {moment:%H:%M}"
