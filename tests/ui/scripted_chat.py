"""A conversation that knows a few sentences and raises on any other: a double of the assistant's own."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from assistant.review import Decision
from tools.errors import InputError
from tools.records import Actor
from tools.results import ToolResult


@dataclass(frozen=True)
class Event:
    """One event of a turn, as the contract has it."""

    kind: str
    text: str = ""
    tool: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    result: ToolResult | None = None
    options: tuple[str, ...] = ()
    action_id: int | None = None
    job_id: int | None = None
    run_id: int | None = None
    exposure_id: int | None = None
    seconds: float = 0.0


class ScriptedConversation:
    """Answers by its script, over the real desk and executor."""

    def __init__(self, session: Any) -> None:
        self.session = session
        self.heard: list[tuple[str, int | None]] = []
        self.changed: list[bool] = []

    def turn(
        self, text: str, actor: Actor, exposure_id: int | None = None, is_changed: bool = False, **_about: Any
    ) -> Iterator[Event]:
        self.heard.append((text, exposure_id))
        self.changed.append(is_changed)
        scripts = {
            "accept": self._accept,
            "undo": self._undo,
            "how good?": self._measure,
            "change the schema": self._change,
            "what now?": self._options,
            "break": self._break,
            "slowly": self._slowly,
            "trouble": self._trouble,
        }
        if text in scripts:
            yield from scripts[text](actor, exposure_id)
        elif text.startswith("say "):
            yield Event("text", text[4:])
        else:
            raise AssertionError(f"the script does not know {text!r}")

    def _accept(self, actor: Actor, exposure_id: int | None) -> Iterator[Event]:
        assert exposure_id is not None
        self.session.desk.decide(actor, Decision(exposure_id, secrets.token_hex(8), "accept"))
        yield Event("decided", "Accepted.", exposure_id=exposure_id)

    def _undo(self, actor: Actor, exposure_id: int | None) -> Iterator[Event]:
        undone = self.session.desk.undo(actor)
        yield Event("moved", undone.sentence, exposure_id=undone.card.exposure.exposure_id)

    def _measure(self, actor: Actor, exposure_id: int | None) -> Iterator[Event]:
        yield Event("tool_started", tool="measure", arguments={"metric": "progress"})
        yield Event("progress", "counting")
        outcome = self.session.executor.call("measure", {}, actor)
        yield Event("tool_finished", tool="measure", result=outcome.result, seconds=0.25)
        yield Event("text", outcome.result.text)

    def _change(self, actor: Actor, exposure_id: int | None) -> Iterator[Event]:
        from tools.schema import dump_schema

        yaml = dump_schema(self.session.schema).replace("Refund", "Money back")
        outcome = self.session.executor.call("change_schema", {"schema_yaml": yaml}, actor)
        yield Event("action", "This waits for your yes.", action_id=outcome.action_id)

    def _options(self, actor: Actor, exposure_id: int | None) -> Iterator[Event]:
        yield Event("options", "What would you like?", options=("how good?", "say <b>no</b>"))

    def _slowly(self, actor: Actor, exposure_id: int | None) -> Iterator[Event]:
        yield Event("progress", "at it")
        time.sleep(2)
        yield Event("text", "slowly done")

    def _break(self, actor: Actor, exposure_id: int | None) -> Iterator[Event]:
        yield Event("tool_started", tool="measure")
        raise RuntimeError("a defect with a secret inside")

    def _trouble(self, actor: Actor, exposure_id: int | None) -> Iterator[Event]:
        yield Event("tool_started", tool="measure")
        raise InputError("There is no such field.")
