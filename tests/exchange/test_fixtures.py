"""Other tools' own files, as they come: each is imported, or says exactly why not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.roundtrip import exported, read
from tools.errors import FormatRefused
from tools.exchange.batch import ImportBatch
from tools.exchange.options import ExportOptions, ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.suggest import suggest_schema
from tools.exchange.writing import write_export
from tools.schema import LabelSchema

pytestmark = [pytest.mark.data, pytest.mark.usefixtures("read_in_this_process")]
ANNA = ImportOptions(annotator="anna")
SCHEMA = LabelSchema.model_validate(
    {
        "name": "All",
        "fields": [
            {"id": "label", "kind": "multi_choice", "labels": ["positive", "negative", "neutral"]},
            {"id": "entities", "kind": "spans", "labels": ["LOC", "PER", "ORG", "DATE", "PERSON", "MISC"]},
            {"id": "joins", "kind": "relations", "over": "entities", "labels": ["foundedAt", "foundedBy"]},
        ],
    }
)
DOCCANO = "fixtures/doccano/import/tests/data"
# (file, rows read, items, labels, rejected or dropped)
IMPORTED = [
    ("example.txt", 3, 3, 0, 0),
    ("example.utf16.csv", 3, 3, 3, 0),
    ("relation_extraction/example.jsonl", 1, 1, 2, 0),
    ("sequence_labeling/example.conll", 2, 2, 2, 0),
    ("sequence_labeling/example.jsonl", 3, 2, 1, 1),
    ("sequence_labeling/example_overlapping.jsonl", 1, 1, 1, 1),
    ("sequence_labeling/labeling.invalid.conll", 3, 3, 2, 1),
    ("sequence_labeling/labeling.trailing.conll", 1, 1, 1, 0),
    ("text_classification/example.csv", 4, 2, 1, 2),
    ("text_classification/example.invalid.2.csv", 3, 2, 2, 1),
    ("text_classification/example.invalid.2.xlsx", 3, 2, 2, 1),
    ("text_classification/example.json", 4, 3, 2, 1),
    ("text_classification/example.jsonl", 3, 3, 2, 0),
    ("text_classification/example.xlsx", 3, 2, 1, 1),
    ("text_classification/example_fasttext.txt", 4, 3, 2, 1),
    ("text_classification/example_out_of_order_columns.csv", 3, 2, 1, 1),
    ("intent/example.jsonl", 5, 4, 4, 1),
]


@pytest.mark.parametrize(("name", "rows", "items", "labels", "lost"), IMPORTED)
def test_doccanos_own_test_files_are_accounted_for_row_by_row(
    shared_data: Path, name: str, rows: int, items: int, labels: int, lost: int
) -> None:
    batch = read_file(shared_data / DOCCANO / name, SCHEMA, ANNA)
    assert (batch.read, batch.items.num_rows, batch.labels.num_rows) == (rows, items, labels)
    assert batch.rejects.num_rows + batch.dropped.num_rows == lost


def test_a_workbook_without_a_heading_asks_for_one(shared_data: Path) -> None:
    path = shared_data / DOCCANO / "text_classification/example_one_column_no_header.xlsx"
    with pytest.raises(FormatRefused, match="The only column is headed 'AAA'"):
        read_file(path, SCHEMA, ANNA)
    headless = ImportOptions(header=False, text_column="column_1")
    assert read_file(path, SCHEMA, headless).items["text"].to_pylist() == ["AAA", "BBB", "CCC"]


def test_clinc_keeps_its_repeated_texts_apart_and_takes_labels_from_one_split(shared_data: Path) -> None:
    path = shared_data / "text/clinc150.csv"
    schema = suggest_schema(path)
    batch = read_file(path, schema, ImportOptions(annotator="crowd", labels_where="split=train"))
    assert (batch.read, batch.items.num_rows, batch.rejects.num_rows) == (23_700, 23_700, 0)
    texts = batch.items["text"].to_pylist()
    assert len(texts) - len(set(texts)) == 5
    train = sum(json.loads(one)["split"] == "train" for one in batch.items["meta"].to_pylist())
    assert (batch.labels.num_rows, batch.dropped.num_rows) == (train, 0)
    assert len(schema.fields[0].labels) == 151
    assert not any("intent" in json.loads(one) for one in batch.items["meta"].to_pylist())


def test_prodigys_yes_or_no_answers_are_all_kept(shared_data: Path) -> None:
    path = shared_data / "fixtures/prodigy/annotated_github-issues-DOCUMENTATION-textcat.jsonl"
    batch = read_file(path, suggest_schema(path), ANNA)
    found: dict[str, int] = {}
    for one in batch.labels.to_pylist():
        said = one["value"] or one["verdict"]
        found[said] = found.get(said, 0) + 1
    assert found == {'{"labels":["documentation"]}': 103, '{"labels":[]}': 170, "skip": 27}


def test_prodigys_spans_stand_where_its_tokens_say(shared_data: Path) -> None:
    path = shared_data / "fixtures/prodigy/annotated_news_headlines-ORG-PERSON-LOCATION-ner.jsonl"
    batch = read_file(path, suggest_schema(path), ANNA)
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    tasks = dict(enumerate(lines, start=1))
    assert (batch.items.num_rows, batch.dropped.num_rows) == (373, 0)
    text = dict(zip(batch.items["row"].to_pylist(), batch.items["text"].to_pylist(), strict=True))
    quotes = [
        text[one["row"]][span["start"] : span["end"]]
        for one in batch.labels.to_pylist()
        if one["value"]
        for span in json.loads(one["value"])["spans"]
    ]
    expected = [
        "".join(_covered(task, span)) for task in tasks.values() if task["answer"] == "accept" for span in _spans(task)
    ]
    assert sorted(quotes) == sorted(expected)


def _spans(task: dict[str, Any]) -> list[dict[str, Any]]:
    return sorted(task.get("spans") or [], key=lambda span: int(span["start"]))


def _covered(task: dict[str, Any], span: dict[str, Any]) -> str:
    first, last = task["tokens"][span["token_start"]], task["tokens"][span["token_end"]]
    return str(task["text"][first["start"] : last["end"]])


def test_brats_spans_quote_their_texts_and_one_file_has_none(shared_data: Path) -> None:
    folder = shared_data / "fixtures/brat/BioNLP_REL"
    batch = read_file(folder, suggest_schema(folder), ANNA)
    assert (batch.read, batch.items.num_rows, batch.dropped.num_rows) == (13, 12, 0)
    assert batch.rejects["excerpt"].to_pylist() == ["PMID-8839844"]
    lines = [
        line for path in folder.glob("*.ann") if path.stem != "PMID-8839844" for line in path.read_text().split("\n")
    ]
    regions = sum(len(next(iter(json.loads(one).values()))) for one in batch.labels["value"].to_pylist())
    assert regions == sum(line[:1] in ("T", "R") for line in lines)
    assert f"{sum(line[:1] == '*' for line in lines)} equivalences were left out" in " ".join(batch.notes)


@pytest.mark.parametrize(
    "name", ["test_export_csv/csv_test.json", "test_export_coco/data.json", "test_export_yolo/data.json"]
)
def test_label_studios_image_tasks_lose_nothing_without_a_word(shared_data: Path, name: str) -> None:
    path = shared_data / "fixtures/label_studio" / name
    batch = read_file(path, SCHEMA, ANNA)
    results = sum(
        len(part["result"])
        for task in json.loads(path.read_text("utf-8"))
        for part in (*task["annotations"], *task["predictions"])
    )
    assert batch.labels.num_rows == 0
    assert batch.rejects.num_rows + batch.dropped.num_rows == (results if batch.items.num_rows else batch.read)


@pytest.mark.parametrize("name", ["ner/wnut17_dev.conll", "ner/wnut17_train.conll"])
def test_a_real_conll_file_survives_the_way_back_line_by_line(shared_data: Path, tmp_path: Path, name: str) -> None:
    path = shared_data / name
    schema = suggest_schema(path)
    items = exported(read_file(path, schema, ANNA), schema)
    report = write_export("conll", items, schema, tmp_path / "out.conll", ExportOptions(provenance="none"))
    assert (report.left_out, report.losses) == ((), ())
    original = [line.rstrip("\t ") for line in path.read_text("utf-8").strip("\n").split("\n")]
    written = (tmp_path / "out.conll").read_text("utf-8").strip("\n").split("\n")
    assert [line for line in written if line] == [line for line in original if line.strip()]


@pytest.mark.parametrize("format", ["csv", "jsonl", "parquet", "label_studio", "huggingface"])
@pytest.mark.parametrize(
    "name",
    [
        "fixtures/prodigy/annotated_news_headlines-ORG-PERSON-LOCATION-ner.jsonl",
        "fixtures/prodigy/annotated_github-issues-DOCUMENTATION-textcat.jsonl",
        "fixtures/brat/BioNLP_REL",
        "crowd/md_agreement.jsonl",
    ],
)
def test_real_files_come_back_from_every_format_as_they_went_in(
    shared_data: Path, tmp_path: Path, name: str, format: str
) -> None:
    path = shared_data / name
    schema = suggest_schema(path)
    batch = read_file(path, schema, ANNA)
    items = exported(batch, schema)[:300]
    options = ExportOptions(keep_undecided=True, conflicts="all_values")
    target = tmp_path / f"out{'' if format == 'huggingface' else '.' + format.replace('label_studio', 'json')}"
    report = write_export(format, items, schema, target, options)
    assert report.written == len(items)
    again = read_file(target, schema, ImportOptions(format=format, annotator="somebody else"))
    assert read(again)["labels"] == read(_first(batch, len(items), items))["labels"]


def _first(batch: ImportBatch, count: int, items: list[Any]) -> ImportBatch:
    """The batch of the first items, under the keys they were exported with."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = batch.items["row"].slice(0, count)
    kept = batch.items.slice(0, count)
    kept = kept.set_column(1, "key", pa.array([one.item.key for one in items], pa.string()))
    labels = batch.labels.filter(pc.is_in(batch.labels["row"], value_set=rows.combine_chunks()))
    return ImportBatch(
        kept, labels, batch.proposals, batch.rejects.slice(0, 0), batch.dropped, count, "x", "y", batch.format
    )


def test_crowd_labels_keep_their_workers(shared_data: Path) -> None:
    path = shared_data / "crowd/md_agreement.jsonl"
    batch = read_file(path, suggest_schema(path))
    assert (batch.items.num_rows, batch.labels.num_rows) == (3000, 15_000)
    assert "anna" not in batch.labels["annotator"].to_pylist()
