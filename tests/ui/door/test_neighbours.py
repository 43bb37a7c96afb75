"""The corner for projects: listing, making and going over, and who may not."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from assistant.store.project import ProjectStore
from assistant.ui.routes.neighbours import Turnstile, neighbours, place_for
from tests.ui.clients import client_of
from tests.ui.projects import INTENT, Opened
from tools.errors import InputError

Maker = Callable[..., Opened]


@pytest.fixture
def project(made: Maker) -> Opened:
    return made(INTENT, [{"text": "A message"}])


def test_a_new_project_lies_beside_the_open_one_and_can_be_gone_over_to(project: Opened) -> None:
    left: list[str] = []
    turnstile = Turnstile(leave=lambda: left.append("left"), entrance="/?token=t")
    with client_of(project, turnstile=turnstile) as client:
        made = client.post("/page/projects/new", json={"name": "second", "labels": "spam, ham"})
        listed = client.get("/page/projects").json()["projects"]
        opened = client.post("/page/projects/open", json={"name": "second"})
    assert (made.status_code, made.json()) == (200, {"name": "second"})
    assert {"name": "second", "is_open": False} in listed
    assert opened.json() == {"entrance": "/?token=t"}
    assert (left, turnstile.chosen) == (["left"], project.path.parent / "second")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"name": "../outside", "labels": "a,b"}, "A project's name"),
        ({"name": "third", "labels": "a"}, "at least two labels"),
        ({"name": "third"}, "Give the names of the labels"),
        ({"name": "third", "yaml": "name: x\nfields: 3\n"}, "line 2"),
    ],
)
def test_a_project_that_cannot_be_made_is_one_sentence(project: Opened, body: dict[str, str], said: str) -> None:
    with client_of(project) as client:
        answer = client.post("/page/projects/new", json=body)
    assert answer.status_code == 422
    assert said in answer.json()["error"]
    assert neighbours(project.path) == [project.path]


def test_a_project_is_never_made_over_another(project: Opened) -> None:
    with client_of(project) as client:
        answer = client.post("/page/projects/new", json={"name": project.path.name, "labels": "a,b"})
    assert (answer.status_code, "exists" in answer.json()["error"]) == (422, True)


def test_a_project_that_cannot_be_opened_does_not_cost_the_open_one(project: Opened) -> None:
    other = project.path.parent / "other"
    ProjectStore.create(other, "other", project.schema, "lea").close()
    (other / "project.duckdb").write_bytes(b"no database")
    turnstile = Turnstile(leave=lambda: None)
    with client_of(project, turnstile=turnstile) as client:
        answer = client.post("/page/projects/open", json={"name": "other"})
    assert answer.status_code >= 400
    assert turnstile.chosen is None


def test_nobody_who_is_not_signed_in_sees_projects(project: Opened) -> None:
    with client_of(project, signed_in=False) as client:
        assert client.get("/page/projects").status_code == 401


def test_a_name_cannot_leave_the_folder(project: Opened) -> None:
    for name in ("..", "a/b", "", ".hidden", "x" * 61):
        with pytest.raises(InputError):
            place_for(project.path, name)
