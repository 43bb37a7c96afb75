"""Preference data as files have it: ``chosen`` and ``rejected``, or a prompt with several responses and their order.

Which of two answers a file calls chosen must not show in where it stands: the two are put in an order that their texts
give, the same in every import.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any

from tools.errors import ValueRefused
from tools.exchange.files.source import Source
from tools.exchange.formats.lines.lines import first_objects, objects
from tools.exchange.formats.preference.orders import by_order, by_place
from tools.exchange.formats.preference.transcripts import (
    Turns,
    answer_in,
    answers_in,
    apart,
    opened,
    prompt_in,
    text_of,
)
from tools.exchange.options import ImportOptions
from tools.exchange.rows import Claim, ExchangeAnswer, ExchangeItem, ExchangeReject, Row, RowSource
from tools.exchange.tables.compose import join_parts
from tools.exchange.tables.quoting import json_value
from tools.exchange.tables.roles import ANNOTATOR_NAMES, first_of
from tools.exchange.tables.tabular import SourceTable
from tools.kinds.ranking import MOST_ANSWERS, PROMPT_ROLES, Ranking
from tools.kinds.replies.order_words import Groups
from tools.modalities.registry import MODALITIES
from tools.modalities.texts import COMPARISON
from tools.schema import LabelSchema

CHOSEN, REJECTED = "chosen", "rejected"
PROMPTS = ("prompt", "instruction", "question", "query", "input")
LISTS = ("responses", "completions", "candidates", "generations", "outputs")
ORDERS = ("ranking", "winner", "preference", "preferred", "better")
PLACES = ("rank", "ranks")
KEYS = ("key", "id")
FEW = "there are fewer than two answers to compare"
MANY = f"there are more than {MOST_ANSWERS} answers to compare"
EMPTY = "an answer is empty"
NO_ORDER = "the order of the answers is written in no known form"
_NUMBERED = re.compile(r"(?:response|answer|completion|output|candidate)[_ ]?([a-z]|[0-9]{1,2})", re.IGNORECASE)
_STEP = 4096
_ASKS = (Ranking.name,)
Load = Callable[[Source, ImportOptions, LabelSchema | None], SourceTable | RowSource]
Numbered = Iterator[tuple[int, Mapping[str, Any] | ExchangeReject]]


@dataclass(frozen=True)
class Layout:
    """Which columns are what. ``responses`` is one column with a list, or several with one answer each."""

    prompt: str = ""
    responses: tuple[str, ...] = ()
    order: str = ""
    places: str = ""
    annotator: str = ""
    key: str = ""


def is_preference(names: Sequence[str]) -> bool:
    """Whether records with these columns are preference data."""
    known = {name.strip().casefold() for name in names}
    if {CHOSEN, REJECTED} <= known:
        return True
    has_several = bool(first_of(names, LISTS)) or len(_numbered(names)) > 1
    return has_several and bool(first_of(names, PROMPTS[:2]))


def rows(read: Callable[[], Numbered], options: ImportOptions) -> Iterator[Row]:
    """The rows of a file that is read twice: first for its columns, then for what they hold."""
    names: dict[str, None] = {}
    keys: dict[str, Counter[str]] = {}
    for _, record in read():
        if not isinstance(record, ExchangeReject):
            names |= dict.fromkeys(record)
            for name in (options.key_column, *KEYS):
                if record.get(name) is not None:
                    keys.setdefault(name, Counter())[str(record[name])] += 1
    layout = _layout(list(names), keys, options)
    kind = options.item_kind if MODALITIES[options.item_kind].told_in != "one" else COMPARISON.name
    for number, record in read():
        yield record if isinstance(record, ExchangeReject) else _row(number, record, layout, kind)


def _layout(names: Sequence[str], keys: Mapping[str, Counter[str]], options: ImportOptions) -> Layout:
    unique = [name for name in (options.key_column, *KEYS) if name in keys and max(keys[name].values()) == 1]
    pair = tuple(first_of(names, [one]) for one in (CHOSEN, REJECTED))
    listed = first_of(names, LISTS)
    return Layout(
        first_of(names, PROMPTS),
        pair if all(pair) else (listed,) if listed else _numbered(names),
        first_of(names, ORDERS),
        first_of(names, PLACES),
        first_of(names, [options.annotator_column] if options.annotator_column else ANNOTATOR_NAMES),
        next(iter(unique), ""),
    )


def _numbered(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted(name for name in names if _NUMBERED.fullmatch(name.strip())))


def _row(number: int, record: Mapping[str, Any], layout: Layout, kind: str) -> Row:
    is_pair = layout.responses[0].strip().casefold() == CHOSEN
    told, beside = _told(record, layout, is_pair)
    prompt, answers = apart(prompt_in(record.get(layout.prompt)) if layout.prompt else [], told)
    problem = _problem(answers)
    if problem:
        return ExchangeReject(number, problem, " | ".join([*(text for _, text in prompt), *answers]))
    shown = sorted(answers, key=_drawn) if is_pair else answers
    names = list(ascii_lowercase[: len(shown)])
    problems: list[tuple[str, str, str]] = []
    groups: Groups | None = None
    try:
        groups = _chosen(shown.index(answers[0]), names) if is_pair else _order(record, layout, names)
    except (ValueError, ValueRefused):
        problems = [(Ranking.name, NO_ORDER, str(record.get(layout.order or layout.places)))]
    text, parts = join_parts(
        [*_heading(prompt), *((name.upper(), one) for name, one in zip(names, shown, strict=True))]
    )
    claim = Claim(Ranking.name, Ranking.name, groups)
    said = [ExchangeAnswer(claim, str(record.get(layout.annotator) or "").strip())] if groups else []
    key = str(record[layout.key]) if layout.key and record.get(layout.key) is not None else None
    return ExchangeItem(number, text, key, kind, parts, _meta(record, layout) | beside, said, problems=problems)


def _told(record: Mapping[str, Any], layout: Layout, is_pair: bool) -> tuple[list[Turns], dict[str, Any]]:
    """The answers of a record, and what is said of each beside its text."""
    if is_pair or len(layout.responses) > 1:
        cells = [record.get(name) for name in layout.responses]
        return [found for cell in cells if (found := answer_in(cell)) is not None and found[-1][1]], {}
    name = layout.responses[0]
    listed = opened(record.get(name))
    objects = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    rest = [{key: cell for key, cell in one.items() if cell != text_of(one)} for one in objects]
    return answers_in(record.get(name)), {name: rest} if any(rest) else {}


def _drawn(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "replace")).digest()


def _chosen(best: int, names: Sequence[str]) -> Groups:
    return [[names[best]], [names[1 - best]]]


def _order(record: Mapping[str, Any], layout: Layout, names: Sequence[str]) -> Groups | None:
    by_places = by_place(record.get(layout.places), names) if layout.places else None
    return by_places or (by_order(record.get(layout.order), names) if layout.order else None)


def _meta(record: Mapping[str, Any], layout: Layout) -> dict[str, Any]:
    used = {layout.prompt, *layout.responses, layout.order, layout.places, layout.annotator, layout.key}
    return {name: json_value(cell) for name, cell in record.items() if name not in used and cell not in (None, "")}


def _problem(answers: Sequence[str]) -> str:
    if len(answers) < 2:
        return FEW
    if len(answers) > MOST_ANSWERS:
        return MANY
    return "" if all(one.strip() for one in answers) else EMPTY


def _heading(prompt: Turns) -> Turns:
    """The prompt as parts of an item; where its last turn would be taken for an answer, all of it is one part."""
    if not prompt or not any(text.strip() for _, text in prompt):
        return []
    if prompt[-1][0].strip().casefold() in PROMPT_ROLES:
        return prompt
    return [("prompt", "\n\n".join(f"{role}: {text}" if role else text for role, text in prompt))]


def or_else(load: Load) -> Load:
    """The reader of a format in which preference data may come as well, where somebody may want to rank."""

    def either(source: Source, options: ImportOptions, schema: LabelSchema | None) -> SourceTable | RowSource:
        if not _is_wanted(options, schema):
            return load(source, options, schema)
        if source.suffix in (".json", ".jsonl", ".ndjson"):
            found = first_objects(source)
            if not is_preference(list({name: None for one in found for name in one})):
                return load(source, options, schema)
            return RowSource(rows(lambda: objects(source), options), list(source.encoding_notes), asks=_ASKS)
        table = load(source, options, schema)
        if not isinstance(table, SourceTable) or not is_preference(table.names):
            return table
        return RowSource(rows(lambda: _of_table(table), options), list(table.notes), asks=_ASKS)

    return either


def _is_wanted(options: ImportOptions, schema: LabelSchema | None) -> bool:
    is_said = options.text_column or options.pair_columns or options.conversation_column
    return not is_said and (schema is None or any(spec.record.of_parts for spec in schema.fields))


def _of_table(table: SourceTable) -> Numbered:
    yield from ((one.row, one) for one in table.rejects)
    numbers = iter(table.rows.to_pylist())
    for batch in table.columns.to_batches(max_chunksize=_STEP):
        yield from ((next(numbers), record) for record in batch.to_pylist())
