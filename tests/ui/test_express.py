"""What every card needs is answered on threads of its own, and as it would be by the whole way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.ui.clients import client_of
from tests.ui.projects import INTENT, Opened, decisions

Maker = Callable[..., Opened]
KEY = "0123456789abcdef"


@pytest.fixture
def project(made: Maker) -> Opened:
    return made(INTENT, [{"text": f"Message {number}", "meta": {}} for number in range(1, 7)])


@pytest.fixture
def client(project: Opened) -> Iterator[TestClient]:
    with client_of(project) as found:
        yield found


def test_decisions_run_on_threads_that_serve_nothing_else(
    client: TestClient, project: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: dict[str, str] = {}

    def told(name: str) -> Callable[..., Any]:
        real = getattr(project.desk, name)

        def call(*given: Any) -> Any:
            seen[name] = threading.current_thread().name.split("_")[0]
            return real(*given)

        return call

    for name in ("next_cards", "decide", "history"):
        monkeypatch.setattr(project.desk, name, told(name))
    card = client.post("/card/next", json={"field": "intent"}).json()["cards"][0]
    about = {"project": project.store.project_id, "item": 1, "exposure": card["exposure"], "ticket": card["ticket"]}
    click = {**about, "key": KEY, "verdict": "choose", "value": {"label": "refund"}}
    assert client.post("/card/decide", json=click).status_code == 200
    client.get("/card/history")
    assert (seen["next_cards"], seen["decide"]) == ("card", "card")
    assert seen["history"] != "card"


@pytest.mark.parametrize(
    ("content", "status", "kind"),
    [
        (b"{", 422, "InputError"),
        (b'{"exposure": "x"}', 422, "InputError"),
        (
            b'{"project":"p","item":1,"exposure":1,"ticket":"t","key":"0123456789","verdict":"skip"}',
            409,
            "OtherProject",
        ),
        (b'{"exposure": 1, "key": "0123456789", "verdict": "skip", "more": 1}', 422, "InputError"),
    ],
)
def test_a_refusal_reads_as_by_the_whole_way(
    client: TestClient, project: Opened, content: bytes, status: int, kind: str
) -> None:
    answer = client.post("/card/decide", content=content, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["kind"]) == (status, kind)
    assert set(answer.json()) == {"error", "kind"}
    assert decisions(project) == []


def test_nobody_decides_without_having_signed_in(project: Opened) -> None:
    with client_of(project, signed_in=False) as stranger:
        answer = stranger.post("/card/next", json={"field": "intent"})
    assert (answer.status_code, answer.json()["kind"]) == (401, "NotSignedIn")


def test_a_defect_has_a_number_and_no_traceback(
    client: TestClient, project: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(project.desk, "next_cards", lambda *_: 1 / 0)
    answer = client.post("/card/next", json={"field": "intent"})
    assert answer.status_code == 500
    assert answer.json()["error"].startswith("Something went wrong inside; the log names it defect ")


def test_a_text_with_half_a_character_can_be_shown(made: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = made(INTENT, [{"text": "Message", "meta": {}}])
    real = opened.store.items.get
    from dataclasses import replace

    monkeypatch.setattr(opened.store.items, "get", lambda ids: [replace(one, text="a\ud83d") for one in real(ids)])
    with client_of(opened) as client:
        answer = client.post("/card/next", json={"field": "intent"})
    assert answer.json()["cards"][0]["item"]["text"] == "a\ud83d"


def test_a_page_that_nobody_uses_looks_for_work_fifty_times_a_second_at_most(project: Opened) -> None:
    with client_of(project, whole=True) as client:
        mounted = [route.app for route in client.app.routes if hasattr(getattr(route, "app", None), "get_blocks")]  # type: ignore[attr-defined]
    assert [app.get_blocks()._queue.sleep_when_free for app in mounted] == [0.02]
