"""What the audit says of the rows that came with an event: which they are, how many, and a digest of what they hold.

The digest is the sum of one number a row, so that it does not depend on the order of the rows. MD5 tells changes that
were not meant to be hidden; it is worked out alike in Python, for single rows, and in SQL, for many. What was told of
a row first holds: a number that is given again, because its row was taken away meanwhile, stands out.

Where rows change or go, or several share a key, events tell by how much count and sum of the table became other: all
that was told of it, added up, is what the table holds.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from tools.records import JsonValue

Kind = Literal["text", "whole", "real", "time", "truth"]
_EPOCH, _MICROSECOND = datetime(1970, 1, 1), timedelta(microseconds=1)
_NOTHING, _BETWEEN = "\0", "\x1f"
COVERING_STEP, MORE_COVERED_STEP, ALL_COVERED_STEP = 7, 8, 9
"""The steps of the shape of the state from which on the audit tells of rows, of more of them, and of all."""
RECORDINGS_STEP = 10
"""The step with which recordings came, told of from their first row."""
FINDINGS_STEP = 11
"""The step with which checks began to store what they found."""
ROWS, SUMS = "rows", "sums"
"""The names under which an event tells of rows by their keys, and of what count and sum of a table grew by."""
OLDER = ""
"""In place of a key: all rows that were there when covering began."""
_SHORT = 16  # letters of a key that stand in the audit
_LARGEST = 1e12  # no score and no time is larger; what is not a number compares as false here and as larger in SQL


@dataclass(frozen=True, slots=True)
class Covered:
    """Columns of a table that the audit covers: the one that numbers the rows, the others, and what people call a row.

    ``table`` is named where what is covered is not called like its table, ``step`` where covering began later, and
    ``named`` where a row is not called by the word and its key.
    """

    key: str
    columns: Mapping[str, Kind]
    word: str
    plural: str = ""
    table: str = ""
    step: int = COVERING_STEP
    named: str = ""


def _columns(text: str = "", whole: str = "", real: str = "", time: str = "", truth: str = "") -> dict[str, Kind]:
    given: tuple[tuple[Kind, str], ...] = (
        ("text", text), ("whole", whole), ("real", real), ("time", time), ("truth", truth),
    )  # fmt: skip
    return {name: kind for kind, names in given for name in names.split()}


COVERED: Mapping[str, Covered] = {
    "items": Covered("item_id", _columns("key kind text parts meta", "item_id import_id source_row"), "item"),
    "media": Covered("item_id", _columns("digest mime place", "item_id width height orientation size"), "picture"),
    "imports": Covered(
        "import_id",
        _columns("source_name source_hash format options counts actor", "import_id", "", "made_at"),
        "import",
    ),
    "schema_versions": Covered(
        "version", _columns("source actor", "version", "", "made_at"), "version of the schema", "versions of the schema"
    ),
    "runs": Covered(
        "run_id",
        _columns(
            "tool backend revision settings prompt prompt_hash arguments field actor via", "run_id schema_version",
            "", "made_at",
        ),
        "run",
    ),
    "proposals": Covered(
        "proposal_id",
        _columns(
            "field value label score_source alternatives reason state problem",
            "proposal_id run_id item_id schema_version", "score", "made_at",
        ),
        "suggestion",
    ),
    "reviews": Covered(
        "review_id",
        _columns(
            "field reviewer verdict value label answer exposure reason regions idempotency_key via",
            "review_id exposure_id item_id proposal_id schema_version action_id import_id supersedes",
            "seconds", "made_at", "adaptive adjudicates",
        ),
        "decision",
    ),
    "undos": Covered(
        "undo_id", _columns("target actor via reason", "undo_id target_id", "", "made_at", "undone"), "undo"
    ),
    "gold_marks": Covered(
        "gold_id",
        _columns("field value label answer actor", "gold_id item_id action_id", "", "made_at", "active"),
        "gold mark",
    ),
    "pending_actions": Covered(
        "action_id", _columns("tool kind arguments item_ids role actor", "action_id", "", "made_at"),
        "change asked for", "changes asked for",
    ),
    "action_decisions": Covered(
        "action_id", _columns("decision actor via outcome", "action_id", "", "made_at"),
        "answer to a change", "answers to changes",
    ),
    # What somebody was shown says whether their decision counts as blind.
    "exposures": Covered(
        "exposure_id",
        _columns(
            "field reviewer kind session", "exposure_id item_id proposal_id", "inclusion_p", "issued_at", "adaptive"
        ),
        "card shown", "cards shown", step=MORE_COVERED_STEP,
    ),
    # What a person reads before they press the button; the rest of the row was covered before.
    "pending_sentences": Covered(
        "action_id", _columns("sentence preview riskiest via session", "action_id"),
        "sentence of a change", "sentences of changes", "pending_actions", MORE_COVERED_STEP,
    ),
    "messages": Covered(
        "message_id", _columns("session person speaker text record", "message_id", "", "made_at"),
        "message", step=MORE_COVERED_STEP,
    ),
    "review_windows": Covered(
        "review_id", _columns("session", "review_id"),
        "window of a decision", "windows of decisions", "reviews", ALL_COVERED_STEP,
    ),
    "run_origins": Covered(
        "run_id", _columns("session", "run_id tool_version"), "origin of a run", "origins of runs", "runs",
        ALL_COVERED_STEP,
    ),
    "media_depths": Covered(
        "item_id", _columns("", "item_id bits frames"), "depth of a picture", "depths of pictures", "media",
        ALL_COVERED_STEP,
    ),
    "recordings": Covered(
        "item_id", _columns("", "item_id length rate channels"), "recording", step=RECORDINGS_STEP
    ),
    "replies": Covered(
        "reply_id", _columns("call_key raw", "reply_id run_id prompt_tokens answer_tokens", "", "made_at"),
        "reply", "replies", step=ALL_COVERED_STEP,
    ),
    "findings": Covered(
        "finding_id", _columns("field kind sentence", "finding_id run_id item_id", "score", "made_at"),
        "finding", step=ALL_COVERED_STEP,
    ),
    "finding_details": Covered(
        "finding_id",
        _columns("severity about region person value", "finding_id proposal_id newest_review"),
        "detail of a finding", "details of findings", "findings", FINDINGS_STEP,
    ),
}  # fmt: skip
"""Rows that are only added, one a key."""

TALLIED: Mapping[str, Covered] = {
    name: replace(covered, step=ALL_COVERED_STEP)
    for name, covered in {
        "paints": Covered(
            "exposure_id", _columns("", "exposure_id", "", "painted_at"), "card painted", "cards painted"
        ),
        "jobs": Covered(
            "job_id",
            _columns("tool field state units note person role session", "job_id run_id total", "",
                     "created_at changed_at"),
            "job",
        ),
        "queue_entries": Covered(
            "run_id", _columns("field reason", "run_id position item_id", "inclusion_p", "", "adaptive"),
            "place in a queue", "places in queues", named="a place in the queue of run {}",
        ),
        "run_details": Covered(
            "run_id", _columns("settings", "run_id", "", "made_at"),
            "detail of a run", "details of runs", named="a detail of run {}",
        ),
        "call_events": Covered(
            "run_id", _columns("call_key what", "run_id tokens", "", "made_at"),
            "booking of a call", "bookings of calls", named="a booking of a call of run {}",
        ),
        "import_problems": Covered(
            "import_id", _columns("what field reason excerpt", "import_id source_row"),
            "reason that an import gave", "reasons that imports gave", named="a reason that import {} gave",
        ),
        # What somebody called a filter is not for the audit.
        "saved_filters": Covered(
            "actor", _columns("name record actor", "", "", "made_at"), "saved filter", named="a filter saved by {}"
        ),
        "finding_dismissals": Covered(
            "finding_id", _columns("actor via reason", "finding_id turn", "", "made_at", "dismissed"),
            "dismissal of a finding", "dismissals of findings", named="a dismissal of finding {}",
        ),
        "devices": Covered("token_hash", _columns("token_hash name", "", "", "made_at"), "known browser"),
        "migrations": Covered(
            "number", _columns("name", "number", "", "made_at"), "step of the shape", "steps of the shape",
            named="step {} of the shape",
        ),
    }.items()
}  # fmt: skip
"""Rows that change or go, or of which several share a key."""

ALL_COVERED: Mapping[str, Covered] = {**COVERED, **TALLIED}


def table_of(name: str) -> str:
    """The table in which lies what is covered under a name."""
    return ALL_COVERED[name].table or name


NAMES: Mapping[str, tuple[str, ...]] = {
    table: tuple(name for name in ALL_COVERED if table_of(name) == table) for table in map(table_of, ALL_COVERED)
}
"""Under which names the rows of a table are covered."""

_IN_PYTHON: Mapping[Kind, Callable[[Any], str]] = {
    "text": str,
    "whole": lambda value: str(int(value)),
    "real": lambda value: str(math.floor(value * 1e6 + 0.5)) if abs(value) <= _LARGEST else _NOTHING,
    "time": lambda value: str((value - _EPOCH) // _MICROSECOND),
    "truth": lambda value: "true" if value else "false",
}
_IN_SQL: Mapping[Kind, str] = {
    "text": "{}",
    "whole": "CAST({} AS VARCHAR)",
    "real": """CASE WHEN abs({0}) <= 1e12 THEN
        CAST(CAST(floor({0} * CAST(1e6 AS DOUBLE) + CAST(0.5 AS DOUBLE)) AS HUGEINT) AS VARCHAR) END""",
    "time": "CAST(epoch_us({}) AS VARCHAR)",
    "truth": "CAST({} AS VARCHAR)",
}


def number_of(name: str, row: Mapping[str, Any]) -> int:
    """The number of one row, from its cells; those that are not given are empty."""
    cells = ((row.get(column), kind) for column, kind in ALL_COVERED[name].columns.items())
    text = _BETWEEN.join(_NOTHING if cell is None else _IN_PYTHON[kind](cell) for cell, kind in cells)
    digest = hashlib.md5(text.encode(errors="surrogatepass"), usedforsecurity=False).digest()
    return int.from_bytes(digest[8:], "little")


def number_sql(name: str) -> str:
    """The same as an expression over the table."""
    cells = (f"coalesce({_IN_SQL[kind].format(column)}, chr(0))" for column, kind in ALL_COVERED[name].columns.items())
    return f"md5_number_lower(concat_ws(chr(31), {', '.join(cells)}))"


def total_sql(name: str) -> str:
    """How many rows have a key from ``$1`` to ``$2``, and the sum of their numbers."""
    key = COVERED[name].key
    return f"""SELECT count(*), CAST(coalesce(sum({number_sql(name)}), 0) AS VARCHAR) FROM {table_of(name)}
        WHERE {key} BETWEEN $1 AND $2"""  # sql: table and columns are named in COVERED


def short_key(key: object) -> str:
    """The key of a row as it stands in the audit."""
    return str(key)[:_SHORT]


def sums_sql(name: str, condition: str = "true") -> str:
    """By key as in the audit: how many rows meet the condition, and the sum of their numbers."""
    key = f"left(CAST({ALL_COVERED[name].key} AS VARCHAR), {_SHORT})"
    return f"""SELECT {key}, count(*), CAST(sum({number_sql(name)}) AS VARCHAR) FROM {table_of(name)}
        WHERE {condition} GROUP BY 1 ORDER BY 1"""  # sql: table, columns and condition are named in code


class Cover:
    """The rows of one transaction that no event has told of yet."""

    def __init__(self) -> None:
        """None so far."""
        self._ranges: dict[str, list[list[int]]] = {}
        self._sums: dict[str, dict[str, list[int]]] = {}

    def add(self, table: str, row: Mapping[str, Any]) -> None:
        """Take note of one row of any table."""
        for name in NAMES.get(table, ()):
            key, number = row[ALL_COVERED[name].key], number_of(name, row)
            if name in TALLIED:
                self.add_sum(name, short_key(key), 1, number)
            else:
                self.add_range(name, int(key), int(key), 1, number)

    def add_range(self, name: str, first: int, last: int, count: int, total: int) -> None:
        """Take note of many."""
        ranges = self._ranges.setdefault(name, [])
        if ranges and ranges[-1][1] + 1 == first:
            before = ranges[-1]
            before[1:] = [last, before[2] + count, before[3] + total]
        else:
            ranges.append([first, last, count, total])

    def add_sum(self, name: str, key: str, count: int, total: int) -> None:
        """Take note of by how much a table grew: of less than nothing where rows went."""
        found = self._sums.setdefault(name, {}).setdefault(key, [0, 0])
        found[:] = [found[0] + count, found[1] + total]

    def tell(self) -> dict[str, JsonValue]:
        """All of it, for the payload of an event; from then on it is told."""
        (ranges, self._ranges), (sums, self._sums) = (self._ranges, {}), (self._sums, {})
        rows = {name: [[*one[:3], str(one[3])] for one in found] for name, found in ranges.items()}
        grown = {
            name: [[key, one[0], str(one[1])] for key, one in found.items() if any(one)] for name, found in sums.items()
        }
        told: dict[str, JsonValue] = {ROWS: rows} if rows else {}
        return {**told, SUMS: {name: found for name, found in grown.items() if found}} if any(grown.values()) else told
