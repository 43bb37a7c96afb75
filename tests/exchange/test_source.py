"""Which file is what, and which is not read at all."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.errors import FormatRefused, InputError
from tools.exchange.files.encoding import decode, detect, invalid_utf8_at
from tools.exchange.files.source import open_source, readable
from tools.exchange.formats.registry import choose_format
from tools.exchange.options import ExportOptions, ImportOptions, export_options_from, import_options_from

USUAL = ImportOptions()
CONTENTS = {
    "csv": "text,label\na,b\n",
    "jsonl": '{"annotation_assistant": 1, "text": "a", "fields": {}}\n',
    "label_studio": '[{"id": 1, "data": {"text": "a"}, "annotations": []}]',
    "prodigy": '{"text": "a", "_task_hash": 1, "answer": "accept"}\n',
    "doccano": '{"text": "a", "label": ["b"]}\n',
    "conll": "EU\tB-ORG\nsays\tO\n\n",
    "fasttext": "__label__a text\n",
}


def _format(path: Path, options: ImportOptions = USUAL) -> str:
    return choose_format(open_source(path, options), options).name


@pytest.mark.parametrize(("name", "content"), CONTENTS.items())
def test_the_format_is_found_by_content_where_the_extension_says_nothing(
    tmp_path: Path, name: str, content: str
) -> None:
    path = tmp_path / "file.dat"
    path.write_text(content, encoding="utf-8")
    assert _format(path) == name


@pytest.mark.parametrize("name", ["jsonl", "label_studio", "prodigy", "doccano"])
@pytest.mark.parametrize("suffix", [".json", ".jsonl"])
def test_json_files_are_told_apart_by_content(tmp_path: Path, name: str, suffix: str) -> None:
    path = tmp_path / f"file{suffix}"
    path.write_text(CONTENTS[name], encoding="utf-8")
    assert _format(path) == name


def test_text_that_is_nothing_else_is_plain_text(tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("one\ntwo\n")
    assert _format(tmp_path / "file.txt") == "text"


def test_binary_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_bytes(b"\x89PNG\0\0\0\x01\xff\xfe")
    with pytest.raises(FormatRefused, match="looks like no known format"):
        _format(tmp_path / "file.txt")


def test_a_format_that_there_is_not_is_refused_with_those_there_are(tmp_path: Path) -> None:
    (tmp_path / "file.txt").write_text("a")
    with pytest.raises(FormatRefused, match="There is no format 'aiff'; there are csv, tsv"):
        _format(tmp_path / "file.txt", ImportOptions(format="aiff"))


# A gzip head holds the time of compression: without a fixed one every worker would name this case differently.
@pytest.mark.parametrize(
    ("name", "content"),
    [("in.csv.gz", gzip.compress(b"text\na\n", mtime=0)), ("in.csv", b"PK\x03\x04zip")],
    ids=["gzip", "zip"],
)
def test_archives_are_refused_by_what_they_are(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FormatRefused, match=r"is a (gzip|zip) archive\. Unpack it"):
        open_source(tmp_path / name, USUAL)


def test_a_file_above_the_cap_is_refused_before_it_is_read(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(b"x" * 3000)
    with pytest.raises(FormatRefused, match=r"in\.csv has 2\.9 KiB; up to 2\.0 KiB are read at once"):
        open_source(tmp_path / "in.csv", ImportOptions(limit_bytes=2048))


def test_a_path_without_a_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no file"):
        open_source(tmp_path / "none.csv", USUAL)


def test_sizes_are_written_for_people() -> None:
    assert [readable(size) for size in (5, 2048, 3 * 1024**3)] == ["5 bytes", "2.0 KiB", "3.0 GiB"]


# UTF-16 text that begins with a NUL cannot be told from UTF-32 by its mark; no text file begins so.
@given(st.text(max_size=50).filter(lambda text: text[:1] != "\0"), st.sampled_from(("utf-8-sig", "utf-16", "utf-32")))
def test_text_with_a_byte_order_mark_is_decoded_to_itself(text: str, codec: str) -> None:
    assert decode(text.encode(codec))[0] == text


@given(st.text(max_size=50).filter(lambda text: not text.startswith("\ufeff") and "\0" not in text))
def test_utf8_is_decoded_to_itself(text: str) -> None:
    assert decode(text.encode()) == (text, "")


@given(st.binary(max_size=64))
def test_any_bytes_are_decoded_by_what_is_detected(data: bytes) -> None:
    found = detect(data)
    if found.codec not in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
        assert isinstance(decode(data)[0], str)


@given(st.binary(max_size=64))
def test_the_first_byte_that_is_not_utf8_is_found(data: bytes) -> None:
    try:
        data.decode("utf-8")
        expected = None
    except UnicodeDecodeError as error:
        expected = error.start
    assert invalid_utf8_at(data) == expected


@pytest.mark.parametrize(
    "options",
    [
        ImportOptions(),
        ImportOptions(label_columns=(("a", "b"),), pair_columns=("p", "q"), annotator="x", limit_bytes=9),
    ],
)
def test_import_options_survive_their_record(options: ImportOptions) -> None:
    assert import_options_from(options.to_record()) == options


def test_export_options_survive_their_record() -> None:
    options = ExportOptions(fields=("a", "b"), conflicts="all_values", escape_formulas=False, tag_scheme="IOB1")
    assert export_options_from(options.to_record()) == options


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"exposure": "blind"}, "exposure is one of imported_unknown, imported_independent"),
        ({"pair_columns": ("a",)}, "A pair has two columns, got 1"),
        ({"labels_where": "train"}, "looks like column=value"),
        ({"delimiter": "||"}, "one character"),
        ({"limit_bytes": 0}, "above zero"),
    ],
)
def test_options_that_cannot_be_meant_are_refused(options: dict[str, object], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        ImportOptions(**options)  # type: ignore[arg-type]
