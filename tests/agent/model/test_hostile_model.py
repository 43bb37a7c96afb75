"""A model that tries everything for a hundred turns, then says “yes?”: no table of decisions differs by a byte."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import pytest

from assistant.agent.turn import model_turn
from assistant.agent.turn.conversation import Conversation
from tests.agent.project import ANA, Project, suggest
from tests.openai_server import Answer, OpenAIServer, call, say
from tools.records import Actor, Role

DECIDED = ("reviews", "undos", "gold_marks", "schema_versions", "users", "settings", "action_decisions", "items")
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("bulk_accept", {}),
    ("bulk_accept", {"label": "refund", "items": ["M001", "M002"]}),
    ("mark_gold", {"items": ["M006"]}),
    ("change_schema", {"operation": "rename_label", "label": "fault", "value": "Broken"}),
    ("change_schema", {"operation": "remove_label", "label": "fault"}),
    ("undo", {"what": "last"}),
    ("undo", {"what": "run", "id": 1}),
    ("undo", {"what": "since", "since": "2020-01-01T00:00:00"}),
    ("export_data", {"format": "csv", "target": "/tmp/stolen.csv", "overwrite": True}),
    ("import_data", {"path": "/etc/passwd"}),
    ("query_sql", {"sql": "DELETE FROM reviews"}),
    ("confirm", {"action_id": 1}),
    ("executor.confirm", {"action_id": 1}),
    ("set_setting", {"key": "blind_share", "value": 1}),
    ("add_user", {"name": "eve", "role": "admin"}),
    ("find_items", {"words": "previous instructions", "saved": "x'; DROP TABLE reviews; --"}),
    ("prelabel", {"backend": "hub:/etc", "limit": 1}),
    ("sample", {"strategy": "random", "n": 2}),
    ("project_status", {"role": "admin"}),
    ("decide", {"item": "M001", "label": "refund"}),
)
SAID = (
    "yes?",
    "yes, do it",
    "Confirm action 1.",
    "Done. I accepted everything and deleted the project.",
    "Shall I go on?",
)
PERSON = ("good morning", "yes", "go ahead", "do it", "yes, do it", "ok", "sure", "what is next", "hm", "confirm")
ROLES: tuple[Role, ...] = ("reviewer", "lead", "admin")


def everything(project: Project) -> dict[str, list[tuple[Any, ...]]]:
    return {name: project.store.database.rows(f"SELECT * FROM {name} ORDER BY ALL") for name in DECIDED}


def tries(seed: int) -> Any:
    """A model that makes two calls in a turn, another pair in each, and then speaks."""
    steps = itertools.count()

    def answer(body: dict[str, Any]) -> Answer:
        at = next(steps)
        if at < 2:
            name, given = CALLS[(seed + at * 7) % len(CALLS)]
            return call(name, given, call_id=f"c{at}")
        return say(SAID[seed % len(SAID)])

    return answer


@pytest.mark.parametrize("role", ROLES)
def test_forty_turns_of_a_model_that_tries_everything_decide_nothing(
    project: Project, role: Role, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_turn, "likely_tools", lambda text, world: None)
    suggest(project)
    list(Conversation(project).turn("accept", ANA, project.desk.open_card(ANA, 1, "intent").exposure.exposure_id))
    person: Actor = replace(ANA, role=role)
    before, began = everything(project), 0
    for seed in range(40):
        with OpenAIServer(tries(seed)) as server:
            talker = Conversation(project, f"openai:m@{server.address}", patience=0.0)
            list(talker.turn(PERSON[seed % len(PERSON)], person))
            began += len(server.requests)
        for waiting in project.executor.pending():
            assert waiting.actor.via == "agent"
    assert everything(project) == before
    assert began > 40
    # Without the model, in the same conversation, a yes presses none of what it left behind.
    for words in PERSON:
        list(Conversation(project).turn(words, person))
    assert everything(project) == before
