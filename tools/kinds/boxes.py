"""Boxes: upright rectangles, and turned ones where the field allows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tools.errors import ValueRefused
from tools.geometry.boxes import Size, box_around, corners_of, usual_angle
from tools.geometry.masks import box_of_runs
from tools.geometry.polygons import polygon_box
from tools.kinds.asked import Asked, Subject, Traced
from tools.kinds.drawn import DECIMALS, Drawn, inside, number
from tools.kinds.fitting import Outlook, mask_of, numbers_of, rings_of, turned_box
from tools.kinds.replies.named_boxes import agreed_boxes, box_schema, read_boxes
from tools.kinds.replying import BadReply, Seen

BOXED = "Outlines of which only the box was kept, because the schema asks for boxes"
UNTURNED = "Turned boxes replaced by the upright box around them, because the field takes no angle"


class Boxes(Drawn):
    """Boxes: ``{"boxes": [{"id": "r1", "label": "car", "box": [x0, y0, x1, y1], "angle": 30.0}]}``.

    ``angle`` turns a box clockwise about its centre, in degrees.
    """

    name = "boxes"
    key = "boxes"
    one, many = "box", "boxes"
    fineness = 1
    shape_key = "box"
    own_keys = frozenset({"box", "angle"})
    geometry = ("box", "corners")
    yields_to = frozenset({"parts", "counts", "points"})
    options = Drawn.options | {"rotated"}
    question = "Where are the objects?"
    reply_tokens = 2048
    field_words = ("box", "boxes", "bounding box", "bounding boxes", "bbox", "bboxes")
    # A box says too little to be an outline; an outline says where its box is.
    holds: ClassVar[dict[str, int]] = Drawn.holds | {"polygons": 2, "masks": 2}

    def fit(self, field: Asked, region: Mapping[str, Any], size: Size | None, notes: list[str]) -> dict[str, Any]:
        """A box as it is, that of four corners, or the one around an outline."""
        if region.get("box") is None and region.get("corners"):
            region = {**region, **turned_box(region["corners"], notes)}
        if region.get("box") is None:
            if not (region.get("parts") or region.get("counts")):
                raise ValueRefused("the region has neither a box nor an outline")
            notes.append(BOXED)
            return {"box": _box_of_outline(region, size)}
        box = numbers_of(region["box"], 4, "the box is not four numbers")
        (angle,) = numbers_of([region.get("angle") or 0], 1, "the angle is not a number")
        if not angle:
            return {"box": box}
        if field.rotated:
            return {"box": box, "angle": angle}
        notes.append(UNTURNED)
        return {"box": list(box_around(corners_of(box, angle)))}

    def suggested_by(self, outlook: Outlook) -> dict[str, Any]:
        """Boxes may be turned where one is."""
        return {"rotated": True} if outlook.is_turned else {}

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

    def of_mask(self, mask: Traced) -> dict[str, Any]:
        """The bounds."""
        return {"box": list(mask.box)}

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


def _box_of_outline(region: Mapping[str, Any], size: Size | None) -> list[float]:
    if region.get("parts"):
        return list(polygon_box(rings_of(region["parts"])))
    runs, found = mask_of(region, size)
    return list(box_of_runs(runs, found))


def _refuse_far(field: Asked, centre: tuple[float, float], size: Size) -> None:
    """A turned box may reach over an edge, but its centre lies in the image."""
    for value, edge in zip(centre, size, strict=True):
        inside(field, value, edge)
