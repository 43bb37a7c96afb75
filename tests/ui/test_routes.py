"""The routes of card and tabs: what goes in is checked, what comes out is plain, every refusal is one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.ui.clients import client_of
from tests.ui.projects import INTENT, Opened, decisions, suggest

Maker = Callable[..., Opened]
KEY = "0123456789abcdef"
SENT = {"exposure": 1, "ticket": "0" * 32, "item": 1, "key": KEY, "verdict": "accept"}


@pytest.fixture
def project(made: Maker) -> Opened:
    opened = made(INTENT, [{"text": f"Message {number}", "meta": {"channel": "email"}} for number in range(1, 7)])
    suggest(opened, "intent", {one: {"label": "refund"} for one in range(1, 7)}, score=0.9)
    return opened


@pytest.fixture
def client(project: Opened) -> Iterator[TestClient]:
    with client_of(project) as found:
        yield found


def ask(client: TestClient, path: str, **body: Any) -> Any:
    answer = client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def refusal(client: TestClient, path: str, **body: Any) -> tuple[int, str, str]:
    answer = client.post(path, json=body)
    found = answer.json()
    assert set(found) == {"error", "kind"}
    assert "\n" not in found["error"]
    return answer.status_code, found["kind"], found["error"]


def project_id(client: TestClient) -> str:
    return str(client.get("/card/project").json()["project_id"])


def of_card(client: TestClient, card: dict[str, Any]) -> dict[str, Any]:
    """What a decision says of its card."""
    known = {"exposure": card["exposure"], "ticket": card["ticket"], "item": card["item"]["id"]}
    return {"project": project_id(client), **known}


def first_card(client: TestClient) -> dict[str, Any]:
    card: dict[str, Any] = ask(client, "/card/next", field="intent", count=1)["cards"][0]
    return card


def test_cards_come_with_counts_and_without_an_unmeasured_score(client: TestClient) -> None:
    found = ask(client, "/card/next", field="intent", count=3)
    assert [card["item"]["key"] for card in found["cards"]] == ["M001", "M002", "M003"]
    assert (found["left"], found["done"], found["finished"]) == (6, 0, False)
    assert found["cards"][0]["suggestion"]["score"] is None


def test_a_decision_is_stored_and_acknowledged_with_its_number(client: TestClient, project: Opened) -> None:
    card = first_card(client)
    ask(client, "/card/painted", exposure=card["exposure"])
    saved = ask(client, "/card/decide", **of_card(client, card), key=KEY, verdict="accept", seconds=1.5)
    assert (saved["left"], saved["done"]) == (5, 1)
    assert saved["saved_at"]
    assert decisions(project) == [("M001", "accept", {"label": "refund"})]
    stored = project.store.database.rows("SELECT via, seconds, reviewer FROM reviews")
    assert stored == [("key", 1.5, "lead")]


def test_the_same_key_twice_is_one_decision_with_one_receipt(client: TestClient, project: Opened) -> None:
    card = of_card(client, first_card(client))
    once = ask(client, "/card/decide", **card, key=KEY, verdict="accept")
    twice = ask(client, "/card/decide", **card, key=KEY, verdict="accept")
    assert once["review"] == twice["review"]
    assert len(decisions(project)) == 1


def test_undo_gives_back_the_card(client: TestClient) -> None:
    card = of_card(client, first_card(client))
    saved = ask(client, "/card/decide", **card, key=KEY, verdict="choose", value={"label": "praise"})
    undone = ask(client, "/card/undo", review=saved["review"])
    assert undone["undone"]["review"] == saved["review"]
    assert undone["card"]["item"]["key"] == "M001"
    assert (undone["of_field"], undone["left"], undone["done"]) == ("intent", 6, 0)


def test_every_answer_that_changes_the_counts_says_what_the_header_says(client: TestClient) -> None:
    def header() -> tuple[int, int]:
        found = client.get("/card/project").json()["progress"]
        assert found["by_field"]["intent"] == {"done": found["done"], "left": found["left"], "total": 6}
        return found["done"], found["left"]

    assert header() == (0, 6)
    first = of_card(client, first_card(client))
    saved = ask(client, "/card/decide", **first, key=KEY, verdict="choose", value={"label": "praise"})
    assert header() == (saved["done"], saved["left"]) == (1, 5)
    second = of_card(client, first_card(client))
    skipped = ask(client, "/card/decide", **second, key=KEY, verdict="skip")
    assert header() == (skipped["done"], skipped["left"]) == (1, 5)
    undone = ask(client, "/card/undo", review=saved["review"])
    assert header() == (undone["done"], undone["left"]) == (0, 6)


def test_history_names_what_was_decided_in_words(client: TestClient) -> None:
    card = of_card(client, first_card(client))
    ask(client, "/card/decide", **card, key=KEY, verdict="choose", value={"label": "praise"})
    (past,) = client.get("/card/history").json()["decisions"]
    assert (past["key"], past["words"]) == ("M001", "Intent: choose Praise")


@pytest.mark.parametrize(
    ("path", "body", "status", "kind"),
    [
        ("/card/decide", {**SENT, "exposure": 999}, 409, "CardUnknown"),
        ("/card/decide", {**SENT, "verdict": "love"}, 422, "InputError"),
        ("/card/decide", {**SENT, "key": "short"}, 422, "InputError"),
        ("/card/decide", {**SENT, "reviewer": "ann"}, 422, "InputError"),
        ("/card/decide", {**SENT, "exposure": "1; DROP"}, 422, "InputError"),
        ("/card/next", {"field": "nothing"}, 404, "NotFound"),
        ("/card/next", {"count": 1000}, 422, "InputError"),
        ("/card/open", {"item": 999, "field": "intent"}, 404, "NotFound"),
        ("/card/undo", {}, 404, "NotFound"),
        ("/page/tools/call", {"name": "rm"}, 404, "NotFound"),
        ("/page/tools/call", {"name": "measure", "arguments": {"x": 1}}, 422, "ArgumentsRefused"),
        ("/page/tools/call", {"name": "import_data", "arguments": {"path": "/etc/passwd"}}, 403, "NotAllowed"),
        ("/page/actions/confirm", {"action": 999}, 404, "NotFound"),
        ("/page/runs/cancel", {"job": 999}, 404, "NotFound"),
    ],
)
def test_every_refusal_is_one_sentence_with_its_kind(
    client: TestClient, path: str, body: dict[str, Any], status: int, kind: str
) -> None:
    first_card(client)
    if path == "/card/decide":
        body = {**body, "project": project_id(client)}
    found = refusal(client, path, **body)
    assert found[:2] == (status, kind)


def test_a_value_that_does_not_fit_is_refused_and_nothing_is_stored(client: TestClient, project: Opened) -> None:
    card = of_card(client, first_card(client))
    body = {**card, "key": KEY, "verdict": "choose", "value": {"label": "nonsense"}}
    status, _, words = refusal(client, "/card/decide", **body)
    assert status == 422
    assert "nonsense" in words
    assert decisions(project) == []


def test_a_card_that_was_decided_by_somebody_else_is_a_conflict(client: TestClient, project: Opened) -> None:
    card = first_card(client)
    project.desk._leases._held.clear()
    from assistant.review import Decision
    from tools.records import Actor

    bob = Actor("bob", "reviewer", "key", "another")
    other = project.desk.open_card(bob, card["item"]["id"], "intent")
    project.desk.decide(bob, Decision(other.exposure.exposure_id, "bobs-own-key", "accept"))
    status, kind, words = refusal(client, "/card/decide", **of_card(client, card), key=KEY, verdict="accept")
    assert (status, kind) == (409, "LeaseTaken")
    assert "bob" in words


def test_a_measure_comes_with_number_interval_receipt_and_chart(client: TestClient) -> None:
    found = ask(client, "/page/tools/call", name="measure", arguments={"metric": "progress"})
    (fact,) = found["facts"]
    assert (fact["shown"], fact["interval"], fact["n"]) == ("25.0 %", "10.0 % – 40.0 %", 6)
    assert fact["sql"] == "SELECT 1"
    assert found["figures"][0]["image"].startswith("data:image/svg+xml;base64,")


def test_items_of_an_answer_come_with_key_and_beginning(client: TestClient) -> None:
    found = ask(client, "/page/items", items=[3, 1])["items"]
    assert [(one["key"], one["excerpt"]) for one in found] == [("M003", "Message 3"), ("M001", "Message 1")]
    assert refusal(client, "/page/items", items=[999])[0] == 404
    assert refusal(client, "/page/items", items=list(range(1, 300)))[0] == 422


def test_tools_come_with_the_schema_of_their_arguments(client: TestClient) -> None:
    tools = {one["name"]: one for one in client.get("/page/tools").json()["tools"]}
    assert tools["measure"]["arguments"]["properties"]["metric"]["enum"] == ["progress", "agreement"]


def test_a_change_waits_until_a_person_confirms_it_once(client: TestClient, project: Opened) -> None:
    yaml = client.get("/page/schema").json()["yaml"].replace("Refund", "Money back")
    action = ask(client, "/page/schema/change", yaml=yaml)["action_id"]
    assert project.schema.fields[0].labels[0].name == "Refund"
    (waiting,) = client.get("/page/actions").json()["actions"]
    assert (waiting["action_id"], waiting["verb"], waiting["may_confirm"]) == (action, "Change the schema", True)
    assert waiting["preview"][0]["rows"] == [["intent", "choice"]]
    ask(client, "/page/actions/confirm", action=action)
    assert project.schema.fields[0].labels[0].name == "Money back"
    assert refusal(client, "/page/actions/confirm", action=action)[:2] == (409, "AlreadyDecided")


def test_a_dismissed_change_is_never_carried_out(client: TestClient, project: Opened) -> None:
    yaml = client.get("/page/schema").json()["yaml"].replace("Refund", "Money back")
    action = ask(client, "/page/schema/change", yaml=yaml)["action_id"]
    ask(client, "/page/actions/dismiss", action=action)
    assert refusal(client, "/page/actions/confirm", action=action)[0] == 409
    assert project.schema.fields[0].labels[0].name == "Refund"


def test_a_broken_schema_is_refused_with_its_line(client: TestClient) -> None:
    yaml = "name: x\nfields:\n  - id: a\n    kind: choice\n"
    status, kind, words = refusal(client, "/page/schema/check", yaml=yaml)
    assert (status, kind) == (422, "SchemaRefused")
    assert words.startswith("line 3")


def test_a_run_is_listed_and_can_be_undone(client: TestClient) -> None:
    (run,) = client.get("/page/runs").json()["runs"]
    assert (run["tool"], run["usable"], run["can_undo"]) == ("prelabel", 6, True)
    ask(client, "/page/runs/undo", run=run["id"])
    assert client.get("/page/runs").json()["runs"][0]["undone"]


def test_a_job_is_listed_with_its_progress(client: TestClient, project: Opened) -> None:
    job = ask(client, "/page/tools/call", name="prelabel")["job_id"]
    project.jobs.wait(job, 20)
    (found,) = client.get("/page/runs").json()["jobs"]
    assert (found["job_id"], found["state"], found["done"], found["total"]) == (job, "done", 6, 6)


def test_an_upload_is_read_without_storing_and_waits_for_a_yes(client: TestClient, project: Opened) -> None:
    sent = client.post("/page/files/upload", params={"name": "../../evil name.csv"}, content=b"a\nb\n")
    upload = sent.json()["upload"]
    (kept,) = list((project.path / "uploads" / upload).iterdir())
    assert kept.name == "evil-name.csv"
    found = ask(client, "/page/files/import", upload=upload, options={"format": "csv"})
    assert found["text"] == "2 rows can be read."
    assert found["action_id"] is not None
    assert project.store.items.count() == 6


@pytest.mark.parametrize("upload", ["0" * 32, "../../../etc", "", "0" * 31 + "/"])
def test_an_upload_that_does_not_exist_is_not_found(client: TestClient, upload: str) -> None:
    assert refusal(client, "/page/files/import", upload=upload)[0] == 404


@pytest.mark.parametrize("name", ["path", "target", "overwrite"])
def test_the_page_cannot_say_where_a_file_lies(client: TestClient, name: str) -> None:
    assert refusal(client, "/page/files/export", options={"format": "csv", name: "/tmp/x"})[1] == "ArgumentsRefused"


def test_an_empty_upload_is_refused_and_leaves_nothing_behind(client: TestClient, project: Opened) -> None:
    assert client.post("/page/files/upload", params={"name": "x.csv"}, content=b"").status_code == 422
    assert list((project.path / "uploads").iterdir()) == []


def test_an_export_is_written_after_a_yes_and_comes_as_an_attachment(client: TestClient) -> None:
    action = ask(client, "/page/files/export", options={"format": "csv"})["action_id"]
    assert client.get("/page/files/exports").json()["exports"] == []
    ask(client, "/page/actions/confirm", action=action)
    (found,) = client.get("/page/files/exports").json()["exports"]
    answer = client.get(f"/page/files/exports/{found['name']}")
    assert answer.text == "key,label\n"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["..%2f..%2fproject.duckdb", ".hidden", "none.csv", "%00"])
def test_only_exports_can_be_downloaded(client: TestClient, name: str) -> None:
    assert client.get(f"/page/files/exports/{name}").status_code == 404
