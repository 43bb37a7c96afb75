"""Arguments of the calls that draw on pictures: masks from boxes, tighter boxes, detectors of people and faces."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from assistant.agent.planner.plans import Plan, PlannedCall, calls, talk
from assistant.agent.planner.request import Request
from tools.kinds.drawn import BOX
from tools.schema import FieldSpec

Built = Plan | PlannedCall
_TIGHTEN = re.compile(
    r"\b(?:tight(?:en|er|ly)?|shrink|snap|refine|closer|fit better|better fit|fit (?:the |all )?box(?:es)?|trim|snug)\b"
)
_EVERYTHING = re.compile(r"\b(?:everything|every object|all objects|whatever is|anything)\b")
_FACES = re.compile(r"\bfac(?:e|es|ial)\b")
_THIS = re.compile(r"\b(?:this|it|that)(?: (?:one|item))?\b")
_THING = re.compile(r"\bsegment (?:out )?(?:the|all|all the|every|each|an?) (\w[\w-]*)(?: in\b.*| on\b.*)?$")
_NO_THING = re.compile(
    r"(?:(?:box|mask|image|item|object|photo(?:graph)?|picture|region|result|thing)(?:e?s)?|boxed|agreed|confirmed|drawn"
    r"|first|last|next|other|proposed|rest|same|selected|selection|suggested|undecided|whole)\Z"
)
"""Words after "segment the" that name no kind of object to look for."""

_CONFIRMED = re.compile(r"\b(?:confirm|accept|agree|review|decide|correct)e?d?\b")


def build_segment(request: Request, is_chained: bool) -> Built:
    """Masks or tighter boxes, as proposals."""
    if not request.fits("segment"):
        return talk(
            f"Only pictures can be segmented, and the items of this project are {request.world.schema.modality.many}. "
            "Spans of a text are suggested with “suggest” and the name of their field."
        )
    how, words = _how(request)
    arguments: dict[str, Any] = {"how": how}
    arguments |= _field(request, "field", is_box if how == "tighten_boxes" else _is_outline)
    if how == "from_boxes":
        arguments |= _field(request, "source", is_box)
    if words:
        arguments["words"] = words
    if model := request.first("MODEL"):
        arguments["backend"] = model if ":" in model else f"hub:{model}"
    if request.count:
        arguments["limit"] = request.count
    if keys := request.said.parts.get("keys"):
        arguments["items"] = ", ".join(keys)
    elif request.refers_back and request.has_list:
        return PlannedCall("segment", arguments, on_last="items")
    elif request.world.item_in_hand and _THIS.search(request.low):
        arguments["items"] = request.world.item_in_hand
    return calls(PlannedCall("segment", arguments), notes=_notes(request, how))


def _how(request: Request) -> tuple[str, str]:
    """From what is drawn, and the words for it."""
    has_boxes = any(map(is_box, request.world.schema.fields))
    labels = ", ".join(dict.fromkeys(_label_name(request, one.field, one.key) for one in request.labels))
    if _TIGHTEN.search(request.low) and has_boxes:
        return "tighten_boxes", ""
    quoted = str(request.said.parts.get("words", "")).replace('"', "")
    if quoted:
        return "words", quoted
    if _EVERYTHING.search(request.low) or not has_boxes:
        return "everything", labels
    if labels and not re.search(r"\bbox", request.low):
        return "words", labels
    thing = _THING.search(request.low.strip(" .!?"))
    if thing and not _NO_THING.match(thing.group(1)):
        return "words", thing.group(1)
    return "from_boxes", ""


def _label_name(request: Request, field: str, key: str) -> str:
    return request.world.schema.field(field).label(key).name


def is_box(field: FieldSpec) -> bool:
    """Whether a field is answered with boxes."""
    return field.record.fineness == BOX


def _is_outline(field: FieldSpec) -> bool:
    return field.record.fineness > BOX


def _field(request: Request, argument: str, fits: Callable[[FieldSpec], bool]) -> dict[str, str]:
    """The fitting field that is named, where the tool would not take it by itself."""
    named = [one.key for one in request.named("FIELD")]
    fitting = [field.id for field in request.world.schema.fields if field.id in named and fits(field)]
    return {argument: fitting[0]} if fitting else {}


def _notes(request: Request, how: str) -> tuple[str, ...]:
    if how == "from_boxes" and _CONFIRMED.search(request.low):
        return ("Agreed boxes are used where an item has some; where it has none, the suggested ones are.",)
    return ()


def build_detect(request: Request, is_chained: bool) -> Built:
    """People or faces by the detectors that come along."""
    field = _boxes_field(request)
    if field is None:
        return talk("People and faces are found as boxes, and the schema has no field of boxes; add one to it first.")
    backend = "builtin:faces" if _FACES.search(request.low) else "builtin:people"
    arguments: dict[str, Any] = {"field": field.id, "backend": request.first("MODEL") or backend}
    if request.count:
        arguments["limit"] = request.count
    if keys := request.said.parts.get("keys"):
        arguments["items"] = ", ".join(keys)
    elif request.refers_back and request.has_list:
        return PlannedCall("prelabel", arguments, on_last="items")
    elif request.world.item_in_hand and re.search(r"\bin (?:this|it|that)\b", request.low):
        arguments["items"] = request.world.item_in_hand
    return PlannedCall("prelabel", arguments)


def _boxes_field(request: Request) -> FieldSpec | None:
    named = [one.key for one in request.named("FIELD")]
    boxes = [field for field in request.world.schema.fields if is_box(field)]
    return next((field for field in boxes if field.id in named), boxes[0] if boxes else None)
