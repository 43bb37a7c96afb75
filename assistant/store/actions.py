"""Pending actions and their answers; jobs and their states."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from assistant.store.file.clock import stored_time
from assistant.store.file.database import Database
from tools.errors import NotFound
from tools.records import Actor, JsonValue, to_json
from tools.results import Change, Table

_ACTIONS = """SELECT a.action_id, a.tool, a.kind, a.sentence, a.arguments, a.preview, a.item_ids, a.riskiest, a.role,
        a.actor, a.via, a.session, a.made_at, coalesce(d.decision, '')
    FROM pending_actions a LEFT JOIN action_decisions d USING (action_id)"""
_AUTHOR = {
    "review": "SELECT reviewer FROM reviews WHERE review_id = ?",
    "run": "SELECT actor FROM runs WHERE run_id = ?",
    "action": "SELECT actor FROM action_decisions WHERE action_id = ? AND decision = 'confirmed'",
    "import": "SELECT actor FROM imports WHERE import_id = ?",
}
# Rows that carrying out a change leaves, and how they name the change.
_TRACES = {
    "bulk_accept": ("SELECT count(*) FROM reviews WHERE action_id = CAST(? AS BIGINT)", "{}"),
    "mark_gold": ("SELECT count(*) FROM gold_marks WHERE action_id = CAST(? AS BIGINT)", "{}"),
    "undo": ("SELECT count(*) FROM undos WHERE reason = ?", "action {}"),
}


@dataclass(frozen=True)
class PendingAction:
    """A change that waits for a person, or was answered."""

    action_id: int
    tool: str
    change: Change
    actor: Actor
    at: datetime
    decision: str = ""

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered it."""
        return not self.decision


class ActionStore:
    """Approvals are rows: they survive a restart."""

    def __init__(self, database: Database) -> None:
        """Keep the one database."""
        self._database = database

    def add(self, tool: str, change: Change, actor: Actor) -> PendingAction:
        """Write a change that waits for confirmation."""
        with self._database.write() as transaction:
            action_id = transaction.new_ids("pending_actions")[0]
            transaction.insert(
                "pending_actions",
                action_id=action_id,
                tool=tool,
                kind=change.kind,
                sentence=change.sentence,
                arguments=to_json(change.arguments),
                preview=to_json([_table_record(table) for table in change.preview]),
                item_ids=to_json(list(change.item_ids)),
                riskiest=to_json(list(change.riskiest)),
                role=change.role,
                actor=actor.person,
                via=actor.via,
                session=actor.session,
                made_at=stored_time(transaction.now),
            )
            transaction.record(actor.person, "action", {"action": action_id, "kind": change.kind, "via": actor.via})
            now = transaction.now
        return PendingAction(action_id, tool, change, actor, now)

    def answer(self, action_id: int, decision: str, actor: Actor, outcome: str) -> None:
        """Write what a person said to it: confirmed or dismissed."""
        with self._database.write() as transaction:
            transaction.insert(
                "action_decisions",
                action_id=action_id,
                decision=decision,
                actor=actor.person,
                via=actor.via,
                outcome=outcome,
                made_at=stored_time(transaction.now),
            )
            about = {"action": action_id, "decision": decision, "via": actor.via}
            transaction.record(actor.person, "decision", about)

    def get(self, action_id: int) -> PendingAction:
        """One action, answered or not; :class:`NotFound` if there is none."""
        rows = self._database.rows(f"{_ACTIONS} WHERE a.action_id = ?", [action_id])
        if not rows:
            raise NotFound(f"There is no pending action {action_id}.")
        return _action_from(rows[0])

    def pending(self) -> list[PendingAction]:
        """Actions nobody has answered, oldest first."""
        return [_action_from(row) for row in self._database.rows(f"{_ACTIONS} WHERE d.decision IS NULL ORDER BY 1")]

    def after(self, action: PendingAction) -> list[PendingAction]:
        """Actions of the same kind and person that came up later, answered or not."""
        sql = f"{_ACTIONS} WHERE a.action_id > ? AND a.kind = ? AND a.actor = ? ORDER BY 1"
        return [
            _action_from(row)
            for row in self._database.rows(sql, [action.action_id, action.change.kind, action.actor.person])
        ]

    def leaves_rows(self, action: PendingAction) -> bool:
        """Whether carrying it out leaves rows that name it, so that :meth:`rows_left` can tell how far it came."""
        return action.change.kind in _TRACES

    def rows_left(self, action: PendingAction) -> int:
        """How many rows carrying it out has left; none where nobody has begun."""
        sql, mark = _TRACES[action.change.kind]
        return int(self._database.rows(sql, [mark.format(action.action_id)])[0][0])

    def is_undone(self, target: str, target_id: int) -> bool:
        """Whether the review, run, action or import is taken back now."""
        sql = "SELECT count(*) FROM undone WHERE target = ? AND target_id = ?"
        return bool(self._database.rows(sql, [target, target_id])[0][0])

    def author(self, target: str, target_id: int) -> str | None:
        """Who made the review, run, action or import; ``None`` if there is none."""
        rows = self._database.rows(_AUTHOR[target], [target_id])
        return str(rows[0][0]) if rows else None


