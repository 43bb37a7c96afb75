"""The present, and how moments are stored."""

from __future__ import annotations

from datetime import UTC, datetime


def stored_time(moment: datetime) -> datetime:
    """UTC without a zone: what the TIMESTAMP columns hold."""
    return moment.astimezone(UTC).replace(tzinfo=None)


def utc_now() -> datetime:
    """The present, timezone-aware."""
    return datetime.now(UTC)
