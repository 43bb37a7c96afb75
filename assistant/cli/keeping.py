"""``set``, ``verify``, ``backup``, ``doctor``: keeping a project in order."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from assistant.agent.model.chat_models import read_endpoint
from assistant.agent.model.doctor import doctor_llm
from assistant.cli.link import Link
from assistant.cli.printing import say, show_json
from assistant.cli.projects import As, AsJson, Project
from assistant.cli.rescuing import go_on_without
from tools.backends.registry import usable
from tools.errors import InputError


def add_to(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    app.command("set")(set_)
    app.command("verify")(verify)
    app.command("backup")(backup)
    app.command("doctor")(doctor)


def set_(
    project: Project,
    key: Annotated[str, typer.Argument(help="Name of the setting; none lists all.")] = "",
    value: Annotated[str, typer.Argument(help="Its value, as JSON or plain text.")] = "",
    as_json: AsJson = False,
    person: As = "",
) -> None:
    """Show the settings of a project or change one."""
    if key and not value:
        raise InputError(f"Say what {key} should be: assistant set {project} {key} VALUE.")
    with Link(project, person) as link:
        settings = link.ask("put_setting", key=key, value=_read(value))["settings"]
    if as_json:
        show_json(settings)
        return
    for name, current in sorted(settings.items()):
        say(f"{name} = {json.dumps(current, ensure_ascii=False)}")


def _read(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        return value


def verify(
    project: Project,
    loss: Annotated[
        bool, typer.Option("--accept-loss", help="Go on without entries that were saved and are not there any more.")
    ] = False,
    as_json: AsJson = False,
    person: As = "",
) -> None:
    """Walk the audit chain and every reference; the exit code is 1 if anything does not hold."""
    if loss:
        go_on_without(project, person)
    with Link(project, person) as link:
        report = link.ask("verify")
    broken = [check for check in report["checks"] if not check["holds"]]
    if as_json:
        show_json(report)
    else:
        for check in broken:
            say(f"BROKEN: {check['name']}: {check['found']} times, first: {check['example']}")
        for check in report["checks"]:
            if check["limit"]:
                say(f"{check['name'].capitalize()}: {check['limit']}.")
        held = len(report["checks"]) - len(broken)
        say(f"{held} of {len(report['checks'])} checks hold. Audit head {report['audit_head'][:16]}.")
    if broken:
        raise typer.Exit(1)


def backup(
    project: Project,
    out: Annotated[Path, typer.Argument(help="New folder for the copy.")],
    person: As = "",
) -> None:
    """Copy a project, also while it is served."""
    with Link(project, person) as link:
        copied = link.ask("backup", target=str(out.resolve()))["copied"]
    say(f"Copied {', '.join(copied)} to {out}.")


def doctor(
    what: Annotated[str, typer.Argument(help="Nothing for the back-ends, or llm to probe the chat endpoint.")] = "",
    model: Annotated[str, typer.Option(help="With llm: the model's name.")] = "",
    as_json: AsJson = False,
) -> None:
    """Say which back-ends are usable, and for the rest the one line that would make them so."""
    if what not in ("", "llm"):
        raise InputError(f"There is 'doctor' and 'doctor llm'; {what!r} is not known.")
    if what == "llm":
        _doctor_llm(model, as_json)
        return
    for found in usable():
        record = {"name": found.name, "ability": found.ability, "usable": found.usable, "remedy": found.remedy}
        if as_json:
            show_json(record)
        else:
            say(f"{'yes' if found.usable else 'no ':3} {found.ability:16} {found.name:24} {found.remedy}")


def _doctor_llm(model: str, as_json: bool) -> None:
    if not model:
        raise InputError("Name the model to probe: assistant doctor llm --model NAME.")
    for check in doctor_llm(read_endpoint(f"openai:{model}")):
        if as_json:
            show_json({"name": check.name, "ok": check.ok, "sentence": check.sentence})
        else:
            say(f"{'yes' if check.ok else 'no ':3} {check.name:16} {check.sentence}")
