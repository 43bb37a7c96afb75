"""What is done to a project behind the program's back, and what ``verify`` says of it."""

from __future__ import annotations

import json
from typing import Any

from assistant.store.chain.audit import GENESIS
from assistant.store.chain.covering import ALL_COVERED, MORE_COVERED_STEP
from assistant.store.chain.head import Head
from assistant.store.checks.verify import verify
from tests.store.opened import Opened

_OF_FINDINGS = ("severity", "about", "region", "person", "value", "proposal_id", "newest_review")
WITHOUT_LATER_SHAPE = (
    "DROP VIEW told_findings",
    "DROP TABLE finding_dismissals",
    *(f"ALTER TABLE findings DROP COLUMN {name}" for name in _OF_FINDINGS),
    "DROP TABLE recordings",
)
"""Takes away the tables, columns and views that came with the steps after covering."""


def damaged(project: Opened, *changes: str) -> dict[str, str]:
    """The checks that do not hold after these changes, with the row that each names."""
    with project.store.database.write() as transaction:
        for change in changes:
            transaction.execute(change)
    return {one.name: one.example for one in verify(project.store.database) if not one.holds}


def as_before_that_step(project: Opened) -> None:
    """Take from the audit and the project what the step and those after it began to keep."""
    names = [name for name, covered in ALL_COVERED.items() if covered.step >= MORE_COVERED_STEP]
    written: list[tuple[str, str, dict[str, Any]]] = []
    for _seq, _at, actor, kind, payload, _prev, _hash in project.store.database.audit_events():
        told = json.loads(payload)
        for part in ("rows", "above"):
            told[part] = {name: one for name, one in told.get(part, {}).items() if name not in names}
        for name in (
            "project_rows",
            "sign_in_rows",
            "sign_ins_ended",
            "sums",
            "steps",
            *(() if told["above"] else ("above",)),
        ):
            told.pop(name, None)
        if kind != "rows" or told["rows"]:
            written.append((actor, kind, told))
    with project.store.database.write() as transaction:
        transaction.execute("DELETE FROM audit")
        transaction.execute("DELETE FROM migrations WHERE number >= ?", [MORE_COVERED_STEP])
        for statement in WITHOUT_LATER_SHAPE:
            transaction.execute(statement)
        project.store.database._head = Head(0, GENESIS)
        for actor, kind, told in written:
            transaction.record(actor, kind, told)
