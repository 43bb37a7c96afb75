"""Plain text, one item a line or one a file, and fastText lines that start with their labels."""

from __future__ import annotations

from collections.abc import Iterator

from tools.exchange.files.source import Source
from tools.exchange.options import ImportOptions
from tools.exchange.rows import Claim, ExchangeAnswer, ExchangeItem, Row, RowSource
from tools.schema import LabelSchema

PREFIX = "__label__"
LABELS = "label"


def sniff_fasttext(source: Source) -> bool:
    """Whether a line starts with a fastText label."""
    lines = source.text[: 1 << 16].split("\n")
    return any(line.startswith(PREFIX) for line in lines)


def sniff_plain(source: Source) -> bool:
    """Whether the file is text at all."""
    return "\0" not in source.text[: 1 << 16]


def load_plain(source: Source, options: ImportOptions, schema: LabelSchema | None) -> RowSource:
    """Items without labels."""
    return RowSource(_whole(source) if options.whole_file else _lines(source), list(source.encoding_notes))


def load_fasttext(source: Source, options: ImportOptions, schema: LabelSchema | None) -> RowSource:
    """Items with the labels at the start of their lines."""
    return RowSource(_labelled(source), list(source.encoding_notes))


def _whole(source: Source) -> Iterator[Row]:
    yield ExchangeItem(1, source.text, source.path.stem)


def _lines(source: Source) -> Iterator[Row]:
    for number, line in source.lines():
        if line.strip():
            yield ExchangeItem(number, line)


def _labelled(source: Source) -> Iterator[Row]:
    for number, line in source.lines():
        if not line.strip():
            continue
        labels, text = [], line
        while text.startswith(PREFIX):
            label, _, text = text.partition(" ")
            labels.append(label.removeprefix(PREFIX))
            text = text.lstrip(" ")
        answers = [ExchangeAnswer(Claim(LABELS, "labels", labels))] if labels else []
        yield ExchangeItem(number, text, answers=answers)
