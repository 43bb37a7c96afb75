"""Columns of tokens and tags, and the tokens that are made where none were given."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.errors import FormatRefused
from tools.exchange.batch import ImportBatch
from tools.exchange.export import ExportDecision, ExportField, ExportItem, ExportProposal, ExportReport
from tools.exchange.options import ExportOptions, ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.tokens import decode, detect_scheme, encode, tokenize
from tools.exchange.writing import write_export
from tools.records import Item
from tools.schema import LabelSchema

SCHEMA = LabelSchema.model_validate(
    {
        "name": "N",
        "fields": [{"id": "entities", "kind": "spans", "labels": ["PER", "ORG", "creative-work", "two words"]}],
    }
)


def _import(folder: Path, content: str, **options: Any) -> ImportBatch:
    path = folder / "in.conll"
    path.write_text(content, encoding="utf-8", newline="")
    return read_file(path, SCHEMA, ImportOptions(**{"annotator": "anna", **options}))


def _quotes(batch: ImportBatch) -> list[list[tuple[str, str]]]:
    text = dict(zip(batch.items["row"].to_pylist(), batch.items["text"].to_pylist(), strict=True))
    return [
        [(text[one["row"]][span["start"] : span["end"]], span["label"]) for span in json.loads(one["value"])["spans"]]
        for one in batch.labels.to_pylist()
    ]


@pytest.mark.parametrize(
    ("scheme", "tags"),
    [
        ("BIO", ["B-PER", "I-PER", "B-PER", "O", "B-ORG"]),
        ("IOB1", ["I-PER", "I-PER", "B-PER", "O", "I-ORG"]),
        ("BIOES", ["B-PER", "E-PER", "S-PER", "O", "S-ORG"]),
        ("BILOU", ["B-PER", "L-PER", "U-PER", "O", "U-ORG"]),
    ],
)
def test_all_schemes_say_the_same_and_are_told_apart(tmp_path: Path, scheme: str, tags: list[str]) -> None:
    content = "".join(f"{word}\t{tag}\n" for word, tag in zip(("A", "B", "C", "d", "E"), tags, strict=True))
    batch = _import(tmp_path, content)
    assert _quotes(batch) == [[("A B", "per"), ("C", "per"), ("E", "org")]]
    assert f"The tags are read as {scheme}." in batch.notes


def test_columns_in_between_and_documents_survive_the_way_back(tmp_path: Path) -> None:
    content = "-DOCSTART-\tO\n\nEU\tNNP\tI-NP\tB-ORG\nsays\tVBZ\tI-VP\tO\n\n-DOCSTART-\tO\n\nBo\tNNP\tI-NP\tB-PER\n\n"
    batch = _import(tmp_path, content)
    items = [
        ExportItem(
            Item(one["row"], str(one["row"]), one["text"], meta=json.loads(one["meta"])),
            {"entities": ExportField("entities", "agreed", json.loads(said["value"]))},
        )
        for one, said in zip(batch.items.to_pylist(), batch.labels.to_pylist(), strict=True)
    ]
    write_export("conll", items, SCHEMA, tmp_path / "out.conll")
    assert (tmp_path / "out.conll").read_text("utf-8") == content


def test_a_sentence_with_something_that_is_no_tag_keeps_its_item(tmp_path: Path) -> None:
    batch = _import(tmp_path, "Bo\tPERSON\nsings\tO\n\nAl\tB-PER\n")
    assert batch.dropped["reason"].to_pylist() == ["'PERSON' is no tag, so the tags of the sentence were not taken"]
    assert (batch.items.num_rows, batch.labels.num_rows) == (2, 1)


def test_a_sentence_without_spans_says_that_there_are_none(tmp_path: Path) -> None:
    assert _quotes(_import(tmp_path, "all\tO\nquiet\tO\n")) == [[]]


def test_lines_without_a_tag_reject_their_sentence(tmp_path: Path) -> None:
    batch = _import(tmp_path, "Bo\tB-PER\nsings\n\nAl\tB-PER\n")
    assert batch.rejects["reason"].to_pylist() == ["a line has a token and no tag"]


def test_columns_are_chosen_by_number(tmp_path: Path) -> None:
    batch = _import(tmp_path, "1 Bo B-PER x\n2 sings O y\n", text_column="2", label_columns=(("3", "entities"),))
    assert _quotes(batch) == [[("Bo", "per")]]


def test_a_column_by_name_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatRefused, match="give text_column as a number"):
        _import(tmp_path, "Bo B-PER\n", text_column="token")


def _export(folder: Path, text: str, *spans: tuple[int, int, str], **more: Any) -> tuple[str, ExportReport]:
    regions = [{"id": f"s{at}", "start": a, "end": b, "label": name} for at, (a, b, name) in enumerate(spans)]
    value = {"spans": regions}
    field = ExportField("entities", "agreed", value, (ExportDecision("anna", "choose", value),))
    target = folder / "out.conll"
    report = write_export(
        "conll", [ExportItem(Item(1, "k", text), {"entities": field})], SCHEMA, target, ExportOptions(**more)
    )
    return target.read_text("utf-8"), report


def test_spans_that_overlap_or_cut_a_token_are_listed_and_the_others_written(tmp_path: Path) -> None:
    written, report = _export(tmp_path, "Anna Karenina sings", (0, 13, "creative_work"), (0, 4, "per"), (15, 19, "org"))
    assert written == "Anna\tB-creative-work\nKarenina\tI-creative-work\nsings\tO\n\n"
    assert [(loss.reason, loss.excerpt) for loss in report.losses] == [
        ("the span overlaps another one", "PER: Anna"),
        ("the span does not begin and end with a token", "ORG: ings"),
    ]


def test_white_space_at_the_ends_of_a_span_is_trimmed(tmp_path: Path) -> None:
    assert _export(tmp_path, "Bo  sings", (0, 4, "per"))[0] == "Bo\tB-PER\nsings\tO\n\n"


def test_a_name_with_a_space_gives_way_to_the_id(tmp_path: Path) -> None:
    assert _export(tmp_path, "Bo", (0, 2, "two_words"))[0] == "Bo\tB-two_words\n\n"


def test_touching_spans_of_one_label_stay_two_in_every_scheme(tmp_path: Path) -> None:
    for scheme, tags in (("BIO", "B B"), ("IOB1", "I B"), ("BIOES", "S S")):
        folder = tmp_path / scheme
        folder.mkdir()
        written, _ = _export(folder, "Al Bo", (0, 2, "per"), (3, 5, "per"), tag_scheme=scheme)
        assert [line[-5] for line in written.split("\n")[:2]] == tags.split()


def test_items_without_agreed_spans_are_left_out_with_the_reason(tmp_path: Path) -> None:
    value = {"spans": []}
    proposal = ExportProposal(1, 1, value, 0.5)
    items = [
        ExportItem(Item(1, "a", "a"), {"entities": ExportField("entities", "undecided", None, (), proposal)}),
        ExportItem(Item(2, "b", "b"), {"entities": ExportField("entities", "agreed", value)}),
    ]
    options = ExportOptions(include_unreviewed=True)
    report = write_export("conll", items, SCHEMA, tmp_path / "out.conll", options)
    assert [(one.reason, one.item_ids) for one in report.left_out] == [
        ("CoNLL cannot mark what only a model proposed", (1,))
    ]
    assert report.items == report.written + sum(len(one.item_ids) for one in report.left_out)


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Don't stop.", ["Don", "'", "t", "stop", "."]),
        ("東京へ行く", list("東京へ行く")),
        ("カフェ ok", ["カ", "フ", "ェ", "ok"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("e\u0301te\u0301!", ["e\u0301te\u0301", "!"]),
        ("hi👩\u200d👧👍🏽", ["hi", "👩\u200d👧", "👍🏽"]),
        ("한국어 문장", ["한국어", "문장"]),
        ("a\u2028b\u00a0c", ["a", "b", "c"]),
        ("3.5 %", ["3", ".", "5", "%"]),
    ],
)
def test_texts_split_at_spaces_and_punctuation_and_chinese_and_japanese_at_every_character(
    text: str, tokens: list[str]
) -> None:
    assert [text[start:end] for start, end in tokenize(text)] == tokens


@given(st.text(max_size=30))
def test_tokens_are_in_order_and_leave_out_nothing_but_white_space(text: str) -> None:
    tokens = tokenize(text)
    outside = set(range(len(text))) - {at for start, end in tokens for at in range(start, end)}
    assert all(text[at].isspace() for at in outside)
    assert all(one[1] <= other[0] for one, other in pairwise(tokens))
    assert all(start < end for start, end in tokens)


@given(st.lists(st.sampled_from(("O", "B-a", "I-a", "B-b", "I-b", "E-a", "S-b")), max_size=8))
def test_any_tags_decode_to_spans_that_encode_and_decode_to_the_same(tags: list[str]) -> None:
    text = "x " * len(tags)
    tokens = tokenize(text)
    spans = [{"start": tokens[a][0], "end": tokens[b][1], "label": label} for a, b, label in decode(tags)]
    for scheme in ("BIO", "IOB1", "BIOES"):
        tagged = encode(text, tokens, spans, scheme)
        assert not tagged.lost
        assert decode(tagged.tags) == decode(tags)


def test_a_scheme_without_beginnings_is_told_by_its_first_inside_tag() -> None:
    assert detect_scheme([["O", "I-a", "I-a"]]) == "IOB1"
