"""Work on recordings."""

from __future__ import annotations

import re
from typing import Any

from assistant.agent.planner.plans import Plan, PlannedCall, talk
from assistant.agent.planner.request import Request

Built = Plan | PlannedCall
_THIS = re.compile(r"\b(?:this|it)\b(?! (?:down|again))|\bthis (?:one|item)\b")


def build_transcribe(request: Request, is_chained: bool) -> Built:
    """Transcripts, as proposals."""
    modality = request.world.schema.modality
    if not request.fits("transcribe"):
        return talk(f"Only recordings can be transcribed, and the items of this project are {modality.many}.")
    arguments: dict[str, Any] = {}
    if field := request.first("FIELD"):
        arguments["field"] = field
    if model := request.first("MODEL"):
        arguments["backend"] = model if ":" in model else f"hub:{model}"
    if request.count:
        arguments["limit"] = request.count
    if keys := request.said.parts.get("keys"):
        arguments["items"] = ", ".join(keys)
    elif request.refers_back and request.has_list:
        return PlannedCall("transcribe", arguments, on_last="items")
    elif request.world.item_in_hand and _THIS.search(request.low):
        arguments["items"] = request.world.item_in_hand
    return PlannedCall("transcribe", arguments)
