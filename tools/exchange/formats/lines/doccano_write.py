"""doccano's JSONL, as its importer takes it: one question in ``label``, or ``entities``, ``cats`` and ``relations``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from tools.exchange.codec import MARK
from tools.exchange.export import ChosenItem
from tools.exchange.formats.lines.own_jsonl_write import LinesWriter, fields_record
from tools.exchange.options import ExportOptions
from tools.exchange.writer import Names, Plan
from tools.modalities.registry import MODALITIES
from tools.schema import FieldSpec
from tools.values import value_labels


def held(fields: Sequence[FieldSpec]) -> list[FieldSpec]:
    """The fields that one doccano project can ask: one of labels, one of spans and its relations, or one text."""
    spans = next((spec for spec in fields if spec.kind == "spans"), None)
    labels = next((spec for spec in fields if spec.record.is_labels), None)
    joins = next((spec for spec in fields if spec.kind == "relations" and spans and spec.over == spans.id), None)
    found = [spec for spec in (spans, labels, joins) if spec is not None]
    return found or [spec for spec in fields if spec.kind == "text"][:1]


def cannot_hold(fields: Sequence[FieldSpec], options: ExportOptions) -> list[str]:
    """What a doccano project has no place for."""
    kept = held(fields)
    said = [
        f"Field {spec.id!r} ({spec.kind}) has no place in the same doccano project."
        for spec in fields
        if spec not in kept
    ]
    said.append(
        "An empty label list is what doccano writes for items nobody labelled: 'nothing applies' is not told apart."
    )
    if options.provenance == "full":
        said.append(f"Who decided stands under {MARK!r}, which doccano keeps and does not show.")
    return said


class DoccanoWriter(LinesWriter):
    """Writes one record an item."""

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self._held = held(plan.fields)
        self._names = Names(plan.fields)
        self._is_split = len(self._held) > 1

    def add(self, item: ChosenItem) -> str:
        """Write one item; fields that do not fit are accounted for."""
        labels: dict[str, Any] = {}
        for spec in self._held:
            chosen = item.answers.get(spec.id)
            labels[self._key(spec)] = [] if chosen is None else self._content(spec, chosen.value)
        for name, chosen in item.answers.items():
            if chosen.spec not in self._held and chosen.value is not None:
                self.plan.lose(item, chosen.spec, "there is no place for the field in a doccano record", name)
        record: dict[str, Any] = {"key": item.item.key, "text": item.item.text, **labels}
        if item.item.meta:
            record["meta"] = dict(item.item.meta)
        if any(chosen.status == "machine" for chosen in item.answers.values()):
            record["status"] = "machine"
        own = {name: one for name, one in fields_record(item, self.plan.options).items() if self._is_held(name)}
        record[MARK] = {"fields": own, "labels": labels}
        if MODALITIES[item.item.kind].told_in != "one":
            record[MARK] |= {"kind": item.item.kind, "parts": [asdict(part) for part in item.item.parts]}
        self.write(record)
        return ""

    def _is_held(self, name: str) -> bool:
        return any(spec.id == name for spec in self._held)

    def _key(self, spec: FieldSpec) -> str:
        if not self._is_split:
            return "label"
        return {"spans": "entities", "relations": "relations"}.get(spec.kind, "cats")

    def _content(self, spec: FieldSpec, value: Mapping[str, Any] | None) -> list[Any]:
        if value is None:
            return []
        if spec.kind == "text":
            return [value["text"]]
        if spec.record.is_labels:
            return [self._names.of(spec, one) for one in value_labels(value)]
        if spec.kind == "relations":
            return [
                {
                    "id": one["id"],
                    "from_id": one["from"],
                    "to_id": one["to"],
                    "type": self._names.of(spec, one["label"]),
                }
                for one in value["relations"]
            ]
        if not self._has_relations():
            return [[one["start"], one["end"], self._names.of(spec, one["label"])] for one in value["spans"]]
        return [
            {
                "id": one["id"],
                "label": self._names.of(spec, one["label"]),
                "start_offset": one["start"],
                "end_offset": one["end"],
            }
            for one in value["spans"]
        ]

    def _has_relations(self) -> bool:
        return any(spec.kind == "relations" for spec in self._held)
