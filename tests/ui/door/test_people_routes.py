"""The people panel's routes: one's own password and sign-ins, and what only an admin may do."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.ui.clients import client_of, sign_in
from tests.ui.projects import INTENT, LEAD, Opened

Maker = Callable[..., Opened]
PASSWORD = "a long password"
ROLES = {"ann": "reviewer", "eli": "engineer", "lea": "lead", "zoe": "admin"}


@pytest.fixture
def team(made: Maker) -> Opened:
    project = made(INTENT, [{"text": "one"}])
    for name, role in ROLES.items():
        project.store.users.add(name, role, PASSWORD, LEAD)
    return project


ACTS: dict[str, dict[str, Any]] = {
    "add": {"name": "new", "role": "admin", "password": "another password"},
    "role": {"name": "ann", "role": "admin"},
    "password": {"name": "ann", "password": "another password"},
    "disable": {"name": "ann"},
    "enable": {"name": "ann"},
    "remove": {"name": "ann"},
    "sign-out": {"name": "ann"},
}


@pytest.mark.parametrize("name", ["ann", "eli", "lea"])
def test_who_is_no_admin_manages_nobody(team: Opened, name: str) -> None:
    before = [(one.name, one.role, one.state) for one in team.store.users.everyone()]
    with client_of(team, signed_in=False) as client:
        sign_in(client, name, PASSWORD)
        assert client.get("/page/people").status_code == 403
        for act, body in ACTS.items():
            answer = client.post(f"/page/people/{act}", json=body)
            assert (answer.status_code, "needs the role admin" in answer.json()["error"]) == (403, True), act
        assert client.get("/page/account").json()["manages"] is False
    assert [(one.name, one.role, one.state) for one in team.store.users.everyone()] == before
    assert team.store.users.check("ann", PASSWORD) == "ann"


def test_an_admin_adds_changes_shuts_out_lets_in_and_removes(team: Opened) -> None:
    with client_of(team, signed_in=False) as client:
        sign_in(client, "zoe", PASSWORD)

        def act(what: str) -> dict[str, str]:
            answer = client.post(f"/page/people/{what}", json=ACTS[what])
            assert answer.status_code == 200, answer.text
            return {one["name"]: f"{one['role']} {one['state']}" for one in answer.json()["people"]}

        assert act("add")["new"] == "admin active"
        assert act("role")["ann"] == "admin active"
        assert act("disable")["ann"] == "admin disabled"
        assert act("enable")["ann"] == "admin active"
        act("password")
        assert team.store.users.check("ann", "another password") == "ann"
        assert act("remove")["ann"] == "admin removed"


def test_the_last_admin_stays_one_in_the_page_and_the_way_out_is_said(team: Opened) -> None:
    with client_of(team, signed_in=False) as client:
        sign_in(client, "zoe", PASSWORD)
        for act in ("role", "disable", "remove"):
            body = {"name": " ZOE", **({"role": "lead"} if act == "role" else {})}
            answer = client.post(f"/page/people/{act}", json=body)
            assert (answer.status_code, "zoe is the only admin; make somebody else admin first" in answer.text) == (
                403,
                True,
            )
    assert team.store.users.role("zoe") == "admin"


def test_one_changes_the_own_password_with_the_one_of_now(team: Opened) -> None:
    with client_of(team, signed_in=False) as client:
        sign_in(client, "ann", PASSWORD)
        elsewhere = team.store.users.log_in("ann")
        path, new = "/page/account/password", "quite another one"
        assert (
            client.post(path, json={"current": "wrong", "new": new}).json()["error"]
            == "This is not your password of now."
        )
        weak = client.post(path, json={"current": PASSWORD, "new": "password"})
        assert (weak.status_code, "anybody would try" in weak.text) == (422, True)
        assert client.post(path, json={"current": PASSWORD, "new": new}).status_code == 200
        assert client.get("/card/project").json()["person"] == "ann"
        assert team.store.users.whose(elsewhere) is None
        assert (sign_in(client, "ann", PASSWORD), sign_in(client, "ann", new)) == (403, 200)


def test_the_password_of_now_cannot_be_guessed_at_a_page_left_open(team: Opened) -> None:
    with client_of(team, signed_in=False) as client:
        sign_in(client, "ann", PASSWORD)
        tries = [client.post("/page/account/password", json={"current": f"x{one}", "new": "y"}) for one in range(15)]
        assert [one.status_code for one in tries] == [403] * 10 + [429] * 5


def test_one_sees_and_ends_the_own_sign_ins_and_nobody_elses(team: Opened) -> None:
    with client_of(team, signed_in=False) as client:
        sign_in(client, "ann", PASSWORD)
        here, there = dict(client.cookies), team.store.users.log_in("ann")
        strangers = team.store.users.log_in("lea")
        found = client.get("/page/account").json()["sign_ins"]
        assert sorted(one["is_here"] for one in found) == [False, True]
        other = next(one["id"] for one in found if not one["is_here"])
        assert client.post("/page/account/sign-out", json={"id": other}).json() == {"ended": 1}
        assert team.store.users.whose(there) is None
        leas = team.store.users.sign_ins("lea")[0].number
        assert client.post("/page/account/sign-out", json={"id": leas}).status_code == 404
        assert team.store.users.whose(strangers) == "lea"
        again = team.store.users.log_in("ann")
        assert client.post("/page/account/sign-out", json={}).json() == {"ended": 1}
        assert team.store.users.whose(again) is None
        assert dict(client.cookies) == here
        assert client.get("/card/project").status_code == 200


def test_who_is_shut_out_is_out_with_the_next_request(team: Opened) -> None:
    with client_of(team, signed_in=False) as client:
        sign_in(client, "ann", PASSWORD)
        anns = dict(client.cookies)
        assert client.get("/card/project").status_code == 200
        sign_in(client, "zoe", PASSWORD)
        client.post("/page/people/disable", json={"name": "ann"})
        client.cookies.clear()
        client.cookies.update(anns)
        assert client.get("/card/project").status_code == 401


def test_the_local_lead_adds_the_first_person_and_from_then_on_everybody_signs_in(made: Maker) -> None:
    project = made(INTENT, [{"text": "one"}])
    with client_of(project) as client:
        assert client.get("/page/account").json() == {"has_password": False, "manages": True, "sign_ins": []}
        body = {"name": "maria", "role": "lead", "password": PASSWORD}
        assert client.post("/page/people/add", json=body).status_code == 200
        assert client.get("/card/project").status_code == 401
        assert sign_in(client, "Maria ", PASSWORD) == 200


def test_a_download_is_recorded(team: Opened) -> None:
    (team.path / "exports").mkdir()
    (team.path / "exports" / "labels.jsonl").write_text("{}\n", encoding="utf-8")
    with client_of(team, signed_in=False) as client:
        sign_in(client, "lea", PASSWORD)
        assert client.get("/page/files/exports/labels.jsonl").status_code == 200
    rows = team.store.database.rows("SELECT actor, payload FROM audit WHERE kind = 'download'")
    assert [(who, json.loads(payload)) for who, payload in rows] == [("lea", {"export": "labels.jsonl", "bytes": 3})]
