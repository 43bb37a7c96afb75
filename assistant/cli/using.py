"""``chat``, ``run``, ``jobs``: asking and letting tools work."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from assistant.cli.link import Link
from assistant.cli.printing import console, say, show_json, show_result, show_table
from assistant.cli.projects import As, AsJson, Project
from tools.catalog import CATALOG
from tools.errors import InputError, NotFound
from tools.spec import ToolSpec

REFUSED, NOTHING_CAME, FAILED, NOT_FINISHED = 2, 3, 4, 5
"""How a command ends in which something was refused, or whose job made no suggestion, failed, or stopped early."""

_RAW = {"allow_extra_args": True, "ignore_unknown_options": True}


def add_to(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    app.command("chat")(chat)
    app.command("run", context_settings=_RAW)(run)
    app.command("jobs")(jobs)


def chat(
    project: Project,
    words: Annotated[str, typer.Argument(help="What you want, in plain words.")],
    model: Annotated[str, typer.Option(help="provider:name, as in openai:gpt-5-mini.")] = "",
    as_json: AsJson = False,
    person: As = "",
) -> None:
    """One turn of the conversation; the same planner and tools as in the page.

    Exit code: 0 when it was answered, 2 when something in it failed or was refused.
    """
    told, begun, is_broken = _Told(project), dict[int, None](), False
    with Link(project, person, model) as link:
        for event in link.stream("turn", text=words):
            if as_json:
                show_json(event)
            else:
                told.hear(event)
            is_broken = is_broken or event["kind"] == "error"
            if event.get("job_id") and event["kind"] in ("tool_finished", "progress"):
                begun[int(event["job_id"])] = None
        # What the answer says of its work comes before how the work ends; each job is followed once.
        for job_id in () if link.is_remote else begun:
            _follow(link, job_id, as_json)
    if is_broken:
        raise typer.Exit(REFUSED)


class _Told:
    """Events of a turn on the terminal: the sentence first, then its tables, each once."""

    def __init__(self, project: Path) -> None:
        self._project = project
        self._tables: list[dict[str, Any]] = []

    def hear(self, event: dict[str, Any]) -> None:
        """Print one event."""
        kind = event["kind"]
        if kind == "tool_started":
            console().print(f"[dim]{event['tool']} …[/dim]")
        elif kind == "tool_finished":
            for table in (event["result"] or {}).get("tables", ()):
                if table["rows"] and table not in self._tables:
                    self._tables.append(table)
            if not (event["result"] or {}).get("text"):
                self._show_tables()
        elif kind == "action":
            say(f"{event['text']} Confirm with: assistant confirm {self._project} {event['action_id']}")
        else:
            if event["text"]:
                say(str(event["text"]))
            if kind == "options":
                say("You can say: " + " | ".join(event["options"]))
            self._show_tables()

    def _show_tables(self) -> None:
        for table in self._tables:
            show_table(table)
        self._tables = []


def run(
    context: typer.Context,
    project: Project,
    tool: Annotated[str, typer.Argument(help="Name of the tool; 'assistant run PROJECT tools' lists them.")],
    yes: Annotated[bool, typer.Option("--yes", help="Confirm a change at once.")] = False,
    wait: Annotated[bool, typer.Option(help="Wait for background work.")] = True,
    as_json: AsJson = False,
    person: As = "",
) -> None:
    """Run one tool with its own flags, for example: run PROJECT prelabel --field intent --limit 50.

    Exit code: 0 when all went well, 2 when the tool refused, 3 when its work ended without one usable suggestion, 4
    when it failed, 5 when it was paused or cancelled before its end.
    """
    if tool == "tools":
        for spec in CATALOG:
            say(f"{spec.name:16} {spec.effect:8} {spec.summary}")
        return
    spec = _spec(tool)
    arguments = tool_arguments(spec, context.args)
    with Link(project, person) as link:
        outcome = link.ask("call", name=tool, arguments=arguments)
        if outcome["action_id"] is not None and yes:
            outcome = {**outcome, **link.ask("confirm", action_id=outcome["action_id"])}
        if as_json:
            show_json(outcome)
        else:
            show_result(outcome)
            if outcome["action_id"] is not None and not yes:
                say(f"Nothing is changed yet. Confirm with: assistant confirm {project} {outcome['action_id']}")
        if outcome["job_id"] is not None and (wait or not link.is_remote):
            raise typer.Exit(code_of(_follow(link, int(outcome["job_id"]), as_json)))


def _spec(name: str) -> ToolSpec:
    for spec in CATALOG:
        if spec.name == name:
            return spec
    raise NotFound(f"There is no tool {name!r}; there are {', '.join(sorted(spec.name for spec in CATALOG))}.")


def tool_arguments(spec: ToolSpec, words: list[str]) -> dict[str, Any]:
    """``--flag value`` and ``--flag=value`` pairs as arguments; ``--help`` lists the flags of the tool."""
    given: dict[str, Any] = {}
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word in ("--help", "-h"):
            raise InputError(_flags_of(spec))
        if not word.startswith("--"):
            raise InputError(f"{spec.name} takes flags like --field NAME; {word!r} is none. {_flags_of(spec)}")
        flag, has_value, value = word[2:].partition("=")
        name = flag.replace("-", "_")
        field = spec.arguments.model_fields.get(name)
        if field is None:
            raise InputError(f"{spec.name} has no flag --{flag}. {_flags_of(spec)}")
        if not has_value:
            is_switch = field.annotation is bool
            value = "true" if is_switch and (not rest or rest[0].startswith("--")) else (rest.pop(0) if rest else "")
        given[name] = value.split(",") if _is_list(field.annotation) else value
    return given


def _is_list(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) in (list, tuple)


def _flags_of(spec: ToolSpec) -> str:
    flags = (f"--{name.replace('_', '-')} ({field.description})" for name, field in spec.arguments.model_fields.items())
    return f"Flags of {spec.name}: " + "; ".join(flags) + "."


def _follow(link: Link, job_id: int, as_json: bool) -> dict[str, Any]:
    """Show how a job gets on until it is over; where it stands then."""
    said = ""
    while True:
        job = link.ask("job", job_id=job_id, wait=1.0)
        is_over = job["state"] not in ("queued", "running")
        line = job_line(job)
        if line != said and not as_json and (is_over or sys.stdout.isatty()):
            say(line)
            said = line
        if is_over:
            if as_json:
                show_json(job)
            return job


def code_of(job: dict[str, Any]) -> int:
    """The exit code that a job's end is worth."""
    if job["state"] == "done":
        return NOTHING_CAME if job["total"] and not job["suggested"] else 0
    return FAILED if job["state"] == "failed" else NOT_FINISHED


