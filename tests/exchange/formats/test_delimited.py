"""CSV and TSV: two parsers, one result; every row that cannot be read says why."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.exchange.roundtrip import read
from tools.errors import FormatRefused
from tools.exchange.formats.tables import delimited
from tools.exchange.options import ImportOptions
from tools.exchange.reading import read_file
from tools.schema import LabelSchema, schema_from_labels

SCHEMA = schema_from_labels(["positive", "negative"])
ANNA = ImportOptions(annotator="anna")


def _file(folder: Path, content: str | bytes, name: str = "in.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


@settings(deadline=None, max_examples=400)
@given(
    st.text(alphabet="ab\",\n\r \t'\ufeff\u2028é", max_size=40), st.integers(1, 3), st.sampled_from((8, 64, 1 << 20))
)
@example('"a""b",c\nd,"e\r\nf"\n', 2, 8)
@example('a,"b', 2, 64)
@example('a,b"c\n"d"e,f', 2, 8)
def test_the_fast_parser_agrees_with_the_slow_one_wherever_it_answers(body: str, width: int, block: int) -> None:
    names = [f"c{at}" for at in range(width)]
    fast = delimited.parse_fast(body.encode(), 0, names, ",", block)
    table, rows, rejects = delimited.parse_slow(body, names, ",")
    assert fast is None or (fast.to_pylist() == table.to_pylist() and not rejects)
    assert fast is None or rows.to_pylist() == list(range(1, table.num_rows + 1))


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.lists(st.text(alphabet="ab\",\n\r'=é😀", min_size=1, max_size=6), min_size=2, max_size=2), min_size=1)
)
def test_the_fast_parser_takes_what_a_writer_of_csv_writes(rows: list[list[str]]) -> None:
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    fast = delimited.parse_fast(stream.getvalue().encode(), 0, ["a", "b"], ",")
    assert [list(row.values()) for row in fast.to_pylist()] == rows


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(("k1", "k2", "", " ")),
            st.text(alphabet='ab",\n \0', max_size=5),
            st.sampled_from(("positive", "Negative", "", "other", " ")),
            st.text(alphabet="xyé\\", max_size=3),
        ),
        min_size=1,
        max_size=6,
    )
)
def test_a_file_with_one_bad_row_gives_the_same_batch_for_its_other_rows(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str, str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("csv")
    stream = io.StringIO()
    csv.writer(stream).writerows([("key", "text", "label", "channel"), *rows])
    good = read_file(_file(folder, stream.getvalue(), "good.csv"), SCHEMA, ANNA)
    # The ragged row at the end sends the whole file down the slow way.
    bad = read_file(_file(folder, stream.getvalue() + "one,two\r\n", "bad.csv"), SCHEMA, ANNA)
    assert read(bad) == read(good)
    assert bad.rejects.num_rows == good.rejects.num_rows + 1


def test_a_ragged_row_is_rejected_with_its_number_and_the_two_widths(tmp_path: Path) -> None:
    batch = read_file(_file(tmp_path, "text,label\na,positive\nb,negative,more\nc,negative\n"), SCHEMA, ANNA)
    assert batch.rejects.to_pylist() == [
        {"row": 2, "reason": "the row has 3 cells where the header has 2", "excerpt": "b,negative,more"}
    ]
    assert batch.items["row"].to_pylist() == [1, 3]


def test_a_quote_that_is_never_closed_rejects_the_row_that_opens_it(tmp_path: Path) -> None:
    batch = read_file(_file(tmp_path, 'text,label\na,positive\nb,"negative\nc,negative\n'), SCHEMA, ANNA)
    assert batch.rejects.to_pylist()[0]["row"] == 2
    assert "never closed" in batch.rejects.to_pylist()[0]["reason"]


def test_line_ends_inside_quotes_belong_to_the_text(tmp_path: Path) -> None:
    batch = read_file(_file(tmp_path, 'text,label\r\n"one\r\ntwo\n",positive\r\n'), SCHEMA, ANNA)
    assert batch.items["text"].to_pylist() == ["one\r\ntwo\n"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("text,label\né,positive\n".encode("utf-8-sig"), ""),
        ("text,label\né,positive\n".encode("utf-16"), "Read as UTF-16, by its byte order mark."),
        ("text,label\né,positive\n".encode("utf-16-be"), "Read as UTF-16 without a byte order mark"),
        ("text,label\né,positive\n".encode("latin-1"), "Read as Latin-1 (Windows-1252): byte 11 is not valid UTF-8."),
    ],
)
def test_the_encoding_is_found_and_said_where_it_is_not_utf8(tmp_path: Path, content: bytes, said: str) -> None:
    batch = read_file(_file(tmp_path, content), SCHEMA, ANNA)
    assert batch.items["text"].to_pylist() == ["é"]
    assert any(note.startswith(said) for note in batch.notes) == bool(said)


def test_a_named_encoding_that_does_not_fit_is_refused_with_the_byte(tmp_path: Path) -> None:
    with pytest.raises(FormatRefused, match="not utf-8: byte 5 does not fit"):
        read_file(_file(tmp_path, b"text\n\xff\n"), SCHEMA, ImportOptions(encoding="utf-8"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "is empty"),
        ("text,label\n", "has a header and no rows"),
        ("text,text\na,b\n", "two columns named 'text'"),
        ("a,b\nc,d\n", "Which column holds the text"),
        ("AAA\nBBB\n", "The only column is headed 'AAA'"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_one_sentence(tmp_path: Path, content: str, sentence: str) -> None:
    with pytest.raises(FormatRefused, match=sentence):
        read_file(_file(tmp_path, content), SCHEMA, ANNA)


def test_a_file_without_a_header_names_its_columns_by_number(tmp_path: Path) -> None:
    options = ImportOptions(header=False, text_column="column_2")
    batch = read_file(_file(tmp_path, "1,first\n2,second\n"), SCHEMA, options)
    assert batch.items["text"].to_pylist() == ["first", "second"]
    assert batch.items["meta"].to_pylist() == ['{"column_1":"1"}', '{"column_1":"2"}']


@pytest.mark.parametrize(("name", "delimiter"), [("in.csv", ";"), ("in.csv", "\t"), ("in.tsv", "\t"), ("in.csv", "|")])
def test_the_delimiter_is_found_in_the_first_line(tmp_path: Path, name: str, delimiter: str) -> None:
    content = f'text{delimiter}label\n"a, {delimiter} b"{delimiter}positive\n'
    batch = read_file(_file(tmp_path, content, name), SCHEMA, ANNA)
    assert batch.items["text"].to_pylist() == [f"a, {delimiter} b"]
    assert batch.labels.num_rows == 1


def test_a_text_that_begins_like_a_byte_order_mark_keeps_its_first_character(tmp_path: Path) -> None:
    batch = read_file(_file(tmp_path, "text,label\n\ufeffa,positive\n"), SCHEMA, ANNA)
    assert batch.items["text"].to_pylist() == ["\ufeffa"]


def test_a_row_with_a_nul_character_is_rejected_and_says_so(tmp_path: Path) -> None:
    batch = read_file(_file(tmp_path, "text,label,note\na,positive,x\0\nb,positive,y\n"), SCHEMA, ANNA)
    assert batch.rejects.to_pylist() == [
        {"row": 1, "reason": "the row holds a NUL character", "excerpt": "a | positive | x␀"}
    ]


def test_an_apostrophe_before_a_formula_in_somebody_elses_file_is_kept(tmp_path: Path) -> None:
    batch = read_file(_file(tmp_path, "text\n'=1+1\n"), SCHEMA)
    assert batch.items["text"].to_pylist() == ["'=1+1"]


def test_an_ordinary_file_never_takes_the_slow_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the slow way was taken")

    monkeypatch.setattr(delimited, "parse_slow", refuse)
    batch = read_file(_file(tmp_path, 'text,label\n"é, ""x""\ny",positive\n' + "b,negative\n" * 50), SCHEMA, ANNA)
    assert batch.items.num_rows == 51


def test_labels_are_matched_by_id_name_and_case_and_the_others_are_listed(tmp_path: Path) -> None:
    schema = LabelSchema.model_validate(
        {
            "name": "x",
            "fields": [{"id": "card", "kind": "choice", "labels": [{"id": "lost", "name": "Lost or stolen"}]}],
        }
    )
    content = "text,card\na,LOST\nb,lost or stolen\nc,found\nd,\ne,Lost_or_stolen\n"
    batch = read_file(_file(tmp_path, content), schema, ANNA)
    assert batch.labels["row"].to_pylist() == [1, 2]
    assert [(one["row"], one["reason"]) for one in batch.dropped.to_pylist()] == [
        (3, "'found' is not a label of 'card'"),
        (5, "'Lost_or_stolen' is not a label of 'card'"),
    ]
    assert batch.items.num_rows == 5


def test_blank_lines_before_the_header_are_passed_over_and_counted_as_read() -> None:
    assert delimited.read_header(b"\n\na,b\n1,2\n", ",", True, "in.csv") == (["a", "b"], 6)
