"""The columnar record of one import: every source row is an item or a reject, every label is taken or dropped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tools.errors import FormatRefused
from tools.results import Table

_S, _I, _F = pa.string(), pa.int64(), pa.float64()
ITEMS = pa.schema([("row", _I), ("key", _S), ("text", _S), ("kind", _S), ("parts", _S), ("meta", _S), ("media", _S)])
LABELS = pa.schema(
    [
        ("row", _I),
        ("field", _S),
        ("annotator", _S),
        ("value", _S),
        ("verdict", _S),
        ("decided_at", pa.timestamp("us", "UTC")),
        ("exposure", _S),
        ("reason", _S),
    ]
)
PROPOSALS = pa.schema(
    [
        ("row", _I),
        ("field", _S),
        ("value", _S),
        ("score", _F),
        ("backend", _S),
        ("state", _S),
        ("problem", _S),
        ("alternatives", _S),
    ]
)
REJECTS = pa.schema([("row", _I), ("reason", _S), ("excerpt", _S)])
DROPPED = pa.schema([("row", _I), ("field", _S), ("reason", _S), ("excerpt", _S)])
EXCERPT = 80
SHOWN_REASONS = 20


@dataclass(frozen=True)
class ImportBatch:
    """What a file holds, checked against a schema, before anything is stored.

    Rows are counted from 1 in the source's own unit: data rows for tables, lines for JSONL, tasks, sentences or
    documents for the other formats. ``read`` is the number of source rows and always items plus rejects.
    ``labels.value`` and ``proposals.value`` are canonical JSON, null for events. ``dropped`` are labels and
    proposals that could not be taken over; their item is still in ``items``. ``notes`` are sentences about how the
    file was understood.
    """

    items: Any
    labels: Any
    proposals: Any
    rejects: Any
    dropped: Any
    read: int
    source_name: str
    source_hash: str
    format: str
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """An account that does not balance is a defect of a reader and must never be stored."""
        for name, expected in _SCHEMAS.items():
            if getattr(self, name).schema != expected:
                raise TypeError(f"ImportBatch.{name} has the wrong columns: {getattr(self, name).schema}")
        if self.read != self.items.num_rows + self.rejects.num_rows:
            accounted = f"{self.items.num_rows} items + {self.rejects.num_rows} rejects"
            raise FormatRefused(f"{self.source_name}: {self.read} rows were read but {accounted} are accounted for.")
        if self.labels.num_rows and not pc.all(pc.greater(pc.utf8_length(self.labels["annotator"]), 0)).as_py():
            raise FormatRefused(f"{self.source_name}: a label has no annotator.")

    def conservation(self) -> Table:
        """Where every source row and every label went."""
        rows: list[tuple[str, str, int]] = [
            ("rows", "read", self.read),
            ("rows", "became items", self.items.num_rows),
            *(("rows", f"rejected: {reason}", n) for reason, n in counted(self.rejects["reason"])),
            ("labels", "taken over", self.labels.num_rows),
            *(("labels", f"dropped: {reason}", n) for reason, n in counted(self.dropped["reason"])),
        ]
        if self.proposals.num_rows:
            rows.append(("proposals", "taken over", self.proposals.num_rows))
        return Table(f"Import of {self.source_name}", ("what", "where it went", "count"), tuple(rows))


_SCHEMAS = {"items": ITEMS, "labels": LABELS, "proposals": PROPOSALS, "rejects": REJECTS, "dropped": DROPPED}


def counted(values: Any, most: int = SHOWN_REASONS) -> list[tuple[str, int]]:
    """How often each text occurs, the commonest first; what does not fit on a screen is summed in the last row."""
    found = [(str(one["values"]), int(one["counts"])) for one in pc.value_counts(values).to_pylist()]
    found.sort(key=lambda pair: (-pair[1], pair[0]))
    if len(found) <= most:
        return found
    rest = found[most - 1 :]
    return [*found[: most - 1], (f"{len(rest)} other reasons", sum(n for _, n in rest))]


def excerpt_of(text: str) -> str:
    """The start of a source row on one line, for a person who looks for it."""
    flat = " ".join(text[: 4 * EXCERPT].replace("\0", "␀").split())
    clean = flat.encode("utf-8", "replace").decode("utf-8")
    return clean if len(clean) <= EXCERPT else clean[: EXCERPT - 1] + "…"


class Columns:
    """Lists that become one Arrow table."""

    def __init__(self, schema: Any) -> None:
        self._schema = schema
        self._lists: list[list[Any]] = [[] for _ in schema]

    def add(self, *cells: Any) -> None:
        """One row, in the order of the schema."""
        for column, cell in zip(self._lists, cells, strict=True):
            column.append(cell)

    def __len__(self) -> int:
        return len(self._lists[0])

    def add_problems(self, row: int, field: str, problems: Iterable[tuple[str, str]]) -> None:
        """Rows of the dropped table."""
        for reason, excerpt in problems:
            self.add(row, field, reason, excerpt_of(excerpt))

    def table(self) -> Any:
        """The rows so far."""
        arrays = [pa.array(cells, kind) for cells, kind in zip(self._lists, self._schema.types, strict=True)]
        return pa.table(arrays, schema=self._schema)
