"""Values: what an answer to a field is, validated once for tools, imports and reviews alike.

The JSON forms, one per field kind::

    choice        {"label": "refund"}
    multi_choice  {"labels": ["billing", "delivery"]}            in schema order, no repeats
    spans         {"spans": [{"id": "s1", "start": 0, "end": 5, "label": "product"}]}   by start, end, label
    relations     {"relations": [{"id": "r1", "label": "paid_for", "from": "s1", "to": "s2"}]}
    rating        {"rating": 3}
    text          {"text": "..."}
    boxes         {"boxes": [{"id": "r1", "label": "car", "box": [x0, y0, x1, y1], "angle": 30.0}]}
    polygons      {"polygons": [{"id": "r1", "label": "car", "parts": [[[[x, y], ...], hole, ...], ...]}]}
    masks         {"masks": [{"id": "r1", "label": "car", "size": [h, w], "counts": "compressed runs as in COCO"}]}
    ranking       {"ranking": [["b"], ["a", "c"]]}               best first, equally good ones in one group
    segments      {"segments": [{"id": "r1", "start": 0, "end": 900, "text": "hello", "label": "ann"}]}  in milliseconds
    keypoints     {"keypoints": [{"id": "r1", "label": "person", "points": [[x, y, 0|1|2], ...]}]}

Offsets are Unicode code points, 0-based, the end exclusive. Coordinates are pixels of the full-size image as displayed,
origin top left, right and bottom ends exclusive; ``angle`` turns a box clockwise about its centre, in degrees. Regions
of images may have ``attributes``, ``prompts`` (the clicks a region was segmented from) and a ``score``; the last two
say how it came about and do not belong to the answer. Region ids are stable over edits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tools.errors import ValueRefused
from tools.kinds.asked import Subject
from tools.kinds.contract import Kind
from tools.kinds.registry import ALL, kind_of_value
from tools.records import JsonValue, to_json
from tools.schema import FieldSpec

Value = Mapping[str, JsonValue]
REGION_KEYS = tuple(one.key for one in ALL if one.has_regions)
"""Keys of values that are made of regions."""


def check_value(
    field: FieldSpec,
    value: Any,
    text: str | None = None,
    spans: Sequence[Mapping[str, Any]] | None = None,
    size: tuple[int, int] | None = None,
    length: int | None = None,
) -> dict[str, Any]:
    """Return the canonical form of ``value`` for ``field`` or raise :class:`ValueRefused` with one sentence.

    ``text`` is the item's text; without it span ends are not checked against its length. ``spans`` are the regions
    that a relation may join; without them its ends are not checked (a dangling end is then a finding, not an error).
    ``size`` is (width, height) of an image; without it regions are not checked against its edges.
    ``length`` is that of a recording in milliseconds.
    """
    return check_about(field, value, Subject(text, spans, size, length))


def check_about(field: FieldSpec, value: Any, about: Subject) -> dict[str, Any]:
    """The same for whatever is known of the item."""
    if not isinstance(value, Mapping):
        raise ValueRefused(f"A value of field {field.id!r} is an object, got {type(value).__name__}.")
    key = field.record.key
    if set(value) != {key}:
        got = ", ".join(sorted(map(str, value))) or "nothing"
        raise ValueRefused(f"A value of the {field.kind} field {field.id!r} has the one key {key!r}, got {got}.")
    return {key: field.record.check(field, value[key], about)}


def value_label(value: Value | None) -> str | None:
    """The one word for histograms: the label of a choice, the rating as text, else ``None``."""
    found = _opened(value)
    return None if found is None else found[0].word(found[1])


def value_labels(value: Value | None) -> tuple[str, ...]:
    """All labels that occur in a value, in order, repeats kept (one per region)."""
    found = _opened(value)
    return () if found is None else found[0].labels_in(found[1])


def regions_of(value: Value | None) -> tuple[Mapping[str, Any], ...]:
    """The regions of a value, empty for the kinds that have none."""
    found = _opened(value)
    return () if found is None else found[0].regions_in(found[1])


def same_value(one: Value | None, other: Value | None) -> bool:
    """Whether two values say the same: region ids and their order do not count."""
    return comparable(one) == comparable(other)


def agrees(one: Value | None, other: Value | None, iou: float) -> bool:
    """Whether two answers are the same to people: regions of images may differ as far as ``iou`` allows, 0..1."""
    mine, theirs = _opened(one), _opened(other)
    if mine is None or theirs is None or mine[0] is not theirs[0]:
        return same_value(one, other)
    return mine[0].agrees(mine[1], theirs[1], iou)


def comparable(value: Value | None) -> str:
    """Canonical text without region ids; equal texts mean equal answers.

    Relations keep the ids of the spans they join, which are what they are about.
    """
    if value is None:
        return ""
    found = _opened(value)
    return to_json(dict(value) if found is None else {**value, found[0].key: found[0].bare(found[1])})


def describe_value(field: FieldSpec, value: Value | None, text: str = "") -> str:
    """One short human sentence part: label names, quoted spans, the rating, the text."""
    found = _opened(value)
    return "nothing" if found is None else found[0].describe(field, found[1], text)


def _opened(value: Value | None) -> tuple[Kind, Any] | None:
    """The kind of a value and what stands under its key; ``None`` for no value."""
    kind = kind_of_value(value)
    return None if kind is None or value is None else (kind, value[kind.key])
