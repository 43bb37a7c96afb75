"""Changing the schema: each operation, what is said about it, and what the rows of the project forbid."""

from __future__ import annotations

from typing import Any

import pytest

from tests.store.rows import choice, spans
from tests.store.tool_context import SCHEMA, SmallProject
from tools.decide.schema_change import change_schema
from tools.decide.schema_diff import differences
from tools.errors import InputError, NotFound, SchemaRefused
from tools.results import ToolResult
from tools.schema import LabelSchema, dump_schema, read_schema


def change(project: SmallProject, operation: str, **args: Any) -> ToolResult:
    return change_schema.run(change_schema.read_arguments({"operation": operation, **args}), project)


def new_schema(result: ToolResult) -> LabelSchema:
    assert result.change is not None and result.change.kind == "schema"
    assert result.change.arguments["base_version"] == 1
    return read_schema(str(result.change.arguments["source"]))


@pytest.fixture
def project() -> SmallProject:
    project = SmallProject()
    project.rows.items(4)
    return project


def edited(old: str, new: str) -> str:
    source = dump_schema(SCHEMA)
    assert old in source
    return source.replace(old, new, 1)


def test_a_renamed_label_keeps_its_id(project: SmallProject) -> None:
    project.rows.say(1, "ann", "fault")
    result = change(project, "rename_label", label="Broken thing", value="Defect")
    label = new_schema(result).fields[0].label("fault")
    assert label.name == "Defect"
    assert (
        result.text
        == "1 thing changes. Label Broken thing of Intent is called Defect. Stored labels are not rewritten."
    )
    assert result.change is not None and result.change.role == "lead"


@pytest.mark.parametrize(
    ("operation", "args", "sentence"),
    [
        ("add_label", {"label": "Safety", "value": "Danger or harm"}, "Label Safety is added to Intent."),
        ("add_label", {"value": "Safety"}, "Label Safety is added to Intent."),
        (
            "describe_label",
            {"label": "refund", "value": "Money back"},
            "Label Refund of Intent changes its description.",
        ),
        ("set_hotkey", {"label": "refund", "value": "r"}, "Label Refund of Intent gets the key r."),
        ("remove_label", {"label": "refund"}, "Label Refund is removed from Intent."),
        ("rename_field", {"field": "mood", "value": "Temper"}, "Field Mood is called Temper."),
        ("set_question", {"field": "mood", "value": "How?"}, "Field Mood changes the question."),
        ("set_guideline", {"value": "Be fair."}, "Field Intent changes the guideline."),
        ("remove_field", {"field": "note"}, "Field Note is removed."),
    ],
)
def test_each_operation_changes_one_thing(
    project: SmallProject, operation: str, args: dict[str, str], sentence: str
) -> None:
    result = change(project, operation, **args)
    assert differences(SCHEMA, new_schema(result)) == [sentence]


def test_a_schema_can_be_replaced_as_a_whole(project: SmallProject) -> None:
    source = edited("name: Messages", "name: Letters").replace("name: Mood\n", "name: Temper\n  max: 7\n")
    result = change(project, "replace", source=source)
    assert new_schema(result).name == "Letters"
    assert result.tables[0].rows == (
        ("The schema's name changes.",),
        ("Field Mood is called Temper.",),
        ("Field Temper changes the highest rating.",),
    )


def test_a_source_alone_means_to_replace(project: SmallProject) -> None:
    arguments = change_schema.read_arguments({"source": edited("name: Messages", "name: Letters")})
    assert new_schema(change_schema.run(arguments, project)).name == "Letters"


def test_a_broken_source_names_its_line(project: SmallProject) -> None:
    with pytest.raises(SchemaRefused, match="line "):
        change(project, "replace", source="name: x\nfields:\n  - {id: a, kind: colour}\n")
    with pytest.raises(InputError, match="whole new schema as YAML"):
        change(project, "replace")


def test_the_same_schema_needs_no_confirmation(project: SmallProject) -> None:
    result = change(project, "replace", source=dump_schema(SCHEMA))
    assert result.change is None and "stay as it is" in result.text


def test_a_used_label_cannot_be_removed(project: SmallProject) -> None:
    run = project.rows.run()
    project.rows.proposal(run, 1, choice("refund"))
    project.rows.say(2, "ann", "refund")
    project.rows.undo("review", project.rows.say(3, "ann", "refund"))
    project.rows.gold(4, choice("refund"))
    with pytest.raises(SchemaRefused) as refusal:
        change(project, "remove_label", label="refund")
    assert str(refusal.value) == (
        "Label 'refund' of field 'intent' cannot be removed: 2 decisions, 1 proposal and 1 gold mark use it. Proposals "
        "stop counting when their run is undone. To rename it, keep 'id: refund' and change its name."
    )


