"""The catalogue: the names that users and cases rely on, and what every tool says of itself."""

from __future__ import annotations

import pytest

from tools.catalog import CATALOG
from tools.spec import MAX_ARGUMENTS, ToolSpec

EFFECTS = {
    "project_status": "read",
    "find_items": "read",
    "explain_item": "read",
    "measure": "read",
    "prelabel": "propose",
    "sample": "propose",
    "import_data": "change",
    "export_data": "change",
    "bulk_accept": "change",
    "mark_gold": "change",
    "change_schema": "change",
    "people_per_item": "change",
    "undo": "change",
}


def test_the_catalogue_has_each_tool_once_with_its_effect() -> None:
    assert [spec.name for spec in CATALOG] == list(dict.fromkeys(spec.name for spec in CATALOG))
    assert EFFECTS.items() <= {spec.name: spec.effect for spec in CATALOG}.items()


@pytest.mark.parametrize("spec", CATALOG, ids=lambda spec: spec.name)
def test_every_tool_can_be_read_by_a_small_model(spec: ToolSpec) -> None:
    schema = spec.arguments.model_json_schema()
    assert len(schema.get("properties", {})) <= MAX_ARGUMENTS
    assert spec.summary.endswith(".") and len(spec.summary) < 400
    for name, argument in schema.get("properties", {}).items():
        assert argument.get("description"), name
        assert "pattern" not in argument and argument.get("type") != "object", name


def test_touching_what_people_decided_in_bulk_is_for_leads() -> None:
    roles = {spec.name: spec.role for spec in CATALOG}
    assert {roles[name] for name in ("bulk_accept", "mark_gold", "change_schema")} == {"lead"}
    assert roles["undo"] == "reviewer"
