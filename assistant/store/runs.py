"""Runs and what they made: proposals, queue entries, replies of paid calls, and the jobs that carry them."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

import pyarrow as pa

from assistant.store.file import faults
from assistant.store.file.clock import stored_time
from assistant.store.file.database import Database
from assistant.store.file.transaction import Transaction
from tools.errors import NotFound, ValueRefused
from tools.prelabel.injection import MARK
from tools.records import Actor, Alternative, Draft, JsonValue, Proposal, RunIdentity, to_json
from tools.results import QueueOrder
from tools.schema import FieldSpec, LabelSchema
from tools.values import check_value, value_label

_PROPOSAL = (
    "proposal_id, run_id, item_id, field, schema_version, value, score, score_source, alternatives, reason, state, "
    "problem, made_at"
)
_FEW = 50
"""Up to so many ids go along as a list; a table of them costs more than the question."""

_COLUMNS = pa.schema(
    [
        ("proposal_id", pa.int64()),
        ("run_id", pa.int64()),
        ("item_id", pa.int64()),
        ("field", pa.string()),
        ("schema_version", pa.int32()),
        ("value", pa.string()),
        ("label", pa.string()),
        ("score", pa.float64()),
        ("score_source", pa.string()),
        ("alternatives", pa.string()),
        ("reason", pa.string()),
        ("state", pa.string()),
        ("problem", pa.string()),
        ("made_at", pa.timestamp("us")),
    ]
)


def proposal_from(row: tuple[Any, ...]) -> Proposal:
    """The record of one stored row, columns as in ``_PROPOSAL``."""
    (pid, run_id, item_id, field, version, value, score, source, alternatives, reason, state, problem, at) = row
    others = tuple(Alternative(a["label"], a["score"]) for a in json.loads(alternatives))
    draft = Draft(item_id, field, json.loads(value) if value else None, score, source, others, reason, state, problem)
    return Proposal(int(pid), int(run_id), int(version), draft, at.replace(tzinfo=UTC))


def insert_run(
    transaction: Transaction,
    identity: RunIdentity,
    arguments: Mapping[str, JsonValue],
    field: str,
    version: int,
    actor: Actor,
) -> int:
    """Write the row of a run; returns its id."""
    run_id = transaction.new_ids("runs")[0]
    transaction.insert(
        "runs",
        run_id=run_id,
        tool=identity.tool,
        tool_version=identity.tool_version,
        backend=identity.backend,
        revision=identity.revision,
        settings=to_json(identity.settings),
        prompt=identity.prompt,
        prompt_hash=identity.prompt_hash,
        arguments=to_json(arguments),
        field=field,
        schema_version=version,
        actor=actor.person,
        via=actor.via,
        session=actor.session,
        made_at=stored_time(transaction.now),
    )
    return run_id


def insert_queue(transaction: Transaction, run_id: int, order: QueueOrder) -> None:
    """Write the items that a run puts forward, in order."""
    count = len(order.item_ids)
    rows = pa.table(
        {
            "run_id": pa.array([run_id] * count, pa.int64()),
            "field": pa.array([order.field] * count, pa.string()),
            "position": pa.array(range(count), pa.int64()),
            "item_id": pa.array(order.item_ids, pa.int64()),
            "reason": pa.array(order.reasons, pa.string()),
            "adaptive": pa.array([order.adaptive] * count, pa.bool_()),
            "inclusion_p": pa.array([order.inclusion_p] * count, pa.float64()),
        }
    )
    transaction.append("queue_entries", rows)
    transaction.cover("queue_entries", run_id, run_id)


class RunStore:
    """What models and tools produced. Rows are only added; a withdrawn run is an undo row."""

    def __init__(self, database: Database) -> None:
        """Keep the one database."""
        self._database = database
        self._suspicious: dict[str, tuple[int, int, frozenset[int]]] = {}
        self._looking = threading.Lock()
        self._withdrawn: tuple[int, frozenset[int]] = (-1, frozenset())
        self._identities: dict[int, dict[str, Any]] = {}

    def start(
        self, identity: RunIdentity, arguments: Mapping[str, JsonValue], field: str, version: int, actor: Actor
    ) -> int:
        """Record who ran what with which settings; returns the run's id."""
        with self._database.write() as transaction:
            return self._start(transaction, identity, arguments, field, version, actor)

    def _start(
        self,
        transaction: Transaction,
        identity: RunIdentity,
        arguments: Mapping[str, JsonValue],
        field: str,
        version: int,
        actor: Actor,
    ) -> int:
        run_id = insert_run(transaction, identity, arguments, field, version, actor)
        transaction.record(actor.person, "run", {"run": run_id, "tool": identity.tool, "backend": identity.backend})
        return run_id

    def add_drafts(
        self,
        run_id: int,
        drafts: Sequence[Draft],
        schema: LabelSchema,
        version: int,
        texts: Mapping[int, str],
        spans: Mapping[int, Sequence[Mapping[str, Any]]] | None = None,
        sizes: Mapping[int, tuple[int, int]] | None = None,
        lengths: Mapping[int, int] | None = None,
    ) -> dict[str, int]:
        """Store one batch in one transaction; what does not fit the schema is kept as ``invalid`` with its reason.

        ``texts`` maps item id to text, ``spans`` to the regions that relations may join, ``sizes`` to (width, height)
        of images, ``lengths`` to milliseconds of recordings. Returns counts by state.
        """
        checked = [
            _checked(
                draft,
                schema.field(draft.field),
                texts[draft.item_id],
                (spans or {}).get(draft.item_id),
                (sizes or {}).get(draft.item_id),
                (lengths or {}).get(draft.item_id),
            )
            for draft in drafts
        ]
        faults.reach("before_batch")
        with self._database.write() as transaction:
            first = transaction.new_ids("proposals", len(checked))
            at = stored_time(transaction.now)
            rows = [_row(pid, run_id, version, draft, at) for pid, draft in zip(first, checked, strict=True)]
            transaction.append("proposals", pa.Table.from_pylist(rows, schema=_COLUMNS))
            faults.reach("mid_batch")
            transaction.cover("proposals", first.start, first.stop - 1)
            transaction.record("run", "proposals", {"run": run_id, "first": first.start, "count": len(checked)})
        states = [draft.state for draft in checked]
        return {state: states.count(state) for state in ("ok", "invalid", "unread")}

    def add_details(self, run_id: int, settings: Mapping[str, JsonValue]) -> None:
        """Keep what the run found out only when it began to work."""
        with self._database.write() as transaction:
            transaction.insert(
                "run_details", run_id=run_id, settings=to_json(settings), made_at=stored_time(transaction.now)
            )

    def settings_of(self, run_id: int) -> dict[str, Any]:
        """The settings a run was started with and those it found out later."""
        settings: dict[str, Any] = json.loads(self.identity(run_id)["settings"])
        later = self._database.rows("SELECT settings FROM run_details WHERE run_id = ? ORDER BY made_at", [run_id])
        for (more,) in later:
            settings.update(json.loads(more))
        return settings

    def followers(self, run_ids: Sequence[int]) -> list[int]:
        """Runs that were made because these had been asked for, with more labels; ascending."""
        wanted = pa.table({"run_id": pa.array([int(one) for one in run_ids], pa.int64())})
        sql = """SELECT DISTINCT d.run_id FROM run_details d
            WHERE CAST(d.settings->>'$.follows' AS BIGINT) IN (SELECT run_id FROM wanted) ORDER BY 1"""
        return [int(row[0]) for row in self._database.joined(sql, wanted)]

    def drafted(self, run_id: int) -> set[int]:
        """Ids of the items that already have a proposal row of this run."""
        return {int(row[0]) for row in self._database.rows("SELECT item_id FROM proposals WHERE run_id = ?", [run_id])}

    def account(self, run_id: int) -> list[tuple[str, str, int]]:
        """(state, problem, number of items) of everything that a run stored."""
        sql = "SELECT state, problem, count(*) FROM proposals WHERE run_id = ? GROUP BY ALL"
        return [
            (str(state), str(problem), int(number)) for state, problem, number in self._database.rows(sql, [run_id])
        ]

    def latest(self, field: str, item_ids: Sequence[int], backend: str = "") -> dict[int, Proposal]:
        """The active proposal of each item: the newest usable one, of ``backend`` first where one is preferred."""
        if not item_ids or not self._database.newest_id("proposals"):
            return {}
        # Item ids bound the scan: proposals of a run lie in item order, so whole row groups are skipped.
        low, high = int(min(item_ids)), int(max(item_ids))
        if len(item_ids) <= _FEW:
            sql = f"""SELECT {_PROPOSAL} FROM proposals
                WHERE field = ? AND state = 'ok' AND item_id BETWEEN ? AND ? AND list_contains(?::BIGINT[], item_id)"""
            few = [int(one) for one in item_ids]
            rows = self._newest_last(self._database.rows(sql, [field, low, high, few]), backend)
        else:
            wanted = pa.table({"item_id": pa.array([int(one) for one in item_ids], pa.int64())})
            sql = f"""SELECT {_PROPOSAL} FROM live_proposals p SEMI JOIN wanted USING (item_id)
                WHERE field = ? AND state = 'ok' AND item_id BETWEEN ? AND ?
                QUALIFY row_number() OVER (PARTITION BY item_id ORDER BY coalesce(run_id IN
                    (SELECT run_id FROM runs WHERE backend = ?), false) DESC, proposal_id DESC) = 1"""
            rows = self._database.joined(sql, wanted, [field, low, high, backend])
        return {int(row[2]): proposal_from(row) for row in rows}

    def _newest_last(self, rows: list[tuple[Any, ...]], backend: str) -> list[tuple[Any, ...]]:
        """Rows of runs that were not withdrawn, what is preferred at the end."""
        withdrawn = self.withdrawn()
        live = [row for row in rows if int(row[1]) not in withdrawn]
        return sorted(live, key=lambda row: (bool(backend) and self.identity(row[1])["backend"] == backend, row[0]))

    def withdrawn(self) -> frozenset[int]:
        """Runs that are undone now; read again only after something was undone or redone."""
        newest = self._database.newest_id("undos")
        if self._withdrawn[0] != newest:
            rows = self._database.rows("SELECT target_id FROM undone WHERE target = 'run'") if newest else []
            self._withdrawn = (newest, frozenset(int(row[0]) for row in rows))
        return self._withdrawn[1]

    def suspicious(self, field: str) -> frozenset[int]:
        """Items of which a run of the field said that their text speaks to the labeller.

        They stay so when the run is withdrawn: it is the text that is suspicious. Only rows that are new since the last
        call are read.
        """
        with self._looking:
            newest = self._database.newest_id("proposals")
            asked, seen, known = self._suspicious.get(field, (0, 0, frozenset()))
            if asked == newest:
                return known
            last, found = self._database.rows(
                """SELECT coalesce(max(proposal_id), 0), list(DISTINCT item_id) FILTER (starts_with(reason, ?))
                FROM proposals WHERE field = ? AND proposal_id > ?""",
                [MARK, field, seen],
            )[0]
            both = known.union(int(one) for one in found or ())
            self._suspicious[field] = (newest, max(seen, int(last)), both)
            return both

    def of_run(self, run_id: int) -> list[Proposal]:
        """All proposals of a run, by item."""
        sql = f"SELECT {_PROPOSAL} FROM proposals WHERE run_id = ? ORDER BY item_id"
        return [proposal_from(row) for row in self._database.rows(sql, [run_id])]

    def get(self, proposal_ids: Sequence[int]) -> list[Proposal]:
        """Proposals by id, ascending, withdrawn ones left out."""
        if len(proposal_ids) == 1:
            sql = f"SELECT {_PROPOSAL} FROM proposals WHERE proposal_id = ?"
            rows = self._database.rows(sql, [int(proposal_ids[0])])
            return [proposal_from(row) for row in rows if int(row[1]) not in self.withdrawn()]
        wanted = pa.table({"proposal_id": pa.array([int(one) for one in proposal_ids], pa.int64())})
        sql = f"SELECT {_PROPOSAL} FROM live_proposals SEMI JOIN wanted USING (proposal_id) ORDER BY proposal_id"
        return [proposal_from(row) for row in self._database.joined(sql, wanted)]

    def identity(self, run_id: int) -> dict[str, Any]:
        """The run's row as a dict; :class:`NotFound` if there is none. Rows of runs never change."""
        run_id = int(run_id)
        if run_id not in self._identities:
            names, rows = self._database.described("SELECT * FROM runs WHERE run_id = ?", [run_id])
            if not rows:
                raise NotFound(f"There is no run {run_id}.")
            self._identities[run_id] = dict(zip(names, rows[0], strict=True))
        return dict(self._identities[run_id])

    def add_queue(self, order: QueueOrder, arguments: Mapping[str, JsonValue], version: int, actor: Actor) -> int:
        """Record a sampling run with its items in order; returns the run's id."""
        with self._database.write() as transaction:
            run_id = self._start(transaction, order.identity, arguments, order.field, version, actor)
            insert_queue(transaction, run_id, order)
        return run_id


