"""Preference data in every form that it usually has, in and out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tools.errors import InputError
from tools.exchange.export import ExportDecision, ExportField, ExportItem
from tools.exchange.options import ExportOptions, ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.suggest import suggest_schema
from tools.exchange.tables.compose import join_parts, read_parts
from tools.exchange.writing import losses, write_export
from tools.records import Item
from tools.schema import dump_schema, read_schema

SCHEMA = read_schema("name: P\nitem: comparison\nfields: [{id: better, name: Better, kind: ranking, ties: true}]")
ANN = ImportOptions(annotator="ann")
PAIR = {"prompt": "Name a fruit.", "chosen": "Apple.", "rejected": "Potato.", "source": "kitchen"}
"""By the SHA-256 of its text, the potato comes first."""


def lines(path: Path, *records: Any) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in records), encoding="utf-8")
    return path


def shown(batch: Any) -> list[list[tuple[str, str]]]:
    """Role and text of every part of every item."""
    found = []
    for item in batch.items.to_pylist():
        parts = read_parts(json.loads(item["parts"]), item["text"])
        found.append([(part.role, item["text"][part.start : part.end]) for part in parts])
    return found


def values(batch: Any) -> list[str]:
    return batch.labels["value"].to_pylist()


def test_chosen_and_rejected_are_a_prompt_and_two_answers_in_an_order_that_gives_nothing_away(tmp_path: Path) -> None:
    turned = {**PAIR, "chosen": PAIR["rejected"], "rejected": PAIR["chosen"]}
    batch = read_file(lines(tmp_path / "in.jsonl", PAIR, turned), SCHEMA, ANN)
    parts = [("prompt", "Name a fruit."), ("A", "Potato."), ("B", "Apple.")]
    assert shown(batch) == [parts, parts]
    assert values(batch) == ['{"ranking":[["b"],["a"]]}', '{"ranking":[["a"],["b"]]}']
    assert batch.items["kind"].to_pylist() == ["comparison", "comparison"]
    assert batch.items["meta"].to_pylist() == ['{"source":"kitchen"}'] * 2
    assert batch.labels["annotator"].to_pylist() == ["ann", "ann"]


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet", "json"])
def test_the_same_pair_comes_out_of_every_kind_of_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"in.{suffix}"
    if suffix == "parquet":
        parquet.write_table(pa.Table.from_pylist([PAIR]), path)
    elif suffix == "json":
        path.write_text(json.dumps([PAIR]), encoding="utf-8")
    else:
        mark = "," if suffix == "csv" else "\t"
        path.write_text(f"{mark.join(PAIR)}\n{mark.join(PAIR.values())}\n", encoding="utf-8")
    batch = read_file(path, SCHEMA, ANN)
    assert shown(batch) == [[("prompt", "Name a fruit."), ("A", "Potato."), ("B", "Apple.")]]
    assert values(batch) == ['{"ranking":[["b"],["a"]]}']


def test_who_preferred_has_to_be_known_or_the_answers_come_without_an_order(tmp_path: Path) -> None:
    path = lines(tmp_path / "in.jsonl", PAIR)
    with pytest.raises(InputError, match="does not say who gave them"):
        read_file(path, SCHEMA)
    batch = read_file(path, SCHEMA, ImportOptions(take_labels=False))
    assert (batch.items.num_rows, batch.labels.num_rows) == (1, 0)
    named = read_file(lines(tmp_path / "by.jsonl", {**PAIR, "annotator": "bob"}), SCHEMA)
    assert named.labels["annotator"].to_pylist() == ["bob"]


def test_messages_that_both_answers_begin_with_are_the_prompt(tmp_path: Path) -> None:
    said = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    ask = {"role": "user", "content": "Name a fruit."}
    answers = [[*said, ask, {"role": "assistant", "content": text}] for text in ("Apple.", "Potato.")]
    record = {"prompt": "Name a fruit.", "chosen": answers[0], "rejected": answers[1]}
    batch = read_file(lines(tmp_path / "in.jsonl", record), SCHEMA, ANN)
    assert shown(batch) == [
        [("user", "Hi"), ("assistant", "Hello"), ("user", "Name a fruit."), ("A", "Potato."), ("B", "Apple.")]
    ]
    assert values(batch) == ['{"ranking":[["b"],["a"]]}']


def test_transcripts_that_are_written_out_are_taken_apart(tmp_path: Path) -> None:
    talk = "\n\nHuman: Hi\n\nAssistant: Hello\n\nHuman: Name a fruit.\n\nAssistant: "
    batch = read_file(
        lines(tmp_path / "in.jsonl", {"chosen": f"{talk}Apple.", "rejected": f"{talk}Potato."}), SCHEMA, ANN
    )
    assert shown(batch) == [
        [("human", "Hi"), ("assistant", "Hello"), ("human", "Name a fruit."), ("A", "Potato."), ("B", "Apple.")]
    ]


@pytest.mark.parametrize(
    ("told", "value"),
    [
        ({"ranking": [2, 0, 1]}, '{"ranking":[["c"],["a"],["b"]]}'),
        ({"ranking": [3, 1, 2]}, '{"ranking":[["c"],["a"],["b"]]}'),
        ({"ranking": [["C"], ["A", "B"]]}, '{"ranking":[["c"],["a","b"]]}'),
        ({"ranking": "C > A = B"}, '{"ranking":[["c"],["a","b"]]}'),
        ({"rank": [2, 2, 1]}, '{"ranking":[["c"],["a","b"]]}'),
        ({}, None),
    ],
)
def test_several_responses_keep_their_places_and_their_order_is_read(
    tmp_path: Path, told: dict[str, Any], value: str | None
) -> None:
    record = {"id": "q1", "prompt": "Name a fruit.", "responses": ["Apple.", "Potato.", "Pear."], **told}
    batch = read_file(lines(tmp_path / "in.jsonl", record), SCHEMA, ANN)
    assert shown(batch) == [[("prompt", "Name a fruit."), ("A", "Apple."), ("B", "Potato."), ("C", "Pear.")]]
    assert values(batch) == ([value] if value else [])
    assert batch.items["key"].to_pylist() == ["q1"]
    assert batch.dropped.num_rows == 0


def test_completions_with_models_and_scores_keep_these_beside_the_text(tmp_path: Path) -> None:
    made = [{"model": "m1", "response": "Apple.", "overall_score": 4.0}, {"model": "m2", "response": "Potato."}]
    batch = read_file(lines(tmp_path / "in.jsonl", {"instruction": "Name a fruit.", "completions": made}), SCHEMA, ANN)
    assert shown(batch) == [[("prompt", "Name a fruit."), ("A", "Apple."), ("B", "Potato.")]]
    assert json.loads(batch.items["meta"].to_pylist()[0]) == {
        "completions": [{"model": "m1", "overall_score": 4.0}, {"model": "m2"}]
    }
    assert values(batch) == []


@pytest.mark.parametrize(
    ("winner", "value"),
    [
        ("model_a", '{"ranking":[["a"],["b"]]}'),
        ("B", '{"ranking":[["b"],["a"]]}'),
        ("tie (both bad)", '{"ranking":[["a","b"]]}'),
        ("2", '{"ranking":[["b"],["a"]]}'),
    ],
)
def test_a_column_for_each_response_and_one_for_the_winner(tmp_path: Path, winner: str, value: str) -> None:
    path = tmp_path / "in.csv"
    path.write_text(f"prompt,response_a,response_b,winner\nName a fruit.,Apple.,Potato.,{winner}\n", encoding="utf-8")
    batch = read_file(path, SCHEMA, ANN)
    assert shown(batch) == [[("prompt", "Name a fruit."), ("A", "Apple."), ("B", "Potato.")]]
    assert values(batch) == [value]


def test_rows_without_two_answers_and_orders_of_no_known_form_are_told(tmp_path: Path) -> None:
    rows = [
        {"prompt": "p", "responses": ["one"]},
        {"prompt": "p", "responses": ["one", " "]},
        {"prompt": "p", "responses": ["one", "two"], "ranking": [7, 9]},
        {"prompt": "p", "responses": ["one", "two"], "ranking": [["a"], ["c"]]},
    ]
    batch = read_file(lines(tmp_path / "in.jsonl", *rows), SCHEMA, ANN)
    assert batch.rejects.to_pylist() == [
        {"row": 1, "reason": "there are fewer than two answers to compare", "excerpt": "p | one"},
        {"row": 2, "reason": "an answer is empty", "excerpt": "p | one |"},
    ]
    assert [(one["row"], one["reason"]) for one in batch.dropped.to_pylist()] == [
        (3, "the order of the answers is written in no known form"),
        (4, "A ranking of field 'better' has each of A, B once, got A, C"),
    ]


def test_a_project_that_ranks_nothing_reads_such_a_file_as_it_did(tmp_path: Path) -> None:
    schema = read_schema("name: T\nfields: [{id: mood, kind: rating}]")
    batch = read_file(lines(tmp_path / "in.jsonl", {"text": "hello", "chosen": "a", "rejected": "b"}), schema)
    assert batch.items["text"].to_pylist() == ["hello"]
    assert batch.items["kind"].to_pylist() == ["text"]


def test_a_schema_is_found_in_such_a_file(tmp_path: Path) -> None:
    tied = {"prompt": "p", "responses": ["one", "two"], "ranking": [["a", "b"]]}
    found = suggest_schema(lines(tmp_path / "fruit.jsonl", tied))
    assert dump_schema(found) == (
        "name: fruit\nitem: comparison\nfields:\n- id: ranking\n  name: ranking\n  kind: ranking\n"
        "  question: Which answer is better?\n  ties: true\n"
    )
    bare = suggest_schema(lines(tmp_path / "bare.jsonl", {"prompt": "p", "responses": ["one", "two"]}))
    assert [(one.id, one.kind, one.ties) for one in bare.fields] == [("ranking", "ranking", False)]
    path = tmp_path / "pairs.csv"
    path.write_text("prompt,chosen,rejected\np,one,two\n", encoding="utf-8")
    pairs = suggest_schema(path)
    assert (pairs.item, pairs.fields[0].kind, pairs.fields[0].ties) == ("comparison", "ranking", False)


def ranked(number: int, sides: list[tuple[str, str]], groups: list[list[str]] | None) -> ExportItem:
    text, parts = join_parts(sides)
    item = Item(number, f"q{number}", text, "comparison", parts)
    if groups is None:
        return ExportItem(item, {})
    value = {"ranking": groups}
    return ExportItem(
        item, {"better": ExportField("better", "agreed", value, (ExportDecision("ann", "choose", value),))}
    )


SIDES = [("prompt", "Name a fruit."), ("A", "Potato."), ("B", "Apple."), ("C", "Pear.")]


def test_preferences_are_written_as_pairs_and_what_is_lost_is_told(tmp_path: Path) -> None:
    rows = [
        ranked(1, SIDES[:3], [["b"], ["a"]]),
        ranked(2, SIDES, [["b"], ["a", "c"]]),
        ranked(3, SIDES[:3], [["a", "b"]]),
        ranked(4, SIDES[:3], None),
        ranked(5, [("user", "Hi"), ("assistant", "Hello"), ("user", "Fruit?"), *SIDES[1:3]], [["a"], ["b"]]),
        ranked(6, SIDES[1:3], [["b"], ["a"]]),
    ]
    options = ExportOptions(keep_undecided=True)
    report = write_export("preference", rows, SCHEMA, tmp_path / "out.jsonl", options)
    talk = [("user", "Hi"), ("assistant", "Hello"), ("user", "Fruit?")]
    answers = {
        name: [{"content": text, "role": "assistant"}] for name, text in (("chosen", "Potato."), ("rejected", "Apple."))
    }
    assert [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()] == [
        {"prompt": "Name a fruit.", "chosen": "Apple.", "rejected": "Potato."},
        {"prompt": "Name a fruit.", "chosen": "Apple.", "rejected": "Potato."},
        {"prompt": "Name a fruit.", "chosen": "Apple.", "rejected": "Pear."},
        {"prompt": [{"role": role, "content": text} for role, text in talk], **answers},
        {"chosen": "Apple.", "rejected": "Potato."},
    ]
    assert {one.reason: one.item_ids for one in report.left_out} == {
        "all answers are equally good: there is no pair": (3,),
        "the item has no ranking": (4,),
    }
    assert [(one.item_id, one.reason, one.excerpt) for one in report.losses] == [
        (2, "answers that are equally good make no pair", "B > A = C")
    ]
    assert losses("preference", SCHEMA, options) == [
        "A ranking of more than two answers becomes all pairs that it orders, each on a line of its own.",
        "Answers that are equally good make no pair.",
        "Keys and other columns of the items.",
        "Who decided, when and after seeing what.",
    ]


def test_pairs_that_were_written_come_back_as_the_same_preference(tmp_path: Path) -> None:
    talk = [("user", "Hi"), ("assistant", "Hello"), ("user", "Fruit?"), *SIDES[1:3]]
    rows = [ranked(1, SIDES[:3], [["b"], ["a"]]), ranked(2, talk, [["a"], ["b"]])]
    write_export("preference", rows, SCHEMA, tmp_path / "p.jsonl")
    batch = read_file(tmp_path / "p.jsonl", SCHEMA, ANN)
    assert shown(batch) == [SIDES[:3], talk]
    assert values(batch) == ['{"ranking":[["b"],["a"]]}', '{"ranking":[["a"],["b"]]}']


@pytest.mark.parametrize("form", ["jsonl", "csv", "tsv", "parquet", "huggingface"])
def test_rankings_go_out_and_come_back_whole(tmp_path: Path, form: str) -> None:
    rows = [ranked(1, SIDES[:3], [["b"], ["a"]]), ranked(2, SIDES, [["b"], ["a", "c"]])]
    report = write_export(form, rows, SCHEMA, tmp_path / "out", ExportOptions(card=False))
    batch = read_file(report.target, SCHEMA)
    assert shown(batch) == [SIDES[:3], SIDES]
    assert values(batch) == ['{"ranking":[["b"],["a"]]}', '{"ranking":[["b"],["a","c"]]}']
    assert batch.labels["annotator"].to_pylist() == ["ann", "ann"]
    assert batch.items["key"].to_pylist() == ["q1", "q2"]


def test_a_cell_that_names_an_answer_which_is_not_there_is_told(tmp_path: Path) -> None:
    parts = json.dumps([{"role": role, "start": 0, "end": 1} for role in "AB"])
    table = pa.table({"text": ["xy"], "kind": ["comparison"], "parts": [parts], "better": ["C > A"]})
    parquet.write_table(table, tmp_path / "in.parquet")
    batch = read_file(tmp_path / "in.parquet", SCHEMA, ANN)
    assert batch.labels.num_rows == 0
    assert batch.dropped["reason"].to_pylist() == ["A ranking of field 'better' has each of A, B once, got C, A"]
