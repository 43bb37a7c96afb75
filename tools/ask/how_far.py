"""How far the work is: progress, pace, the mix of labels and of what people were shown."""

from __future__ import annotations

from typing import Any

from tools.ask.metrics import count_fact, few_note
from tools.ask.question import Question
from tools.context import Answer, ToolContext
from tools.intervals import rate_interval
from tools.results import Fact, Figure, Table, ToolResult
from tools.sentences import count_of, listing, percent, seconds_of, verb

STATE_COLUMNS = ("undecided", "decided", "agreed", "conflict", "suggested", "unread", "skipped", "flagged", "gold")
"""Columns of the query ``progress`` that are states of :class:`~tools.filters.ItemFilter` too."""


def overlap_of(ctx: ToolContext) -> int:
    """How many people an item needs."""
    return int(ctx.settings.get("overlap") or 1)


def progress_rows(ctx: ToolContext) -> tuple[dict[str, dict[str, Any]], Answer]:
    """The states of every field of the schema; a field without any work has all its items undecided."""
    answer = ctx.ask("progress", overlap=overlap_of(ctx))
    found = {str(row["field"]): row for row in answer.as_dicts()}
    items = ctx.items.count()
    idle: dict[str, Any] = {**dict.fromkeys((*STATE_COLUMNS, "done"), 0), "items": items, "undecided": items}
    return {field.id: found.get(field.id, {**idle, "field": field.id}) for field in ctx.schema.fields}, answer


def progress_row(ctx: ToolContext, field_id: str) -> tuple[dict[str, Any], Answer]:
    """The states of one field."""
    rows, answer = progress_rows(ctx)
    return rows[field_id], answer


def measure_progress(question: Question, ctx: ToolContext) -> ToolResult:
    """Items by state and decisions of each day."""
    row, answer = progress_row(ctx, question.field.id)
    name, items, decided = question.field.name, int(row["items"]), int(row["decided"])
    everybody = Question(question.field, "", "", "", "", question.sees_people)
    facts = [count_fact(state, int(row[state]), answer, everybody.where(state=state)) for state in STATE_COLUMNS]
    share = Fact(
        "decided_share",
        decided / items if items else None,
        "share",
        n=items,
        method="counted",
        sql=answer.sql,
        params=answer.params,
        where=everybody.where(state="decided"),
        note="" if items else "no items yet",
    )
    days = ctx.ask("decisions_per_day", field=question.field.id, reviewer=question.reviewer, **question.during)
    text = f"{progress_sentence(name, row)} {_days_sentence(days, bool(question.reviewer))}"
    return ToolResult(text, facts=(share, *facts), tables=(_day_table(name, days),), figures=_day_figure(name, days))


def progress_sentence(name: str, row: dict[str, Any]) -> str:
    """One sentence on a field's items."""
    items, decided, done = int(row["items"]), int(row["decided"]), int(row["done"])
    if not items:
        return "The project has no items yet."
    if not decided:
        return f"{name}: none of the {count_of(items, 'item')} is decided yet."
    parts = [f"{row['agreed']:,} agreed", f"{row['conflict']:,} in conflict"]
    if closed := decided - int(row["agreed"]) - int(row["conflict"]):
        parts.append(
            f"{closed:,} answered by others and open to you once you have decided {verb(closed, 'it', 'them')}"
        )
    if begun := decided - done:
        told = f"{name}: {done:,} of {count_of(items, 'item')} {verb(done, 'has', 'have')} as many answers as it takes"
        told += f" ({percent(done / items)}); {items - done:,} to go, {begun:,} of them with a first answer."
        return f"{told} Of the {decided:,} with an answer: {listing(parts)}."
    told = f"{name}: {done:,} of {count_of(items, 'item')} {verb(done, 'is', 'are')} decided"
    return f"{told} ({percent(done / items)}), {listing(parts)}; {items - done:,} to go."


def _days_sentence(days: Answer, is_one_person: bool) -> str:
    who = "This person" if is_one_person else "People"
    if not days.rows:
        return f"{who} decided nothing in the program yet."
    made = sum(_made(row) for row in days.as_dicts())
    pace = made / len(days.rows)
    return (
        f"{who} made {count_of(made, 'decision')} on {count_of(len(days.rows), 'day')} with any work, "
        f"{pace:.1f} a day on average."
    )


