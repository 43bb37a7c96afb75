"""What checks found: written with the run that found it, dismissed by people, read as each person may see it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from assistant.store.file.clock import stored_time
from assistant.store.file.database import Database
from assistant.store.file.transaction import Transaction
from assistant.store.queries.sight import through_eyes_of
from assistant.store.runs import insert_queue, insert_run
from tools.errors import InputError, NotFound
from tools.findings import Finding, FindingBatch, KeptFinding
from tools.records import Actor, JsonValue, to_json
from tools.results import QueueOrder
from tools.schema import LabelSchema
from tools.values import check_value

_COLUMNS = pa.schema(
    [
        *((name, pa.int64()) for name in ("finding_id", "run_id", "item_id")),
        *((name, pa.string()) for name in ("field", "kind")),
        ("score", pa.float64()),
        ("sentence", pa.string()),
        ("made_at", pa.timestamp("us")),
        *((name, pa.string()) for name in ("severity", "about", "region", "person", "value")),
        *((name, pa.int64()) for name in ("proposal_id", "newest_review")),
    ]
)
_FINDING = """finding_id, run_id, kind, item_id, field, sentence, severity, about, score, region, person, value,
    proposal_id, state"""

_TURN = "SELECT count(*) + 1 FROM finding_dismissals WHERE finding_id = ?"


class FindingStore:
    """Rows are only added: a dismissal is one more, and so is taking it back."""

    def __init__(self, database: Database) -> None:
        """Keep the one database."""
        self._database = database

    def add(
        self,
        batch: FindingBatch,
        queue: QueueOrder | None,
        schema: LabelSchema,
        arguments: Mapping[str, JsonValue],
        version: int,
        actor: Actor,
    ) -> int:
        """Record a run with what it found and, where there is one, the order in which to review it.

        Nothing is stored where one of them is about an item or a field that is not there, or where its likely answer
        does not fit the field. Returns the run's id.
        """
        _refuse_misfits(batch, schema)
        with self._database.write() as transaction:
            run_id = insert_run(transaction, batch.identity, arguments, batch.field, version, actor)
            ids = self._insert(transaction, run_id, batch)
            if queue is not None:
                insert_queue(transaction, run_id, queue)
            about = {"run": run_id, "tool": batch.identity.tool, "backend": batch.identity.backend}
            transaction.record(actor.person, "run", {**about, "findings": len(ids)})
        return run_id

    def _insert(self, transaction: Transaction, run_id: int, batch: FindingBatch) -> range:
        ids = transaction.new_ids("findings", len(batch.findings))
        if not ids:
            return ids
        newest = int(transaction.rows("SELECT coalesce(max(review_id), 0) FROM reviews")[0][0])
        shared = {"run_id": run_id, "made_at": stored_time(transaction.now), "newest_review": newest}
        rows = [
            {"finding_id": one_id, **shared, **_cells(one)} for one_id, one in zip(ids, batch.findings, strict=True)
        ]
        table = pa.Table.from_pylist(rows, schema=_COLUMNS)
        with transaction.staged("found", table):
            strangers = transaction.rows("SELECT item_id FROM found ANTI JOIN items USING (item_id) LIMIT 1")
        if strangers:
            raise NotFound(f"A finding is about item #{strangers[0][0]}, which does not exist.")
        transaction.append("findings", table)
        transaction.cover("findings", ids.start, ids.stop - 1)
        return ids

    def get(self, finding_id: int, viewer: Actor) -> KeptFinding:
        """One finding; :class:`NotFound` if there is none that the viewer may see."""
        found = self._read("finding_id = $finding", {"finding": finding_id}, viewer)
        if not found:
            raise NotFound(f"There is no finding {finding_id} that you can look at.")
        return found[0]

    def of_run(self, run_id: int, viewer: Actor) -> list[KeptFinding]:
        """What a run found, as far as the viewer may see it, the most serious first."""
        return self._read("run_id = $run", {"run": run_id}, viewer)

    def _read(self, condition: str, params: Mapping[str, Any], viewer: Actor) -> list[KeptFinding]:
        order = "list_position(['high', 'medium', 'low'], severity), score DESC NULLS LAST, finding_id"
        sql = f"SELECT {_FINDING} FROM told_findings WHERE {condition} ORDER BY {order}"  # sql: written above
        return [_kept(row) for row in self._database.rows(*through_eyes_of(viewer, sql, params))]

    def dismiss(self, finding_id: int, actor: Actor, reason: str = "", dismissed: bool = True) -> None:
        """Say that nothing need be done about it, or take that back; refused where that would change nothing."""
        kept = self.get(finding_id, actor)
        if dismissed and kept.state != "open":
            raise InputError(f"Finding {finding_id} is {kept.state} already.")
        if not dismissed and kept.state != "dismissed":
            raise InputError(f"Finding {finding_id} was not dismissed, so there is nothing to take back.")
        with self._database.write() as transaction:
            transaction.insert(
                "finding_dismissals",
                finding_id=finding_id,
                turn=int(transaction.rows(_TURN, [finding_id])[0][0]),
                dismissed=dismissed,
                actor=actor.person,
                via=actor.via,
                reason=reason,
                made_at=stored_time(transaction.now),
            )
            what = "dismissed" if dismissed else "reopened"
            transaction.record(actor.person, "finding", {"finding": finding_id, "what": what, "via": actor.via})


def _refuse_misfits(batch: FindingBatch, schema: LabelSchema) -> None:
    for one in batch.findings:
        field = schema.field(one.field)
        if one.value is not None:
            check_value(field, one.value)


def _cells(one: Finding) -> dict[str, Any]:
    return {
        "item_id": one.item_id,
        "field": one.field,
        "kind": one.kind,
        "score": one.score,
        "sentence": one.sentence,
        "severity": one.severity,
        "about": one.about,
        "region": one.region,
        "person": one.person,
        "value": None if one.value is None else to_json(one.value),
        "proposal_id": one.proposal_id,
    }


def _kept(row: tuple[Any, ...]) -> KeptFinding:
    (finding_id, run_id, kind, item_id, field, sentence, severity, about) = row[:8]
    score, region, person, value, proposal_id, state = row[8:]
    finding = Finding(
        kind=kind,
        item_id=int(item_id),
        field=field,
        sentence=sentence,
        severity=severity,
        about=about,
        score=score,
        region=region,
        person=person,
        value=json.loads(value) if value else None,
        proposal_id=proposal_id,
    )
    return KeptFinding(int(finding_id), int(run_id), finding, state)
