"""What the built-in planner says: calls to be run, a question with choices, help, or a few words."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from tools.records import JsonValue

PlanKind = Literal["calls", "question", "help", "talk", "jobs"]


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One call.

    ``on_last`` asks the host to put the items of the step before into the argument of that name. ``items`` are items
    by name; the host keeps them as a list and passes the name of the list as ``saved``.
    """

    tool: str
    arguments: Mapping[str, JsonValue] = dataclasses.field(default_factory=dict)
    on_last: str = ""
    items: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Choice:
    """A quick reply and the calls it stands for."""

    text: str
    calls: tuple[PlannedCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done about a sentence. ``notes`` say what was assumed; ``intent`` and ``score`` are for tests."""

    kind: PlanKind
    calls: tuple[PlannedCall, ...] = ()
    text: str = ""
    choices: tuple[Choice, ...] = ()
    notes: tuple[str, ...] = ()
    intent: str = ""
    score: float = 0.0


def calls(*planned: PlannedCall, notes: tuple[str, ...] = ()) -> Plan:
    """A plan to run these calls."""
    return Plan("calls", planned, notes=notes)


def question(text: str, *choices: Choice) -> Plan:
    """A plan to ask."""
    return Plan("question", text=text, choices=choices)


def talk(text: str) -> Plan:
    """A plan to say a few words and do nothing."""
    return Plan("talk", text=text)
