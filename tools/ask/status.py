"""The tool that says where the project stands: items, fields, queues, runs, jobs and people."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from tools.ask.how_far import STATE_COLUMNS, progress_rows, progress_sentence
from tools.ask.metrics import count_fact
from tools.ask.model_record import learned_rows, record_words
from tools.context import Answer, ToolContext
from tools.filters import ItemFilter
from tools.moments import said_day, said_moment
from tools.naming import field_named
from tools.results import Fact, Table, ToolResult
from tools.schema import FieldSpec
from tools.sentences import capital, count_of, listing, seconds_of, verb
from tools.spec import ToolArgs, tool

RECENT = 5
_LEARNING_NOW = {
    "off": "nothing more is learned while no page is served: start “assistant serve”, or ask for suggestions again",
    "learning": "it is learning from newer labels right now",
    "resting": "it has just learned and goes on in half a minute at most",
}
AT_WORK = ("queued", "running", "paused")


class ProjectStatusArgs(ToolArgs):
    """What the status is about."""

    field: str = Field(default="", description="Only this field; every field if empty")


@tool(effect="read", version=1)
def project_status(args: ProjectStatusArgs, ctx: ToolContext) -> ToolResult:
    """Say where the project stands: how many items there are, how far each field is, what waits in the queue, what ran
    last, which jobs are running and who works on it.
    """
    fields = (field_named(ctx.schema, args.field),) if args.field else ctx.schema.fields
    items = ctx.items.count()
    if not items:
        return ToolResult(
            "The project has no items yet. Import a file to begin.",
            facts=(Fact("items", 0, "count", n=0, note="no items yet"),),
            options=("Import a file",),
        )
    states, answer = progress_rows(ctx)
    rows = [(field, states[field.id]) for field in fields]
    told = [f"The project has {count_of(items, 'item')}."]
    told += [_field_text(field, row) for field, row in rows if _has_work(row)]
    idle = [field.name for field, row in rows if not _has_work(row)]
    if idle:
        told.append(f"Nothing is decided or suggested for {listing(idle)} yet.")
    facts = [Fact("items", items, "count", where=ItemFilter(), sql=answer.sql, params=answer.params)]
    for field, row in rows:
        facts += _field_facts(field, row, answer)
    tables = [_field_table(rows, answer)]
    for part in (_queues, _learned, _runs, _jobs, _people):
        sentences, more = part(ctx)
        told += sentences
        tables += more
    return ToolResult(" ".join(told), facts=tuple(facts), tables=tuple(tables))


def _has_work(row: dict[str, Any]) -> bool:
    return any(row[state] for state in STATE_COLUMNS if state != "undecided")


def _field_text(field: FieldSpec, row: dict[str, Any]) -> str:
    told = progress_sentence(field.name, row)
    notes = [
        f"{row['suggested']:,} {verb(row['suggested'], 'has', 'have')} a suggestion waiting"
        if row["suggested"]
        else "",
        f"{row['skipped']:,} {verb(row['skipped'], 'was', 'were')} skipped" if row["skipped"] else "",
        f"{row['flagged']:,} {verb(row['flagged'], 'is', 'are')} flagged" if row["flagged"] else "",
        f"{row['gold']:,} {verb(row['gold'], 'is', 'are')} gold" if row["gold"] else "",
    ]
    kept = [note for note in notes if note]
    if kept:
        told += f" Of all its items, {listing(kept)}."
    if row["unread"]:
        told += f" On {count_of(row['unread'], 'item')} a proposal could not be read or did not fit the schema."
    return told


def _field_facts(field: FieldSpec, row: dict[str, Any], answer: Answer) -> list[Fact]:
    return [
        count_fact(f"{field.id}.{state}", int(row[state]), answer, ItemFilter(field=field.id, state=state))  # type: ignore[arg-type]
        for state in STATE_COLUMNS
    ]


def _field_table(rows: list[tuple[FieldSpec, dict[str, Any]]], answer: Answer) -> Table:
    cells = tuple((field.name, *(int(row[state]) for state in STATE_COLUMNS)) for field, row in rows)
    return Table("Items by field and state", ("field", *STATE_COLUMNS), cells, answer.sql)


def _queues(ctx: ToolContext) -> tuple[list[str], list[Table]]:
    known = {field.id: field.name for field in ctx.schema.fields}
    rows = [row for row in ctx.ask("queues").as_dicts() if row["field"] in known]
    return [_queue_text(known[row["field"]], int(row["waiting"]), int(row["items"])) for row in rows], []


def _queue_text(name: str, waiting: int, items: int) -> str:
    if not waiting:
        return f"The newest queue of {name} is finished."
    told = f"{waiting:,} of {count_of(items, 'item')} {verb(waiting, 'waits', 'wait')} for a decision"
    return f"In the newest queue of {name}, {told}."


def _learned(ctx: ToolContext) -> tuple[list[str], list[Table]]:
    """What suggestions and order rest on, and when they are made again."""
    known = {field.id: field.name for field in ctx.schema.fields}
    rows = [row for row in learned_rows(ctx).as_dicts() if row["field"] in known]
    told = [(_learned_text(known[row["field"]], row, ctx), record_words(known[row["field"]], row)) for row in rows]
    return [sentence for pair in told for sentence in pair if sentence], []


def _learned_text(name: str, row: dict[str, Any], ctx: ToolContext) -> str:
    told = f"What is suggested or queued for {name} was learned from {count_of(int(row['learned_from']), 'label')} at "
    told += f"{row['learned_at']:%H:%M} UTC on {said_day(row['learned_at'])} (run {row['run_id']})"
    if not row["is_asked"]:
        return f"{told}."
    if not ctx.settings.get("retrain", True):
        return f"{told}; learning again by itself is switched off (setting retrain)."
    now = str(ctx.settings.get("learning_now", "watching"))
    if now in _LEARNING_NOW:
        return f"{told}; {_LEARNING_NOW[now]}."
    left = int(ctx.settings.get("retrain_after") or 1) - (int(row["labels"]) - int(row["learned_from"]))
    if left <= 0:
        return f"{told}; it learns again in a moment."
    return f"{told}; next after {count_of(left, 'more label', 'more labels')}, or when people pause."


def _runs(ctx: ToolContext) -> tuple[list[str], list[Table]]:
    answer = ctx.ask("recent_runs", limit=RECENT)
    rows = answer.as_dicts()
    if not rows:
        return ["Nothing has been run yet."], []
    columns = ("run", "tool", "back-end", "field", "usable", "invalid", "unread", "undecided", "queued", "withdrawn")
    keys = ("run_id", "tool", "backend", "field", "usable", "invalid", "unread", "undecided", "queued", "withdrawn")
    table = Table("Last runs", columns, tuple(tuple(row[key] for key in keys) for row in rows), answer.sql)
    last = rows[0]
    if last["run_id"] in _at_work(ctx):
        so_far = count_of(int(last["usable"]), "usable proposal")
        told = f"The last run is number {last['run_id']} ({last['tool']}): it is at work and has made {so_far} so far."
        return [told], [table]
    made = f"made {count_of(int(last['usable']), 'usable proposal')}"
    if last["queued"]:
        made = f"queued {count_of(int(last['queued']), 'item')}"
    told = f"The last run was number {last['run_id']} ({last['tool']}), which {made}"
    if last["withdrawn"]:
        return [f"{told} and was withdrawn."], [table]
    if last["usable"]:
        told += f", {last['undecided']:,} of them still undecided"
    return [f"{told}."], [table]


def _at_work(ctx: ToolContext) -> set[int]:
    """The runs whose jobs are not over."""
    rows = ctx.ask("recent_jobs", limit=RECENT).as_dicts()
    return {row["run_id"] for row in rows if row["state"] in AT_WORK}


def _jobs(ctx: ToolContext) -> tuple[list[str], list[Table]]:
    answer = ctx.ask("recent_jobs", limit=RECENT)
    rows = answer.as_dicts()
    at_work = [row for row in rows if row["state"] in AT_WORK]
    told = [
        f"Job {row['job_id']} ({row['tool']}) is {row['state']}: {row['done']:,} of "
        f"{count_of(int(row['total']), 'item')} {verb(int(row['done']), 'is', 'are')} done."
        for row in at_work
    ]
    failed = [str(row["job_id"]) for row in rows if row["state"] == "failed"]
    if failed:
        told.append(f"{capital(verb(len(failed), 'job', 'jobs'))} {listing(failed)} failed; the table has the reason.")
    if not rows:
        return told, []
    keys = ("job_id", "tool", "field", "state", "done", "total", "note")
    columns = ("job", *keys[1:])
    return told, [Table("Last jobs", columns, tuple(tuple(row[key] for key in keys) for row in rows), answer.sql)]


def _people(ctx: ToolContext) -> tuple[list[str], list[Table]]:
    leads = ctx.actor.may("lead")
    answer = ctx.ask("reviewers" if leads else "own_work")
    rows = answer.as_dicts()
    if not rows:
        return ["Nobody has decided anything yet." if leads else "You have not decided anything yet."], []
    if not leads:
        own = rows[0]
        pace = f", {seconds_of(own['median_seconds'])} each in the median" if own["median_seconds"] is not None else ""
        return [f"You have {count_of(int(own['decisions']), 'standing decision')}{pace}."], []
    cells = tuple(
        (
            row["reviewer"],
            row["decisions"],
            row["rejected"],
            row["skipped"],
            row["imported"],
            row["bulk"],
            "" if row["median_seconds"] is None else f"{row['median_seconds']:.1f}",
            said_moment(row["last_at"]),
        )
        for row in rows
    )
    columns = ("reviewer", "decisions", "rejected", "skipped", "imported", "in batches", "median seconds", "last (UTC)")
    word = count_of(len(rows), "person", "people")
    return [f"{capital(word)} {verb(len(rows), 'has', 'have')} decided something."], [
        Table("People", columns, cells, answer.sql)
    ]
