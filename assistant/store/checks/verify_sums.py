"""From the audit to the rows that change, go or share a key: all that was told of them, added up, is what is there."""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict

from assistant.store.chain.covering import OLDER, SUMS, TALLIED, sums_sql
from assistant.store.checks.verify_rows import Offence, Told, named
from assistant.store.file.database import Database


def compare_sums(database: Database, name: str, told: Told) -> Offence:
    """Look for rows that changed, went or came without an event, among those that are covered under a name."""
    stored = {str(key): (int(count), int(total)) for key, count, total in database.rows(sums_sql(name))}
    counts, totals = sum(one[0] for one in stored.values()), sum(one[1] for one in stored.values())
    if (counts, totals) == told.sums.get(name, (0, 0)):
        return Offence(0, "", 0)
    covered = TALLIED[name]
    # Of those that are older only the sum over all of them is known.
    wrong = [] if told.older.get(name) else _wrong(database, name, stored)
    which = named(covered, wrong[0]) if wrong else f"one of the {covered.plural or covered.word + 's'}"
    return Offence(max(len(wrong), 1), which, 0)


def _wrong(database: Database, name: str, stored: dict[str, tuple[int, int]]) -> list[str]:
    """Keys whose rows are not those that were told; the audit is read again, and for this one name."""
    told: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for _seq, _at, _actor, _kind, payload, _prev, _hash in database.audit_events():
        # What was altered so that it says nothing any more is told by the chain.
        with contextlib.suppress(ValueError, TypeError, LookupError):
            for key, count, total in json.loads(payload)[SUMS][name] if f'"{SUMS}":' in payload else ():
                told[key] = (told[key][0] + int(count), told[key][1] + int(total))
    keys = {*stored, *told} - {OLDER}
    wrong = [key for key in keys if stored.get(key, (0, 0)) != told.get(key, (0, 0))]
    return sorted(wrong, key=lambda key: (not key.isdigit(), int(key) if key.isdigit() else 0, key))
