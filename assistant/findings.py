"""What a check found, as the person who ran it may read it: one table for chat, page and terminal alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.store.project import ProjectStore
from tools.filters import ItemFilter
from tools.findings import SEVERITY_WORDS, KeptFinding
from tools.records import Actor
from tools.results import Table, ToolResult

_MOST = 200


def with_findings(store: ProjectStore, result: ToolResult, run_id: int, actor: Actor) -> ToolResult:
    """The result with a table of what the run found, as far as this person may see it; its items are what is meant."""
    found = store.findings.of_run(run_id, actor)
    if not found:
        return result
    items = tuple(dict.fromkeys(one.finding.item_id for one in found))
    return replace(
        result,
        tables=(*result.tables, finding_table(store, found)),
        items=result.items or items,
        where=result.where or ItemFilter(run=run_id),
    )


def finding_table(store: ProjectStore, found: Sequence[KeptFinding]) -> Table:
    """One row a finding, in the order given."""
    shown = found[:_MOST]
    keys = dict(zip(ids, store.items.keys(ids), strict=True)) if (ids := [one.finding.item_id for one in shown]) else {}
    rows = tuple(
        (
            keys[one.finding.item_id],
            store.schema.field(one.finding.field).name,
            one.finding.kind.replace("_", " "),
            SEVERITY_WORDS[one.finding.severity],
            one.finding.sentence,
        )
        for one in shown
    )
    return Table("Findings", ("key", "field", "what", "how serious", "why"), rows)
