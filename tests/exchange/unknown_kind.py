"""A kind of answer that the house does not have, put through its files. A program of its own: kinds are read once."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from tools.errors import ValueRefused
from tools.kinds import registry
from tools.kinds.asked import Asked, Subject
from tools.kinds.contract import Kind, known_label
from tools.kinds.taking import LabelNames, Taken


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

    def describe(self, field: Asked, content: Any, text: str) -> str:
        """Tier after tier."""
        return " > ".join(" = ".join(tier) for tier in content)


def add_tiers() -> None:
    """Put the kind into the registry, as its line there would."""
    tiers = Tiers()
    registry.ALL = (*registry.ALL, tiers)
    for table, key in ((registry.KINDS, tiers.name), (registry._BY_KEY, tiers.key)):
        cast(dict[str, Kind], table)[key] = tiers


def tell(folder: Path) -> dict[str, Any]:
    """What comes back from each format, and the field that each file asks for."""
    from tools.exchange.export import ExportDecision, ExportField, ExportItem
    from tools.exchange.options import ImportOptions
    from tools.exchange.reading import read_file
    from tools.exchange.suggest import suggest_schema
    from tools.exchange.writing import write_export
    from tools.records import Item
    from tools.schema import LabelSchema

    field = {"id": "order", "kind": "tiers", "labels": ["Ada", "Bob", "Cyd"]}
    schema = LabelSchema.model_validate({"name": "n", "fields": [field]})
    value = {"tiers": [["cyd"], ["ada", "bob"]]}
    said = ExportField("order", "agreed", value, (ExportDecision("ann", "choose", value),))
    told: dict[str, Any] = {}
    for name in ("jsonl", "csv", "parquet"):
        path = folder / f"found.{name}"
        write_export(name, [ExportItem(Item(1, "k", "the text"), {"order": said})], schema, path)
        back = read_file(path, schema, ImportOptions())
        asked = suggest_schema(path, ImportOptions(label_columns=(("order", "order"),))).fields[0]
        told[name] = [
            back.labels.select(["field", "annotator", "value"]).to_pylist(),
            back.dropped.to_pylist(),
            [asked.id, asked.kind, sorted(asked.label_ids)],
        ]
    plain = folder / "plain.csv"
    plain.write_text('text,tiers\nthe text,"[[""Cyd""], [""Bob"", ""ada""]]"\n', encoding="utf-8")
    asked = suggest_schema(plain).fields[0]
    told["guessed"] = [asked.id, asked.kind, [label.name for label in asked.labels]]
    answered = read_file(plain, suggest_schema(plain), ImportOptions(annotator="ann"))
    told["plain"] = answered.labels["value"].to_pylist()
    return told


if __name__ == "__main__":
    add_tiers()
    print(json.dumps(tell(Path(sys.argv[1]))))
