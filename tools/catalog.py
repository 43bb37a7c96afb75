"""The one tuple of tools: agent, command line, page and evaluation read it from here."""

from __future__ import annotations

from tools.ask.explain import explain_item
from tools.ask.find import find_items
from tools.ask.measure import measure
from tools.ask.status import project_status
from tools.decide.bulk import bulk_accept
from tools.decide.gold import mark_gold
from tools.decide.people_per_item import people_per_item
from tools.decide.schema_change import change_schema
from tools.decide.take_back import undo
from tools.exchange.tool import export_data, import_data
from tools.prelabel.tool import prelabel
from tools.sample.tool import sample
from tools.segment.tool import segment
from tools.spec import ToolSpec
from tools.transcribe.tool import transcribe

CATALOG: tuple[ToolSpec, ...] = (
    project_status,
    find_items,
    explain_item,
    measure,
    prelabel,
    segment,
    transcribe,
    sample,
    import_data,
    export_data,
    bulk_accept,
    mark_gold,
    change_schema,
    people_per_item,
    undo,
)
"""In the order in which they are shown."""
