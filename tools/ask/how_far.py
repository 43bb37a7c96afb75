"""How far the work is: progress, pace, the mix of labels and of what people were shown."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from tools.ask.metrics import TOO_FEW, count_fact, few_note, say_fact, share_fact, shown_share
from tools.ask.question import Question
from tools.context import Answer, ToolContext
from tools.intervals import rate_interval
from tools.naming import label_name
from tools.results import Fact, Figure, Table, ToolResult
from tools.sentences import capital, count_of, listing, percent, seconds_of, verb

STATE_COLUMNS = ("undecided", "decided", "agreed", "conflict", "suggested", "unread", "skipped", "flagged", "gold")
"""Columns of the query ``progress`` that are states of :class:`~tools.filters.ItemFilter` too."""

EXPOSURE_WORDS = {
    "blind": "without a suggestion",
    "suggested": "with a suggestion in sight",
    "revealed": "after asking for the suggestion",
    "bulk_listed": "in a batch without being looked at one by one",
    "bulk_viewed": "in a batch as one of the examples looked at",
    "imported_unknown": "imported without a note of what was shown",
    "imported_independent": "imported as independent",
    "probe": "on a planted check",
}


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
    days = ctx.ask("decisions_per_day", field=question.field.id, reviewer=question.reviewer, since=question.since)
    text = f"{progress_sentence(name, row)} {_days_sentence(days, bool(question.reviewer))}"
    return ToolResult(text, facts=(share, *facts), tables=(_day_table(name, days),), figures=_day_figure(name, days))


def progress_sentence(name: str, row: dict[str, Any]) -> str:
    """One sentence on a field's items."""
    items, decided = int(row["items"]), int(row["decided"])
    if not items:
        return "The project has no items yet."
    if not decided:
        return f"{name}: none of the {count_of(items, 'item')} is decided yet."
    parts = [f"{row['agreed']:,} agreed", f"{row['conflict']:,} in conflict"]
    told = f"{name}: {decided:,} of {count_of(items, 'item')} {verb(decided, 'is', 'are')} decided"
    return f"{told} ({percent(decided / items)}), {listing(parts)}; {int(row['undecided']):,} to go."


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
    answer = ctx.ask("pace", field=question.field.id, reviewer=question.reviewer, since=question.since)
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


def measure_labels(question: Question, ctx: ToolContext) -> ToolResult:
    """Share of each label among agreed items, or among the standing labels of one person or time."""
    if question.field.kind == "text":
        return ToolResult(f"{question.field.name} is answered in text and has no labels to count.")
    counts, whole, answer = _label_counts(question, ctx)
    facts = [
        share_fact(f"share[{label}]", items, whole, answer, "nothing labelled yet", _label_where(question, label))
        for label, items in counts.items()
        if not question.label or label == question.label
    ]
    if question.label and question.label not in counts:
        where = _label_where(question, question.label)
        facts = [share_fact(f"share[{question.label}]", 0, whole, answer, "nothing labelled yet", where)]
    table = _label_table(question, counts, facts, answer)
    return ToolResult(
        _label_text(question, counts, whole, facts),
        facts=tuple(facts),
        tables=(table,),
        figures=_label_figure(question, counts) if counts else (),
    )


def _label_where(question: Question, label: str) -> Any:
    if question.reviewer or question.since:
        return question.where(label=label)
    return question.where(label=label, state="agreed")


def _label_counts(question: Question, ctx: ToolContext) -> tuple[dict[str, int], int, Answer]:
    """Items by label with the most frequent first, the number of labelled items, and the receipt."""
    field = question.field.id
    if not (question.reviewer or question.since):
        answer = ctx.ask("label_counts", field=field)
        row, _ = progress_row(ctx, field)
        return {r["label"]: int(r["items"]) for r in answer.as_dicts()}, int(row["agreed"]), answer
    answer = ctx.ask("given_labels", field=field, reviewer=question.reviewer, since=question.since)
    totals: dict[str, int] = defaultdict(int)
    for row in answer.as_dicts():
        totals[row["label"]] += int(row["items"])
    mix = ctx.ask("exposure_mix", field=field, reviewer=question.reviewer, since=question.since)
    whole = sum(int(row["decisions"]) for row in mix.as_dicts())
    return dict(sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))), whole, answer


