"""Polygons: outlines of objects in parts, with holes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from tools.errors import ValueRefused
from tools.geometry.boxes import Size
from tools.geometry.masks import mask_of_runs
from tools.geometry.polygons import polygon_box, polygons_of
from tools.kinds.asked import Asked, Traced
from tools.kinds.drawn import MOST_POINTS, Drawn, Outlined, inside, is_list, number
from tools.kinds.fitting import mask_of, rings_of

TRACED = "Masks whose outline was traced, because the schema asks for outlines"


class Polygons(Outlined):
    """Outlines: ``{"polygons": [{"id": "r1", "label": "car", "parts": [[[[x, y], ...], hole, ...], ...]}]}``."""

    name = "polygons"
    key = "polygons"
    one, many = "polygon", "polygons"
    fineness = 2
    shape_key = "parts"
    own_keys = frozenset({"parts"})
    geometry = ("parts",)
    yields_to = frozenset({"counts"})
    by_hand = "draw a box or click into the object, and 'segment' makes the outline"
    question = "What are the outlines of the objects?"
    field_words = ("polygon", "polygons", "outline", "outlines")
    holds: ClassVar[dict[str, int]] = Drawn.holds | {"masks": 1}

    def fit(self, field: Asked, region: Mapping[str, Any], size: Size | None, notes: list[str]) -> dict[str, Any]:
        """An outline as it is, or that of a mask."""
        if region.get("parts") or region.get("corners"):
            return {"parts": rings_of(region.get("parts") or [[region["corners"]]])}
        runs, found = mask_of(region, size)
        notes.append(TRACED)
        return {"parts": polygons_of(mask_of_runs(runs, found))}

    def shape(self, field: Asked, region: Mapping[str, Any], size: Size | None) -> dict[str, Any]:
        """Parts of rings with an area."""
        parts = region["parts"]
        if not is_list(parts) or not parts or not all(is_list(part) and part for part in parts):
            raise ValueRefused(f"A polygon of field {field.id!r} is a list of parts, each a list of rings.")
        count = 0
        checked = []
        for part in parts:
            rings = [_ring(field, ring, size) for ring in part]
            count += sum(len(ring) for ring in rings)
            checked.append(rings)
        if count > MOST_POINTS:
            raise ValueRefused(
                f"A polygon of field {field.id!r} has {count:,} points; up to {MOST_POINTS:,} are taken."
            )
        x0, y0, x1, y1 = polygon_box(checked)
        if x0 >= x1 or y0 >= y1:
            raise ValueRefused(f"A polygon of field {field.id!r} has no area.")
        return {"parts": checked}

    def of_mask(self, mask: Traced) -> dict[str, Any]:
        """The outline."""
        return {"parts": mask.parts()}


def _ring(field: Asked, ring: Any, size: Size | None) -> list[list[float]]:
    if not is_list(ring) or len(ring) < 3 or not all(is_list(point) and len(point) == 2 for point in ring):
        raise ValueRefused(f"A ring of field {field.id!r} is a list of three or more points [x, y].")
    width, height = size if size is not None else (None, None)
    return [[inside(field, number(field, x), width), inside(field, number(field, y), height)] for x, y in ring]
