"""Runs of a remote model from the terminal: what is said of those that got nothing, and how the command ends."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from assistant.cli.main import main
from assistant.session import Session
from assistant.store.calls import charged_tokens
from tests.openai_server import Answer, Body, OpenAIServer, hang, say, status
from tools.backends.remote.pace import forget_terms
from tools.records import Actor

Run = Callable[..., tuple[int, str, str]]
BILLING = say('{"label": "billing"}')
LEAD = Actor("lea", "lead", "cli", "s")
FILTERED = Answer(body={"choices": [{"message": {"content": ""}, "finish_reason": "content_filter"}]})


@pytest.fixture(autouse=True)
def _no_memory() -> Iterator[None]:
    forget_terms()
    yield
    forget_terms()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("ASSISTANT_USER", "lea")
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)

    def call(*words: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as stopped:
            main([str(word) for word in words])
        said = capsys.readouterr()
        return int(stopped.value.code or 0), said.out, said.err

    return call


@pytest.fixture
def project(tmp_path: Path, run: Run) -> Path:
    place = tmp_path / "tickets"
    texts = "".join(f"I was charged twice for order {number}\n" for number in range(12))
    (tmp_path / "tickets.csv").write_text(f"text\n{texts}", encoding="utf-8")
    assert run("new", place, "--labels", "billing,delivery,account")[0] == 0
    assert run("import", place, tmp_path / "tickets.csv", "--text-column", "text")[0] == 0
    assert run("set", place, "budget_tokens", "100000")[0] == 0
    return place


def prelabel(run: Run, project: Path, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> tuple[int, str]:
    monkeypatch.setenv("OPENAI_BASE_URL", server.address)
    code, out, err = run("run", project, "prelabel", "--backend", "remote:m")
    return code, out + err


def test_a_run_without_one_usable_reply_says_so_and_why(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OpenAIServer(lambda _: FILTERED) as server:
        code, said = prelabel(run, project, server, monkeypatch)
    assert code == 3
    assert ("Done: 12 asked, 0 suggestions, 12 replies could not be read: the content filter stopped them.") in said
    # The same words for whoever asks later, wherever.
    assert "Done: 12 asked, 0 suggestions, 12 replies" in run("jobs", project)[1]
    with Session.open(project) as session:
        assert session.jobs.status(1).words.startswith("Done: 12 asked, 0 suggestions, 12 replies")


def test_a_run_of_which_some_got_nothing_ends_well_and_says_how_many(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def script(body: Body) -> Answer:
        return FILTERED if re.search(r"order.3\b", body["messages"][1]["content"]) else BILLING

    with OpenAIServer(script) as server:
        code, said = prelabel(run, project, server, monkeypatch)
    assert code == 0
    assert "Done: 12 asked, 11 suggestions, 1 reply could not be read: the content filter stopped them." in said


def test_a_run_that_timed_out_says_what_would_help(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    run("set", project, "remote_timeout", "1")

    def script(body: Body) -> Answer:
        return hang(30) if re.search(r"order.3\b", body["messages"][1]["content"]) else BILLING

    with OpenAIServer(script) as server:
        code, said = prelabel(run, project, server, monkeypatch)
    assert code == 0
    assert (
        "Done: 12 asked, 11 suggestions, 1 item got no answer: no reply within 1 seconds. A longer remote_timeout or "
        "fewer remote_connections may help."
    ) in said


def test_a_run_that_failed_and_one_that_was_paused_end_with_codes_of_their_own(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OpenAIServer(lambda _: status(401)) as server:
        code, said = prelabel(run, project, server, monkeypatch)
    assert (code, "The job is failed after 0 of 12 items" in said) == (4, True)
    with OpenAIServer(lambda _: status(429, retry_after=86400)) as server:
        code, said = prelabel(run, project, server, monkeypatch)
    assert code == 5
    assert re.search(r"The job is paused after 0 of 12 items: .* asks to wait until \d\d:\d\d on", said)


def test_a_run_against_nobody_is_one_sentence_and_no_run(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with OpenAIServer() as server:
        pass
    code, said = prelabel(run, project, server, monkeypatch)
    assert (code, said.count("\n")) == (2, 1)
    assert "cannot be reached (nothing listens there), so nothing was started" in said
    with Session.open(project) as session:
        assert session.store.database.rows("SELECT count(*) FROM runs") == [(0,)]


def test_the_help_of_run_names_the_exit_codes(run: Run) -> None:
    said = " ".join(run("run", "--help")[1].split())
    assert "3 when its work ended without one usable suggestion, 4 when it failed, 5 when it was paused" in said


def test_a_small_server_gets_every_item_answered_within_what_was_announced(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    run("set", project, "remote_timeout", "2")
    alone = threading.Lock()

    def script(body: Body) -> Answer:
        with alone:
            time.sleep(0.5)
        return BILLING

    with OpenAIServer(script) as server:
        code, said = prelabel(run, project, server, monkeypatch)
        assert len(server.answered) < 18
    assert (code, "Done: 12 of 12 items." in said) == (0, True)
    most = int(re.search(r"tokens, at most: ([\d,]+)", said)[1].replace(",", ""))  # type: ignore[index]
    with Session.open(project) as session:
        assert charged_tokens(session.store.database) <= most


def test_calls_that_are_lost_again_and_again_never_take_more_than_was_announced(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    run("set", project, "remote_timeout", "1")
    with OpenAIServer(lambda _: status(502)) as server:
        monkeypatch.setattr("tools.backends.remote.call.pause_of", lambda tries: 0.0)
        code, said = prelabel(run, project, server, monkeypatch)
    most = int(re.search(r"tokens, at most: ([\d,]+)", said)[1].replace(",", ""))  # type: ignore[index]
    with Session.open(project) as session:
        assert 0 < charged_tokens(session.store.database) <= most
    assert code == 5
    assert "tokens were announced for this work" in said


def test_a_longer_time_out_takes_effect_when_the_job_goes_on_and_the_question_stays(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Body] = []

    def script(body: Body) -> Answer:
        asked.append(body)
        if len(asked) == 2:
            return status(429, retry_after=86400)
        return Answer(body=BILLING.body, hang=1.5) if len(asked) > 2 else BILLING

    run("set", project, "remote_connections", "1")
    run("set", project, "remote_timeout", "1")
    with OpenAIServer(script) as server:
        assert prelabel(run, project, server, monkeypatch)[0] == 5
        run("set", project, "remote_timeout", "20")
        run("set", project, "remote_answer_tokens", "77")
        code, out, _ = run("jobs", project, "--resume", "1")
    assert (code, "Done: 12 of 12 items." in out) == (0, True)
    assert "This run keeps remote_answer_tokens as usual, as it began; a new run takes what is set now." in out
    assert {body["max_tokens"] for body in asked} == {256}


def test_a_cancel_ends_a_wait_at_once(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with OpenAIServer(lambda _: status(429, retry_after=200)) as server, Session.open(project) as session:
        monkeypatch.setenv("OPENAI_BASE_URL", server.address)
        job = session.executor.call("prelabel", {"backend": "remote:m"}, LEAD).job_id
        assert job is not None
        while not session.jobs.status(job).waits_for:
            time.sleep(0.02)
        assert "the endpoint asks to wait" in session.jobs.status(job).words
        session.jobs.cancel(job)
        assert session.jobs.wait(job, 60).state == "cancelled"


def test_closing_the_project_hangs_up_and_the_job_goes_on_next_time(
    project: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = threading.Event()

    def script(body: Body) -> Answer:
        if asked.is_set():
            return BILLING
        asked.set()
        return hang(300)

    run("set", project, "remote_timeout", "300")
    with OpenAIServer(script) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.address)
        with Session.open(project) as session:
            session.executor.call("prelabel", {"backend": "remote:m"}, LEAD)
            assert asked.wait(60)
        with Session.open(project) as session:
            assert session.jobs.resume_interrupted() == [1]
            assert session.jobs.wait(1, 60).state == "done"
            assert session.store.database.rows("SELECT count(*) FROM proposals WHERE state = 'ok'") == [(12,)]


def test_a_chat_says_what_it_will_do_before_how_it_ended_and_that_once(project: Path, run: Run) -> None:
    _, said, _ = run("chat", project, "suggest labels")
    told = [line for line in said.splitlines() if line.startswith(("Job 1 ", "I will "))]
    assert [line.split()[0] for line in told] == ["I", "Job"], said
    assert "Done" in told[1] or "done" in told[1]
