"""Who gets in: tokens, passwords, hosts, origins, headers, and what is closed to everybody."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from assistant.store.file.database import Database
from assistant.ui.app import is_loopback, refuse_open_door, serve
from assistant.ui.door.local_sign_ins import LOCAL_IDLE_SECONDS
from assistant.ui.door.logins import Logins
from tests.ui.clients import BASE, TOKEN, client_of, sign_in
from tests.ui.projects import INTENT, LEAD, Opened
from tests.ui.scripted_chat import ScriptedConversation
from tools.errors import InputError

Maker = Callable[..., Opened]
ITEMS = [{"text": "one"}, {"text": "two"}]
PASSWORD = "a long password"
HTML = {"accept": "text/html"}


def with_users(made: Maker) -> Opened:
    project = made(INTENT, ITEMS)
    for name, role in (("ann", "reviewer"), ("zoe", "lead")):
        project.store.users.add(name, role, PASSWORD, LEAD)
    return project


def test_the_printed_address_opens_the_page_and_the_token_is_gone_from_it(made: Maker) -> None:
    with client_of(made(INTENT, ITEMS), signed_in=False) as client:
        answer = client.get("/", params={"token": TOKEN})
        assert answer.status_code == 200
        assert "url=/" in answer.text
        cookie = answer.headers["set-cookie"]
        assert "SameSite=strict" in cookie
        assert "HttpOnly" in cookie
        assert TOKEN not in answer.text + cookie
        assert client.get("/card/project").json()["person"] == "lead"


def test_a_wrong_token_and_no_token_are_turned_away(made: Maker) -> None:
    with client_of(made(INTENT, ITEMS), signed_in=False) as client:
        assert client.get("/", params={"token": "wrong"}).status_code == 401
        assert client.get("/", headers=HTML).status_code == 401
        refusal = client.post("/card/next", json={})
        assert (refusal.status_code, refusal.json()["kind"]) == (401, "NotSignedIn")


@pytest.mark.parametrize(
    "path",
    ["/config", "/theme.css", "/gradio_api/queue/join", "/static/card/card.js", "/page/tools", "/assets/x.js", "/info"],
)
def test_a_stranger_gets_nothing_not_even_a_script(made: Maker, path: str) -> None:
    with client_of(made(INTENT, ITEMS), signed_in=False, whole=True) as client:
        assert client.get(path).status_code == 401


def own_routes(app: Any) -> list[Any]:
    """Routes of the routers that were included, whatever the framework wraps them in."""
    included = (getattr(one, "original_router", None) for one in app.routes)
    return [route for router in included if router is not None for route in router.routes]


def test_every_one_of_our_routes_needs_a_person(made: Maker) -> None:
    with client_of(made(INTENT, ITEMS), signed_in=False) as client:
        routes = [route for route in own_routes(client.app) if route.path.startswith(("/card", "/page"))]
        assert len(routes) > 20
        for route in routes:
            for method in route.methods:
                assert client.request(method, route.path.replace("{name}", "x")).status_code == 401, route.path


def test_people_sign_in_with_a_password_and_carry_their_own_role(made: Maker) -> None:
    with client_of(with_users(made), signed_in=False) as client:
        assert client.get("/", headers=HTML).headers["location"] == "/login?next=/"
        assert sign_in(client, "ann", "wrong password") == 403
        assert sign_in(client, "ann", PASSWORD) == 200
        found = client.get("/card/project").json()
        assert (found["person"], found["role"], found["has_users"]) == ("ann", "reviewer", True)


def test_the_token_of_the_local_lead_opens_nothing_once_there_are_users(made: Maker) -> None:
    project = made(INTENT, ITEMS)
    with client_of(project) as client:
        assert client.get("/card/project").status_code == 200
        project.store.users.add("ann", "reviewer", PASSWORD, LEAD)
        time.sleep(2.1)
        assert client.get("/card/project").status_code == 401
        assert client.get("/", params={"token": TOKEN}).status_code == 401


def test_signing_out_makes_the_cookie_worthless(made: Maker) -> None:
    with client_of(with_users(made), signed_in=False) as client:
        sign_in(client, "ann", PASSWORD)
        kept = dict(client.cookies)
        assert client.post("/logout").status_code == 200
        client.cookies.update(kept)
        assert client.get("/card/project").status_code == 401


def test_after_five_wrong_passwords_even_the_right_one_must_wait(made: Maker) -> None:
    with client_of(with_users(made), signed_in=False) as client:
        for _ in range(5):
            assert sign_in(client, "ann", "wrong") == 403
        assert sign_in(client, "ann", PASSWORD) == 429


def test_a_cookie_that_nobody_used_for_hours_is_worthless(made: Maker) -> None:
    now = [0.0]
    project = made(INTENT, ITEMS)
    logins = Logins(project.store.users, project.path, TOKEN, "lead", clock=lambda: now[0], wall=lambda: now[0])
    cookie = logins.open_with_token(TOKEN)
    now[0] = LOCAL_IDLE_SECONDS - 1.0
    assert logins.actor(cookie) is not None
    now[0] += LOCAL_IDLE_SECONDS + 1.0
    assert logins.actor(cookie) is None


def test_a_browser_that_was_let_in_is_let_in_again_after_a_restart_and_by_an_old_address(made: Maker) -> None:
    project = made(INTENT, ITEMS)
    with client_of(project) as client:
        cookies = dict(client.cookies)
    (file,) = (project.path / "cache").glob("sign_ins.json")
    assert file.stat().st_mode & 0o777 == 0o600
    assert not any(value in file.read_text() for value in cookies.values())
    with client_of(project, signed_in=False, token="another") as client:
        client.cookies.update(cookies)
        assert client.get("/card/project").json()["person"] == "lead"
        answer = client.get("/", params={"token": TOKEN}, headers=HTML)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_a_remembered_browser_is_a_stranger_once_there_are_users_or_in_another_project(made: Maker) -> None:
    project, other = made(INTENT, ITEMS), made(INTENT, ITEMS)
    with client_of(project) as client:
        (value,) = client.cookies.values()
    with client_of(other, signed_in=False) as client:
        client.cookies.update({Logins(other.users, other.path, TOKEN).cookie: value})
        assert client.get("/card/project").status_code == 401
    project.store.users.add("ann", "reviewer", PASSWORD, LEAD)
    with client_of(project, signed_in=False) as client:
        client.cookies.update({Logins(project.users, project.path, TOKEN).cookie: value})
        assert client.get("/card/project").status_code == 401


def test_a_remembered_sign_in_that_cannot_be_read_locks_and_breaks_nothing(made: Maker) -> None:
    project = made(INTENT, ITEMS)
    with client_of(project) as client:
        cookies = dict(client.cookies)
    (project.path / "cache" / "sign_ins.json").write_text('{"broken": [')
    with client_of(project, signed_in=False) as client:
        client.cookies.update(cookies)
        assert client.get("/card/project").status_code == 401
        client.cookies.clear()
        client.get("/", params={"token": TOKEN})
        assert client.get("/card/project").status_code == 200


def test_two_projects_on_one_computer_have_cookies_of_different_names(made: Maker, tmp_path: Path) -> None:
    users = made(INTENT, ITEMS).store.users
    assert Logins(users, tmp_path / "one", TOKEN).cookie != Logins(users, tmp_path / "two", TOKEN).cookie


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": BASE.replace("7860", "7861")},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_another_site_cannot_act_for_a_signed_in_person(made: Maker, headers: dict[str, str]) -> None:
    with client_of(made(INTENT, ITEMS), whole=True) as client:
        assert client.post("/card/next", json={}, headers=headers).status_code == 403
        assert client.post("/gradio_api/queue/join", json={}, headers=headers).status_code == 403


def test_the_page_itself_may_act(made: Maker) -> None:
    with client_of(made(INTENT, ITEMS)) as client:
        headers = {"origin": BASE, "sec-fetch-site": "same-origin"}
        assert client.post("/card/next", json={}, headers=headers).status_code == 200


def test_no_other_origin_is_granted_anything(made: Maker) -> None:
    with client_of(made(INTENT, ITEMS), whole=True) as client:
        answer = client.get("/config", headers={"origin": "https://evil.example"})
        assert "access-control-allow-origin" not in answer.headers
        headers = {"origin": "https://evil.example", "access-control-request-method": "POST"}
        preflight = client.options("/card/next", headers=headers)
        assert preflight.status_code == 400
        assert "access-control-allow-origin" not in preflight.headers


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_a_name_that_is_not_this_server_is_refused(made: Maker, host: str) -> None:
    with client_of(made(INTENT, ITEMS)) as client:
        assert client.get("/card/project", headers={"host": host}).status_code == 400


def test_a_name_that_was_allowed_is_answered(made: Maker) -> None:
    with client_of(made(INTENT, ITEMS), hosts=("labels.example",)) as client:
        cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        answer = client.get("/card/project", headers={"host": "labels.example:80", "cookie": cookies})
        assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/card/project", "/", "/static/card/card.js", "/nothing", "/login"])
def test_every_answer_carries_the_protecting_headers(made: Maker, path: str) -> None:
    with client_of(made(INTENT, ITEMS), whole=True) as client:
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/upload",
        "/gradio_api/proxy=http://127.0.0.1/",
        "/gradio_api/file=/etc/passwd",
        "/gradio_api/info",
        "/gradio_api/vibe-edit/",
        "/monitoring",
        "/openapi.json",
        "/docs",
    ],
)
def test_what_the_page_does_not_use_is_closed(made: Maker, path: str) -> None:
    with client_of(made(INTENT, ITEMS), whole=True) as client:
        assert client.get(path).status_code == 404


def test_own_scripts_come_with_their_type_and_nothing_else_comes(made: Maker) -> None:
    with client_of(made(INTENT, ITEMS)) as client:
        script = client.get("/static/card/card.js")
        assert script.headers["content-type"].startswith("text/javascript")
        assert client.get("/static/card/card.css").headers["content-type"].startswith("text/css")
        again = client.get("/static/card/card.js", headers={"if-none-match": script.headers["etag"]})
        assert again.status_code == 304
        for path in ("/static/card/", "/static/card/../app.py", "/static/card/%2e%2e%2fapp.py", "/static/card/x.js"):
            assert client.get(path).status_code in (401, 404), path


def test_a_request_that_is_too_large_is_refused_before_it_is_read(made: Maker) -> None:
    with client_of(made(INTENT, ITEMS)) as client:
        assert client.post("/card/next", content=b" " * (5 * 1024 * 1024)).status_code == 413


def test_a_hostile_name_stays_text_on_the_sign_in_page(made: Maker) -> None:
    with client_of(with_users(made), signed_in=False) as client:
        answer = client.post("/login", data={"name": "<script>alert(1)</script>", "password": "x"})
        assert "<script>" not in answer.text


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.8.9.1"])
def test_addresses_of_this_computer_are_recognised(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "labels.example"])
def test_others_are_let_in_only_when_everybody_signs_in(host: str) -> None:
    refuse_open_door(host, has_users=True)
    with pytest.raises(InputError, match="add a user first"):
        refuse_open_door(host, has_users=False)


def test_serving_to_others_without_users_is_refused_before_anything_listens(made: Maker) -> None:
    with pytest.raises(InputError, match="assistant user add"):
        serve(made(INTENT, ITEMS), ScriptedConversation, "0.0.0.0", 7999, announce=lambda address: pytest.fail(address))


def test_a_defect_is_a_numbered_sentence_and_no_traceback(made: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    project = made(INTENT, ITEMS)
    monkeypatch.setattr(project.desk, "history", lambda actor, limit: 1 / 0)
    with client_of(project) as client:
        answer = client.get("/card/history")
        assert answer.status_code == 500
        assert answer.json()["kind"] == "Defect"
        assert "Zero" not in answer.text


def test_roles_decide_what_a_route_does(made: Maker) -> None:
    with client_of(with_users(made), signed_in=False) as client:
        sign_in(client, "ann", PASSWORD)
        yaml = "name: x\nfields:\n  - {id: a, kind: text}\n"
        assert client.post("/page/schema/change", json={"yaml": yaml}).status_code == 403
        assert client.post("/page/files/upload?name=x.csv", content=b"a").status_code == 403
        assert client.get("/page/files/exports").status_code == 403
        sign_in(client, "zoe", PASSWORD)
        waiting = client.post("/page/schema/change", json={"yaml": yaml}).json()["action_id"]
        sign_in(client, "ann", PASSWORD)
        assert client.get("/page/actions").json()["actions"] == []
        refusal = client.post("/page/actions/confirm", json={"action": waiting})
        assert (refusal.status_code, refusal.json()["kind"]) == (403, "NotAllowed")


def test_a_route_of_gradio_answers_only_to_signed_in_people(made: Maker) -> None:
    project = made(INTENT, ITEMS)
    with client_of(project, signed_in=False, whole=True) as client:
        assert isinstance(client, TestClient)
        assert client.post("/gradio_api/queue/join", json={"fn_index": 0, "data": []}).status_code == 401
        assert client.post("/gradio_api/run/predict", json={"fn_index": 0, "data": []}).status_code == 401


def test_who_asks_again_is_known_without_asking_the_database_until_something_about_people_changes(
    made: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = with_users(made)
    users, now = project.store.users, [0.0]
    logins = Logins(users, project.path, TOKEN, clock=lambda: now[0])
    cookie = users.log_in("ann")
    asked: list[str] = []
    rows = Database.rows
    monkeypatch.setattr(Database, "rows", lambda self, sql, *more: (asked.append(sql), rows(self, sql, *more))[1])
    assert logins.actor(cookie) is not None
    asked.clear()
    now[0] = 20.0
    found = logins.actor(cookie)
    assert (found and found.role, asked) == ("reviewer", [])
    # Not through a route of the page: in whatever way, it holds with the next request.
    users.set_role("zoe", "reviewer", LEAD)
    assert logins.actor(cookie) is not None
    assert asked
    users.set_active("ann", False, LEAD)
    assert logins.actor(cookie) is None


def test_a_sign_in_ends_at_its_time_though_nothing_changes(made: Maker) -> None:
    project = with_users(made)
    now = [0.0]
    logins = Logins(project.users, project.path, TOKEN, clock=lambda: now[0])
    cookie = project.users.log_in("ann")
    assert logins.actor(cookie) is not None
    with project.store.database.write() as transaction:
        transaction.execute("UPDATE logins SET until = made_at")
    now[0] = 31.0
    assert logins.actor(cookie) is None
