"""Spans: passages of a text with a label each. Offsets are Unicode code points, 0-based, the end exclusive."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.errors import ValueRefused
from tools.kinds.asked import Asked, Subject
from tools.kinds.contract import Regions, known_label, name_of, refuse_same_ids


class Spans(Regions):
    """Passages: ``{"spans": [{"id": "s1", "start": 0, "end": 5, "label": "product"}]}``, by start, end, label."""

    name = "spans"
    key = "spans"
    marks = "text"
    one, many = "span", "spans"
    question = "Which passages?"

    def check(self, field: Asked, content: Any, subject: Subject) -> list[dict[str, Any]]:
        """Passages inside the text, which overlap only where the field allows it."""
        if not isinstance(content, (list, tuple)):
            raise ValueRefused(f"Field {field.id!r} takes a list of spans, got {type(content).__name__}.")
        checked = [_span(field, span, subject.text) for span in content]
        refuse_same_ids(field, checked)
        checked.sort(key=lambda span: (span["start"], span["end"], span["label"], span["id"]))
        if not field.overlap:
            _refuse_overlap(field, checked)
        return checked

    def describe(self, field: Asked, content: Any, text: str) -> str:
        """Names with the passages quoted."""
        quoted = (f"{name_of(field, s['label'])} “{text[s['start'] : s['end']]}”" for s in content)
        return ", ".join(quoted) or "no spans"

    def describe_apart(self, field: Asked, content: Any) -> str:
        """Names with places."""
        places = (f"{_plain_name(field, s['label'])} at {s['start']}–{s['end']}" for s in content)
        return ", ".join(places) or "no spans"


def _refuse_overlap(field: Asked, ordered: list[dict[str, Any]]) -> None:
    reach = 0
    for span in ordered:
        if span["start"] < reach:
            raise ValueRefused(f"Spans of field {field.id!r} must not overlap; two do at {span['start']}.")
        reach = max(reach, span["end"])


def _span(field: Asked, span: Any, text: str | None) -> dict[str, Any]:
    if not isinstance(span, Mapping) or not {"start", "end", "label"} <= set(span):
        raise ValueRefused(f"A span of field {field.id!r} has start, end and label, got {span!r}.")
    start, end = span["start"], span["end"]
    if type(start) is not int or type(end) is not int or not 0 <= start < end:
        raise ValueRefused(f"A span of field {field.id!r} must start before it ends, got {start!r}..{end!r}.")
    if text is not None and end > len(text):
        raise ValueRefused(f"A span of field {field.id!r} ends at {end}, but the text has {len(text)} characters.")
    label = known_label(field, span["label"])
    return {"id": str(span.get("id") or f"s{start}_{end}_{label}"), "start": start, "end": end, "label": label}


def _plain_name(field: Asked, label_id: str) -> str:
    return field.label(label_id).name if label_id in field.label_ids else label_id
