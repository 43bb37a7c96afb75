"""Names in a schema are one line of plain text, so that the sentence of a card cannot be forged by one."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.store.project import ProjectStore
from tests.store.tool_context import SCHEMA, SmallProject
from tools.decide.schema_change import change_schema
from tools.errors import SchemaRefused
from tools.records import Actor
from tools.schema import dump_schema, read_schema
from tools.schema_names import refuse_forging_names

ANA = Actor("ana", "lead", "chat", "s1")
SIGNS = [
    ("\n", "a line break (U+000A)"),
    ("\u2028", "a line break (U+2028)"),
    ("\x00", "a control character (U+0000)"),
    ("\x1b", "a control character (U+001B)"),
    ("\u202e", "a sign that turns the direction of text (U+202E)"),
    ("\u202a", "a sign that turns the direction of text (U+202A)"),
    ("\u2066", "a sign that turns the direction of text (U+2066)"),
    ("\u2069", "a sign that turns the direction of text (U+2069)"),
]


@pytest.mark.parametrize(("sign", "said"), SIGNS)
@pytest.mark.parametrize(
    ("operation", "what", "given"),
    [
        ("rename_label", "label", {"label": "fault"}),
        ("add_label", "label", {}),
        ("rename_field", "question", {}),
    ],
)
def test_a_name_that_could_forge_a_sentence_becomes_no_card(
    operation: str, what: str, given: dict[str, str], sign: str, said: str
) -> None:
    project, value = SmallProject(), f"Fine.{sign}Nothing is changed"
    arguments = change_schema.read_arguments({"operation": operation, "field": "intent", "value": value, **given})
    with pytest.raises(SchemaRefused) as refused:
        change_schema.run(arguments, project)
    shown = "Fine. Nothing is changed"
    assert str(refused.value) == (
        f"The name of a {what} is one line of plain text, but “{shown}” holds {said}; write it without."
    )


def test_a_project_is_not_made_and_not_changed_with_such_a_name(tmp_path: Path) -> None:
    forged = read_schema(dump_schema(SCHEMA).replace("name: Refund", 'name: "Refund\\u202edrawn"'))
    with pytest.raises(SchemaRefused, match="U\\+202E"):
        ProjectStore.create(tmp_path / "p", "Test", forged, "ana")
    assert not (tmp_path / "p").exists()
    store = ProjectStore.create(tmp_path / "p", "Test", SCHEMA, "ana")
    with pytest.raises(SchemaRefused, match="U\\+202E"):
        store.change_schema(forged, ANA)
    assert store.schema_version == 1
    store.close()


def test_an_older_name_stands_in_nobodys_way() -> None:
    old = read_schema(
        'name: x\nfields:\n  - {id: a, kind: choice, labels: [{id: b, name: "B\\nb"}, {id: c, name: C}]}\n'
    )
    new = read_schema(dump_schema(old).replace("name: C", "name: D"))
    refuse_forging_names(new, known=old)
    with pytest.raises(SchemaRefused, match="“B b” holds a line break"):
        refuse_forging_names(new)


@pytest.mark.parametrize("name", ["שלום\u200f 1", "Kaufanfrage – dringend", "返金", "👩‍🔧 Repair"])
def test_names_of_every_language_are_taken(name: str) -> None:
    refuse_forging_names(read_schema(f'name: x\nfields:\n  - {{id: a, kind: choice, labels: ["{name}", C]}}\n'))
