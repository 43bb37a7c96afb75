"""Tiny tools, declared as every tool is: one of each effect, and some that misbehave."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from pydantic import Field

from tools.context import CallLog, ToolContext
from tools.records import Alternative, Draft, RunIdentity
from tools.results import Artefact, Change, QueueOrder, ToolResult, WorkPlan
from tools.spec import ToolArgs, ToolSpec, tool

IDENTITY = RunIdentity("label_all", 1, "builtin:test", "r1", {"calibration": ""})


class NoArgs(ToolArgs):
    """No arguments."""


class UnitArgs(ToolArgs):
    """How the items are cut."""

    unit: int = Field(default=2, ge=1, description="Items in one unit")


class ItemsArgs(ToolArgs):
    """Some items."""

    ids: list[int] = Field(description="The items")


class UndoArgs(ToolArgs):
    """What to take back."""

    target: str = Field(description="review, run, action or import")
    number: int = Field(description="Its number")
    redo: bool = Field(default=False, description="Put it in force again")


class ScriptedWork:
    """Every item is a refund, unless the test says something else for a batch."""

    def __init__(self) -> None:
        self.loaded: list[list[int]] = []
        self.computed: list[list[int]] = []
        self.before: Callable[[list[int], CallLog], list[Draft] | None] = lambda unit, calls: None

    def load(self, ctx: ToolContext, unit: Sequence[int], artefact: Artefact) -> Any:
        """The texts and what was learned."""
        self.loaded.append(list(unit))
        return list(zip(unit, ctx.items.texts(unit), strict=True))

    def compute(self, payload: Any, artefact: Artefact, calls: CallLog) -> list[Draft]:
        """One draft an item."""
        unit = [item_id for item_id, _ in payload]
        given = self.before(unit, calls)
        self.computed.append(unit)
        if given is not None:
            return given
        label = str(artefact.json["label"])
        return [
            Draft(one, "intent", {"label": label}, 0.5, "uncalibrated", (Alternative("praise", 0.1),)) for one in unit
        ]


class Gate:
    """Holds a job between two batches until the test lets it go on."""

    def __init__(self) -> None:
        self.arrived, self.go = threading.Semaphore(0), threading.Semaphore(0)

    def __call__(self, unit: list[int], calls: CallLog) -> None:
        self.arrived.release()
        assert self.go.acquire(timeout=60)


def label_tool(work: ScriptedWork) -> ToolSpec:
    """A tool that proposes a label for every item."""

    @tool(effect="propose", version=1, work=work)
    def label_all(args: UnitArgs, ctx: ToolContext) -> ToolResult:
        """Suggest a label for every item."""
        ids = ctx.items.all_ids().tolist()
        units = tuple(tuple(ids[at : at + args.unit]) for at in range(0, len(ids), args.unit))
        artefact = Artefact({"label": "refund"}, {"weights": np.arange(3.0)})
        return ToolResult("Working.", work=WorkPlan(IDENTITY, "intent", units, artefact))

    return label_all


@tool(effect="read", version=1)
def count_items(args: NoArgs, ctx: ToolContext) -> ToolResult:
    """Count the items."""
    return ToolResult(f"There are {ctx.items.count()}.")


@tool(effect="propose", version=1)
def put_first(args: ItemsArgs, ctx: ToolContext) -> ToolResult:
    """Put items at the front of the queue."""
    ids = tuple(args.ids)
    order = QueueOrder(IDENTITY, "intent", ids, tuple("asked for" for _ in ids), "asked")
    return ToolResult("Queued.", queue=order)


@tool(effect="change", version=1, role="lead")
def accept_these(args: ItemsArgs, ctx: ToolContext) -> ToolResult:
    """Accept the suggestions of these items at once."""
    proposals = ctx.proposals.latest("intent", args.ids)
    ids = sorted(proposal.proposal_id for proposal in proposals.values())
    arguments = {"field": "intent", "proposal_ids": ids, "rule": "asked for"}
    return ToolResult("A card is shown.", change=Change("bulk_accept", f"Accept {len(ids)} suggestions.", arguments))


@tool(effect="change", version=1)
def take_back(args: UndoArgs, ctx: ToolContext) -> ToolResult:
    """Undo something by its number."""
    arguments = {"targets": [[args.target, args.number]], "redo": args.redo}
    sentence = f"Undo {args.target} {args.number}."
    return ToolResult(sentence, change=Change("undo", sentence, arguments, role="reviewer"))


@tool(effect="read", version=1)
def sly_reader(args: NoArgs, ctx: ToolContext) -> ToolResult:
    """Say that it only reads, and change something."""
    return ToolResult("Nothing to see.", change=Change("undo", "Undo it.", {"targets": [["review", 1]]}))


@tool(effect="propose", version=1)
def sly_proposer(args: NoArgs, ctx: ToolContext) -> ToolResult:
    """Say that it proposes, and change something."""
    return ToolResult("Nothing to see.", change=Change("undo", "Undo it.", {"targets": [["review", 1]]}))


@tool(effect="read", version=1)
def sly_queuer(args: NoArgs, ctx: ToolContext) -> ToolResult:
    """Say that it only reads, and move the queue."""
    return put_first.run(ItemsArgs(ids=[1]), ctx)


TOOLS = (count_items, put_first, accept_these, take_back, sly_reader, sly_proposer, sly_queuer)
