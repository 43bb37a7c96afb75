"""What happens in a turn of the conversation, one frozen record an event; page and terminal show the same ones."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tools.records import JsonValue
from tools.results import ToolResult

# Whose words an event carries: a model hears again what tools and it itself said, never notices of the program.
Speaker = Literal["program", "tool", "model"]
EventKind = Literal[
    "tool_started",
    "tool_finished",
    "progress",
    "text",
    "options",
    "action",  # a change waits for a person
    "decided",  # a decision on the item in hand was carried out: the page loads the next card
    "moved",  # the card shall show something else
    "error",
]


@dataclass(frozen=True)
class TurnEvent:
    """One thing that happened; ``text`` is fit to be shown as it is. ``options`` are quick replies."""

    kind: EventKind
    text: str = ""
    tool: str = ""
    arguments: Mapping[str, JsonValue] = dataclasses.field(default_factory=dict)
    result: ToolResult | None = None
    options: tuple[str, ...] = ()
    action_id: int | None = None
    job_id: int | None = None
    run_id: int | None = None
    exposure_id: int | None = None
    seconds: float = 0.0
    by: Speaker = "program"
