"""Outcomes of tools as plain records and words for the page. Pure: no project, no gradio."""

from __future__ import annotations

from typing import Any

from assistant import records
from assistant.executor import Outcome
from assistant.store.actions import PendingAction
from assistant.ui.chat.chart import chart_image
from tools.records import Actor
from tools.results import Fact, Table
from tools.spec import ToolSpec

_MOST_ROWS = 1000
_VERBS = {
    "bulk_accept": "Accept all listed",
    "mark_gold": "Mark as gold",
    "undo": "Undo",
    "export": "Export",
    "import": "Import",
    "schema": "Change the schema",
}


def fact_words(fact: Fact) -> str:
    """The number of a fact with its unit, or that it is undefined."""
    if fact.value is None:
        return "undefined"
    return _number(fact.value, fact.unit)


def interval_words(fact: Fact) -> str:
    """The interval of a fact, or nothing."""
    if fact.low is None or fact.high is None:
        return ""
    return f"{_number(fact.low, fact.unit)} – {_number(fact.high, fact.unit)}"


def _number(value: float, unit: str) -> str:
    if unit == "share":
        return f"{100 * value:.1f} %"
    if unit in ("count", "tokens"):
        return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
    if unit == "seconds":
        return f"{value:.1f} s"
    return f"{value:,.0f} / h" if unit == "per_hour" else f"{value:.3f}"


def fact_record(fact: Fact) -> dict[str, Any]:
    """A number with its receipt, and in words."""
    return {**records.fact_record(fact), "shown": fact_words(fact), "interval": interval_words(fact)}


def table_record(table: Table) -> dict[str, Any]:
    """A table, cut where nobody reads on."""
    return records.table_record(Table(table.title, table.columns, table.rows[:_MOST_ROWS]))


def outcome_record(outcome: Outcome) -> dict[str, Any]:
    """A result with what it started. Where a change waits, its tables are on the panel and not told twice."""
    result = outcome.result
    tables = () if outcome.action_id is not None else result.tables
    return {
        **records.outcome_record(outcome),
        "facts": [fact_record(fact) for fact in result.facts],
        "tables": [table_record(table) for table in tables],
        "figures": [{"title": figure.title, "image": chart_image(figure)} for figure in result.figures],
    }


def action_record(action: PendingAction, actor: Actor, asked: str = "") -> dict[str, Any]:
    """A change that waits, with everything that a person needs to answer it; ``asked`` is what was said for it.

    ``is_here`` says whether this person asked for it on the page: others' and the terminal's do not come to the front.
    """
    change = action.change
    through = " through the language model, which chose what it is about" if action.actor.via == "agent" else ""
    return {
        **records.action_record(action),
        "preview": [table_record(table) for table in change.preview],
        "verb": _VERBS.get(change.kind, "Confirm"),
        "by": f"{action.actor.person}{through}{' in the terminal' if _at_terminal(action.actor) else ''}",
        "asked": asked,
        "is_here": action.actor.person == actor.person and not _at_terminal(action.actor),
        "may_confirm": actor.may(change.role),
    }


def _at_terminal(actor: Actor) -> bool:
    return actor.via == "cli" or actor.session.startswith("cli:")


def tool_record(spec: ToolSpec) -> dict[str, Any]:
    """A tool with the JSON Schema of its arguments, from which the page makes a form."""
    return {
        "name": spec.name,
        "effect": spec.effect,
        "summary": spec.summary,
        "arguments": spec.arguments.model_json_schema(),
    }