def job_line(job: dict[str, Any]) -> str:
    """One line about a job."""
    note = f" {job['note']}" if job["state"] == "done" and job["note"] else ""
    return f"Job {job['job_id']} ({job['tool']}, {job['field']}): {job['words']}{note}"


def jobs(
    project: Project,
    pause: Annotated[int, typer.Option(help="Pause this job.")] = 0,
    resume: Annotated[int, typer.Option(help="Go on with this job.")] = 0,
    cancel: Annotated[int, typer.Option(help="Stop this job for good.")] = 0,
    as_json: AsJson = False,
    person: As = "",
) -> None:
    """List the background jobs, or pause, resume or cancel one.

    A resumed job is followed to its end; the exit code is that of ``run``.
    """
    chosen = [(verb, job) for verb, job in (("pause", pause), ("resume", resume), ("cancel", cancel)) if job]
    if len(chosen) > 1:
        raise InputError("One of --pause, --resume and --cancel at a time.")
    steer, job_id = chosen[0] if chosen else ("", 0)
    with Link(project, person) as link:
        found = link.ask("jobs", steer=steer, job_id=job_id)["jobs"]
        for job in found:
            show_json(job) if as_json else say(job_line(job))
        if not found and not as_json:
            say("There were no jobs yet.")
        if steer == "resume" and not link.is_remote:
            raise typer.Exit(code_of(_follow(link, job_id, as_json)))
