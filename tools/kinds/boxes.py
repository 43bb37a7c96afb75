"""Boxes: upright rectangles, and turned ones where the field allows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tools.errors import ValueRefused
from tools.geometry.boxes import Size, usual_angle
from tools.kinds.asked import Asked, Subject
from tools.kinds.drawn import DECIMALS, Drawn, inside, number
from tools.kinds.replies.named_boxes import agreed_boxes, box_schema, read_boxes
from tools.kinds.replying import BadReply, Seen


class Boxes(Drawn):
    """Boxes: ``{"boxes": [{"id": "r1", "label": "car", "box": [x0, y0, x1, y1], "angle": 30.0}]}``.

    ``angle`` turns a box clockwise about its centre, in degrees.
    """

    name = "boxes"
    key = "boxes"
    one, many = "box", "boxes"
    shape_key = "box"
    own_keys = frozenset({"box", "angle"})
    options = Drawn.options | {"rotated"}
    question = "Where are the objects?"
    reply_tokens = 2048

    def shape(self, field: Asked, region: Mapping[str, Any], size: Size | None) -> dict[str, Any]:
        """Four numbers with an area, and an angle where the field allows one."""
        given = region["box"]
        if not isinstance(given, (list, tuple)) or len(given) != 4:
            raise ValueRefused(f"A box of field {field.id!r} is four numbers, x0 y0 x1 y1; got {given!r}.")
        angle = usual_angle(round(number(field, region.get("angle") or 0), DECIMALS))
        if angle and not field.rotated:
            raise ValueRefused(f"Boxes of field {field.id!r} may not be turned; one is, by {angle:g} degrees.")
        width, height = size if size is not None and not angle else (None, None)
        x0, y0, x1, y1 = (number(field, one) for one in given)
        box = [inside(field, x0, width), inside(field, y0, height), inside(field, x1, width), inside(field, y1, height)]
        if box[0] >= box[2] or box[1] >= box[3]:
            raise ValueRefused(f"A box of field {field.id!r} has no area: {given!r}.")
        if angle and size is not None:
            _refuse_far(field, ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2), size)
        return {"box": box, "angle": angle} if angle else {"box": box}

    def reply_schema(self, field: Asked, subject: Subject) -> dict[str, Any]:
        """Boxes with a label."""
        return box_schema(field.label_ids)

    def read_given(self, field: Asked, given: Any, seen: Seen) -> tuple[Any, str]:
        """Boxes in pixels."""
        if seen.frame is None:
            raise BadReply("boxes need an image that they are in")
        names = {name.casefold(): label.id for label in field.labels for name in (label.name, label.id)}
        return read_boxes(field, given, seen.frame, names), ""

    def settle(self, contents: Sequence[Any], asked: int) -> tuple[Any, float]:
        """The answer whose boxes the others find most of, each box with the share of all ``asked`` that found it."""
        return agreed_boxes(contents, asked)


def _refuse_far(field: Asked, centre: tuple[float, float], size: Size) -> None:
    """A turned box may reach over an edge, but its centre lies in the image."""
    for value, edge in zip(centre, size, strict=True):
        inside(field, value, edge)
