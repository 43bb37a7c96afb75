"""Who may steer a job, answer a waiting change and say what is loaded: the same by every way of asking."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.agent.turn.conversation import Conversation
from assistant.cli.owner import Owner
from assistant.executor import Executor
from assistant.session import Session
from tests.ui.clients import client_of
from tools.context import ToolContext
from tools.errors import NotAllowed
from tools.records import Actor, RunIdentity
from tools.results import Artefact, Change, ToolResult, WorkPlan
from tools.schema import schema_from_labels
from tools.spec import ToolArgs, tool

PASSWORD = "correct horse"
OWNER = Actor("root", "admin", "cli")
PEOPLE = {"rita": "reviewer", "eli": "engineer", "lea": "lead", "ada": "admin", "bob": "reviewer"}
STEERERS = {"lea", "ada", "bob"}  # bob started it


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    schema = schema_from_labels(["billing", "delivery"], multi=False, images="")
    with Session.create(tmp_path_factory.mktemp("roles") / "p", "p", schema, "root") as session:
        for name, role in PEOPLE.items():
            session.users.add(name, role, PASSWORD, OWNER)
        session.store.jobs.add(1, "prelabel", "label", [], 3, Actor("bob", "reviewer", "chat"))
        session.store.jobs.set(1, "paused", "")
        yield session


@pytest.fixture
def steered(opened: Session, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """What reached the jobs."""
    found: list[tuple[str, int]] = []

    def note(what: str) -> Callable[[int], None]:
        return lambda job_id: found.append((what, job_id))

    monkeypatch.setattr(opened.executor, "steer_work", {what: note(what) for what in ("pause", "resume", "cancel")})
    return found


def actor(name: str, via: Any = "key") -> Actor:
    """One of the people, acting in a way."""
    return Actor(name, PEOPLE[name], via, f"s-{name}")  # type: ignore[arg-type]


def by_page(session: Session, name: str, what: str) -> None:
    """Press the button of the page."""
    with client_of(session, signed_in=False) as client:  # type: ignore[arg-type]
        cookie = session.users.log_in(name)
        client.cookies.set(client.app.state.logins.cookie_name(False), cookie)  # type: ignore[attr-defined]
        answer = client.post(f"/page/runs/{what}", json={"job": 1})
        assert answer.status_code in (200, 403)


def by_chat(session: Session, name: str, what: str) -> None:
    """Say it in the chat."""
    list(Conversation(session).turn(f"{what} job 1", actor(name, "chat")))


def by_terminal(session: Session, name: str, what: str) -> None:
    """Type it with ``--as``."""
    owner = Owner(session)
    try:
        owner.jobs(owner.actor(name), steer=what, job_id=1)
    except NotAllowed as refusal:
        assert str(refusal) == "Job 1 is bob's; only bob or a lead may steer it."


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("what", ["pause", "resume", "cancel"])
@pytest.mark.parametrize("way", [by_page, by_chat, by_terminal])
def test_a_job_is_steered_by_who_started_it_and_by_leads(
    opened: Session, steered: list[tuple[str, int]], way: Any, what: str, name: str
) -> None:
    way(opened, name, what)
    assert steered == ([(what, 1)] if name in STEERERS else [])


def test_the_owner_of_the_folder_steers_every_job(opened: Session, steered: list[tuple[str, int]]) -> None:
    owner = Owner(opened)
    owner.jobs(owner.actor("root", is_owner=True), steer="cancel", job_id=1)
    assert steered == [("cancel", 1)]


@pytest.mark.parametrize("via", ["agent", "job"])
def test_no_model_and_no_job_steers_a_job(opened: Session, steered: list[tuple[str, int]], via: Any) -> None:
    with pytest.raises(NotAllowed, match="Only a person"):
        opened.executor.steer("cancel", 1, actor("ada", via))
    assert steered == []


@pytest.mark.parametrize("name", PEOPLE)
def test_a_waiting_change_is_dismissed_by_who_asked_and_by_leads(opened: Session, name: str) -> None:
    change = Change("schema", "Rename a label.", {}, (), role="lead")
    waiting = opened.store.actions.add("change_schema", change, actor("bob")).action_id
    if name in STEERERS:
        opened.executor.dismiss(waiting, actor(name))
    else:
        with pytest.raises(NotAllowed, match="bob asked for this change; only bob or a lead may dismiss it"):
            opened.executor.dismiss(waiting, actor(name))
    assert opened.executor.action(waiting).is_open == (name not in STEERERS)


@pytest.mark.parametrize("backend", ["hub:/any/folder", "hub:name", "python:os:system", "remote:gpt", "/any/folder"])
@pytest.mark.parametrize("via", ["key", "chat", "cli", "agent"])
def test_a_reviewer_does_not_say_what_is_loaded(opened: Session, via: Any, backend: str) -> None:
    for door in (opened.executor.call, lambda *rest: opened.executor.preview(*rest, "s")):
        with pytest.raises(NotAllowed, match="Which model is loaded is for an engineer or a lead to say; rita is rev"):
            door("prelabel", {"backend": backend}, actor("rita", via))


@pytest.mark.parametrize("name", ["eli", "lea", "ada"])
def test_who_may_choose_models_gets_as_far_as_the_model(opened: Session, name: str) -> None:
    found = opened.executor.call("prelabel", {"backend": "hub:/no/such/folder"}, actor(name))
    assert found.result.text == "No item passes: there is nothing to suggest for 'Label'."


def test_a_reviewer_takes_what_the_project_has(opened: Session) -> None:
    opened.store.settings.put("backend.label", "hub:/the/projects/own", OWNER)
    for backend in ("", "builtin:few-shot", "hub:/the/projects/own"):
        assert opened.executor.call("prelabel", {"backend": backend}, actor("rita")).run_id is None


@tool(effect="propose", version=1)
def ask_elsewhere(args: ToolArgs, ctx: ToolContext) -> ToolResult:
    """Ask a model that costs money, because the project says so."""
    identity = RunIdentity("ask_elsewhere", 1, "remote:gpt", "1", {})
    return ToolResult("Asking.", work=WorkPlan(identity, "label", ((1,),), Artefact({})))


@pytest.mark.parametrize("name", PEOPLE)
def test_what_costs_money_is_started_by_an_engineer_or_a_lead_also_where_the_project_says_it(
    opened: Session, name: str
) -> None:
    started: list[str] = []
    door = Executor(opened.store, [ask_elsewhere], start_work=lambda *given: (started.append(name), (1, 1))[1])
    if PEOPLE[name] == "reviewer":
        with pytest.raises(NotAllowed, match=f"remote:gpt costs money; .* {name} is reviewer"):
            door.call("ask_elsewhere", {}, actor(name))
    else:
        door.call("ask_elsewhere", {}, actor(name))
    assert started == ([] if PEOPLE[name] == "reviewer" else [name])


@pytest.mark.parametrize(("name", "is_taken"), [("lea", False), ("ana", True), ("ada", True)])
def test_independent_labels_of_a_user_are_declared_by_that_user_or_an_admin(
    tmp_path: Path, name: str, is_taken: bool
) -> None:
    schema = schema_from_labels(["billing", "delivery"], multi=False, images="")
    file = tmp_path / "more.csv"
    file.write_text("id,text,label\n1,Charged twice,billing\n", encoding="utf-8")
    with Session.create(tmp_path / "p", "p", schema, "root") as session:
        for one, role in {**PEOPLE, "ana": "lead"}.items():
            session.users.add(one, role, PASSWORD, OWNER)
        given = {"path": str(file), "labels": "label", "annotator": " Ana", "independent": True}
        waiting = session.executor.call("import_data", given, actor("lea")).action_id
        assert waiting is not None
        who = Actor(name, "lead" if name == "ana" else PEOPLE[name], "key")  # type: ignore[arg-type]
        if is_taken:
            session.executor.confirm(waiting, who)
            assert session.store.database.rows("SELECT reviewer FROM reviews") == [("ana",)]
        else:
            with pytest.raises(NotAllowed, match="for ana or an admin to declare"):
                session.executor.confirm(waiting, who)
            assert session.store.database.rows("SELECT count(*) FROM items") == [(0,)]
        without = session.executor.call("import_data", {**given, "independent": False}, actor("lea")).action_id
        assert without is not None
        session.executor.confirm(without, actor("lea"))
        assert session.store.database.rows("SELECT DISTINCT reviewer FROM reviews") == [("ana",)]
