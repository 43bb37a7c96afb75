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
    keypoints     {"keypoints": [{"id": "r1", "label": "person", "points": [[x, y, 0|1|2], ...]}]}

Offsets are Unicode code points, 0-based, the end exclusive. Coordinates are pixels of the full-size image as displayed,
origin top left, right and bottom ends exclusive; ``angle`` turns a box clockwise about its centre, in degrees. Regions
of images may have ``attributes``, ``prompts`` (the clicks a region was segmented from) and a ``score``; the last two
say how it came about and do not belong to the answer. Region ids are stable over edits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tools.errors import ValueRefused
from tools.geometry.regions import same_regions
from tools.records import JsonValue, to_json
from tools.regions import ASIDE, check_regions
from tools.schema import CANNOT_TELL, IMAGE_KINDS, NONE_OF_THESE, TEXT_KINDS, FieldSpec

Value = Mapping[str, JsonValue]
TEXT_LIMIT = 20_000
REGION_KEYS = (*TEXT_KINDS, *IMAGE_KINDS)
"""Keys of values that are made of regions."""


def check_value(
    field: FieldSpec,
    value: Any,
    text: str | None = None,
    spans: Sequence[Mapping[str, Any]] | None = None,
    size: tuple[int, int] | None = None,
) -> dict[str, Any]:
    """Return the canonical form of ``value`` for ``field`` or raise :class:`ValueRefused` with one sentence.

    ``text`` is the item's text; without it span ends are not checked against its length. ``spans`` are the regions
    that a relation may join; without them its ends are not checked (a dangling end is then a finding, not an error).
    ``size`` is (width, height) of an image; without it regions are not checked against its edges.
    """
    if not isinstance(value, Mapping):
        raise ValueRefused(f"A value of field {field.id!r} is an object, got {type(value).__name__}.")
    key = _KEYS.get(field.kind, field.kind)
    if set(value) != {key}:
        got = ", ".join(sorted(map(str, value))) or "nothing"
        raise ValueRefused(f"A value of the {field.kind} field {field.id!r} has the one key {key!r}, got {got}.")
    if field.kind == "relations":
        return _relations(field, value[key], spans)
    if field.kind == "spans":
        return _spans(field, value[key], text)
    if field.is_image_region:
        return {key: check_regions(field, value[key], size)}
    return _PLAIN[field.kind](field, value[key])


def value_label(value: Value | None) -> str | None:
    """The one word for histograms: the label of a choice, the rating as text, else ``None``."""
    if value is None:
        return None
    if "label" in value:
        return str(value["label"])
    return str(value["rating"]) if "rating" in value else None


def value_labels(value: Value | None) -> tuple[str, ...]:
    """All labels that occur in a value, in order, repeats kept (one per region)."""
    if value is None:
        return ()
    if "labels" in value:
        return tuple(value["labels"])
    for key in REGION_KEYS:
        if key in value:
            return tuple(region["label"] for region in value[key])
    one = value_label(value)
    return () if one is None else (one,)


def regions_of(value: Value | None) -> tuple[Mapping[str, Any], ...]:
    """The regions of a value, empty for the kinds that have none."""
    if value is None:
        return ()
    return tuple(next((value[key] for key in REGION_KEYS if key in value), ()))


def same_value(one: Value | None, other: Value | None) -> bool:
    """Whether two values say the same: region ids and their order do not count."""
    return comparable(one) == comparable(other)


def agrees(one: Value | None, other: Value | None, iou: float) -> bool:
    """Whether two answers are the same to people: regions of images may differ as far as ``iou`` allows, 0..1."""
    if one is None or other is None or not (set(one) & set(IMAGE_KINDS)):
        return same_value(one, other)
    return set(one) == set(other) and same_regions(regions_of(one), regions_of(other), iou)


def comparable(value: Value | None) -> str:
    """Canonical text without region ids; equal texts mean equal answers.

    Relations keep the ids of the spans they join, which are what they are about.
    """
    if value is None:
        return ""
    plain = dict(value)
    for key in REGION_KEYS:
        if key in plain:
            bare = [{k: v for k, v in region.items() if k not in ("id", *ASIDE)} for region in plain[key]]
            plain[key] = sorted(bare, key=to_json)
    return to_json(plain)


def describe_value(field: FieldSpec, value: Value | None, text: str = "") -> str:
    """One short human sentence part: label names, quoted spans, the rating, the text."""
    if value is None:
        return "nothing"
    if "label" in value:
        return _name(field, value["label"])
    if "labels" in value:
        return ", ".join(_name(field, one) for one in value["labels"]) or "no label"
    if "rating" in value:
        return f"{value['rating']} of {field.max}"
    if "text" in value:
        return str(value["text"])
    if "spans" in value:
        quoted = (f"{_name(field, s['label'])} “{text[s['start'] : s['end']]}”" for s in value["spans"])
        return ", ".join(quoted) or "no spans"
    if "relations" in value:
        joined = (f"{_name(field, r['label'])} {r['from']}→{r['to']}" for r in value["relations"])
        return ", ".join(joined) or "no relations"
    return _counted(field, value_labels(value))


def _counted(field: FieldSpec, labels: Sequence[str]) -> str:
    """How many regions of each label, in the order of the schema."""
    counts = {label: labels.count(label) for label in sorted(set(labels), key=_order(field))}
    return ", ".join(f"{count} {_name(field, label)}" for label, count in counts.items()) or "no objects"


def _order(field: FieldSpec) -> Callable[[str], int]:
    ids = field.label_ids
    return lambda label: ids.index(label) if label in ids else len(ids)


def _name(field: FieldSpec, label_id: str) -> str:
    return field.label(label_id).name if label_id in field.label_ids else f"{label_id} (no longer in the schema)"


