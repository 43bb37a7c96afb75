"""Where the audit begins to tell of rows: those that are there already are said to be older, or told of as they are."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from assistant.store.chain.covering import COVERED, MORE_COVERED_STEP, table_of
from assistant.store.chain.project_rows import project_told
from assistant.store.chain.sign_in_rows import BEGAN, told_rows
from tools.records import JsonValue

START = "covered"
"""The kind of the event that says from where on rows are covered."""


def begin_covering(database: Any, steps: Collection[int]) -> None:
    """Say in the audit which rows are older than what it tells of rows, for what these steps began to cover."""
    above: dict[str, JsonValue] = {}
    for name, covered in COVERED.items():
        if covered.step in steps:
            sql = f"SELECT coalesce(max({covered.key}), 0) FROM {table_of(name)}"  # sql: see COVERED
            above[name] = int(database.rows(sql)[0][0])
    if not above:
        return
    with database.write() as transaction:
        about: dict[str, JsonValue] = {"above": above}
        if MORE_COVERED_STEP in steps:
            about |= {**project_told(transaction), BEGAN: told_rows(transaction)}
        transaction.record("program", START, about)
