"""The world of the planner for tests, and scripted stand-ins that raise when their script ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

from assistant.agent.words.world import LastResult, PlannerWorld
from assistant.executor import Outcome
from assistant.jobs import JobStatus
from tools.catalog import CATALOG
from tools.errors import AssistantError
from tools.records import Actor, Role
from tools.schema import LabelSchema, read_schema
from tools.spec import ToolSpec

SCHEMA_FILE = Path(__file__).resolve().parents[2] / "assistant" / "demo" / "schema.yaml"
NOW = datetime(2026, 11, 23, 15, 30, tzinfo=timezone(timedelta(hours=1)))


@lru_cache(maxsize=1)
def demo_schema() -> LabelSchema:
    return read_schema(SCHEMA_FILE.read_text(encoding="utf-8"))


def catalog() -> dict[str, ToolSpec]:
    return {spec.name: spec for spec in CATALOG}


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
        "last_actions": {"bulk_accept": 41, "mark_gold": 40, "prelabel": 12, "sample": 13, "skip": 7},
        "recent": tuple(NOW - timedelta(minutes=5 * n) for n in range(1, 21)),
    }
    return PlannerWorld(demo_schema(), NOW, "ana", "lead", last=last, **{**told, **more})


def utc(text: str) -> str:
    return datetime.fromisoformat(text).replace(tzinfo=NOW.tzinfo).astimezone(UTC).isoformat(timespec="seconds")


class ScriptedDoor:
    """An executor that answers from a script and raises when it ends; ``asked`` is what it was called with."""

    def __init__(self, *script: Outcome | AssistantError) -> None:
        self._script = list(script)
        self.asked: list[tuple[str, dict[str, Any], Actor]] = []

    def call(self, name: str, args: Mapping[str, Any], actor: Actor) -> Outcome:
        self.asked.append((name, dict(args), actor))
        if not self._script:
            raise AssertionError(f"the script ended, but {name} was called")
        answer = self._script.pop(0)
        if isinstance(answer, AssistantError):
            raise answer
        return answer

    def specs(self, role: Role) -> list[ToolSpec]:
        return list(catalog().values())


class ScriptedJobs:
    """Jobs whose statuses come from a script; the last one stays."""

    def __init__(self, *script: JobStatus) -> None:
        self._script = list(script)

    def status(self, job_id: int) -> JobStatus:
        if not self._script:
            raise AssertionError("the script ended, but a status was asked for")
        return self._script.pop(0) if len(self._script) > 1 else self._script[0]
