"""Kinds of answer that the house does not have, put through its files. A program of its own: kinds are read once."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from tools.errors import ValueRefused
from tools.kinds import registry
from tools.kinds.asked import Asked, Subject
from tools.kinds.contract import Kind, Regions, known_label, refuse_same_ids
from tools.kinds.taking import LabelNames, Taken
from tools.modalities.contract import Modality
from tools.modalities.registry import MODALITIES
from tools.modalities.texts import TEXT

FORMATS = ("jsonl", "csv", "parquet")
TIERS = {"tiers": [["cyd"], ["ada", "bob"]]}
NOISES = {"noises": [{"id": "n1", "label": "ada", "start": 0.5, "end": 1.25, "heard": "hello"}]}


class Tiers(Kind):
    """Labels from the best to the worst, those of one tier in one list: ``{"tiers": [["a"], ["b", "c"]]}``."""

    name = "tiers"
    key = "tiers"
    columns = ("tiers",)

    def recognises(self, cell: Any) -> bool:
        """Lists of texts."""
        if not isinstance(cell, list) or not cell or not all(isinstance(tier, list) for tier in cell):
            return False
        return all(isinstance(name, str) for tier in cell for name in tier)

    def names_in(self, content: Any) -> Sequence[Any]:
        """The names of all tiers."""
        return [name for tier in content for name in tier]

    def take(self, field: Asked, names: LabelNames, content: Any, subject: Subject) -> Taken:
        """The tiers with ids for names."""
        found = [[names.find(name) or name for name in tier] for tier in content]
        return super().take(field, names, found, subject)

    def check(self, field: Asked, content: Any, subject: Subject) -> list[list[str]]:
        """Every label once."""
        checked = [[known_label(field, label) for label in tier] for tier in content]
        flat = [label for tier in checked for label in tier]
        if len(set(flat)) < len(flat):
            raise ValueRefused(f"A label of field {field.id!r} stands in two tiers.")
        return checked

    def labels_in(self, content: Any) -> tuple[str, ...]:
        """All labels, from the best."""
        return tuple(label for tier in content for label in tier)


class Noises(Regions):
    """Parts of a recording with what was heard in them."""

    name = "noises"
    key = "noises"
    marks = "smell"

    def recognises(self, cell: Any) -> bool:
        """Objects with something heard."""
        return isinstance(cell, list) and bool(cell) and isinstance(cell[0], Mapping) and "heard" in cell[0]

    def check(self, field: Asked, content: Any, subject: Subject) -> list[dict[str, Any]]:
        """Parts that end after they start."""
        checked = [_noise(field, one) for one in content]
        refuse_same_ids(field, checked)
        return sorted(checked, key=lambda one: (one["start"], one["end"]))


def _noise(field: Asked, one: Mapping[str, Any]) -> dict[str, Any]:
    start, end = float(one["start"]), float(one["end"])
    if not start < end:
        raise ValueRefused(f"A part of field {field.id!r} ends before it starts.")
    own = {"start": start, "end": end, "heard": str(one.get("heard", ""))}
    return {"id": str(one.get("id") or f"n{start}"), "label": known_label(field, one["label"]), **own}


def add_to_the_house() -> None:
    """Put the kinds into the registries, as a line each there would."""
    for kind in (Tiers(), Noises()):
        registry.ALL = (*registry.ALL, kind)
        for table, key in ((registry.KINDS, kind.name), (registry._BY_KEY, kind.key)):
            cast(dict[str, Kind], table)[key] = kind
    smells = replace(TEXT, name="smell", one="smell", many="smells", content="smell")
    cast(dict[str, Modality], MODALITIES)["smell"] = smells


def tell(folder: Path, item: str, kind: str, value: Mapping[str, Any]) -> list[Any]:
    """What comes back from each format: items, labels, what was dropped, and the field that the file asks for."""
    from tools.exchange.export import ExportDecision, ExportField, ExportItem
    from tools.exchange.options import ImportOptions
    from tools.exchange.reading import read_file
    from tools.exchange.suggest import suggest_schema
    from tools.exchange.writing import write_export
    from tools.records import Item
    from tools.schema import LabelSchema

    field = {"id": "order", "kind": kind, "labels": ["Ada", "Bob", "Cyd"]}
    schema = LabelSchema.model_validate({"name": "n", "item": item, "fields": [field]})
    said = ExportField("order", "agreed", value, (ExportDecision("ann", "choose", value),))
    told: list[Any] = []
    for name in FORMATS:
        path = folder / f"{kind}.{name}"
        write_export(name, [ExportItem(Item(1, "k", "the text", item), {"order": said})], schema, path)
        back = read_file(path, schema)
        options = ImportOptions(label_columns=(("order", "order"),), item_kind=item)
        asked = suggest_schema(path, options).fields[0]
        labels = back.labels.select(["field", "annotator", "value"]).to_pylist()
        one = [back.items["kind"].to_pylist(), labels, back.dropped.to_pylist(), [asked.kind, *sorted(asked.label_ids)]]
        told.append(one)
    return told


def guess(folder: Path) -> list[Any]:
    """The schema guessed from a table that somebody else wrote, and the answers read with it."""
    from tools.exchange.options import ImportOptions
    from tools.exchange.reading import read_file
    from tools.exchange.suggest import suggest_schema

    plain = folder / "plain.csv"
    plain.write_text('text,tiers\nthe text,"[[""Cyd""], [""Bob"", ""ada""]]"\n', encoding="utf-8")
    schema = suggest_schema(plain)
    answered = read_file(plain, schema, ImportOptions(annotator="ann"))
    asked = schema.fields[0]
    return [asked.id, asked.kind, [label.name for label in asked.labels], answered.labels["value"].to_pylist()]


if __name__ == "__main__":
    add_to_the_house()
    place = Path(sys.argv[1])
    tiers, noises = tell(place, "text", "tiers", TIERS), tell(place, "smell", "noises", NOISES)
    print(json.dumps({"tiers": tiers, "noises": noises, "guessed": guess(place)}))
