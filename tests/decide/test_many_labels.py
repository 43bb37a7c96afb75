"""Fields with thousands of labels cost what their labels cost, not the square of it."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.cards import field_record
from tools import schema as schemas
from tools.labels import Label
from tools.schema import FieldSpec, read_schema


def many(count: int) -> FieldSpec:
    labels = [{"id": f"l{n}", "name": f"Label {n}"} for n in range(count)]
    return FieldSpec.model_validate({"id": "topic", "kind": "choice", "labels": labels, "none_of_these": True})


def test_a_card_looks_at_each_label_once(monkeypatch: pytest.MonkeyPatch) -> None:
    field, made = many(2000), []
    real = schemas.Label

    def counted(*given: Any, **named: Any) -> Label:
        made.append(1)
        return real(*given, **named)

    monkeypatch.setattr(schemas, "Label", counted)
    record = field_record(field)
    assert [label["id"] for label in record["labels"]] == [f"l{n}" for n in range(2000)] + ["none_of_these"]
    assert [label["color"] for label in record["labels"][9:11]] == ["#1d4ed8", "#b45309"]
    # One for 'none of these'; two thousand would mean that the list was made anew for every label.
    assert len(made) == 1


def test_twins_are_found_and_named_among_thousands() -> None:
    labels = "".join(f"      - {{id: l{n}, name: Label {n}}}\n" for n in range(1500))
    source = (
        f"name: Big\nfields:\n  - id: topic\n    kind: choice\n    labels:\n{labels}      - {{id: l7, name: Other}}\n"
    )
    with pytest.raises(schemas.SchemaRefused, match="two labels with the id 'l7'"):
        read_schema(source)


def test_a_copy_with_other_labels_offers_those() -> None:
    field = many(12)
    assert field.label_ids[0] == "l0" and field.color_of("l1") == "#b45309"
    fewer = field.model_copy(update={"labels": field.labels[1:3], "none_of_these": False})
    assert (fewer.label_ids, fewer.color_of("l1"), fewer.label("l2").name) == (("l1", "l2"), "#1d4ed8", "Label 2")


def test_what_was_worked_out_from_a_field_is_no_part_of_it() -> None:
    used, fresh = many(5), many(5)
    assert used.label_ids and used == fresh
    assert used.model_dump() == fresh.model_dump()