def test_a_label_that_only_a_withdrawn_run_used_can_be_removed(project: SmallProject) -> None:
    run = project.rows.run()
    project.rows.proposal(run, 1, choice("refund"))
    project.rows.undo("run", run)
    assert change(project, "remove_label", label="refund").change is not None


def test_renaming_by_name_alone_is_a_removal_and_refused_where_used(project: SmallProject) -> None:
    project.rows.review(1, "ann", spans((0, 1, "product")), field="entities")
    with pytest.raises(SchemaRefused, match="keep 'id: product' and change its name"):
        change(project, "replace", source=edited("id: product", "id: article"))


def test_switching_off_an_answer_that_was_given_is_refused(project: SmallProject) -> None:
    project.rows.say(1, "ann", "cannot_tell")
    with pytest.raises(SchemaRefused, match="'cannot_tell' of field 'intent' cannot be removed: 1 decision uses it"):
        change(project, "replace", source=edited("cannot_tell: true", "cannot_tell: false"))


def test_a_rating_cannot_be_cut_off_where_it_was_given(project: SmallProject) -> None:
    project.rows.review(1, "ann", {"rating": 5}, field="mood")
    with pytest.raises(SchemaRefused, match="'5' of field 'mood'"):
        change(project, "replace", source=edited("kind: rating", "kind: rating\n  max: 4"))
    assert change(project, "replace", source=edited("kind: rating", "kind: rating\n  max: 9")).change is not None


def test_a_used_field_can_neither_go_nor_become_another_kind(project: SmallProject) -> None:
    project.rows.review(1, "ann", {"text": "well"}, field="note")
    with pytest.raises(SchemaRefused, match="Field 'note' cannot be removed: 1 decision uses it"):
        change(project, "remove_field", field="note")
    with pytest.raises(SchemaRefused, match="The kind of field 'note' cannot change"):
        change(project, "replace", source=edited("kind: text", "kind: rating"))


def test_events_without_a_value_keep_a_field_too(project: SmallProject) -> None:
    project.rows.event(1, "ann", "skip", field="note")
    with pytest.raises(SchemaRefused, match="1 decision uses it"):
        change(project, "remove_field", field="note")


def test_the_kind_of_item_stays_once_there_are_items(project: SmallProject) -> None:
    source = "item: pair\n" + dump_schema(SCHEMA)
    with pytest.raises(SchemaRefused, match="the project has 4 items"):
        change(project, "replace", source=source)
    assert change(SmallProject(), "replace", source=source).change is not None


def test_two_labels_with_one_key_are_refused_without_a_line_nobody_wrote(project: SmallProject) -> None:
    project.schema = new_schema(change(project, "set_hotkey", label="refund", value="1"))
    with pytest.raises(SchemaRefused) as refusal:
        change(project, "set_hotkey", label="delivery", value="1")
    assert "two labels with the hotkey '1'" in str(refusal.value) and "line" not in str(refusal.value)


def test_unknown_labels_and_missing_values_are_refused(project: SmallProject) -> None:
    with pytest.raises(NotFound, match="has no label 'refnd'"):
        change(project, "remove_label", label="refnd")
    with pytest.raises(InputError, match="needs the argument 'label'"):
        change(project, "remove_label")
    with pytest.raises(InputError, match="needs the argument 'value'"):
        change(project, "rename_label", label="refund")
    with pytest.raises(InputError, match="switch of the field"):
        change(project, "rename_label", label="cannot_tell", value="Unsure")


def test_many_changes_are_counted_and_listed(project: SmallProject) -> None:
    source = dump_schema(SCHEMA)
    for name in ("Intent", "Topics", "Entities", "Mood", "Note"):
        source = source.replace(f"name: {name}\n", f"name: {name} of it\n")
    result = change(project, "replace", source=source)
    assert result.text.startswith("5 things change.") and "The table has 1 more change." in result.text
    assert len(result.tables[0].rows) == 5


def test_the_order_of_fields_and_labels_is_a_change() -> None:
    turned = SCHEMA.model_copy(update={"fields": SCHEMA.fields[::-1]})
    assert differences(SCHEMA, turned) == ["The order of the fields changes."]
    first = SCHEMA.fields[0]
    labels = SCHEMA.model_copy(
        update={"fields": (first.model_copy(update={"labels": first.labels[::-1]}), *SCHEMA.fields[1:])}
    )
    assert differences(SCHEMA, labels) == ["The order of the labels of Intent changes."]
