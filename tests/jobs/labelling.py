"""A small project that learns, and people who label it, for the tests of learning in the background."""

from __future__ import annotations

import pickle
import time
from pathlib import Path
from typing import Any

import pytest

from assistant.learning.learner import _read, surface_of
from assistant.learning.learner_process import STEPS, AskedContext
from assistant.review import Decision
from assistant.session import Session
from assistant.view import ProjectView
from tests.backends.texts.messages import SCHEMA, intents
from tests.store.opened import LEAD, batch
from tools.catalog import CATALOG
from tools.records import Actor

ANN = Actor("ann", "reviewer", "key", "s-ann")
ITEMS = 40


def open_session(path: Path, items: int = ITEMS, **settings: Any) -> Session:
    session = Session.create(path, "Small", SCHEMA, LEAD.person)
    for key, value in {"blind_share": 0.0, "backend.embedder": "builtin:ngrams", **settings}.items():
        session.store.settings.put(key, value, LEAD)
    session.store.take_in(batch([text for text, _ in intents(items)]), LEAD, {})
    return session


def right_label(item_id: int) -> str:
    return intents(ITEMS)[item_id - 1][1]


def label(session: Session, count: int) -> list[int]:
    """Decide the next ``count`` cards rightly; returns the items."""
    done = []
    for _ in range(count):
        card = session.desk.next_cards(ANN, "intent").cards[0]
        item_id = card.item.item_id
        exposure = card.exposure.exposure_id
        session.desk.decide(ANN, Decision(exposure, f"k{exposure}", "choose", {"label": right_label(item_id)}))
        done.append(item_id)
    return done


def ask(session: Session, tool: str, **given: Any) -> int:
    outcome = session.executor.call(tool, given, LEAD)
    if outcome.job_id is not None:
        assert session.jobs.wait(outcome.job_id, 60).state == "done"
    assert outcome.run_id is not None
    return outcome.run_id


def runs(session: Session) -> list[tuple[Any, ...]]:
    return session.store.database.rows("SELECT tool, actor, via FROM runs ORDER BY run_id")


def wait_for(condition: Any, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


def steps_here(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Do the steps of the learning process in this one, through the same ports: starting another takes seconds."""

    def step(name: str, tool: str, view: ProjectView, *given: Any) -> Any:
        def ask(port: str, method: str, *arguments: Any, **named: Any) -> Any:
            return pickle.loads(pickle.dumps(_read(view, port, method, arguments, named)))

        spec = next(one for one in CATALOG if one.name == tool)
        return STEPS[name](spec, AskedContext(pickle.loads(pickle.dumps(surface_of(view))), ask, {}), *given)

    monkeypatch.setattr(session.learner, "step", step)
