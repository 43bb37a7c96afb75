"""CoNLL columns with BIO, IOB1, BIOES or BILOU tags: one token a line, a blank line between sentences.

A sentence becomes an item: its tokens joined by single spaces, with the token ranges and the columns in between kept
in ``meta`` so that an export gives the same lines. A sentence is fully tagged, so one without spans says that there
are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.errors import FormatRefused
from tools.exchange.files.source import Source
from tools.exchange.options import ImportOptions
from tools.exchange.rows import Claim, ExchangeAnswer, ExchangeItem, ExchangeReject, Row, RowSource
from tools.exchange.tokens import decode, detect_scheme, split_tag
from tools.schema import LabelSchema
from tools.sentences import count_of

DOCSTART = "-DOCSTART-"
TOKENS, COLUMNS, DOCUMENT = "tokens", "conll_columns", "document"
SPANS = "entities"
_LOOK = 400
_SPACE = re.compile(r"[ \t]+")


@dataclass(slots=True)
class _Sentence:
    row: int
    document: int
    lines: list[list[str]] = field(default_factory=list)


def sniff(source: Source) -> bool:
    """Whether most of the first lines end with a tag."""
    lines = [line for _, line in _first(source) if line.strip() and not line.startswith(DOCSTART)]
    return bool(lines) and sum(_is_tagged(line) for line in lines) > len(lines) * 0.8


def load(source: Source, options: ImportOptions, schema: LabelSchema | None) -> RowSource:
    """The sentences of the file as items."""
    notes = list(source.encoding_notes)
    return RowSource(_rows(source, options, notes), notes)


def _rows(source: Source, options: ImportOptions, notes: list[str]) -> Iterator[Row]:
    token_at = _column(options.text_column, "text_column", 1)
    tagged = [(_column(column, "label_columns", 0), column) for column, _ in options.label_columns] or [(0, SPANS)]
    scheme: list[list[str]] = []
    # A document mark is worth keeping only where there are several documents.
    documents = sum(line.startswith(DOCSTART) for _, line in source.lines())
    for sentence in _sentences(source):
        yield _item(sentence, token_at, tagged, documents > 1, scheme)
    if scheme:
        notes.append(f"The tags are read as {detect_scheme(scheme)}.")


def _sentences(source: Source) -> Iterator[_Sentence]:
    row, document = 1, 0
    now = _Sentence(row, document)
    for _, line in source.lines():
        if line.startswith(DOCSTART):
            document += 1
        elif line.strip(" \t"):
            now.lines.append(_split(line))
            continue
        if now.lines:
            yield now
            row += 1
        now = _Sentence(row, document)
    if now.lines:
        yield now


def _item(
    sentence: _Sentence, token_at: int, tagged: Sequence[tuple[int, str]], has_documents: bool, scheme: list[list[str]]
) -> Row:
    first = " ".join(cells[0] for cells in sentence.lines)
    width = len(sentence.lines[0])
    if width < 2 or token_at > width or any(at > width for at, _ in tagged):
        return ExchangeReject(sentence.row, f"the lines have {count_of(width, 'column')}, which is too few", first)
    ragged = next((cells for cells in sentence.lines if len(cells) < 2), None)
    if ragged is not None:
        return ExchangeReject(sentence.row, "a line has a token and no tag", first)
    words = [cells[token_at - 1] if token_at <= len(cells) else "" for cells in sentence.lines]
    if not all(words):
        return ExchangeReject(sentence.row, "a line has no token", first)
    text, ranges = join_tokens(words)
    meta: dict[str, Any] = {TOKENS: ranges}
    middle = [cells[1:-1] for cells in sentence.lines]
    if any(middle) and token_at == 1 and len(tagged) == 1:
        meta[COLUMNS] = middle
    if has_documents:
        meta[DOCUMENT] = sentence.document
    answers: list[ExchangeAnswer] = []
    problems: list[tuple[str, str, str]] = []
    for at, source in tagged:
        tags = [cells[at - 1] if at <= len(cells) else "" for cells in sentence.lines]
        try:
            spans = [
                {"start": ranges[a][0], "end": ranges[b][1], "label": label} for a, b, label in decode(tags)
            ]  # fmt: skip
        except ValueError as error:
            problems.append((source, f"{error}, so the tags of the sentence were not taken", text))
            continue
        scheme.append(tags)
        answers.append(ExchangeAnswer(Claim(source, "spans", spans)))
    return ExchangeItem(sentence.row, text, meta=meta, answers=answers, problems=problems)


def join_tokens(words: Sequence[str]) -> tuple[str, list[list[int]]]:
    """The words joined by single spaces, and where each of them stands."""
    ranges, at = [], 0
    for word in words:
        ranges.append([at, at + len(word)])
        at += len(word) + 1
    return " ".join(words), ranges


def _split(line: str) -> list[str]:
    """Columns of a line: at tabs where there are any, else at runs of spaces."""
    if "\t" in line:
        return line.split("\t")
    return _SPACE.split(line.strip(" "))


def _is_tagged(line: str) -> bool:
    cells = _split(line)
    try:
        return len(cells) > 1 and bool(split_tag(cells[-1]))
    except ValueError:
        return False


def _first(source: Source) -> Iterator[tuple[int, str]]:
    for number, line in source.lines():
        if number > _LOOK:
            return
        yield number, line


def _column(given: str, option: str, usual: int) -> int:
    """A column number, counted from 1; 0 is the last one."""
    if not given:
        return usual
    if not given.isdigit() or int(given) < 1:
        raise FormatRefused(f"Columns of CoNLL files have no names: give {option} as a number from 1, not {given!r}.")
    return int(given)