def _action_from(row: tuple[Any, ...]) -> PendingAction:
    action_id, tool, kind, sentence, arguments, preview, items, riskiest, role, person, via, session, at, said = row
    change = Change(
        kind=kind,
        sentence=sentence,
        arguments=json.loads(arguments),
        preview=tuple(_table_from(one) for one in json.loads(preview)),
        item_ids=tuple(json.loads(items)),
        riskiest=tuple(json.loads(riskiest)),
        role=role,
    )
    # The role stored is what confirming needs; what the asker held is not kept, so the least is assumed.
    actor = Actor(person, "reviewer", via, session)
    return PendingAction(int(action_id), tool, change, actor, at.replace(tzinfo=UTC), said)


def _table_record(table: Table) -> dict[str, JsonValue]:
    return {"title": table.title, "columns": list(table.columns), "rows": [list(row) for row in table.rows]}


def _table_from(record: dict[str, Any]) -> Table:
    return Table(record["title"], tuple(record["columns"]), tuple(tuple(row) for row in record["rows"]))


class JobStore:
    """The jobs table, one of the few that change in place."""

    def __init__(self, database: Database) -> None:
        """Keep the one database."""
        self._database = database

    def add(self, run_id: int, tool: str, field: str, units: Sequence[Sequence[int]], total: int, actor: Actor) -> int:
        """Write a queued job; returns its id."""
        with self._database.write() as transaction:
            job_id = transaction.new_ids("jobs")[0]
            at = stored_time(transaction.now)
            transaction.insert(
                "jobs",
                job_id=job_id,
                run_id=run_id,
                tool=tool,
                field=field,
                state="queued",
                units=to_json([list(unit) for unit in units]),
                total=total,
                note="",
                person=actor.person,
                role=actor.role,
                session=actor.session,
                created_at=at,
                changed_at=at,
            )
        return job_id

    def row(self, job_id: int) -> dict[str, Any]:
        """The job's row as a dict; :class:`NotFound` if there is none."""
        names, rows = self._database.described("SELECT * FROM jobs WHERE job_id = ?", [job_id])
        if not rows:
            raise NotFound(f"There is no job {job_id}.")
        return dict(zip(names, rows[0], strict=True))

    def set(self, job_id: int, state: str, note: str) -> None:
        """Change state and note."""
        with self._database.write() as transaction, transaction.changing("jobs", "job_id = ?", [job_id]):
            transaction.execute(
                "UPDATE jobs SET state = ?, note = ?, changed_at = ? WHERE job_id = ?",
                [state, note, stored_time(transaction.now), job_id],
            )

    def newest(self, limit: int) -> list[int]:
        """Ids of the newest jobs, newest first."""
        return [int(row[0]) for row in self._database.rows("SELECT job_id FROM jobs ORDER BY 1 DESC LIMIT ?", [limit])]

    def live(self) -> list[int]:
        """Ids of the jobs that are queued or running according to the table."""
        rows = self._database.rows("SELECT job_id FROM jobs WHERE state IN ('queued', 'running') ORDER BY 1")
        return [int(row[0]) for row in rows]
