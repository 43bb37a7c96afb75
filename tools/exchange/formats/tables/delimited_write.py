"""CSV and TSV exports: one row an item, the user's own columns at the end."""

from __future__ import annotations

import csv
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.exchange.export import ChosenItem
from tools.exchange.options import ExportOptions
from tools.exchange.tables.cells import cell_of
from tools.exchange.tables.formulas import escaped, is_risky
from tools.exchange.tables.layout import columns_of, flat_row
from tools.exchange.tables.roles import ANNOTATOR_NAMES, ESCAPED, OWN_META
from tools.exchange.writer import Plan
from tools.records import to_json
from tools.schema import FieldSpec

_LINE_END = "\r\n"


def cannot_hold(fields: Sequence[FieldSpec], options: ExportOptions) -> list[str]:
    """What a table of text loses."""
    said = [
        "Columns of the items come back as text: numbers, lists and nested values are written as JSON text.",
        "An empty cell in a column of the items cannot be told from an absent one.",
    ]
    if any(spec.record.most_characters for spec in fields) and options.provenance == "none":
        said.append("An empty text as an answer cannot be told from no answer.")
    return said


class DelimitedWriter:
    """Writes the rows first, for the user's columns are known only at the end, and puts the header before them."""

    def __init__(self, plan: Plan, delimiter: str) -> None:
        self._plan, self._delimiter = plan, delimiter
        self._columns = columns_of(plan.schema, plan.fields, plan.options)
        self._reserved = {*self._columns, ESCAPED, "meta", "kind", "parts", *ANNOTATOR_NAMES}
        self._reserved |= {name.casefold() for spec in plan.fields for name in (spec.id, spec.name)}
        self._own: dict[str, int] = {}
        self._widths: set[int] = set()
        self.escaped_cells = 0
        self._body_path = plan.path.with_name(f"{plan.path.name}.rows")
        self._body = self._body_path.open("w", encoding="utf-8", newline="")
        self._csv = csv.writer(self._body, delimiter=delimiter, lineterminator=_LINE_END)

    def add(self, item: ChosenItem) -> str:
        """Write one row."""
        row = flat_row(item, self._plan.schema, self._plan.fields, self._plan.options)
        cells = [_text(row[name]) for name in self._columns]
        names = list(self._columns)
        own = [""] * len(self._own)
        for name, cell in item.item.meta.items():
            at = self._own.setdefault(name, len(self._own))
            own += [""] * (at + 1 - len(own))
            own[at] = _text(cell)
        names += [*([ESCAPED] if self._plan.options.escape_formulas else []), *map(self._header, self._own)]
        self._csv.writerow(self._escape(names, cells, own))
        self._widths.add(len(names))
        return ""

    def _escape(self, names: Sequence[str], cells: list[str], own: list[str]) -> list[str]:
        """All cells of a row; where formulas are escaped, one cell says in which columns."""
        if not self._plan.options.escape_formulas:
            return cells + own
        mark = len(cells)
        row = [*cells, "", *own]
        risky = [at for at, cell in enumerate(row) if is_risky(cell)]
        for at in risky:
            row[at] = escaped(row[at])
        self.escaped_cells += len(risky)
        row[mark] = escaped("; ".join(names[at] for at in risky))
        return row

    def _header(self, name: str) -> str:
        """The column name of the user's own column, so that it is not read as one of ours or lost at its edges."""
        is_plain = name == name.strip() and name and not name.startswith(OWN_META)
        return name if is_plain and name.casefold() not in self._reserved else f"{OWN_META}{name}"

    def finish(self) -> list[Path]:
        """Put the header before the rows; rows written before a column was known get empty cells for it."""
        self._body.close()
        header = list(self._columns)
        if self._plan.options.escape_formulas:
            header.append(ESCAPED)
        header += map(self._header, self._own)
        with self._plan.path.open("w", encoding="utf-8", newline="") as target:
            whole = csv.writer(target, delimiter=self._delimiter, lineterminator=_LINE_END)
            safe = map(escaped, header) if self._plan.options.escape_formulas else header
            whole.writerow(safe)
            with self._body_path.open(encoding="utf-8", newline="") as body:
                if self._widths <= {len(header)}:
                    shutil.copyfileobj(body, target, 1 << 20)
                else:
                    csv.field_size_limit(sys.maxsize)
                    rows = csv.reader(body, delimiter=self._delimiter)
                    whole.writerows([*row, *[""] * (len(header) - len(row))] for row in rows)
        self._body_path.unlink()
        return [self._plan.path]

    def close(self) -> None:
        """Let go of the rows."""
        self._body.close()


def open_csv(plan: Plan) -> DelimitedWriter:
    """A writer of comma-separated values."""
    return DelimitedWriter(plan, ",")


def open_tsv(plan: Plan) -> DelimitedWriter:
    """A writer of tab-separated values."""
    return DelimitedWriter(plan, "\t")


def _text(cell: Any) -> str:
    """A cell as text: plain where it is one word, JSON where it is more."""
    if cell is None:
        return ""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, (list, tuple)) and all(isinstance(one, str) for one in cell):
        return cell_of({"labels": list(cell)})
    return to_json(cell) if isinstance(cell, (Mapping, list, tuple)) else str(cell)
