"""People on the command line: the owner of the folder is never locked out, and everybody else is who they are."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assistant.cli.main import main
from assistant.cli.owner import Owner
from assistant.cli.wire import WireServer
from assistant.session import Session
from assistant.store.people.users import UserStore
from tools.errors import ProjectInUse

Run = Callable[..., tuple[int, str, str]]
PASSWORD = "correct horse"
SERVED: dict[Path, Session] = {}


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command with a password in the input, as the account of the computer called root."""
    monkeypatch.setenv("ASSISTANT_USER", "root")

    class Piped:
        def isatty(self) -> bool:
            return False

        def readline(self) -> str:
            return f"{PASSWORD}\n"

    monkeypatch.setattr("sys.stdin", Piped())

    def call(*words: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            main([str(word) for word in words])
        said = capsys.readouterr()
        return int(stopped.value.code or 0), said.out, said.err

    return call


@pytest.fixture
def tickets(tmp_path: Path, run: Run) -> Path:
    assert run("new", tmp_path / "tickets", "--labels", "billing,delivery")[0] == 0
    return tmp_path / "tickets"


@pytest.fixture(params=["directly", "while it is served"])
def project(request: pytest.FixtureRequest, tickets: Path) -> Iterator[Path]:
    """The same project, opened by each command or by the process that serves it."""
    if request.param == "directly":
        yield tickets
        return
    with Session.open(tickets) as session:
        wire = WireServer(Owner(session))
        SERVED[tickets] = session
        yield tickets
        wire.close()
    del SERVED[tickets]


def test_the_first_steps_with_people_work_as_they_are_written(project: Path, run: Run) -> None:
    first = run("user", "add", project, "maria", "--role", "lead")
    assert (first[0], "People of this project: maria (lead)." in first[1]) == (0, True)
    second = run("user", "add", project, "jonas", "--role", "reviewer")
    assert (
        second[0],
        "jonas (reviewer), maria (lead)" in second[1] or "maria (lead), jonas (reviewer)" in second[1],
    ) == (
        0,
        True,
    )
    assert run("set", project, "overlap", "2")[0] == 0


def test_the_owner_wins_the_project_back_after_the_only_admin_is_gone(project: Path, run: Run) -> None:
    run("user", "add", project, "maria", "--role", "admin")
    run("user", "add", project, "jonas")
    code, out, _ = run("user", "role", project, "maria", "reviewer")
    assert code == 0
    assert "maria was the only admin: nobody can manage people in the page now. You still can here" in out
    assert run("user", "role", project, "jonas", "admin")[0] == 0
    for act in (("disable", project, "jonas"), ("enable", project, "jonas"), ("remove", project, "jonas")):
        assert run("user", *act)[0] == 0
    code, out, _ = run("user", "remove", project, "maria")
    assert (code, "Nobody is left who may sign in" in out) == (0, True)
    assert run("user", "add", project, "maria", "--role", "admin")[0] == 0


def test_acting_as_somebody_has_their_role_and_the_refusal_names_the_way_out(project: Path, run: Run) -> None:
    run("user", "add", project, "maria", "--role", "lead")
    code, _, err = run("user", "add", project, "eve", "--as", " Maria")
    assert code == 2
    assert "Managing people needs the role admin; maria is lead." in err
    assert "Without --as you act as the owner of the folder, who may." in err
    assert run("set", project, "overlap", "2", "--as", "maria")[0] == 0
    code, _, err = run("set", project, "overlap", "2", "--as", "mallory")
    assert (code, "There is no user 'mallory'. There are: maria. Without --as" in err) == (2, True)


def test_who_was_disabled_cannot_be_acted_as(project: Path, run: Run) -> None:
    run("user", "add", project, "maria", "--role", "lead")
    run("user", "add", project, "jonas")
    run("user", "disable", project, "maria")
    code, _, err = run("set", project, "overlap", "2", "--as", "maria")
    assert (code, "maria was disabled and may not sign in." in err) == (2, True)


def test_the_owner_is_admin_also_where_a_user_of_the_same_name_is_none(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_USER", "Maria")
    run("user", "add", project, "maria", "--role", "reviewer")
    assert run("user", "add", project, "jonas")[0] == 0


def test_people_are_listed_with_what_they_are(project: Path, run: Run) -> None:
    run("user", "add", project, "maria", "--role", "admin")
    run("user", "add", project, "jonas")
    run("user", "disable", project, "Jonas")
    assert run("user", "list", project)[1] == "maria (admin)\njonas (reviewer, disabled)\n"
    listed = json.loads(run("user", "list", project, "--json")[1])
    assert [(one["name"], one["state"]) for one in listed] == [("maria", "active"), ("jonas", "disabled")]


def test_where_somebody_is_signed_in_is_listed_and_ended(project: Path, run: Run) -> None:
    run("user", "add", project, "maria", "--role", "admin")
    assert "signed in nowhere" in run("user", "sign-ins", project, "maria")[1]
    assert run("user", "sign-out", project, "maria")[1] == "Ended no sign-ins of maria.\n"
    code, _, err = run("user", "sign-out", project, "maria", "--id", "beef")
    assert (code, err) == (2, "maria has no sign-in 'beef'.\n")


def test_a_weak_password_is_refused_in_one_sentence_and_nobody_is_added(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.cli.test_people.PASSWORD", "tickets1")
    code, _, err = run("user", "add", project, "maria")
    assert (code, err) == (2, "This password is among the first that anybody would try; choose another one.\n")
    assert "There are no users" in run("user", "list", project)[1]


def test_an_admin_who_acts_under_their_name_cannot_take_the_last_admin_away(project: Path, run: Run) -> None:
    run("user", "add", project, "lena", "--role", "admin")
    run("user", "add", project, "jonas", "--role", "lead")
    for words in (("role", project, "lena", "reviewer"), ("disable", project, "lena"), ("remove", project, "lena")):
        code, _, said = run("user", *words, "--as", "lena")
        assert (code, said.count("lena is the only admin; make somebody else admin first.")) == (2, 1)
    listed = json.loads(run("user", "list", project, "--json")[1])
    assert [(one["name"], one["role"], one["state"]) for one in listed] == [
        ("lena", "admin", "active"),
        ("jonas", "lead", "active"),
    ]


def test_the_owner_of_the_folder_may_even_if_called_like_the_admin(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("user", "add", project, "lena", "--role", "admin")
    monkeypatch.setenv("ASSISTANT_USER", "lena")
    code, said, _ = run("user", "role", project, "lena", "reviewer")
    assert (code, "lena was the only admin: nobody can manage people in the page now." in said) == (0, True)


@contextmanager
def opened_users(project: Path) -> Iterator[UserStore]:
    """The people as they are stored, whoever has the project open."""
    try:
        with Session.open(project) as session:
            yield session.users
    except ProjectInUse:
        yield SERVED[project].users


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, *lines: str) -> list[str]:
    """What is asked there, while these lines are typed."""
    asked: list[str] = []
    waiting = list(lines)

    def ask(prompt: str) -> str:
        asked.append(prompt)
        return waiting.pop(0)

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("assistant.cli.people.getpass", ask)
    return asked


def test_a_password_is_asked_for_twice_at_a_terminal_and_a_mismatch_changes_nothing(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("user", "add", project, "maria", "--role", "lead")
    with monkeypatch.context() as patched:
        asked = at_a_terminal(patched, "another horse", "another house")
        code, said, complaint = run("user", "add", project, "jonas")
        assert (code, said, complaint) == (2, "", "The two passwords differ; nothing was changed.\n")
        assert asked == ["Password for jonas: ", "Again: "]
        at_a_terminal(patched, "another horse", "another house")
        assert run("user", "password", project, "maria")[0] == 2
        at_a_terminal(patched, "another horse", "another horse")
        assert run("user", "add", project, "ana")[0] == 0
    assert [one["name"] for one in json.loads(run("user", "list", project, "--json")[1])] == ["maria", "ana"]
    with opened_users(project) as users:
        checked = [
            users.check(*pair) for pair in (("maria", PASSWORD), ("maria", "another horse"), ("ana", "another horse"))
        ]
    assert checked == ["maria", None, "ana"]


def test_a_piped_password_is_read_once(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\nsomething else\n"))
    assert run("user", "add", project, "maria")[0] == 0
    assert sys.stdin.readline() == "something else\n"
    with opened_users(project) as users:
        assert users.check("maria", PASSWORD) == "maria"
