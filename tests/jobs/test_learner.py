"""The process that learns: its errors, its end, and that nothing is lost or shared with it."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.learning import learner_process
from assistant.learning.learner import Learner, LearnerEnded
from assistant.session import Session
from assistant.view import ProjectView
from tests.jobs.labelling import ask, label, open_session, wait_for
from tests.store.opened import LEAD
from tools.errors import NotFound
from tools.sample.tool import sample


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with open_session(tmp_path / "p") as opened:
        yield opened


def test_the_process_is_nice_and_is_started_once(session: Session) -> None:
    view = ProjectView(session.store, LEAD)
    assert session.learner.step("greet", "sample", view) == "sample"
    first = session.learner.pid
    assert first is not None and os.getpriority(os.PRIO_PROCESS, first) > os.getpriority(os.PRIO_PROCESS, 0)
    session.learner.step("greet", "sample", view)
    assert session.learner.pid == first


def test_a_killed_process_is_said_once_and_started_again_when_needed(session: Session) -> None:
    ask(session, "prelabel", field="intent", limit=30)
    ask(session, "sample", field="intent", strategy="margin", n=6)
    session.learner.step("greet", "sample", ProjectView(session.store, LEAD))
    killed = session.learner.pid
    assert killed is not None
    label(session, 10)
    _freeze_then_kill(session, killed)
    said = session.store.notices.after(0)
    assert len(said) == 1 and "signal 9" in said[0]
    label(session, 1)
    assert len(session.retraining.learn("intent")) == 2
    assert session.learner.pid not in (None, killed)
    assert session.store.notices.after(0) == said


def _freeze_then_kill(session: Session, pid: int) -> None:
    """The process dies in the middle of a step: it is stopped before the step and killed once the step waits."""
    os.kill(pid, signal.SIGSTOP)
    thread = threading.Thread(target=session.retraining.learn, args=("intent",))
    thread.start()
    wait_for(session.learner._step.locked)
    os.kill(pid, signal.SIGKILL)
    thread.join(30)
    assert not thread.is_alive()


def test_a_job_whose_process_was_killed_has_failed_and_says_why(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(session, "prelabel", field="intent", limit=30)
    session.learner.step("greet", "sample", ProjectView(session.store, LEAD))
    pid = session.learner.pid
    assert pid is not None
    label(session, 10)

    def start_frozen(*given: Any) -> tuple[int, int]:
        os.kill(pid, signal.SIGSTOP)
        return session.jobs.start(*given)

    monkeypatch.setattr(session.executor, "start_work", start_frozen)
    learning = threading.Thread(target=session.retraining.learn, args=("intent",))
    learning.start()
    wait_for(lambda: session.store.jobs.live() and session.learner._step.locked())
    os.kill(pid, signal.SIGKILL)
    learning.join(30)
    job = session.jobs.recent(1)[0]
    assert (job.state, job.done) == ("failed", 0)
    assert "signal 9" in job.note
    assert session.store.notices.after(0) == [job.note]


def test_closing_the_session_ends_the_process_in_the_middle_of_a_step(tmp_path: Path) -> None:
    session = open_session(tmp_path / "p")
    ask(session, "prelabel", field="intent", limit=30)
    session.learner.step("greet", "sample", ProjectView(session.store, LEAD))
    pid = session.learner.pid
    assert pid is not None
    session.retraining.begin()
    os.kill(pid, signal.SIGSTOP)
    label(session, 10)
    wait_for(session.learner._step.locked)
    session.close()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_two_projects_have_processes_and_labels_of_their_own(session: Session, tmp_path: Path) -> None:
    with open_session(tmp_path / "other") as other:
        label(session, 12)
        assert (session.retraining.due(), other.retraining.due()) == (["intent"], [])
        for one in (session, other):
            one.learner.step("greet", "sample", ProjectView(one.store, LEAD))
        assert session.learner.pid != other.learner.pid


def test_the_tool_over_there_chooses_what_it_chooses_here(session: Session) -> None:
    label(session, 6)
    arguments = sample.read_arguments({"field": "intent", "strategy": "margin", "n": 8})
    view = ProjectView(session.store, LEAD)
    here, there = sample.run(arguments, view), session.learner.run_tool(sample, arguments, view)
    assert here.queue is not None and there.queue is not None
    assert (there.text, there.queue) == (here.text, here.queue)


def test_texts_are_read_some_at_a_time_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[int]] = []

    def ask(port: str, method: str, ids: list[int]) -> list[str]:
        asked.append(ids)
        return [f"text {one}" for one in ids]

    monkeypatch.setattr(learner_process, "_TEXTS_AT_A_TIME", 2)
    monkeypatch.setattr(learner_process, "MOST_TEXTS", 8)
    items = learner_process.AskedItems(ask, {})
    assert items.texts([3, 1, 3, 2]) == ["text 3", "text 1", "text 3", "text 2"]
    assert items.texts([2, 4]) == ["text 2", "text 4"]
    assert asked == [[3, 1], [2], [4]]
    items.texts([5, 6, 7, 8, 9])
    assert asked[3:] == [[5, 6], [7, 8], [9]]
    items.texts([4])
    assert asked[-1] == [4]


def test_an_error_over_there_arrives_as_what_it_was(session: Session) -> None:
    arguments = sample.read_arguments({"field": "intent", "saved": "nothing of that name"})
    with pytest.raises(NotFound, match="nothing of that name"):
        session.learner.run_tool(sample, arguments, ProjectView(session.store, LEAD))


def test_a_program_that_cannot_start_is_one_sentence(session: Session) -> None:
    learner = Learner((sys.executable, "-c", "raise SystemExit(3)"))
    with pytest.raises(LearnerEnded, match="exit status 3"):
        learner.step("greet", "sample", ProjectView(session.store, LEAD))
    learner.close()
    with pytest.raises(LearnerEnded, match="being closed"):
        learner.step("greet", "sample", ProjectView(session.store, LEAD))
