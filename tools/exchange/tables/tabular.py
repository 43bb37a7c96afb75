"""A table of columns in, one columnar batch out: no Python object per row on the common way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tools.exchange.batch import ITEMS, REJECTS, ImportBatch, excerpt_of
from tools.exchange.builder import EMPTY_TEXT, NUL_TEXT, SAME_KEY, TAKEN_KEY, Identity
from tools.exchange.files.jsonread import parse_json
from tools.exchange.options import ImportOptions
from tools.exchange.rows import ExchangeReject
from tools.exchange.tables.answers import TableAnswers
from tools.exchange.tables.compose import Composed, as_text, compose_columns, is_blank
from tools.exchange.tables.keys import taken_as_key
from tools.exchange.tables.quoting import json_objects, json_value
from tools.exchange.tables.roles import OWN_META, Roles, assign_roles
from tools.records import to_json
from tools.schema import LabelSchema

META = "meta"


@dataclass(frozen=True)
class SourceTable:
    """A parsed table: columns of one name each, the source row of every row, and the rows lost on the way.

    ``may_hold_nul`` is false where the parser knows that no cell holds a NUL character.
    """

    columns: Any
    rows: Any
    rejects: Sequence[ExchangeReject] = ()
    notes: tuple[str, ...] = ()
    may_hold_nul: bool = True

    @property
    def names(self) -> list[str]:
        """The column names."""
        return list(self.columns.column_names)


@dataclass(frozen=True)
class _Rows:
    """The rows still in play. ``home`` is the source row of the item that a row belongs to, mostly its own."""

    table: Any
    rows: Any
    composed: Composed
    home: Any
    keys: Any = None

    def filter(self, mask: Any) -> _Rows:
        keys = None if self.keys is None else self.keys.filter(mask)
        rows, home = self.rows.filter(mask), self.home.filter(mask)
        return _Rows(self.table.filter(mask), rows, self.composed.filter(mask), home, keys)


def table_batch(source: SourceTable, identity: Identity, schema: LabelSchema, options: ImportOptions) -> ImportBatch:
    """The batch of a table: items, labels and an account of every row."""
    roles = assign_roles(source.names, schema, options)
    composed = compose_columns(source.columns, roles, schema.item)
    found = _Rows(source.columns, source.rows, composed, source.rows)
    rejects = [_rejects_of(source.rejects)]
    found = _with_text(found, source.may_hold_nul, rejects)
    found, roles, is_item = _with_keys(found, roles, rejects)
    answers = TableAnswers(schema, options, identity.name)
    answers.add(found.table, found.home, found.composed, roles, has_repeats=is_item is not None)
    items = found if is_item is None else found.filter(is_item)
    return ImportBatch(
        _items(items, roles),
        answers.labels(),
        answers.proposals(),
        pa.concat_tables(rejects).sort_by("row"),
        answers.dropped(),
        source.columns.num_rows + len(source.rejects),
        identity.name,
        identity.digest,
        identity.format,
        (*source.notes, *roles.notes, *answers.notes()),
    )


def _rejects_of(rows: Sequence[ExchangeReject]) -> Any:
    columns = ([one.row for one in rows], [one.reason for one in rows], [excerpt_of(one.excerpt) for one in rows])
    return pa.table([pa.array(c, kind) for c, kind in zip(columns, REJECTS.types, strict=True)], schema=REJECTS)


def _with_text(found: _Rows, may_hold_nul: bool, rejects: list[Any]) -> _Rows:
    """The rows that have a text; the others become rejects."""
    none = pa.scalar(None, pa.string())
    reasons = [pc.if_else(is_blank(found.composed.text), EMPTY_TEXT, none)]
    if found.composed.problem is not None:
        reasons.insert(0, found.composed.problem)
    if may_hold_nul:
        reasons.insert(0, pc.if_else(_holds_nul(found.table), NUL_TEXT, none))
    reason = pc.coalesce(*reasons)
    return _reject(found, pc.is_valid(reason), reason, rejects)


def _reject(found: _Rows, bad: Any, reason: Any, rejects: list[Any]) -> _Rows:
    if not pc.any(bad).as_py():
        return found
    excerpts = [excerpt_of(_row_text(row)) for row in found.table.filter(bad).to_pylist()]
    rejects.append(pa.table([found.rows.filter(bad), reason.filter(bad), pa.array(excerpts)], schema=REJECTS))
    return found.filter(pc.invert(bad))


def _row_text(row: dict[str, Any]) -> str:
    return " | ".join(str(cell) for cell in row.values() if cell is not None)


def _holds_nul(table: Any) -> Any:
    """Which rows have a NUL character in any cell."""
    held = pa.chunked_array([pa.repeat(pa.scalar(False), table.num_rows)])
    for name in table.column_names:
        kind = table[name].type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind)):
            # Nested cells are searched as JSON, which writes the character as an escape.
            pattern = "\\u0000" if pa.types.is_nested(kind) else "\0"
            held = pc.or_(held, pc.match_substring(as_text(table[name]), pattern))
    return held


def _with_keys(found: _Rows, roles: Roles, rejects: list[Any]) -> tuple[_Rows, Roles, Any]:
    """Rows under their keys; the last part says which rows are items, ``None`` where all are."""
    if not roles.key:
        return found, roles, None
    texts = as_text(found.table[roles.key])
    keys = pc.if_else(is_blank(texts), pa.scalar(None, pa.string()), texts)
    found = replace(found, keys=keys)
    if _ascends(keys):
        return found, roles, None
    coded = keys.cast(pa.large_string()).combine_chunks().dictionary_encode()
    distinct = len(coded.dictionary)
    if distinct + coded.null_count == len(keys) and not (roles.is_key_guessed and coded.null_count):
        return found, roles, None
    if roles.is_key_guessed and (coded.null_count or not roles.annotator):
        return replace(found, keys=None), _without_key(roles), None
    return _merge_repeats(found, roles, coded, rejects)


def _ascends(keys: Any) -> bool:
    """Whether each key is longer than the one before, or as long and greater: numbered rows are, and none repeats."""
    if keys.null_count or not len(keys):
        return False
    whole = keys.cast(pa.large_string()).combine_chunks()
    length = pc.binary_length(whole)
    is_longer = pc.greater(length[1:], length[:-1])
    is_greater = pc.and_(pc.equal(length[1:], length[:-1]), pc.greater(whole[1:], whole[:-1]))
    return bool(pc.all(pc.or_(is_longer, is_greater)).as_py())


def _without_key(roles: Roles) -> Roles:
    said = f"Column {roles.key!r} repeats or has empty cells, so it is kept beside the text and is not the key."
    notes = [one for one in roles.notes if one != taken_as_key(roles.key)]
    return replace(roles, key="", meta=(*roles.meta, roles.key), notes=(*notes, said))


def _merge_repeats(found: _Rows, roles: Roles, coded: Any, rejects: list[Any]) -> tuple[_Rows, Roles, Any]:
    """Rows that repeat a key add their labels to the first such row, if they have its text; else they are rejected."""
    codes = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False)
    own = np.arange(len(codes))
    known, first = np.unique(codes, return_index=True)
    firsts = np.zeros(len(coded.dictionary), dtype=np.int64)
    firsts[known[known >= 0]] = first[known >= 0]
    home = np.where(codes >= 0, firsts[np.maximum(codes, 0)], own) if len(firsts) else own
    repeats = home != own
    text = found.composed.text
    same = pc.equal(text, text.take(pa.array(home))).to_numpy()
    if roles.is_key_guessed and not same.all():
        return replace(found, keys=None), _without_key(roles), None
    reason = pa.array(np.where(same, SAME_KEY, TAKEN_KEY))
    found = replace(found, home=pa.chunked_array([found.rows.take(pa.array(home)).combine_chunks()]))
    _reject(found, pa.array(repeats), reason, rejects)
    kept = found.filter(pa.array(~repeats | same))
    return kept, roles, pa.array(~repeats[~repeats | same])


def _items(found: _Rows, roles: Roles) -> Any:
    count = found.table.num_rows
    none = pa.repeat(pa.scalar(None, pa.string()), count)
    kind, parts = found.composed.kind, found.composed.parts
    return pa.table(
        [
            found.rows,
            none if found.keys is None else found.keys,
            found.composed.text,
            pa.repeat(pa.scalar(kind), count) if isinstance(kind, str) else kind,
            pa.repeat(pa.scalar(""), count) if parts is None else parts,
            _meta(found.table, roles.meta),
            none,
        ],
        schema=ITEMS,
    )


def _meta(table: Any, names: Sequence[str]) -> Any:
    """The columns kept beside the text as one JSON object a row; a column of JSON objects is taken as it is."""
    if META in names:
        merged = _merged_meta(table, [name for name in names if name != META])
        if merged is not None:
            return merged
    return json_objects({name.removeprefix(OWN_META): table[name] for name in names}, table.num_rows)


def _merged_meta(table: Any, others: Sequence[str]) -> Any:
    """Meta from a column of JSON objects and the other columns; ``None`` if a cell of it is something else."""
    cells = [_json_object(cell) for cell in table[META].to_pylist()]
    if any(cell is None for cell in cells):
        return None
    columns = {name.removeprefix(OWN_META): table[name].to_pylist() for name in others}
    for name, column in columns.items():
        for whole, cell in zip(cells, column, strict=True):
            plain = json_value(cell)
            if whole is not None and plain is not None and plain != "":
                whole[name] = plain
    return pa.chunked_array([pa.array([to_json(cell) for cell in cells], pa.string())])


def _json_object(cell: Any) -> dict[str, Any] | None:
    if cell is None or cell == "":
        return {}
    if isinstance(cell, dict):
        return {str(key): json_value(value) for key, value in cell.items() if value is not None}
    try:
        found = parse_json(cell)
    except (TypeError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def misfit(cells: int, width: int) -> str:
    """The reason for a row that does not fit its header."""
    return f"the row has {cells} cell{'' if cells == 1 else 's'} where the header has {width}"
