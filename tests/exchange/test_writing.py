"""What an export writes, leaves out, says and never does."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.errors import FormatRefused, InputError, NotFound
from tools.exchange.export import ExportDecision, ExportField, ExportItem, ExportProposal
from tools.exchange.options import ExportOptions, ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.tables.formulas import escaped, is_risky, unescaped
from tools.exchange.writing import losses, write_export
from tools.records import Item
from tools.schema import LabelSchema

SCHEMA = LabelSchema.model_validate(
    {
        "name": "Desk",
        "fields": [
            {"id": "intent", "kind": "choice", "labels": ["Refund", {"name": "Re|turn", "description": "back"}]},
            {"id": "entities", "kind": "spans", "labels": ["PER"]},
            {"id": "joins", "kind": "relations", "over": "entities", "labels": ["knows"]},
        ],
    }
)
REFUND, RETURN = {"label": "refund"}, {"label": "re_turn"}
FORMATS = ("csv", "tsv", "jsonl", "prodigy", "doccano", "label_studio", "conll", "parquet", "huggingface")


def _said(value: Any, who: str = "anna", verdict: Any = "choose", exposure: Any = "blind") -> ExportDecision:
    return ExportDecision(who, verdict, value, exposure=exposure)


def _item(number: int, *answers: ExportField, text: str = "a b") -> ExportItem:
    return ExportItem(Item(number, f"k{number}", text), {one.field: one for one in answers})


def _intent(state: Any, value: Any = None, *said: ExportDecision, proposal: Any = None) -> ExportField:
    return ExportField("intent", state, value, said, proposal)


PROPOSAL = ExportProposal(4, 2, RETURN, 0.5, "uncalibrated", "builtin:few-shot", "r1", "intent.v1")
ITEMS = [
    _item(1, _intent("agreed", REFUND, _said(REFUND), _said(REFUND, "bo", "accept", "suggested"), proposal=PROPOSAL)),
    _item(2, _intent("conflict", None, _said(REFUND), _said(RETURN, "bo"))),
    _item(3, _intent("undecided", proposal=PROPOSAL)),
    _item(4, _intent("undecided", None, _said(None, verdict="skip"))),
    _item(5),
]


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("keep", [False, True])
def test_in_every_format_the_items_are_those_written_and_those_left_out(
    tmp_path: Path, format: str, keep: bool
) -> None:
    report = write_export(format, ITEMS, SCHEMA, tmp_path / "out", ExportOptions(keep_undecided=keep))
    left = [item_id for one in report.left_out for item_id in one.item_ids]
    assert (report.items, report.written + len(left), len(set(left))) == (5, 5, len(left))


def test_every_item_that_is_left_out_has_its_reason(tmp_path: Path) -> None:
    report = write_export("csv", ITEMS, SCHEMA, tmp_path / "out.csv")
    assert {one.reason: one.item_ids for one in report.left_out} == {
        "the reviewers disagree": (2,),
        "only a model proposed an answer and nobody decided": (3,),
        "everybody skipped it": (4,),
        "nobody decided": (5,),
    }


def test_unreviewed_answers_are_marked_as_the_machines(tmp_path: Path) -> None:
    write_export("csv", ITEMS, SCHEMA, tmp_path / "out.csv", ExportOptions(include_unreviewed=True))
    found = {
        row["key"]: (row["intent"], row["intent.status"], row["intent.score"]) for row in _rows(tmp_path / "out.csv")
    }
    assert found == {"k1": ("refund", "agreed", "0.5"), "k3": ("re_turn", "machine", "0.5")}


def test_conflicts_can_be_written_with_every_value(tmp_path: Path) -> None:
    write_export("csv", ITEMS, SCHEMA, tmp_path / "out.csv", ExportOptions(conflicts="all_values", provenance="none"))
    row = next(row for row in _rows(tmp_path / "out.csv") if row["key"] == "k2")
    assert (row["intent"], row["intent.status"]) == ("", "conflict")
    assert [(one["reviewer"], one["value"]) for one in json.loads(row["intent.decisions"])] == [
        ("anna", REFUND),
        ("bo", RETURN),
    ]


def test_provenance_stands_beside_the_answer(tmp_path: Path) -> None:
    write_export("csv", ITEMS[:1], SCHEMA, tmp_path / "out.csv")
    (row,) = _rows(tmp_path / "out.csv")
    assert json.loads(row["intent.reviewers"]) == ["anna", "bo"]
    assert json.loads(row["intent.exposures"]) == ["blind", "suggested"]
    assert (row["intent.model"], row["intent.prompt"]) == ("builtin:few-shot", "intent.v1")


def test_without_provenance_only_the_answers_are_written(tmp_path: Path) -> None:
    write_export(
        "csv", ITEMS[:1], SCHEMA, tmp_path / "out.csv", ExportOptions(provenance="none", escape_formulas=False)
    )
    assert list(_rows(tmp_path / "out.csv")[0]) == ["key", "text", "intent", "entities", "joins"]


def test_only_the_chosen_fields_are_written(tmp_path: Path) -> None:
    options = ExportOptions(fields=("intent",), provenance="none", escape_formulas=False)
    write_export("csv", ITEMS[:1], SCHEMA, tmp_path / "out.csv", options)
    assert list(_rows(tmp_path / "out.csv")[0]) == ["key", "text", "intent"]


def test_relations_are_not_exported_without_the_spans_they_join(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="joins the spans of 'entities'"):
        write_export("csv", [], SCHEMA, tmp_path / "out.csv", ExportOptions(fields=("joins",)))


def test_a_relation_to_a_span_that_is_not_written_is_listed(tmp_path: Path) -> None:
    spans = {"spans": [{"id": "s1", "start": 0, "end": 1, "label": "per"}]}
    joins = {"relations": [{"id": "r1", "label": "knows", "from": "s1", "to": "s9"}]}
    item = _item(1, ExportField("entities", "agreed", spans), ExportField("joins", "agreed", joins))
    report = write_export("jsonl", [item], SCHEMA, tmp_path / "out.jsonl")
    assert [(one.item_id, one.field, one.reason) for one in report.losses] == [
        (1, "joins", "the relation joins a span that is not written")
    ]


@pytest.mark.parametrize(("name", "error"), [("xlsx", FormatRefused), ("brat", FormatRefused)])
def test_a_format_that_is_not_written_is_refused(tmp_path: Path, name: str, error: type[Exception]) -> None:
    with pytest.raises(error, match="Nothing is exported as"):
        write_export(name, ITEMS, SCHEMA, tmp_path / "out")


def test_an_unknown_field_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        write_export("csv", ITEMS, SCHEMA, tmp_path / "out.csv", ExportOptions(fields=("mood",)))


@pytest.mark.parametrize("format", FORMATS)
def test_a_failure_leaves_the_target_and_its_folder_as_they_were(tmp_path: Path, format: str) -> None:
    def failing() -> Iterator[ExportItem]:
        yield ITEMS[0]
        raise RuntimeError("the disk is gone")

    target = tmp_path / "out"
    write_export(format, ITEMS, SCHEMA, target)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    with pytest.raises(RuntimeError):
        write_export(format, failing(), SCHEMA, target, ExportOptions(overwrite=True))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("format", ["csv", "huggingface"])
def test_an_existing_target_is_replaced_only_on_demand(tmp_path: Path, format: str) -> None:
    target = tmp_path / "out"
    write_export(format, ITEMS[:1], SCHEMA, target)
    with pytest.raises(InputError, match=r"exists\. Name another file"):
        write_export(format, ITEMS, SCHEMA, target)
    report = write_export(format, ITEMS, SCHEMA, target, ExportOptions(overwrite=True, include_unreviewed=True))
    assert report.written == 2
    assert read_file(target, SCHEMA, ImportOptions(format=format)).items.num_rows == 2


def test_a_folder_with_somebodys_files_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "thesis.doc").write_text("years of work")
    with pytest.raises(InputError, match=r"holds 'thesis\.doc', which no export wrote"):
        write_export("huggingface", ITEMS, SCHEMA, tmp_path / "home", ExportOptions(overwrite=True))


def test_somebodys_readme_is_never_replaced(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("# My thesis\n")
    write_export("csv", ITEMS, SCHEMA, tmp_path / "out.csv")
    write_export("csv", ITEMS, SCHEMA, tmp_path / "out.csv", ExportOptions(overwrite=True))
    assert (tmp_path / "README.md").read_text() == "# My thesis\n"
    assert "annotation_assistant_export" in (tmp_path / "out.csv.README.md").read_text("utf-8")


def test_two_exports_in_one_folder_have_two_cards(tmp_path: Path) -> None:
    write_export("csv", ITEMS, SCHEMA, tmp_path / "one.csv")
    write_export("csv", ITEMS, SCHEMA, tmp_path / "two.csv")
    assert "- one.csv" in (tmp_path / "README.md").read_text("utf-8")
    assert "- two.csv" in (tmp_path / "two.csv.README.md").read_text("utf-8")


def test_the_config_of_label_studio_is_not_replaced_unasked(tmp_path: Path) -> None:
    (tmp_path / "out.label_config.xml").write_text("<View/>")
    with pytest.raises(InputError, match=r"label_config\.xml exists"):
        write_export("label_studio", ITEMS, SCHEMA, tmp_path / "out.json")
    assert not (tmp_path / "out.json").exists()


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no folder"):
        write_export("csv", ITEMS, SCHEMA, tmp_path / "no" / "out.csv")


def test_the_card_counts_labels_people_and_what_they_had_seen(tmp_path: Path) -> None:
    options = ExportOptions(project="Desk | 2026", audit_head="abc123", created="2026-11-23", include_unreviewed=True)
    write_export("csv", ITEMS, SCHEMA, tmp_path / "out.csv", options)
    card = (tmp_path / "README.md").read_text("utf-8")
    head = yaml.safe_load(card.split("---")[1])["annotation_assistant_export"]
    assert (head["files"], head["audit_head"], head["formulas_escaped"]) == (["out.csv"], "abc123", 0)
    for line in (
        "# Desk \\| 2026",
        "| refund | Refund |  | 1 |",
        "| re_turn | Re\\|turn | back | 1 |",
        "| anna | person | 1 |",
        "| builtin:few-shot (not reviewed) | model | 1 |",
        "| intent | blind | 1 | yes |",
        "| intent | suggested | 1 | no |",
        "| items | left out: the reviewers disagree | 1 |",
    ):
        assert line in card.splitlines()


def test_losses_are_said_before_anything_is_written() -> None:
    assert losses("jsonl", SCHEMA) == []
    assert any("overlap" in one for one in losses("conll", SCHEMA))
    assert any("'joins'" in one for one in losses("conll", SCHEMA))


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "'=1", "''=1"])
def test_risky_cells_are_escaped_and_come_back(cell: str) -> None:
    assert escaped(cell) == f"'{cell}"
    assert unescaped(escaped(cell)) == cell


@pytest.mark.parametrize("cell", ["", "'", "'a", "a=1", " =1", "''"])
def test_harmless_cells_stay_as_they_are(cell: str) -> None:
    assert not is_risky(cell)
    assert unescaped(escaped(cell)) == cell


def test_escaped_cells_are_named_in_their_row_and_counted(tmp_path: Path) -> None:
    item = _item(1, _intent("agreed", REFUND, _said(REFUND, "=anna")), text="'=cmd()")
    report = write_export("csv", [item], SCHEMA, tmp_path / "out.csv")
    (row,) = _rows(tmp_path / "out.csv")
    assert (row["text"], row["formulas_escaped"], report.escaped_cells) == ("''=cmd()", "text", 1)
    assert read_file(tmp_path / "out.csv", SCHEMA).items["text"].to_pylist() == ["'=cmd()"]


def test_the_escaping_can_be_turned_off(tmp_path: Path) -> None:
    options = ExportOptions(escape_formulas=False)
    write_export("csv", [_item(1, _intent("agreed", REFUND), text="=1")], SCHEMA, tmp_path / "out.csv", options)
    assert _rows(tmp_path / "out.csv")[0]["text"] == "=1"


def test_columns_that_turn_up_late_are_filled_up_before_them(tmp_path: Path) -> None:
    metas = ({"a": "1"}, {"b": "x\ny"}, {"c": "3", "a": "4"})
    items = [
        ExportItem(Item(number, f"k{number}", "t", meta=meta), {"intent": _intent("agreed", REFUND)})
        for number, meta in enumerate(metas, start=1)
    ]
    write_export("csv", items, SCHEMA, tmp_path / "out.csv", ExportOptions(provenance="none"))
    assert [(row["a"], row["b"], row["c"]) for row in _rows(tmp_path / "out.csv")] == [
        ("1", "", ""),
        ("", "x\ny", ""),
        ("4", "", "3"),
    ]


def test_prodigy_gets_the_answers_that_agree_and_a_record_without_an_answer_for_the_machine(tmp_path: Path) -> None:
    overruled = _item(6, _intent("agreed", REFUND, _said(REFUND), _said(RETURN, "bo")))
    options = ExportOptions(include_unreviewed=True)
    write_export("prodigy", [overruled, ITEMS[2]], SCHEMA, tmp_path / "out.jsonl", options)
    tasks = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text("utf-8").splitlines()]
    assert [(one["key"], one.get("answer"), one["accept"], one.get("_annotator_id")) for one in tasks] == [
        ("k6", "accept", ["Refund"], "anna"),
        ("k3", None, ["Re|turn"], None),
    ]
