"""Boxes that a language model named: numbers verified against the scale that was asked for, never bent into it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.errors import ReplyUnreadable
from tools.geometry.regions import match_regions
from tools.kinds.asked import Asked
from tools.records import JsonValue

Region = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Frame:
    """An image of ``width`` by ``height`` pixels whose sides are named from 0 to ``scale`` in an answer."""

    width: int
    height: int
    scale: int = 1000


def read_boxes(field: Asked, given: Any, frame: Frame, labels: Mapping[str, str]) -> list[Region]:
    """Regions in pixels, or :class:`ReplyUnreadable` with what is wrong with the answer.

    ``labels`` maps what a model may write for a label, in lower case, to its id.
    """
    if not isinstance(given, list):
        raise ReplyUnreadable("the answer must be a list of boxes")
    made = [_region(field, one, frame, labels) for one in given]
    if frame.scale > 1 and made and all(_is_fraction(one["box"]) for one in given):
        raise ReplyUnreadable(f"all coordinates lie in 0..1, and 0..{frame.scale} was asked for")
    return [{"id": f"m{number}", **one} for number, one in enumerate(made, start=1)]


def _region(field: Asked, one: Any, frame: Frame, labels: Mapping[str, str]) -> Region:
    if not isinstance(one, Mapping) or not {"label", "box"} <= set(one):
        raise ReplyUnreadable("a box must be an object with label and box")
    label = labels.get(str(one["label"]).strip().casefold())
    if label is None:
        raise ReplyUnreadable(f"{str(one['label'])[:60]!r} is not a label of field {field.id!r}")
    box = one["box"]
    if not isinstance(box, list) or len(box) != 4 or not all(_is_number(side) for side in box):
        raise ReplyUnreadable(f"a box has four numbers, got {str(box)[:60]}")
    x0, y0, x1, y1 = (float(side) for side in box)
    if not all(0 <= side <= frame.scale for side in (x0, y0, x1, y1)):
        raise ReplyUnreadable(f"coordinates lie in 0..{frame.scale}, got {box}")
    if not (x0 < x1 and y0 < y1):
        raise ReplyUnreadable(f"a box goes from its left top corner to its right bottom one, got {box}")
    across, down = frame.width / frame.scale, frame.height / frame.scale
    pixels = [round(side, 2) for side in (x0 * across, y0 * down, x1 * across, y1 * down)]
    return {"label": label, "box": pixels}


def _is_number(given: Any) -> bool:
    return isinstance(given, (int, float)) and not isinstance(given, bool) and math.isfinite(given)


def _is_fraction(box: Sequence[float]) -> bool:
    return max(box) <= 1


def box_schema(labels: Sequence[str]) -> dict[str, Any]:
    """JSON Schema of a list of boxes, without bounds that a server may refuse."""
    numbers = {"type": "array", "items": {"type": "number"}}
    properties = {"label": {"type": "string", "enum": list(labels)}, "box": numbers}
    one = {"type": "object", "properties": properties, "required": ["label", "box"], "additionalProperties": False}
    return {"type": "array", "items": one}


def agreed_boxes(answers: Sequence[Sequence[Region]], asked: int) -> tuple[list[Region], float]:
    """The answer that the others agree with most, its boxes scored by the share of all ``asked`` that name them too.

    The second number is the mean agreement, that of an empty answer being the share of empty ones.
    """
    found = [_scored(one, answers, asked) for one in answers]
    return max(found, key=lambda pair: pair[1])


def _scored(one: Sequence[Region], answers: Sequence[Sequence[Region]], asked: int) -> tuple[list[Region], float]:
    if not one:
        return [], sum(not other for other in answers) / asked
    votes = [0] * len(one)
    for other in answers:
        for mine, theirs in match_regions(one, other):
            votes[mine] += one[mine]["label"] == other[theirs]["label"]
    extra = sum(max(0, len(other) - len(one)) for other in answers) / asked
    scored = [{**region, "score": round(count / asked, 4)} for region, count in zip(one, votes, strict=True)]
    return scored, sum(votes) / asked / (len(one) + extra)
