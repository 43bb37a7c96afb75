"""Half characters, numbers without end, nesting without end: one sentence, nothing stored, and the next one goes on."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest
from starlette.testclient import TestClient

from assistant.agent.model.chat_models import _mending_class
from tests.ui.clients import client_of
from tests.ui.projects import EVERY_KIND, LEAD, Opened, decisions
from tools.backends.remote import replies
from tools.errors import InputError

HALF = "look \ud83d here"
PATHS = (
    "/card/next",
    "/card/decide",
    "/card/undo",
    "/card/similar",
    "/page/tools/call",
    "/page/items",
    "/page/schema/check",
    "/page/schema/change",
    "/page/files/import",
    "/page/files/export",
    "/page/projects/new",
)


@pytest.fixture
def project(made: Callable[..., Opened]) -> Opened:
    return made(EVERY_KIND, [{"text": "one"}, {"text": "two"}])


@pytest.fixture
def client(project: Opened) -> Iterator[TestClient]:
    with client_of(project) as client:
        yield client


def send(client: TestClient, path: str, body: str) -> tuple[int, str, str]:
    """Status, kind and sentence of a body sent as it is."""
    answer = client.post(path, content=body, headers={"content-type": "application/json"})
    found = answer.json()
    assert set(found) == {"error", "kind"}, found
    assert "\n" not in found["error"]
    return answer.status_code, found["kind"], found["error"]


BODIES = (
    (json.dumps({"field": HALF}), "half a character"),
    (json.dumps({HALF: 1}), "half a character"),
    ('{"count": 1' + "0" * 30 + "}", "up to 18 digits"),
    ('{"count": 1' + "0" * 6000 + "}", "got one of 6001"),
    ('{"count": ' + "[" * 60 + "]" * 60 + "}", "40 deep"),
    ('{"count": ' + "[" * 100_000 + "]" * 100_000 + "}", "too deep"),
    ('{"count": NaN}', "A number was expected"),
    ('{"count": 1e999}', "A number was expected"),
)


@pytest.mark.parametrize(("body", "words"), BODIES)
def test_what_cannot_be_kept_is_refused_at_every_door(client: TestClient, body: str, words: str) -> None:
    for path in PATHS:
        status, kind, sentence = send(client, path, body)
        assert (path, status, kind) == (path, 400, "InputError")
        assert words in sentence


def test_a_half_character_in_a_written_answer_is_refused_and_the_next_answer_is_stored(
    client: TestClient, project: Opened
) -> None:
    card = client.post("/card/next", json={"field": "note", "count": 1}).json()["cards"][0]
    known = {"project": project.store.project_id, "ticket": card["ticket"], "item": card["item"]["id"]}
    body = {**known, "exposure": card["exposure"], "key": "0123456789", "verdict": "choose", "value": {"text": HALF}}
    assert send(client, "/card/decide", json.dumps(body))[0] == 400
    assert decisions(project) == []
    assert client.post("/card/decide", json={**body, "value": {"text": "whole 🎧"}}).status_code == 200
    assert decisions(project) == [("M001", "choose", {"text": "whole 🎧"})]


def test_the_road_of_the_chat_refuses_numbers_and_nesting_and_lets_texts_through(project: Opened) -> None:
    with client_of(project, whole=True) as client:
        for body in ('{"data": [' + "[" * 100_000 + "]" * 100_000 + "]}", '{"data": [1' + "0" * 400 + "]}"):
            assert send(client, "/gradio_api/queue/join", body)[:2] == (400, "InputError")
        said = json.dumps({"data": [HALF], "fn_index": 10_000})
        answer = client.post("/gradio_api/queue/join", content=said, headers={"content-type": "application/json"})
        assert "half a character" not in answer.text


def test_half_a_character_in_what_a_model_says_is_mended() -> None:
    model = _mending_class()(model="m", api_key="none", base_url="http://127.0.0.1:9")
    choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": HALF}}
    result = model._create_chat_result({"model": "m", "choices": [choice], "usage": None})
    assert result.generations[0].message.content == "look \ufffd here"


def test_half_a_character_in_a_drafted_answer_is_mended() -> None:
    assert replies.parse_json(json.dumps({"label": HALF})) == {"label": "look \ufffd here"}


def test_a_message_that_was_said_in_halves_is_kept_mended(project: Opened) -> None:
    talk = project.store.talk
    talk.add_message("s", "ann", "assistant", HALF + " \ud83c\udfa7", {"calls": [{HALF: [HALF]}]})
    talk.add_message("s", "ann", "person", "next", {})
    first, second = talk.messages("s", 5)
    mended = "look \ufffd here"
    assert first["text"] == f"{mended} 🎧"
    assert first["record"] == {"calls": [{mended: [mended]}]}
    assert second["text"] == "next"


def test_nothing_half_is_written_by_any_other_road(project: Opened) -> None:
    with pytest.raises(InputError, match="letters that can be seen"):
        project.store.talk.save_filter(HALF, SimpleNamespace(to_record=lambda: {}), LEAD)  # type: ignore[arg-type]
    assert project.store.talk.filter_names() == []
