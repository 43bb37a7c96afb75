"""Plain JSON forms of what the executor returns, for sockets, ``--json`` and the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assistant.executor import Outcome
from assistant.jobs import JobStatus
from assistant.store.actions import PendingAction
from tools.results import Fact, Figure, Table, ToolResult


def outcome_record(outcome: Outcome) -> dict[str, Any]:
    """Everything to show of an outcome."""
    return {
        "tool": outcome.tool,
        **result_record(outcome.result),
        "run_id": outcome.run_id,
        "job_id": outcome.job_id,
        "action_id": outcome.action_id,
    }


def result_record(result: ToolResult) -> dict[str, Any]:
    """Text, numbers with their receipts, tables and figures of a result."""
    change = result.change
    # What a change shows before it is confirmed is mostly what its result holds anyhow.
    preview = [table for table in change.preview if table not in result.tables] if change else []
    return {
        "text": result.text,
        "facts": [fact_record(fact) for fact in result.facts],
        "tables": [table_record(table) for table in (*result.tables, *preview)],
        "figures": [figure_record(figure) for figure in result.figures],
        "items": list(result.items),
        "options": list(result.options),
        "exported": result.exported,
        "change": None if change is None else {"kind": change.kind, "sentence": change.sentence, "role": change.role},
    }


def fact_record(fact: Fact) -> dict[str, Any]:
    """One number with its receipt."""
    return {
        "name": fact.name,
        "value": fact.value,
        "unit": fact.unit,
        "n": fact.n,
        "low": fact.low,
        "high": fact.high,
        "method": fact.method,
        "note": fact.note,
        "sql": fact.sql,
        "params": {key: _plain(value) for key, value in fact.params.items()},
        "where": fact.where.to_record() if fact.where else None,
    }


def table_record(table: Table) -> dict[str, Any]:
    """Title, columns and rows."""
    rows = [[_plain(cell) for cell in row] for row in table.rows]
    return {"title": table.title, "columns": list(table.columns), "rows": rows}


def figure_record(figure: Figure) -> dict[str, Any]:
    """A chart as plain numbers."""
    return {
        "title": figure.title,
        "kind": figure.kind,
        "x": [_plain(value) for value in figure.x],
        "series": {name: list(values) for name, values in figure.series.items()},
        "x_title": figure.x_title,
        "y_title": figure.y_title,
        "bands": {name: [list(pair) for pair in pairs] for name, pairs in figure.bands.items()},
    }


def action_record(action: PendingAction) -> dict[str, Any]:
    """A pending action as the page and the terminal show it."""
    return {
        "action_id": action.action_id,
        "tool": action.tool,
        "kind": action.change.kind,
        "sentence": action.change.sentence,
        "preview": [table_record(table) for table in action.change.preview],
        "items": list(action.change.item_ids),
        "riskiest": list(action.change.riskiest),
        "role": action.change.role,
        "person": action.actor.person,
        "at": action.at.isoformat(),
    }


def job_record(job: JobStatus) -> dict[str, Any]:
    """Where a job stands."""
    return {
        "job_id": job.job_id,
        "run_id": job.run_id,
        "tool": job.tool,
        "field": job.field,
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "note": job.waits_for or job.note,
        "rate_per_s": job.rate_per_s,
        "seconds_left": job.seconds_left,
        "suggested": job.suggested,
        "words": job.words,
    }


def _plain(value: Any) -> Any:
    """A JSON-able cell: numbers, text, truth values and nothing stay, the rest becomes text."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return str(value)