def _known(field: FieldSpec, label: Any) -> str:
    if not isinstance(label, str) or label not in field.label_ids:
        raise ValueRefused(f"{label!r} is not a label of field {field.id!r}; it has {', '.join(field.label_ids)}.")
    return label


def _choice(field: FieldSpec, label: Any) -> dict[str, Any]:
    return {"label": _known(field, label)}


def _multi(field: FieldSpec, labels: Any) -> dict[str, Any]:
    if not isinstance(labels, (list, tuple)):
        raise ValueRefused(f"Field {field.id!r} takes a list of labels, got {type(labels).__name__}.")
    chosen = {_known(field, label) for label in labels}
    for alone in (NONE_OF_THESE, CANNOT_TELL):
        if alone in chosen and len(chosen) > 1:
            raise ValueRefused(f"{alone!r} cannot stand beside other labels of field {field.id!r}.")
    return {"labels": [label for label in field.label_ids if label in chosen]}


def _rating(field: FieldSpec, rating: Any) -> dict[str, Any]:
    if isinstance(rating, bool) or not isinstance(rating, int) or not field.min <= rating <= field.max:
        raise ValueRefused(f"Field {field.id!r} takes a whole number from {field.min} to {field.max}, got {rating!r}.")
    return {"rating": rating}


def _text(field: FieldSpec, text: Any) -> dict[str, Any]:
    if not isinstance(text, str):
        raise ValueRefused(f"Field {field.id!r} takes text, got {type(text).__name__}.")
    if len(text) > TEXT_LIMIT:
        raise ValueRefused(f"Field {field.id!r} takes at most {TEXT_LIMIT} characters, got {len(text)}.")
    return {"text": text}


def _spans(field: FieldSpec, spans: Any, text: str | None) -> dict[str, Any]:
    if not isinstance(spans, (list, tuple)):
        raise ValueRefused(f"Field {field.id!r} takes a list of spans, got {type(spans).__name__}.")
    checked = [_span(field, span, text) for span in spans]
    _refuse_same_ids(field, checked)
    checked.sort(key=lambda span: (span["start"], span["end"], span["label"], span["id"]))
    if not field.overlap:
        reach = 0
        for span in checked:
            if span["start"] < reach:
                raise ValueRefused(f"Spans of field {field.id!r} must not overlap; two do at {span['start']}.")
            reach = max(reach, span["end"])
    return {"spans": checked}


def _span(field: FieldSpec, span: Any, text: str | None) -> dict[str, Any]:
    if not isinstance(span, Mapping) or not {"start", "end", "label"} <= set(span):
        raise ValueRefused(f"A span of field {field.id!r} has start, end and label, got {span!r}.")
    start, end = span["start"], span["end"]
    if type(start) is not int or type(end) is not int or not 0 <= start < end:
        raise ValueRefused(f"A span of field {field.id!r} must start before it ends, got {start!r}..{end!r}.")
    if text is not None and end > len(text):
        raise ValueRefused(f"A span of field {field.id!r} ends at {end}, but the text has {len(text)} characters.")
    label = _known(field, span["label"])
    return {"id": str(span.get("id") or f"s{start}_{end}_{label}"), "start": start, "end": end, "label": label}


def _relations(field: FieldSpec, relations: Any, spans: Sequence[Mapping[str, Any]] | None) -> dict[str, Any]:
    if not isinstance(relations, (list, tuple)):
        raise ValueRefused(f"Field {field.id!r} takes a list of relations, got {type(relations).__name__}.")
    known = None if spans is None else {str(span["id"]): str(span["label"]) for span in spans}
    checked = [_relation(field, relation, known) for relation in relations]
    _refuse_same_ids(field, checked)
    return {"relations": sorted(checked, key=lambda r: (r["from"], r["to"], r["label"], r["id"]))}


def _relation(field: FieldSpec, relation: Any, known: Mapping[str, str] | None) -> dict[str, Any]:
    if not isinstance(relation, Mapping) or not {"from", "to", "label"} <= set(relation):
        raise ValueRefused(f"A relation of field {field.id!r} has from, to and label, got {relation!r}.")
    label = field.label(_known(field, relation["label"]))
    ends = str(relation["from"]), str(relation["to"])
    if ends[0] == ends[1]:
        raise ValueRefused(f"A relation of field {field.id!r} must join two different regions, got {ends[0]!r} twice.")
    if known is not None:
        for end, allowed in zip(ends, (label.from_, label.to), strict=True):
            if end not in known:
                raise ValueRefused(f"Relation {label.id!r} joins region {end!r}, which is not on the item.")
            if allowed and known[end] not in allowed:
                raise ValueRefused(f"Relation {label.id!r} may not join a {known[end]!r} at that end.")
    region_id = str(relation.get("id") or f"r_{ends[0]}_{ends[1]}_{label.id}")
    return {"id": region_id, "label": label.id, "from": ends[0], "to": ends[1]}


def _refuse_same_ids(field: FieldSpec, regions: Sequence[Mapping[str, Any]]) -> None:
    ids = [region["id"] for region in regions]
    if len(set(ids)) != len(ids):
        twin = next(one for one in ids if ids.count(one) > 1)
        raise ValueRefused(f"Two regions of field {field.id!r} have the id {twin!r}.")


_KEYS: dict[str, str] = {
    "choice": "label",
    "multi_choice": "labels",
    "spans": "spans",
    "relations": "relations",
    "rating": "rating",
    "text": "text",
}
_PLAIN: dict[str, Callable[[FieldSpec, Any], dict[str, Any]]] = {
    "choice": _choice,
    "multi_choice": _multi,
    "rating": _rating,
    "text": _text,
}
