"""Regions as COCO writes them. What stands for one object in several fields becomes one annotation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tools.exchange.export import Chosen
from tools.geometry.boxes import iou_matrix
from tools.geometry.masks import area_of_runs, runs_of, runs_of_string, string_of
from tools.geometry.polygons import rasterise
from tools.geometry.regions import box_of_region
from tools.schema import FieldSpec

_SAME_PLACE = 0.5
_DECIMALS = 2


@dataclass
class Annotation:
    """A region on its way out, and the regions of other fields that are about the same object."""

    spec: FieldSpec
    region: Mapping[str, Any]
    label: str
    chosen: Chosen
    others: list[Annotation] = field(default_factory=list)

    @property
    def region_id(self) -> str:
        """The id of the region."""
        return str(self.region["id"])

    @property
    def regions(self) -> list[Mapping[str, Any]]:
        """All the regions about the object."""
        return [self.region, *(one.region for one in self.others)]

    @property
    def score(self) -> float | None:
        """How sure a model is of what nobody decided."""
        if self.chosen.status != "machine":
            return None
        found = self.region.get("score")
        return found if found is not None or self.chosen.proposal is None else self.chosen.proposal.score

    def own_mark(self, number: int, has_fields: bool) -> dict[str, Any]:
        """What COCO has no key for: the fields, where there are several; an id that is no number; a missing score."""
        own: dict[str, Any] = {}
        if has_fields:
            own["fields"] = [self.spec.id, *(one.spec.id for one in self.others)]
        if str(number) != self.region_id:
            own["region"] = self.region_id
        if self.chosen.status == "machine" and self.score is None:
            own["machine"] = True
        return own


def joined(found: Sequence[Annotation]) -> list[Annotation]:
    """Regions of different fields under one id, with the same label and attributes at the same place, as one.

    The regions of each field stay in their order, which is the one they were drawn in: what would have to go before
    an earlier one of its field is written apart.
    """
    kept: list[Annotation] = []
    by_id: dict[str, list[int]] = {}
    reached: dict[str, int] = {}
    for one in found:
        places = (at for at in by_id.get(one.region_id, ()) if at > reached.get(one.spec.id, -1))
        place = next((at for at in places if _is_same(kept[at], one)), None)
        if place is None:
            place = len(kept)
            by_id.setdefault(one.region_id, []).append(place)
            kept.append(one)
        else:
            kept[place].others.append(one)
        reached[one.spec.id] = place
    return kept


def _is_same(one: Annotation, other: Annotation) -> bool:
    fields = {one.spec.id, *(more.spec.id for more in one.others)}
    kinds = {one.spec.kind, *(more.spec.kind for more in one.others)}
    if other.spec.id in fields or one.label != other.label or one.chosen.status != other.chosen.status:
        return False
    # Two kinds of outline would be one key.
    if other.spec.kind in kinds or {other.spec.kind, *kinds} >= {"polygons", "masks"}:
        return False
    if (one.region.get("attributes") or {}) != (other.region.get("attributes") or {}):
        return False
    boxes = [box_of_region(one.region), box_of_region(other.region)]
    if "keypoints" in (one.spec.kind, other.spec.kind):
        return bool(iou_matrix([boxes[0]], [boxes[1]])[0, 0] > 0)
    return bool(iou_matrix([boxes[0]], [boxes[1]])[0, 0] >= _SAME_PLACE)


def annotation_of(one: Annotation, size: tuple[int, int]) -> dict[str, Any]:
    """Box, area, outline, key points, crowd mark, attributes and score; ``size`` is (height, width)."""
    record: dict[str, Any] = {"segmentation": [], "iscrowd": 0}
    attributes = dict(one.region.get("attributes") or {})
    record["iscrowd"] = int(attributes.pop("crowd", False) is True)
    kinds = {
        next(key for key in ("box", "parts", "counts", "points") if key in region): region for region in one.regions
    }
    x0, y0, x1, y1 = kinds["box"]["box"] if "box" in kinds else _outer_box(kinds)
    record["bbox"] = [_short(x0), _short(y0), _short(x1 - x0), _short(y1 - y0)]
    record["area"] = _short((x1 - x0) * (y1 - y0))
    if "box" in kinds and kinds["box"].get("angle"):
        attributes["rotation"] = kinds["box"]["angle"]
    if "parts" in kinds:
        record["segmentation"], record["area"] = _polygons(kinds["parts"]["parts"], size)
    if "counts" in kinds:
        mask = kinds["counts"]
        record["segmentation"] = {"size": list(mask["size"]), "counts": mask["counts"]}
        record["area"] = area_of_runs(runs_of_string(mask["counts"]))
    if "points" in kinds:
        points = kinds["points"]["points"]
        record["keypoints"] = [number for point in points for number in point]
        record["num_keypoints"] = sum(bool(point[2]) for point in points)
    if attributes:
        record["attributes"] = attributes
    return record | ({"score": one.score} if one.score is not None else {})


def _outer_box(kinds: Mapping[str, Mapping[str, Any]]) -> tuple[float, float, float, float]:
    """The box of the outline where there is one, else that of the key points."""
    return box_of_region(next(kinds[key] for key in ("parts", "counts", "points") if key in kinds))


def _polygons(parts: Any, size: tuple[int, int]) -> tuple[Any, int]:
    """The outline and its area in pixels: a list of rings, or a mask where a part has a hole."""
    mask = rasterise(parts, size)
    area = int(np.count_nonzero(mask))
    if any(len(part) > 1 for part in parts):
        return {"size": list(size), "counts": string_of(runs_of(mask))}, area
    return [[number for point in part[0] for number in point] for part in parts], area


def _short(number: float) -> float:
    return round(float(number), _DECIMALS)
