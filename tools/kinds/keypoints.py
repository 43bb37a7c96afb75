"""Key points: named points of an object, each absent, hidden or visible."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tools.errors import ValueRefused
from tools.geometry.boxes import Size
from tools.kinds.asked import Asked
from tools.kinds.drawn import Drawn, inside, is_list, number
from tools.kinds.fitting import Outlook, numbers_of

LOST = "Objects whose key points were left out, because the schema has no field for them"


class Keypoints(Drawn):
    """Points: ``{"keypoints": [{"id": "r1", "label": "person", "points": [[x, y, 0|1|2], ...]}]}``."""

    name = "keypoints"
    key = "keypoints"
    one, many = "object", "key points"
    shape_key = "points"
    own_keys = frozenset({"points"})
    geometry = ("points",)
    options = Drawn.options | {"points", "skeleton"}
    by_hand = "points are placed by people"
    question = "Where are the points?"
    field_words = ("keypoint", "keypoints", "key point", "key points", "landmarks")

    def noun(self, field: Asked) -> str:
        """An object with named points, else a point."""
        return self.one if field.points else "point"

    def check_field(self, field: Asked) -> None:
        """Points have names of their own, and the skeleton joins points that there are."""
        if len(set(field.points)) != len(field.points):
            raise ValueError(f"field {field.id!r} has two points of the same name")
        for point in (one for pair in field.skeleton for one in pair):
            if point not in field.points:
                raise ValueError(f"field {field.id!r}: the skeleton names {point!r}, which is none of its points")
        super().check_field(field)

    def rule_of_match(self, iou: float) -> str:
        """Points are compared by their distances."""
        return f"at least {iou:.0%} of their points lie within a tenth of the object's diagonal of each other"

    def fit(self, field: Asked, region: Mapping[str, Any], size: Size | None, notes: list[str]) -> dict[str, Any]:
        """Points in the order of the field."""
        if not isinstance(region.get("points"), (list, tuple)) or not region["points"]:
            raise ValueRefused("the object has no key points")
        points = [numbers_of(point, 3, "a key point is not x, y and how far it is seen") for point in region["points"]]
        names = [str(name) for name in region.get("names") or ()]
        if names and field.points and len(names) == len(points):
            points = _in_order(field, names, points)
        return {"points": [[x, y, int(seen)] if seen else [0.0, 0.0, 0] for x, y, seen in points]}

    def suggested_by(self, outlook: Outlook) -> dict[str, Any]:
        """The points and what joins them, where there are more than one."""
        if len(outlook.points) < 2:
            return {}
        joined = [[outlook.points[a], outlook.points[b]] for a, b in outlook.joins]
        return {"points": outlook.points, "skeleton": joined}

    def lost_with(self, other: Drawn, present: Sequence[Drawn]) -> str:
        """No other kind says where the points are."""
        return LOST

    def shape(self, field: Asked, region: Mapping[str, Any], size: Size | None) -> dict[str, Any]:
        """As many points as the field has, at least one of them there."""
        points = region["points"]
        wanted = len(field.points) or 1
        if not is_list(points) or len(points) != wanted or not all(is_list(p) and len(p) == 3 for p in points):
            raise ValueRefused(f"A region of field {field.id!r} has {wanted} points [x, y, v], got {_counted(points)}.")
        checked = [_point(field, point, size) for point in points]
        if not any(point[2] for point in checked):
            raise ValueRefused(f"A region of field {field.id!r} has no point that is there.")
        return {"points": checked}


def _in_order(field: Asked, names: Sequence[str], points: Sequence[list[float]]) -> list[list[float]]:
    """The points as the field orders them, by their names; points that a file leaves out are absent."""
    by_name = {name.casefold(): point for name, point in zip(names, points, strict=True)}
    wanted = [name.casefold() for name in field.points]
    if not set(by_name) <= set(wanted):
        # Names that the field does not know say nothing; the order then has to be that of the field.
        return list(points)
    return [by_name.get(name, [0.0, 0.0, 0.0]) for name in wanted]


def _point(field: Asked, point: Sequence[Any], size: Size | None) -> list[Any]:
    x, y, seen = point
    if type(seen) is not int or seen not in (0, 1, 2):
        raise ValueRefused(f"A point of field {field.id!r} is 0 absent, 1 hidden or 2 visible; got {seen!r}.")
    if not seen:
        return [0.0, 0.0, 0]
    width, height = size if size is not None else (None, None)
    return [inside(field, number(field, x), width), inside(field, number(field, y), height), seen]


def _counted(points: Any) -> str:
    return f"{len(points)}" if is_list(points) else repr(points)[:40]
