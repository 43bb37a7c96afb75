"""A small project in memory: the real tables and views, and one short call a row. For tests of queries and of tools."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pandas as pd

from assistant.store.file.migrations import MIGRATIONS
from assistant.store.queries.queries import QUERIES
from assistant.store.queries.sight import asked_by
from tools.context import Answer
from tools.errors import NotAllowed, NotFound
from tools.records import ROLE_RANK, Actor, to_json
from tools.values import comparable, value_label

START = datetime(2026, 3, 2, 9, 0, 0)
Value = Mapping[str, Any]


def choice(label: str) -> dict[str, Any]:
    """A value of a choice field."""
    return {"label": label}


def spans(*regions: tuple[int, int, str]) -> dict[str, Any]:
    """A value of a spans field from (start, end, label); ids count up, so that equal regions differ in their ids."""
    listed = [{"id": f"s{start}_{end}", "start": start, "end": end, "label": label} for start, end, label in regions]
    return {"spans": listed}


def answer_of(value: Value | None) -> str | None:
    """What the store writes into the column ``answer``."""
    if value is None:
        return None
    return value_label(value) or hashlib.md5(comparable(value).encode(), usedforsecurity=False).hexdigest()


class Rows:
    """Tables of one project. Times go up by a second a row where none is given."""

    def __init__(self) -> None:
        """Make every table and view, and one import that all items belong to."""
        # Tiny tables: more threads only wait for each other.
        self.connection = duckdb.connect(config={"threads": 1})
        for migration in MIGRATIONS:
            self.connection.execute(migration.sql)
        self._ids: dict[str, int] = {}
        self._clock = START
        self._insert(
            "imports",
            import_id=1,
            source_name="first.csv",
            source_hash="h",
            format="csv",
            options="{}",
            counts="{}",
            actor="lea",
            made_at=self._tick(),
        )

    def _tick(self, at: datetime | None = None) -> datetime:
        self._clock += timedelta(seconds=1)
        return at or self._clock

    def _next(self, table: str) -> int:
        self._ids[table] = self._ids.get(table, 0) + 1
        return self._ids[table]

    def _insert(self, table: str, **columns: Any) -> None:
        marks = ", ".join("?" for _ in columns)
        names = ", ".join(columns)
        self.connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", list(columns.values()))

    def ask(self, query: str, actor: Actor | None = None, **params: Any) -> Answer:
        """Run a named query as the store does."""
        named = QUERIES.get(query)
        if named is None:
            raise NotFound(f"There is no query {query!r}.")
        if actor is not None and ROLE_RANK[actor.role] < ROLE_RANK[named.role]:
            raise NotAllowed(f"The query {query!r} needs the role {named.role}.")
        unknown = set(params) - set(named.parameters)
        assert not unknown, f"{query} has no parameter {unknown}"
        given = {"viewer": actor.person if actor else None, **params}
        bound = {name: given.get(name) for name in named.parameters}
        sql, bound = asked_by(actor, named, bound) if actor else (named.sql, bound)
        cursor = self.connection.execute(sql, bound)
        names = tuple(column[0] for column in cursor.description or ())
        return Answer(names, tuple(cursor.fetchall()), sql, bound)

    def frame(self, name: str) -> pd.DataFrame:
        """A table or view as it is, for recounting."""
        return self.connection.execute(f"SELECT * FROM {name}").df()

    def item(self, text: str = "a text", key: str = "", meta: Mapping[str, Any] | None = None) -> int:
        """Add an item; its key is K1, K2, … where none is given."""
        item_id = self._next("items")
        self._insert(
            "items",
            item_id=item_id,
            key=key or f"K{item_id}",
            kind="text",
            text=text,
            parts="[]",
            meta=to_json(meta or {}),
            import_id=1,
            source_row=item_id,
        )
        return item_id

    def picture(self, key: str, width: int = 640, height: int = 480, **media: Any) -> int:
        """Add an item that is an image, with its file's record."""
        item_id = self.item(key, key)
        self.connection.execute("UPDATE items SET kind = 'image' WHERE item_id = ?", [item_id])
        told = {
            "digest": "ab" * 32,
            "mime": "image/jpeg",
            "orientation": 1,
            "bits": 8,
            "frames": 1,
            "size": 0,
            "place": "",
        }
        self._insert("media", item_id=item_id, width=width, height=height, **{**told, **media})
        return item_id

    def items(self, count: int) -> list[int]:
        """Add several items."""
        return [self.item(f"text number {number}") for number in range(count)]

    def run(
        self,
        backend: str = "builtin:few-shot",
        tool: str = "prelabel",
        field: str = "intent",
        actor: str = "lea",
        via: str = "agent",
        at: datetime | None = None,
    ) -> int:
        """Add a run."""
        run_id = self._next("runs")
        self._insert(
            "runs",
            run_id=run_id,
            tool=tool,
            tool_version=1,
            backend=backend,
            revision="r1",
            settings="{}",
            prompt="",
            prompt_hash="",
            arguments="{}",
            field=field,
            schema_version=1,
            actor=actor,
            via=via,
            session="",
            made_at=self._tick(at),
        )
        return run_id

    def proposal(
        self,
        run_id: int,
        item_id: int,
        value: Value | None,
        score: float | None = None,
        field: str = "intent",
        state: str = "ok",
        problem: str = "",
        source: str = "calibrated",
        at: datetime | None = None,
    ) -> int:
        """Add a proposal."""
        proposal_id = self._next("proposals")
        self._insert(
            "proposals",
            proposal_id=proposal_id,
            run_id=run_id,
            item_id=item_id,
            field=field,
            schema_version=1,
            value=None if value is None else to_json(value),
            label=value_label(value) if state == "ok" else None,
            score=score,
            score_source=source,
            alternatives="[]",
            reason="",
            state=state,
            problem=problem,
            made_at=self._tick(at),
        )
        return proposal_id

    def exposure(
        self,
        item_id: int,
        reviewer: str,
        kind: str = "suggested",
        field: str = "intent",
        proposal: int | None = None,
        adaptive: bool = False,
    ) -> int:
        """Show an item to somebody."""
        exposure_id = self._next("exposures")
        self._insert(
            "exposures",
            exposure_id=exposure_id,
            item_id=item_id,
            field=field,
            reviewer=reviewer,
            kind=kind,
            proposal_id=proposal,
            session="",
            inclusion_p=None,
            adaptive=adaptive,
            issued_at=self._tick(),
        )
        return exposure_id

    def review(
        self,
        item_id: int,
        reviewer: str,
        value: Value | None,
        verdict: str = "choose",
        exposure: str = "suggested",
        field: str = "intent",
        proposal: int | None = None,
        adaptive: bool = False,
        seconds: float | None = None,
        adjudicates: bool = False,
        action: int | None = None,
        import_id: int | None = None,
        at: datetime | None = None,
        reason: str = "",
    ) -> int:
        """Add an exposure and the decision made from it."""
        exposure_id = self.exposure(item_id, reviewer, exposure, field, proposal, adaptive)
        before = self.connection.execute(
            "SELECT max(review_id) FROM reviews WHERE item_id = ? AND field = ? AND reviewer = ?",
            [item_id, field, reviewer],
        ).fetchall()[0][0]
        review_id = self._next("reviews")
        self._insert(
            "reviews",
            review_id=review_id,
            exposure_id=exposure_id,
            item_id=item_id,
            field=field,
            reviewer=reviewer,
            verdict=verdict,
            value=None if value is None else to_json(value),
            label=value_label(value),
            answer=answer_of(value),
            proposal_id=proposal,
            exposure=exposure,
            adaptive=adaptive,
            reason=reason,
            regions="{}",
            schema_version=1,
            idempotency_key=str(review_id),
            action_id=action,
            import_id=import_id,
            adjudicates=adjudicates,
            supersedes=before,
            via="key",
            session="",
            seconds=seconds,
            made_at=self._tick(at),
        )
        return review_id

    def say(self, item_id: int, reviewer: str, label: str, **more: Any) -> int:
        """A decision on the choice field."""
        return self.review(item_id, reviewer, choice(label), **more)

    def event(self, item_id: int, reviewer: str, verdict: str, **more: Any) -> int:
        """A decision without a value: reject, skip, flag or comment."""
        return self.review(item_id, reviewer, None, verdict=verdict, **more)

    def undo(
        self, target: str, target_id: int, undone: bool = True, actor: str = "lea", at: datetime | None = None
    ) -> int:
        """Take something back, or with ``undone=False`` put it in force again."""
        undo_id = self._next("undos")
        self._insert(
            "undos",
            undo_id=undo_id,
            target=target,
            target_id=target_id,
            undone=undone,
            actor=actor,
            via="key",
            reason="",
            made_at=self._tick(at),
        )
        return undo_id

    def gold(
        self,
        item_id: int,
        value: Value,
        field: str = "intent",
        active: bool = True,
        action: int | None = None,
        at: datetime | None = None,
    ) -> int:
        """Mark a value as gold."""
        gold_id = self._next("gold_marks")
        self._insert(
            "gold_marks",
            gold_id=gold_id,
            item_id=item_id,
            field=field,
            value=to_json(value),
            label=value_label(value),
            answer=answer_of(value),
            active=active,
            actor="lea",
            action_id=action,
            made_at=self._tick(at),
        )
        return gold_id

    def action(self, kind: str = "bulk_accept", actor: str = "lea", decision: str = "confirmed") -> int:
        """Add a pending action and, unless ``decision`` is empty, the answer to it."""
        action_id = self._next("pending_actions")
        self._insert(
            "pending_actions",
            action_id=action_id,
            tool=kind,
            kind=kind,
            sentence="",
            arguments="{}",
            preview="[]",
            item_ids="[]",
            riskiest="[]",
            role="lead",
            actor=actor,
            via="agent",
            session="",
            made_at=self._tick(),
        )
        if decision:
            self._insert(
                "action_decisions",
                action_id=action_id,
                decision=decision,
                actor=actor,
                via="key",
                outcome="",
                made_at=self._tick(),
            )
        return action_id

    def queue(self, run_id: int, item_ids: Sequence[int], field: str = "intent", adaptive: bool = True) -> None:
        """Put items into the queue of a sampling run."""
        for position, item_id in enumerate(item_ids):
            self._insert(
                "queue_entries",
                run_id=run_id,
                field=field,
                position=position,
                item_id=item_id,
                reason="",
                adaptive=adaptive,
                inclusion_p=None,
            )

    def job(self, run_id: int, total: int, state: str = "running") -> int:
        """Add a background job."""
        job_id = self._next("jobs")
        self._insert(
            "jobs",
            job_id=job_id,
            run_id=run_id,
            tool="prelabel",
            field="intent",
            state=state,
            units="[]",
            total=total,
            note="",
            person="lea",
            role="lead",
            session="",
            created_at=self._tick(),
            changed_at=self._tick(),
        )
        return job_id

    def setting(self, key: str, value: Any) -> None:
        """Set a setting."""
        self._insert("settings", key=key, value=to_json(value))
