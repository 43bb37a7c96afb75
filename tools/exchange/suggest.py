"""A schema guessed from a file, for the user who has labels and no schema yet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tools.errors import FormatRefused
from tools.exchange.files.jsonread import parse_json
from tools.exchange.files.source import open_source
from tools.exchange.formats.lines.prodigy import ABSENT
from tools.exchange.formats.lines.records import shape_of
from tools.exchange.formats.registry import choose_format
from tools.exchange.options import ImportOptions
from tools.exchange.rows import EVERY_FIELD, REGION_SHAPES, Claim, ExchangeAnswer, ExchangeItem, RowSource, Shape
from tools.exchange.suggest_regions import RegionQuestion
from tools.exchange.tables.compose import as_text, is_blank
from tools.exchange.tables.roles import COLUMN_GROUPS, first_of, text_columns
from tools.exchange.tables.tabular import SourceTable
from tools.kinds.contract import Kind
from tools.kinds.in_files import LABELS, Heard
from tools.kinds.registry import ALL
from tools.labels import RESERVED, slug
from tools.records import ItemKind
from tools.schema import LabelSchema

USUAL = ImportOptions()
_NICER = {"accept": "label", "labels": "label", "column_label": "label", "given_label": "label", "cats": "category"}
_NICER |= {"spans": "entities"}


@dataclass
class Question(Heard):
    """What a file says in answer to one of its questions, and what the file calls the question."""

    source: str = ""
    shape: Shape = LABELS

    def add(self, content: Any) -> None:
        """One answer."""
        self.answers += 1
        teller = next(one for one in ALL if one.told_as == self.shape)
        names = teller.names_in(content)
        self.most, self.least = max(self.most, len(names)), min(self.least, len(names))
        for name in names:
            if name is not None:
                self.names[str(name)] = self.names.get(str(name), 0) + 1

    @property
    def record(self) -> Kind:
        """The kind of field that holds all the answers."""
        return next(one for one in ALL if one.suits(self.shape, self))


def suggest_schema(path: Path, options: ImportOptions = USUAL) -> LabelSchema:
    """The schema that holds the labels of a file: label sets in order of appearance, kinds by what the answers need."""
    if options.pair_columns or options.conversation_column:
        options = replace(options, item_kind="pair" if options.pair_columns else "conversation")
    source = open_source(path, options)
    loaded = choose_format(source, options).load(source, options, None)
    if isinstance(loaded, SourceTable):
        asked = _Asked(_of_table(loaded, options))
    else:
        asked = _of_rows(loaded)
        options = replace(options, item_kind=asked.kind or options.item_kind)
    questions = asked.questions
    fields = [found for one in _ordered(questions) if (found := _field(one, questions, options))]
    fields = [*_of_regions(asked.regions, asked.declared), *fields]
    if not fields:
        raise FormatRefused(
            f"No labels were recognised in {source.name}: say which columns hold them (label_columns), "
            f"or write a schema."
        )
    return LabelSchema.model_validate({"name": path.stem, "item": options.item_kind, "fields": fields})


@dataclass
class _Asked:
    """The questions of a file, those about regions of images apart; the labels it declares; its kind of items."""

    questions: list[Question] = field(default_factory=list)
    regions: list[RegionQuestion] = field(default_factory=list)
    declared: tuple[str, ...] = ()
    kind: ItemKind | None = None


def _of_rows(loaded: RowSource) -> _Asked:
    found: dict[tuple[str, Shape], Question | RegionQuestion] = {}
    kind: ItemKind | None = None
    for row in loaded.rows:
        if not isinstance(row, ExchangeItem):
            continue
        kind = row.kind if row.image is not None or row.parts else kind
        for answer in row.answers:
            _add_answer(_asked(found, answer.claim), answer)
        for proposal in row.proposals:
            question = _asked(found, proposal.claim)
            if question is not None:
                question.add(proposal.claim.content)
    for told_as in loaded.asks:
        _asked(found, Claim(told_as, told_as, None))
    plain = [one for one in found.values() if isinstance(one, Question)]
    for one in plain:
        if kind is not None and one.shape == LABELS:
            one.names = {name: one.names.get(name, 0) for name in (*loaded.names, *one.names)}
    return _Asked(plain, [one for one in found.values() if isinstance(one, RegionQuestion)], loaded.names, kind)


def _add_answer(question: Question | RegionQuestion | None, answer: ExchangeAnswer) -> None:
    if isinstance(question, Question):
        # Prodigy's yes-or-no task: what was rejected is still a label, and its absence an answer.
        question.is_binary |= answer.verdict in ("accept", "reject") and answer.claim.shape == LABELS
        if answer.claim.content is None and answer.reason.startswith(ABSENT):
            question.names.setdefault(answer.reason.removeprefix(ABSENT), 0)
    if question is not None and answer.claim.content is not None:
        question.add(answer.claim.content)


def _asked(found: dict[tuple[str, Shape], Question | RegionQuestion], claim: Claim) -> Question | RegionQuestion | None:
    if claim.source == EVERY_FIELD:
        return None
    place = (claim.source, claim.shape)
    if place not in found:
        made = RegionQuestion if claim.shape in REGION_SHAPES else Question
        found[place] = made(source=claim.source, shape=claim.shape)
    return found[place]


def _of_regions(questions: Sequence[RegionQuestion], declared: Sequence[str]) -> list[dict[str, Any]]:
    """Fields for regions, with ids of their own."""
    made: list[dict[str, Any]] = []
    for one in (found for question in questions for found in question.fields(declared)):
        groups = one.pop("groups")
        labels, _ = _labels(one["labels"])
        for label in labels:
            if groups.get(label["name"]):
                label["group"] = groups[label["name"]]
        name, number = one["id"], 2
        while any(other["id"] == one["id"] for other in made):
            one["id"], number = f"{name}_{number}", number + 1
        if labels:
            made.append(one | {"labels": labels})
    return made


def _of_table(loaded: SourceTable, options: ImportOptions) -> list[Question]:
    texts, _ = text_columns(loaded.names, options.item_kind, options)
    free = [name for name in loaded.names if name not in texts]
    columns = [first_of(free, [column]) for column, _ in options.label_columns]
    columns = columns or [first_of(free, group) for group in COLUMN_GROUPS]
    return [_of_column(name, loaded.columns[name]) for name in columns if name]


def _of_column(name: str, column: Any) -> Question:
    """The question of a column, from its distinct cells."""
    if pa.types.is_nested(column.type):
        cells = [cell for cell in column.to_pylist() if cell is not None]
    else:
        texts = as_text(column)
        cells = [_opened(cell) for cell in pc.unique(texts.filter(pc.invert(is_blank(texts)))).to_pylist()]
    shape: Shape = next((shape_of(name, cell) for cell in cells if cell), LABELS)
    question = Question(source=name, shape=shape)
    for cell in cells:
        question.add(cell)
    # Cells were made distinct, so the number of answers is that of the rows.
    question.answers = len(column) - column.null_count
    return question


def _opened(cell: str) -> Any:
    if not cell.startswith("["):
        return cell
    try:
        return parse_json(cell)
    except ValueError:
        return cell


def _ordered(questions: Sequence[Question]) -> list[Question]:
    return sorted(questions, key=lambda one: one.record.joins)


def _field(question: Question, all_questions: Sequence[Question], options: ImportOptions) -> dict[str, Any] | None:
    record = question.record
    mapped = {column.casefold(): name for column, name in options.label_columns}.get(question.source.casefold())
    name = mapped or _NICER.get(question.source.casefold(), question.source)
    # The file's own name is kept where it is needed to tell two questions of one kind apart.
    is_only = sum(one.shape == question.shape for one in all_questions) == 1
    shown = name if mapped or is_only else question.source
    made: dict[str, Any] = {"id": slug(name), "name": shown, "kind": record.name, **record.suggested(question)}
    if not record.has_labels:
        return made
    labels, flags = _labels(question.names)
    if not labels:
        return None
    if record.joins:
        over = next((one for one in all_questions if _is_joinable(one)), None)
        if over is None:
            return None
        made["over"] = (_field(over, all_questions, options) or {})["id"]
    return made | {"labels": labels} | {name: on for name, on in flags.items() if name in record.options}


def _is_joinable(question: Question) -> bool:
    """Whether the answers are regions that others may join."""
    return question.record.has_regions and not question.record.joins and bool(question.names)


def _labels(names: Iterable[str]) -> tuple[list[dict[str, str]], dict[str, bool]]:
    """Labels with ids of their own; names that differ in case only are one label."""
    labels: list[dict[str, str]] = []
    seen: set[str] = set()
    ids: set[str] = set()
    flags: dict[str, bool] = {}
    for name in (one.strip() for one in names):
        label_id = slug(name) if name else ""
        if not name or name.casefold() in seen:
            continue
        seen.add(name.casefold())
        if label_id in RESERVED:
            flags[label_id] = True
            continue
        own, number = label_id, 2
        while own in ids:
            own, number = f"{label_id}_{number}", number + 1
        ids.add(own)
        labels.append({"id": own, "name": name})
    return labels, flags
