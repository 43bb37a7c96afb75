"""What the built-in planner knows of the project: names, times and the last result. No database, no item texts."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from tools.filters import ItemFilter
from tools.records import JsonValue, Role
from tools.schema import LabelSchema
from tools.spec import ToolSpec


@dataclass(frozen=True, slots=True)
class LastResult:
    """What "those", "that" and "the same" mean: the last call that ran in the conversation, and what came of it.

    ``listed`` are the items of the last list, where that was not what this call is about. ``by_model`` says that a
    language model chose it, because the person has asked for nothing yet.
    """

    tool: str
    arguments: Mapping[str, JsonValue]
    items: tuple[int, ...] = ()
    where: ItemFilter | None = None
    run_id: int | None = None
    action_id: int | None = None
    listed: tuple[int, ...] = ()
    by_model: bool = False

    @property
    def shown(self) -> tuple[int, ...]:
        """The items of the list that was shown last, in its order: what "the second one" counts in."""
        return self.listed or self.items


@dataclass(frozen=True)
class PlannerWorld:
    """Everything :func:`assistant.agent.planner.planner.plan` reads besides the sentence.

    ``now`` carries the person's time zone. ``recent`` are the times of the person's last decisions, newest first;
    ``batches`` says of numbers in the sentence whether a run or an action of that number exists, or both;
    ``last_actions`` are the numbers of the person's latest work of each kind that stands: decisions by verdict, runs
    by tool, bulk acceptances and gold marks. ``items`` maps words of the sentence to keys of items, ``columns`` the
    items' own columns to values that occur, where they are few. ``item_in_hand`` and ``field_in_hand`` are what the
    card shows. ``export_place`` is a path without ending, in the project's own folder: nobody names a path in the
    chat.
    """

    schema: LabelSchema
    now: datetime
    person: str
    role: Role = "lead"
    people: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    items: Mapping[str, str] = dataclasses.field(default_factory=dict)
    columns: Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    tools: Mapping[str, ToolSpec] = dataclasses.field(default_factory=dict)
    last: LastResult | None = None
    recent: tuple[datetime, ...] = ()
    batches: Mapping[int, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    last_actions: Mapping[str, int] = dataclasses.field(default_factory=dict)
    export_place: str = "export"
    item_in_hand: str = ""
    field_in_hand: str = ""
