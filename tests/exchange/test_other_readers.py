"""Excel, Parquet, Hugging Face folders, fastText and plain text."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pytest

from tools.errors import FormatRefused
from tools.exchange.batch import ImportBatch
from tools.exchange.export import ExportDecision, ExportField, ExportItem
from tools.exchange.options import ExportOptions, ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.writing import write_export
from tools.records import Item
from tools.schema import LabelSchema

pytestmark = pytest.mark.usefixtures("read_in_this_process")
SCHEMA = LabelSchema.model_validate(
    {
        "name": "O",
        "fields": [
            {"id": "label", "kind": "choice", "labels": ["positive", "negative"]},
            {"id": "topics", "kind": "multi_choice", "labels": ["x", "y"]},
            {"id": "entities", "kind": "spans", "labels": ["PER"]},
        ],
    }
)


def _read(path: Path, **options: Any) -> ImportBatch:
    return read_file(path, SCHEMA, ImportOptions(**{"annotator": "anna", **options}))


def _workbook(path: Path, *rows: tuple[Any, ...], **more: list[tuple[Any, ...]]) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "first"
    for row in rows:
        book.active.append(row)
    for name, others in more.items():
        sheet = book.create_sheet(name)
        for row in others:
            sheet.append(row)
    book.save(path)
    return path


def test_the_first_sheet_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    path = _workbook(
        tmp_path / "in.xlsx", ("text", "label", "n"), ("a", "positive", 3), ("b", None, 0.5), other=[("text",)]
    )
    batch = _read(path)
    assert batch.items["meta"].to_pylist() == ['{"n":"3"}', '{"n":"0.5"}']
    assert "Only the sheet 'first' was read; there are also other." in batch.notes


def test_a_sheet_is_chosen_by_name(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "in.xlsx", ("nothing",), other=[("text",), ("c",)])
    assert _read(path, sheet="other").items["text"].to_pylist() == ["c"]
    with pytest.raises(FormatRefused, match="has no sheet 'third'; it has first, other"):
        _read(path, sheet="third")


def test_empty_rows_at_the_end_are_no_rows_and_a_row_that_is_too_long_is_rejected(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "in.xlsx", ("text", "label"), ("a", "positive", "more"), ("b",), (None, None), (None,))
    batch = _read(path)
    assert (batch.read, batch.items["row"].to_pylist()) == (2, [2])
    assert batch.rejects["reason"].to_pylist() == ["the row has 3 cells where the header has 2"]


@pytest.mark.parametrize("content", [b"no zip at all", b"PK\x03\x04broken"])
def test_a_broken_workbook_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "in.xlsx").write_bytes(content)
    with pytest.raises(FormatRefused, match="not an Excel workbook"):
        _read(tmp_path / "in.xlsx")


def test_a_zip_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "in.xlsx", "w") as packed:
        packed.writestr("x.txt", "x")
    with pytest.raises(FormatRefused, match="cannot be read as an Excel workbook"):
        _read(tmp_path / "in.xlsx")


def test_a_workbook_that_unpacks_to_too_much_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "in.xlsx", ("text",), ("a" * 30_000,))
    with pytest.raises(FormatRefused, match=r"unpacks to .*; up to 8\.0 KiB are read at once"):
        _read(path, limit_bytes=8192)


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "in.parquet").write_bytes(b"PAR1nothing")
    with pytest.raises(FormatRefused, match="is not a Parquet file"):
        _read(tmp_path / "in.parquet")


def test_fasttext_lines_start_with_their_labels(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("__label__positive good\n__label__x __label__y two\nnone\n__label__x\n")
    batch = _read(tmp_path / "in.txt", label_columns=(("label", "topics"),))
    assert batch.items["text"].to_pylist() == ["good", "two", "none"]
    assert [(one["row"], one["value"]) for one in batch.labels.to_pylist()] == [(2, '{"labels":["x","y"]}')]
    assert batch.dropped["reason"].to_pylist() == ["'positive' is not a label of 'topics'"]
    assert batch.rejects["reason"].to_pylist() == ["the text is empty"]


def test_plain_text_is_one_item_a_line_or_one_a_file(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("one\n\n two \n")
    assert _read(tmp_path / "in.txt").items["text"].to_pylist() == ["one", " two "]
    whole = _read(tmp_path / "in.txt", whole_file=True)
    assert (whole.items["text"].to_pylist(), whole.items["key"].to_pylist()) == (["one\n\n two \n"], ["in"])


def _export(folder: Path) -> Path:
    spans = {"spans": [{"id": "s1", "start": 0, "end": 2, "label": "per"}]}
    values: dict[str, Any] = {"label": {"label": "negative"}, "topics": {"labels": ["y"]}, "entities": spans}
    answers = {name: ExportField(name, "agreed", v, (ExportDecision("bo", "choose", v),)) for name, v in values.items()}
    items = [ExportItem(Item(1, "a", "Bo!", meta={"n": 1}), answers), ExportItem(Item(2, "b", "x"), {})]
    write_export("huggingface", items, SCHEMA, folder / "hf", ExportOptions(keep_undecided=True))
    return folder / "hf"


def test_the_datasets_library_opens_an_exported_folder_with_its_class_names(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    found = datasets.load_from_disk(str(_export(tmp_path)))
    assert found.features["label"].names == ["positive", "negative"]
    assert found[0]["label"] == 1 and found[1]["label"] == -1
    assert found[0]["topics"] == [1] and found[1]["topics"] is None
    assert found[0]["entities"] == [{"id": "s1", "start": 0, "end": 2, "label": "per"}]
    assert found[0]["label.reviewers"] == ["bo"]


def test_a_folder_that_the_datasets_library_saved_is_read_with_names_for_numbers(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features(
        {
            "text": datasets.Value("string"),
            "label": datasets.ClassLabel(names=["positive", "negative"]),
            "topics": datasets.List(datasets.ClassLabel(names=["x", "y"])),
            "entities": datasets.Sequence(
                {
                    "start": datasets.Value("int32"),
                    "end": datasets.Value("int32"),
                    "label": datasets.ClassLabel(names=["PER"]),
                }
            ),
        }
    )
    columns = {
        "text": ["Bo!", "x"],
        "label": [1, -1],
        "topics": [[1, 0], []],
        "entities": [{"start": [0], "end": [2], "label": [0]}, {"start": [], "end": [], "label": []}],
    }
    one = datasets.Dataset.from_dict(columns, features=features)
    datasets.DatasetDict({"train": one, "test": one}).save_to_disk(str(tmp_path / "both"))
    batch = _read(tmp_path / "both")
    assert batch.items["meta"].to_pylist() == ['{"split":"train"}'] * 2 + ['{"split":"test"}'] * 2
    said = [(one["row"], one["field"], json.loads(one["value"])) for one in batch.labels.to_pylist() if one["row"] < 3]
    assert said == [
        (1, "label", {"label": "negative"}),
        (1, "topics", {"labels": ["x", "y"]}),
        (1, "entities", {"spans": [{"id": "s0_2_per", "start": 0, "end": 2, "label": "per"}]}),
        (2, "topics", {"labels": []}),
        (2, "entities", {"spans": []}),
    ]


@pytest.mark.parametrize("name", ["../secret.arrow", "/etc/passwd", "", ".."])
def test_a_state_that_names_a_file_outside_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    folder = _export(tmp_path)
    state = json.loads((folder / "state.json").read_text())
    (folder / "state.json").write_text(json.dumps(state | {"_data_files": [{"filename": name}]}))
    with pytest.raises(FormatRefused, match="as a part of itself"):
        _read(folder)


def test_a_folder_with_a_missing_or_broken_file_is_refused(tmp_path: Path) -> None:
    folder = _export(tmp_path)
    (folder / "data-00000-of-00001.arrow").write_bytes(b"broken")
    with pytest.raises(FormatRefused, match="is not an Arrow stream file"):
        _read(folder)
    (folder / "data-00000-of-00001.arrow").unlink()
    with pytest.raises(FormatRefused, match="and it is not there"):
        _read(folder)


def test_a_folder_of_neither_form_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatRefused, match="is a folder of no known form"):
        _read(tmp_path)


def test_features_inside_the_arrow_file_are_used_where_the_features_file_is_missing(tmp_path: Path) -> None:
    folder = _export(tmp_path)
    (folder / "dataset_info.json").unlink()
    assert pa.ipc.open_stream((folder / "data-00000-of-00001.arrow").read_bytes()).schema.metadata
    assert '{"label":"negative"}' in _read(folder).labels["value"].to_pylist()
