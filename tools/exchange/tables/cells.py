"""What one cell of a table says about a field, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.exchange.files.jsonread import parse_json
from tools.exchange.rows import Claim
from tools.kinds.registry import kind_of_value
from tools.kinds.taking import LabelNames
from tools.records import to_json
from tools.schema import FieldSpec

SEPARATORS = (";", "|", ",")


def claim_of_cell(spec: FieldSpec, names: LabelNames, cell: Any) -> Claim:
    """The claim of one cell: text, or the list or object that a typed table holds."""
    record = spec.record
    if record.said_as == "labels":
        content = _labels(names, cell) if isinstance(cell, str) else cell
    elif record.is_word:
        content = record.told(cell)
    else:
        content = _opened(cell, record.key)
    return Claim(spec.id, record.told_as, content)


def cell_of(value: Mapping[str, Any] | None) -> str:
    """The text by which :func:`claim_of_cell` gives the value back; empty for no value."""
    if value is None:
        return ""
    kind, (content,) = kind_of_value(value), value.values()
    return str(content) if kind is not None and kind.is_word else to_json(content)


def says(spec: FieldSpec, names: LabelNames, cell: Any, value: Mapping[str, Any] | None) -> bool:
    """Whether the cell still says what the value says: a person may have edited one column of an export."""
    if value is None:
        return False
    one, other = (claim_of_cell(spec, names, found).content for found in (cell, cell_of(value)))
    return _canonical(one) == _canonical(other)


def _canonical(content: Any) -> str:
    if isinstance(content, (list, tuple)):
        return to_json([one if isinstance(one, Mapping) else str(one) for one in content])
    return str(content)


def _labels(names: LabelNames, cell: str) -> list[Any]:
    """A JSON list; else the whole cell if it is one label; else its parts at the first separator that occurs."""
    if cell.lstrip().startswith("["):
        try:
            found = parse_json(cell)
        except ValueError:
            found = None
        if isinstance(found, list):
            return found
    if names.find(cell) is not None:
        return [cell]
    separator = next((one for one in SEPARATORS if one in cell), None)
    return [part for part in cell.split(separator) if part.strip()] if separator else [cell]


def _opened(cell: Any, key: str) -> Any:
    if isinstance(cell, str):
        try:
            cell = parse_json(cell)
        except ValueError:
            return cell
    if isinstance(cell, Mapping):
        # {"spans": [...]}, or columns of lists as Hugging Face flips a list of objects.
        return cell[key] if key in cell else _unflipped(cell)
    return cell


def _unflipped(columns: Mapping[str, Any]) -> Any:
    lists = [list(one) if isinstance(one, (list, tuple)) else None for one in columns.values()]
    if not lists or any(one is None or len(one) != len(lists[0] or []) for one in lists):
        return None
    return [dict(zip(columns, row, strict=True)) for row in zip(*(one or [] for one in lists), strict=True)]
