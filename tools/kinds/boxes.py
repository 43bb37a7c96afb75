"""Boxes: upright rectangles, and turned ones where the field allows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.errors import ValueRefused
from tools.geometry.boxes import Size, usual_angle
from tools.kinds.asked import Asked
from tools.kinds.drawn import DECIMALS, Drawn, inside, number


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


def _refuse_far(field: Asked, centre: tuple[float, float], size: Size) -> None:
    """A turned box may reach over an edge, but its centre lies in the image."""
    for value, edge in zip(centre, size, strict=True):
        inside(field, value, edge)
