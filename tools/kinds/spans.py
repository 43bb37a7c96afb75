"""Spans: passages of a text with a label each. Offsets are Unicode code points, 0-based, the end exclusive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tools.errors import ValueRefused
from tools.kinds.asked import Asked, Subject
from tools.kinds.contract import Regions, known_label, name_of, refuse_same_ids, regions_told
from tools.kinds.in_files import Column
from tools.kinds.replies.quotes import locate_quote, quote_of
from tools.kinds.replying import BadReply, Seen, closed, label_given, one_of_labels, records_given
from tools.kinds.taking import LabelNames, Taken
from tools.sentences import count_of


class Spans(Regions):
    """Passages: ``{"spans": [{"id": "s1", "start": 0, "end": 5, "label": "product"}]}``, by start, end, label."""

    name = "spans"
    key = "spans"
    marks = "text"
    one, many = "span", "spans"
    question = "Which passages?"
    column: ClassVar[Column] = [{"id": "text", "start": "whole", "end": "whole", "label": "text"}]
    columns = ("entities", "spans")

    def recognises(self, cell: Any) -> bool:
        """Lists of start, end and label, or objects with a start."""
        first = cell[0] if isinstance(cell, list) and cell else None
        return isinstance(first, list) or (isinstance(first, Mapping) and ("start" in first or "start_offset" in first))

    def take(self, field: Asked, names: LabelNames, content: Any, subject: Subject) -> Taken:
        """All at once, and one by one only where that does not do."""
        spans = regions_told(field, content)
        try:
            return Taken({self.key: self.check(field, [names.named(span) for span in spans], subject)})
        except ValueRefused:
            return super().take(field, names, spans, subject)

    def refuse_beside(
        self, field: Asked, region: Mapping[str, Any], kept: Sequence[Mapping[str, Any]], subject: Subject
    ) -> None:
        """Spans overlap only where the field allows it."""
        if not field.overlap:
            self.check(field, [*kept, region], subject)

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

    def reply_schema(self, field: Asked, subject: Subject) -> dict[str, Any]:
        """Quotes, since models count characters badly."""
        one = closed(quote={"type": "string"}, occurrence={"type": "integer"}, label=one_of_labels(field))
        return {"type": "array", "items": one}

    def read_given(self, field: Asked, given: Any, seen: Seen) -> tuple[Any, str]:
        """The passages whose quotes can be found; without any of them there is no answer."""
        text, made, lost = seen.subject.text or "", {}, 0
        for one in records_given(given, {"quote", "label"}):
            label = label_given(field, one["label"])
            occurrence = one.get("occurrence", 1)
            place = locate_quote(text, str(one["quote"]), occurrence if isinstance(occurrence, int) else 1)
            if place is None:
                lost += 1
            else:
                made[(*place, str(label))] = {"start": place[0], "end": place[1], "label": label}
        if lost and not made:
            raise BadReply(f"{count_of(lost, 'quote')} of the answer cannot be found in the text")
        left_out = f"{count_of(lost, 'quote')} of the model could not be found in the text" if lost else ""
        return list(made.values()), left_out

    def write_given(self, content: Any, subject: Subject) -> list[dict[str, Any]] | None:
        """The quotes of the passages."""
        found = [quote_of(subject.text or "", int(span["start"]), int(span["end"])) for span in content]
        if None in found:
            return None
        return [
            {"quote": quote[0], "occurrence": quote[1], "label": span["label"]}
            for quote, span in zip(found, content, strict=True)
            if quote is not None
        ]


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
