"""The form, its cookies, the proxy before it, and that signing in keeps nobody else waiting."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from assistant.ui.app import Doors, build_routes
from assistant.ui.door.slow_door import AT_ONCE
from tests.ui.clients import BASE, TOKEN, client_of, sign_in
from tests.ui.projects import INTENT, LEAD, Opened
from tools.errors import InputError

Maker = Callable[..., Opened]
PASSWORD = "a long password"
HTML = {"accept": "text/html"}
PROXY = "10.9.9.9"


@pytest.fixture
def team(made: Maker) -> Opened:
    project = made(INTENT, [{"text": "one"}])
    for name, role in (("ann", "reviewer"), ("zoe", "admin")):
        project.store.users.add(name, role, PASSWORD, LEAD)
    return project


def recorded(project: Opened, kind: str) -> list[tuple[str, dict[str, Any]]]:
    """Author and content of the events of a kind."""
    rows = project.store.database.rows("SELECT actor, payload FROM audit WHERE kind = ? ORDER BY seq", [kind])
    return [(str(one), json.loads(payload)) for one, payload in rows]


def from_address(client: Any, address: str) -> None:
    """Let the requests of a client come from an address."""
    client._transport.client = (address, 50000)


def test_a_wrong_password_keeps_the_name_in_the_form(team: Opened) -> None:
    with client_of(team, signed_in=False) as client:
        answer = client.post("/login", data={"name": 'ann "<b>', "password": "wrong"})
        assert 'value="ann &quot;&lt;b&gt;"' in answer.text
        assert "Wrong name or password." in answer.text


@pytest.mark.parametrize("data", [{}, {"name": "ann"}, {"name": "ann", "password": "x" * 5000}, {"password": PASSWORD}])
def test_whatever_is_sent_to_the_form_is_answered_by_the_form(team: Opened, data: dict[str, str]) -> None:
    with client_of(team, signed_in=False) as client:
        answer = client.post("/login", data=data)
        assert (answer.status_code, "Wrong name or password." in answer.text) == (403, True)


def test_a_thousand_characters_are_a_password_everywhere(team: Opened) -> None:
    long = "ab7 " * 250
    team.store.users.set_password("ann", long, LEAD)
    with client_of(team, signed_in=False) as client:
        assert sign_in(client, "ann", long) == 200


def test_a_hundred_guesses_at_once_look_at_five_passwords(team: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    monkeypatch.setattr(team.store.users, "sign_in", lambda name, *rest: looked.append(name))
    with client_of(team, signed_in=False) as client, ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda number: sign_in(client, "ann", f"wrong {number}"), range(100)))
    assert (len(looked), found.count(403), found.count(429)) == (5, 5, 95)


def test_a_browser_that_signed_in_before_is_not_locked_out_by_strangers(team: Opened) -> None:
    with client_of(team, signed_in=False) as client:
        assert sign_in(client, "ann", PASSWORD) == 200
        hers = dict(client.cookies)
        for _ in range(9):
            sign_in(client, "ann", "a stranger's guess")
        assert sign_in(client, "ann", PASSWORD) == 429
        client.cookies.update(hers)
        assert client.post("/login", data={"name": "Ann", "password": PASSWORD}).status_code == 200


def test_the_cookie_of_a_browser_opens_nothing_by_itself(team: Opened) -> None:
    with client_of(team, signed_in=False) as client:
        sign_in(client, "ann", PASSWORD)
        for name in [one for one in client.cookies if not one.endswith("_device")]:
            client.cookies.delete(name)
        assert client.get("/card/project").status_code == 401


def test_while_many_sign_in_every_other_request_is_answered(team: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    go_on, inside = threading.Event(), threading.Semaphore(0)
    at_work: list[int] = []

    def slow(*_: object) -> None:
        at_work.append(1)
        inside.release()
        go_on.wait(60)

    app = build_routes(team, token=TOKEN, person="lead")
    cookie = team.store.users.log_in("ann")

    async def play() -> tuple[int, int, list[int]]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url=BASE, timeout=60) as client:
            name = app.state.logins.cookie_name(False)
            monkeypatch.setattr(team.store.users, "sign_in", slow)
            data = [{"name": f"someone{one}", "password": "wrong"} for one in range(60)]
            waiting = [asyncio.create_task(client.post("/login", data=one)) for one in data]
            for _ in range(AT_ONCE):
                await asyncio.to_thread(inside.acquire)
            other = await client.get("/card/history", headers={"cookie": f"{name}={cookie}"})
            seen = len(at_work)
            go_on.set()
            return other.status_code, seen, [one.status_code for one in await asyncio.gather(*waiting)]

    assert asyncio.run(play()) == (200, AT_ONCE, [403] * 60)


def test_wrong_passwords_are_recorded_by_number_and_what_was_typed_as_a_name_is_not(team: Opened) -> None:
    with client_of(team, signed_in=False) as client:
        for _ in range(30):
            sign_in(client, "ann", "wrong")
        for number in range(20):
            sign_in(client, f"my secret {number}", "wrong")
        assert sign_in(client, "zoe", PASSWORD) == 200
    found = recorded(team, "sign_in_failed")
    assert [(who, one["name"], one["count"]) for who, one in found] == [
        ("ann", "ann", 1),
        ("ann", "ann", 29),
        ("nobody", "", 1),
        ("nobody", "", 19),
    ]
    assert "my secret" not in json.dumps(found)


def test_signing_in_and_out_is_recorded_with_the_address(team: Opened) -> None:
    with client_of(team, signed_in=False) as client:
        from_address(client, "192.168.1.7")
        sign_in(client, "ann", PASSWORD)
        client.post("/logout")
    (who, one), (same, other) = recorded(team, "sign_in")[0], recorded(team, "sign_out")[0]
    assert (who, one["address"], same, other["login"]) == ("ann", "192.168.1.7", "ann", one["login"])


def test_asking_for_logout_ends_the_sign_in(team: Opened) -> None:
    with client_of(team, signed_in=False, whole=True) as client:
        sign_in(client, "ann", PASSWORD)
        kept = dict(client.cookies)
        assert client.get("/logout").status_code == 303
        client.cookies.update(kept)
        assert client.get("/card/project").status_code == 401


def test_answers_in_json_are_kept_by_no_browser(team: Opened) -> None:
    with client_of(team, signed_in=False, whole=True) as client:
        sign_in(client, "ann", PASSWORD)
        for path in ("/card/project", "/page/tools", "/nothing", "/config"):
            assert client.get(path).headers["cache-control"] == "no-store", path


def test_a_wrong_token_is_answered_to_a_person_in_words(made: Maker) -> None:
    project = made(INTENT, [{"text": "one"}])
    with client_of(project, signed_in=False) as client:
        answer = client.get("/", params={"token": "old"}, headers=HTML)
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (401, "text/html")
        assert "This address is out of date" in answer.text
        project.store.users.add("ann", "reviewer", PASSWORD, LEAD)
        assert client.get("/", params={"token": "old"}, headers=HTML).headers["location"] == "/login"


def behind_proxy(project: Opened, **about: Any) -> Any:
    """A client whose requests all come from the proxy."""
    return client_of(project, signed_in=False, doors=Doors(trusted=(PROXY,), **about))


def test_behind_a_trusted_proxy_the_cookie_is_for_https_and_this_host_only(team: Opened) -> None:
    headers = {"x-forwarded-proto": "https", "x-forwarded-host": "labels.example", "x-forwarded-for": "203.0.113.5"}
    with behind_proxy(team, allowed=("labels.example",)) as client:
        from_address(client, PROXY)
        answer = client.post("/login", data={"name": "ann", "password": PASSWORD}, headers=headers)
        assert answer.status_code == 200
        for cookie in answer.headers.get_list("set-cookie"):
            assert cookie.startswith("__Host-assistant_")
            assert "; Secure" in cookie
            assert "Path=/" in cookie and "Domain" not in cookie
        assert [one.address for one in team.store.users.sign_ins("ann")] == ["203.0.113.5"]
        cookies = "; ".join(one.partition(";")[0] for one in answer.headers.get_list("set-cookie"))
        assert client.get("/card/project", headers={**headers, "cookie": cookies}).status_code == 200
        plain = cookies.replace("__Host-", "")
        assert client.get("/card/project", headers={**headers, "cookie": plain}).status_code == 401


def test_the_word_of_anybody_else_is_not_taken_for_who_asks(team: Opened) -> None:
    headers = {"x-forwarded-proto": "https", "x-forwarded-host": "evil.example", "x-forwarded-for": "203.0.113.5"}
    with behind_proxy(team) as client:
        from_address(client, "192.168.1.66")
        answer = client.post("/login", data={"name": "ann", "password": PASSWORD}, headers=headers)
        assert answer.status_code == 200
        assert "Secure" not in answer.headers["set-cookie"]
        assert [one.address for one in team.store.users.sign_ins("ann")] == ["192.168.1.66"]


def test_what_a_sender_puts_before_the_proxys_own_word_counts_for_nothing(team: Opened) -> None:
    with behind_proxy(team) as client:
        from_address(client, PROXY)
        headers = {"x-forwarded-for": f"1.2.3.4, 203.0.113.5, {PROXY}"}
        client.post("/login", data={"name": "ann", "password": PASSWORD}, headers=headers)
        assert [one.address for one in team.store.users.sign_ins("ann")] == ["203.0.113.5"]


def test_people_behind_a_proxy_are_not_one_address(team: Opened) -> None:
    with behind_proxy(team) as client:
        from_address(client, PROXY)
        for number in range(5):
            for _ in range(5):
                headers = {"x-forwarded-for": f"203.0.113.{number}"}
                client.post("/login", data={"name": f"guess{number}", "password": "x"}, headers=headers)
        answer = client.post(
            "/login", data={"name": "ann", "password": PASSWORD}, headers={"x-forwarded-for": "203.0.113.9"}
        )
        assert answer.status_code == 200


def test_https_can_be_declared_where_no_proxy_says_it(team: Opened) -> None:
    with client_of(team, signed_in=False, doors=Doors(https=True)) as client:
        answer = client.post("/login", data={"name": "ann", "password": PASSWORD})
        assert "; Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize("written", ["proxy.example", "10.0.0.0/99", ""])
def test_a_trusted_proxy_that_is_no_address_is_refused(written: str) -> None:
    from assistant.ui.door.proxy import read_networks

    with pytest.raises(InputError, match="an address like"):
        read_networks([written])


@pytest.mark.parametrize(
    ("host", "status"), [("192.168.1.5:7860", 401), ("[fe80::1]:7860", 401), ("evil.example", 400)]
)
def test_served_to_others_every_bare_address_is_answered_and_no_strange_name(
    team: Opened, host: str, status: int
) -> None:
    with client_of(team, signed_in=False, doors=Doors(any_address=True)) as client:
        assert client.get("/card/project", headers={"host": host}).status_code == status
    with client_of(team, signed_in=False) as client:
        assert client.get("/card/project", headers={"host": host}).status_code == 400


def test_this_computers_own_name_is_among_those_it_answers_to() -> None:
    import socket

    from assistant.ui.door.own_names import own_names

    assert socket.gethostname().casefold() in own_names()
