"""Making the demo project from its files: messages, several people's labels, gold."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyarrow as pa

from assistant.store.project import DATABASE, ProjectStore
from tools.exchange.batch import DROPPED, ITEMS, LABELS, PROPOSALS, REJECTS, ImportBatch
from tools.records import Actor, to_json
from tools.schema import read_schema
from tools.values import check_value, regions_of

DEMO_NAME = "Larkfield customer messages"
WHOLE = "whole.txt"
"""The file that says that a demo project was made to its end."""


def demo_is_whole(place: Path) -> bool:
    """Whether a demo project was made there to its end."""
    return (place / DATABASE).is_file() and (place / WHOLE).is_file()


def build_demo(place: Path) -> None:
    """Make the demo project anew; a folder that holds anything else is refused by the store."""
    if (place / DATABASE).is_file():
        shutil.rmtree(place)
    schema = read_schema(_text("schema.yaml"))
    store = ProjectStore.create(place, DEMO_NAME, schema, "demo")
    try:
        actor = Actor("demo", "lead", "cli", "demo")
        store.take_in(_batch(store), actor, {"source": "demo"})
        _mark_gold(store, actor)
    finally:
        store.close()
    (place / WHOLE).write_text("The demo project was made to its end.\n", encoding="utf-8")


def _text(name: str) -> str:
    return files("assistant.demo").joinpath(name).read_text(encoding="utf-8")


def _lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in _text(name).split("\n") if line.strip()]


def _batch(store: ProjectStore) -> ImportBatch:
    messages = list(csv.DictReader(io.StringIO(_text("messages.csv"), newline="")))
    rows = {message["id"]: number for number, message in enumerate(messages, start=1)}
    items = [
        {
            "row": rows[message["id"]],
            "key": message["id"],
            "text": message["text"],
            "kind": "text",
            "parts": "",
            "meta": to_json({"channel": message["channel"], "received_at": message["received_at"]}),
        }
        for message in messages
    ]
    texts = {message["id"]: message["text"] for message in messages}
    labels = _labels(store, rows, texts)
    return ImportBatch(
        items=pa.Table.from_pylist(items, schema=ITEMS),
        labels=pa.Table.from_pylist(labels, schema=LABELS),
        proposals=PROPOSALS.empty_table(),
        rejects=REJECTS.empty_table(),
        dropped=DROPPED.empty_table(),
        read=len(items),
        source_name="demo",
        source_hash=hashlib.sha256((_text("messages.csv") + _text("labels.jsonl")).encode()).hexdigest(),
        format="demo",
    )


def _labels(store: ProjectStore, rows: dict[str, int], texts: dict[str, str]) -> list[dict[str, Any]]:
    given = _lines("labels.jsonl")
    spans = {(one["item"], one["annotator"], one["field"]): regions_of(one["value"]) for one in given}
    labels = []
    for one in given:
        field = store.schema.field(one["field"])
        over = spans.get((one["item"], one["annotator"], field.over)) if field.over else None
        labels.append(
            {
                "row": rows[one["item"]],
                "field": field.id,
                "annotator": one["annotator"],
                "value": to_json(check_value(field, one["value"], texts[one["item"]], over)),
                "verdict": field.record.verdict,
                "decided_at": datetime.fromisoformat(one["decided_at"]),
                "exposure": one["exposure"],
                "reason": "",
            }
        )
    return labels


def _mark_gold(store: ProjectStore, actor: Actor) -> None:
    gold = _lines("gold.jsonl")
    ids = store.items.resolve([one["item"] for one in gold])
    texts = store.items.texts(ids)
    marks = [
        (item_id, str(one["field"]), check_value(store.schema.field(one["field"]), one["value"], text))
        for item_id, one, text in zip(ids, gold, texts, strict=True)
    ]
    store.reviews.mark_gold(marks, actor, None)
