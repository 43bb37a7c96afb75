"""What the kinds share whose answers are regions of an image, checked once for tools, imports and reviews alike.

Coordinates are pixels of the full-size image as displayed, origin top left, right and bottom ends exclusive. Regions
may have ``attributes``, ``prompts`` (the clicks a region was segmented from) and a ``score``; the last two say how it
came about and do not belong to the answer. Region ids are stable over edits.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, TypeGuard

from tools.errors import ValueRefused
from tools.geometry.boxes import Size
from tools.geometry.regions import same_regions
from tools.kinds.asked import Asked, Subject
from tools.kinds.contract import ASIDE, Regions, name_of, regions_told
from tools.kinds.fitting import SLACK, Outlook, cut_at_edges, take_attributes
from tools.kinds.taking import LabelNames, Taken, distinct, excerpt, short_reason
from tools.labels import Attribute

MOST_REGIONS = 5000
MOST_POINTS = 100_000
DECIMALS = 2
BOX = 1
"""The fineness of a box; what is finer says where exactly an object is."""
OUTLINE_LOST = "Objects of which only the box was kept, because the schema has no field for outlines"
OBJECTS = "objects"
"""How files tell things in a picture that may have several geometries each."""
_COMMON = {"id", "label", "attributes", *ASIDE}


class Drawn(Regions):
    """Regions of an image. ``shape_key`` is the key that a region must have, ``own_keys`` are all of its geometry.

    ``geometry`` are the keys of a file's regions that make one of this kind; where one of ``yields_to`` is there too,
    the file says more than this kind holds.
    """

    marks = "image"
    is_near = True
    shape_key: ClassVar[str]
    own_keys: ClassVar[frozenset[str]]
    geometry: ClassVar[tuple[str, ...]]
    yields_to: ClassVar[frozenset[str]] = frozenset()
    options = frozenset({"attributes"})
    holds: ClassVar[dict[str, int]] = {OBJECTS: 0}
    # Nested lists of points have no type of column that every program reads; JSON has.
    column = "json"

    def check_field(self, field: Asked) -> None:
        """Attributes have names of their own and labels that there are."""
        times = [one.id for one in field.attributes]
        labels = {one.id for one in field.labels}
        for attribute in field.attributes:
            if times.count(attribute.id) > 1:
                raise ValueError(f"field {field.id!r} has two attributes with the id {attribute.id!r}")
            for label in attribute.labels:
                if label not in labels:
                    raise ValueError(f"attribute {attribute.id!r} names {label!r}, which is no label of {field.id!r}")

    def check(self, field: Asked, content: Any, subject: Subject) -> list[dict[str, Any]]:
        """The canonical regions, in the order given; without ``subject.size`` nothing is compared with the edges."""
        if not isinstance(content, (list, tuple)):
            raise ValueRefused(f"Field {field.id!r} takes a list of regions, got {type(content).__name__}.")
        if len(content) > MOST_REGIONS:
            raise ValueRefused(f"Field {field.id!r} takes at most {MOST_REGIONS:,} regions, got {len(content):,}.")
        checked: list[dict[str, Any]] = []
        taken: set[str] = set()
        for region in content:
            one = self.check_region(field, region, subject.size)
            one["id"] = _free_id(str(region.get("id") or ""), field, taken)
            checked.append({"id": one.pop("id"), **one})
        return checked

    def check_region(self, field: Asked, region: Any, size: Size | None) -> dict[str, Any]:
        """One region without its id, checked."""
        if not isinstance(region, Mapping) or not {"label", self.shape_key} <= set(region):
            raise ValueRefused(f"A region of the {self.name} field {field.id!r} has label and {self.shape_key}.")
        unknown = set(region) - _COMMON - self.own_keys
        if unknown:
            raise ValueRefused(
                f"A region of the {self.name} field {field.id!r} has no {sorted(map(str, unknown))[0]!r}."
            )
        label = region["label"]
        if not isinstance(label, str) or all(label != one.id for one in field.labels):
            known = ", ".join(one.id for one in field.labels)
            raise ValueRefused(f"{label!r} is not a label of field {field.id!r}; it has {known}.")
        return {"label": label, **self.shape(field, region, size), **_beside(field, label, region)}

    def shape(self, field: Asked, region: Mapping[str, Any], size: Size | None) -> dict[str, Any]:
        """The geometry of one region, checked."""
        raise NotImplementedError

    def fit(self, field: Asked, region: Mapping[str, Any], size: Size | None, notes: list[str]) -> dict[str, Any]:
        """The geometry of this kind from whatever a file gives; what was changed is noted."""
        raise NotImplementedError

    def take(self, field: Asked, names: LabelNames, content: Any, subject: Subject) -> Taken:
        """Region by region, inside the image: those that do not fit are named with their reason, the others kept."""
        taken = Taken()
        kept: list[dict[str, Any]] = []
        found = regions_told(field, content)
        for region in found:
            try:
                one = self._fitted(field, names, region, subject.size, taken)
                wanted = str(region.get("id") or f"r{len(kept) + 1}")
                kept.append(distinct({"id": wanted, **self.check_region(field, one, subject.size)}, kept))
            except ValueRefused as refused:
                taken.problems.append((short_reason(refused), excerpt(_brief(region))))
        # A field is answered by no region at all only if the file gave none.
        if len(kept) > MOST_REGIONS:
            taken.problems.append((f"the image has more than {MOST_REGIONS:,} regions", f"{len(kept):,}"))
        elif kept or not found:
            # Each was checked by itself, and their ids are distinct.
            taken.value = {self.key: kept}
        return taken

    def _fitted(
        self, field: Asked, names: LabelNames, region: Mapping[str, Any], size: Size | None, taken: Taken
    ) -> dict[str, Any]:
        """One region in the form of the field, inside the image."""
        label = names.find(region.get("label"))
        if label is None:
            raise ValueRefused(names.unknown(region.get("label")))
        fitted = {"label": label, **self.fit(field, region, size, taken.notes)}
        fitted |= {key: region[key] for key in ASIDE if region.get(key) is not None}
        attributes = take_attributes(field, label, region.get("attributes") or {}, taken)
        if attributes:
            fitted["attributes"] = attributes
        return cut_at_edges(fitted, size, taken.notes)

    def suggested_by(self, outlook: Outlook) -> dict[str, Any]:
        """What a field has beside labels and attributes that holds all regions of a file."""
        return {}

    def lost_with(self, other: Drawn, present: Sequence[Drawn]) -> str:
        """What to note of a region that also had this geometry, was put to a field of the kind ``other`` and finds no
        field of this kind among those that are ``present``.
        """
        return ""

    def agrees(self, one: Any, other: Any, iou: float) -> bool:
        """Whether each region of one answer is matched by one of the other, with the same label."""
        return same_regions(tuple(one), tuple(other), iou)

    def rule_of_match(self, iou: float) -> str:
        """When two regions are in the same place, as part of a sentence."""
        return f"they overlap with an IoU of at least {iou:g} (setting same_region_iou)"

    def describe(self, field: Asked, content: Any, text: str) -> str:
        """How many regions of each label, in the order of the schema."""
        labels = self.labels_in(content)
        counts = {label: labels.count(label) for label in sorted(set(labels), key=_order(field))}
        return ", ".join(f"{count} {name_of(field, label)}" for label, count in counts.items()) or "no objects"


class Outlined(Drawn):
    """What outlines and masks share."""

    def lost_with(self, other: Drawn, present: Sequence[Drawn]) -> str:
        """Of an outline the box may be left."""
        return OUTLINE_LOST if other.fineness == BOX and not any(one.fineness > BOX for one in present) else ""


def _brief(region: Mapping[str, Any]) -> dict[str, Any]:
    """What a person needs in order to find the region again."""
    return {key: region[key] for key in ("id", "label", "box", "points") if region.get(key) is not None}


def _order(field: Asked) -> Callable[[str], int]:
    ids = field.label_ids
    return lambda label: ids.index(label) if label in ids else len(ids)


def _beside(field: Asked, label: str, region: Mapping[str, Any]) -> dict[str, Any]:
    """What stands in a region beside its label and its geometry."""
    found: dict[str, Any] = {}
    attributes = _attributes(field, label, region.get("attributes"))
    if attributes:
        found["attributes"] = attributes
    if isinstance(region.get("prompts"), Mapping):
        found["prompts"] = dict(region["prompts"])
    if region.get("score") is not None:
        found["score"] = _score(field, region["score"])
    return found


def _free_id(wanted: str, field: Asked, taken: set[str]) -> str:
    if wanted:
        if wanted in taken:
            raise ValueRefused(f"Two regions of field {field.id!r} have the id {wanted!r}.")
    else:
        number = len(taken) + 1
        while f"r{number}" in taken:
            number += 1
        wanted = f"r{number}"
    taken.add(wanted)
    return wanted


def number(field: Asked, value: Any) -> float:
    """A coordinate."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueRefused(f"Coordinates of field {field.id!r} are numbers, got {value!r}.")
    return float(value)


