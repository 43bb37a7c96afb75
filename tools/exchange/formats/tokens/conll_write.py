"""CoNLL columns: token, the columns that were imported with it, tag. One span field, agreed answers only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.exchange.export import ChosenItem
from tools.exchange.formats.tokens.conll import COLUMNS, DOCSTART, DOCUMENT, TOKENS, join_tokens
from tools.exchange.options import ExportOptions
from tools.exchange.tokens import Token, encode, tokenize
from tools.exchange.writer import Names, Plan
from tools.records import to_json
from tools.schema import FieldSpec

NO_SPANS = "its spans were not agreed on"
NO_MARK = "CoNLL cannot mark what only a model proposed"
NO_TOKENS = "its text has no token that a column file can hold"
_ENDS = ("\t", "\n", "\r")


def cannot_hold(fields: Sequence[FieldSpec], options: ExportOptions) -> list[str]:
    """What columns of tokens lose."""
    spans = next((spec for spec in fields if spec.kind == "spans"), None)
    if spans is None:
        return ["CoNLL holds spans, and no span field is exported: nothing can be written."]
    said = [f"Field {spec.id!r} ({spec.kind}) is not written." for spec in fields if spec is not spans]
    said += [
        "Keys, columns of the items and who decided are not written; items without agreed spans are left out.",
        "White space between tokens comes back as single spaces, unless the text came from such a file.",
        "Spans that overlap, and spans that begin or end inside a token, are not written; each is listed.",
    ]
    return said


class ConllWriter:
    """Writes one sentence an item."""

    escaped_cells = 0

    def __init__(self, plan: Plan) -> None:
        self._plan, self._names = plan, Names(plan.fields)
        self._spec = plan.first("spans")
        self._stream = plan.path.open("w", encoding="utf-8", newline="\n")
        self._document: Any = None
        self._is_first = True

    def add(self, item: ChosenItem) -> str:
        """Write one sentence, or say why it cannot be one."""
        chosen = item.answers.get(self._spec.id) if self._spec else None
        if self._spec is None or chosen is None or chosen.value is None:
            return NO_SPANS
        if chosen.status != "agreed":
            return NO_MARK
        for name, other in item.answers.items():
            if name != self._spec.id and other.value is not None:
                self._plan.lose(item, other.spec, "CoNLL has no column for the field")
        text = item.item.text
        tokens = _tokens(item)
        words = [text[start:end] for start, end in tokens]
        if not words or words[0].startswith(DOCSTART) or any(_is_unfit(word) for word in words):
            return NO_TOKENS
        spans = [{**span, "label": self._tag_name(span["label"])} for span in chosen.value["spans"]]
        tagged = encode(text, tokens, spans, self._plan.options.tag_scheme)
        for span, reason in tagged.lost:
            self._plan.lose(item, self._spec, reason, f"{span['label']}: {text[span['start'] : span['end']]}")
        self._write(item.item.meta, words, tagged.tags)
        return ""

    def _tag_name(self, label: str) -> str:
        """The label's name where a column can hold it."""
        assert self._spec is not None
        name = self._names.of(self._spec, label)
        return label if any(char.isspace() for char in name) else name

    def _write(self, meta: Mapping[str, Any], words: Sequence[str], tags: Sequence[str]) -> None:
        columns = meta.get(COLUMNS)
        fits = isinstance(columns, list) and len(columns) == len(words)
        middle = columns if fits and isinstance(columns, list) else [[]] * len(words)
        if self._is_first and words[0].startswith("\ufeff"):
            # Without a mark of its own, the file would lose this character to the reader's byte order mark.
            self._stream.write("\ufeff")
        document = meta.get(DOCUMENT)
        if document is not None and document != self._document:
            self._stream.write(f"{DOCSTART}\tO\n\n")
            self._document = document
        for word, between, tag in zip(words, middle, tags, strict=True):
            self._stream.write("\t".join([word, *map(str, between), tag]) + "\n")
        self._stream.write("\n")
        self._is_first = False

    def finish(self) -> list[Path]:
        """Close the file."""
        self._stream.close()
        return [self._plan.path]

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()


def _tokens(item: ChosenItem) -> list[Token]:
    """The ranges that the text was imported with, if they still are its tokens, else those of the tokenizer."""
    kept = item.item.meta.get(TOKENS)
    if isinstance(kept, list) and all(isinstance(one, list) and len(one) == 2 for one in kept):
        words = [item.item.text[start:end] for start, end in kept]
        if kept and to_json(join_tokens(words)) == to_json((item.item.text, kept)):
            return [(start, end) for start, end in kept]
    return tokenize(item.item.text)


def _is_unfit(word: str) -> bool:
    return not word or any(end in word for end in _ENDS)
