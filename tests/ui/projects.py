"""Real projects for the tests of the page: store, desk and executor as in production, tools and chat scripted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa

from assistant.executor import Executor
from assistant.jobs import Jobs
from assistant.learning.encoder import Encoder
from assistant.queueing import Queues
from assistant.review import ReviewDesk
from assistant.store.project import ProjectStore
from tests.ui.scripted_tools import HANDLERS, TOOLS
from tools.exchange.batch import DROPPED, ITEMS, LABELS, PROPOSALS, REJECTS, ImportBatch
from tools.images.probe import probe
from tools.records import Actor, Alternative, Draft, RunIdentity, to_json
from tools.schema import LabelSchema, read_schema
from tools.sounds.probe import probe as probe_sound

LEAD = Actor("lead", "lead", "cli")
_FILES = {"image": probe, "sound": probe_sound}

INTENT = """
name: Support
guideline: |
  # How to read
  Decide what the **writer** wants now.
fields:
  - id: intent
    name: Intent
    kind: choice
    question: What does the writer want?
    guideline: "Only one: the *first* wish counts."
    labels:
      - {id: refund, name: Refund, description: Money back for something paid, color: "#c2410c"}
      - {id: return, name: Return, description: Sends the thing back, color: "#1d4ed8"}
      - {id: delivery, name: Delivery, description: Where is it, color: "#047857"}
      - {id: praise, name: Praise, color: "#6d28d9"}
    cannot_tell: true
"""

MANY = "name: Codes\nfields:\n  - id: code\n    name: Code\n    kind: choice\n    labels:\n" + "".join(
    f"      - {{id: code_{group.lower()}_{number}, name: '{word} {number}', group: {group}}}\n"
    for group, word in (("Money", "Refund"), ("Parcel", "Delivery"), ("Person", "Staff"))
    for number in range(1, 8)
)

SPANS = """
name: Entities
fields:
  - id: entities
    name: Entities
    kind: spans
    question: Mark products and places
    labels: [{id: product, name: Product, color: "#c2410c"}, {id: place, name: Place, color: "#1d4ed8"}]
  - id: links
    name: Links
    kind: relations
    over: entities
    labels: [{id: sold_in, name: sold in, from: [product], to: [place]}, {id: near, name: near}]
"""

EVERY_KIND = """
name: All kinds
item: pair
fields:
  - {id: topics, name: Topics, kind: multi_choice, labels: [Billing, Delivery, Account]}
  - {id: score, name: Score, kind: rating, min: 1, max: 5, question: 'How alike are they?'}
  - {id: note, name: Note, kind: text, question: Say why}
"""


@dataclass
class Opened:
    """What the page sees of an open project."""

    store: ProjectStore
    desk: ReviewDesk
    executor: Executor
    jobs: Jobs
    encoder: Encoder = field(default_factory=Encoder)

    @property
    def path(self) -> Path:
        return self.store.path

    @property
    def schema(self) -> LabelSchema:
        return self.store.schema

    @property
    def users(self) -> Any:
        return self.store.users

    def __enter__(self) -> Opened:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.encoder.close()
        self.jobs.close()
        self.store.close()


def make_project(
    path: Path, schema: str, items: Sequence[Mapping[str, Any]], name: str = "Demo", blind_share: float = 0.0
) -> Opened:
    """A project with these items; none of them blind unless asked for."""
    store = ProjectStore.create(path, name, read_schema(schema), LEAD.person)
    store.settings.put("blind_share", blind_share, LEAD)
    if items:
        store.take_in(_batch(items), LEAD, {})
    return _around(store)


def reopen_project(path: Path) -> Opened:
    """A project that exists, opened again."""
    return _around(ProjectStore(path))


def _around(store: ProjectStore) -> Opened:
    queues = Queues(store)
    jobs = Jobs(store, {spec.name: spec.work for spec in TOOLS if spec.work is not None}, queues.stir)
    handlers = {kind: handle(store, queues) for kind, handle in HANDLERS.items()}
    executor = Executor(store, TOOLS, handlers, jobs.start, queues.stir, jobs.steering())
    return Opened(store, ReviewDesk(store, queues), executor, jobs)


def suggest(project: Opened, field: str, values: Mapping[int, Mapping[str, Any]], **about: Any) -> int:
    """Store one proposal for each of these items; returns the run."""
    store = project.store
    identity = RunIdentity("prelabel", 1, "builtin:test", "1", {})
    run_id = store.runs.start(identity, {}, field, store.schema_version, LEAD)
    others = tuple(Alternative(label, score) for label, score in about.pop("alternatives", ()))
    drafts = [Draft(item, field, value, alternatives=others, **about) for item, value in values.items()]
    texts = dict(zip(values, store.items.texts(list(values)), strict=True))
    store.runs.add_drafts(run_id, drafts, store.schema, store.schema_version, texts)
    project.executor.on_change()
    return run_id


def decisions(project: Opened) -> list[tuple[str, str, Any]]:
    """(item key, verdict, value) of every review that was not undone, oldest first."""
    rows = project.store.database.rows(
        """SELECT i.key, r.verdict, r.value FROM live_reviews r JOIN items i USING (item_id) ORDER BY r.review_id"""
    )
    return [(key, verdict, json.loads(value) if value else None) for key, verdict, value in rows]


def _media_of(item: Mapping[str, Any]) -> str | None:
    """What the batch says about the file of an item that has one."""
    for name, look in _FILES.items():
        if name in item:
            return to_json({**asdict(look(Path(item[name])).media), "source": str(item[name])})
    return None


def _batch(items: Sequence[Mapping[str, Any]]) -> ImportBatch:
    rows = [
        {
            "row": number,
            "key": item.get("key", f"M{number:03}"),
            "text": item["text"] if "text" in item else Path(item.get("image") or item["sound"]).name,
            "kind": item.get("kind", "image" if "image" in item else "audio" if "sound" in item else "text"),
            "parts": to_json(item["parts"]) if "parts" in item else "",
            "meta": to_json(item.get("meta", {})),
            "media": _media_of(item),
        }
        for number, item in enumerate(items, start=1)
    ]
    empty = {one: pa.Table.from_pylist([], schema=one) for one in (LABELS, PROPOSALS, REJECTS, DROPPED)}
    return ImportBatch(
        items=pa.Table.from_pylist(rows, schema=ITEMS),
        labels=empty[LABELS],
        proposals=empty[PROPOSALS],
        rejects=empty[REJECTS],
        dropped=empty[DROPPED],
        read=len(rows),
        source_name="items.csv",
        source_hash=hashlib.sha256(to_json(rows).encode()).hexdigest(),
        format="csv",
    )
