"""doccano's records and whatever looks like them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.errors import FormatRefused
from tools.exchange.batch import ImportBatch
from tools.exchange.builder import SAME_KEY, TAKEN_KEY, AnswerColumns
from tools.exchange.export import ExportDecision, ExportField, ExportItem
from tools.exchange.options import ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.rows import Claim, ExchangeAnswer
from tools.exchange.writing import write_export
from tools.kinds.asked import Subject
from tools.records import Item
from tools.schema import LabelSchema

FIELDS: list[dict[str, Any]] = [
    {"id": "label", "kind": "multi_choice", "labels": ["positive", "negative"]},
    {"id": "tags", "kind": "spans", "labels": ["LOC", "PER"], "overlap": False},
    {
        "id": "joins",
        "kind": "relations",
        "over": "tags",
        "labels": [{"name": "born in", "from": ["per"], "to": ["loc"]}],
    },
    {"id": "answer", "kind": "text"},
]
SCHEMA = LabelSchema.model_validate({"name": "D", "fields": FIELDS})


def _import(folder: Path, *records: Any, schema: LabelSchema = SCHEMA, **options: Any) -> ImportBatch:
    path = folder / "in.jsonl"
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    return read_file(path, schema, ImportOptions(**{"annotator": "anna", **options}))


def _values(batch: ImportBatch) -> list[tuple[str, Any]]:
    return [(one["field"], json.loads(one["value"])) for one in batch.labels.to_pylist()]


def test_names_spans_and_relations_go_to_the_fields_of_their_kind(tmp_path: Path) -> None:
    entities = [
        {"id": 0, "start_offset": 0, "end_offset": 2, "label": "PER"},
        {"id": 1, "start_offset": 3, "end_offset": 7, "label": "LOC"},
    ]
    relations = [{"from_id": 0, "to_id": 1, "type": "born in"}]
    record = {"text": "Bo Rome", "entities": entities, "cats": ["positive"], "relations": relations}
    assert [field for field, _ in _values(_import(tmp_path, record))] == ["tags", "label", "joins"]


def test_a_relation_between_the_wrong_kinds_of_spans_is_dropped(tmp_path: Path) -> None:
    entities = [
        {"id": 0, "start_offset": 0, "end_offset": 2, "label": "PER"},
        {"id": 1, "start_offset": 3, "end_offset": 7, "label": "LOC"},
    ]
    relations = [{"from_id": 1, "to_id": 0, "type": "born in"}, {"from_id": 0, "to_id": 9, "type": "born in"}]
    batch = _import(tmp_path, {"text": "Bo Rome", "entities": entities, "relations": relations})
    assert batch.dropped["reason"].to_pylist() == [
        "the relation may not join spans of these labels",
        "the relation joins a span that is not on the item",
    ]


def test_overlapping_spans_keep_the_first_where_the_field_forbids_overlap(tmp_path: Path) -> None:
    batch = _import(
        tmp_path, {"text": "Bo Rome", "label": [[0, 5, "PER"], [3, 7, "LOC"], [0, 99, "LOC"], [2, 2, "LOC"]]}
    )
    ((_, value),) = _values(batch)
    assert [(span["start"], span["end"]) for span in value["spans"]] == [(0, 5)]
    assert batch.dropped["reason"].to_pylist() == [
        "spans of the field must not overlap",
        "the span ends behind the text",
        "the span does not start before it ends",
    ]


@pytest.mark.parametrize(("is_answer", "labels"), [(False, []), (True, [("label", {"labels": []})])])
def test_an_empty_list_is_an_answer_only_if_somebody_says_so(
    tmp_path: Path, is_answer: bool, labels: list[Any]
) -> None:
    batch = _import(tmp_path, {"text": "a", "label": []}, empty_is_answer=is_answer)
    assert _values(batch) == labels


def test_a_list_of_workers_and_labels_gives_each_worker_a_label(tmp_path: Path) -> None:
    record = {"text": "a", "label": [{"worker": "w1", "label": "positive"}, {"worker": "w2", "label": "negative"}]}
    batch = _import(tmp_path, record, annotator="")
    assert batch.labels["annotator"].to_pylist() == ["w1", "w2"]


def test_a_text_as_the_label_answers_a_text_field_where_there_is_no_choice(tmp_path: Path) -> None:
    schema = LabelSchema.model_validate({"name": "D", "fields": FIELDS[3:]})
    batch = _import(tmp_path, {"text": "Hello", "label": ["こんにちは"]}, schema=schema)
    assert _values(batch) == [("answer", {"text": "こんにちは"})]


def test_an_ambiguous_label_is_refused_with_the_two_fields(tmp_path: Path) -> None:
    two = [FIELDS[0], {**FIELDS[0], "id": "mood"}]
    schema = LabelSchema.model_validate({"name": "D", "fields": two})
    with pytest.raises(FormatRefused, match="'labels' of the file could be 'label' or 'mood'"):
        _import(tmp_path, {"text": "a", "labels": ["positive"]}, schema=schema)


def test_labels_that_the_schema_has_no_field_for_are_dropped_and_the_item_kept(tmp_path: Path) -> None:
    schema = LabelSchema.model_validate({"name": "D", "fields": FIELDS[:1]})
    batch = _import(tmp_path, {"text": "a", "entities": [[0, 1, "LOC"]]}, schema=schema)
    assert batch.dropped["reason"].to_pylist() == ["the schema has no field for the spans in 'entities'"]
    assert batch.items.num_rows == 1


def test_unknown_keys_and_the_meta_object_are_kept_beside_the_text(tmp_path: Path) -> None:
    batch = _import(tmp_path, {"text": "a", "label": ["positive"], "meta": {"n": 1}, "url": "u", "Comments": []})
    assert batch.items["meta"].to_pylist() == ['{"n":1,"url":"u"}']


def test_an_id_that_repeats_is_no_key(tmp_path: Path) -> None:
    batch = _import(tmp_path, {"id": 1, "text": "a"}, {"id": 1, "text": "b"})
    assert batch.items["key"].to_pylist() == [None, None]


def test_an_obvious_id_is_the_key_of_a_record_unless_it_is_missing_somewhere(tmp_path: Path) -> None:
    whole = _import(tmp_path, {"mail_id": "m1", "text": "a"}, {"mail_id": "m2", "text": "b"})
    assert whole.items["key"].to_pylist() == ["m1", "m2"]
    assert "Column 'mail_id' is taken as the key of the items." in whole.notes
    for second in ({"text": "b"}, {"mail_id": "", "text": "b"}, {"mail_id": "m1", "text": "b"}):
        assert _import(tmp_path, {"mail_id": "m1", "text": "a"}, second).items["key"].to_pylist() == [None, None]
    other = _import(tmp_path, {"user_id": "u1", "text": "a"}, {"user_id": "u2", "text": "b"})
    assert other.items["key"].to_pylist() == [None, None]


def test_a_named_key_with_two_texts_keeps_the_first_and_rejects_the_other(tmp_path: Path) -> None:
    batch = _import(tmp_path, {"id": 1, "text": "a"}, {"id": 1, "text": "b"}, {"id": 1, "text": "a"}, key_column="id")
    assert batch.items["text"].to_pylist() == ["a"]
    assert batch.rejects["reason"].to_pylist() == [TAKEN_KEY, SAME_KEY]


def test_a_line_separator_inside_a_json_text_ends_no_line(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"text": "a\u2028b\x85c"}\r\n', encoding="utf-8", newline="")
    batch = read_file(path, SCHEMA)
    assert batch.items["text"].to_pylist() == ["a\u2028b\x85c"]


def test_a_broken_json_array_is_refused_with_its_cause(tmp_path: Path) -> None:
    path = tmp_path / "in.json"
    path.write_text('[{"text": "a"},', encoding="utf-8")
    with pytest.raises(FormatRefused, match=r"not JSON: (Illegal trailing comma|Expecting value)"):
        read_file(path, SCHEMA, ImportOptions(format="doccano"))


def test_json_nested_too_deeply_is_a_rejected_row(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"text": "a"}\n{"text": ' + "[" * 100_000 + "\n", encoding="utf-8")
    assert read_file(path, SCHEMA).rejects.num_rows == 1


def test_not_a_number_becomes_nothing_beside_the_text(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"text": "a", "score": NaN, "n": 1}\n', encoding="utf-8")
    assert read_file(path, SCHEMA).items["meta"].to_pylist() == ['{"n":1}']


def test_labels_edited_after_an_export_are_those_of_the_person_who_imports(tmp_path: Path) -> None:
    value = {"labels": ["positive"]}
    field = ExportField("label", "agreed", value, (ExportDecision("bo", "choose", value, exposure="blind"),))
    items = [ExportItem(Item(number, f"k{number}", "a"), {"label": field}) for number in (1, 2)]
    target = tmp_path / "out.jsonl"
    write_export("doccano", items, SCHEMA, target)
    one, two = map(json.loads, target.read_text("utf-8").splitlines())
    key = next(key for key, cell in two.items() if cell == ["positive"])
    two[key] = ["negative"]
    batch = _import(tmp_path, one, two, annotator="anna")
    assert [(said["annotator"], said["value"], said["exposure"]) for said in batch.labels.to_pylist()] == [
        ("bo", '{"labels":["positive"]}', "blind"),
        ("anna", '{"labels":["negative"]}', "imported_unknown"),
    ]


def _columns(*answers: ExchangeAnswer) -> list[tuple[Any, ...]]:
    columns = AnswerColumns(SCHEMA, ImportOptions(), "in.jsonl")
    columns.add_pairs(4, Subject("Bo Rome"), [(SCHEMA.field("answer"), one) for one in answers])
    return [tuple(one.values()) for one in columns.dropped.table().to_pylist()]


def test_a_second_answer_of_one_person_is_listed_only_if_it_says_something_else() -> None:
    said = [ExchangeAnswer(Claim("answer", "text", one), "bo") for one in ("yes", "yes", "no")]
    twice = "the same annotator gave another answer for the same item"
    assert _columns(*said) == [(4, "answer", twice, '{"text":"no"}')]


def test_an_answer_that_cannot_be_stored_is_listed_with_the_reason() -> None:
    reason = "the answer holds a NUL character or half of a surrogate pair"
    assert _columns(ExchangeAnswer(Claim("answer", "text", "yes"), "bo", reason="\0")) == [(4, "answer", reason, "yes")]
