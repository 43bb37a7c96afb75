"""What one cell of a table says about a field, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.exchange.files.jsonread import parse_json
from tools.exchange.rows import Claim, Shape
from tools.kinds.taking import LabelNames
from tools.records import to_json
from tools.schema import IMAGE_KINDS, TEXT_KINDS, FieldSpec

SEPARATORS = (";", "|", ",")
_SHAPES: dict[str, Shape] = {
    "choice": "labels",
    "multi_choice": "labels",
    "spans": "spans",
    "relations": "relations",
    "rating": "rating",
    "text": "text",
    "boxes": "boxes",
    "polygons": "polygons",
    "masks": "masks",
    "keypoints": "keypoints",
}


def claim_of_cell(spec: FieldSpec, names: LabelNames, cell: Any) -> Claim:
    """The claim of one cell: text, or the list or object that a typed table holds."""
    shape = _SHAPES[spec.kind]
    if spec.kind in (*TEXT_KINDS, *IMAGE_KINDS):
        return Claim(spec.id, shape, _regions(cell, shape))
    if spec.kind == "multi_choice" and isinstance(cell, str):
        return Claim(spec.id, shape, _labels(names, cell))
    return Claim(spec.id, shape, [cell] if spec.kind == "choice" else cell)


def cell_of(value: Mapping[str, Any] | None) -> str:
    """The text by which :func:`claim_of_cell` gives the value back; empty for no value."""
    if value is None:
        return ""
    ((key, content),) = value.items()
    return str(content) if key in ("label", "rating", "text") else to_json(content)


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


def _regions(cell: Any, shape: str) -> Any:
    if isinstance(cell, str):
        try:
            cell = parse_json(cell)
        except ValueError:
            return cell
    if isinstance(cell, Mapping):
        # {"spans": [...]}, or columns of lists as Hugging Face flips a list of objects.
        return cell[shape] if shape in cell else _unflipped(cell)
    return cell


def _unflipped(columns: Mapping[str, Any]) -> Any:
    lists = [list(one) if isinstance(one, (list, tuple)) else None for one in columns.values()]
    if not lists or any(one is None or len(one) != len(lists[0] or []) for one in lists):
        return None
    return [dict(zip(columns, row, strict=True)) for row in zip(*(one or [] for one in lists), strict=True)]
