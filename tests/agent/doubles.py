"""A small scripted stand-in for session, executor and review desk; it raises when its script ends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from assistant.agent.world import LastResult, PlannerWorld
from tools.schema import LabelSchema, read_schema
from tools.spec import ToolSpec

SCHEMA_FILE = Path(__file__).resolve().parents[2] / "assistant" / "demo" / "schema.yaml"
NOW = datetime(2026, 11, 23, 15, 30, tzinfo=timezone(timedelta(hours=1)))


def demo_schema() -> LabelSchema:
    return read_schema(SCHEMA_FILE.read_text(encoding="utf-8"))


def catalog() -> dict[str, ToolSpec]:
    from tools.ask.explain import explain_item
    from tools.ask.find import find_items
    from tools.ask.measure import measure
    from tools.ask.status import project_status
    from tools.decide.bulk import bulk_accept
    from tools.decide.gold import mark_gold
    from tools.decide.schema_change import change_schema
    from tools.decide.take_back import undo
    from tools.exchange.tool import export_data, import_data
    from tools.prelabel.tool import prelabel
    from tools.sample.tool import sample

    specs = [project_status, find_items, explain_item, measure, sample, prelabel, export_data, import_data]
    specs += [bulk_accept, mark_gold, change_schema, undo]
    return {spec.name: spec for spec in specs}


def world(last: LastResult | None = None, **more: Any) -> PlannerWorld:
    """A lead called ana in the demo project, with M012 and Intent in hand."""
    told: dict[str, Any] = {
        "people": ("ana", "ben", "chloe"),
        "filters": ("late ones",),
        "items": {f"M{n:03}": f"M{n:03}" for n in range(1, 60)}
        | {f"m{n:03}": f"M{n:03}" for n in range(1, 60)}
        | {"#7": "#7"},
        "columns": {"channel": ("email", "chat", "phone_note", "review")},
        "tools": catalog(),
        "export_place": "exports/out",
        "recent": tuple(NOW - timedelta(minutes=5 * n) for n in range(1, 21)),
    }
    return PlannerWorld(demo_schema(), NOW, "ana", "lead", last=last, **{**told, **more})


def utc(text: str) -> str:
    return datetime.fromisoformat(text).replace(tzinfo=NOW.tzinfo).astimezone(UTC).isoformat(timespec="seconds")
