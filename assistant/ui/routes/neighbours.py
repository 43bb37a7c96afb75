"""The projects beside the open one: listing them, making a new one, and going over to another.

The page serves one project at a time. Going over ends the server of this one; whoever started it opens the next
project under the same address.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import Field

from assistant.store.project import DATABASE, ProjectStore
from assistant.ui.door.who import Person
from assistant.ui.ports import OpenProject
from assistant.ui.routes.card_routes import Body
from tools.errors import InputError, NotAllowed, NotFound
from tools.records import Actor
from tools.schema import LabelSchema, read_schema, schema_from_labels

_FOLDER = re.compile(r"[\w][\w .-]{0,59}\Z")
_SCHEMA_LETTERS = 200_000


class NewBody(Body):
    """A project to be made: a name, and its labels or its schema; ``images`` is how images are answered, if any."""

    name: Annotated[str, Field(max_length=60)]
    labels: Annotated[str, Field(max_length=20_000)] = ""
    yaml: Annotated[str, Field(max_length=_SCHEMA_LETTERS)] = ""
    images: Annotated[str, Field(max_length=20)] = ""


class OpenBody(Body):
    """A project to go over to."""

    name: Annotated[str, Field(max_length=60)]


@dataclass
class Turnstile:
    """Lets the page go over to another project. ``leave`` ends the server; ``chosen`` is where to go next.

    ``entrance`` is where the browser finds the page again. Without a ``leave`` the page stays where it is.
    """

    leave: Callable[[], None] | None = None
    entrance: str = "/"
    chosen: Path | None = field(default=None)


def neighbour_router(session: OpenProject, turnstile: Turnstile) -> APIRouter:
    """The routes under ``/page/projects``."""
    router = APIRouter(prefix="/page/projects")

    @router.get("")
    def projects(actor: Person) -> dict[str, Any]:
        _refuse(session, actor)
        found = [{"name": path.name, "is_open": path == session.path.resolve()} for path in neighbours(session.path)]
        return {
            "projects": found,
            "folder": str(session.path.resolve().parent),
            "can_open": turnstile.leave is not None,
        }

    @router.post("/new")
    def new(body: NewBody, actor: Person) -> dict[str, Any]:
        _refuse(session, actor)
        path = place_for(session.path, body.name)
        ProjectStore.create(path, body.name.strip(), _schema(body), actor.person).close()
        return {"name": path.name}

    @router.post("/open")
    def open_(body: OpenBody, actor: Person) -> dict[str, Any]:
        _refuse(session, actor)
        path = session.path.resolve().parent / body.name
        if path not in neighbours(session.path):
            raise NotFound(f"There is no project {body.name!r} beside this one.")
        if turnstile.leave is None:
            raise NotAllowed(f"Stop this page and open it with: assistant serve {path}.")
        if path != session.path.resolve():
            # Opened once for a look: a project that cannot be opened must not cost the one that is.
            _look_at(path, needs_users=session.users.exist())
            turnstile.chosen = path
            turnstile.leave()
        return {"entrance": turnstile.entrance}

    return router


def _look_at(path: Path, *, needs_users: bool) -> None:
    """Raise what opening the project would; where people sign in, so they do on the other side."""
    store = ProjectStore(path)
    try:
        if needs_users and not store.users.exist():
            raise NotAllowed(
                f"{path.name} has no users, so nobody could sign in there: assistant user add {path} NAME."
            )
    finally:
        store.close()


def neighbours(project: Path) -> list[Path]:
    """Project folders that lie in the same folder as this one, itself included, by name."""
    beside = project.resolve().parent
    return sorted(one for one in beside.iterdir() if (one / DATABASE).is_file())


def place_for(project: Path, name: str) -> Path:
    """Where a new project of that name goes: beside this one."""
    if not _FOLDER.match(name.strip()):
        raise InputError(
            "A project's name begins with a letter or digit and has up to 60 letters, digits, . - _ or spaces."
        )
    return project.resolve().parent / name.strip()


def _schema(body: NewBody) -> LabelSchema:
    if bool(body.labels.strip()) == bool(body.yaml.strip()):
        raise InputError("Give the names of the labels, or a schema as YAML.")
    if body.yaml.strip():
        return read_schema(body.yaml)
    names = [one.strip() for one in re.split(r"[,\n]", body.labels) if one.strip()]
    return schema_from_labels(names, images=body.images)


def _refuse(session: OpenProject, actor: Actor) -> None:
    """Projects beside this one are the computer's owner's, not every reviewer's."""
    if not actor.may("admin" if session.users.exist() else "lead"):
        raise NotAllowed("Making and opening projects needs the role admin.")