def _made(row: dict[str, Any]) -> int:
    return int(sum(row[key] for key in ("accepted", "chosen", "edited", "rejected", "skipped")))


def _day_table(name: str, days: Answer) -> Table:
    columns = ("day", "accepted", "chosen", "edited", "rejected", "skipped")
    return Table(f"Decisions a day, {name}", columns, days.rows, days.sql)


def _day_figure(name: str, days: Answer) -> tuple[Figure, ...]:
    if len(days.rows) < 2:
        return ()
    rows = days.as_dicts()
    series = {
        kind: tuple(float(row[kind]) for row in rows)
        for kind in ("accepted", "chosen", "edited", "rejected", "skipped")
        if any(row[kind] for row in rows)
    }
    return (Figure(f"Decisions a day, {name}", "bar", tuple(r["day"] for r in rows), series, "day", "decisions"),)


def measure_pace(question: Question, ctx: ToolContext) -> ToolResult:
    """Decisions an hour of active work, and how long the rest would take at that pace."""
    answer = ctx.ask("pace", field=question.field.id, reviewer=question.reviewer, **question.during)
    rows = answer.as_dicts()
    made, hours = sum(int(row["decisions"]) for row in rows), sum(float(row["active_seconds"]) for row in rows) / 3600
    pace = _pace_fact("pace", made, hours, answer, question)
    left = _left_fact(pace, question, ctx)
    tables: tuple[Table, ...] = ()
    if question.by == "reviewer":
        tables = (_pace_table(rows, answer, question),)
    return ToolResult(_pace_text(pace, left, question), facts=(pace, left), tables=tables)


def _pace_fact(name: str, made: int, hours: float, answer: Answer, question: Question) -> Fact:
    if not made or hours <= 0:
        return Fact(name, None, "per_hour", n=made, sql=answer.sql, params=answer.params, note="no timed work yet")
    interval = rate_interval(made, hours)
    return Fact(
        name,
        made / hours,
        "per_hour",
        n=made,
        low=interval.low,
        high=interval.high,
        method="Poisson 95 %, pauses over 5 minutes left out",
        sql=answer.sql,
        params=answer.params,
        where=question.where(),
        note=few_note(made),
    )


def _left_fact(pace: Fact, question: Question, ctx: ToolContext) -> Fact:
    row, answer = progress_row(ctx, question.field.id)
    decisions = (int(row["items"]) - int(row["done"])) * overlap_of(ctx)
    where = Question(question.field, "", "", "", "", False).where(state="undecided")
    if pace.value is None or pace.low is None or pace.high is None:
        return Fact(
            "time_left", None, "seconds", n=decisions, sql=answer.sql, params=answer.params, where=where, note=pace.note
        )
    return Fact(
        "time_left",
        3600 * decisions / pace.value,
        "seconds",
        n=decisions,
        low=3600 * decisions / pace.high,
        high=3600 * decisions / pace.low if pace.low else None,
        method="decisions to go at this pace",
        sql=answer.sql,
        params=answer.params,
        where=where,
        note=pace.note,
    )


def _pace_text(pace: Fact, left: Fact, question: Question) -> str:
    name = question.field.name
    if pace.value is None:
        return f"There is no timed work on {name} yet, so neither pace nor time left can be told."
    caution = f" This is {pace.note}." if pace.note else ""
    said = f"{name} goes at {pace.value:.0f} decisions an hour of active work (95 % interval {pace.low:.0f} to "
    said += f"{pace.high:.0f}, n={pace.n:,}); pauses over five minutes are left out.{caution}"
    if not left.n:
        return f"{said} Nothing is left to decide."
    ends = f" ({seconds_of(left.low or 0)} to {seconds_of(left.high)})" if left.high is not None else ""
    takes = f"{seconds_of(left.value or 0)}{ends} of work"
    return f"{said} At this pace the {count_of(left.n, 'decision')} to go {verb(left.n, 'takes', 'take')} {takes}."


def _pace_table(rows: list[dict[str, Any]], answer: Answer, question: Question) -> Table:
    cells = []
    for row in rows:
        fact = _pace_fact(row["reviewer"], int(row["decisions"]), float(row["active_seconds"]) / 3600, answer, question)
        told = "" if fact.value is None else f"{fact.value:.0f}"
        cells.append((row["reviewer"], row["decisions"], told, fact.note))
    return Table("Decisions an hour by person", ("reviewer", "decisions", "per hour", "note"), tuple(cells), answer.sql)
