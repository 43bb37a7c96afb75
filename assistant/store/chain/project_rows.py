"""What the audit says of the project itself: a digest of its id, its name and when it was made."""

from __future__ import annotations

import hashlib
from typing import Any

from tools.records import JsonValue, to_json

PROJECT_ROWS = "project_rows"
"""The name under which an event tells of them."""


def project_told(reader: Any) -> dict[str, JsonValue]:
    """For the payload of an event: a digest of each thing that is stored of the project."""
    found: dict[str, JsonValue] = {}
    for key, value in reader.rows("SELECT key, value FROM project ORDER BY key, value"):
        before = str(found.get(str(key), ""))
        found[str(key)] = hashlib.sha256(to_json([before, value]).encode()).hexdigest()
    return {PROJECT_ROWS: found}


def changed_project(reader: Any, told: dict[str, Any]) -> list[str]:
    """Which things stored of the project are not as the events tell; ``told`` is what the last of them said."""
    stored = project_told(reader)[PROJECT_ROWS]
    assert isinstance(stored, dict)
    return sorted(key for key in {*stored, *told} if stored.get(key) != told.get(key))
