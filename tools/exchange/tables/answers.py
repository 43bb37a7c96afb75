"""The answers in a table: whole columns at once where a cell says it all, row by row where regions are involved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tools.exchange.batch import DROPPED, LABELS, Columns, excerpt_of
from tools.exchange.builder import TWICE, AnswerColumns, left_out_note
from tools.exchange.codec import UNNAMED, answer_from, proposal_from, score_of
from tools.exchange.fields import require_annotator
from tools.exchange.files.jsonread import parse_json
from tools.exchange.options import ImportOptions
from tools.exchange.rows import ExchangeAnswer, ExchangeProposal
from tools.exchange.tables.cells import cell_of, claim_of_cell, says
from tools.exchange.tables.compose import Composed, as_text, is_blank, subjects_of
from tools.exchange.tables.quoting import join, json_strings, per_chunk
from tools.exchange.tables.roles import Roles, named_column
from tools.kinds.asked import Subject
from tools.kinds.taking import Taken
from tools.schema import FieldSpec, LabelSchema

LONG_TEXT = "the text of the answer is too long"
BAD_RECORD = "the cell holds no decisions as an export writes them"


class TableAnswers:
    """Collects the answers of one table."""

    def __init__(self, schema: LabelSchema, options: ImportOptions, source_name: str) -> None:
        self._options, self._source_name = options, source_name
        self._rowwise = AnswerColumns(schema, options, source_name)
        self._labels: list[Any] = []
        self._proposals: list[Any] = []
        self._dropped: list[Any] = []
        self._left = 0

    def add(self, table: Any, rows: Any, items: Composed, roles: Roles, has_repeats: bool) -> None:
        """All answers of ``table``; ``rows`` are the source rows of the items they belong to."""
        table, rows, items = self._wanted(table, rows, items, roles)
        annotators = self._annotators(table, roles)
        plain = {name: spec for name, spec in roles.answers.items() if self._is_plain(table, spec, name, roles)}
        for name, spec in plain.items():
            self._add_column(spec, table[name], rows, annotators)
        others = {name: spec for name, spec in roles.answers.items() if name not in plain}
        if others:
            self._add_rowwise(table, rows, items, annotators, others, roles)
        if has_repeats or len({spec.id for spec in plain.values()}) < len(plain):
            self._drop_repeats()

    def labels(self) -> Any:
        """The labels table."""
        return pa.concat_tables([*self._labels, self._rowwise.labels.table()])

    def proposals(self) -> Any:
        """The proposals table."""
        return pa.concat_tables([*self._proposals, self._rowwise.proposals.table()])

    def dropped(self) -> Any:
        """What could not be taken over."""
        return pa.concat_tables([*self._dropped, self._rowwise.dropped.table()])

    def notes(self) -> list[str]:
        """What was left out as asked."""
        return left_out_note(self._left, self._options)

    def _wanted(self, table: Any, rows: Any, items: Composed, roles: Roles) -> tuple[Any, Any, Composed]:
        """The rows whose labels are wanted; the others are counted."""
        where = self._options.where
        if self._options.take_labels and where is None:
            return table, rows, items
        if where and self._options.take_labels:
            mask = pc.equal(as_text(table[named_column(table.column_names, where[0])]), where[1])
        else:
            mask = pa.chunked_array([pa.repeat(pa.scalar(False), table.num_rows)])
        unwanted = table.filter(pc.invert(mask))
        for name in roles.answers:
            self._left += unwanted.num_rows - _empty_cells(unwanted[name])
        return table.filter(mask), rows.filter(mask), items.filter(mask)

    def _annotators(self, table: Any, roles: Roles) -> Any:
        declared = self._options.annotator.strip()
        if not roles.annotator:
            return declared
        named = pc.utf8_trim_whitespace(as_text(table[roles.annotator]))
        return pc.if_else(pc.equal(named, ""), declared, named)

    @staticmethod
    def _is_plain(table: Any, spec: FieldSpec, name: str, roles: Roles) -> bool:
        own = roles.own.get(spec.id, {})
        is_own = bool(own.keys() & {"decisions", "status"}) and name == spec.id
        return not (is_own or spec.record.marks or spec.record.of_parts or pa.types.is_nested(table[name].type))

    def _add_column(self, spec: FieldSpec, column: Any, rows: Any, annotators: Any) -> None:
        cells = as_text(column)
        # White space may be somebody's answer where the answer is a text.
        is_text = spec.record.most_characters > 0
        filled = pc.invert(pc.equal(cells, "") if is_text else is_blank(cells))
        cells, rows = cells.filter(filled), rows.filter(filled)
        if not isinstance(annotators, str):
            annotators = annotators.filter(filled)
        if not len(cells):
            return
        values = self._text_values(spec, cells, rows) if is_text else self._values(spec, cells, rows)
        taken = pc.is_valid(values)
        if not isinstance(annotators, str):
            annotators = annotators.filter(taken)
        self._labels.append(self._label_table(spec, rows.filter(taken), values.filter(taken), annotators))

    def _values(self, spec: FieldSpec, cells: Any, rows: Any) -> Any:
        """Canonical values of the cells, worked out once per distinct cell; problems go to the dropped table."""
        names = self._rowwise.taker.names(spec)
        known = pc.unique(cells)
        taken = [
            self._rowwise.taker.take(spec, claim_of_cell(spec, names, c), Subject(spans=())) for c in known.to_pylist()
        ]
        codes = pc.index_in(cells, value_set=known)
        self._add_problems(spec, taken, known, codes, rows)
        return per_chunk(codes, pa.array([one.json for one in taken], pa.string()).take)

    def _add_problems(self, spec: FieldSpec, taken: list[Taken], known: Any, codes: Any, rows: Any) -> None:
        excerpts = pa.array([excerpt_of(cell) for cell in known.to_pylist()], pa.string())
        for which in range(max((len(one.problems) for one in taken), default=0)):
            reasons = [one.problems[which][0] if which < len(one.problems) else None for one in taken]
            said = per_chunk(codes, pa.array(reasons, pa.string()).take)
            hit = pc.is_valid(said)
            where = per_chunk(codes.filter(hit), excerpts.take)
            self._dropped.append(_rows_of(DROPPED, rows.filter(hit), spec.id, said.filter(hit), where))

    def _text_values(self, spec: FieldSpec, cells: Any, rows: Any) -> Any:
        is_long = pc.greater(pc.utf8_length(cells), spec.record.most_characters)
        if pc.any(is_long).as_py():
            starts = pc.utf8_slice_codeunits(cells.filter(is_long), 0, 80)
            self._dropped.append(_rows_of(DROPPED, rows.filter(is_long), spec.id, LONG_TEXT, starts))
        values = join(f'{{"{spec.record.key}":', json_strings(cells), "}")
        return pc.if_else(is_long, pa.scalar(None, pa.string()), values)

    def _label_table(self, spec: FieldSpec, rows: Any, values: Any, annotators: Any) -> Any:
        nameless = annotators == "" if isinstance(annotators, str) else pc.any(pc.equal(annotators, "")).as_py()
        if len(rows) and nameless:
            require_annotator("", self._source_name)
        return _rows_of(LABELS, rows, spec.id, annotators, values, "choose", None, self._options.exposure, "")

    def _add_rowwise(
        self, table: Any, rows: Any, items: Composed, annotators: Any, columns: Mapping[str, FieldSpec], roles: Roles
    ) -> None:
        """Answers of region fields and of exports of ours, one item at a time."""
        needed = list(columns) + [one for spec in columns.values() for one in roles.own.get(spec.id, {}).values()]
        cells = {name: table[name].to_pylist() for name in needed}
        people = [annotators] * len(rows) if isinstance(annotators, str) else annotators.to_pylist()
        for at, (row, about) in enumerate(zip(rows.to_pylist(), subjects_of(items), strict=True)):
            pairs: list[tuple[FieldSpec, ExchangeAnswer]] = []
            proposals: list[ExchangeProposal] = []
            for name, spec in columns.items():
                own = {key: cells[column][at] for key, column in roles.own.get(spec.id, {}).items()}
                try:
                    found, proposed = self._read_cell(spec, cells[name][at], own, people[at])
                except ValueError:
                    self._rowwise.dropped.add(row, spec.id, BAD_RECORD, excerpt_of(str(own)))
                    continue
                pairs += [(spec, answer) for answer in found]
                proposals += proposed
            self._rowwise.add_pairs(row, about, pairs)
            self._rowwise.add_proposals(row, about, proposals)

    def _read_cell(
        self, spec: FieldSpec, cell: Any, own: Mapping[str, Any], annotator: str
    ) -> tuple[list[ExchangeAnswer], list[ExchangeProposal]]:
        """The answers and proposals in one cell and in the columns that an export of ours wrote beside it."""
        names = self._rowwise.taker.names(spec)
        proposed = _read_proposals(spec, own.get("proposal"))
        decided = [answer_from(spec.id, one) for one in parse_json(own["decisions"])] if own.get("decisions") else []
        values = [one["value"] for one in parse_json(own["decisions"]) if "value" in one] if decided else []
        if _is_empty(cell, spec):
            is_cleared = own.get("status") == "agreed" and not any(_is_empty(cell_of(value), spec) for value in values)
            return [one for one in decided if not is_cleared or one.claim.content is None], proposed
        if own.get("status") == "machine":
            claim = claim_of_cell(spec, names, cell)
            proposed = proposed or [ExchangeProposal(claim, _score(own.get("score")), str(own.get("model") or UNNAMED))]
            return decided, proposed
        if any(says(spec, names, cell, value) for value in values):
            return decided, proposed
        # Nobody decided what stands in the cell: it was edited after the export, by the person who brings it back.
        edited = ExchangeAnswer(claim_of_cell(spec, names, cell), annotator)
        return [edited, *(one for one in decided if one.claim.content is None)], proposed

    def _drop_repeats(self) -> None:
        """One answer per item, field and annotator, where rows or columns say something twice."""
        kept, dropped = Columns(LABELS), Columns(DROPPED)
        said: dict[tuple[Any, ...], str] = {}
        for one in pa.concat_tables(self._labels).to_pylist() if self._labels else ():
            place = (one["row"], one["field"], one["annotator"])
            if place not in said:
                said[place] = one["value"]
                kept.add(*one.values())
            elif said[place] != one["value"]:
                dropped.add(one["row"], one["field"], TWICE, excerpt_of(one["value"]))
        self._labels, self._dropped = [kept.table()], [*self._dropped, dropped.table()]


def _read_proposals(spec: FieldSpec, cell: Any) -> list[ExchangeProposal]:
    found = proposal_from(spec.id, parse_json(cell)) if cell else None
    return [found] if found else []


def _score(cell: Any) -> float | None:
    try:
        return score_of(float(cell))
    except (TypeError, ValueError):
        return None


def _is_empty(cell: Any, spec: FieldSpec) -> bool:
    if not isinstance(cell, str):
        return cell is None
    return not (cell if spec.record.most_characters else cell.strip())


def _empty_cells(column: Any) -> int:
    if pa.types.is_nested(column.type):
        return int(column.null_count)
    return int(pc.sum(is_blank(as_text(column))).as_py() or 0)


def _rows_of(schema: Any, rows: Any, *columns: Any) -> Any:
    """A table from the row numbers and one column or one constant for each other column of the schema."""
    filled = [rows]
    for column, kind in zip(columns, schema.types[1:], strict=True):
        is_constant = column is None or isinstance(column, str)
        filled.append(pa.repeat(pa.scalar(column, kind), len(rows)) if is_constant else column)
    return pa.table(filled, schema=schema)