def _label_text(question: Question, counts: dict[str, int], whole: int, facts: list[Fact]) -> str:
    field, among = question.field, "labels" if question.reviewer or question.since else "agreed items"
    if not whole:
        return f"Nothing is labelled for {field.name} yet, so there are no shares."
    if question.label:
        return f"{label_name(field, question.label)} has {say_fact(facts[0])} of the {among} of {field.name}."
    if not counts:
        return f"None of the {whole:,} {among} of {field.name} carries a label."
    most = next(iter(counts))
    unused = [label_name(field, one) for one in field.label_ids if one not in counts]
    said = (
        f"Of {whole:,} {among} of {field.name}, {label_name(field, most)} has the largest share: {say_fact(facts[0])}."
    )
    if unused:
        said += f" {capital(listing(unused))} {verb(len(unused), 'has', 'have')} not been used yet."
    return f"{said} The shares describe what was labelled so far, which need not be a random part of the items."


def _label_table(question: Question, counts: dict[str, int], facts: list[Fact], answer: Answer) -> Table:
    rows = []
    for fact in facts:
        label = fact.name[len("share[") : -1]
        rows.append((label_name(question.field, label), counts.get(label, 0), *shown_share(fact)))
    return Table(
        f"Labels of {question.field.name}", ("label", "items", "share", "95 % interval"), tuple(rows), answer.sql
    )


def _label_figure(question: Question, counts: dict[str, int]) -> tuple[Figure, ...]:
    names = tuple(label_name(question.field, label) for label in counts)
    series = {"items": tuple(float(items) for items in counts.values())}
    return (Figure(f"Labels of {question.field.name}", "bar", names, series, "label", "items"),)


def measure_exposures(question: Question, ctx: ToolContext) -> ToolResult:
    """What people had in sight when they gave the labels that stand."""
    answer = ctx.ask("exposure_mix", field=question.field.id, reviewer=question.reviewer, since=question.since)
    totals: dict[str, int] = defaultdict(int)
    for row in answer.as_dicts():
        totals[row["exposure"]] += int(row["decisions"])
    whole, name = sum(totals.values()), question.field.name
    if not whole:
        return ToolResult(
            f"Nothing is labelled for {name} yet.",
            facts=(share_fact("share[blind]", 0, 0, answer, "nothing labelled yet", question.where()),),
        )
    kinds = sorted(totals, key=lambda kind: (-totals[kind], kind))
    facts = [share_fact(f"share[{kind}]", totals[kind], whole, answer, "", question.where()) for kind in kinds]
    told = [f"{percent(totals[kind] / whole)} {EXPOSURE_WORDS[kind]}" for kind in kinds]
    usable = sum(totals.get(kind, 0) for kind in ("blind", "imported_independent"))
    text = f"The {count_of(whole, 'label')} of {name} were given: {listing(told)}."
    text += f" {capital(count_of(usable, 'label'))} can be used to judge models" + (
        f", which is too few: about {TOO_FEW} are the least." if usable < TOO_FEW else "."
    )
    return ToolResult(text, facts=tuple(facts), tables=(_exposure_table(answer, question, totals),))


def _exposure_table(answer: Answer, question: Question, totals: dict[str, int]) -> Table:
    if question.by == "reviewer":
        rows = tuple((r["reviewer"], r["exposure"], r["decisions"]) for r in answer.as_dicts())
        return Table("What was shown, by person", ("reviewer", "shown", "labels"), rows, answer.sql)
    pairs = tuple((EXPOSURE_WORDS[kind], number) for kind, number in sorted(totals.items(), key=lambda p: -p[1]))
    return Table("What was shown", ("shown", "labels"), pairs, answer.sql)
