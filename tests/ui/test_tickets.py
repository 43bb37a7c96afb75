"""A decision is stored about the card it was made on, or not at all: not in another project, not after a restore."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.ui.clients import client_of
from tests.ui.projects import INTENT, Opened, decisions, reopen_project

Maker = Callable[..., Opened]
KEY = "0123456789abcdef"
ITEMS = [{"text": f"Message {number}"} for number in range(1, 7)]


def project_id(client: TestClient) -> str:
    return str(client.get("/card/project").json()["project_id"])


def cards(client: TestClient, count: int, **more: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.post("/card/next", json={"field": "intent", "count": count, **more}).json()[
        "cards"
    ]
    return found


def decision(client: TestClient, card: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """What the page sends when somebody chooses Refund on the card."""
    return {
        "project": project_id(client),
        "item": card["item"]["id"],
        "exposure": card["exposure"],
        "ticket": card["ticket"],
        "key": KEY,
        "verdict": "choose",
        "value": {"label": "refund"},
        **changed,
    }


def refused(client: TestClient, body: dict[str, Any]) -> tuple[int, str]:
    answer = client.post("/card/decide", json=body)
    assert set(answer.json()) == {"error", "kind"}
    return answer.status_code, answer.json()["kind"]


def test_a_decision_of_another_project_of_the_same_name_is_not_stored(made: Maker) -> None:
    one, other = made(INTENT, ITEMS, name="Same"), made(INTENT, ITEMS, name="Same")
    with client_of(one) as client:
        body = decision(client, cards(client, 1)[0])
    with client_of(other) as client:
        cards(client, 1)
        assert refused(client, body) == (409, "OtherProject")
        # Even where the page would not know better, the card is another one.
        assert refused(client, {**body, "project": project_id(client)}) == (409, "CardUnknown")
    assert decisions(other) == []


def test_a_decision_that_names_another_item_than_its_card_is_not_stored(made: Maker) -> None:
    project = made(INTENT, ITEMS)
    with client_of(project) as client:
        body = decision(client, cards(client, 1)[0])
        assert refused(client, {**body, "item": 2}) == (409, "CardUnknown")
        assert refused(client, {**body, "ticket": "0" * 32}) == (409, "CardUnknown")
        assert client.post("/card/decide", json=body).status_code == 200
    assert decisions(project) == [("M001", "choose", {"label": "refund"})]


@pytest.fixture
def restored(made: Maker, tmp_path: Path) -> tuple[dict[str, Any], dict[str, Any], Callable[[], Opened]]:
    """Decisions on a card issued before a backup and on one issued after it, and the project put back to the backup.

    In the restored project the number of the second card is given out again, for another item.
    """
    project = made(INTENT, ITEMS)
    with client_of(project) as client:
        before = decision(client, cards(client, 1)[0])
        project.store.backup(tmp_path / "backup")
        after = decision(client, cards(client, 1, held=[before["exposure"]])[0], key="fedcba9876543210")
    project.close()
    shutil.rmtree(project.path)
    shutil.copytree(tmp_path / "backup", project.path)

    def reopen() -> Opened:
        again = reopen_project(project.path)
        with client_of(again) as client:
            card = client.post("/card/open", json={"item": 5, "field": "intent"}).json()["card"]
            assert (card["exposure"], card["item"]["id"] == after["item"]) == (after["exposure"], False)
        return again

    return before, after, reopen


def test_after_a_restore_a_card_whose_number_went_to_another_item_is_refused(restored: Any) -> None:
    before, after, reopen = restored
    with reopen() as project, client_of(project) as client:
        assert project_id(client) == after["project"]
        assert refused(client, after) == (409, "CardUnknown")
        assert refused(client, {**after, "exposure": 999}) == (409, "CardUnknown")
        assert decisions(project) == []
        # The card that the backup knows is the same card.
        assert client.post("/card/decide", json=before).status_code == 200
        assert decisions(project) == [("M001", "choose", {"label": "refund"})]


def test_after_a_restore_the_page_learns_which_of_its_cards_are_gone(restored: Any) -> None:
    before, after, reopen = restored
    body = {key: [before[key[:-1]], after[key[:-1]]] for key in ("exposures", "tickets")}
    with reopen() as project, client_of(project) as client:
        assert client.post("/card/renew", json=body).json()["lost"] == [after["exposure"]]
        painted = {"exposure": after["exposure"], "ticket": after["ticket"]}
        assert client.post("/card/painted", json=painted).status_code == 409
        assert client.post("/card/reveal", json=painted).status_code == 409


def test_cards_without_all_their_tickets_are_refused(made: Maker) -> None:
    with client_of(made(INTENT, ITEMS)) as client:
        answer = client.post("/card/renew", json={"exposures": [1, 2], "tickets": ["a"]})
        assert (answer.status_code, answer.json()["kind"]) == (422, "InputError")
