"""The command line: what a person types, and one clear sentence for what does not work."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from assistant.cli.main import main
from assistant.cli.owner import Owner
from assistant.cli.wire import WireServer, socket_path
from assistant.session import Session
from assistant.store.file.trouble import damaged

Run = Callable[..., tuple[int, str, str]]

TICKETS = """id,text,topic
T1,"I was charged twice",billing
T2,"The parcel is late again",delivery
T3,"Please cancel my subscription",
T4,"Where is my parcel?",
"""


COLUMNS = (
    "--key-column",
    "id",
    "--text-column",
    "text",
    "--labels",
    "topic=label",
    "--annotator",
    "ana",
    "--independent",
)


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("ASSISTANT_USER", "lea")

    def call(*words: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            main([str(word) for word in words])
        said = capsys.readouterr()
        return int(stopped.value.code or 0), said.out, said.err

    return call


@pytest.fixture
def project(tmp_path: Path, run: Run) -> Path:
    place = tmp_path / "tickets"
    (tmp_path / "tickets.csv").write_text(TICKETS, encoding="utf-8")
    assert run("new", place, "--labels", "billing,delivery,account")[0] == 0
    imported = run("import", place, tmp_path / "tickets.csv", *COLUMNS)
    assert imported[0] == 0, imported
    return place


def test_importing_twice_changes_nothing_and_says_so(project: Path, run: Run) -> None:
    code, out, _ = run("import", project, project.parent / "tickets.csv", *COLUMNS)
    assert code == 0
    assert "0 new items, 4 known before, 0 rejected" in out


@pytest.mark.parametrize(("way", "labels"), [(("--annotator", "ana"), 2), (("--labels", "none"), 0)])
def test_what_comes_after_a_project_from_a_file_is_said_and_works(
    tmp_path: Path, run: Run, way: tuple[str, ...], labels: int
) -> None:
    file = tmp_path / "my mails.csv"
    file.write_text(TICKETS.replace("topic", "reason"), encoding="utf-8")
    said = run("new", tmp_path / "p", "--from", file, "--label-column", "reason")[1]
    assert f"Next: assistant import {tmp_path / 'p'} '{file}' --annotator NAME, then assistant serve" in said
    assert "--labels none leaves them out" in said
    code, _, err = run("import", tmp_path / "p", file)
    assert (code, "--annotator NAME" in err, "--labels none" in err) == (2, True, True)
    code, out, err = run("import", tmp_path / "p", file, *way)
    assert (code, f"; {labels} labels taken over." in out) == (0, True), (out, err)


def test_a_dry_run_imports_nothing(tmp_path: Path, run: Run) -> None:
    (tmp_path / "more.csv").write_text("text\nhello\n", encoding="utf-8")
    run("new", tmp_path / "p", "--labels", "a,b")
    run("import", tmp_path / "p", tmp_path / "more.csv", "--dry-run")
    with Session.open(tmp_path / "p") as session:
        assert session.store.items.count() == 0
        assert session.executor.pending() == []


def test_an_import_says_why_rows_and_labels_were_left_out_and_each_table_once(tmp_path: Path, run: Run) -> None:
    source = tmp_path / "bad.csv"
    source.write_text("id,text,label\nA1,hello,ok\nA2,,ok\nA3,there,nonsense\nA4,,bad\n", encoding="utf-8")
    assert run("new", tmp_path / "p", "--labels", "ok,bad")[0] == 0
    given = ("import", tmp_path / "p", source, "--labels", "label=label", "--annotator", "ana")
    _, dry, _ = run(*given, "--dry-run")
    assert (dry.count("First rejected rows"), dry.count("Import of bad.csv")) == (1, 1)
    code, said, _ = run(*given, "--json")
    (table,) = [one for one in json.loads(said)["tables"] if one["title"] == "Why rows and labels were left out"]
    assert code == 0
    assert table["rows"] == [
        ["rejected", "the text is empty", 2, 2],
        ["dropped", "'nonsense' is not a label of 'label'", 1, 3],
    ]


def test_a_decision_as_a_json_line_gets_a_receipt(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    line = json.dumps({"item": "T4", "verdict": "choose", "value": {"label": "delivery"}})
    monkeypatch.setattr("sys.stdin", iter([line, "not json", '{"item": "T9", "verdict": "skip"}']))
    code, out, _ = run("review", project, "--json")
    first, second, third = (json.loads(one) for one in out.splitlines())
    assert first["verdict"] == "choose"
    assert second["error"].startswith("This line is not JSON")
    assert third["error"] == "There is no item 'T9'; name it by its key or its number, as in #12."
    assert code == 1


def test_an_export_is_written_and_not_replaced(project: Path, run: Run) -> None:
    out = project.parent / "labels.jsonl"
    assert run("export", project, out, "--format", "jsonl")[0] == 0
    assert len(out.read_text(encoding="utf-8").splitlines()) == 2
    code, _, err = run("export", project, out, "--format", "jsonl")
    assert (code, "exists" in err) == (2, True)


def test_verify_and_backup_answer(project: Path, run: Run) -> None:
    assert run("verify", project)[0] == 0
    assert run("backup", project, project.parent / "copy")[0] == 0
    assert run("verify", project.parent / "copy")[0] == 0


def test_settings_are_checked_and_kept(project: Path, run: Run) -> None:
    assert run("set", project, "blind_share", "0.25")[0] == 0
    assert "blind_share = 0.25" in run("set", project)[1]
    code, _, err = run("set", project, "blind_share", "2")
    assert (code, err) == (2, "blind_share is a share between 0 and 1, got 2.\n")


def test_users_are_added_from_the_input(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    class Piped:
        def isatty(self) -> bool:
            return False

        def readline(self) -> str:
            return "a long password\n"

    monkeypatch.setattr("sys.stdin", Piped())
    code, out, _ = run("user", "add", project, "lea", "--role", "admin")
    assert (code, "lea (admin)" in out) == (0, True)
    assert "lea (admin)" in run("user", "list", project)[1]
    code, _, err = run("verify", project, "--as", "mallory")
    assert (code, err) == (
        2,
        "There is no user 'mallory'. There are: lea. Without --as you act as the owner of the project's folder.\n",
    )


WRONG = [
    (("frobnicate",), "No such command"),
    (("serve", "nowhere"), "is no project"),
    (("new", "x", "--labels", "a"), "at least two labels"),
    (("new", "x"), "Say what is asked"),
    (("import", "{project}", "nofile.csv"), "There is no file"),
    (("import", "{project}", "{file}", "--labels", "topic=nosuch", "--annotator", "x"), "There is no field 'nosuch'"),
    (("run", "{project}", "nosuch"), "There is no tool 'nosuch'"),
    (("run", "{project}", "prelabel", "--fild", "x"), "has no flag --fild"),
    (("confirm", "{project}", "99"), "There is no pending action 99"),
    (("set", "{project}", "nosuch", "1"), "There is no setting 'nosuch'"),
    (("schema", "--check", "nofile.yaml"), "nofile.yaml"),
    (("jobs", "{project}", "--pause", "7"), "There is no job 7"),
]


@pytest.mark.parametrize(("words", "said"), WRONG, ids=lambda one: " ".join(one) if isinstance(one, tuple) else "")
def test_bad_input_is_one_sentence_and_exit_code_2(
    words: tuple[str, ...], said: str, project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project.parent)
    filled = [word.format(project=project, file=project.parent / "tickets.csv") for word in words]
    code, _, err = run(*filled)
    assert code == 2
    assert said in err
    assert "Traceback" not in err
    assert err.count("\n") == 1


def test_the_command_line_works_while_another_process_serves(project: Path) -> None:
    with Session.open(project) as session:
        wire = WireServer(Owner(session))
        try:
            command = [sys.executable, "-c", "from assistant.cli.main import main; main()"]
            environment = {**os.environ, "ASSISTANT_USER": "lea"}
            line = '{"item": "T3", "verdict": "choose", "value": {"label": "account"}}\n'
            done = subprocess.run(
                [*command, "review", str(project), "--json"],
                input=line, capture_output=True, text=True, env=environment, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            assert json.loads(done.stdout)["verdict"] == "choose"
            assert session.store.reviews.deciders(3, "label") == ["lea"]
        finally:
            wire.close()
    assert not socket_path(project).exists()


def test_a_project_that_is_open_elsewhere_and_not_served_says_so(project: Path) -> None:
    with Session.open(project):
        command = [sys.executable, "-c", "from assistant.cli.main import main; main()", "verify", str(project)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "is open already" in done.stderr


def test_the_socket_is_private(project: Path) -> None:
    with Session.open(project) as session:
        wire = WireServer(Owner(session))
        try:
            assert socket_path(project).stat().st_mode & 0o077 == 0
        finally:
            wire.close()


def test_the_version_is_that_of_the_package(run: Run) -> None:
    from importlib.metadata import version

    assert run("--version") == (0, f"annotation-assistant {version('annotation-assistant')}\n", "")


def test_a_chat_that_meets_damage_ends_as_every_command_does(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def altered(*_: object) -> object:
        raise damaged(project, "a part of project.duckdb was altered")

    monkeypatch.setattr("assistant.executor.Executor.call", altered)
    by_command, by_chat = (
        run("run", project, "measure", "--metric", "progress"),
        run("chat", project, "how far are we?"),
    )
    assert (by_chat[0], by_chat[2]) == (2, by_command[2])
    assert by_chat[2].count("is damaged: a part of project.duckdb was altered") == 1
    assert "damaged" not in by_chat[1]


def test_a_chat_in_which_something_was_refused_says_so_by_its_code(project: Path, run: Run) -> None:
    assert run("chat", project, "how far are we?")[0] == 0
    code, said, _ = run("chat", project, "x" * 100_000)
    assert (code, "letters" in said) == (2, True)