def inside(field: Asked, value: float, edge: int | None) -> float:
    """The coordinate rounded to hundredths of a pixel, put on the edge if it lies outside by no more than rounding."""
    if edge is not None:
        if not -SLACK <= value <= edge + SLACK:
            raise ValueRefused(f"A region of field {field.id!r} lies outside the image: {value:g} of 0..{edge}.")
        value = min(max(value, 0.0), float(edge))
    # Adding zero makes a plain zero of a negative one.
    return round(value, DECIMALS) + 0.0


def _attributes(field: Asked, label: str, given: Any) -> dict[str, Any]:
    """What was noted, in the order of the schema; a flag that is off and an empty text say nothing."""
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise ValueRefused(f"The attributes of a region of field {field.id!r} are an object.")
    for name in given:
        attribute = field.attribute(str(name))
        if attribute is None:
            raise ValueRefused(f"Field {field.id!r} has no attribute {str(name)!r}.")
        if attribute.labels and label not in attribute.labels:
            raise ValueRefused(f"{label!r} has no attribute {attribute.id!r} in field {field.id!r}.")
    noted = {one.id: _noted(field, one, given[one.id]) for one in field.attributes if one.id in given}
    # Zero is a number that was noted; only false, empty texts and nothing are left out.
    return {name: value for name, value in noted.items() if value is not False and value is not None and value != ""}


def _noted(field: Asked, attribute: Attribute, value: Any) -> Any:
    where = f"Attribute {attribute.id!r} of field {field.id!r}"
    if value is None:
        return None
    if attribute.kind == "flag":
        if not isinstance(value, bool):
            raise ValueRefused(f"{where} is true or false, got {value!r}.")
    elif attribute.kind == "number":
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise ValueRefused(f"{where} is a number, got {value!r}.")
        return float(value)
    elif not isinstance(value, str) or len(value) > 1000:
        raise ValueRefused(f"{where} is a short text, got {str(value)[:40]!r}.")
    elif attribute.kind == "choice" and value and value not in attribute.options:
        raise ValueRefused(f"{where} is one of {', '.join(attribute.options)}; got {value!r}.")
    return value


def _score(field: Asked, score: Any) -> float:
    share = number(field, score)
    if not 0 <= share <= 1:
        raise ValueRefused(f"The score of a region of field {field.id!r} lies in 0..1, got {score!r}.")
    return round(share, 4)


def is_list(value: Any) -> TypeGuard[Sequence[Any]]:
    """Whether it came as a JSON list, or as the tuple that a program made of one."""
    return isinstance(value, (list, tuple))
