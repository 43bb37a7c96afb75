"""Relations: pairs of spans with a label each."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

from tools.errors import ValueRefused
from tools.kinds.asked import Asked, Subject
from tools.kinds.contract import Regions, known_label, name_of, refuse_same_ids
from tools.kinds.in_files import Column
from tools.kinds.replying import BadReply, Seen, closed, one_of_labels, records_given
from tools.sentences import count_of


class Relations(Regions):
    """Directed pairs: ``{"relations": [{"id": "r1", "label": "paid_for", "from": "s1", "to": "s2"}]}``.

    Two of them are the same only where they join the same spans by id, since those are what they are about.
    """

    name = "relations"
    key = "relations"
    marks = "text"
    one, many = "relation", "relations"
    question = "Which passages belong together?"
    joins = True
    column: ClassVar[Column] = [{"id": "text", "label": "text", "from": "text", "to": "text"}]
    columns = ("relations",)

    def recognises(self, cell: Any) -> bool:
        """Objects with two ends and no start."""
        first = cell[0] if isinstance(cell, list) and cell else None
        keys = set(first) if isinstance(first, Mapping) else set()
        return bool(keys & {"from", "from_id"}) and not keys & {"start", "start_offset"}

    def dangling(self, content: Any, known: Collection[str]) -> tuple[Mapping[str, Any], ...]:
        """Those with an end that is not known."""
        return tuple(one for one in content if one["from"] not in known or one["to"] not in known)

    def check_field(self, field: Asked) -> None:
        """It says whose regions it joins."""
        if not field.over:
            raise ValueError(f"field {field.id!r} needs 'over': the span field whose regions it joins")

    def check_among(self, field: Asked, fields: Sequence[Asked]) -> None:
        """There is that field of spans, and it has the labels that relations are bound to."""
        over = next((other for other in fields if other.id == field.over), None)
        if over is None or over.kind != "spans":
            raise ValueError(f"field {field.id!r}: 'over' must name a span field, got {field.over!r}")
        known = {label.id for label in over.labels}
        for label in field.labels:
            for end in (*label.from_, *label.to):
                if end not in known:
                    raise ValueError(f"relation {label.id!r} names {end!r}, which is no label of {over.id!r}")

    def check(self, field: Asked, content: Any, subject: Subject) -> list[dict[str, Any]]:
        """Pairs of two different spans; without ``subject.spans`` a dangling end is a finding and no error."""
        if not isinstance(content, (list, tuple)):
            raise ValueRefused(f"Field {field.id!r} takes a list of relations, got {type(content).__name__}.")
        spans = subject.spans
        known = None if spans is None else {str(span["id"]): str(span["label"]) for span in spans}
        checked = [_relation(field, relation, known) for relation in content]
        refuse_same_ids(field, checked)
        return sorted(checked, key=lambda r: (r["from"], r["to"], r["label"], r["id"]))

    def describe(self, field: Asked, content: Any, text: str) -> str:
        """Names with the ids that are joined."""
        joined = (f"{name_of(field, r['label'])} {r['from']}→{r['to']}" for r in content)
        return ", ".join(joined) or "no relations"

    def reply_schema(self, field: Asked, subject: Subject) -> dict[str, Any]:
        """Pairs of passages by their numbers."""
        passage = {"type": "string", "enum": list(_numbered(subject))}
        return {"type": "array", "items": closed(**{"from": passage, "to": passage, "label": one_of_labels(field)})}

    def read_given(self, field: Asked, given: Any, seen: Seen) -> tuple[Any, str]:
        """The ids of the passages."""
        ids, made = _numbered(seen.subject), []
        for one in records_given(given, {"from", "to", "label"}):
            ends = str(one["from"]), str(one["to"])
            unknown = [end for end in ends if end not in ids]
            if unknown:
                raise BadReply(f"there is no passage {unknown[0]!r}")
            made.append({"from": ids[ends[0]], "to": ids[ends[1]], "label": one["label"]})
        return made, ""

    def write_given(self, content: Any, subject: Subject) -> list[dict[str, Any]] | None:
        """The numbers of the passages, which must all be on the item."""
        numbers = {span_id: number for number, span_id in _numbered(subject).items()}
        joined = [
            {"from": numbers.get(str(one["from"])), "to": numbers.get(str(one["to"])), "label": one["label"]}
            for one in content
        ]
        is_whole = all(one["from"] and one["to"] for one in joined) and len(numbers) > 1
        return joined if is_whole else None

    def foregone(self, subject: Subject) -> tuple[list[Any], str] | None:
        """Nothing can be joined where there are fewer than two passages."""
        count = len(subject.spans or ())
        return None if count > 1 else ([], f"{count_of(count, 'span')} on the item, so nothing to join")


def _numbered(subject: Subject) -> dict[str, str]:
    """The name of each passage in a question to its id, P1 being the first."""
    return {f"P{number}": str(span["id"]) for number, span in enumerate(subject.spans or (), start=1)}


def _relation(field: Asked, relation: Any, known: Mapping[str, str] | None) -> dict[str, Any]:
    if not isinstance(relation, Mapping) or not {"from", "to", "label"} <= set(relation):
        raise ValueRefused(f"A relation of field {field.id!r} has from, to and label, got {relation!r}.")
    label = field.label(known_label(field, relation["label"]))
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
