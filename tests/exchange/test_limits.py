"""Files made to take all memory or all time, and paths that lead nowhere: one sentence each, and the rest goes on."""

from __future__ import annotations

import io
import os
import resource
import zipfile
from pathlib import Path

import pyarrow as pa
import pytest
from openpyxl import Workbook
from pyarrow import parquet

from tools.errors import FormatRefused, InputError
from tools.exchange.options import ImportOptions
from tools.exchange.pictures.image_files import ImageFinder
from tools.exchange.reading import read_file
from tools.exchange.tables.formulas import escaped, is_risky, unescaped
from tools.schema import LabelSchema

SCHEMA = LabelSchema.model_validate(
    {"name": "Desk", "fields": [{"id": "topic", "kind": "choice", "labels": ["a", "b"]}]}
)
SHEET = "xl/worksheets/sheet1.xml"


def _workbook(path: Path, sheet: str | None = None) -> Path:
    """A workbook with two rows; ``sheet`` takes the place of its cells."""
    book = Workbook()
    book.active.append(["text", "topic"])
    book.active.append(["hello", "a"])
    made = io.BytesIO()
    book.save(made)
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, sheet if sheet is not None and name == SHEET else old.read(name))
    return path


def _rows(*rows: str) -> str:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<worksheet xmlns="{space}"><sheetData>{"".join(rows)}</sheetData></worksheet>'


def _row(number: int, *places: str) -> str:
    cells = "".join(f'<c r="{place}{number}" t="inlineStr"><is><t>x</t></is></c>' for place in places)
    return f'<row r="{number}">{cells}</row>'


def test_a_workbook_is_read_in_a_process_of_its_own_and_comes_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "in.xlsx"
    book = Workbook()
    for row in (["text", "topic", "row"], ["hello", "a", 7], ["bye", "b", None], ["too", "a", 1, "long"]):
        book.active.append(row)
    book.create_sheet("Notes")
    book.save(path)
    batch = read_file(path, SCHEMA, ImportOptions(label_columns=(("topic", "topic"),), annotator="ana"))
    assert [(one["row"], one["text"]) for one in batch.items.to_pylist()] == [(1, "hello"), (2, "bye")]
    assert [one["row"] for one in batch.rejects.to_pylist()] == [3]
    assert batch.items.to_pylist()[0]["meta"] == '{"row":"7"}'
    assert "Only the sheet 'Sheet' was read; there are also Notes." in batch.notes


def test_a_cell_in_row_thirty_million_is_refused(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "far.xlsx", _rows(_row(1, "A"), _row(30_000_000, "A")))
    assert path.stat().st_size < 20_000
    with pytest.raises(FormatRefused, match="far away from its table, up to row 1,048,577"):
        read_file(path, SCHEMA)


def test_cells_in_the_last_column_of_many_rows_are_refused(tmp_path: Path) -> None:
    rows = (_row(number, "A", "XFD") for number in range(1, 1301))
    path = _workbook(tmp_path / "wide.xlsx", _rows(*rows))
    assert path.stat().st_size < 100_000
    with pytest.raises(FormatRefused, match="far away from its table, up to row 1,222"):
        read_file(path, SCHEMA)


def test_a_parquet_file_is_read_in_a_process_of_its_own_and_comes_back_whole(tmp_path: Path) -> None:
    path = tmp_path / "in.parquet"
    parquet.write_table(pa.table({"text": ["hello", "", "bye"], "topic": ["a", "b", None], "row": [7, 8, 9]}), path)
    batch = read_file(path, SCHEMA, ImportOptions(label_columns=(("topic", "topic"),), annotator="ana"))
    assert [(one["row"], one["text"], one["meta"]) for one in batch.items.to_pylist()] == [
        (1, "hello", '{"row":7}'),
        (3, "bye", '{"row":9}'),
    ]
    assert [(one["row"], one["value"]) for one in batch.labels.to_pylist()] == [(1, '{"label":"a"}')]
    assert batch.rejects["row"].to_pylist() == [2]


def test_a_parquet_file_of_some_kilobytes_takes_no_gigabytes(tmp_path: Path) -> None:
    path = tmp_path / "bomb.parquet"
    text = pa.DictionaryArray.from_arrays(pa.array([0] * 200_000, pa.int32()), ["x" * 10_000])
    parquet.write_table(pa.table({"text": text}), path, compression="zstd", store_schema=False)
    assert path.stat().st_size < 400_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(FormatRefused, match=r"bomb\.parquet unpacks to .* up to 512\.0 MiB are read at once"):
        read_file(path, SCHEMA)
    # Kilobytes on Linux; the reader's own process had the memory, not this one.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_what_a_reader_process_cannot_hold_ends_in_a_sentence(tmp_path: Path) -> None:
    from tools.exchange.apart import read_apart
    from tools.exchange.files.source import Source

    path = tmp_path / "in.xlsx"
    path.write_bytes(b"x")
    with pytest.raises(FormatRefused, match=r"in\.xlsx needs more memory than a file of its size may take; split it"):
        read_apart("tests.exchange.hungry", Source(path, ImportOptions()), ImportOptions())


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "out")
    with pytest.raises(InputError, match="out is no file but a pipe; name a file or a folder"):
        read_file(tmp_path / "out", SCHEMA)


def test_a_link_to_itself_is_said(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError, match="loop is a link that leads back to itself; name another"):
        read_file(tmp_path / "loop", SCHEMA)


def test_a_link_to_itself_in_a_folder_hides_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "loop.txt").symlink_to("loop.txt")
    (tmp_path / "one.txt").write_text("hello", encoding="utf-8")
    (tmp_path / "one.ann").write_text("", encoding="utf-8")
    batch = read_file(tmp_path, SCHEMA, ImportOptions(format="brat"))
    assert [one["text"] for one in batch.items.to_pylist()] == ["hello"]


def test_a_picture_name_longer_than_any_file_concerns_its_row_alone(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"")
    finder = ImageFinder(tmp_path)
    assert finder.find("x" * 300 + ".png") is None
    assert finder.find("a.png") == tmp_path / "a.png"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠", "\n=", "'="])
def test_what_a_spreadsheet_would_run_is_escaped_and_comes_back(start: str) -> None:
    cell = f"{start}1+1"
    assert is_risky(cell)
    assert escaped(cell) == f"'{cell}"
    assert unescaped(escaped(cell)) == cell


def test_one_long_row_among_many_short_ones_makes_no_millions_of_cells(tmp_path: Path) -> None:
    path = _workbook(tmp_path / "header.xlsx", _rows(_row(1, "A", "XFD"), *(_row(n, "A") for n in range(2, 1301))))
    with pytest.raises(FormatRefused, match="1,300 rows of 16,384 columns; up to 20,000,000 cells"):
        read_file(path, SCHEMA)
