"""One flat row an item: the columns that CSV, Parquet and Hugging Face exports share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tools.exchange.builder import parts_json
from tools.exchange.codec import decision_records, proposal_record
from tools.exchange.export import Chosen, ChosenItem
from tools.exchange.options import ExportOptions
from tools.records import to_json
from tools.schema import FieldSpec, LabelSchema

KEY, TEXT, KIND, PARTS = "key", "text", "kind", "parts"


def columns_of(schema: LabelSchema, fields: Sequence[FieldSpec], options: ExportOptions) -> list[str]:
    """The column names, in order; what is the user's own comes behind them."""
    first = [KEY, TEXT] if schema.modality.told_in == "one" else [KEY, TEXT, KIND, PARTS]
    beside = _beside(options)
    return [*first, *(name for spec in fields for name in (spec.id, *(f"{spec.id}.{one}" for one in beside)))]


def flat_row(
    item: ChosenItem, schema: LabelSchema, fields: Sequence[FieldSpec], options: ExportOptions
) -> dict[str, Any]:
    """The cells of one item by column; values as they are inside of their JSON form, ``None`` for no answer."""
    row: dict[str, Any] = {KEY: item.item.key, TEXT: item.item.text}
    if schema.modality.told_in != "one":
        row |= {KIND: item.item.kind, PARTS: parts_json(item.item.parts)}
    beside = _beside(options)
    for spec in fields:
        chosen = item.answers.get(spec.id)
        content = None if chosen is None else content_of(chosen.value)
        is_written_out = spec.record.column == "json" and content is not None
        row[spec.id] = to_json(content) if is_written_out else content
        cells = _cells(chosen) if chosen else {"status": "undecided"}
        row |= {f"{spec.id}.{name}": cells.get(name) for name in beside}
    return row


def content_of(value: Mapping[str, Any] | None) -> Any:
    """What stands under the one key of a value."""
    return None if value is None else next(iter(value.values()))


def _beside(options: ExportOptions) -> Sequence[str]:
    """What is written beside every field."""
    if options.provenance == "full":
        return ("status", "reviewers", "exposures", "decided_at", "score", "model", "prompt", "decisions", "proposal")
    if options.conflicts == "all_values":
        return ("status", "decisions")
    return ("status",) if options.include_unreviewed else ()


def _cells(chosen: Chosen) -> dict[str, Any]:
    times = [one.decided_at for one in chosen.decisions if one.decided_at]
    records = decision_records(chosen)
    proposal = chosen.proposal
    return {
        "status": chosen.status,
        "reviewers": chosen.reviewers or None,
        "exposures": list(dict.fromkeys(one.exposure for one in chosen.decisions)) or None,
        "decided_at": max(times).isoformat() if times else None,
        "score": proposal.score if proposal else None,
        "model": proposal.backend or None if proposal else None,
        "prompt": proposal.prompt or None if proposal else None,
        "decisions": to_json(records) if records else None,
        "proposal": to_json(proposal_record(proposal)) if proposal else None,
    }
