"""Prodigy tasks: what accept, reject and ignore say about a field."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.exchange.batch import ImportBatch
from tools.exchange.options import ImportOptions
from tools.exchange.reading import read_file
from tools.schema import LabelSchema

LABELS = ["DOCS", "BUG", "OTHER"]
ENTITIES = {"id": "entities", "kind": "spans", "labels": ["ORG", "PER"]}


def _schema(kind: str, labels: list[str] = LABELS) -> LabelSchema:
    joins = {"id": "joins", "kind": "relations", "over": "entities", "labels": ["works for"]}
    field = {"id": "topic", "kind": kind, "labels": labels}
    return LabelSchema.model_validate({"name": "P", "fields": [field, ENTITIES, joins]})


def _import(folder: Path, schema: LabelSchema, *tasks: dict[str, Any]) -> ImportBatch:
    path = folder / "tasks.jsonl"
    path.write_text("\n".join(map(json.dumps, tasks)), encoding="utf-8")
    return read_file(path, schema, ImportOptions(annotator="declared"))


def _said(batch: ImportBatch) -> list[tuple[str, str, Any, str]]:
    return [
        (one["field"], one["verdict"], json.loads(one["value"]) if one["value"] else None, one["reason"])
        for one in batch.labels.to_pylist()
    ]


@pytest.mark.parametrize(
    ("kind", "labels", "answer", "said"),
    [
        ("choice", LABELS, "accept", ("topic", "accept", {"label": "docs"}, "")),
        ("choice", LABELS, "reject", ("topic", "reject", None, "not DOCS")),
        ("choice", LABELS, "ignore", ("topic", "skip", None, "")),
        ("choice", ["DOCS", "OTHER"], "reject", ("topic", "choose", {"label": "other"}, "not DOCS")),
        ("multi_choice", LABELS, "accept", ("topic", "accept", {"labels": ["docs"]}, "")),
        ("multi_choice", LABELS, "reject", ("topic", "choose", {"labels": []}, "")),
    ],
)
def test_an_answer_about_one_label_says_what_the_field_can_hold(
    tmp_path: Path, kind: str, labels: list[str], answer: str, said: tuple[Any, ...]
) -> None:
    batch = _import(tmp_path, _schema(kind, labels), {"text": "a", "label": "DOCS", "answer": answer})
    assert _said(batch) == [said]


def test_deduced_labels_are_told(tmp_path: Path) -> None:
    schema = _schema("choice", ["DOCS", "OTHER"])
    batch = _import(tmp_path, schema, {"text": "a", "label": "DOCS", "answer": "reject"})
    assert "1 rejections of one of two labels were taken as the other label." in batch.notes


def test_an_accepted_task_without_spans_says_that_there_are_none(tmp_path: Path) -> None:
    task = {"text": "a", "tokens": [], "_view_id": "ner_manual", "answer": "accept"}
    assert _said(_import(tmp_path, _schema("choice"), task)) == [("entities", "choose", {"spans": []}, "")]


def test_a_rejected_task_with_spans_is_an_event_without_a_value(tmp_path: Path) -> None:
    task = {"text": "Bo", "spans": [{"start": 0, "end": 2, "label": "PER"}], "answer": "reject"}
    assert _said(_import(tmp_path, _schema("choice"), task)) == [("entities", "reject", None, "rejected in Prodigy")]


def test_chosen_options_become_labels(tmp_path: Path) -> None:
    options = [{"id": name, "text": name} for name in LABELS]
    task = {"text": "a", "options": options, "accept": ["BUG", "DOCS"], "answer": "accept"}
    assert _said(_import(tmp_path, _schema("multi_choice"), task)) == [
        ("topic", "choose", {"labels": ["docs", "bug"]}, "")
    ]


def test_relations_find_their_spans_by_place(tmp_path: Path) -> None:
    bo, acme = {"start": 0, "end": 2, "label": "PER"}, {"start": 6, "end": 10, "label": "ORG"}
    relation = {"head": 0, "child": 2, "label": "works for", "head_span": bo, "child_span": acme}
    task = {"text": "Bo at Acme", "spans": [bo, acme], "relations": [relation], "answer": "accept"}
    batch = _import(tmp_path, _schema("choice"), task)
    (joined,) = _said(batch)[1][2]["relations"]
    assert (joined["from"], joined["to"]) == ("s0_2_PER", "s6_10_ORG")


def test_annotator_and_time_come_from_the_task(tmp_path: Path) -> None:
    task = {"text": "a", "label": "DOCS", "answer": "accept", "_annotator_id": "zoe", "_timestamp": 1_700_000_000}
    one = _import(tmp_path, _schema("choice"), task).labels.to_pylist()[0]
    assert (one["annotator"], one["decided_at"].isoformat()) == ("zoe", "2023-11-14T22:13:20+00:00")


def test_an_unanswered_task_is_an_item_without_labels(tmp_path: Path) -> None:
    batch = _import(tmp_path, _schema("choice"), {"text": "a", "label": "DOCS", "_task_hash": 1})
    assert (batch.items.num_rows, batch.labels.num_rows) == (1, 0)
    assert "1 tasks have no answer and were taken without labels." in batch.notes


def test_a_line_that_is_not_json_is_rejected_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "tasks.jsonl"
    path.write_text('{"text": "a", "answer": "ignore"}\n\n{"text": \n["list"]\n', encoding="utf-8")
    batch = read_file(path, _schema("choice"), ImportOptions(annotator="anna"))
    assert [(one["row"], one["reason"]) for one in batch.rejects.to_pylist()] == [
        (3, "the line is not JSON: Expecting value"),
        (4, "the row is not a JSON object"),
    ]


def test_half_a_surrogate_pair_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "tasks.jsonl"
    path.write_text(
        '{"text": "a\\ud83d", "answer": "accept"}\n{"text": "b\\u0000", "answer": "accept"}\n', encoding="utf-8"
    )
    batch = read_file(path, _schema("choice"), ImportOptions(annotator="anna"))
    assert batch.rejects["reason"].to_pylist() == [
        "the row holds half of a surrogate pair, which is not Unicode",
        "the row holds a NUL character",
    ]
