"""Schemas guessed from files take in the labels of those files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.errors import FormatRefused
from tools.exchange.options import ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.suggest import suggest_schema
from tools.schema import LabelSchema


def _suggest(folder: Path, name: str, content: str, **options: Any) -> LabelSchema:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    given = ImportOptions(annotator="anna", **options)
    schema = suggest_schema(path, given)
    # Whatever was guessed must hold every label of the file it was guessed from.
    assert read_file(path, schema, given).dropped.num_rows == 0
    return schema


def _fields(schema: LabelSchema) -> list[tuple[str, str, list[str]]]:
    return [(spec.id, spec.kind, [label.name for label in spec.labels]) for spec in schema.fields]


def test_a_column_of_labels_becomes_a_choice_in_order_of_appearance(tmp_path: Path) -> None:
    schema = _suggest(tmp_path, "in.csv", "text,label\na,B\nb,A\nc,b \nd,\n")
    assert _fields(schema) == [("label", "choice", ["B", "A"])]


def test_a_column_of_lists_becomes_a_multi_choice(tmp_path: Path) -> None:
    schema = _suggest(tmp_path, "in.csv", 'text,labels\na,"[""x"",""y""]"\nb,[]\n')
    assert _fields(schema) == [("label", "multi_choice", ["x", "y"])]


def test_a_mapped_column_gets_the_name_it_was_mapped_to(tmp_path: Path) -> None:
    schema = _suggest(tmp_path, "in.csv", "text,y\na,1\nb,0\n", label_columns=(("y", "Is spam"),))
    assert [(spec.id, spec.name) for spec in schema.fields] == [("is_spam", "Is spam")]


def test_names_that_make_the_same_id_get_ids_of_their_own(tmp_path: Path) -> None:
    schema = _suggest(tmp_path, "in.csv", "text,label\na,C\nb,C++\nc,C#\n")
    assert schema.fields[0].label_ids == ("c", "c_2", "c_3")


def test_reserved_answers_are_offered_and_no_labels(tmp_path: Path) -> None:
    schema = _suggest(tmp_path, "in.csv", "text,label\na,x\nb,none of these\n")
    assert (schema.fields[0].none_of_these, len(schema.fields[0].labels)) == (True, 1)


def test_spans_relations_and_categories_become_three_fields(tmp_path: Path) -> None:
    entities = [
        {"id": 0, "start_offset": 0, "end_offset": 1, "label": "A"},
        {"id": 1, "start_offset": 1, "end_offset": 2, "label": "B"},
    ]
    record = {"text": "ab", "cats": ["k"], "entities": entities, "relations": [{"from_id": 0, "to_id": 1, "type": "r"}]}
    schema = _suggest(tmp_path, "in.jsonl", json.dumps(record))
    assert _fields(schema) == [
        ("entities", "spans", ["A", "B"]),
        ("category", "choice", ["k"]),
        ("relations", "relations", ["r"]),
    ]
    assert schema.fields[2].over == "entities"


def test_a_yes_or_no_task_becomes_a_multi_choice_that_can_hold_no(tmp_path: Path) -> None:
    lines = [{"text": "a", "label": "DOCS", "answer": "reject"}, {"text": "b", "label": "DOCS", "answer": "accept"}]
    schema = _suggest(tmp_path, "in.jsonl", "\n".join(map(json.dumps, lines)))
    assert _fields(schema) == [("label", "multi_choice", ["DOCS"])]


def test_ratings_and_texts_of_label_studio_become_fields_of_their_kind(tmp_path: Path) -> None:
    results = [
        {"type": "rating", "from_name": "stars", "to_name": "t", "value": {"rating": 7}},
        {"type": "textarea", "from_name": "why", "to_name": "t", "value": {"text": ["because"]}},
        {"type": "choices", "from_name": "tone", "to_name": "t", "value": {"choices": ["warm"]}},
        {"type": "choices", "from_name": "topic", "to_name": "t", "value": {"choices": ["money"]}},
    ]
    task = {"id": 1, "data": {"text": "a"}, "annotations": [{"result": results}]}
    schema = _suggest(tmp_path, "in.json", json.dumps([task]))
    assert [(spec.id, spec.kind) for spec in schema.fields] == [
        ("stars", "rating"),
        ("why", "text"),
        ("tone", "choice"),
        ("topic", "choice"),
    ]
    assert schema.fields[0].max == 7


def test_answers_that_hardly_repeat_are_free_text(tmp_path: Path) -> None:
    content = "text,label\n" + "".join(f"t{number},answer {number}\n" for number in range(40))
    assert _suggest(tmp_path, "in.csv", content).fields[0].kind == "text"


def test_two_columns_of_texts_make_a_schema_of_pairs(tmp_path: Path) -> None:
    schema = _suggest(tmp_path, "in.csv", "a,b,label\nx,y,same\n", pair_columns=("a", "b"))
    assert schema.item == "pair"


def test_a_file_without_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatRefused, match=r"No labels were recognised in in\.txt"):
        _suggest(tmp_path, "in.txt", "one\ntwo\n")


@settings(deadline=None, max_examples=50)
@given(st.lists(st.text(alphabet="aAbB1 -_é退#", min_size=1, max_size=5), min_size=1, max_size=8))
def test_any_names_make_a_schema_that_knows_them_all(
    tmp_path_factory: pytest.TempPathFactory, names: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("names")
    lines = [json.dumps({"text": "a", "label": [name]}) for name in names if name.strip()]
    if lines:
        _suggest(folder, "in.jsonl", "\n".join(lines))
