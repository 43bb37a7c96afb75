"""``restore`` and ``verify --accept-loss``: ways back for a project that is damaged."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assistant.cli.link import local_name
from assistant.cli.printing import say
from assistant.cli.projects import As, Project
from assistant.store.file.rescue import Rescued, accept_loss, restore


def add_to(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    app.command("restore")(restore_)


def restore_(
    project: Project,
    backup: Annotated[
        str, typer.Argument(help="Folder of a backup, or the name of one in PROJECT/backups; the newest of these.")
    ] = "",
    person: As = "",
) -> None:
    """Put a backup in the place of a damaged database; what lay there is kept in PROJECT/set-aside."""
    found = restore(project, backup, person or local_name())
    say(f"Brought {project} back from {found.source}. {_missing(found)}")
    if found.aside is not None:
        say(f"What lay there before is in {found.aside}.")


def go_on_without(project: Path, person: str) -> None:
    """Accept that what was saved last is not there any more, and say what that is."""
    found = accept_loss(project, person or local_name())
    say(f"Going on with what is there. {_missing(found)}")
    if found.aside is not None:
        say(f"A copy of the log as it was found is in {found.aside}.")


def _missing(found: Rescued) -> str:
    if found.missing is None:
        return "How much was saved after it is not known."
    if found.missing == 0:
        return "Nothing that was saved is missing."
    return (
        f"{found.missing:,} of the entries that were saved (decisions, cards shown, imports and the like) are missing."
    )