def _checked(
    draft: Draft,
    field: FieldSpec,
    text: str,
    spans: Sequence[Mapping[str, Any]] | None,
    size: tuple[int, int] | None,
    length: int | None,
) -> Draft:
    if draft.state != "ok" or draft.value is None:
        return draft
    try:
        value = check_value(field, draft.value, text, spans, size, length)
    except ValueRefused as refusal:
        return _with(draft, draft.value, "invalid", str(refusal))
    return _with(draft, value, "ok", draft.problem)


def _with(draft: Draft, value: Mapping[str, Any], state: Any, problem: str) -> Draft:
    return Draft(
        draft.item_id,
        draft.field,
        value,
        draft.score,
        draft.score_source,
        draft.alternatives,
        draft.reason,
        state,
        problem,
    )


def _row(proposal_id: int, run_id: int, version: int, draft: Draft, at: Any) -> dict[str, Any]:
    alternatives = [{"label": a.label, "score": a.score} for a in draft.alternatives]
    is_usable = draft.state == "ok"
    return {
        "proposal_id": proposal_id,
        "run_id": run_id,
        "item_id": draft.item_id,
        "field": draft.field,
        "schema_version": version,
        "value": None if draft.value is None else to_json(draft.value),
        "label": value_label(draft.value) if is_usable else None,
        "score": draft.score,
        "score_source": draft.score_source,
        "alternatives": to_json(alternatives),
        "reason": draft.reason,
        "state": draft.state,
        "problem": draft.problem,
        "made_at": at,
    }
