"""The two tools look and count; they change nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.fake_context import FakeContext
from tools.context import Answer
from tools.errors import ArgumentsRefused, InputError, NotFound
from tools.exchange.options import export_options_from, import_options_from
from tools.exchange.tool import export_data, import_data
from tools.results import ToolResult
from tools.schema import LabelSchema

SCHEMA = LabelSchema.model_validate(
    {
        "name": "Desk",
        "fields": [
            {"id": "intent", "kind": "choice", "labels": ["Refund", "Return"]},
            {"id": "entities", "kind": "spans", "labels": ["PER"]},
        ],
    }
)


def _context(schema: LabelSchema = SCHEMA) -> FakeContext:
    ctx = FakeContext(schema)
    rows = (("agreed", 7), ("conflict", 2), ("undecided", 1))
    ctx.answers["texts_without_key"] = Answer(("digest",), (), "SELECT digest", {})
    ctx.answers["export_counts"] = Answer(("state", "items"), rows, "SELECT state", {})
    return ctx


def _file(folder: Path) -> Path:
    path = folder / "in.csv"
    path.write_text("id,text,mood,split\n1,SECRET one,refund,train\n2,SECRET two,other,test\n3,,refund,train\n")
    return path


def _import(path: Path, schema: LabelSchema = SCHEMA, **given: Any) -> ToolResult:
    args = import_data.read_arguments({"path": str(path), **given})
    return import_data.run(args, _context(schema))


def test_an_import_is_a_pending_change_with_its_account(tmp_path: Path) -> None:
    result = _import(_file(tmp_path), labels="mood=intent", annotator="anna")
    assert result.change is not None and result.change.kind == "import"
    assert result.change.preview[0].rows == (
        ("rows", "read", 3),
        ("rows", "became items", 2),
        ("rows", "rejected: the text is empty", 1),
        ("labels", "taken over", 1),
        ("labels", "dropped: 'other' is not a label of 'intent'", 1),
    )


def test_the_change_says_all_that_is_needed_to_read_the_file_the_same_way(tmp_path: Path) -> None:
    path = _file(tmp_path)
    result = _import(path, labels="mood", annotator="anna", independent=True, labels_where="split=train")
    assert result.change is not None
    options = import_options_from(result.change.arguments["options"])
    assert (options.label_columns, options.exposure) == ((("mood", "intent"),), "imported_independent")
    assert len(str(result.change.arguments["source_hash"])) == 64


def test_no_text_of_an_item_stands_in_the_result(tmp_path: Path) -> None:
    assert "SECRET" not in repr(_import(_file(tmp_path), labels="mood", annotator="anna"))


def test_two_columns_in_a_project_of_pairs_are_the_two_texts(tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    path.write_text("one,other\na,b\n")
    result = _import(path, SCHEMA.model_copy(update={"item": "pair"}), text_column="one, other")
    assert result.facts[0].value == 1


@pytest.mark.parametrize(
    ("given", "error", "sentence"),
    [
        ({"labels": "=intent"}, ArgumentsRefused, "labels looks like column=field"),
        ({"labels": "mood=weather"}, NotFound, "There is no field 'weather'"),
        ({"labels": "mood"}, InputError, "does not say who gave them"),
        ({"text_column": "body"}, InputError, "There is no column 'body'"),
    ],
)
def test_what_cannot_be_imported_is_one_sentence(
    tmp_path: Path, given: dict[str, str], error: type[Exception], sentence: str
) -> None:
    with pytest.raises(error, match=sentence):
        _import(_file(tmp_path), **given)


def _export(folder: Path, **given: Any) -> ToolResult:
    args = export_data.read_arguments({"format": "csv", "target": str(folder / "out.csv"), **given})
    return export_data.run(args, _context())


def test_an_export_says_what_happens_to_the_items_in_every_state(tmp_path: Path) -> None:
    result = _export(tmp_path, fields="intent")
    assert result.tables[0].rows == (
        ("intent", "agreed", 7, "written"),
        ("intent", "conflict", 2, "left out: the reviewers disagree"),
        ("intent", "undecided", 1, "left out: nobody decided"),
    )
    assert (result.facts[0].value, result.facts[0].n, result.facts[0].sql) == (7, 10, "SELECT state")


def test_options_change_what_would_be_written(tmp_path: Path) -> None:
    result = _export(tmp_path, fields="intent", conflicts="all_values", include_unreviewed=True)
    assert [row[3] for row in result.tables[0].rows] == [
        "written",
        "written with every value",
        "written as machine where a model proposed an answer, else left out",
    ]
    assert result.facts[0].value == 9


def test_losses_stand_in_the_preview(tmp_path: Path) -> None:
    result = _export(tmp_path, format="conll", target=str(tmp_path / "out.conll"))
    assert result.change is not None
    assert any("overlap" in row[0] for row in result.change.preview[1].rows)


def test_looking_writes_nothing(tmp_path: Path) -> None:
    _export(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_target_that_exists_is_refused_before_anything_is_asked_of_a_person(tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("mine")
    with pytest.raises(InputError, match="exists"):
        _export(tmp_path)


@pytest.mark.parametrize("spec", [import_data, export_data])
def test_both_are_changes_for_leads_with_few_arguments(spec: Any) -> None:
    assert (spec.effect, spec.role, len(spec.arguments.model_fields)) == ("change", "lead", 8)


def test_rare_choices_of_an_export_are_names_with_values(tmp_path: Path) -> None:
    result = _export(tmp_path, options="escape_formulas=no; tag_scheme=BIOES")
    assert result.change is not None
    chosen = export_options_from(result.change.arguments["options"])
    assert (chosen.escape_formulas, chosen.tag_scheme) == (False, "BIOES")


@pytest.mark.parametrize("options", ["colour=red", "images", "escape_formulas=maybe", "images=move", "splits=train=2"])
def test_rare_choices_that_there_are_not_are_refused(tmp_path: Path, options: str) -> None:
    with pytest.raises(InputError):
        _export(tmp_path, options=options)


def test_labels_of_nobody_are_left_out_where_that_is_said(tmp_path: Path) -> None:
    file = tmp_path / "in.csv"
    file.write_text("text,intent\nwhere is it,refund\n", encoding="utf-8")
    args = import_data.read_arguments({"path": str(file), "labels": "none"})
    facts = {fact.name: fact.value for fact in import_data.run(args, _context()).facts}
    assert (facts["items"], facts["labels"], facts["rejected rows"]) == (1, 0, 0)
