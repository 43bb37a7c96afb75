"""Several shapes of a file that are one object: joined by the group they stand in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.images.probe import MOST_PIXELS

Region = dict[str, Any]
GEOMETRIES = ("box", "parts", "counts", "points")
HUGE = "its image is said to have more pixels than are read"
JOINED = "Shapes of one label in one group were read as one object, polygons as its parts."


class Objects:
    """Regions in the order in which they stand in a file, with ids of their own.

    Shapes of one label and one group become one region: polygons are parts of it, a box, a mask and key points its
    other geometries. Two boxes, two masks or two sets of key points stay two objects. This is how Datumaro and the
    COCO exports of CVAT understand groups.
    """

    def __init__(self) -> None:
        self.regions: list[Region] = []
        self._homes: dict[tuple[str, str], list[Region]] = {}
        self._count = 0
        self.has_joined = False

    def add(self, region: Mapping[str, Any], group: str = "") -> None:
        """One shape; ``group`` is empty where it stands alone."""
        self._count += 1
        homes = self._homes.setdefault((group, str(region.get("label"))), []) if group else []
        for home in homes:
            if _join(home, region):
                self.has_joined = True
                return
        own = {"id": f"r{self._count}", **region}
        homes.append(own)
        self.regions.append(own)

    def regions_of(self, group: str) -> list[Region]:
        """The objects of a group so far."""
        return [one for (name, _), homes in self._homes.items() if name == group for one in homes]


def _join(home: Region, region: Mapping[str, Any]) -> bool:
    """Whether the region says something about the same object that was not said yet; if so it is added."""
    if "parts" in region and "parts" in home:
        home["parts"] = [*home["parts"], *region["parts"]]
        return True
    if any(one in home and one in region for one in GEOMETRIES):
        return False
    attributes = {**(region.get("attributes") or {}), **(home.get("attributes") or {})}
    home.update({key: value for key, value in region.items() if key not in ("id", "label", "attributes")})
    if attributes:
        home["attributes"] = attributes
    return True


def refuse_huge(height: int, width: int) -> None:
    """A mask is made only for an image that could be read; ``ValueError`` with a part of a sentence for others."""
    if height <= 0 or width <= 0 or height * width > MOST_PIXELS:
        raise ValueError(HUGE)


def points_apart(points: list[list[float]], seen: int = 2) -> list[Region]:
    """Nameless points as single regions without a label."""
    return [{"points": [[x, y, seen]]} for x, y in points]
