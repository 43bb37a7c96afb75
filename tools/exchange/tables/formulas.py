"""Cells that a spreadsheet would run as a formula, escaped so that the way back is exact."""

from __future__ import annotations

import re
from typing import Any

import pyarrow.compute as pc

# What OWASP names under CSV injection: the signs, their full-width forms, and white space that programs skip.
_STARTS = "[=+\\-@\\t\\r\\n＝＋－＠]"
_RISKY = re.compile(f"'*{_STARTS}")
_ESCAPED = re.compile(f"'+{_STARTS}")


def is_risky(cell: str) -> bool:
    """Whether the cell starts a formula, or would look like an escaped one."""
    return _RISKY.match(cell) is not None


def escaped(cell: str) -> str:
    """The cell behind one apostrophe if it is risky; apostrophes that were there are kept behind it."""
    return f"'{cell}" if is_risky(cell) else cell


def unescaped(cell: str) -> str:
    """The cell whose :func:`escaped` form this is."""
    return cell[1:] if _ESCAPED.match(cell) else cell


def unescape_columns(table: Any, marker: str) -> Any:
    """A table as it was before its text cells were escaped, where the column ``marker`` says that they were."""
    if marker not in table.column_names:
        return table
    for at, name in enumerate(table.column_names):
        # The apostrophe is cut off by a pattern anchored at the start; \A because a cell may have many lines.
        plain = pc.replace_substring_regex(table[name], rf"\A'('*{_STARTS})", r"\1", max_replacements=1)
        table = table.set_column(at, name, plain)
    return table
