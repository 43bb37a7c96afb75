"""Taking an import into the project: columnar, in one transaction, with an account of every row.

Importing the same source again changes nothing: items are known by their key, labels by (item, field, annotator).
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from assistant.store.file.clock import stored_time
from assistant.store.file.database import Database
from assistant.store.file.transaction import Transaction
from assistant.store.intake.items import add_items, note_problems, place_items
from assistant.store.intake.labels import add_labels, add_proposals, meanings_of
from assistant.store.media import has_images
from tools.exchange.batch import ImportBatch
from tools.records import Actor, JsonValue, to_json


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The account: ``read == new + known + rejected``; ``labels == labels_taken + labels_known + labels_dropped``."""

    import_id: int
    read: int
    new: int
    known: int
    rejected: int
    labels: int
    labels_taken: int
    labels_known: int
    labels_dropped: int
    proposals_taken: int

    @property
    def adds_up(self) -> bool:
        """Whether every row of the source is accounted for."""
        labels = self.labels_taken + self.labels_known + self.labels_dropped
        return self.read == self.new + self.known + self.rejected and self.labels == labels


def reasons_of(database: Database, import_id: int) -> list[tuple[str, str, int, int]]:
    """Why rows and labels of an import were left out: what became of them, the reason, how many, the first row."""
    rows = database.rows(
        "SELECT what, reason, count(*), min(source_row) FROM import_problems WHERE import_id = ? "
        "GROUP BY ALL ORDER BY count(*) DESC, min(source_row), what, reason",
        [import_id],
    )
    return [(str(what), str(reason), int(count), int(first)) for what, reason, count, first in rows]


def take_in(
    database: Database,
    batch: ImportBatch,
    actor: Actor,
    options: Mapping[str, JsonValue],
    version: int,
    same_region: float = 1.0,
) -> ImportReport:
    """Write a parsed batch; the report adds up or nothing is written.

    ``same_region`` is the IoU from which regions of an image that two people drew count as the same.
    """
    with database.write() as transaction:
        import_id = transaction.new_ids("imports")[0]
        report = _take_in(transaction, batch, actor, import_id, version, same_region)
        if not report.adds_up:
            raise TypeError(f"the import of {batch.source_name} does not add up: {report}")
        transaction.cover("import_problems", import_id, import_id)
        transaction.insert(
            "imports",
            import_id=import_id,
            source_name=batch.source_name,
            source_hash=batch.source_hash,
            format=batch.format,
            options=to_json(options),
            counts=to_json(asdict(report)),
            actor=actor.person,
            made_at=stored_time(transaction.now),
        )
        transaction.record(
            actor.person,
            "import",
            {"import": import_id, "source": batch.source_hash, "counts": asdict(report), "via": actor.via},
        )
    return report


def _take_in(
    transaction: Transaction, batch: ImportBatch, actor: Actor, import_id: int, version: int, same_region: float
) -> ImportReport:
    placed = place_items(transaction, batch.items, batch.source_hash[:12], import_id)
    # The values are read by Python while DuckDB, which does not hold the interpreter, writes the items.
    with ThreadPoolExecutor(1) as beside:
        meanings = beside.submit(meanings_of, batch.labels)
        add_items(transaction, batch.items, placed, import_id)
    _note_lost(transaction, batch.rejects, import_id, "rejected")
    _note_lost(transaction, batch.dropped, import_id, "dropped")
    taken, known, dropped = add_labels(
        transaction,
        batch.labels,
        meanings.result(),
        placed,
        import_id,
        actor,
        version,
        same_region if has_images(batch.items) else None,
    )
    proposals = add_proposals(transaction, batch, placed, import_id, actor, version)
    return ImportReport(
        import_id,
        batch.read,
        placed.new,
        placed.known,
        batch.rejects.num_rows + placed.repeated,
        batch.labels.num_rows + batch.dropped.num_rows,
        taken,
        known,
        dropped + batch.dropped.num_rows,
        proposals,
    )


def _note_lost(transaction: Transaction, lost: pa.Table, import_id: int, what: str) -> None:
    fields = lost["field"] if "field" in lost.column_names else ""
    note_problems(transaction, import_id, what, lost["row"], lost["reason"], fields, lost["excerpt"])


def report_table(report: ImportReport) -> list[tuple[str, Any]]:
    """Rows of the conservation table in the words of the page."""
    return [
        ("rows in the source", report.read),
        ("new items", report.new),
        ("already in the project", report.known),
        ("rejected", report.rejected),
        ("labels and events in the source", report.labels),
        ("taken over", report.labels_taken),
        ("already there", report.labels_known),
        ("left out", report.labels_dropped),
        ("proposals taken over", report.proposals_taken),
    ]
