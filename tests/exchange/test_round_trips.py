"""Export and import are inverse on what a format can hold."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.exchange.roundtrip import (
    SCHEMA,
    exported,
    exports,
    flat_metas,
    keep_all,
    read,
    texts,
    there_and_back,
    told,
)
from tools.exchange.export import ExportDecision, ExportField, ExportItem
from tools.exchange.formats.tokens.conll import join_tokens
from tools.exchange.options import ImportOptions
from tools.exchange.reading import read_file
from tools.exchange.tables.compose import join_parts
from tools.exchange.writing import write_export
from tools.records import Item, to_json
from tools.values import check_value

pytestmark = pytest.mark.usefixtures("read_in_this_process")
ALL = ("intent", "topics", "entities", "joins", "stars", "note")
QUICK = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def _same(format: str, suffix: str, items: Sequence[ExportItem], asked: Sequence[str] = ALL) -> None:
    with tempfile.TemporaryDirectory() as folder:
        options = keep_all(fields=tuple(asked))
        batch = there_and_back(format, items, SCHEMA, Path(folder) / f"out{suffix}", options)
    assert read(batch) == told(items)


@QUICK
@given(exports(ALL))
def test_own_jsonl_holds_everything(items: list[ExportItem]) -> None:
    _same("jsonl", ".jsonl", items)


@QUICK
@given(exports(ALL))
def test_parquet_holds_everything(items: list[ExportItem]) -> None:
    _same("parquet", ".parquet", items)


@QUICK
@given(exports(ALL))
def test_a_hugging_face_folder_holds_everything(items: list[ExportItem]) -> None:
    _same("huggingface", "", items)


@QUICK
@given(exports(ALL, flat_metas), st.sampled_from(("csv", "tsv")))
def test_csv_and_tsv_hold_everything_when_the_columns_are_text(items: list[ExportItem], format: str) -> None:
    _same(format, f".{format}", items)


@QUICK
@given(exports(ALL))
def test_label_studio_holds_everything(items: list[ExportItem]) -> None:
    _same("label_studio", ".json", items)


@QUICK
@given(exports(("intent", "entities", "joins")))
def test_doccano_holds_one_choice_spans_and_relations(items: list[ExportItem]) -> None:
    _same("doccano", ".jsonl", items, ("intent", "entities", "joins"))


@QUICK
@given(exports(("topics", "entities", "joins")))
def test_prodigy_holds_one_choice_spans_and_relations(items: list[ExportItem]) -> None:
    _same("prodigy", ".jsonl", items, ("topics", "entities", "joins"))


@QUICK
@given(exports(ALL, flat_metas, has_proposals=False), st.sampled_from(("jsonl", "csv", "parquet", "label_studio")))
def test_without_provenance_an_agreed_answer_comes_back_from_the_person_who_imports(
    items: list[ExportItem], format: str
) -> None:
    options = keep_all(provenance="none")
    with tempfile.TemporaryDirectory() as folder:
        batch = there_and_back(format, items, SCHEMA, Path(folder) / f"out.{format}", options)
    agreed = {
        (one.item.key, name, "declared", to_json(found.value))
        for one in items
        for name, found in one.fields.items()
        # An empty text in a cell is no answer, as the format says of itself.
        if found.value is not None and (found.value.get("text", "x") or format in ("jsonl", "label_studio"))
    }
    assert {label[:4] for label in read(batch)["labels"]} == agreed


PARTED = ("csv", "jsonl", "prodigy", "doccano", "label_studio", "parquet", "huggingface")
SUFFIX = {"jsonl": ".jsonl", "prodigy": ".jsonl", "doccano": ".jsonl", "label_studio": ".json", "huggingface": ""}


@QUICK
@given(
    st.lists(st.tuples(texts, texts), min_size=1, max_size=3),
    st.sampled_from(("pair", "conversation")),
    st.sampled_from(PARTED),
)
def test_pairs_and_conversations_keep_their_parts(sides: list[tuple[str, str]], kind: Any, format: str) -> None:
    schema = SCHEMA.model_copy(update={"item": kind})
    items = []
    for number, pair in enumerate(sides, start=1):
        text, parts = join_parts(list(zip(("premise", "hypo thesis"), pair, strict=True)))
        items.append(ExportItem(Item(number, f"k{number}", text, kind, parts), {}))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / f"out{SUFFIX.get(format, '.' + format)}"
        batch = there_and_back(format, items, schema, target, keep_all())
    assert read(batch)["items"] == told(items)["items"]


tokens = st.lists(
    st.sampled_from(("EU", "rejects", ".", "日", "😀😀", "\u2028", "e\u0301", "O", "#", "'s", "\ufeff")), min_size=1
).filter(lambda sentence: "".join(sentence).strip())


@QUICK
@given(st.lists(tokens, min_size=1, max_size=4), st.data(), st.sampled_from(("BIO", "IOB1", "BIOES")))
def test_conll_holds_tokens_and_spans_that_do_not_overlap(
    sentences: list[list[str]], data: st.DataObject, scheme: Any
) -> None:
    items = []
    for number, sentence in enumerate(sentences, start=1):
        text, ranges = join_tokens(sentence)
        edges = sorted(data.draw(st.sets(st.integers(0, len(sentence)), max_size=6)))
        spans = [
            {
                "start": ranges[a][0],
                "end": ranges[b - 1][1],
                "label": data.draw(st.sampled_from(("per", "creative_work"))),
            }
            for a, b in zip(edges[::2], edges[1::2], strict=False)
        ]
        value = check_value(SCHEMA.field("entities"), {"spans": spans}, text)
        answer = ExportField("entities", "agreed", value, [ExportDecision("anna", "choose", value)])
        items.append(ExportItem(Item(number, f"k{number}", text, meta={"tokens": ranges}), {"entities": answer}))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.conll"
        write_export("conll", items, SCHEMA, target, keep_all(tag_scheme=scheme, fields=("entities",)))
        batch = read_file(target, SCHEMA, ImportOptions(annotator="anna"))
    assert [(one["text"], one["meta"]) for one in batch.items.to_pylist()] == [
        (one.item.text, to_json(dict(one.item.meta))) for one in items
    ]
    assert batch.labels["value"].to_pylist() == [to_json(one.fields["entities"].value) for one in items]


@QUICK
@given(exports(ALL, flat_metas), st.sampled_from(("csv", "jsonl", "parquet", "label_studio")))
def test_a_second_trip_changes_nothing(items: list[ExportItem], format: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        suffix = SUFFIX.get(format, f".{format}")
        first = there_and_back(format, items, SCHEMA, Path(folder) / f"one{suffix}", keep_all())
        again = exported(first, SCHEMA)
        second = there_and_back(format, again, SCHEMA, Path(folder) / f"two{suffix}", keep_all())
    assert read(second)["items"] == read(first)["items"]
    assert read(second)["labels"] == read(first)["labels"]
