"""JSON text made by columns: what a row at a time would cost seconds for a million rows."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tools.records import to_json

# What JSON must escape in a string; everything else stands for itself.
SAMPLE = 10_000
_ESCAPED = r'["\\\x00-\x1f]'


def json_strings(texts: Any) -> Any:
    """Each text of a chunked array as a JSON string; nulls stay null."""
    return per_chunk(texts, _quote)


def per_chunk(values: Any, function: Callable[[Any], Any], kind: Any = None) -> Any:
    """A function of arrays applied to each chunk."""
    kind = kind or pa.string()
    return pa.chunked_array([function(chunk) for chunk in values.chunks], kind)


def join(*pieces: Any) -> Any:
    """The pieces of each row written one behind the other; null where one is null."""
    return pc.binary_join_element_wise(*pieces, "")


def json_objects(columns: Mapping[str, Any], count: int) -> Any:
    """One JSON object a row, keys sorted, in the canonical form of :func:`tools.records.to_json`.

    Empty texts, nulls and numbers that are not finite are left out of their row.
    """
    if not columns:
        return pa.chunked_array([pa.repeat(pa.scalar("{}"), count)])
    if len(columns) == 1:
        ((name, cells),) = columns.items()
        return by_value(cells, lambda some: _braces(_piece(name, some)))
    # Not null_handling="skip": for a chunk of nulls only, Arrow 26 answers with no rows at all.
    pieces = [by_value(columns[name], partial(_piece, name)) for name in sorted(columns)]
    return _braces(join(*pieces))


def by_value(cells: Any, function: Callable[[Any], Any]) -> Any:
    """``function`` of each cell, worked out once per distinct text where there are few."""
    is_text = pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type)
    if not is_text or len(cells) < SAMPLE or pc.count_distinct(cells[:SAMPLE]).as_py() > SAMPLE // 10:
        return function(cells)
    known = pc.unique(cells)
    answers = function(pa.chunked_array([known])).combine_chunks()
    # A null is among the distinct values, and index_in finds it there.
    return per_chunk(pc.index_in(cells, value_set=known), answers.take)


def _piece(name: str, cells: Any) -> Any:
    return pc.fill_null(join(f",{to_json(name)}:", json_cells(cells)), "")


def _braces(inside: Any) -> Any:
    return join("{", pc.ascii_ltrim(inside, ","), "}")


def json_cells(cells: Any) -> Any:
    """Each cell as JSON; null for what is left out."""
    kind = cells.type
    if pa.types.is_dictionary(kind):
        return json_cells(cells.cast(kind.value_type))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        texts = cells.cast(pa.string())
        return json_strings(pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts))
    if pa.types.is_integer(kind) or pa.types.is_boolean(kind):
        return cells.cast(pa.string())
    return per_chunk(cells, lambda chunk: pa.array([json_cell(one) for one in chunk.to_pylist()], pa.string()))


def json_cell(cell: Any) -> str | None:
    """One cell as JSON; ``None`` for what JSON cannot say."""
    plain = json_value(cell)
    return None if plain is None or plain == "" else to_json(plain)


def json_value(cell: Any) -> Any:
    """The cell with everything that JSON has no word for turned into text or nothing."""
    if isinstance(cell, float):
        return cell if np.isfinite(cell) else None
    if isinstance(cell, (datetime, date)):
        return cell.isoformat()
    if isinstance(cell, Mapping):
        return {str(key): json_value(value) for key, value in cell.items()}
    if isinstance(cell, (list, tuple)):
        return [json_value(one) for one in cell]
    if cell is None or isinstance(cell, (str, int, bool)):
        return cell
    return f"{len(cell)} bytes" if isinstance(cell, bytes) else str(cell)


def _quote(texts: Any) -> Any:
    plain = pc.binary_join_element_wise('"', texts, '"', "")
    needs = pc.fill_null(pc.match_substring_regex(texts, _ESCAPED), False)
    if not pc.any(needs).as_py():
        return plain
    escaped = [json.dumps(one, ensure_ascii=False) for one in texts.filter(needs).to_pylist()]
    return pc.replace_with_mask(plain, needs, pa.array(escaped, pa.string()))
