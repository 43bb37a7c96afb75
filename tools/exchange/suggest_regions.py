"""Fields for the regions of images, guessed from what a file says about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.exchange.rows import Shape
from tools.kinds.drawn import BOX, OBJECTS
from tools.kinds.fitting import FLAGS, Outlook
from tools.kinds.registry import DRAWN
from tools.labels import slug

MOST_OPTIONS = 30
"""Different texts up to which an attribute is a choice."""


@dataclass
class _Noted:
    """What a file says in one attribute."""

    values: set[Any] = field(default_factory=set)

    def spec(self, name: str) -> dict[str, Any] | None:
        kinds = {type(value) for value in self.values}
        plain = {"name": name, "id": slug(name)}
        if kinds <= {bool}:
            # A flag that is never up says nothing.
            return plain | {"kind": "flag"} if True in self.values or name not in FLAGS else None
        if kinds <= {int, float}:
            return plain | {"kind": "number"}
        texts = sorted(str(value) for value in self.values if str(value))
        if 0 < len(texts) <= MOST_OPTIONS and all(len(text) <= 80 for text in texts):
            return plain | {"kind": "choice", "options": texts}
        return plain | {"kind": "text"}


@dataclass
class RegionQuestion:
    """What a file says about regions under one of its names. ``names`` counts the labels, in order of appearance."""

    source: str
    shape: Shape
    names: dict[str, int] = field(default_factory=dict)
    _of_kind: dict[str, dict[str, int]] = field(default_factory=dict)
    _groups: dict[str, str] = field(default_factory=dict)
    _attributes: dict[str, dict[str, _Noted]] = field(default_factory=dict)
    _outlook: Outlook = field(default_factory=Outlook)

    def add(self, content: Any) -> None:
        """One answer."""
        for region in content if isinstance(content, (list, tuple)) else ():
            if isinstance(region, Mapping) and region.get("label") is not None:
                self._add_region(region, str(region["label"]))

    def _add_region(self, region: Mapping[str, Any], name: str) -> None:
        self.names[name] = self.names.get(name, 0) + 1
        if region.get("group"):
            self._groups[name] = str(region["group"])
        for kind in _kinds_of(region):
            labels = self._of_kind.setdefault(kind, {})
            labels[name] = labels.get(name, 0) + 1
            for key, value in (region.get("attributes") or {}).items():
                if value is not None and value != "":
                    noted = self._attributes.setdefault(kind, {}).setdefault(str(key), _Noted())
                    noted.values.add(value if isinstance(value, (bool, int, float)) else str(value))
        self._outlook.add(region)

    def fields(self, declared: Sequence[str]) -> list[dict[str, Any]]:
        """The fields that hold all the regions; ``declared`` are the labels that the file lists, in its order."""
        self._join_outlines()
        return [self._field(kind, list(labels), declared) for kind, labels in sorted(self._of_kind.items(), key=_rank)]

    def _join_outlines(self) -> None:
        """One field for all outlines, of the kind that most are: COCO mixes polygons with masks of crowds."""
        found = [one.name for one in DRAWN if one.fineness > BOX and one.name in self._of_kind]
        if self.shape != OBJECTS or len(found) < 2:
            return
        most, least = sorted(found, key=lambda kind: -sum(self._of_kind[kind].values()))
        self._of_kind[most] = dict.fromkeys([*self._of_kind[most], *self._of_kind.pop(least)], 1)
        for name, noted in self._attributes.pop(least, {}).items():
            self._attributes.setdefault(most, {}).setdefault(name, _Noted()).values.update(noted.values)

    def _field(self, kind: str, labels: list[str], declared: Sequence[str]) -> dict[str, Any]:
        record = next(one for one in DRAWN if one.name == kind)
        # Points belong to some of the classes; boxes and outlines may come of all.
        listed = [name for name in declared if record.fineness or name in labels]
        names = list(dict.fromkeys([*listed, *labels]))
        own = kind if self.shape == OBJECTS else self.source
        made: dict[str, Any] = {"id": slug(own), "name": own, "kind": kind, "labels": names, "groups": self._groups}
        attributes = [one.spec(name) for name, one in self._attributes.get(kind, {}).items()]
        if any(attributes):
            made["attributes"] = [one for one in attributes if one is not None]
        return made | record.suggested_by(self._outlook)


def _kinds_of(region: Mapping[str, Any]) -> list[str]:
    """The kinds of field that hold what a file says of an object: its outline rather than its box."""
    said = {one.shape_key for one in DRAWN if region.get(one.shape_key)}
    return [one.name for one in DRAWN if one.shape_key in said and not one.yields_to & said]


def _rank(entry: tuple[str, Any]) -> int:
    return [one.name for one in DRAWN].index(entry[0])
