"""JSON and JSONL records with a text and labels beside it: doccano's exports, and whatever looks like them.

Labels come as names, as ``[start, end, label]`` lists, as objects with offsets, or as lists of
``{"worker": …, "label": …}``. doccano writes ``label`` for one question, ``entities`` and ``cats`` for two, and
``entities`` with ids and ``relations`` where spans are joined.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tools.exchange.codec import MARK, read_answers
from tools.exchange.fields import FieldFinder
from tools.exchange.files.source import Source
from tools.exchange.formats.lines.lines import first_objects, objects
from tools.exchange.options import ImportOptions
from tools.exchange.rows import (
    Claim,
    ExchangeAnswer,
    ExchangeItem,
    ExchangeProposal,
    ExchangeReject,
    Row,
    RowSource,
    Shape,
)
from tools.exchange.tables.compose import join_parts, read_parts, read_turns
from tools.exchange.tables.keys import KEY_NAMES, id_column, keys_of, taken_as_key
from tools.exchange.tables.roles import ANNOTATOR_NAMES, COLUMN_GROUPS, first_of, text_columns
from tools.kinds.choice import LABEL_COLUMNS
from tools.kinds.in_files import LABELS
from tools.kinds.registry import ALL
from tools.kinds.spans import Spans
from tools.records import ItemKind, Part, to_json
from tools.schema import LabelSchema

CATEGORY_NAMES = ("cats", "categories")
NO_TEXT = "there is no text"
DOCCANO_EMPTY = ("Comments", "comments")
_WHO = (*ANNOTATOR_NAMES, "user", "annotated_by")
_MIXED = "the list of labels is of no known form"


@dataclass
class Layout:
    """Which keys of the records are what; found by looking at all records before the first is read."""

    texts: tuple[str, ...]
    conversation: bool
    key: str = ""
    answers: tuple[str, ...] = ()
    shapes: dict[str, Shape] = field(default_factory=dict)
    annotator: str = ""
    empty: int = 0


def sniff(source: Source) -> bool:
    """Whether the file holds JSON objects."""
    return bool(first_objects(source))


def load(source: Source, options: ImportOptions, schema: LabelSchema | None) -> RowSource:
    """The records of the file as items."""
    notes = list(source.encoding_notes)
    return RowSource(_rows(source, options, schema, notes), notes)


def _rows(source: Source, options: ImportOptions, schema: LabelSchema | None, notes: list[str]) -> Iterator[Row]:
    layout = _layout(source, options, schema)
    for number, record in objects(source):
        if isinstance(record, ExchangeReject):
            yield record
        else:
            yield _item(number, record, layout, options)
    if layout.key and not options.key_column and layout.key.casefold() not in KEY_NAMES:
        notes.append(taken_as_key(layout.key))
    named = ", ".join(layout.answers)
    notes += [f"Labels are read from {named}."] if named else []
    if layout.empty:
        said = "taken as unlabelled, as doccano writes them for items that nobody labelled"
        notes.append(f"{layout.empty} empty label lists were {said} (empty_is_answer changes that).")


def _layout(source: Source, options: ImportOptions, schema: LabelSchema | None) -> Layout:
    """The roles of the keys, from all records: the first one may lack what the others have."""
    names: dict[str, None] = {}
    keys: dict[str, set[str]] = {}
    count = 0
    shapes: dict[str, Shape] = {}
    for _, record in objects(source):
        if isinstance(record, ExchangeReject):
            continue
        count += 1
        names |= dict.fromkeys(record)
        for name in keys_of(record):
            if isinstance(record.get(name), (str, int)):
                keys.setdefault(name, set()).add(str(record[name]))
        for name, cell in record.items():
            if name not in shapes and cell not in ([], None, ""):
                shapes[name] = shape_of(name, cell)
    known = list(names)
    texts, conversation = text_columns(known, options.item_kind, options)
    unique = {name for name, values in keys.items() if len(values) == count}
    key = first_of(known, [options.key_column]) if options.key_column else _own_key(unique, keys, texts, schema)
    answers = _answer_keys([name for name in known if name not in (*texts, key)], options, schema)
    annotator = first_of(known, [options.annotator_column] if options.annotator_column else ANNOTATOR_NAMES, answers)
    return Layout(texts, conversation, key, answers, shapes, annotator)


def _own_key(unique: set[str], values: dict[str, set[str]], texts: tuple[str, ...], schema: LabelSchema | None) -> str:
    usual = first_of(sorted(unique), KEY_NAMES, texts)
    if usual or (schema and schema.modality.has_file):
        return usual
    finder = FieldFinder(schema, ()) if schema else None
    found = id_column(
        list(values), {*texts, *ANNOTATOR_NAMES, *(one for one in values if finder and finder.named(one))}
    )
    return found if found in unique and "" not in values[found] else ""


def _answer_keys(names: list[str], options: ImportOptions, schema: LabelSchema | None) -> tuple[str, ...]:
    if options.label_columns:
        return tuple(found for column, _ in options.label_columns if (found := first_of(names, [column])))
    groups = dict.fromkeys((LABEL_COLUMNS, Spans.columns, CATEGORY_NAMES, *COLUMN_GROUPS))
    usual = [first_of(names, group) for group in groups]
    finder = FieldFinder(schema, ()) if schema else None
    named = [name for name in names if finder and finder.named(name)]
    return tuple(dict.fromkeys(name for name in (*named, *usual) if name))


def shape_of(name: str, cell: Any) -> Shape:
    """What a cell with something in it says, by its form."""
    # The forms of later kinds are the narrower ones.
    return next((kind.told_as for kind in reversed(ALL) if kind.recognises(cell)), LABELS)


def _item(number: int, record: dict[str, Any], layout: Layout, options: ImportOptions) -> Row:
    composed = _text(record, layout)
    if isinstance(composed, str):
        return ExchangeReject(number, composed, to_json(record)[:200])
    text, parts, kind = composed
    key = record.get(layout.key) if layout.key else None
    answers, proposals, problems = _answers(record, layout, options)
    return ExchangeItem(
        number,
        text,
        None if key is None or key == "" else str(key),
        kind,
        parts,
        _meta(record, layout),
        answers,
        proposals,
        problems,
    )


def _text(record: dict[str, Any], layout: Layout) -> tuple[str, tuple[Part, ...], ItemKind] | str:
    """Text, parts and kind, or the reason why there are none."""
    cells = [record.get(name) for name in layout.texts]
    own = record.get(MARK)
    try:
        if isinstance(own, Mapping) and own.get("parts") and isinstance(cells[0], str):
            kind: ItemKind = "conversation" if own.get("kind") == "conversation" else "pair"
            return cells[0], read_parts(own["parts"], cells[0]), kind
        if layout.conversation:
            return *join_parts(read_turns(cells[0])), "conversation"
    except ValueError as error:
        return str(error)
    texts = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
    if len(texts) != len(cells):
        return NO_TEXT
    if len(texts) == 1:
        return texts[0], (), "text"
    return *join_parts(list(zip(layout.texts, texts, strict=True))), "pair"


def _meta(record: dict[str, Any], layout: Layout) -> dict[str, Any]:
    """What is neither text nor answer; an object under ``meta`` is opened."""
    used = {*layout.texts, layout.key, *layout.answers, layout.annotator, *((MARK, "status") if MARK in record else ())}
    meta = {name: cell for name, cell in record.items() if name not in used and cell is not None}
    for name in DOCCANO_EMPTY:
        if meta.get(name) == []:
            del meta[name]
    inner = meta.pop("meta", None)
    if isinstance(inner, Mapping):
        return {**inner, **meta}
    return meta if inner is None else {**meta, "meta": inner}


def _answers(
    record: dict[str, Any], layout: Layout, options: ImportOptions
) -> tuple[list[ExchangeAnswer], list[ExchangeProposal], list[tuple[str, str, str]]]:
    own, proposals = _own_answers(record)
    if own is not None:
        return own, proposals, []
    annotator = str(record.get(layout.annotator) or "")
    answers: list[ExchangeAnswer] = []
    problems: list[tuple[str, str, str]] = []
    for name in layout.answers:
        cell = record.get(name)
        if cell is None or cell == "":
            continue
        if cell == [] and not options.empty_is_answer:
            layout.empty += 1
            continue
        try:
            answers += _read(name, cell, layout, annotator)
        except ValueError as error:
            problems.append((name, str(error), to_json(cell)))
    return answers, proposals, problems


def _own_answers(record: dict[str, Any]) -> tuple[list[ExchangeAnswer] | None, list[ExchangeProposal]]:
    """Answers with their reviewers, where an export of ours wrote them and nobody edited the labels since."""
    own = record.get(MARK)
    if not isinstance(own, Mapping) or not isinstance(own.get("fields"), Mapping):
        return None, []
    answers: list[ExchangeAnswer] = []
    proposals: list[ExchangeProposal] = []
    try:
        for name, written in own["fields"].items():
            said, proposed = read_answers(str(name), written)
            answers += said
            proposals += proposed
    except ValueError:
        return None, []
    labels = {name: record[name] for name in own.get("labels", ()) if name in record}
    return (answers if to_json(labels) == to_json(own.get("labels", {})) else None), proposals


def _read(name: str, cell: Any, layout: Layout, annotator: str) -> list[ExchangeAnswer]:
    shape = layout.shapes.get(name) or shape_of(name, cell)
    if shape in _REGIONS:
        return [ExchangeAnswer(Claim(name, shape, [_REGIONS[shape](one) for one in _list(cell)]), annotator)]
    if shape != LABELS:
        return [ExchangeAnswer(Claim(name, shape, cell), annotator)]
    names = cell if isinstance(cell, list) else [cell]
    if any(isinstance(one, Mapping) for one in names):
        return [_crowd(name, one) for one in names]
    if any(isinstance(one, list) for one in names):
        raise ValueError(_MIXED)
    return [ExchangeAnswer(Claim(name, LABELS, names), annotator)]


def _crowd(name: str, one: Any) -> ExchangeAnswer:
    """One annotator's label out of a list of ``{"worker": …, "label": …}``."""
    who = next((str(one[key]) for key in _WHO if isinstance(one, Mapping) and one.get(key)), "")
    label = one.get("label", one.get("value")) if who else None
    if label is None or isinstance(label, (Mapping, list)):
        raise ValueError(_MIXED)
    return ExchangeAnswer(Claim(name, LABELS, [label]), who)


def _list(cell: Any) -> list[Any]:
    if not isinstance(cell, list):
        raise ValueError(_MIXED)
    return cell


def _span(one: Any) -> dict[str, Any]:
    if isinstance(one, list) and len(one) == 3:
        return {"start": one[0], "end": one[1], "label": one[2]}
    if not isinstance(one, Mapping):
        raise ValueError(_MIXED)
    start, end = one.get("start", one.get("start_offset")), one.get("end", one.get("end_offset"))
    return {"start": start, "end": end, "label": one.get("label"), **_id(one)}


def _relation(one: Any) -> dict[str, Any]:
    if not isinstance(one, Mapping):
        raise ValueError(_MIXED)
    label = one.get("label", one.get("type"))
    ends = {"from": str(one.get("from", one.get("from_id"))), "to": str(one.get("to", one.get("to_id")))}
    return {"label": label, **ends, **_id(one)}


_REGIONS: Mapping[str, Callable[[Any], dict[str, Any]]] = {"spans": _span, "relations": _relation}


def _id(one: Mapping[str, Any]) -> dict[str, str]:
    return {} if one.get("id") is None else {"id": str(one["id"])}
