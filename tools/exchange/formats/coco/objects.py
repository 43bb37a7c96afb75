"""One annotation of COCO: a category, and as many of box, outline and key points as it has."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.exchange.codec import MARK

NO_CATEGORY = "the annotation's category is not in the file's list of categories"
NO_BOX = "the box has no width or height"
BAD_BOX = "the box is not four numbers"
BAD_OUTLINE = "the outline is neither a list of polygons nor run lengths"
SHORT_OUTLINE = "a polygon of the outline has less than three points"
BAD_POINTS = "the key points are not triples of numbers"
PANOPTIC = "panoptic segments are not read"
OTHERWISE = "another file says something else about the same annotation"


@dataclass
class Told:
    """What the annotations of one image say."""

    objects: dict[str, dict[str, Any]] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    captions: list[str] = field(default_factory=list)
    problems: list[tuple[str, str, str]] = field(default_factory=list)

    @property
    def decided(self) -> list[dict[str, Any]]:
        """Objects that the file states."""
        return [one for one in self.objects.values() if "score" not in one and not one.get("machine")]

    @property
    def proposed(self) -> list[dict[str, Any]]:
        """Objects with a score: what a model found."""
        return [one for one in self.objects.values() if "score" in one or one.get("machine")]

    def lose(self, source: str, reason: str, excerpt: Any) -> None:
        """Keep account of something that cannot be taken over."""
        self.problems.append((source, reason, str(excerpt)[:200]))


class Categories:
    """Names and key points of categories by their number."""

    def __init__(self, records: Sequence[Any]) -> None:
        self._records = {str(one.get("id")): one for one in records if isinstance(one, Mapping) and "name" in one}

    def name(self, number: Any) -> str | None:
        """The name of a category, ``None`` for a number that the file does not list."""
        found = self._records.get(str(number))
        return None if found is None else str(found["name"])

    @property
    def names(self) -> list[str]:
        """All names, in the order of the file."""
        return [str(one["name"]) for one in self._records.values()]

    def points(self, number: Any) -> list[str]:
        """The names of its key points, empty where the file gives none."""
        found = self._records.get(str(number), {}).get("keypoints")
        return [str(one) for one in found] if isinstance(found, list) else []

    def skeleton(self, number: Any) -> list[tuple[int, int]]:
        """Pairs of key points that are joined, counted from 0. The format counts from 1; some writers from 0."""
        pairs = self._records.get(str(number), {}).get("skeleton")
        try:
            found = [(int(a), int(b)) for a, b in pairs or ()]
        except (TypeError, ValueError, OverflowError):
            # Without lines between them the points are still points.
            return []
        first = 0 if any(0 in pair for pair in found) else 1
        return [(a - first, b - first) for a, b in found]

    def group(self, number: Any) -> str:
        """The supercategory."""
        return str(self._records.get(str(number), {}).get("supercategory") or "")


def tell(annotation: Mapping[str, Any], categories: Categories, told: Told) -> dict[str, Any] | None:
    """Take one annotation over into what is told about its image; the object that it is about, if it is about one."""
    if "caption" in annotation:
        told.captions.append(str(annotation["caption"]))
        return None
    if "segments_info" in annotation:
        told.lose("annotations", PANOPTIC, annotation.get("file_name"))
        return None
    name = categories.name(annotation.get("category_id"))
    if name is None:
        told.lose("annotations", NO_CATEGORY, annotation.get("category_id"))
        return None
    geometry = _geometry(annotation, categories, told)
    if geometry is None:
        return None
    if not geometry:
        told.labels.append(name)
        return None
    return _kept(annotation, {"label": name, **geometry}, told)


def _kept(annotation: Mapping[str, Any], region: dict[str, Any], told: Told) -> dict[str, Any]:
    own = annotation.get(MARK) if isinstance(annotation.get(MARK), Mapping) else {}
    assert own is not None
    number = annotation.get("id")
    region["attributes"] = _attributes(annotation, region)
    if number is not None:
        region["id"] = str(own.get("region") or number)
    if isinstance(own.get("fields"), list):
        region["fields"] = [str(name) for name in own["fields"]]
    if own.get("machine"):
        region["machine"] = own["machine"]
    score = annotation.get("score")
    if isinstance(score, (int, float)) and not isinstance(score, bool):
        region["score"] = min(max(float(score), 0.0), 1.0)
    place = f"#{number}" if number is not None else f"{len(told.objects)}"
    known = told.objects.get(place)
    if known is None:
        told.objects[place] = region
        return region
    if known["label"] != region["label"] or any(known[key] != region[key] for key in ("box",) if key in known | region):
        told.objects[f"{place}.{len(told.objects)}"] = region
        return region
    for key, value in region.items():
        known.setdefault(key, value)
    known["attributes"] |= region["attributes"]
    return known


def _geometry(annotation: Mapping[str, Any], categories: Categories, told: Told) -> dict[str, Any] | None:
    """Box, outline and points as regions have them; empty for a label of the whole image, ``None`` for nonsense."""
    outline = _outline(annotation.get("segmentation"), told)
    points = _points(annotation.get("keypoints"), told)
    box = _box(annotation.get("bbox"))
    if isinstance(box, str) and not (outline or points):
        told.lose("annotations", box, annotation.get("bbox"))
        return None
    said: dict[str, Any] = {**({"box": box} if isinstance(box, list) else {}), **outline}
    if points:
        number = annotation.get("category_id")
        said |= {"points": points, "names": categories.points(number), "skeleton": categories.skeleton(number)}
    if said:
        return said | {"group": categories.group(annotation.get("category_id"))}
    has_some = any(annotation.get(key) for key in ("bbox", "segmentation"))
    return None if has_some else {}


def _box(found: Any) -> list[float] | str | None:
    if found is None or found == []:
        return None
    numbers = _numbers(found)
    if numbers is None or len(numbers) != 4:
        return BAD_BOX
    x, y, width, height = numbers
    return [x, y, x + width, y + height] if width > 0 and height > 0 else NO_BOX


def _outline(found: Any, told: Told) -> dict[str, Any]:
    if not found:
        return {}
    if isinstance(found, Mapping):
        return {"counts": found.get("counts"), "size": found.get("size")}
    if not isinstance(found, (list, tuple)) or not all(isinstance(ring, (list, tuple)) for ring in found):
        told.lose("segmentation", BAD_OUTLINE, found)
        return {}
    parts = []
    for ring in found:
        numbers = _numbers(ring)
        if numbers is None or len(numbers) % 2:
            told.lose("segmentation", BAD_OUTLINE, ring)
        elif len(numbers) < 6:
            told.lose("segmentation", SHORT_OUTLINE, ring)
        else:
            parts.append([[list(point) for point in zip(numbers[::2], numbers[1::2], strict=True)]])
    return {"parts": parts} if parts else {}


def _points(found: Any, told: Told) -> list[list[float]]:
    if not found:
        return []
    numbers = _numbers(found)
    if numbers is None or len(numbers) % 3:
        told.lose("keypoints", BAD_POINTS, found)
        return []
    points = [list(point) for point in zip(numbers[::3], numbers[1::3], numbers[2::3], strict=True)]
    # COCO writes zeros for people whose points nobody marked.
    return points if any(point[2] for point in points) else []


def _attributes(annotation: Mapping[str, Any], region: dict[str, Any]) -> dict[str, Any]:
    stated = annotation.get("attributes")
    attributes = {str(key): value for key, value in stated.items()} if isinstance(stated, Mapping) else {}
    turn = attributes.get("rotation")
    # CVAT keeps the angle of a turned box here, clockwise about its centre, and writes 0.0 for all others.
    if isinstance(turn, (int, float)) and not isinstance(turn, bool):
        del attributes["rotation"]
        if turn and "box" in region and not (region.keys() & {"parts", "counts"}):
            region["angle"] = float(turn)
    if annotation.get("iscrowd"):
        attributes["crowd"] = True
    return attributes


def _numbers(found: Any) -> list[float] | None:
    try:
        numbers = [float(one) for one in found]
    except (TypeError, ValueError):
        return None
    return numbers if all(math.isfinite(one) for one in numbers) else None
