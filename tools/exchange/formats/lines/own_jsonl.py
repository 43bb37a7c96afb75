"""The project's own JSONL: one object an item, everything an export knows, nothing lost on the way back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tools.exchange.codec import MARK, read_answers
from tools.exchange.files.source import Source
from tools.exchange.formats.lines.lines import first_objects, objects
from tools.exchange.options import ImportOptions
from tools.exchange.pictures.image_files import ImageFinder
from tools.exchange.rows import (
    ExchangeAnswer,
    ExchangeItem,
    ExchangeProposal,
    ExchangeReject,
    ImageFile,
    Row,
    RowSource,
)
from tools.exchange.tables.compose import read_parts
from tools.modalities.registry import MODALITIES
from tools.records import USUAL_KIND
from tools.schema import LabelSchema

VERSION = 1


def is_own(record: Mapping[str, Any]) -> bool:
    """Whether the object was written by an export of ours."""
    return MARK in record and isinstance(record.get("fields"), Mapping) and isinstance(record.get("text"), str)


def sniff(source: Source) -> bool:
    """Whether the file begins with such an object."""
    found = first_objects(source)
    return bool(found) and is_own(found[0])


def load(source: Source, options: ImportOptions, schema: LabelSchema | None) -> RowSource:
    """The items of the file."""
    return RowSource(_rows(source))


def _rows(source: Source) -> Iterator[Row]:
    finder: ImageFinder | None = None
    for number, record in objects(source):
        if isinstance(record, ExchangeReject):
            yield record
        elif not is_own(record):
            yield ExchangeReject(number, f"the object has no {MARK!r} mark, text and fields", str(record)[:200])
        else:
            if finder is None and _names_file(record.get("kind")):
                finder = ImageFinder(source.path, suffixes=MODALITIES[str(record["kind"])].suffixes)
            yield _item(number, record, finder)


def _item(number: int, record: Mapping[str, Any], finder: ImageFinder | None) -> Row:
    text, kind = str(record["text"]), record.get("kind", USUAL_KIND)
    if not isinstance(kind, str) or kind not in MODALITIES:
        return ExchangeReject(number, f"{str(kind)[:40]!r} is no kind of item", text)
    try:
        parts = read_parts(record.get("parts", ()), text)
    except ValueError as error:
        return ExchangeReject(number, str(error), text)
    meta = record.get("meta")
    answers: list[ExchangeAnswer] = []
    proposals: list[ExchangeProposal] = []
    problems: list[tuple[str, str, str]] = []
    for field, written in record["fields"].items():
        try:
            said, proposed = read_answers(str(field), written)
        except ValueError as error:
            problems.append((str(field), str(error), str(written)))
            continue
        answers += said
        proposals += proposed
    key = record.get("key")
    return ExchangeItem(
        number,
        text,
        None if key is None else str(key),
        kind,
        parts,
        meta if isinstance(meta, Mapping) else {},
        answers,
        proposals,
        problems,
        _image(text, record.get(MODALITIES[kind].content), finder) if _names_file(kind) and finder else None,
    )


def _names_file(kind: Any) -> bool:
    """Whether items of this kind are files beside the one that is read."""
    return isinstance(kind, str) and kind in MODALITIES and MODALITIES[kind].has_file


def _image(name: str, stated: Any, finder: ImageFinder) -> ImageFile:
    """The image beside the file that has the name of the item."""
    sides = [stated.get(side) if isinstance(stated, Mapping) else 0 for side in ("width", "height")]
    width, height = (side if isinstance(side, int) and side > 0 else 0 for side in sides)
    return finder.image(name, width, height)
