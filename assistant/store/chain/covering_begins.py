"""Where the audit begins to tell of rows: those that are there already are said to be older, or told of as they are."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from assistant.store.chain.covering import (
    ALL_COVERED,
    ALL_COVERED_STEP,
    COVERED,
    MORE_COVERED_STEP,
    table_of,
)
from assistant.store.chain.project_rows import project_told
from assistant.store.chain.sign_in_rows import BEGAN, told_rows
from tools.records import JsonValue

START, ABOVE, STEPS = "covered", "above", "steps"
"""The kind of the event that says from where on rows are covered, and what it tells: keys, and steps of the shape."""


def begin_covering(database: Any, steps: Collection[int]) -> None:
    """Say in the audit which rows are older than what it tells of rows, for what these steps began to cover."""
    before, _ = _begun(database)
    with database.write() as transaction:
        above = {
            name: _highest(transaction, name) if covered.step < ALL_COVERED_STEP else 0
            for name, covered in COVERED.items()
            if covered.step in steps
        }
        about: dict[str, JsonValue] = {ABOVE: dict[str, JsonValue](above), STEPS: sorted(steps)}
        if MORE_COVERED_STEP in steps:
            about |= {**project_told(transaction), BEGAN: told_rows(transaction)}
        if ALL_COVERED_STEP in steps:
            _tell_of_older(transaction, {**above, **before})
        else:
            for step in steps:
                transaction.cover("migrations", step, step)
        transaction.record("program", START, about)


def _highest(transaction: Any, name: str) -> int:
    sql = f"SELECT coalesce(max({COVERED[name].key}), 0) FROM {table_of(name)}"  # sql: see COVERED
    return int(transaction.rows(sql)[0][0])


def _tell_of_older(transaction: Any, above: Mapping[str, int]) -> None:
    """From now on all rows are covered, also those that no event told of when they were saved."""
    for name, covered in ALL_COVERED.items():
        if covered.step == ALL_COVERED_STEP:
            transaction.cover_older(name)
        elif above.get(name):
            transaction.cover_older(name, above[name])


def steps_to_tell(database: Any, applied: Sequence[int]) -> list[int]:
    """The steps that were just applied, and those that were when the program ended before it told of them."""
    stored = {int(number): at for number, at in database.rows("SELECT number, made_at FROM migrations")}
    last = database.rows("SELECT made_at FROM audit ORDER BY seq DESC LIMIT 1")
    told = _time(last[0][0]) if last else datetime.min
    # They are told of at once: nothing is looked for where the newest event is younger than the newest step.
    if not stored or told >= max(stored.values()):
        return sorted(applied)
    _, known = _begun(database)
    return sorted({*applied, *(number for number, at in stored.items() if at > told and number not in known)})


def _time(stored: str) -> datetime:
    try:
        return datetime.fromisoformat(stored).astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return datetime.max  # altered by hand, which the chain tells


def _begun(database: Any) -> tuple[dict[str, int], set[int]]:
    """The keys above which the audit says that it tells of rows, and the steps that it told of."""
    above, steps = dict[str, int](), set[int]()
    for (payload,) in database.rows("SELECT payload FROM audit WHERE kind = ? ORDER BY seq", [START]):
        with contextlib.suppress(ValueError, TypeError, AttributeError):  # altered by hand, which the chain tells
            record = json.loads(payload)
            above = {**{name: int(key) for name, key in record.get(ABOVE, {}).items()}, **above}
            steps |= {int(step) for step in record.get(STEPS, ())}
    return above, steps | {COVERED[name].step for name in above if name in COVERED}
