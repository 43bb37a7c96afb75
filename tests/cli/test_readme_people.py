"""The section "People" of the README, followed word by word, up to the admin who is lost and won back."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path

import httpx
import pytest

from assistant.cli.main import main

CHECKOUT = Path(__file__).resolve().parents[2]
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
SECTION = README.partition("\n## People\n")[2].partition("\n## ")[0]
STEPS = [line.partition("#")[0].split() for line in re.findall(r"^assistant .*$", SECTION, re.MULTILINE)]
PROGRAM = [sys.executable, "-c", "from assistant.cli.main import main; main()"]
PASSWORD = "kettle drum 7"
PATIENCE_SECONDS = 180.0


Say = Callable[..., str]


@pytest.fixture
def say(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    """Types a command: a password waits in the input, and the account of the computer is called root."""
    monkeypatch.setenv("ASSISTANT_USER", "root")
    monkeypatch.chdir(tmp_path)

    def typed(*words: str) -> str:
        monkeypatch.setattr("sys.stdin", StringIO(f"{PASSWORD}\n"))
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        told = capsys.readouterr()
        assert not ended.value.code, told.err
        return told.out

    return typed


@pytest.fixture
def served(tmp_path: Path, say: Say) -> Iterator[str]:
    """The project of the README after its first steps, served as the last one says, but to this computer only."""
    say("new", "tickets", "--labels", "billing,delivery,account")
    *first, serve = [words[1:] for words in STEPS]
    assert [words[:2] for words in first] == [["user", "add"], ["user", "add"]]
    for words in first:
        say(*words)
    assert serve[:2] == ["serve", "tickets"]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    here = ["127.0.0.1" if word == "0.0.0.0" else word for word in serve]
    command = [*PROGRAM, *here, "--port", str(port)]
    told = {**os.environ, "PYTHONPATH": str(CHECKOUT), "HOME": str(tmp_path)}
    server = subprocess.Popen(command, cwd=tmp_path, env=told, stdout=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}/login")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(60)


def wait_for(address: str) -> None:
    """Until the page answers."""
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            httpx.get(address, timeout=5)
        except httpx.TransportError:
            assert time.monotonic() < until, "the page does not answer"
            time.sleep(0.3)
        else:
            return


@contextmanager
def signed_in(address: str, name: str) -> Iterator[httpx.Client]:
    """A browser of somebody who signed in."""
    with httpx.Client(base_url=address, timeout=60) as client:
        assert client.post("/login", data={"name": name, "password": PASSWORD}).status_code == 200
        yield client


def role_of(client: httpx.Client) -> str | int:
    """The role that the page shows, or the status where it shows nothing."""
    answer = client.get("/card/project")
    return str(answer.json()["role"]) if answer.status_code == 200 else answer.status_code


@pytest.mark.slow
def test_the_steps_work_as_they_are_written(served: str, say: Say) -> None:
    address = served
    assert "maria (lead)" in say("user", "list", "tickets")
    # Somebody comes while the page is served, and three people work at once.
    say("user", "add", "tickets", "ada", "--role", "admin")
    with signed_in(address, "Maria") as maria, signed_in(address, " jonas") as jonas, signed_in(address, "ada") as ada:
        assert (role_of(maria), role_of(jonas), role_of(ada)) == ("lead", "reviewer", "admin")
        assert ada.post("/page/people/remove", json={"name": "ada"}).status_code == 403
        # The admin is taken away by accident, and won back by the commands that the README names.
        assert "ada was the only admin" in say("user", "remove", "tickets", "ada")
        time.sleep(2.5)
        assert (role_of(ada), role_of(maria)) == (401, "lead")
        assert "jonas is admin now" in say("user", "role", "tickets", "jonas", "admin")
        assert "has a new password" in say("user", "password", "tickets", "maria")
    with signed_in(address, "jonas") as jonas, signed_in(address, "maria") as maria:
        assert (role_of(jonas), role_of(maria)) == ("admin", "lead")
        listed = jonas.get("/page/people").json()["people"]
        assert sorted((one["name"], one["state"]) for one in listed) == [
            ("ada", "removed"),
            ("jonas", "active"),
            ("maria", "active"),
        ]


def test_every_command_of_the_section_exists() -> None:
    named = set(re.findall(r"`assistant user ([a-z-]+)", SECTION)) | {"enable", "sign-out"}
    assert named == {"add", "list", "role", "password", "disable", "enable", "remove", "sign-ins", "sign-out"} - {"add"}
