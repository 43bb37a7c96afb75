"""Real projects on disk for the tests of store, review desk, executor and jobs: small, with tools given by the test."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

from assistant.changes import handlers
from assistant.executor import Executor
from assistant.jobs import Jobs
from assistant.queueing import Queues
from assistant.review import Decision, ReviewDesk
from assistant.store.project import ProjectStore
from tools.exchange.batch import DROPPED, ITEMS, LABELS, PROPOSALS, REJECTS, ImportBatch
from tools.records import Actor, Draft, RunIdentity, Verdict, to_json
from tools.schema import read_schema
from tools.spec import ToolSpec

LEAD = Actor("lea", "lead", "key", "s-lea")
ANN = Actor("ann", "reviewer", "key", "s-ann")
BOB = Actor("bob", "reviewer", "key", "s-bob")
MODEL = Actor("lea", "lead", "agent", "s-lea")
SCHEMA = read_schema(
    """
name: Messages
fields:
  - {id: intent, name: Intent, kind: choice, cannot_tell: true, labels: [Refund, Delivery, Praise]}
  - {id: topics, name: Topics, kind: multi_choice, labels: [price, speed]}
  - {id: entities, name: Entities, kind: spans, labels: [product, place]}
  - {id: links, name: Links, kind: relations, over: entities,
     labels: [{id: sold_in, name: sold in, from: [product], to: [place]}]}
  - {id: mood, name: Mood, kind: rating}
  - {id: note, name: Note, kind: text, required: false}
"""
)
IDENTITY = RunIdentity("prelabel", 1, "builtin:test", "1", {})
REFUND, DELIVERY, PRAISE = ({"label": label} for label in ("refund", "delivery", "praise"))


@dataclass
class Opened:
    """A project with the parts that a session puts around it."""

    store: ProjectStore
    queues: Queues
    desk: ReviewDesk
    executor: Executor
    jobs: Jobs

    def __enter__(self) -> Opened:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.jobs.close()
        self.store.close()


def create(path: Path, items: int | Sequence[str] = 3, tools: Sequence[ToolSpec] = (), **settings: Any) -> Opened:
    """A new project with that many items, or with these texts; nothing is blind unless a setting says so."""
    store = ProjectStore.create(path, "Small", SCHEMA, LEAD.person)
    for key, value in {"blind_share": 0.0, **settings}.items():
        store.settings.put(key, value, LEAD)
    texts = [f"message number {number}" for number in range(1, items + 1)] if isinstance(items, int) else items
    if texts:
        store.take_in(batch(texts), LEAD, {})
    return around(store, tools)


def reopen(path: Path, tools: Sequence[ToolSpec] = ()) -> Opened:
    """A project that exists, opened again."""
    return around(ProjectStore(path), tools)


def around(store: ProjectStore, tools: Sequence[ToolSpec] = ()) -> Opened:
    """The other parts of a session around an open store."""
    queues = Queues(store)
    jobs = Jobs(store, {spec.name: spec.work for spec in tools if spec.work is not None}, queues.stir)
    executor = Executor(store, tools, handlers(store, queues), jobs.start, queues.stir, jobs.steering())
    return Opened(store, queues, ReviewDesk(store, queues), executor, jobs)


def batch(
    texts: Sequence[str],
    keys: Sequence[str | None] | None = None,
    labels: Sequence[Mapping[str, Any]] = (),
    proposals: Sequence[Mapping[str, Any]] = (),
    rejects: Sequence[Mapping[str, Any]] = (),
    source: str = "first.csv",
) -> ImportBatch:
    """A parsed file. Keys are K1, K2, … unless given; labels name at least their row and their value."""
    names = keys if keys is not None else [f"K{row}" for row in range(1, len(texts) + 1)]
    items = [
        {"row": row, "key": key, "text": text, "kind": "text", "parts": "", "meta": "{}"}
        for row, (key, text) in enumerate(zip(names, texts, strict=True), start=1)
    ]
    tables = (items, [_label(one) for one in labels], [_proposal(one) for one in proposals], list(rejects), [])
    schemas = (ITEMS, LABELS, PROPOSALS, REJECTS, DROPPED)
    columns = [pa.Table.from_pylist(list(rows), schema=kind) for rows, kind in zip(tables, schemas, strict=True)]
    digest = hashlib.sha256(source.encode()).hexdigest()
    return ImportBatch(*columns, len(texts) + len(rejects), source, digest, "csv")


def _label(given: Mapping[str, Any]) -> dict[str, Any]:
    value = given.get("value")
    usual = {"field": "intent", "annotator": "ann", "exposure": "imported_unknown", "reason": "", "decided_at": None}
    verdict = "choose" if value is not None else "skip"
    return {**usual, "verdict": verdict, **given, "value": None if value is None else to_json(value)}


def _proposal(given: Mapping[str, Any]) -> dict[str, Any]:
    usual = {"field": "intent", "backend": "other", "state": "ok", "problem": "", "alternatives": "[]", "score": None}
    return {**usual, **given, "value": to_json(given["value"])}


def suggest(project: Opened, values: Mapping[int, Mapping[str, Any]], field: str = "intent", **about: Any) -> int:
    """Store one proposal for each of these items; returns the run."""
    store = project.store
    run_id = store.runs.start(IDENTITY, {}, field, store.schema_version, LEAD)
    drafts = [Draft(item_id, field, value, **about) for item_id, value in values.items()]
    texts = dict(zip(values, store.items.texts(list(values)), strict=True))
    spans = {item_id: () for item_id in values} if field == "links" else None
    store.runs.add_drafts(run_id, drafts, store.schema, store.schema_version, texts, spans)
    project.queues.stir()
    return run_id


def decide(
    project: Opened, actor: Actor, item_id: int, value: Mapping[str, Any] | None, field: str = "intent", **more: Any
) -> int:
    """Open the card of an item and decide it; returns the review."""
    card = project.desk.open_card(actor, item_id, field)
    verdict: Verdict = more.pop("verdict", "choose" if value is not None else "skip")
    exposure = card.exposure.exposure_id
    decision = Decision(exposure, more.pop("key", f"k{exposure}"), verdict, value, **more)
    return project.desk.decide(actor, decision).review.review_id


def annotation(project: Opened, item_id: int, field: str = "intent") -> tuple[str, Any] | None:
    """State and label of what stands, ``None`` for nothing."""
    rows = project.store.database.rows(
        "SELECT state, label FROM annotations WHERE item_id = ? AND field = ?", [item_id, field]
    )
    return (rows[0][0], rows[0][1]) if rows else None


def broken_checks(project: Opened) -> list[str]:
    """Names of the checks of ``verify`` that do not hold."""
    from assistant.store.checks.verify import verify

    return [check.name for check in verify(project.store.database) if not check.holds]
