"""The work that is cut off: one paid call an item, through the endpoint that every remote model is asked through."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from pydantic import Field

from tools.backends.remote.endpoint import Endpoint
from tools.backends.remote.request import Request
from tools.context import CallLog, ToolContext
from tools.records import Draft, RunIdentity
from tools.results import Artefact, ToolResult, WorkPlan
from tools.schema import LabelSchema, schema_from_labels
from tools.spec import ToolArgs, ToolSpec, tool

FIELD = "label"
LABELS = ("refund", "return", "delivery", "praise")
SCHEMA: LabelSchema = schema_from_labels(list(LABELS))
IDENTITY = RunIdentity("label_by_calls", 1, "remote:m", "m", {})
UNIT = 8


def endpoint_at(address: str) -> Endpoint:
    """The model at an address."""
    return Endpoint("m", address, timeout=10.0)


def request_for(text: str) -> Request:
    """What is asked about a text; the text itself is what the server counts by."""
    return Request(({"role": "user", "content": text},), {"type": "object"}, 4)


class CallWork:
    """One call an item, four at a time."""

    def load(self, ctx: ToolContext, unit: Sequence[int], artefact: Artefact) -> Any:
        """Ids and texts."""
        return list(zip(unit, ctx.items.texts(unit), strict=True))

    def compute(self, payload: Any, artefact: Artefact, calls: CallLog) -> list[Draft]:
        """Ask about every text; what the log knows is not asked again."""
        endpoint = endpoint_at(str(artefact.json["address"]))
        with ThreadPoolExecutor(4) as threads:
            replies = threads.map(lambda one: endpoint.ask(request_for(one[1]), calls), payload)
            return [
                Draft(item_id, FIELD, {"label": reply.text})
                for (item_id, _), reply in zip(payload, replies, strict=True)
            ]


class CallArgs(ToolArgs):
    """Where the model is."""

    address: str = Field(description="Base address of the endpoint")


def calling_tool() -> ToolSpec:
    """The tool that starts the work over all items."""

    @tool(effect="propose", version=1, work=CallWork())
    def label_by_calls(args: CallArgs, ctx: ToolContext) -> ToolResult:
        """Ask the model about every item."""
        ids = ctx.items.all_ids().tolist()
        units = tuple(tuple(ids[at : at + UNIT]) for at in range(0, len(ids), UNIT))
        plan = WorkPlan(IDENTITY, FIELD, units, Artefact({"address": args.address}))
        return ToolResult("Asking.", work=plan)

    return label_by_calls
